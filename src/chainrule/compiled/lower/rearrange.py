"""Axes in another order, lengths of one more or less, elements in reverse: other views of the same elements."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.lib.array_utils import normalize_axis_index, normalize_axis_tuple

from .. import facts, ir
from ..build import Builder, const
from .array import Array, as_array
from .broadcast import broadcast, expect_equal, steps_to
from .creation import shape_atoms
from .dispatch import lowers, replaces
from .nest import ONE, ZERO
from .stand_in import stand_in
from .views import as_size, integer

__all__ = ["ordered"]


def ordered(x: Array, order: Sequence[int]) -> Array:
    """Return a view with the axes in another order."""
    view = x.view
    return x.showing(ir.View(view.buffer, tuple([view.axes[i] for i in order]), view.fixed))


@lowers("transpose")
def transpose(builder: Builder, a: Any, axes: Any = None) -> Any:
    x = as_array(builder, a)
    if axes is None:
        return ordered(x, range(x.ndim)[::-1])
    return ordered(x, [normalize_axis_index(int(i), x.ndim) for i in axes])


@lowers("matrix_transpose")
def matrix_transpose(builder: Builder, x: Any) -> Any:
    return swapaxes(builder, x, -1, -2)


@lowers("swapaxes")
def swapaxes(builder: Builder, a: Any, axis1: int, axis2: int) -> Any:
    x = as_array(builder, a)
    order = [*range(x.ndim)]
    i, j = normalize_axis_index(axis1, x.ndim), normalize_axis_index(axis2, x.ndim)
    order[i], order[j] = order[j], order[i]
    return ordered(x, order)


@lowers("moveaxis")
def moveaxis(builder: Builder, a: Any, source: Any, destination: Any) -> Any:
    x = as_array(builder, a)
    return ordered(x, _moved(x.ndim, source, destination))


def _moved(ndim: int, source: Any, destination: Any) -> list[int]:
    start, end = normalize_axis_tuple(source, ndim), normalize_axis_tuple(destination, ndim)
    order = [i for i in range(ndim) if i not in start]
    for to, by in sorted(zip(end, start, strict=True)):
        order.insert(to, by)
    return order


@lowers("squeeze")
def squeeze(builder: Builder, a: Any, axis: Any = None) -> Any:
    x = as_array(builder, a)
    if axis is None:
        axes = tuple([i for i, n in enumerate(x.sizes) if n == ONE])
    else:
        axes = normalize_axis_tuple(axis, x.ndim)
        for i in axes:
            text = "cannot select an axis to squeeze out which has size not equal to one"
            expect_equal(builder, x.sizes[i], ONE, text)
    return x[tuple([0 if i in axes else slice(None) for i in range(x.ndim)] + [...])]


@lowers("expand_dims")
def expand_dims(builder: Builder, a: Any, axis: Any) -> Any:
    x = as_array(builder, a)
    axes = axis if isinstance(axis, (tuple, list)) else (axis,)
    ndim = x.ndim + len(axes)
    new = normalize_axis_tuple(tuple(axes), ndim)
    return x[tuple([None if i in new else slice(None) for i in range(ndim)] + [...])]


@lowers("flip")
def flip(builder: Builder, m: Any, axis: Any = None) -> Any:
    x = as_array(builder, m)
    axes = range(x.ndim) if axis is None else normalize_axis_tuple(axis, x.ndim)
    return x[tuple([slice(None, None, -1) if i in axes else slice(None) for i in range(x.ndim)] + [...])]


@lowers("flipud")
def flipud(builder: Builder, m: Any) -> Any:
    return flip(builder, m, 0)


@lowers("fliplr")
def fliplr(builder: Builder, m: Any) -> Any:
    return flip(builder, m, 1)


@lowers("rot90")
def rot90(builder: Builder, m: Any, k: int = 1, axes: Any = (0, 1)) -> Any:
    k = k % 4
    if k == 0:
        return m[...]
    if k == 2:
        return flip(builder, m, axes)
    swapped = swapaxes(builder, m if k == 3 else flip(builder, m, axes[1]), *axes)
    return swapped if k == 1 else flip(builder, swapped, axes[1])


@lowers("broadcast_to")
def broadcast_to(builder: Builder, array: Any, shape: Any, subok: bool = False) -> Any:
    x = as_array(builder, array)
    sizes = shape_atoms(builder, shape)
    from .indexing import fit

    if x.ndim > len(sizes):
        msg = "input operand has more dimensions than allowed by the axis remapping"
        raise ValueError(msg)
    fitted = fit(x, sizes)
    if isinstance(fitted.source, ir.View):
        result = x.showing(fitted.source)
    else:
        view = _stretched(builder, x.view, sizes)
        result = x.showing(view) if view is not None else fitted
    result.locked = result.locked or "An array that np.broadcast_to gives may hold an element in several places."
    return result


def _stretched(builder: Builder, view: ir.View, sizes: tuple[ir.Atom, ...]) -> ir.View | None:
    """Return a view that shows the elements of axes of length 1 again and again."""
    steps = steps_to(builder, view.shape, sizes)
    extra = [ir.Axis(None, ZERO, 0, n) for n in sizes[: len(sizes) - view.ndim]]
    axes, fixed = [], list(view.fixed)
    for axis, step, n in zip(view.axes, steps, sizes[len(extra) :], strict=True):
        if isinstance(step, ir.Var):
            return None
        axes.append(axis if step else ir.Axis(None, ZERO, 0, n))
        if not step and axis.base is not None:
            fixed.append((axis.base, axis.start))
    return ir.View(view.buffer, (*extra, *axes), tuple(fixed))


@replaces(np.broadcast_shapes)
def broadcast_shapes(builder: Builder, *shapes: Any) -> Any:
    return tuple([as_size(builder, n) for n in broadcast(builder, [shape_atoms(builder, s) for s in shapes])])


@replaces(np.broadcast_arrays)
def broadcast_arrays(builder: Builder, *args: Any, subok: bool = False) -> Any:
    arrays = [as_array(builder, x) for x in args]
    sizes = broadcast(builder, [x.sizes for x in arrays])
    return tuple([broadcast_to(builder, x, sizes) for x in arrays])


# ---- Other shapes


@lowers("ravel")
def ravel(builder: Builder, a: Any, order: str = "C") -> Any:
    return reshape(builder, a, -1, order)


@replaces(np.reshape)
def reshape(builder: Builder, a: Any, shape: Any = None, order: str = "C", *, copy: Any = None) -> Any:
    x = as_array(builder, a)
    if order == "F":
        shape = shape if isinstance(shape, (tuple, list)) else (shape,)
        return transpose(builder, reshape(builder, transpose(builder, x), tuple(shape)[::-1]))
    return reshaped(builder, x, _wanted(builder, x, shape))


def reshaped(builder: Builder, x: Array, sizes: tuple[ir.Atom, ...]) -> Array:
    """Return an array in a shape that has as many elements."""
    matched = _with_ones(builder, x, sizes)
    if matched is not None:
        return matched
    if x.is_whole:
        return _renamed(builder, x, sizes)
    copied = x.fresh_copy("t")
    result = _renamed(builder, copied, sizes)
    return stand_in(result, x)


def _wanted(builder: Builder, x: Array, shape: Any) -> tuple[ir.Atom, ...]:
    """Return the shape asked for, with a number in the place of -1; the numbers of elements are checked."""
    parts = [integer(n) for n in (shape if isinstance(shape, (tuple, list)) else (shape,))]
    open_places = [i for i, n in enumerate(parts) if n == const(-1)]
    if len(open_places) > 1:
        msg = "can only specify one unknown dimension"
        raise ValueError(msg)
    text = "cannot reshape array: the new shape has another number of elements"
    rest = _product(builder, [n for n in parts if n != const(-1)])
    if not open_places:
        if not _same_factors(builder, x.sizes, parts):
            expect_equal(builder, rest, x.count, text)
    else:
        (place,) = open_places
        parts[place] = _quotient(builder, x, [n for n in parts if n != const(-1)], text)
        facts.known_size(builder, parts[place])
    return tuple(parts)


def _product(builder: Builder, sizes: Sequence[ir.Atom]) -> ir.Atom:
    total: ir.Atom = ONE
    for n in sizes:
        total = builder.let("multiply", total, n, hint="n")
    return total


def _factors(sizes: Sequence[ir.Atom]) -> tuple[list[ir.Atom], int]:
    variables = sorted([n for n in sizes if isinstance(n, ir.Var)], key=lambda n: n.name)
    number = 1
    for n in sizes:
        number *= int(n.value) if isinstance(n, ir.Const) else 1
    return [*variables], number


def _same_factors(builder: Builder, a: Sequence[ir.Atom], b: Sequence[ir.Atom]) -> bool:
    return _factors(a) == _factors(b)


def _quotient(builder: Builder, x: Array, others: list[ir.Atom], text: str) -> ir.Atom:
    """Return the length that -1 stands for."""
    left, number = _factors(x.sizes)
    wanted, by = _factors(others)
    remaining = [*left]
    for n in wanted:
        if n in remaining:
            remaining.remove(n)
        else:
            break
    else:
        if by and number % by == 0:
            return _product(builder, [const(number // by), *remaining])
    rest = _product(builder, others)
    divisor = builder.let("maximum", rest, ONE)
    quotient = builder.let("floor_divide", x.count, divisor, hint="n")
    builder.check(builder.let("equal", builder.let("multiply", quotient, rest), x.count), "ValueError", text)
    return quotient


def _with_ones(builder: Builder, x: Array, sizes: tuple[ir.Atom, ...]) -> Array | None:
    """Reshape by adding and dropping axes of length 1, if that is all that is asked for."""
    mine = [(i, n) for i, n in enumerate(x.sizes) if n != ONE]
    theirs = [n for n in sizes if n != ONE]
    if len(mine) != len(theirs):
        return None
    if not all(a == b or facts.equal(builder, a, b) for (_, a), b in zip(mine, theirs, strict=True)):
        return None
    view = x.view
    left = iter([view.axes[i] for i, _ in mine])
    axes = tuple([ir.Axis(None, ZERO, 0, ONE) if n == ONE else next(left) for n in sizes])
    dropped = [(a.base, a.start) for a in view.axes if a.size == ONE and a.base is not None]
    return x.showing(ir.View(view.buffer, axes, (*view.fixed, *dropped)))


def _renamed(builder: Builder, x: Array, sizes: tuple[ir.Atom, ...]) -> Array:
    """Return another name of a whole buffer, with another shape."""
    view = x.view
    buffer = ir.Buffer(builder.names.fresh(view.buffer.hint), view.dtype, len(sizes))
    builder.add(ir.Alias(buffer, view.buffer, sizes, builder.place))
    aliases = builder.notes.setdefault("aliases", {})
    aliases[buffer] = aliases.get(view.buffer, view.buffer)
    builder.note_shape(buffer, sizes)
    from .nest import whole

    return x.showing(whole(builder, buffer, sizes))
