"""Every method side by side: values, counted work, references, verdicts and printing."""

from __future__ import annotations

import dataclasses
import importlib.util
import io
import json
import math
import sys
import tracemalloc
from pathlib import Path

import numpy as np
import pytest

import chainrule as cr
from chainrule.comparison import Comparison, plot, plot_costs, plot_errors
from chainrule.comparison._methods import METHODS
from chainrule.comparison._plots import rosenbrock

EXAMPLES = Path(__file__).parents[2] / "examples"
EXACT = {"symbolic": 1e-12, "complex step": 1e-12, "forward mode": 1e-12, "reverse mode": 1e-12}
ROUGH = {"forward difference": 1e-5, "central difference": 1e-7, "Richardson": 1e-10}
ACCURACY = {**EXACT, **ROUGH}


@pytest.fixture(scope="module")
def functions():
    spec = importlib.util.spec_from_file_location("functions", EXAMPLES / "functions.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def polynomial(x, y):
    return x**2 * y + y + 2


def branchy(x):
    while x < 10:
        x = x * x if x > 1.5 else x + 0.75
    return x


# ---- Values and errors


def test_all_methods_agree_on_all_examples(functions):
    for f, point in functions.POINTS.items():
        found = cr.compare(f, **point)
        assert found.reference.kind == "precise"
        assert found.reference.error < 1e-25
        for row in found.rows:
            if row.method == "symbolic" and f in (functions.newton_sqrt, functions.collatz):
                assert not row.follows
            else:
                assert row.follows
                assert row.error < ACCURACY[row.method], (f, row)


def test_the_derivatives_of_the_textbook_are_exact(functions):
    found = cr.compare(functions.polynomial, 3.0, 4.0)
    for method in EXACT:
        assert found[method].derivative == pytest.approx({"x": 24.0, "y": 10.0}, rel=1e-14)
    x = 2.0
    found = cr.compare(functions.log_ratio, x)
    exact = (2 - math.log(x**2)) / x**2
    assert float(found.reference.matrix[0, 0]) == pytest.approx(exact, rel=1e-15)


def test_errors_are_measured_beyond_double_precision():
    found = cr.compare(np.exp, 1.0)
    nearest = found["reverse mode"].error  # what is left is the rounding of e itself
    assert 0 < nearest < 1e-16


CASES = {
    "several arrays": (lambda w, x: np.tanh(w @ x), (np.arange(6.0).reshape(2, 3) / 7, np.ones(3))),
    "nested": (lambda p, c: {"a": p["w"] * c, "b": [c**2]}, ({"w": np.ones(2), "v": (1.0, 2)}, 2)),
    "matrix to matrix": (lambda a: a @ np.exp(a).T, (np.array([[2.0, 1.0], [0.5, 3.0]]),)),
    "one-element array": (lambda x: x * 3, (np.array([2.0]),)),
}


@pytest.mark.parametrize("case", CASES.values(), ids=CASES)
def test_jacobians_agree(case):
    f, args = case
    found = cr.compare(f, *args)
    assert found.reference.kind == "precise"
    for row in found.rows:
        assert row.follows, row
        assert row.error < ACCURACY[row.method], row
        assert row.matrix.shape == (len(found.outputs), len(found.inputs))


def test_a_constant_has_derivative_zero():
    found = cr.compare(lambda x: 7, 2.0)
    assert all(row.derivative == {"x": 0.0} for row in found.rows if row.method != "complex step")


def test_derivatives_are_structured_as_the_arguments_are():
    f, args = CASES["several arrays"]
    found = cr.compare(f, *args)["reverse mode"].derivative
    expected = cr.jacobian(f, argnums=(0, 1))(*args)
    assert list(found) == ["w", "x"]
    np.testing.assert_allclose(found["w"], expected[0])
    np.testing.assert_allclose(found["x"], expected[1])
    nested = cr.compare(lambda p: p["a"] * p["b"][0], {"a": 2.0, "b": [3.0, 4]})
    assert nested["forward mode"].derivative == {"p": {"a": 3.0, "b": [2.0, 0.0]}}
    assert nested.inputs == ["p['a']", "p['b'][0]", "p['b'][1]"]


def test_arguments_come_by_position_and_by_name_and_integers_become_floats():
    seen = set()

    def f(x, *rest, y, flag, name="no"):
        seen.update((type(flag), type(name)))
        return x * rest[0] / y

    found = cr.compare(f, 6, 2, y=3, flag=True, name="yes")
    assert found.inputs == ["x", "rest[0]", "y"]
    assert found["reverse mode"].derivative == pytest.approx({"x": 2 / 3, "rest[0]": 2.0, "y": -4 / 3})
    assert seen == {bool, str}


@pytest.mark.parametrize("by", ["x", 0, ["x"], [0], (-2,)])
def test_by_chooses_what_to_differentiate_by_and_leaves_the_rest_alone(by):
    found = cr.compare(lambda x, n: sum(x**i for i in range(n)), 0.5, 4, by=by)
    assert found.inputs == ["x"]
    assert found["reverse mode"].derivative == {"x": 2.75}


def test_a_builtin_needs_no_signature():
    assert cr.compare(np.sin, 1.0)["forward mode"].derivative == {"x": pytest.approx(math.cos(1.0))}


# ---- Counted work


def test_work_is_counted_for_many_inputs():
    found = cr.compare(lambda x: np.sum(x * x), np.linspace(0.0, 1.0, 1000))
    works = {row.method: row.work for row in found.rows}
    assert works["forward difference"].evaluations == 1001
    assert works["central difference"].evaluations == 2000
    assert works["complex step"].evaluations == 1000
    assert works["Richardson"].evaluations == 20_000
    assert (works["forward mode"].forward_sweeps, works["forward mode"].evaluations) == (1000, 0)
    reverse = works["reverse mode"]
    assert (reverse.forward_sweeps, reverse.reverse_sweeps, reverse.evaluations) == (1, 1, 0)
    assert str(reverse) == "1 forward + 1 reverse sweep"


def test_work_is_counted_for_many_outputs():
    found = cr.compare(lambda x: np.arange(1.0, 11.0) * x, 2.0)
    reverse = found["reverse mode"].work
    assert (reverse.forward_sweeps, reverse.reverse_sweeps) == (1, 10)
    assert str(reverse) == "1 forward + 10 reverse sweeps"
    assert found["forward mode"].work.forward_sweeps == 1
    assert found["forward difference"].work.evaluations == 2


def test_evaluations_are_the_functions_own_calls():
    calls = []

    def f(x, y):
        calls.append(isinstance(x, (float, np.floating)))
        return x * y

    program_calls = cr.compare(f, 1.0, 2.0)["forward difference"].work.evaluations
    assert program_calls == 3
    assert sum(calls) > 3


def test_expressions_are_measured_by_their_size(functions):
    work = cr.compare(functions.loop100, 0.5, 0.3)["symbolic"].work
    assert work.traces == 1
    assert work.tree_size > 10**50
    assert work.dag_size < 3000
    assert str(work).startswith("expression: 4.8e+60 nodes, ")


def test_time_and_memory_are_measured():
    found = cr.compare(lambda x: np.sum(np.sin(x)), np.ones(50))
    for row in found.rows:
        assert row.seconds > 0
        assert row.peak_bytes > 0
    assert not tracemalloc.is_tracing()
    tracemalloc.start()
    try:
        cr.compare(polynomial, 1.0, 2.0)
        assert tracemalloc.is_tracing()
    finally:
        tracemalloc.stop()


# ---- What cannot be followed


def test_branches_are_followed_by_all_but_the_symbolic_method():
    found = cr.compare(branchy, 0.3)
    assert [row.method for row in found.rows if not row.follows] == ["symbolic"]
    reason = found["symbolic"].reason
    assert reason.startswith("A branch, loop or comparison depends on a symbol: x < 10")
    assert f"symbolic: {reason}" in str(found)
    assert all(row.error < ACCURACY[row.method] for row in found.rows if row.follows)


def test_the_complex_step_says_why_not():
    found = cr.compare(lambda x: np.abs(x), 2.0)
    assert found["complex step"].reason == (
        "f returned real numbers for a complex argument, so the derivative is lost."
    )
    silent = cr.compare(lambda x: np.abs(x) * x, 2.0)["complex step"]
    assert silent.follows
    assert silent.error > 0.1
    assert "not analytic" in silent.reason


def test_a_function_that_leaves_numpy_is_sampled_only():
    found = cr.compare(lambda x: math.sin(x), 1.0)
    assert found.reference.kind == "richardson"
    assert "60-digit arithmetic" in found.reference.note
    assert not found["reverse mode"].follows
    assert found["reverse mode"].reason.startswith("A recorded value was about to become a float")
    assert found["central difference"].error < 1e-7
    assert "<" in str(found)  # an error below the reference's own


# ---- The reference


def test_a_kink_is_told():
    found = cr.compare(lambda x: np.maximum(x, 2 * x), 0.0)
    assert "kink: the slope by x is 1 below and 2 above" in found.reference.note
    assert found.reference.error > 0.1


def test_a_jump_has_no_reference():
    found = cr.compare(lambda x: 3 * x if x > 1 else x, 1.0, manual=lambda x: 1.0)
    assert found.reference.kind == "none"
    assert "jumps here as x changes" in found.reference.note
    assert found["reverse mode"].error is None
    assert found.manual.right is None
    assert "cannot be judged" in str(found)


def test_a_program_that_amplifies_rounding_is_told():
    def logistic(x):
        for _ in range(70):
            x = 3.9 * x * (1 - x)
        return x

    found = cr.compare(logistic, 0.3)
    assert "amplifies rounding errors" in found.reference.note
    assert found["reverse mode"].error > 1e-3


def test_without_mpmath_the_reference_is_extrapolated(monkeypatch):
    from chainrule.comparison import _elementary, _reference

    for name in ("mpmath", "mpmath.ctx_mp"):
        monkeypatch.setitem(sys.modules, name, None)
    monkeypatch.setattr(_reference, "context", _elementary.context.__wrapped__)  # the cache would have it still
    found = cr.compare(polynomial, 3.0, 4.0)
    assert found.reference.kind == "richardson"
    assert "There is no mpmath" in found.reference.note
    assert found["reverse mode"].error <= found.reference.error


def test_a_loop_that_only_rounding_ends_is_left(monkeypatch):
    from chainrule.comparison import _reference

    def f(x):
        y = x
        while y > 0:  # until it underflows
            y = y / 2
        return x * x + y

    monkeypatch.setattr(_reference, "OPERATIONS", 3000)
    found = cr.compare(f, 1.0)
    assert found.reference.kind == "richardson"
    assert "too long" in found.reference.note
    assert found["forward mode"].derivative == {"x": 2.0}


def test_custom_rules_do_not_reach_the_reference():
    @cr.custom_vjp
    def square(x):
        return x**2

    square.defvjp(lambda x: (x**2, x), lambda x, g: (3 * x * g,))
    found = cr.compare(square, 2.0)
    assert float(found.reference.matrix[0, 0]) == 4.0
    assert found["reverse mode"].error == pytest.approx(0.5)


# ---- Derivatives by hand


@pytest.mark.parametrize(
    "manual",
    [
        lambda x, y: (2 * x * y, x**2 + 1),
        lambda x, y: [2 * x * y, x**2 + 1],
        lambda x, y: np.array([2 * x * y, x**2 + 1]),
        lambda x, y: {"y": x**2 + 1, "x": 2 * x * y},
    ],
)
def test_a_right_derivative_by_hand_is_told_right(manual):
    found = cr.compare(polynomial, 3.0, 4.0, manual=manual)
    assert found.manual.right
    assert found.rows[0].method == "by hand"
    assert str(found).endswith("The derivative by hand is right.")


def test_a_wrong_derivative_by_hand_is_told_wrong_and_where():
    found = cr.compare(polynomial, 3.0, 4.0, manual=lambda x, y: (2 * x * y, x**2))
    assert not found.manual.right
    assert [dataclasses.astuple(d) for d in found.manual.differences] == [("d/dy", 10.0, 9.0)]
    assert "wrong in 1 component:\n  d/dy is 10, given 9" in str(found)


def test_jacobians_by_hand():
    f = lambda w, x: w @ x
    w, x = np.arange(6.0).reshape(2, 3), np.array([1.0, 2.0, 3.0])
    blocks = [np.kron(np.eye(2), x).reshape(2, 2, 3), w]
    assert cr.compare(f, w, x, manual=lambda w, x: blocks).manual.right
    rows = np.concatenate([b.reshape(2, -1) for b in blocks], axis=1)
    assert cr.compare(f, w, x, manual=lambda w, x: rows).manual.right
    assert cr.compare(f, w, x, manual=lambda w, x: list(rows)).manual.right
    rows[1, 4] += 0.5
    wrong = cr.compare(f, w, x, manual=lambda w, x: rows).manual
    assert [(d.component, d.given) for d in wrong.differences] == [("d[1]/dw[1, 1]", 2.5)]


def test_partials_by_other_arguments_are_passed_over():
    found = cr.compare(polynomial, 3.0, 4.0, by="y", manual=lambda x, y: (2 * x * y, x**2 + 1))
    assert found.manual.right


def test_a_derivative_by_hand_that_does_not_fit_is_told():
    found = cr.compare(polynomial, 3.0, 4.0, manual=lambda x, y: [1, 2, 3])
    assert found.manual == dataclasses.replace(found.manual, right=False, differences=())
    assert "It has 3 numbers, and polynomial 2 inputs." in found.manual.reason
    raised = cr.compare(polynomial, 3.0, 4.0, manual=lambda x, y: 1 / 0)
    assert "ZeroDivisionError" in raised.manual.reason


# ---- Printing


def test_the_table_is_plain_text():
    text = cr.compare(polynomial, 3, y=4).table()
    lines = text.splitlines()
    assert lines[0] == "polynomial(x=3, y=4) = 42"
    assert lines[2].split() == ["method", "d/dx", "d/dy", "error", "work", "time", "memory", "follows"]
    assert [line.split("  ")[0] for line in lines[4:11]] == [method.name for method in METHODS]
    assert "\x1b" not in text


def test_many_components_share_a_column():
    text = str(cr.compare(lambda x: np.sum(x**2), np.arange(1.0, 8.0)))
    assert "[2, 4, 6, ..., 14]" in text


@pytest.mark.parametrize("width", [120, 90, 75])
def test_rich_draws_it_in_the_width_there_is(width):
    console = pytest.importorskip("rich.console").Console(record=True, width=width, file=io.StringIO())
    console.print(cr.compare(branchy, 0.3, manual=lambda x: 0.0))
    text = console.export_text()
    lines = text.splitlines()
    assert sum("reverse mode" in line for line in lines) == 1
    assert ("memory" in lines[2]) == (width >= 90)
    assert ("1 forward + 1 reverse sweep" in text) == (width == 120)
    assert "The derivative by hand is wrong in 1 component:" in lines


def test_json_is_for_programs():
    found = cr.compare(lambda x: np.array([np.nan, -np.inf]) * (x + 1), np.array([1.0, 0.5]), manual=lambda x: 1)
    data = json.loads(found.to_json())
    assert data == found.as_dict()
    assert data["value"] == ["nan", "-inf"]
    data = json.loads(cr.compare(polynomial, 3.0, 4.0).to_json(indent=None))
    assert data["methods"][-1]["derivative"] == {"x": 24.0, "y": 10.0}
    assert data["methods"][1]["work"]["evaluations"] == 3
    assert data["reference"]["derivative"] == [[24.0, 10.0]]
    assert data["manual"] is None


def test_html_for_notebooks():
    text = cr.compare(lambda x: x < 1 or x, 2.0)._repr_html_()
    assert text.startswith("<p><code>")
    assert "<td>reverse mode</td>" in text


def test_unknown_methods_have_no_row():
    found = cr.compare(polynomial, 3.0, 4.0)
    assert isinstance(found, Comparison)
    with pytest.raises(KeyError, match="backward"):
        found["backward"]


# ---- Errors


@pytest.mark.parametrize(
    ("f", "args", "text"),
    [
        (lambda x: "text", (1.0,), "returned a str"),
        (lambda x: None, (1.0,), "returned None"),
        (lambda x: 1j * x, (1.0,), "returned complex128"),
        (lambda x: x, (1j,), "x is complex"),
        (lambda x: x, ("text",), "number or an array"),
    ],
)
def test_what_cannot_be_compared_is_refused(f, args, text):
    with pytest.raises(cr.DerivativeError, match=text):
        cr.compare(f, *args)


def test_by_names_must_exist():
    with pytest.raises(cr.DerivativeError, match="no argument 'z'"):
        cr.compare(polynomial, 1.0, 2.0, by="z")


def test_an_error_of_the_function_is_its_own():
    with pytest.raises(ZeroDivisionError):
        cr.compare(lambda x: 1 / (x - 1), 1.0)
    with pytest.raises(TypeError, match="integer") as caught:
        cr.compare(lambda x, n: sum(x**i for i in range(n)), 0.5, 4)
    assert "floats of integers (n)" in caught.value.__notes__[0]


# ---- Figures


def is_png(path):
    return path.read_bytes().startswith(b"\x89PNG")


def test_figures_are_drawn(tmp_path):
    pytest.importorskip("matplotlib")
    plot_errors(polynomial, (3.0, 4.0), tmp_path / "errors.png")
    plot_costs(tmp_path / "costs.png", sizes=(2, 3))
    assert is_png(tmp_path / "errors.png")
    assert is_png(tmp_path / "costs.png")


@pytest.mark.slow
def test_one_figure_of_errors_and_costs(tmp_path):
    pytest.importorskip("matplotlib")
    plot(rosenbrock, (np.full(3, 1.5),), tmp_path / "both.png")
    assert is_png(tmp_path / "both.png")
