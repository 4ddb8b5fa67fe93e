"""Putting arrays together, taking them apart, and picking elements by index."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.lib.array_utils import normalize_axis_index, normalize_axis_tuple

from ..errors import MissingRuleError, message
from ._declare import composite, linear
from ._domain import array, case
from ._row import Spec, spec_of
from .indexing import scatter
from .shape import asarray, gather

__all__ = ["within"]

# ---- Together ------------------------------------------------------------------------------------------------------


def _part(g: Any, arrays: tuple[Spec, ...], position: int, axis: int | None) -> Any:
    """Cut the part of one array out of the cotangent of a concatenation."""
    own = arrays[position]
    if axis is None:
        start = sum([a.size for a in arrays[:position]])
        return np.reshape(g[start : start + own.size], own.shape)
    axis = normalize_axis_index(axis, own.ndim)
    start = sum([a.shape[axis] for a in arrays[:position]])
    return g[(*[slice(None)] * axis, slice(start, start + own.shape[axis]))]


concatenate = linear(
    np.concatenate, signature="arrays, axis=0, out=None, *, dtype=None, casting='same_kind'", variadic=True,
    arrays=lambda g, arrays, position, axis: _part(g, arrays, position, axis),
    domain=[
        case([array(2), array(3)]), case([array(2, 1), array(2, 3)], 1), case([array(2, 1), array(2, 3)], axis=-1),
        case([array(2), array(2, 2)], axis=None), case([array(0), array(3), array(1)]), case([array(2)]),
    ],
)  # fmt: skip


def _slice_of_stack(g: Any, position: int, axis: int) -> Any:
    return g[(*[slice(None)] * normalize_axis_index(axis, g.ndim), position)]


stack = linear(
    np.stack, signature="arrays, axis=0, out=None, *, dtype=None, casting='same_kind'", variadic=True,
    arrays=lambda g, position, axis: _slice_of_stack(g, position, axis),
    domain=[
        case([array(), array(), array()]), case([array(2), array(2)], 1), case([array(2, 3), array(2, 3)], axis=-2),
        case([array(0), array(0)]),
    ],
)  # fmt: skip


def _each(convert: Any, arrays: Any) -> list[Any]:
    return [convert(a) for a in arrays]


@composite(
    np.hstack, complex=True, domain=[case([array(2), array(3)]), case([array(2, 1), array(2, 2)]), case([array(), 1.0])]
)
def hstack(tup: Any, *, dtype: Any = None, casting: Any = "same_kind") -> Any:
    arrays = _each(np.atleast_1d, tup)
    return np.concatenate(arrays, 0 if arrays[0].ndim == 1 else 1, dtype=dtype, casting=casting)


@composite(np.vstack, complex=True, domain=[case([array(2), array(2)]), case([array(1, 2), array(2)]), case([array()])])
def vstack(tup: Any, *, dtype: Any = None, casting: Any = "same_kind") -> Any:
    return np.concatenate(_each(np.atleast_2d, tup), 0, dtype=dtype, casting=casting)


@composite(np.dstack, complex=True, domain=[case([array(2), array(2)]), case([array(2, 3), array(2, 3, 2)])])
def dstack(tup: Any) -> Any:
    return np.concatenate(_each(np.atleast_3d, tup), 2)


def _as_column(x: Any) -> Any:
    x = asarray(x)
    return x if x.ndim >= 2 else np.reshape(x, (-1, 1))


@composite(np.column_stack, complex=True, domain=[case([array(2), array(2)]), case([array(2, 3), array(2)])])
def column_stack(tup: Any) -> Any:
    return np.concatenate(_each(_as_column, tup), 1)


def _depth(blocks: Any) -> int:
    return 1 + max(map(_depth, blocks), default=0) if isinstance(blocks, list) else 0


def _largest_ndim(blocks: Any) -> int:
    return max(map(_largest_ndim, blocks), default=0) if isinstance(blocks, list) else spec_of(blocks).ndim


def _join(blocks: Any, depth: int, ndim: int) -> Any:
    """Concatenate nested lists, the innermost along the last axis."""
    if isinstance(blocks, list):
        return np.concatenate([_join(b, depth - 1, ndim) for b in blocks], -depth)
    shape = spec_of(blocks).shape
    return np.reshape(blocks, (1,) * (ndim - len(shape)) + shape)


@composite(
    np.block, complex=True,
    domain=[
        case([[array(2, 2), array(2, 1)], [array(1, 2), array(1, 1)]]), case([array(2), array(), 3.0]), case(array(2)),
        case([[array(2)], [array(2)]]),
    ],
)  # fmt: skip
def block(arrays: Any) -> Any:
    depth = _depth(arrays)
    return np.copy(_join(arrays, depth, max(depth, _largest_ndim(arrays))))


@composite(
    np.append, complex=True,
    domain=[case(array(2), array(3)), case(array(2, 2), array(1, 2), 0), case(array(2, 2), array()),
            case(array(2), [1.0])],
)  # fmt: skip
def append(arr: Any, values: Any, axis: int | None = None) -> Any:
    if axis is None:
        return np.concatenate([np.ravel(arr), np.ravel(values)])
    return np.concatenate([arr, values], axis)


@composite(
    np.insert, complex=True,
    domain=[
        case(array(3), 1, array()), case(array(3), [0, 2], array(2)), case(array(2, 3), 1, array(2), 1),
        case(array(2, 3), slice(0, 2), array(), axis=0), case(array(2, 2), -1, array()),
    ],
)  # fmt: skip
def insert(arr: Any, obj: Any, values: Any, axis: int | None = None) -> Any:
    """Insert numbers for elements first, to see where NumPy puts them, and then the elements."""
    arr, values = asarray(arr), asarray(values)
    numbers = np.arange(arr.size).reshape(arr.shape)
    more = arr.size + np.arange(values.size).reshape(values.shape)
    elements = np.concatenate([np.reshape(arr, (-1,)), np.reshape(values, (-1,))])
    return elements[np.insert(numbers, obj, more, axis)]


@composite(
    np.delete, complex=True,
    domain=[case(array(3), 1), case(array(3), [0, -1]), case(array(2, 3), slice(0, 2), 1), case(array(2, 2), 0)],
)  # fmt: skip
def delete(arr: Any, obj: Any, axis: int | None = None) -> Any:
    arr = asarray(arr)
    return gather(arr, np.delete(np.arange(arr.size).reshape(arr.shape), obj, axis))


# ---- Apart ---------------------------------------------------------------------------------------------------------


def _cut(ary: Any, ends: Any, axis: int) -> list[Any]:
    """Cut an array at positions along an axis."""
    before = (slice(None),) * axis
    starts, stops = (0, *ends), (*ends, ary.shape[axis])
    return [ary[(*before, slice(start, stop))] for start, stop in zip(starts, stops, strict=True)]


@composite(
    np.array_split, complex=True,
    domain=[case(array(5), 3), case(array(2, 3), 2, 1), case(array(4), [1, 3]), case(array(2), 3),
            case(array(3), [2, 1])],
)  # fmt: skip
def array_split(ary: Any, indices_or_sections: Any, axis: int = 0) -> Any:
    axis = normalize_axis_index(axis, ary.ndim)
    if np.ndim(indices_or_sections):
        return _cut(ary, np.asarray(indices_or_sections, int).tolist(), axis)
    sections = int(indices_or_sections)
    if sections <= 0:
        msg = "number sections must be larger than 0."
        raise ValueError(msg)
    size, extra = divmod(ary.shape[axis], sections)
    return _cut(ary, [k * size + min(k, extra) for k in range(1, sections)], axis)


@composite(np.split, complex=True, domain=[case(array(4), 2), case(array(2, 3), 3, -1), case(array(4), [1, 3])])
def split(ary: Any, indices_or_sections: Any, axis: int = 0) -> Any:
    if not np.ndim(indices_or_sections) and ary.shape[axis] % int(indices_or_sections):
        msg = "array split does not result in an equal division"
        raise ValueError(msg)
    return np.array_split(ary, indices_or_sections, axis)


@composite(np.hsplit, complex=True, domain=[case(array(4), 2), case(array(2, 4), [1])])
def hsplit(ary: Any, indices_or_sections: Any) -> Any:
    return np.split(ary, indices_or_sections, 1 if ary.ndim > 1 else 0)


def _split_from(name: str, ary: Any, sections: Any, axis: int) -> Any:
    if ary.ndim <= axis:
        msg = f"{name} only works on arrays of {axis + 1 if axis < 2 else 3} or more dimensions"
        raise ValueError(msg)
    return np.split(ary, sections, axis)


@composite(np.vsplit, complex=True, domain=[case(array(4, 2), 2), case(array(3, 2), [1])])
def vsplit(ary: Any, indices_or_sections: Any) -> Any:
    return _split_from("vsplit", ary, indices_or_sections, 0 if ary.ndim > 1 else ary.ndim)


@composite(np.dsplit, complex=True, domain=[case(array(2, 1, 4), 2), case(array(2, 1, 3), [1])])
def dsplit(ary: Any, indices_or_sections: Any) -> Any:
    return _split_from("dsplit", ary, indices_or_sections, 2)


if hasattr(np, "unstack"):  # NumPy 2.1

    @composite(np.unstack, complex=True, domain=[case(array(3)), case(array(2, 3), axis=-1)])
    def unstack(x: Any, /, *, axis: int = 0) -> Any:
        before = (slice(None),) * normalize_axis_index(axis, x.ndim)
        return tuple([x[(*before, i)] for i in range(x.shape[axis])])


# ---- Picking -------------------------------------------------------------------------------------------------------


def within(indices: Any, length: int, mode: str) -> Any:
    """Bring indices into the range of an axis, by wrapping or clipping; ``raise`` leaves that to the indexing."""
    indices = np.asarray(indices)
    if indices.dtype.kind == "b" or not indices.size:
        indices = indices.astype(np.intp)
    if mode == "wrap":
        return indices % length
    return np.clip(indices, 0, length - 1) if mode == "clip" else indices


@composite(
    np.take, complex=True,
    domain=[
        case(array(4), [0, 2, 2]), case(array(2, 3), 4), case(array(2, 3), 1, 0), case(array(2, 3), [[0, -1]], axis=-1),
        case(array(3), [-1, 4], mode="wrap"), case(array(3), [-1, 4], mode="clip"), case(array(3), []),
    ],
)  # fmt: skip
def take(a: Any, indices: Any, axis: int | None = None, *, mode: str = "raise") -> Any:
    a = asarray(a)
    if axis is None:
        return gather(a, within(indices, a.size, mode))
    axis = normalize_axis_index(axis, a.ndim)
    return a[(*[slice(None)] * axis, within(indices, a.shape[axis], mode))]


@composite(
    np.take_along_axis, complex=True,
    domain=[
        case(array(2, 3), np.array([[0, 2], [1, 1]]), 1), case(array(2, 3), np.array([[1, 0, 1]]), axis=0),
        case(array(2, 3), np.array([5, 0]), None), case(array(2, 3), np.array([[2], [0]]), -1),
    ],
)  # fmt: skip
def take_along_axis(arr: Any, indices: Any, axis: int | None = -1) -> Any:
    if axis is None:
        return gather(arr, indices)
    axis = normalize_axis_index(axis, arr.ndim)
    index = list(np.ogrid[tuple([slice(n) for n in arr.shape])])
    index[axis] = indices
    return arr[tuple(index)]


@composite(
    np.compress, complex=True,
    domain=[case([True, False, True], array(3)), case([False, True], array(2, 3), 1), case([True, False], array(2, 2))],
)  # fmt: skip
def compress(condition: Any, a: Any, axis: int | None = None) -> Any:
    return np.take(a, np.flatnonzero(condition), axis)


@composite(np.extract, complex=True, domain=[case(np.array([[True, False, True]]), array(1, 3))])
def extract(condition: Any, arr: Any) -> Any:
    return np.take(np.ravel(arr), np.flatnonzero(condition))


@composite(
    np.select, complex=True,
    domain=[
        case([np.array([True, False, True]), np.array([True, True, False])], [array(3), array(3)]),
        case([np.array([False, True])], [array()], array(2)),
    ],
)  # fmt: skip
def select(condlist: Any, choicelist: Any, default: Any = 0) -> Any:
    """Take each element from the first choice whose condition holds."""
    if len(condlist) != len(choicelist) or not len(condlist):
        msg = "list of cases must be same length as list of conditions"
        raise ValueError(msg)
    result = default
    for condition, choice in reversed([*zip(condlist, choicelist, strict=True)]):
        result = np.where(condition, choice, result)
    return result


@composite(
    np.choose, complex=True, domain=[case(np.array([0, 1, 0]), [array(3), array(3)]), case([1, 0], [array(), array(2)])]
)
def choose(a: Any, choices: Any, *, mode: str = "raise") -> Any:
    """Take each element from the choice that an array of integers names."""
    a = np.asarray(a)
    if mode != "raise" or (a.size and (a.min() < 0 or a.max() >= len(choices))):
        raise MissingRuleError(
            message("np.choose has a derivative rule for indices within the range of the choices only.",
                    "Clip or wrap the indices first.")
        )  # fmt: skip
    result = choices[0]
    for i in range(1, len(choices)):
        result = np.where(a == i, choices[i], result)
    return result if len(choices) > 1 else np.broadcast_to(result, np.broadcast_shapes(a.shape, spec_of(result).shape))


def _bind_windows(
    x: Any, window_shape: Any, axis: Any = None, *, subok: bool = False, writeable: bool = False
) -> tuple[tuple[Any, ...], dict[str, Any]]:
    if writeable:
        raise MissingRuleError(
            message("sliding_window_view has a derivative rule for reading only.", "Write into the array itself.")
        )
    return (x,), {"window_shape": window_shape, "axis": axis}


def window_axes(ndim: int, window_shape: Any, axis: Any) -> list[tuple[int, Any]]:
    """Return each axis along which windows slide, and how long they are."""
    lengths = window_shape if isinstance(window_shape, (tuple, list)) else (window_shape,)
    if axis is None and len(lengths) != ndim:
        msg = f"Since axis is None, must provide window_shape for all dimensions of `x`; got {len(lengths)} of {ndim}."
        raise ValueError(msg)
    axes = range(ndim) if axis is None else normalize_axis_tuple(axis, ndim, allow_duplicate=True)
    if len(axes) != len(lengths):
        msg = f"Must provide matching length window_shape and axis; got {len(lengths)} and {len(axes)}."
        raise ValueError(msg)
    return [*zip(axes, lengths, strict=True)]


def _from_windows(g: Any, x: Spec, window_shape: Any, axis: Any) -> Any:
    """Add up, for each element, the cotangents of all windows that show it: axis by axis, the last one first."""
    pairs = window_axes(x.ndim, window_shape, axis)
    shape = list(x.shape)
    before: list[tuple[int, ...]] = []
    for i, length in pairs:
        before.append((*shape, *[n for _, n in pairs[: len(before)]]))
        shape[i] -= length - 1
    for (i, length), longer in reversed([*zip(pairs, before, strict=True)]):
        places = np.arange(longer[i] - length + 1)[:, None] + np.arange(length)
        g = scatter(np.moveaxis(g, -1, i + 1), (*[slice(None)] * i, places), Spec(longer, x.dtype))
    return g


sliding_window_view = linear(
    np.lib.stride_tricks.sliding_window_view, bind=_bind_windows, view=True,
    signature="x, window_shape, axis=None, *, subok=False, writeable=False",
    x=lambda g, x, window_shape, axis: _from_windows(g, x, window_shape, axis),
    domain=[
        case(array(5), 3), case(array(3, 4), (2, 2)), case(array(2, 4), 2, axis=-1), case(array(6), (2, 3), (0, 0)),
        case(array(2, 3, 4), (2, 3), axis=(2, 1)), case(array(4), 4), case(array(0, 3), 2, 1),
    ],
)  # fmt: skip


@composite(np.ix_, complex=True, domain=[case(array(2), array(3)), case(array(2), np.array([0, 2]), array(1))])
def ix_(*args: Any) -> Any:
    """Give each sequence an axis of its own; truth values become the places where they are true."""
    result = []
    for i, given in enumerate(args):
        x = np.asarray(given) if isinstance(given, (list, tuple)) else given
        x = np.flatnonzero(x) if x.dtype.kind == "b" else x.astype(np.intp) if not x.size else x
        if x.ndim != 1:
            msg = "Cross index must be 1 dimensional"
            raise ValueError(msg)
        result.append(np.reshape(x, (*[1] * i, x.size, *[1] * (len(args) - i - 1))))
    return tuple(result)
