"""Derivatives of the scaled modified Bessel functions exp(-|z|) I(z) and exp(z) K(z), of every order.

The recurrences (DLMF 10.29.1) subtract numbers that are nearly equal where z is large. There, the asymptotic series
(DLMF 10.40.1 and 10.40.2) are differentiated term by term.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from scipy import special

from .._declare import elementwise
from .._domain import POSITIVE, Domain, array, case
from .._row import Row
from ._parts import by_differences_only

__all__ = ["scaled_i", "scaled_k"]

_TERMS = 30


def _by_recurrence(fn: Any, v: Any, z: Any, n: int, side: Any, sign: int) -> Any:
    """Apply (sign S / 2 - side) n times, where S f(v) = f(v-1) + f(v+1)."""
    total: Any = 0.0
    for j in range(n + 1):
        neighbours = sum(math.comb(j, i) * fn(v - j + 2 * i, z) for i in range(j + 1))
        total = total + math.comb(n, j) * (-side) ** (n - j) * (sign / 2) ** j * neighbours
    return total


def _by_series(v: Any, z: Any, n: int, sign: int) -> Any:
    """Differentiate Σ signᵏ aₖ(v) z^(-k-1/2) n times."""
    total: Any = 0.0
    term = z ** (-0.5 - n)
    for k in range(_TERMS):
        if k:
            term = term * sign * (4 * v * v - (2 * k - 1) ** 2) / (8 * k * z)
        total = total + math.prod(-k - 0.5 - i for i in range(n)) * term
    return total


def _scaled_i(v: Any, z: Any, n: int) -> Any:
    kept, v, z, far = _prepared(v, z)
    far = far & (z > 0)
    with np.errstate(all="ignore"):
        near = _by_recurrence(special.ive, v, np.where(far, 1.0, z), n, np.sign(z), 1)
        series = _by_series(v, np.where(far, z, 1.0), n, -1) / math.sqrt(2 * math.pi)
    return np.where(far, series, near).astype(kept)[()]


def _scaled_k(v: Any, z: Any, n: int) -> Any:
    kept, v, z, far = _prepared(v, z)
    pole = z == 0
    with np.errstate(all="ignore"):
        near = _by_recurrence(special.kve, v, np.where(far | pole, 1.0, z), n, -1, -1)
        series = _by_series(v, np.where(far, z, 1.0), n, 1) * math.sqrt(math.pi / 2)
    return np.where(pole, (-1) ** n * np.inf, np.where(far, series, near)).astype(kept)[()]


def _prepared(v: Any, z: Any) -> tuple[Any, Any, Any, Any]:
    """Return the type of the result, both arguments in double precision, and where the series is used."""
    kept = np.result_type(v, z, 0.0)
    v, z = np.broadcast_arrays(np.asarray(v, np.float64), np.asarray(z, np.result_type(z, np.float64)))
    return kept, v, z, np.real(z) > 30 + v * v


def _row(compute: Any, name: str, of: str, complex: bool) -> Row:
    row: Row = elementwise(
        compute, name=name, signature="n, v, z", v=by_differences_only(of, "the order v"),
        z=lambda n, v, z: row(n + 1, v, z), complex=complex,
        domain=[case(1, 1.5, array(3, of=POSITIVE)), case(2, 0, array(3, of=Domain(((40.0, 50.0),))))],
    )  # fmt: skip
    return row


# The n-th derivatives by z.
scaled_i = _row(_scaled_i, "scaled_i", "ive", False)
scaled_k = _row(_scaled_k, "scaled_k", "kve", True)
