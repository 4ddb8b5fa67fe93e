"""Elliptic integrals in Carlson's symmetric form.

All are multiples of C = ∫ (t+x)^(-1/2-i) (t+y)^(-1/2-j) (t+z)^(-1/2-k) (t+p)^(-l) dt over t from 0 to infinity
(DLMF 19.16), a family that differentiation does not leave. First derivatives are Carlson's own functions where there is
one (DLMF 19.18); the others are integrated by the trapezoidal rule in log t, which converges exponentially fast
(Trefethen and Weideman, The exponentially convergent trapezoidal rule, 2014).
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from scipy import special

from .._declare import elementwise
from .._domain import POSITIVE, Domain, array, case, edge
from .._row import Row

__all__ = ["carlson"]

_STEP = 0.4
_BLOCK = 20_000
_TAIL = 38.0  # exp(-38) is nothing beside 1 in double precision


def _carlson(x: Any, y: Any, z: Any, p: Any, powers: tuple[float, float, float, float]) -> Any:
    kept = np.result_type(x, y, z, p, 0.0)
    xs = np.broadcast_arrays(*(np.asarray(v, np.result_type(v, np.float64)) for v in (x, y, z, p)))
    sizes = [np.abs(v[np.isfinite(v) & (v != 0)]) for v, power in zip(xs, powers, strict=True) if power]
    low = min((math.log(v.min()) for v in sizes if v.size), default=0.0)
    high = max((math.log(v.max()) for v in sizes if v.size), default=0.0)
    # Towards 0 the integrand falls like t or, beside an argument of 0, like √t; towards infinity like 1/√t or faster.
    logs = np.arange(low - 2 * _TAIL, high + _TAIL / (sum(powers) - 1) + _STEP, _STEP)
    total = np.zeros(xs[0].shape, np.result_type(*xs))
    block = max(_BLOCK // max(total.size, 1), 1)  # nodes at once: few calls for few elements, little memory for many
    with np.errstate(all="ignore"):
        for first in range(0, len(logs), block):
            t = np.exp(logs[first : first + block]).reshape(-1, *[1] * total.ndim)
            term = t * _STEP
            for v, power in zip(xs, powers, strict=True):
                term = term * (t + v) ** -power if power else term
            total = total + np.sum(term, axis=0)
        divergent = [(v == 0) & (power >= 1) for v, power in zip(xs, powers, strict=True) if power]
        # Of real numbers below 0, SciPy takes Cauchy's principal value, of which this integral is not the derivative.
        outside = [v < 0 for v, power in zip(xs, powers, strict=True) if power and v.dtype.kind == "f"]
    total = np.where(np.any(divergent, axis=0), np.inf, total)
    return np.where(np.any([*outside, np.zeros(total.shape, bool)], axis=0), np.nan, total).astype(kept)[()]


def _raised(powers: tuple[float, ...], i: int) -> tuple[float, ...]:
    return tuple([power + (k == i) for k, power in enumerate(powers)])


_CASES = [
    case(
        array(3, of=POSITIVE), array(3, of=POSITIVE), array(3, of=POSITIVE), array(3, of=POSITIVE), (0.5, 0.5, 1.5, 1.0)
    )
]

carlson: Row = elementwise(
    _carlson, name="carlson", signature="x, y, z, p, powers", complex=True, domain=_CASES,
    x=lambda x, y, z, p, powers: -powers[0] * carlson(x, y, z, p, _raised(powers, 0)),
    y=lambda x, y, z, p, powers: -powers[1] * carlson(x, y, z, p, _raised(powers, 1)),
    z=lambda x, y, z, p, powers: -powers[2] * carlson(x, y, z, p, _raised(powers, 2)),
    p=lambda x, y, z, p, powers: -powers[3] * carlson(x, y, z, p, _raised(powers, 3)),
)  # fmt: skip

_THREE = (POSITIVE, POSITIVE, POSITIVE)
elliprf = elementwise(
    special.elliprf, complex=True, domain=_THREE, edges=[edge(1.0, 1.0, 1.0, x=-1 / 6, y=-1 / 6, z=-1 / 6)],
    x=lambda x, y, z: -special.elliprd(y, z, x) / 6, y=lambda x, y, z: -special.elliprd(z, x, y) / 6,
    z=lambda x, y, z: -special.elliprd(x, y, z) / 6,
)  # fmt: skip
elliprd = elementwise(
    special.elliprd, complex=True, domain=_THREE,
    x=lambda x, y, z: -0.75 * carlson(x, y, z, 1.0, (1.5, 0.5, 1.5, 0.0)),
    y=lambda x, y, z: -0.75 * carlson(x, y, z, 1.0, (0.5, 1.5, 1.5, 0.0)),
    z=lambda x, y, z: -2.25 * carlson(x, y, z, 1.0, (0.5, 0.5, 2.5, 0.0)),
)  # fmt: skip
elliprj = elementwise(
    special.elliprj, complex=True, domain=(*_THREE, Domain(((0.5, 2.0),))),
    x=lambda x, y, z, p: -0.75 * carlson(x, y, z, p, (1.5, 0.5, 0.5, 1.0)),
    y=lambda x, y, z, p: -0.75 * carlson(x, y, z, p, (0.5, 1.5, 0.5, 1.0)),
    z=lambda x, y, z, p: -0.75 * carlson(x, y, z, p, (0.5, 0.5, 1.5, 1.0)),
    p=lambda x, y, z, p: -1.5 * carlson(x, y, z, p, (0.5, 0.5, 0.5, 2.0)),
)  # fmt: skip
elliprc = elementwise(
    special.elliprc, complex=True, domain=(POSITIVE, POSITIVE),
    x=lambda x, y: -0.25 * carlson(x, 1.0, 1.0, y, (1.5, 0.0, 0.0, 1.0)),
    y=lambda x, y: -0.5 * carlson(x, 1.0, 1.0, y, (0.5, 0.0, 0.0, 2.0)),
)  # fmt: skip


def _rg_slope(x: Any, y: Any, z: Any) -> Any:
    """Differentiate R_G by its first argument: an eighth of ∫ t (t+x)^(-3/2) (t+y)^(-1/2) (t+z)^(-1/2) dt."""
    product = np.where(x == 0, 0.0, x) * special.elliprd(y, z, np.where(x == 0, 1.0, x))
    return special.elliprf(x, y, z) / 4 - product / 12


elliprg = elementwise(
    special.elliprg, x=lambda x, y, z: _rg_slope(x, y, z), y=lambda x, y, z: _rg_slope(y, z, x),
    z=lambda x, y, z: _rg_slope(z, x, y), domain=_THREE, complex=True,
    edges=[edge(1.0, 1.0, 1.0, x=1 / 6, y=1 / 6, z=1 / 6)],
)  # fmt: skip
