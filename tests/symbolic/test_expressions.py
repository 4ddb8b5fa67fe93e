"""What expressions are: shared structure, cheap simplifications, text, sizes."""

from __future__ import annotations

import copy
import gc
import pickle
import threading

import numpy as np
import pytest

from chainrule import symbolic
from chainrule.errors import SymbolicError
from chainrule.symbolic import expression, notation, tidy, to_sympy
from chainrule.symbolic.build import CONDITIONS, SYMMETRIC

x, y, z = symbolic.symbols("x y z")


# ---- Sharing -------------------------------------------------------------------------------------------------------


def test_equal_structures_are_one_object():
    assert x * y is x * y
    assert np.sin(x + 1) is np.sin(1 + x)  # constants come last in sums
    assert symbolic.symbols("x") is x
    assert x**3 is np.power(x, 3.0)


def test_sums_and_products_keep_the_order_in_which_they_are_written():
    one, other = y * np.exp(x), np.exp(x) * y
    assert (str(one), str(other)) == ("y*exp(x)", "exp(x)*y")
    assert (x == y) is (y == x)
    assert (x > 0) & (y > 0) is (y > 0) & (x > 0)


def test_the_text_does_not_depend_on_what_was_computed_before():
    def slope():
        a, b = symbolic.symbols("a b")
        return str((np.sin(a * b) * np.cos(a) + a / b).derivative(a))

    first = slope()
    a, b = symbolic.symbols("a b")
    kept = [np.cos(a), b * np.cos(a), a / b, np.sin(a), np.cos(a * b)]
    assert slope() == first
    assert len(kept) == 5


def test_parameters_and_constants_distinguish():
    assert x**3 is not x**4
    assert x * 2 is x * 2.0
    assert x / 0.0 is not x / -0.0
    assert np.round(x, 1) is not np.round(x, 2)


def test_expressions_are_forgotten_when_nobody_holds_them():
    gc.collect()
    before = len(expression._TABLE)
    value = x
    for i in range(50):
        value = np.cos(value * y + i)
    assert len(expression._TABLE) > before + 100
    del value
    gc.collect()
    assert len(expression._TABLE) <= before + 1


def test_threads_share_expressions():
    start, found = threading.Barrier(4), []

    def work():
        start.wait()
        value = x
        for i in range(200):
            value = np.sin(value * y) + i
        found.append(value)

    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert all(value is found[0] for value in found)


def test_copies_are_the_same_object_and_pickles_are_refused():
    assert copy.copy(x) is x
    assert copy.deepcopy([x * y])[0] is x * y
    with pytest.raises(SymbolicError, match="pickled"):
        pickle.dumps(x * y)


def test_expressions_are_keys_of_dicts():
    assert {x: 1, y: 2, x * y: 3}[x * y] == 3


# ---- Simplification ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("built", "expected"),
    [
        (x * 1, x), (1 * x, x), (x + 0, x), (0.0 + x, x), (x - 0, x), (x * 0, 0), (x**1, x), (x**0, 1), (x / 1, x),
        (0 / x, 0),
        (x - x, 0), (x / x, 1), (x + x, 2 * x), (-(+(-x)), x), (0 - x, -x), (x * -1, -x), (x / -1, -x), (+x, x),
        (x + 1 + 2, x + 3), (2 * (3 * x), 6 * x), (x - 3 + 3, x), (x + -y, x - y), (-y + x, x - y), (-(x - y), y - x),
        (-x * y, -(x * y)), (-x * -y, x * y), (1 / y * x, x / y), ((-x) ** 2, x**2), (-(2 * x), -2 * x),
        (np.add(x, 2) - 2, x), (np.absolute(x) ** 2, x**2), (x ** np.float64(2.0), np.square(x)),
    ],
)  # fmt: skip
def test_simplifications(built, expected):
    assert built is expression.as_expr(expected)


def test_sums_of_many_numbers_are_folded_but_products_of_fractions_are_not_reordered():
    assert np.exp(symbolic.symbols("x") * 0) is expression.ONE
    assert str(0.1 * (3 * x)) == "0.1*(3*x)"


def test_conditions_of_constants_choose():
    zeros = np.zeros(2, like=x)
    assert np.where(zeros[0] == 0, x, y) is x
    assert np.where(x > y, z, z) is z
    assert bool(zeros[1] < 1)


def test_conditions_are_numbers_in_arithmetic():
    value = (x > 0) * x + (x > 1)
    assert [value(x=v) for v in (-1.0, 0.5, 2.0)] == [0.0, 0.5, 3.0]
    assert value.derivative(x)(x=0.5) == 1.0
    both = (x > 0) & (x < 1) | ~(x < 5)
    assert [both(x=v) for v in (-1.0, 0.5, 2.0, 7.0)] == [False, True, False, True]


def test_two_conditions_add_and_multiply_as_in_numpy():
    one, other = np.array([True, True, False]), np.array([True, False, False])
    for combine in (np.add, np.multiply, np.logical_xor):
        value = combine(x > 0, y > 0)
        expected = combine(one, other)
        assert value.dtype == bool
        np.testing.assert_array_equal(value(x=np.where(one, 1, -1), y=np.where(other, 1, -1)), expected)


