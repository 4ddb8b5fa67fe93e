"""Every method side by side: values, counted work, references, verdicts and printing."""

from __future__ import annotations

import importlib.util
import math
import tracemalloc
from pathlib import Path

import numpy as np
import pytest

import chainrule as cr

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


def test_what_the_function_writes_into_is_there_again_for_the_next_call():
    def doubled(x, total):
        x[0] = x[0] * 2
        total += 1.0
        return np.sum(x * x) * total[0]

    x, total = np.ones(3), np.zeros(1)
    found = cr.compare(doubled, x, total, by="x")
    assert (list(x), list(total)) == ([1, 1, 1], [0])
    assert found.value == 6
    matrices = [row.matrix for row in found.rows if row.follows]
    assert len(matrices) == len(found.rows)
    np.testing.assert_allclose(np.concatenate(matrices), [[8, 2, 2]] * len(matrices), rtol=1e-6)
