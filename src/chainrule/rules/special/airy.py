"""Airy functions, from the differential equation w'' = zw (DLMF 9.2), and their scaled forms."""

from __future__ import annotations

from typing import Any

import numpy as np
from scipy import special

from .._declare import composite, elementwise
from .._domain import POSITIVE, REAL, array, case
from .._row import Row
from ._parts import part, real_only

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


# Ai is scaled by exp(2/3 z √z), Bi by exp(-|Re(2/3 z √z)|), which is not analytic.
ai_scaled: Row = elementwise(
    part(special.airye, 0), name="airy_ai_scaled", z=lambda z, ans: ai_slope_scaled(z) + np.sqrt(z) * ans,
    domain=POSITIVE, complex=True,
)  # fmt: skip
ai_slope_scaled: Row = elementwise(
    part(special.airye, 1), name="airy_ai_slope_scaled", z=lambda z, ans: z * ai_scaled(z) + np.sqrt(z) * ans,
    domain=POSITIVE, complex=True,
)  # fmt: skip


def _root(z: Any) -> Any:
    """Return the slope of the exponent, 0 for negative numbers."""
    return np.sqrt(np.maximum(real_only(z, "airye"), 0.0))


bi_scaled: Row = elementwise(
    part(special.airye, 2), name="airy_bi_scaled", z=lambda z, ans: bi_slope_scaled(z) - _root(z) * ans, domain=POSITIVE
)
bi_slope_scaled: Row = elementwise(
    part(special.airye, 3), name="airy_bi_slope_scaled", z=lambda z, ans: z * bi_scaled(z) - _root(z) * ans,
    domain=POSITIVE,
)  # fmt: skip


@composite(special.airye, domain=[case(array(3, of=POSITIVE))])
def airye(z: Any) -> Any:
    return ai_scaled(z), ai_slope_scaled(z), bi_scaled(z), bi_slope_scaled(z)
