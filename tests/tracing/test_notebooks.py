"""What notebooks show, by the formatter that they use."""

import xml.etree.ElementTree as ElementTree

import pytest

import chainrule as cr
from tracing import programs

formatters = pytest.importorskip("IPython.core.formatters")


@pytest.fixture
def shown():
    """Return what a notebook is given for a value, by type of media."""
    formatter = formatters.DisplayFormatter()
    formatter.active_types = formatter.format_types
    return lambda value: formatter.format(value)[0]


def test_traces(shown):
    found = shown(cr.trace(programs.polynomial, 3.0, 4.0))
    assert ElementTree.fromstring(found["image/svg+xml"]).tag.endswith("svg")
    assert found["text/plain"].startswith("polynomial(x=3, y=4) = 42\n")


def test_expressions(shown):
    x = cr.symbolic.symbols("x")
    found = shown(x**2 / 3)
    assert found["text/html"].startswith("<math")
    assert found["text/plain"] == "x**2/3"


def test_arrays_of_expressions(shown):
    assert "<mtable>" in shown(cr.symbolic.symbols("w", shape=3) * 2)["text/html"]


def test_expressions_that_are_too_large_are_told_by_their_size(shown):
    x = cr.symbolic.symbols("x")
    for _ in range(40):
        x = x * x + 1
    found = shown(x)
    assert "text/html" not in found
    assert len(found["text/plain"]) < 500


def test_derivative_source(shown):
    source = cr.source(cr.grad(programs.polynomial), 3.0, 4.0)
    found = shown(source)
    assert found["text/plain"] == source.rstrip("\n")
    assert "<span" in found["text/html"]
    assert isinstance(source, str)


def test_comparisons(shown):
    found = shown(cr.compare(programs.polynomial, 3.0, 4.0))
    assert "<table>" in found["text/html"]
    assert "reverse mode" in found["text/plain"]
