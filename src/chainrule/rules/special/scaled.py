"""Derivatives of scaled Bessel functions, exp(-|z|) I(z), exp(z) K(z) and exp(∓iz) H(z), of every order.

The recurrences (DLMF 10.6.1 and 10.29.1) subtract numbers that are nearly equal where z is large. There, the asymptotic
series (DLMF 10.17.5, 10.17.6, 10.40.1 and 10.40.2) are differentiated term by term.
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

__all__ = ["scaled_hankel1", "scaled_hankel2", "scaled_i", "scaled_k"]

_TERMS = 30


def _by_recurrence(fn: Any, v: Any, z: Any, n: int, side: Any, sign: int, upper: int = 1) -> Any:
    """Apply (sign S / 2 - side) n times, where S f(v) = f(v-1) + upper f(v+1)."""
    total: Any = 0.0
    for j in range(n + 1):
        neighbours = sum(math.comb(j, i) * upper**i * fn(v - j + 2 * i, z) for i in range(j + 1))
        total = total + math.comb(n, j) * (-side) ** (n - j) * (sign / 2) ** j * neighbours
    return total


def _by_series(v: Any, z: Any, n: int, sign: complex) -> Any:
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


def _scaled_hankel(fn: Any, turn: complex) -> Any:
    """Return the function for H of the first kind, where `turn` is i, or of the second, where it is -i."""

    def compute(v: Any, z: Any, n: int) -> Any:
        kept, v, z, far = _prepared(v, z)
        with np.errstate(all="ignore"):
            near = _by_recurrence(fn, v, np.where(far, 1.0, z), n, turn, 1, -1)
            phase = np.exp(-turn * math.pi / 4 * (2 * v + 1)) * math.sqrt(2 / math.pi)
            series = _by_series(v, np.where(far, z, 1.0), n, turn) * phase
        return np.where(far, series, near).astype(np.result_type(kept, np.complex64))[()]

    return compute


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
scaled_hankel1 = _row(_scaled_hankel(special.hankel1e, 1j), "scaled_hankel1", "hankel1e", True)
scaled_hankel2 = _row(_scaled_hankel(special.hankel2e, -1j), "scaled_hankel2", "hankel2e", True)
