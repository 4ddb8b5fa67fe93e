"""Powers, exponentials and their differences; power transforms of statistics; angles in degrees; the AGM."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from scipy import special

from .._declare import elementwise
from .._domain import NONZERO, POSITIVE, REAL, UNIT, Domain, array, case, edge
from .._row import Row
from .._table import lookup, name_also

__all__ = ["exprel_moment", "log1p_moment"]

_LN2, _LN10, _DEGREE = math.log(2.0), math.log(10.0), math.pi / 180

exp2 = elementwise(special.exp2, x=lambda ans: _LN2 * ans, domain=REAL)
exp10 = elementwise(special.exp10, x=lambda ans: _LN10 * ans, domain=REAL)
expm1 = elementwise(special.expm1, x=lambda ans: ans + 1, domain=REAL, complex=True)
log1p = elementwise(
    special.log1p, x=lambda x: 1 / (1 + x), domain=Domain(((-0.7, 2.0),)), complex=True, edges=[edge(-1.0, x=np.inf)]
)
cbrt = elementwise(special.cbrt, x=lambda ans: 1 / (3 * ans * ans), domain=NONZERO, edges=[edge(0.0, x=np.inf)])
cosm1 = elementwise(special.cosm1, x=lambda x: -np.sin(x), domain=REAL, edges=[edge(0.0, x=0.0)])
sindg = elementwise(special.sindg, x=lambda x: _DEGREE * special.cosdg(x), domain=REAL)
cosdg = elementwise(special.cosdg, x=lambda x: -_DEGREE * special.sindg(x), domain=REAL)
tandg = elementwise(special.tandg, x=lambda ans: _DEGREE * (1 + ans * ans), domain=REAL)
cotdg = elementwise(special.cotdg, x=lambda ans: -_DEGREE * (1 + ans * ans), domain=NONZERO)
radian = elementwise(special.radian, d=_DEGREE, m=_DEGREE / 60, s=_DEGREE / 3600, domain=(REAL, REAL, REAL))
name_also(special.round, lookup(np.rint))


def _exprel_moment(x: Any, n: int) -> Any:
    """Integrate sⁿ exp(xs) over s from 0 to 1: for small |x| by a series of positive terms, else by recurrence."""
    x = np.asarray(x, np.result_type(x, 0.0))
    small = np.abs(x) < 20
    z, large = np.where(small, np.abs(x), 0.0), np.where(small, 20.0, x)
    rising = falling = np.zeros(x.shape)
    for k in reversed(range(90)):
        rising = 1 / (n + 1 + k) + z / (k + 1) * rising
        falling = 1.0 + z / (n + 2 + k) * falling
    with np.errstate(all="ignore"):
        far = np.expm1(large) / large
        for k in range(1, n + 1):
            far = (np.exp(large) - k * far) / large
        far = np.where(large > 720, np.inf, far)
    return np.where(small, np.where(x < 0, np.exp(-z) * falling / (n + 1), rising), far).astype(x.dtype)[()]


# exprel(x) = (exp(x) - 1) / x is the integral of exp(xs) over s from 0 to 1; its n-th derivative has sⁿ as a factor.
exprel_moment: Row = elementwise(
    _exprel_moment, name="exprel_moment", signature="n, x", x=lambda n, x: exprel_moment(n + 1, x),
    domain=[case(1, array(4)), case(2, array(3, of=Domain(((-30.0, -25.0), (21.0, 22.0)))))],
)  # fmt: skip
exprel = elementwise(
    special.exprel, x=lambda x: exprel_moment(1, x), domain=REAL, edges=[edge(0.0, x=0.5), edge(-np.inf, x=0.0)]
)

_NODES, _WEIGHTS = np.polynomial.legendre.leggauss(24)
_NODES, _WEIGHTS = (_NODES + 1) / 2, _WEIGHTS / 2


def _log1p_moment(z: Any, n: int) -> Any:
    """Integrate sⁿ / (1 + zs)ⁿ⁺¹ over s from 0 to 1: near 0 by Gauss's rule, else by recurrence."""
    z = np.asarray(z)
    near = np.abs(z) < 0.5
    inside, outside = np.where(near, z, 0.0), np.where(near, 1.0, z)
    total = sum(w * s**n / (1 + s * inside) ** (n + 1) for s, w in zip(_NODES, _WEIGHTS, strict=True))
    with np.errstate(all="ignore"):
        far = np.log1p(outside) / outside
        for k in range(1, n + 1):
            far = (far - 1 / (k * (1 + outside) ** k)) / outside
    return np.where(near, total, far).astype(np.result_type(z, 0.0))[()]


