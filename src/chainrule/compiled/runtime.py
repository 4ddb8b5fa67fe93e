"""Functions that emitted programs call."""

from __future__ import annotations

from typing import Any

import numpy as np

__all__ = ["grow", "radd", "wrap"]


def radd(a: Any, b: Any) -> Any:
    """Return a + b in a sum whose order is free."""
    return a + b


def wrap(i: Any, n: Any) -> Any:
    """Return an index, counted from the end if it is negative."""
    return i + n if i < 0 else i


def grow(array: Any, size: Any) -> Any:
    """Return an array whose first axis is at least so long; what was there is kept."""
    if array.shape[0] >= size:
        return array
    made = np.empty((max(size, 2 * array.shape[0]), *array.shape[1:]), array.dtype)
    made[: array.shape[0]] = array
    return made
