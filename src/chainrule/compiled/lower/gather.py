"""Indexing by masks and by arrays of integers: read, written, and added to."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from ...errors import UnsupportedError, message
from ...rules import Row
from .. import facts, ir
from ..build import Builder, const
from ..scalar import Scalar
from . import views
from .array import Array, as_array, as_operand, known_dtype
from .broadcast import apply, broadcast, expect_equal, steps_to
from .checks import checked_index
from .dispatch import lowers, replaces
from .indexing import fit, is_basic, ready_to_write, store
from .lazy import Elements, Rule, leaves, roots, settle, stepped
from .nest import ZERO, Index, carried, element_index, every

__all__ = ["gather", "nonzero", "scatter", "update_at"]


class Plan(NamedTuple):
    """An index that selects by arrays.

    Attributes
    ----------
    view : Array
        What the slices leave, with the axes that the arrays select from.
    chosen : list of (axis of `view`, ir.Atom or Array)
        The indices, which are in range or `checked`.
    shape : tuple of ir.Atom
        The shape of the index arrays together.
    at : int
        Where these axes stand in the result.
    safe : bool
        The indices need no check.
    """

    view: Array
    chosen: list[tuple[int, Any]]
    shape: tuple[ir.Atom, ...]
    at: int
    safe: bool

    @property
    def sizes(self) -> tuple[ir.Atom, ...]:
        """The shape of the result."""
        kept = [n for i, n in enumerate(self.view.sizes) if i not in dict(self.chosen)]
        return (*kept[: self.at], *self.shape, *kept[self.at :])


def plan(array: Array, index: Any) -> Plan:
    """Sort an index into slices, which make a view, and arrays, which choose from it."""
    builder = array.builder
    parts, masks = _without_masks(array, [_converted(builder, p) for p in _tuple(index)])
    basic: list[Any] = []
    chosen: list[tuple[int, Any]] = []
    places = []
    for place, part in enumerate(views.expanded(tuple(parts), array.ndim)):
        if isinstance(part, slice) or part is None:
            basic.append(part)
        else:
            places.append(place)
            chosen.append((len(basic), part))
            basic.append(slice(None))
    view = array.showing(views.take(builder, array.view, basic))
    chosen = [(axis, _checked_scalar(builder, part, view.sizes[axis])) for axis, part in chosen]
    shape = broadcast(builder, [part.sizes for _, part in chosen if isinstance(part, Array)])
    adjacent = places == list(range(places[0], places[-1] + 1))
    every_array_is_a_mask = masks == sum([isinstance(part, Array) for _, part in chosen])
    return Plan(view, chosen, shape, chosen[0][0] if adjacent else 0, every_array_is_a_mask)


def _tuple(index: Any) -> tuple[Any, ...]:
    return index if isinstance(index, tuple) else (index,)


def _converted(builder: Builder, part: Any) -> Any:
    if is_basic(part):
        return part
    if isinstance(part, (list, tuple)) and not part:
        part = np.zeros(0, np.int64)
    operand = as_operand(builder, np.asarray(part) if isinstance(part, (bool, np.bool_)) else part)
    if operand.dtype.kind not in "bi":
        msg = "arrays used as indices must be of integer (or boolean) type"
        raise IndexError(msg)
    if isinstance(operand, Scalar) and operand.dtype.kind == "b":
        text = message("A single truth value as an index cannot be compiled.", "Write an if statement.", "")
        raise UnsupportedError(text)
    if isinstance(operand, Array) and not operand.ndim:
        return Scalar(operand.element(), builder)
    return operand


def _checked_scalar(builder: Builder, part: Any, size: ir.Atom) -> Any:
    return part if isinstance(part, Array) else checked_index(builder, views.integer(part), size)


def _without_masks(array: Array, parts: list[Any]) -> tuple[list[Any], int]:
    """Replace each mask by the indices of its true elements; also return how many index arrays these are."""
    result: list[Any] = []
    count = 0
    for place, part in enumerate(parts):
        if isinstance(part, Array) and part.kind == ir.BOOL:
            first = _first_axis(array, parts, place)
            _expect_mask(array, part, first)
            indices = nonzero(array.builder, part)
            count += len(indices)
            result.extend(indices)
        else:
            result.append(part)
    return result, count


def _first_axis(array: Array, parts: list[Any], place: int) -> int:
    """Return the axis that a part of an index selects from."""
    if Ellipsis in [p for p in parts[:place] if not isinstance(p, Array)]:
        return int(array.ndim) - sum([views.consumed(p) for p in parts[place:]])
    return sum([views.consumed(p) for p in parts[:place]])


def _expect_mask(array: Array, mask: Array, first: int) -> None:
    for i, size in enumerate(mask.sizes):
        text = f"boolean index did not match indexed array along axis {first + i}"
        expect_equal(array.builder, size, array.sizes[first + i], text, "IndexError")


# ---- Reading


def _split(p: Plan, index: Index) -> tuple[list[ir.Atom | None], Index]:
    """Return the counters of the axes that slices left, and those of the index arrays."""
    end = p.at + len(p.shape)
    return [*index[: p.at], *index[end:]], index[p.at : end]


def _place(builder: Builder, elements: Elements, p: Plan, index: Index) -> Index:
    """Return where an element of the result lies in the view; None where that is not known yet."""
    kept, at = _split(p, index)
    result: list[ir.Atom | None] = []
    left, chosen = iter(kept), dict(p.chosen)
    for axis in range(p.view.ndim):
        part = chosen.get(axis)
        if part is None:
            result.append(next(left))
        elif isinstance(part, Array):
            i = elements.value(part, stepped(builder, at, steps_to(builder, part.sizes, p.shape)))
            result.append(None if i is None else i if p.safe else checked_index(builder, i, p.view.sizes[axis]))
        else:
            result.append(part)
    return tuple(result)


def gather(array: Array, index: Any) -> Array:
    """Return new elements, those at an index with arrays."""
    return gathered(array.builder, plan(array, index))


def gathered(builder: Builder, p: Plan) -> Array:
    def element(elements: Elements, index: Index) -> ir.Atom | None:
        at = _place(builder, elements, p, index)
        return None if any(i is None for i in at) else elements.value(p.view, at)

    parts = (p.view, *[part for _, part in p.chosen if isinstance(part, Array)])
    return Array.lazy(builder, Rule(element, parts), p.sizes, p.view.kind).materialise(p.view.view.buffer.hint)


# ---- Writing


def scatter(array: Array, index: Any, value: Any, add: bool = False) -> None:
    """Write at an index with arrays; where an element is chosen twice, the last value stays (or both are added)."""
    builder = array.builder
    ready_to_write(array)
    operand = as_operand(builder, value)
    mask = _only_mask(array, index)
    if mask is not None and isinstance(operand, Scalar):
        return _store_masked(array, mask, operand)
    return scattered(builder, plan(array, index), operand, add)


def scattered(builder: Builder, p: Plan, operand: Any, add: bool) -> None:
    value = fit(as_array(builder, operand), p.sizes) if isinstance(operand, Array) else None
    target = p.view.view
    changed = roots(p.view)
    if value is not None and roots(value) & changed:
        value = value.fresh_copy()
    chosen = [
        (axis, part.fresh_copy() if isinstance(part, Array) and roots(part) & changed else part)
        for axis, part in p.chosen
    ]
    p = p._replace(chosen=chosen)
    kept = [value, *[part for _, part in chosen]]
    settle(builder, target.buffer, frozenset([id(x) for part in kept if isinstance(part, Array) for x in leaves(part)]))
    elements = Elements(builder)

    def body(index: tuple[ir.Atom, ...]) -> None:
        place = _place(builder, elements, p, index)
        number: Any = operand.atom if value is None else elements.value(value, index)
        at = [k for k in element_index(builder, target, place) if k is not None]
        builder.store(target.buffer, at, builder.cast(number, target.dtype), add)

    every(builder, p.sizes, body, parallel=add or p.safe)


def _only_mask(array: Array, index: Any) -> Array | None:
    """Return the mask, if it is all of an index (and not of fewer axes than the array)."""
    parts = _tuple(index)
    if len(parts) != 1 or is_basic(parts[0]):
        return None
    mask = _converted(array.builder, parts[0])
    return mask if isinstance(mask, Array) and mask.kind == ir.BOOL and mask.ndim == array.ndim else None


def _store_masked(array: Array, mask: Array, value: Scalar, row: Row | None = None) -> None:
    """Write one number wherever a mask is true, or combine it with the elements there."""
    builder, view = array.builder, array.view
    _expect_mask(array, mask, 0)
    if roots(mask) & roots(array):
        mask = mask.fresh_copy()
    settle(builder, view.buffer, frozenset([id(x) for x in leaves(mask)]))
    elements = Elements(builder)

    def body(index: tuple[ir.Atom, ...]) -> None:
        test = elements.value(mask, index)
        at = [k for k in element_index(builder, view, index) if k is not None]
        assert test is not None
        with builder.when(test):
            new: Any = value
            if row is not None:
                new = row(Scalar(builder.load(view.buffer, at, view.buffer.hint), builder), value)
            builder.store(view.buffer, at, builder.cast(new.atom, view.dtype))

    every(builder, view.shape, body)


def update_at(array: Array, index: Any, row: Row, value: Any) -> None:
    """Do ``array[index] += value`` or the like: an element that is chosen twice is changed once, as in NumPy."""
    parts = _tuple(index)
    if all(map(is_basic, parts)):
        part = array[index]
        if isinstance(part, Array):
            part.inplace(row, value)
        else:
            array[index] = row(part, value)
        return
    operand = as_operand(array.builder, value)
    mask = _only_mask(array, index)
    if mask is not None and isinstance(operand, Scalar):
        ready_to_write(array)
        _store_masked(array, mask, operand, row)
        return
    p = plan(array, index)
    ready_to_write(array)
    new = row(gathered(array.builder, p), operand)
    scattered(array.builder, p, new, False)


@replaces((np.add, "at"))
def add_at(builder: Builder, target: Any, index: Any, value: Any) -> None:
    """Add at an index: an element that is chosen twice receives both values."""
    if all(map(is_basic, _tuple(index))):
        target[index] += value
        return
    scatter(target, index, value, add=True)


@replaces((np.subtract, "at"))
def subtract_at(builder: Builder, target: Any, index: Any, value: Any) -> None:
    add_at(builder, target, index, apply(builder, "negative", [value]))


# ---- Where something is


def nonzero(builder: Builder, mask: Array) -> tuple[Array, ...]:
    """Return the indices of the true elements, an array of integers for each axis."""
    mask = mask if mask.kind == ir.BOOL else apply(builder, "not_equal", [mask, 0])
    if mask.cost >= 4:
        mask = mask.materialise("mask")
    total = _passed(builder, mask, [])
    facts.known_size(builder, total)
    indices = [Array.new(builder, "at", ir.INT, (total,)) for _ in range(mask.ndim)]
    _passed(builder, mask, indices)
    return tuple(indices)


def _passed(builder: Builder, mask: Array, indices: list[Array]) -> ir.Atom:
    """Count the true elements; store their indices, each at its number."""
    elements = Elements(builder)

    def step(index: tuple[ir.Atom, ...], values: list[ir.Atom]) -> list[ir.Atom]:
        test = elements.value(mask, index)
        assert test is not None
        if indices:
            with builder.when(test):
                for array, k in zip(indices, index, strict=True):
                    builder.store(array.view.buffer, values, k)
        return [builder.let("add", values[0], builder.cast(test, ir.INT), hint="n")]

    return carried(builder, mask.sizes, [ZERO], step, ["n"], lambda index: _warm(elements, mask, index))[0]


def _warm(elements: Elements, array: Array, index: Index) -> None:
    elements.value(array, index)


@replaces(np.nonzero)
def nonzero_(builder: Builder, a: Any) -> tuple[Array, ...]:
    return nonzero(builder, as_array(builder, a))


@replaces(np.flatnonzero)
def flatnonzero(builder: Builder, a: Any) -> Array:
    return nonzero(builder, as_array(builder, a).ravel())[0]


@replaces(np.argwhere)
def argwhere(builder: Builder, a: Any) -> Any:
    return np.stack(nonzero(builder, as_array(builder, a)), axis=-1)


def grid(builder: Builder, sizes: tuple[ir.Atom, ...], axis: int) -> Array:
    """Return the indices along one axis, as an array of integers that has length 1 on the others."""
    shape = tuple([n if i == axis else const(1) for i, n in enumerate(sizes)])
    return Array.lazy(builder, Rule(lambda elements, index: index[axis]), shape, ir.INT)


@replaces(np.take)
def take(builder: Builder, a: Any, indices: Any, axis: Any = None, out: None = None, mode: str = "raise") -> Any:
    x: Any = as_array(builder, a)
    x, axis = (x.ravel(), 0) if axis is None else (x, axis % x.ndim)
    at = indices if is_basic(indices) else _converted(builder, indices)
    length = x.shape[axis]
    at = at % length if mode == "wrap" else np.clip(at, 0, length - 1) if mode == "clip" else at
    return x[(*[slice(None)] * axis, at)]


@replaces(np.take_along_axis)
def take_along_axis(builder: Builder, arr: Any, indices: Any, axis: Any = -1) -> Any:
    x, at = as_array(builder, arr), as_array(builder, indices)
    if axis is None:
        return np.ravel(x)[at]
    axis = axis % x.ndim
    return x[tuple([at if i == axis else grid(builder, _along(x, at, axis), i) for i in range(x.ndim)])]


def _along(x: Array, at: Array, axis: int) -> tuple[ir.Atom, ...]:
    return tuple([at.sizes[i] if i == axis or n == const(1) else n for i, n in enumerate(x.sizes)])


@lowers("getitem")
def getitem(builder: Builder, x: Any, index: Any) -> Any:
    return as_array(builder, x)[index]


@lowers("put")
def put(builder: Builder, x: Any, v: Any, index: Any) -> Any:
    result = as_array(builder, x).fresh_copy()
    result[index] = v
    return result


@lowers("scatter")
def scatter_row(builder: Builder, g: Any, index: Any, spec: Any) -> Any:
    from .creation import shape_atoms

    result = Array.new(builder, "t", known_dtype(spec.dtype), shape_atoms(builder, spec.shape), 0)
    add_at(builder, result, index, g)
    return result


@lowers("add_at")
def add_at_row(builder: Builder, x: Any, v: Any, index: Any) -> Any:
    result = as_array(builder, x).fresh_copy()
    add_at(builder, result, index, v)
    return result


@replaces(np.copyto)
def copyto(builder: Builder, dst: Any, src: Any, casting: str = "same_kind", where: Any = True) -> None:
    if where is True:
        store(dst, src)
    else:
        store(dst, np.where(where, src, dst))
