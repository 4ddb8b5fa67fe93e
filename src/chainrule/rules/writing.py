"""NumPy functions that write into their first argument, as writes ``a[index] = v``, which are recorded."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.lib.array_utils import normalize_axis_index

from ..errors import EscapeError
from ._calls import escape_into_array, is_recorded, store

__all__ = ["WRITERS"]


def _require_recorded(target: Any) -> None:
    if not is_recorded(target):
        raise EscapeError(escape_into_array())


def _write_at(a: Any, positions: Any, values: Any) -> None:
    """Write at positions in the flattened form of an array."""
    if len(positions):
        a[np.unravel_index(positions, a.shape)] = values


def _flat(values: Any) -> Any:
    from .creation import assembled

    return np.reshape(assembled(values), (-1,))


def _copyto(dst: Any, src: Any, casting: str = "same_kind", where: Any = True) -> None:
    store(dst, src if where is True else np.where(where, src, dst))


def _fill_diagonal(a: Any, val: Any, wrap: bool = False) -> None:
    """Let NumPy mark the diagonal in an array of truth values, and write there."""
    _require_recorded(a)
    marks = np.zeros(a.shape, bool)
    np.fill_diagonal(marks, True, wrap)
    places = np.flatnonzero(marks)
    _write_at(a, places, np.resize(_flat(val), len(places)))


def _put(a: Any, ind: Any, v: Any, mode: str = "raise") -> None:
    from .joining import within

    _require_recorded(a)
    positions = np.ravel(within(ind, a.size, mode))
    values = _flat(v)
    if len(positions) and values.size:
        _write_at(a, positions % a.size if mode == "raise" else positions, np.resize(values, len(positions)))


def _place(arr: Any, mask: Any, vals: Any) -> None:
    _require_recorded(arr)
    positions, values = np.flatnonzero(mask), _flat(vals)
    if len(positions) and not values.size:
        msg = "Cannot insert from an empty array!"
        raise ValueError(msg)
    _write_at(arr, positions, np.resize(values, len(positions)))


def _putmask(a: Any, mask: Any, values: Any) -> None:
    _require_recorded(a)
    positions, values = np.flatnonzero(mask), _flat(values)
    if values.size:
        _write_at(a, positions, values[positions % values.size])


def _put_along_axis(arr: Any, indices: Any, values: Any, axis: int | None) -> None:
    _require_recorded(arr)
    if axis is None:
        _write_at(arr, np.asarray(indices) % arr.size, values)
        return
    axis = normalize_axis_index(axis, arr.ndim)
    index = list(np.ogrid[tuple([slice(n) for n in arr.shape])])
    index[axis] = indices
    arr[tuple(index)] = values


WRITERS: dict[Callable[..., Any], Callable[..., Any]] = {
    np.copyto: _copyto, np.fill_diagonal: _fill_diagonal, np.put: _put, np.place: _place, np.putmask: _putmask,
    np.put_along_axis: _put_along_axis,
}  # fmt: skip
