"""The zeta functions of Riemann and Hurwitz, by both arguments.

Derivatives by the exponent are those of the Euler-Maclaurin formula (DLMF 25.11.28), term by term; by q, DLMF 25.11.17.
To the left of 0, Riemann's functional equation (DLMF 25.4.1).
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from scipy import special

from .._declare import composite, elementwise
from .._domain import POSITIVE, Domain, array, case, edge
from .._row import Row
from ._parts import private

__all__: list[str] = []

_TERMS = 16
_BERNOULLI = [1 / 6, -1 / 30, 1 / 42, -1 / 30, 5 / 66, -691 / 2730, 7 / 6, -3617 / 510, 43867 / 798, -174611 / 330]


def _product(p: list[Any], q: list[Any]) -> list[Any]:
    """Multiply two power series that are kept to the same length."""
    return [sum(p[i] * q[k - i] for i in range(k + 1)) for k in range(len(p))]


def _zeta_by_order(x: Any, q: Any, n: int) -> Any:
    """Return the n-th derivative of the Hurwitz zeta function by its exponent x > 1, for q > 0."""
    kept = np.result_type(x, q, 0.0)
    x, q = np.broadcast_arrays(np.asarray(x, np.float64), np.asarray(q, np.float64))
    with np.errstate(all="ignore"):
        total = sum((-np.log(q + k)) ** n * (q + k) ** -x for k in range(_TERMS))
        result = total + math.factorial(n) * _tail(x, q + _TERMS, n)[n]
    return np.where((q > 0) & (x > 0), np.where(x == 1, np.nan, result), np.nan).astype(kept)[()]


def _tail(x: Any, a: Any, n: int) -> list[Any]:
    """Return the power series in e of the remaining sum at the exponent x + e."""
    log, zero = np.log(a), np.zeros(x.shape)
    power = [(-log) ** k / math.factorial(k) * a**-x for k in range(n + 1)]
    shifted = x - 1
    reciprocal = [(-1) ** k / shifted ** (k + 1) for k in range(n + 1)]
    series = _product(power, [a * r for r in reciprocal])
    series = [s + p / 2 for s, p in zip(series, power, strict=True)]
    rising = [x, zero + 1, *[zero] * n][: n + 1]
    for j, b in enumerate(_BERNOULLI, 1):
        weight = b / math.factorial(2 * j) / a ** (2 * j - 1)
        series = [s + weight * t for s, t in zip(series, _product(power, rising), strict=True)]
        for step in (2 * j - 1, 2 * j):
            rising = _product(rising, [x + step, zero + 1, *[zero] * n][: n + 1])
    return series


# The n-th derivative by the exponent.
zeta_by_order: Row = elementwise(
    _zeta_by_order, name="zeta_by_order", signature="n, x, q", x=lambda n, x, q: zeta_by_order(n + 1, x, q),
    q=lambda n, x, q: -x * zeta_by_order(n, x + 1, q) - n * zeta_by_order(max(n - 1, 0), x + 1, q),
    domain=[case(1, array(3, of=Domain(((1.5, 4.0),))), array(3, of=POSITIVE))],
)  # fmt: skip
hurwitz: Row = elementwise(
    lambda x, q: special.zeta(x, q), name="hurwitz_zeta", x=lambda x, q: zeta_by_order(1, x, q),
    q=lambda x, q: -x * hurwitz(x + 1, q), domain=(Domain(((1.5, 4.0),)), POSITIVE), edges=[edge(2.0, 0.0, q=-np.inf)],
    also=private("_zeta"),
)  # fmt: skip
zetac = elementwise(special.zetac, x=lambda x: _riemann_slope(x), domain=Domain(((-4.0, -0.5), (0.2, 0.8), (1.5, 4.0))))


def _riemann_slope(x: Any) -> Any:
    """Differentiate Riemann's zeta function, to the left of 0 by its logarithmic derivative times the rest."""
    left = x <= 0
    s, y = np.where(left, 1.0, x), np.where(left, 1 - x, 2.0)
    turn, half = np.sin(math.pi / 2 * (1 - y)), np.cos(math.pi / 2 * (1 - y)) * (math.pi / 2)
    scale = 2 * np.exp(-y * math.log(2 * math.pi)) * special.gamma(y)
    value = special.zetac(y) + 1
    growth = (math.log(2 * math.pi) - special.digamma(y)) * value - zeta_by_order(1, y, 1.0)
    return np.where(left, scale * (half * value + turn * growth), zeta_by_order(1, np.where(left, 2.0, s), 1.0))


riemann: Row = elementwise(
    lambda x: special.zeta(x), name="riemann_zeta", x=lambda x: _riemann_slope(x), domain=Domain(((1.5, 4.0),)),
    also=private("_riemann_zeta"),
)  # fmt: skip


@composite(special.zeta, domain=[case(array(3, of=Domain(((1.5, 4.0),)))), case(2.5, array(3, of=POSITIVE))])
def zeta(x: Any, q: Any = None, out: None = None) -> Any:
    return riemann(x) if q is None else hurwitz(x, q)
