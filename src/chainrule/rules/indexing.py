"""Reading and writing parts of arrays: ``x[i]``, ``x[i] = v`` and their transposes."""

from __future__ import annotations

from typing import Any

import numpy as np

from ._declare import linear
from ._domain import array, case
from ._row import Row, Spec

__all__ = ["add_at", "getitem", "put", "scatter"]


def is_basic(index: Any) -> bool:
    """Tell whether an index selects by slices and integers alone, so that no element is selected twice."""
    parts = index if type(index) is tuple else (index,)
    return all(isinstance(p, (int, np.integer, slice)) or p is None or p is Ellipsis for p in parts)


def _read(x: Any, index: Any) -> Any:
    return x[index]


def _write(x: Any, v: Any, index: Any) -> Any:
    """Return a copy of `x` with `v` written at an index."""
    result = np.array(x)
    result[index] = v
    return result


def _scatter(g: Any, index: Any, spec: Spec) -> Any:
    """Return zeros of a shape with `g` added at an index (elements selected twice receive both)."""
    result = np.zeros(spec.shape, np.result_type(spec.dtype, g.dtype))
    if is_basic(index):
        result[index] = g
    else:
        np.add.at(result, index, g)
    return result


def _add_at(x: Any, v: Any, index: Any) -> Any:
    result = np.array(x)
    np.add.at(result, index, v)
    return result


def _written(g: Any, index: Any, x: Spec) -> Any:
    """Read the cotangent of a written value; where an element was written twice, only the last write counts."""
    read = getitem(g, index)
    if is_basic(index):
        return read + 0.0
    order = np.arange(read.size).reshape(read.shape)
    last = np.full(x.shape, -1)
    last[index] = order
    return read * (last[index] == order)


def _erased(g: Any, index: Any) -> Any:
    return put(g, 0.0, index)


getitem: Row = linear(
    _read, name="getitem", signature="x, index", view=True, discrete=("index",),
    x=lambda g, x, index: scatter(g, index, x),
    domain=[
        case(array(4), 1), case(array(4), slice(None, None, -2)), case(array(2, 3), (slice(None), None, 1)),
        case(array(4), np.array([0, 2, 2])), case(array(2, 3), (np.array([0, 1, 1]), np.array([2, 0, 0]))),
        case(array(3), np.array([True, False, True])), case(array(0, 3), slice(0, 2)), case(array(3, 2), ...),
    ],
)  # fmt: skip

scatter: Row = linear(
    _scatter, name="scatter", signature="g, index, spec", discrete=("index",),
    g=lambda g, index: getitem(g, index),
    domain=[case(array(), 1, Spec((4,), np.dtype(float))), case(array(3), np.array([0, 2, 2]), Spec((4,), float))],
)  # fmt: skip

put: Row = linear(
    _write, name="put", signature="x, v, index", discrete=("index",),
    x=lambda g, index: _erased(g, index),
    v=lambda g, x, index: _written(g, index, x),
    domain=[
        case(array(4), array(), 1), case(array(4), array(2), slice(1, 3)), case(array(2, 3), array(3), ...),
        case(array(4), array(3), np.array([0, 2, 2])), case(array(3), array(), np.array([True, False, True])),
    ],
)  # fmt: skip

add_at: Row = linear(
    _add_at, name="add_at", signature="x, v, index", discrete=("index",),
    x=lambda g: g,
    v=lambda g, index: getitem(g, index),
    domain=[case(array(4), array(3), np.array([0, 2, 2])), case(array(4), array(), 1)],
)  # fmt: skip
