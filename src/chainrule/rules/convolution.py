"""Convolution and correlation of two sequences."""

from __future__ import annotations

from typing import Any

import numpy as np

from ._declare import composite, multilinear
from ._domain import array, case
from ._row import Row, spec_of
from .creation import assembled
from .products import conjugate

__all__ = ["convolution"]


def _within_full(g: Any, n: int, m: int, mode: str) -> Any:
    """Put the result of a convolution that was cut to "same" or "valid" back into the place it has in "full"."""
    skipped = {"full": 0, "same": (min(n, m) - 1) // 2, "valid": min(n, m) - 1}[mode]
    left, right = np.zeros(skipped, g.dtype), np.zeros(n + m - 1 - skipped - g.shape[0], g.dtype)
    return np.concatenate([left, g, right]) if left.size or right.size else g


def _transposed(g: Any, kept: int, other: Any, mode: str) -> Any:
    full = _within_full(g, kept, spec_of(other).size, mode)
    return convolution(full, other[::-1], "valid") if full.shape[0] >= kept else full


# Every element of one sequence meets every element of the other: bilinear, and symmetric.
convolution: Row = multilinear(
    lambda a, v, mode: np.convolve(a, v, mode), name="convolution", signature="a, v, mode",
    a=lambda g, a, v, mode: _transposed(g, a.size, v, mode),
    v=lambda g, a, v, mode: _transposed(g, v.size, a, mode),
    domain=[
        case(array(5), array(3), "full"), case(array(3), array(5), "same"), case(array(5), array(4), "same"),
        case(array(4), array(5), "same"), case(array(5), array(2), "valid"), case(array(2), array(5), "valid"),
        case(array(4), array(4), "valid"), case(array(1), array(3), "full"),
    ],
)  # fmt: skip


def _sequence(x: Any, name: str) -> Any:
    x = assembled(x)
    x = np.reshape(x, (1,)) if np.ndim(x) == 0 else x
    if x.ndim != 1:
        msg = "object too deep for desired array"
        raise ValueError(msg)
    if not x.size:
        msg = f"{name} cannot be empty"
        raise ValueError(msg)
    return x


_MODES = {0: "valid", 1: "same", 2: "full"}
_PAIRS = [
    case(array(5), array(3)), case(array(3), array(5)), case(array(4), array(4), "same"),
    case(array(5), array(2), mode="valid"), case(array(4), array(5), mode="same"), case(array(5), array(4), "same"),
    case(array(3), np.array([1.0, -2.0, 0.5]), "full"),
]  # fmt: skip


@composite(np.convolve, complex=True, domain=[*_PAIRS, case(array(4), array())])
def convolve(a: Any, v: Any, mode: Any = "full") -> Any:
    a, v = _sequence(a, "a"), _sequence(v, "v")
    return convolution(a, v, _MODES.get(mode, mode))


@composite(np.correlate, complex=True, domain=_PAIRS)
def correlate(a: Any, v: Any, mode: Any = "valid") -> Any:
    """Convolve with the other sequence, conjugated and backwards; the longer one comes first."""
    a, v, mode = _sequence(a, "a"), _sequence(v, "v"), _MODES.get(mode, mode)
    if v.size > a.size:
        return conjugate(convolution(v, conjugate(a)[::-1], mode))[::-1]
    return convolution(a, conjugate(v)[::-1], mode)
