"""Comparisons printed, drawn and refused."""

from __future__ import annotations

import io
import json

import numpy as np
import pytest

import chainrule as cr
from chainrule.comparison import Comparison, plot, plot_costs, plot_errors, rosenbrock
from chainrule.comparison._methods import METHODS


def polynomial(x, y):
    return x**2 * y + y + 2


def branchy(x):
    while x < 10:
        x = x * x if x > 1.5 else x + 0.75
    return x


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


def test_an_expression_larger_than_any_float_is_told_by_its_power_of_ten() -> None:
    from chainrule.comparison import Work

    assert "1e+602 nodes" in str(Work(tree_size=2**2000, dag_size=7))
    assert "1.2e+07 nodes" in str(Work(tree_size=12_345_678, dag_size=7))
