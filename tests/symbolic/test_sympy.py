"""SymPy as a second opinion: values, derivatives, simplification and LaTeX."""

from __future__ import annotations

import numpy as np
import pytest

from chainrule import symbolic
from chainrule.errors import SymbolicError
from chainrule.symbolic.to_sympy import FORMS, SAME

sympy = pytest.importorskip("sympy")

x, y, z = symbolic.symbols("x y z")
POINTS = [{"x": 0.37, "y": 1.21, "z": 0.83}, {"x": 0.9, "y": 0.4, "z": 2.2}]

FUNCTIONS = [
    x**2 * y + y + 2, np.sin(x * y) * np.exp(-x), np.log(x + y) / (1 + z**2), np.sqrt(x**2 + y**2), x**y, 2**x, x**-1.5,
    np.tanh(x) ** 3 * np.arctan(y), np.arctan2(x, y), np.arcsin(x) * np.arccos(x), np.sinh(x) - np.cosh(y), np.cbrt(y),
    np.arcsinh(x) + np.arctanh(x) + np.arccosh(y + 1),
    np.log1p(x) + np.expm1(y) + np.log2(z) + np.log10(z) + np.exp2(x),
    np.hypot(x, y), np.logaddexp(x, y), np.logaddexp2(x, y), np.tan(x), np.reciprocal(x) + np.square(y) - x / y,
    np.degrees(x) + np.radians(y), np.abs(x - y) * z, np.where(x > y, np.log(x), x * y), np.maximum(x, y) * z,
    np.minimum(x, y) + np.clip(z, 0, 1) + np.clip(x, 0, 2), np.where((x > 0) & (y > 1) | (z == 0), x, y**2),
    np.sign(x) * x,
    (x > 1) * x + np.logical_not(y > 1) * y, x % y, np.max(np.stack([x, y, z])) * x, np.fabs(-x), np.floor(y) * x,
    np.where(np.isfinite(x) & (x != y), x, 0), np.power(x, 0.25), -x / y - (z - x) + 0.1,
]  # fmt: skip


@pytest.mark.parametrize("f", FUNCTIONS, ids=str)
def test_values_and_derivatives_agree_with_sympy(f):
    theirs = f.sympy()
    symbols = {s: sympy.Symbol(s.name, real=True) for s in f.symbols}
    for point in POINTS:
        values = {symbols[s]: point[s.name] for s in f.symbols}
        assert f(point) == pytest.approx(float(theirs.subs(values)), rel=1e-12)
        for s in f.symbols:
            slope = sympy.diff(theirs, symbols[s])
            if not slope.has(sympy.Derivative, sympy.Subs):  # of floor and mod, which SymPy leaves as they are
                expected = float(slope.subs(values))
                assert f.derivative(s)(point) == pytest.approx(expected, rel=1e-9, abs=1e-12)


@pytest.mark.parametrize("f", FUNCTIONS, ids=str)
def test_simplified_expressions_have_the_same_value(f):
    simple = f.simplify()
    assert set(simple.symbols) <= set(f.symbols)
    for point in POINTS:
        assert simple(point) == pytest.approx(f(point), rel=1e-9)


def test_simplification_simplifies():
    assert str((np.sin(x) ** 2 + np.cos(x) ** 2).simplify()) == "1"
    slope = (x / np.sqrt(1 + x**2)).derivative(x)
    assert slope.simplify().tree_size < slope.tree_size
    pair = symbolic.gradient(x * y * (1 + 1 / x)).simplify()
    assert str(pair) == "[y, x + 1]"


def test_objects_and_latex():
    w = symbolic.symbols("w", shape=(2, 2))
    assert w.sympy() == sympy.Array([[sympy.Symbol(f"w_{i}_{j}", real=True) for j in range(2)] for i in range(2)])
    assert (w[0, 1] * 2).latex() == "2 w_{0 1}"
    assert np.where(x > 0, x, -x).latex().startswith(r"\begin{cases} x & \text{for}\: x > 0")
    assert symbolic.gradient(x**2 * y).latex() == r"\left[\begin{matrix}2 x y\\x^{2}\end{matrix}\right]"
    assert (x / 2 + 0.5).sympy() == sympy.Symbol("x", real=True) / 2 + sympy.Rational(1, 2)
    assert symbolic.symbols("w", shape=(1, 1, 2)).latex()


def test_functions_without_a_counterpart_stay_functions():
    theirs = (np.heaviside(x, 0.5) + np.nextafter(x, y)).sympy()
    assert "nextafter" in str(theirs)
    assert str(np.nextafter(x, y).simplify()) == "nextafter(x, y)"


def test_every_name_is_in_sympy():
    assert all(hasattr(sympy, name) for name in SAME.values())
    assert not set(SAME) & set(FORMS)


def test_what_is_too_large_is_refused():
    value = x
    for _ in range(60):
        value = value * value + y
    for act in (value.sympy, value.latex, value.simplify):
        with pytest.raises(SymbolicError, match=r"too large for SymPy.*\n?.*"):
            act()


def test_what_sympy_made_of_it_may_be_no_function_here():
    from chainrule.symbolic.from_sympy import from_sympy

    with pytest.raises(SymbolicError, match="no function of the table"):
        from_sympy(sympy.DiracDelta(sympy.Symbol("x")), {sympy.Symbol("x"): x})


def test_parameters_come_back_from_sympy():
    assert str((np.round(x, 1) + np.round(x, 1)).simplify()) == "2*round(x, 1)"
    with pytest.raises(SymbolicError, match=r"no form for nan_to_num with copy=True, nan=0\.0"):
        np.nan_to_num(x).simplify()
