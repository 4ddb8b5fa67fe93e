"""What the short paths need to know of a row's numbers, found out by trying a few.

A rule that cannot be tried (it asks for arrays, say) is treated with the more careful of the two answers.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from ..calculus import pulls
from ..rules import Row

__all__ = ["becomes_real", "has_poles", "promotes"]


def becomes_real(row: Row) -> bool:
    """Tell whether a function of a complex argument is real (the modulus)."""
    try:
        return row.complex and not row.params and np.isrealobj(row.compute(np.complex128(0.5 + 0.1j)))
    except Exception:
        return True


def promotes(row: Row) -> bool:
    """Tell whether a partial is in double precision for single ones (``np.where(x > 0, 1.0, 0.0)`` is)."""
    try:
        partials = _partials(row, 0.5, np.float32)
    except Exception:
        return True
    return any(getattr(partial, "dtype", None) == np.float64 for partial in partials)


def has_poles(row: Row) -> bool:
    """Tell whether a partial is infinite or undefined somewhere; NumPy would warn there of a derivative."""
    try:
        for point in (-2.0, 0.0, 2.0):
            _partials(row, point, np.float64, "raise")
    except Exception:
        return True
    return False


def _partials(row: Row, point: float, dtype: Any, errors: Any = "ignore") -> list[Any]:
    x = list(np.full(len(row.operands), point, dtype))
    params = dict.fromkeys(row.params, 2)
    with np.errstate(all="ignore"):
        ans = row.compute(*x, **params)
    with np.errstate(all=errors):
        return [p.fn(*p.gather(0, ans, x, params)) for p in pulls(row) if callable(p.fn)]
