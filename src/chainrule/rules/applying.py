"""NumPy functions that apply a function of the user's: to pieces, along an axis, over axes."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.lib.array_utils import normalize_axis_index

from ._declare import composite
from ._domain import NONZERO, array, case
from .creation import assembled
from .indexing import put

__all__: list[str] = []

_HALVES = np.array([True, False, True])


def _conditions(condlist: Any, ndim: int, pieces: int) -> Any:
    """Return the conditions as one array of truth values, with "none of these" where a piece more is given."""
    if np.isscalar(condlist) or (not isinstance(condlist[0], (list, np.ndarray)) and ndim != 0):
        condlist = [condlist]
    conditions = np.asarray(condlist, dtype=bool)
    if len(conditions) == pieces - 1:
        return np.concatenate([conditions, np.logical_not(np.any(conditions, axis=0, keepdims=True))])
    if len(conditions) != pieces:
        n = len(conditions)
        msg = f"with {n} condition(s), either {n} or {n + 1} functions are expected"
        raise ValueError(msg)
    return conditions


@composite(
    np.piecewise, complex=True,
    domain=[case(array(3, of=NONZERO), [_HALVES], [np.square, np.negative]),
            case(array(3), [_HALVES, ~_HALVES], [lambda x, k: k * x, 2.0], 3.0), case(array(), [True], [np.exp])],
)  # fmt: skip
def piecewise(x: Any, condlist: Any, funclist: Any, *args: Any, **kw: Any) -> Any:
    """Fill in each piece what its function gives for the elements where its condition holds."""
    x = assembled(x)
    result: Any = np.zeros(x.shape, x.dtype)
    for condition, fn in zip(_conditions(condlist, x.ndim, len(funclist)), funclist, strict=True):
        if not callable(fn):
            result = put(result, fn, condition)
        elif np.any(condition):
            result = put(result, fn(x[condition], *args, **kw), condition)
    return result


@composite(
    np.apply_along_axis, complex=True,
    domain=[case(np.sum, 0, array(2, 3)), case(np.cumsum, -1, array(2, 3)), case(np.diag, 1, array(2, 2)),
            case(lambda row, k: row[0] * row[k], 1, array(2, 3), 2), case(np.sum, 0, array(3))],
)  # fmt: skip
def apply_along_axis(func1d: Any, axis: Any, arr: Any, *args: Any, **kwargs: Any) -> Any:
    arr = assembled(arr)
    axis = normalize_axis_index(axis, arr.ndim)
    rows = np.moveaxis(arr, axis, -1)
    outer = rows.shape[:-1]
    if 0 in outer:
        msg = "Cannot apply_along_axis when any iteration dimensions are 0"
        raise ValueError(msg)
    results = [assembled(func1d(rows[i], *args, **kwargs)) for i in np.ndindex(outer)]
    inner = np.shape(results[0])
    stacked = np.reshape(np.stack(results), outer + inner)
    return np.moveaxis(stacked, range(-len(inner), 0), range(axis, axis + len(inner)))


@composite(
    np.apply_over_axes, complex=True, domain=[case(np.sum, array(2, 3, 2), [0, 2]), case(np.cumsum, array(2, 3), 1)]
)
def apply_over_axes(func: Any, a: Any, axes: Any) -> Any:
    result = assembled(a)
    ndim = result.ndim
    for axis in np.reshape(axes, (-1,)).tolist():
        found = func(result, normalize_axis_index(axis, ndim))
        if found.ndim != ndim:
            found = np.expand_dims(found, axis)
        if found.ndim != ndim:
            msg = "function is not returning an array of the correct shape"
            raise ValueError(msg)
        result = found
    return result
