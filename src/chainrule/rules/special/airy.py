"""Airy functions, from the differential equation w'' = zw (DLMF 9.2), and their scaled forms."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np
from scipy import special

from .._declare import composite, elementwise
from .._domain import POSITIVE, REAL, Domain, array, case
from .._row import Row
from ._parts import part, real_only
from .scaled import scaled_i, scaled_k

__all__ = ["ai", "ai_slope", "bi", "bi_slope"]


def _pair(ufunc: Any, k: int, name: str) -> tuple[Row, Row]:
    """Declare a solution and its derivative, results `k` and `k + 1` of the ufunc."""
    slope: Row = elementwise(
        part(ufunc, k + 1), name=f"{name}_slope", z=lambda z: z * value(z), domain=REAL, complex=True
    )
    value: Row = elementwise(part(ufunc, k), name=name, z=lambda z: slope(z), domain=REAL, complex=True)
    return value, slope


ai, ai_slope = _pair(special.airy, 0, "airy_ai")
bi, bi_slope = _pair(special.airy, 2, "airy_bi")


@composite(special.airy, domain=[case(array(3))], complex=True)
def airy(z: Any) -> Any:
    return ai(z), ai_slope(z), bi(z), bi_slope(z)


# Ai is scaled by exp(ζ) with ζ = 2/3 z √z, Bi by exp(-|Re ζ|), which is not analytic. Far from 0, where w' ± √z w
# subtracts what is nearly equal, they are differentiated as the Bessel functions of ζ that they are (DLMF 9.6).

_FAR = 6.0
_AI, _BI = 1 / (math.pi * math.sqrt(3)), 1 / math.sqrt(3)
_DOMAIN = Domain(((0.3, 2.5), (7.0, 9.0)))


def _slope(near: Any, z: Any, ans: Any, factor: Any, power: float, bessel: Callable[[Any], Any]) -> Any:
    """Differentiate: near 0 it is given; far from it, the function is factor z^power times a Bessel function of ζ."""
    far = np.real(z) > _FAR
    x = np.where(far, z, _FAR)
    product = np.where(far, ans, 0.0) * power / x + factor * np.power(x, power + 0.5) * bessel(2 / 3 * x * np.sqrt(x))
    return np.where(far, product, near)


ai_scaled: Row = elementwise(
    part(special.airye, 0), name="airy_ai_scaled", domain=_DOMAIN, complex=True,
    z=lambda z, ans: _slope(
        ai_slope_scaled(z) + np.sqrt(z) * ans, z, ans, _AI, 0.5, lambda x: scaled_k(1, 1 / 3, x)
    ),
)  # fmt: skip
ai_slope_scaled: Row = elementwise(
    part(special.airye, 1), name="airy_ai_slope_scaled", domain=_DOMAIN, complex=True,
    z=lambda z, ans: _slope(
        z * ai_scaled(z) + np.sqrt(z) * ans, z, ans, -_AI, 1.0, lambda x: scaled_k(1, 2 / 3, x)
    ),
)  # fmt: skip


def _root(z: Any) -> Any:
    """Return the slope of the exponent, 0 for negative numbers."""
    return np.sqrt(np.maximum(real_only(z, "airye"), 0.0))


def _both_orders(v: float) -> Callable[[Any], Any]:
    return lambda x: scaled_i(1, v, x) + scaled_i(1, -v, x)


bi_scaled: Row = elementwise(
    part(special.airye, 2), name="airy_bi_scaled", domain=_DOMAIN,
    z=lambda z, ans: _slope(
        bi_slope_scaled(z) - _root(z) * ans, z, ans, _BI, 0.5, _both_orders(1 / 3)
    ),
)  # fmt: skip
bi_slope_scaled: Row = elementwise(
    part(special.airye, 3), name="airy_bi_slope_scaled", domain=_DOMAIN,
    z=lambda z, ans: _slope(
        z * bi_scaled(z) - _root(z) * ans, z, ans, _BI, 1.0, _both_orders(2 / 3)
    ),
)  # fmt: skip


@composite(special.airye, domain=[case(array(3, of=POSITIVE))])
def airye(z: Any) -> Any:
    return ai_scaled(z), ai_slope_scaled(z), bi_scaled(z), bi_slope_scaled(z)