# log1p(z) / z is the integral of 1 / (1 + zs); its n-th derivative is (-1)ⁿ n! times this.
log1p_moment: Row = elementwise(
    _log1p_moment, name="log1p_moment", signature="n, z", z=lambda n, z: -(n + 1) * log1p_moment(n + 1, z),
    domain=[case(0, array(4, of=UNIT)), case(1, array(4, of=Domain(((-0.8, 3.0),))))], complex=True,
)  # fmt: skip


# ---- Power transforms (Box and Cox, An analysis of transformations, 1964) and their inverses ------------------------
#
# (x^λ - 1) / λ = log(x) exprel(λ log(x)), and its inverse (1 + λy)^(1/λ) = exp(y log1p(λy) / (λy)).


def _transformed_by_power(log: Any, power: Any) -> Any:
    """Differentiate log exprel(power log) by the power; at log = -inf it is 1 / power²."""
    lowest = np.isinf(log)
    inside = np.where(lowest, 0.0, log)
    return np.where(lowest, 1 / np.square(power), np.square(inside) * exprel_moment(1, power * inside))


_POWERS = Domain(((-1.5, 1.5),))
_AT_ZERO = [edge(1.0, 0.0, x=1.0, lmbda=0.0), edge(0.0, 2.0, x=0.0, lmbda=0.25), edge(0.0, 0.5, x=np.inf, lmbda=4.0)]
boxcox = elementwise(
    special.boxcox, x=lambda x, lmbda: np.power(x, lmbda - 1),
    lmbda=lambda x, lmbda: _transformed_by_power(np.log(x), lmbda), domain=(POSITIVE, _POWERS), edges=_AT_ZERO,
)  # fmt: skip
boxcox1p = elementwise(
    special.boxcox1p, x=lambda x, lmbda: np.power(1 + x, lmbda - 1),
    lmbda=lambda x, lmbda: _transformed_by_power(np.log1p(x), lmbda), domain=(POSITIVE, _POWERS),
    edges=[edge(0.0, 0.0, x=1.0, lmbda=0.0), edge(-1.0, 2.0, x=0.0, lmbda=0.25)],
)  # fmt: skip

_IN_RANGE = (Domain(((0.2, 1.2),)), Domain(((-0.7, 1.5),)))
inv_boxcox = elementwise(
    special.inv_boxcox, y=lambda y, lmbda, ans: ans / (1 + lmbda * y),
    lmbda=lambda y, lmbda, ans: -ans * np.square(y) * log1p_moment(1, lmbda * y), domain=_IN_RANGE,
    edges=[edge(0.0, 0.0, y=1.0, lmbda=0.0), edge(1.0, 1.0, y=1.0)],
)  # fmt: skip
inv_boxcox1p = elementwise(
    special.inv_boxcox1p, y=lambda y, lmbda, ans: (1 + ans) / (1 + lmbda * y),
    lmbda=lambda y, lmbda, ans: -(1 + ans) * np.square(y) * log1p_moment(1, lmbda * y), domain=_IN_RANGE,
    edges=[edge(0.0, 0.0, y=1.0, lmbda=0.0)],
)  # fmt: skip
powm1 = elementwise(
    special.powm1, x=lambda x, y: y * np.power(x, np.where(y == 0, 1.0, y - 1)),
    y=lambda x, ans: (1 + ans) * np.log(np.where(x == 0, 1.0, x)), domain=(POSITIVE, REAL),
    edges=[edge(0.0, 0.0, x=0.0, y=0.0), edge(1.0, 2.0, x=2.0, y=0.0), edge(0.0, 0.5, x=np.inf, y=0.0)],
)  # fmt: skip


# ---- The arithmetic-geometric mean ---------------------------------------------------------------------------------


def _mean_by(ans: Any, a: Any, b: Any) -> Any:
    """Differentiate by `a`: M = π / (2 R_F(0, a², b²)) (DLMF 19.8.5 and 19.18.1); infinite where `a` alone is 0."""
    a, b = np.absolute(a), np.absolute(b)
    lost = np.logical_or(a == 0, b == 0)
    x, y = np.where(lost, 1.0, a), np.where(lost, 1.0, b)
    inside = 2 / (3 * math.pi) * np.square(ans) * x * special.elliprd(0.0, y * y, x * x)
    pole = np.logical_and(a == 0, b > 0)
    return np.where(lost, np.where(pole, 1 / np.where(pole, a, 1.0), 0.0), inside)


agm = elementwise(
    special.agm, a=lambda ans, a, b: _mean_by(ans, a, b), b=lambda ans, a, b: _mean_by(ans, b, a),
    domain=(POSITIVE, POSITIVE), edges=[edge(0.0, 2.0, a=np.inf, b=0.0)],
)  # fmt: skip
