"""Special functions in expressions: derivatives, and what SymPy makes of them."""

from __future__ import annotations

import numpy as np
import pytest

import chainrule as cr
from chainrule import symbolic

special = pytest.importorskip("scipy.special")
pytest.importorskip("sympy")

x, y = symbolic.symbols("x y")
EXPRESSIONS = {
    "gammaln": special.gammaln(x * y), "gamma": special.gamma(x), "erf": special.erf(x / y), "jv": special.jv(1, x),
    "kv": special.kv(2, x * y), "airy": special.airy(x)[0], "ellipk": special.ellipk(y / 5), "exp1": special.exp1(x),
    "expn": special.expn(2, x), "expit": special.expit(x - y), "xlogy": special.xlogy(x, y), "beta": special.beta(x, y),
    "sici": special.sici(x)[1], "entr": special.entr(x), "binom": special.binom(3 + x, y), "expi": special.expi(x),
}  # fmt: skip


@pytest.mark.parametrize("name", EXPRESSIONS)
def test_sympy_has_the_same_value_and_derivative(name):
    expression, values = EXPRESSIONS[name], {"x": 0.7, "y": 1.3}
    theirs = expression.sympy()
    assert "special" not in str(theirs)
    at = {symbol: values[symbol.name] for symbol in theirs.free_symbols}
    symbols = {"x": x, "y": y}
    slopes = symbolic.gradient(expression, [x, y])(**values)
    for symbol in theirs.free_symbols:
        exact = theirs.diff(symbol).evalf(20, subs=at)
        assert slopes[list(symbols).index(symbol.name)] == pytest.approx(float(exact), rel=1e-12)


def test_there_and_back():
    expression = special.jv(1, x) + special.gammaln(y) * np.cbrt(x)
    again = expression.simplify()
    assert again(x=0.7, y=1.3) == pytest.approx(expression(x=0.7, y=1.3), rel=1e-14)
    assert "jv(1, x)" in str(again)
    assert "gammaln(y)" in str(again)


def test_method_symbolic():
    f = lambda z: special.erfc(z) * special.i0(z)
    assert cr.grad(f, method="symbolic")(0.4) == pytest.approx(cr.grad(f)(0.4), rel=1e-14)
