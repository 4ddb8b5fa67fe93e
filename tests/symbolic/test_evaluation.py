"""Evaluating expressions: compiled functions, broadcasting, tracing of functions."""

from __future__ import annotations

import collections

import numpy as np
import pytest

from chainrule import symbolic
from chainrule.errors import SymbolicError

x, y = symbolic.symbols("x y")


def test_python_numbers_give_python_numbers():
    assert type((x * y)(x=2, y=3)) is float
    assert (x > y)(x=2, y=3) is False
    assert type((x * y)(x=np.float64(2), y=3)) is np.float64


def test_arrays_are_computed_element_by_element():
    grid = np.linspace(0, 1, 5)
    value = np.where(x > 0.5, np.sin(x) * y, x**2)
    expected = np.where(grid > 0.5, np.sin(grid) * grid[:, None], grid**2)
    np.testing.assert_array_equal(value(x=grid, y=grid[:, None]), expected)
    slopes = symbolic.gradient(value, [x, y])(x=grid, y=2.0)
    assert slopes.shape == (2, 5)
    np.testing.assert_allclose(slopes[0], np.where(grid > 0.5, 2 * np.cos(grid), 2 * grid))


def test_a_constant_follows_no_shape():
    assert (x * 0 + 3)() == 3.0
    assert symbolic.function([x], x * 0 + 3)(np.ones(2)) == 3.0


def test_integers_are_computed_as_floats():
    assert (x**-1)(x=2) == 0.5
    assert (x**-1)(x=np.array([2, 4])).tolist() == [0.5, 0.25]
    assert (1 / x)(x=0) == np.inf


def test_single_precision_is_kept():
    assert np.sin(x)(x=np.float32(1.0)).dtype == np.float32


def test_functions_take_names_symbols_and_arrays_of_symbols():
    w = symbolic.symbols("w", shape=(2, 2))
    f = symbolic.function(["x", w], x * w @ w)
    values = np.array([[1.0, 2.0], [3.0, 4.0]])
    np.testing.assert_allclose(f(2.0, values), 2 * values @ values)
    assert f.__source__.startswith("def expression(x, w):\n")


def test_elements_may_be_arrays_themselves():
    w = symbolic.symbols("w", shape=2)
    values = np.arange(6.0).reshape(2, 3)
    np.testing.assert_array_equal((w * w[0])(w=values), values * values[0])


def test_many_elements():
    w = symbolic.symbols("w", shape=200)
    values = np.linspace(0, 1, 200)
    np.testing.assert_allclose(np.sin(w)(w=values), np.sin(values))
    assert np.sum(w * w)(w=values) == pytest.approx(values @ values)


def test_compiled_text_is_used_again_until_the_array_changes():
    w = symbolic.symbols("w", shape=2)
    value = np.sin(w)
    assert value(w=np.zeros(2)).tolist() == [0, 0]
    first = value.compiled
    value(w=np.ones(2))
    assert value.compiled is first
    value[0] = 5
    assert value(w=np.zeros(2)).tolist() == [5, 0]


def test_missing_values_are_named():
    with pytest.raises(SymbolicError, match="No value was given for y"):
        (x * y)(x=1)
    with pytest.raises(SymbolicError, match="depends on y, which is not given"):
        symbolic.function([x], x * y)


def test_no_warnings_from_branches_that_are_not_taken():
    value = np.where(x > 0, np.log(x), 1 / x)
    assert value(x=-2.0) == -0.5
    assert value(x=np.array([-2.0, 1.0])).tolist() == [-0.5, 0.0]


def test_a_rule_of_ones_own_is_printed_evaluated_and_differentiated():
    from chainrule.rules import REAL, elementwise
    from chainrule.rules._table import unregister

    def softplus(t):
        return np.log1p(np.exp(t))

    row = elementwise(softplus, t=lambda t: 1 / (1 + np.exp(-t)), domain=REAL)
    try:
        value = row(2 * x)
        assert str(value) == "softplus(2*x)"
        assert value(x=0.5) == softplus(1.0)
        assert value.derivative(x)(x=0.5) == pytest.approx(2 / (1 + np.exp(-1.0)))
    finally:
        unregister(row)


# ---- Tracing -------------------------------------------------------------------------------------------------------


def test_parameters_become_symbols():
    def f(a, b, steps=3, *, scale=2.0):
        for _ in range(steps):
            a = a * b + scale
        return a

    assert symbolic.trace(f, constants={"steps": 1}).symbols == symbolic.symbols("a b")
    assert symbolic.trace(f)(a=1.0, b=2.0) == f(1.0, 2.0)
    assert "scale" in str(symbolic.trace(f, shapes={"scale": ()}))


def test_examples_tell_shapes():
    def f(w, n, text):
        return w[0] * n if text == "first" else w

    traced = symbolic.trace(f, np.zeros((2, 2)), 3.0, "first")
    assert str(traced) == "[w[0, 0]*n, w[0, 1]*n]"
    assert symbolic.trace(lambda *items: items[0] * items[1], 1.0, 2.0).symbols == symbolic.symbols("items0 items1")


def test_nested_results_keep_their_structure():
    pair = collections.namedtuple("pair", "first second")
    found = symbolic.trace(lambda x: {"a": [x, 1.0], "b": pair(x, (np.ones(2), np.array([x, 2 * x])))})
    assert found["a"][0] is x
    assert found["a"][1]() == 1.0
    assert found["b"].second[1][1] is 2 * x


def test_results_that_are_no_expressions_are_refused():
    with pytest.raises(SymbolicError, match="returned None"):
        symbolic.trace(lambda x: None)
    with pytest.raises(SymbolicError, match="returned a str"):
        symbolic.trace(lambda x: "text")