def test_bitwise_operators_of_plain_masks():
    mask = np.array([True, False])
    w = symbolic.symbols("w", shape=2)
    np.testing.assert_array_equal((mask & (w > 0))(w=np.array([1.0, 1.0])), mask)


# ---- Text ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("built", "text"),
    [
        (x**2 * y + y + 2, "x**2*y + y + 2"), ((x + y) * z, "(x + y)*z"), (x - (y - z), "x - (y - z)"),
        (x / (y * z), "x/(y*z)"),
        (x / y * z, "x/y*z"), (x * (y / z), "x*(y/z)"), (-x * y, "-x*y"), ((-x) ** 3, "(-x)**3"), (-(x**3), "-x**3"),
        (x - 2, "x - 2"), (x + -2 * y, "x - 2*y"), (x - -2 * y, "x + 2*y"), (2**-x, "2**(-x)"),
        ((-2.5) ** x, "(-2.5)**x"),
        ((x**y) ** z, "(x**y)**z"), (x ** (y**z), "x**y**z"), (x**-1.5, "x**-1.5"), (-(x % y), "-(x % y)"),
        (x % y % z, "x % y % z"), (x // y, "x // y"), (np.where(x > y, x, -y), "where(x > y, x, -y)"),
        (np.max(np.stack([x, y, z])), "maximum(maximum(x, y), z)"), (np.clip(x, 0, y), "clip(x, 0, y)"),
        (np.abs(x) * np.inf, "inf*abs(x)"), (np.round(x, 2), "round(x, 2)"), (np.arctan2(y, x), "arctan2(y, x)"),
        (np.logical_not(x == y), "logical_not(x == y)"), (x + 1e-20, "x + 1e-20"), (np.modf(x)[0], "modf(x)[0]"),
    ],
)  # fmt: skip
def test_text(built, text):
    assert str(built) == repr(built) == f"{built:>3}" == text


def test_text_of_arrays_and_prefix():
    w = symbolic.symbols("w", shape=(2, 1))
    assert str(np.sin(w)) == "[[sin(w[0, 0])],\n [sin(w[1, 0])]]"
    assert np.sin(w).python() == "[[np.sin(w[0, 0])],\n [np.sin(w[1, 0])]]"


def test_program_text_computes_the_same():
    w = symbolic.symbols("w", shape=2)
    shared = np.exp(w[0] * w[1])
    value = np.stack([shared + w[0], shared * np.where(w[1] > 0, shared, 1), w[1]])
    text = value.python(temporaries=True)
    assert text.count("np.exp") == 1
    found: dict = {}
    exec(text, {"np": np, "w": np.array([0.3, -0.2])}, found)
    np.testing.assert_allclose(found["result"], value(w=np.array([0.3, -0.2])), rtol=1e-15)


def test_a_huge_expression_shows_its_size():
    value = x
    for _ in range(100):
        value = value * value + y
    assert repr(value).startswith("<expression of 202 distinct parts, about 10**")


def test_names_that_python_does_not_allow():
    lam, t0 = symbolic.symbols("lambda t0")
    value = np.sin(lam) * t0 + np.sin(lam)
    assert str(value) == "sin(lambda)*t0 + sin(lambda)"
    assert value({"lambda": 0.0, "t0": 1.0}) == 0.0
    assert "t1 = " in value.python(temporaries=True)


# ---- Sizes ---------------------------------------------------------------------------------------------------------


def test_sizes_count_shared_parts_once_and_each_time():
    value = (x + y) * (x + y)
    assert (value.dag_size, value.tree_size) == (4, 7)
    assert (x.dag_size, x.tree_size) == (1, 1)
    pair = np.stack([value, x + y])
    assert (pair.dag_size, pair.tree_size) == (4, 10)


def test_tree_size_is_an_exact_integer_however_large():
    value = x
    for _ in range(300):
        value = value * value
    assert value.tree_size == 2**301 - 1
    assert value.dag_size == 301


def test_symbols_are_sorted():
    w = symbolic.symbols("w", shape=11)
    assert (w[10] * w[2] * z * x).symbols == (w[2], w[10], x, z)
    assert (x - x).symbols == ()


def test_substitution():
    value = np.where(x > 0, x * y, np.sin(x))
    assert value.substitute({x: y + 1}) is np.where(y + 1 > 0, (y + 1) * y, np.sin(y + 1))
    assert value.substitute({x: 2.0}) is 2 * y
    assert (x**3).substitute({x: 2}) is expression.as_expr(8)


def test_tables_by_name_name_rows():
    from chainrule.rules import rows

    names = {row.name for row in rows()}
    for table in (
        notation._OPERATORS, notation._FORMS, to_sympy.SAME, to_sympy.FORMS, tidy.RULES, CONDITIONS, SYMMETRIC
    ):  # fmt: skip
        assert set(table) <= names


def test_floats_beside_integers_are_not_truncated():
    x, y = symbolic.symbols("x y")
    slopes = symbolic.gradient(np.clip(y, -1, 1.5) + x / 2, [x, y])
    np.testing.assert_array_equal(slopes(x=1.4, y=-2.5), [0.5, 0.0])
