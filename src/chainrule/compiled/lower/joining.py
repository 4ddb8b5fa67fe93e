"""Arrays put together, repeated, shifted, padded and taken apart."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.lib.array_utils import normalize_axis_index

from ...errors import UnsupportedError, message
from .. import facts, ir
from ..build import Builder, const
from ..scalar import Scalar
from .array import Array, as_array, as_operand, known_dtype
from .broadcast import expect_equal
from .checks import checked_index
from .creation import shape_atoms
from .dispatch import lowers, replaces
from .lazy import Elements, Rule
from .nest import ONE, ZERO, Index, carried
from .views import integer, is_integer, largest, minus, plus

__all__ = ["concatenate", "stack"]

_LENGTHS = "all the input array dimensions except for the concatenation axis must match exactly"


def _kind_of(arrays: Sequence[Any], dtype: Any) -> str:
    return known_dtype(np.result_type(*[x.dtype for x in arrays]) if dtype is None else dtype)


@replaces(np.concatenate)
def concatenate_called(
    builder: Builder, arrays: Any, axis: Any = 0, out: None = None, *, dtype: Any = None, casting: str = "same_kind"
) -> Array:
    return concatenate(builder, *arrays, axis=axis, dtype=dtype)


@lowers("concatenate")
def concatenate(builder: Builder, *arrays: Any, axis: Any = 0, dtype: Any = None, **options: Any) -> Array:
    """Write arrays one behind the other into a new one."""
    parts = [as_array(builder, x) for x in arrays]
    if axis is None:
        parts, axis = [x.ravel() for x in parts], 0
    if len({x.ndim for x in parts}) != 1 or not parts[0].ndim:
        msg = "all the input array dimensions must match in number, and none may be zero-dimensional"
        raise ValueError(msg)
    axis = normalize_axis_index(axis, parts[0].ndim)
    for i, size in enumerate(parts[0].sizes):
        for x in parts[1:] if i != axis else ():
            expect_equal(builder, size, x.sizes[i], _LENGTHS)
    total: ir.Atom = ZERO
    starts = []
    for x in parts:
        starts.append(total)
        total = plus(builder, total, x.sizes[axis])
    facts.known_size(builder, total)
    sizes = (*parts[0].sizes[:axis], total, *parts[0].sizes[axis + 1 :])
    result = Array.new(builder, "t", _kind_of(parts, dtype), sizes)
    for start, x in zip(starts, parts, strict=True):
        part(result, axis, start, x.sizes[axis])[...] = x
    return result


def part(x: Array, axis: int, start: ir.Atom, size: ir.Atom) -> Array:
    """Return a slice along one axis that is known to lie inside."""
    view = x.view
    old = view.axes[axis]
    begin = old.start if old.base is None else plus(x.builder, old.start, start)
    axes = (*view.axes[:axis], ir.Axis(old.base, begin, old.step, size), *view.axes[axis + 1 :])
    return x.showing(ir.View(view.buffer, axes, view.fixed))


@replaces(np.stack)
def stack_called(
    builder: Builder, arrays: Any, axis: Any = 0, out: None = None, *, dtype: Any = None, casting: str = "same_kind"
) -> Array:
    return stack(builder, *arrays, axis=axis, dtype=dtype)


@lowers("stack")
def stack(builder: Builder, *arrays: Any, axis: int = 0, dtype: Any = None, **options: Any) -> Array:
    """Write arrays of one shape into a new one, each at an index of a new axis."""
    parts = [as_operand(builder, x) for x in arrays]
    shapes = [x.sizes if isinstance(x, Array) else () for x in parts]
    if len(set(map(len, shapes))) != 1:
        msg = "all input arrays must have the same shape"
        raise ValueError(msg)
    for shape in shapes[1:]:
        for a, b in zip(shapes[0], shape, strict=True):
            expect_equal(builder, a, b, "all input arrays must have the same shape")
    axis = normalize_axis_index(axis, len(shapes[0]) + 1)
    sizes = (*shapes[0][:axis], const(len(parts)), *shapes[0][axis:])
    result = Array.new(builder, "t", _kind_of(parts, dtype), sizes)
    for k, x in enumerate(parts):
        result[(*[slice(None)] * axis, k)] = x
    return result


@replaces(np.append)
def append(builder: Builder, arr: Any, values: Any, axis: Any = None) -> Array:
    return concatenate(builder, arr, values, axis=axis)


@replaces(np.hstack)
def hstack(builder: Builder, tup: Any, *, dtype: Any = None, casting: str = "same_kind") -> Array:
    parts = [np.atleast_1d(as_array(builder, x)) for x in tup]
    return concatenate(builder, *parts, axis=0 if parts[0].ndim == 1 else 1, dtype=dtype)


@replaces(np.vstack)
def vstack(builder: Builder, tup: Any, *, dtype: Any = None, casting: str = "same_kind") -> Array:
    return concatenate(builder, *[np.atleast_2d(as_array(builder, x)) for x in tup], axis=0, dtype=dtype)


@replaces(np.dstack)
def dstack(builder: Builder, tup: Any) -> Array:
    return concatenate(builder, *[np.atleast_3d(as_array(builder, x)) for x in tup], axis=2)


@replaces(np.column_stack)
def column_stack(builder: Builder, tup: Any) -> Array:
    parts = [as_array(builder, x) for x in tup]
    return concatenate(builder, *[x if x.ndim >= 2 else np.reshape(x, (-1, 1)) for x in parts], axis=1)


# ---- Elements by their place


def _picked(builder: Builder, x: Array, sizes: tuple[ir.Atom, ...], place: Any) -> Array:
    """Return an array whose element at an index is that of `x` at ``place(index)``."""

    def element(elements: Elements, index: Index) -> ir.Atom | None:
        return None if any(k is None for k in index) else elements.value(x, place(index))

    for n in sizes:
        facts.known_size(builder, n)
    return Array.lazy(builder, Rule(element, (x,)), sizes, x.kind).materialise()


@lowers("tile")
def tile(builder: Builder, A: Any, reps: Any) -> Array:
    x = as_array(builder, A)
    times = shape_atoms(builder, reps)
    n = max(x.ndim, len(times))
    times = (ONE,) * (n - len(times)) + times
    x = x[(None,) * (n - x.ndim) + (...,)]
    sizes = tuple([builder.let("multiply", t, size, hint="n") for t, size in zip(times, x.sizes, strict=True)])

    def place(index: Any) -> Index:
        return tuple([_modulo(builder, k, size, t) for k, size, t in zip(index, x.sizes, times, strict=True)])

    return _picked(builder, x, sizes, place)


def _modulo(builder: Builder, k: ir.Atom, size: ir.Atom, times: ir.Atom) -> ir.Atom:
    return k if times == ONE else ZERO if size == ONE else builder.let("remainder", k, size, hint="k")


@lowers("repeat")
def repeat(builder: Builder, a: Any, repeats: Any, axis: Any = None) -> Array:
    x = as_array(builder, a)
    x, axis = (x.ravel(), 0) if axis is None else (x, normalize_axis_index(axis, x.ndim))
    times = as_operand(builder, repeats)
    if isinstance(times, Array) and times.ndim and times.sizes != (ONE,):
        return x[(*[slice(None)] * axis, _origins(builder, times.materialise(), x.sizes[axis]))]  # type: ignore[no-any-return]
    count = integer(times if isinstance(times, Scalar) else times.ravel()[0])
    n = builder.let("multiply", count, x.sizes[axis], hint="n")
    sizes = (*x.sizes[:axis], n, *x.sizes[axis + 1 :])

    def place(index: Any) -> Index:
        return (*index[:axis], builder.let("floor_divide", index[axis], count, hint="k"), *index[axis + 1 :])

    return _picked(builder, x, sizes, place)


def _origins(builder: Builder, times: Array, n: ir.Atom) -> Array:
    """Return for each element of the result the place of the one that it repeats."""
    expect_equal(builder, times.sizes[0], n, "operands could not be broadcast together: counts of np.repeat")
    total = integer(np.sum(times))
    facts.known_size(builder, total)
    result = Array.new(builder, "at", ir.INT, (total,))

    def step(index: tuple[ir.Atom, ...], values: list[ir.Atom]) -> list[ir.Atom]:
        count = times.element(index)
        with builder.loop(count, "r") as r:
            builder.store(result.view.buffer, [builder.let("add", values[0], r)], index[0])
        return [builder.let("add", values[0], count)]

    carried(builder, times.sizes, [ZERO], step, ["at"])
    return result


@lowers("roll")
def roll(builder: Builder, a: Any, shift: Any, axis: Any = None) -> Any:
    x = as_array(builder, a)
    if axis is None:
        return np.reshape(roll(builder, x.ravel(), shift, 0), x.shape)
    axes = axis if isinstance(axis, (tuple, list)) else (axis,)
    shifts = shift if isinstance(shift, (tuple, list)) else (shift,) * len(axes)
    for i, by in zip([normalize_axis_index(i, x.ndim) for i in axes], shifts, strict=True):
        x = _rolled(builder, x, integer(by), i)
    return x


def _rolled(builder: Builder, x: Array, shift: ir.Atom, axis: int) -> Array:
    """Copy two parts, each to the place of the other."""
    n = x.sizes[axis]
    result = Array.new(builder, "t", x.kind, x.sizes)
    start = builder.let("remainder", shift, largest(builder, n, ONE), hint="k")
    start = builder.let("minimum", start, n, hint="k")
    rest = minus(builder, n, start)
    for size in (start, rest):
        facts.known_size(builder, size)
    part(result, axis, ZERO, start)[...] = part(x.materialise(), axis, rest, start)
    part(result, axis, start, rest)[...] = part(x, axis, ZERO, rest)
    return result


@lowers("pad_zeros")
def pad_zeros(builder: Builder, array: Any, pad_width: Any) -> Array:
    return pad(builder, array, pad_width)


@replaces(np.pad)
def pad(builder: Builder, array: Any, pad_width: Any, mode: Any = "constant", constant_values: Any = 0) -> Array:
    x = as_array(builder, array)
    widths = _widths(pad_width, x.ndim)
    before = [integer(b) for b, _ in widths]
    sizes = tuple(
        [plus(builder, plus(builder, n, b), integer(a)) for n, b, (_, a) in zip(x.sizes, before, widths, strict=True)]
    )
    if mode == "constant":
        fill = as_operand(builder, constant_values)
        assert isinstance(fill, Scalar)
        result = Array.new(builder, "t", x.kind, sizes, fill.atom)
        inner = result
        for i, b in enumerate(before):
            inner = part(inner, i, b, x.sizes[i])
        inner[...] = x
        return result
    if mode not in _MODES:
        raise UnsupportedError(message(f"np.pad with mode={mode!r} cannot be compiled.", "Use np.concatenate.", ""))

    def place(index: Any) -> Index:
        moved = [minus(builder, k, b) for k, b in zip(index, before, strict=True)]
        return tuple([_MODES[mode](builder, k, n) for k, n in zip(moved, x.sizes, strict=True)])

    return _picked(builder, x, sizes, place)


def _widths(pad_width: Any, ndim: int) -> list[Any]:
    if not isinstance(pad_width, (tuple, list, np.ndarray)):
        return [(pad_width, pad_width)] * ndim
    pairs = [tuple(p) if isinstance(p, (tuple, list, np.ndarray)) else p for p in pad_width]
    if not any(isinstance(p, tuple) for p in pairs):
        return [tuple(pairs) if len(pairs) == 2 else (pairs[0], pairs[0])] * ndim
    return [p if len(p) == 2 else (p[0], p[0]) for p in pairs] * (ndim if len(pairs) == 1 else 1)


def _edge(builder: Builder, k: ir.Atom, n: ir.Atom) -> ir.Atom:
    return builder.let("clip_index", k, minus(builder, n, ONE), hint="k")


def _wrapped(builder: Builder, k: ir.Atom, n: ir.Atom) -> ir.Atom:
    return builder.let("remainder", k, n, hint="k")


def _mirrored(builder: Builder, k: ir.Atom, n: ir.Atom, twice: int) -> ir.Atom:
    """Go to and fro along an axis; the ends come once (reflect) or twice (symmetric)."""
    period = builder.let("subtract", builder.let("multiply", const(2), n), const(2 - 2 * twice), hint="n")
    at = builder.let("remainder", k, builder.let("maximum", period, ONE), hint="k")
    back = builder.let("subtract", builder.let("subtract", period, const(twice)), at, hint="k")
    return builder.let("minimum", at, back, hint="k")


_MODES: dict[Any, Any] = {
    "edge": _edge,
    "wrap": _wrapped,
    "reflect": lambda builder, k, n: _mirrored(builder, k, n, 0),
    "symmetric": lambda builder, k, n: _mirrored(builder, k, n, 1),
}


@replaces(np.delete)
def delete(builder: Builder, arr: Any, obj: Any, axis: Any = None) -> Array:
    """Leave out one element, or one row."""
    x, axis, k = _cut_at(builder, arr, obj, axis)
    lead = (slice(None),) * axis
    k = checked_index(builder, k, x.sizes[axis])
    at, behind = (Scalar(i, builder, True) for i in (k, plus(builder, k, ONE)))
    return concatenate(builder, x[(*lead, slice(None, at))], x[(*lead, slice(behind, None))], axis=axis)


@replaces(np.insert)
def insert(builder: Builder, arr: Any, obj: Any, values: Any, axis: Any = None) -> Array:
    """Put one element, or one row, in front of another."""
    x, axis, k = _cut_at(builder, arr, obj, axis)
    lead = (slice(None),) * axis
    at = Scalar(k, builder, True)
    row = Array.new(builder, "t", x.kind, tuple([ONE if i == axis else n for i, n in enumerate(x.sizes)]))
    row[(*lead, 0)] = values
    return concatenate(builder, x[(*lead, slice(None, at))], row, x[(*lead, slice(at, None))], axis=axis)


def _cut_at(builder: Builder, arr: Any, obj: Any, axis: Any) -> tuple[Array, int, ir.Atom]:
    if not is_integer(obj):
        text = message("np.insert and np.delete are compiled for one index.", "Use np.concatenate of slices.", "")
        raise UnsupportedError(text)
    x = as_array(builder, arr)
    x, axis = (x.ravel(), 0) if axis is None else (x, normalize_axis_index(axis, x.ndim))
    return x, axis, integer(obj)


# ---- Apart


@replaces(np.array_split, np.split)
def split(builder: Builder, ary: Any, indices_or_sections: Any, axis: int = 0) -> list[Any]:
    """Cut an array into so many parts, or at these places."""
    x = as_array(builder, ary)
    before = (slice(None),) * normalize_axis_index(axis, x.ndim)
    n: Any = x.shape[len(before)]
    if isinstance(indices_or_sections, (list, tuple, np.ndarray)):
        ends = list(indices_or_sections)
    else:
        sections = int(indices_or_sections)
        size, extra = n // sections, n % sections
        ends = [k * size + np.minimum(k, extra) for k in range(1, sections)]
    return [x[(*before, slice(i, j))] for i, j in zip([0, *ends], [*ends, None], strict=True)]


@replaces(np.hsplit)
def hsplit(builder: Builder, ary: Any, indices_or_sections: Any) -> list[Any]:
    return split(builder, ary, indices_or_sections, 1 if ary.ndim > 1 else 0)


@replaces(np.vsplit)
def vsplit(builder: Builder, ary: Any, indices_or_sections: Any) -> list[Any]:
    return split(builder, ary, indices_or_sections, 0)
