"""What the short paths need to know of a row's numbers, found out by trying a few.

A rule that cannot be tried (it asks for arrays, say) is treated with the more careful of the two answers.
"""

from __future__ import annotations

import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import numpy as np

from ..calculus import pulls
from ..rules import Row

__all__ = ["becomes_real", "has_poles", "keeps_form", "promotes"]


@contextmanager
def _quiet(errors: Any = "ignore") -> Iterator[None]:
    """Try numbers without a warning: 1/2, of a function of whole numbers, is rounded down."""
    with np.errstate(all=errors), warnings.catch_warnings():
        warnings.simplefilter("ignore")
        yield


def becomes_real(row: Row) -> bool:
    """Tell whether a function of a complex argument is real (the modulus)."""
    try:
        return row.complex and not row.params and np.isrealobj(row.compute(np.complex128(0.5 + 0.1j)))
    except Exception:
        return True


def keeps_form(row: Row) -> bool:
    """Tell whether doubles give doubles: numbers a number, and arrays of one shape (and numbers) that shape."""
    number, array = np.float64(0.5), np.full(3, 0.5)
    shaped: list[list[Any]] = [[array]]
    if len(row.operands) == 2:
        shaped = [[array, array], [array, number], [number, array]]
    params = dict.fromkeys(row.params, 2)
    try:
        with _quiet():
            scalar = row.compute(*([number] * len(row.operands)), **params)
            results = [row.compute(*operands, **params) for operands in shaped]
    except Exception:
        return False
    same = all(type(x) is np.ndarray and x.shape == array.shape and x.dtype is array.dtype for x in results)
    return same and type(scalar) is np.float64


def promotes(row: Row) -> bool:
    """Tell whether a partial is in double precision for single ones (``np.where(x > 0, 1.0, 0.0)`` is)."""
    single = np.float32(0.5)
    mixtures: list[list[Any]] = (
        [[single]] if len(row.operands) == 1 else [[single, single], [single, 0.5], [0.5, single]]
    )
    try:
        partials = [partial for operands in mixtures for partial in _partials(row, operands)]
    except Exception:
        return True
    return any(getattr(partial, "dtype", None) == np.float64 for partial in partials)


def has_poles(row: Row) -> bool:
    """Tell whether a partial is infinite or undefined somewhere; NumPy would warn there of a derivative."""
    try:
        for point in (-2.0, 0.0, 2.0):
            _partials(row, [np.float64(point)] * len(row.operands), "raise")
    except Exception:
        return True
    return False


def _partials(row: Row, operands: list[Any], errors: Any = "ignore") -> list[Any]:
    params = dict.fromkeys(row.params, 2)
    with _quiet():
        ans = row.compute(*operands, **params)
    with _quiet(errors):
        return [p.fn(*p.gather(0, ans, operands, params)) for p in pulls(row) if callable(p.fn)]
