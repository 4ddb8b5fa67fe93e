"""The one zero: made only where a linear function needs all its arguments."""

from __future__ import annotations

from typing import Any

import numpy as np

from ..rules import spec_of

__all__ = ["is_zero", "zero"]


def zero(value: Any) -> Any:
    """Return a zero tangent for a value, as a read-only array that takes no memory of its own."""
    shape, dtype = spec_of(value)
    if dtype.kind not in "fc":
        dtype = np.dtype(np.float64)
    return np.broadcast_to(np.zeros((), dtype), shape) if shape else dtype.type(0)


def is_zero(value: Any) -> bool:
    """Tell whether a tangent or cotangent is the symbolic zero, which is written None."""
    return value is None
