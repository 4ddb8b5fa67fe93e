"""Struve and Kelvin functions (DLMF 11.4 and 10.61-10.63), and integrals of Bessel, Struve and Airy functions."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np
from scipy import special

from .._declare import composite, elementwise
from .._domain import POSITIVE, REAL, Domain, array, case, edge
from .._row import Row
from ._parts import by_differences_only, horner, part

__all__: list[str] = []


# ---- Struve functions: DLMF 11.4.23 - 11.4.26 ----------------------------------------------------------------------


def _term(v: Any, x: Any) -> Any:
    return np.power(x / 2, v) * special.rgamma(v + 1.5) / math.sqrt(math.pi)


def _slope(row: Row, sign: int, v: Any, x: Any) -> Any:
    """Differentiate H (sign -1) or L (sign 1) by the recurrence that does not subtract what is nearly equal."""
    zero, far = x == 0, np.logical_and(sign < 0, np.absolute(x) > 2 + np.absolute(v))
    at, away = np.where(zero, x, 1.0), np.where(far, x, 1.0)
    near = np.where(np.logical_or(zero, far), 1.0, x)
    mean = (row(v - 1, at) + sign * row(v + 1, at) + _term(v, at)) / 2
    lower = row(v - 1, away) - v / away * row(v, away)
    upper = v / near * row(v, near) + sign * row(v + 1, near) + _term(v, near)
    return np.where(zero, mean, np.where(far, lower, upper))


_ORDERS = [case(0.0, array(3, of=POSITIVE)), case(1.5, array(3, of=Domain(((0.3, 2.5), (4.0, 6.0)))))]
struve: Row = elementwise(
    special.struve, v=by_differences_only("struve", "the order v"), x=lambda v, x: _slope(struve, -1, v, x),
    domain=_ORDERS, edges=[edge(0.0, 0.0, x=2 / math.pi), edge(2.0, 0.0, x=0.0)],
)  # fmt: skip
modstruve: Row = elementwise(
    special.modstruve, v=by_differences_only("modstruve", "the order v"), x=lambda v, x: _slope(modstruve, 1, v, x),
    domain=_ORDERS, edges=[edge(0.0, 0.0, x=2 / math.pi), edge(2.0, 0.0, x=0.0)],
)  # fmt: skip
itstruve0 = elementwise(special.itstruve0, x=lambda x: special.struve(0.0, x), domain=REAL, edges=[edge(0.0, x=0.0)])
it2struve0 = elementwise(special.it2struve0, x=lambda x: -special.struve(0.0, x) / x, domain=POSITIVE)
itmodstruve0 = elementwise(
    special.itmodstruve0, x=lambda x: special.modstruve(0.0, x), domain=REAL, edges=[edge(0.0, x=0.0)]
)


# ---- Integrals of Bessel and Airy functions ------------------------------------------------------------------------


def _both(ufunc: Any, first: Callable[..., Any], second: Callable[..., Any]) -> Row:
    """Declare a function of a number with two results by the slope of each."""
    rows = [
        elementwise(part(ufunc, k), name=f"{ufunc.__name__}_{k}", x=slope, domain=POSITIVE)
        for k, slope in enumerate((first, second))
    ]

    @composite(ufunc, domain=[case(array(3, of=POSITIVE))])
    def integrals(x: Any) -> Any:
        return rows[0](x), rows[1](x)

    return integrals


def _even_part(x: Any, sign: float, far: Any) -> Any:
    """Return (I0(x) - 1) / x for sign 1 and (1 - J0(x)) / x for sign -1: near 0 by the power series."""
    near = np.absolute(x) < 1.0
    weights = [sign**k / (4.0 ** (k + 1) * math.factorial(k + 1) ** 2) for k in range(10)]
    series = np.where(near, x, 0.0) * horner(weights, np.square(np.where(near, x, 0.0)))
    return np.where(near, series, far(np.where(near, 1.0, x)))


itj0y0 = _both(special.itj0y0, lambda x: special.j0(x), lambda x: special.y0(x))
iti0k0 = _both(special.iti0k0, lambda x: special.i0(x), lambda x: special.k0(x))
it2j0y0 = _both(
    special.it2j0y0, lambda x: _even_part(x, -1.0, lambda x: (1 - special.j0(x)) / x), lambda x: -special.y0(x) / x
)
it2i0k0 = _both(
    special.it2i0k0, lambda x: _even_part(x, 1.0, lambda x: (special.i0(x) - 1) / x), lambda x: -special.k0(x) / x
)

# SciPy's values have about seven digits, and more near 0 where the tests compare them.
_AIRY = [
    elementwise(part(special.itairy, k), name=f"itairy_{k}", x=slope, domain=Domain(((-0.3, 0.3),)))
    for k, slope in enumerate((
        lambda x: special.airy(x)[0], lambda x: special.airy(x)[2], lambda x: special.airy(-x)[0],
        lambda x: special.airy(-x)[2],
    ))
]  # fmt: skip


@composite(special.itairy, domain=[case(array(3, of=Domain(((-0.3, 0.3),))))])
def itairy(x: Any) -> Any:
    return tuple([row(x) for row in _AIRY])


def _polynomial_slope(ans: Any, a: Any, lmb: Any, nu: Any) -> Any:
    """Differentiate ∫ x^λ J_ν(2ax) dx over x from 0 to 1 by a, in parts; at 0 the first terms of J matter."""
    pole = a == 0
    inside = (special.jv(nu, 2 * a) - (lmb + 1) * ans) / np.where(pole, 1.0, a)
    return np.where(pole, np.where(nu == 1, 1 / (lmb + 2), 0.0), inside)


besselpoly = elementwise(
    special.besselpoly, a=lambda ans, a, lmb, nu: _polynomial_slope(ans, a, lmb, nu),
    lmb=by_differences_only("besselpoly", "lmb", 1), nu=by_differences_only("besselpoly", "nu", 2),
    domain=[case(array(3, of=POSITIVE), 1.0, 0.0), case(array(3, of=POSITIVE), 0.5, 1.5)],
    edges=[edge(0.0, 1.0, 1.0, a=1 / 3)],
)  # fmt: skip


# ---- Kelvin functions: DLMF 10.61.3 --------------------------------------------------------------------------------


def _slope_over(slope: Any, x: Any) -> Any:
    """Return slope / x, which is 0 at 0 for ber and half the curvature for bei."""
    return slope / np.where(x == 0, 1.0, x)


def _at_zero(x: Any, limit: float, value: Any) -> Any:
    return np.where(x == 0, limit, value)


ber = elementwise(special.ber, x=lambda x: special.berp(x), domain=REAL)
bei = elementwise(special.bei, x=lambda x: special.beip(x), domain=REAL)
berp = elementwise(
    special.berp, x=lambda x, ans: _at_zero(x, 0.0, -special.bei(x) - _slope_over(ans, x)), domain=REAL,
    edges=[edge(0.0, x=0.0)],
)  # fmt: skip
beip = elementwise(
    special.beip, x=lambda x, ans: _at_zero(x, 0.5, special.ber(x) - _slope_over(ans, x)), domain=REAL,
    edges=[edge(0.0, x=0.5)],
)  # fmt: skip
ker = elementwise(special.ker, x=lambda x: special.kerp(x), domain=POSITIVE)
kei = elementwise(special.kei, x=lambda x: special.keip(x), domain=POSITIVE)
kerp = elementwise(special.kerp, x=lambda x, ans: -special.kei(x) - ans / x, domain=POSITIVE)
keip = elementwise(special.keip, x=lambda x, ans: special.ker(x) - ans / x, domain=POSITIVE)


@composite(special.kelvin, domain=[case(array(3, of=Domain(((0.3, 3.0),))))])
def kelvin(x: Any) -> Any:
    first = special.ber(x) + 1j * special.bei(x), special.ker(x) + 1j * special.kei(x)
    return *first, special.berp(x) + 1j * special.beip(x), special.kerp(x) + 1j * special.keip(x)
