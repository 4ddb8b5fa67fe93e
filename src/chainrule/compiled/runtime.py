"""Functions that emitted programs call: plain NumPy, and the same compiled.

A function of this module is the text that both Python and Numba run, unless `_MACHINE` names another one for Numba.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from typing import Any

import numpy as np

__all__ = ["grow", "machine_form", "radd", "wrap"]


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


_MACHINE: dict[str, Callable[..., Any]] = {}
_OPTIONS: dict[str, dict[str, Any]] = {"radd": {"fastmath": {"reassoc", "nsz"}}}


@cache
def machine_form(name: str) -> Any:
    """Return a function of this module, compiled by Numba; its machine code is kept on disk where that can be."""
    import numba

    function = _MACHINE.get(name) or globals()[name]
    options = {"error_model": "numpy", **_OPTIONS.get(name, {})}
    try:
        return numba.njit(cache=True, **options)(function)
    except RuntimeError:  # Numba finds no place for its cache
        return numba.njit(**options)(function)
