"""Sums, products, extremes and counts of elements, over all axes or some."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.lib.array_utils import normalize_axis_tuple

from .. import ir
from ..build import Builder
from ..scalar import Scalar
from .array import Array, as_operand
from .dispatch import lowers, replaces
from .lazy import Elements, ready
from .nest import ONE, Index, carried, element_index, every

__all__ = ["Fold", "axes_of", "count", "fold", "merged", "restored", "sum_kind"]


class Fold:
    """How elements are folded into one: an operation, the value of nothing, the type, and the name of the result."""

    def __init__(self, op: str, start: Any, hint: str) -> None:
        self.op = op
        self.start = start
        self.hint = hint


SUM, PRODUCT = Fold("radd", 0, "total"), Fold("multiply", 1, "product")


def axes_of(axis: Any, ndim: int) -> tuple[int, ...]:
    """Return the axes of a reduction, in order."""
    if axis is None:
        return tuple(range(ndim))
    return tuple(sorted(normalize_axis_tuple(axis, ndim)))


def fold(builder: Builder, x: Array, how: Fold, kind: str, axes: tuple[int, ...], keepdims: bool) -> Any:
    """Fold the elements along some axes; a scalar if no axis is left."""
    ready(x)
    start = ir.Const(np.dtype(kind).type(how.start).item(), kind)
    if len(axes) == x.ndim:
        return _shaped(builder, x, _to_scalar(builder, x, how, start), keepdims)
    if not axes:
        return np.copy(x).astype(kind)
    kept = [i for i in range(x.ndim) if i not in axes]
    sizes = tuple([x.sizes[i] for i in kept])
    if axes[-1] == x.ndim - 1:
        result = _inner(builder, x, how, start, axes, kept, sizes)
    else:
        result = _outer(builder, x, how, start, kept, sizes)
    return restored(result, axes, keepdims)


def restored(result: Array, axes: tuple[int, ...], keepdims: bool) -> Any:
    return np.expand_dims(result, axes) if keepdims else result


def _shaped(builder: Builder, x: Array, value: ir.Atom, keepdims: bool) -> Any:
    if keepdims and x.ndim:
        return Array.new(builder, "t", value.dtype, (ONE,) * x.ndim, value)
    return Scalar(value, builder)


def _to_scalar(builder: Builder, x: Array, how: Fold, start: ir.Atom) -> ir.Atom:
    elements = Elements(builder)

    def step(index: tuple[ir.Atom, ...], values: list[ir.Atom]) -> list[ir.Atom]:
        element = elements.value(x, index)
        assert element is not None
        return [builder.let(how.op, values[0], builder.cast(element, start.dtype), hint=how.hint)]

    return carried(builder, x.sizes, [start], step, [how.hint], lambda index: _enter(elements, x, index))[0]


def _enter(elements: Elements, x: Array, index: Index) -> None:
    elements.value(x, index)


def merged(ndim: int, axes: Any, outer: tuple[ir.Atom, ...], inner: Index) -> Index:
    """Return an index from the counters of the axes that are kept and those of the axes that are folded."""
    result: list[ir.Atom | None] = [None] * ndim
    kept = [i for i in range(ndim) if i not in axes]
    for i, k in zip((*kept, *axes), (*outer, *inner), strict=True):
        result[i] = k
    return tuple(result)


def _inner(
    builder: Builder, x: Array, how: Fold, start: ir.Atom, axes: tuple[int, ...], kept: list[int], sizes: Any
) -> Array:
    """Fold the last axis (and others): one scalar is carried for each element of the result."""
    result = Array.new(builder, how.hint, start.dtype, sizes)
    folded = [x.sizes[i] for i in axes]

    def body(outer: tuple[ir.Atom, ...]) -> None:
        elements = Elements(builder)

        def step(inner: tuple[ir.Atom, ...], values: list[ir.Atom]) -> list[ir.Atom]:
            element = elements.value(x, merged(x.ndim, axes, outer, inner))
            assert element is not None
            return [builder.let(how.op, values[0], builder.cast(element, start.dtype), hint=how.hint)]

        def enter(inner: Index) -> None:
            elements.value(x, merged(x.ndim, axes, outer, inner))

        value = carried(builder, folded, [start], step, [how.hint], enter)[0]
        builder.store(result.view.buffer, outer, value)

    every(builder, sizes, body)
    return result


def _outer(builder: Builder, x: Array, how: Fold, start: ir.Atom, kept: list[int], sizes: Any) -> Array:
    """Fold other axes than the last: every element is added to its place in the result, in the order of memory."""
    result = Array.new(builder, how.hint, start.dtype, sizes, start)
    elements = Elements(builder)
    view = result.view

    def body(index: tuple[ir.Atom, ...]) -> None:
        element = elements.value(x, index)
        assert element is not None
        value = builder.cast(element, start.dtype)
        at = [k for k in element_index(builder, view, tuple([index[i] for i in kept])) if k is not None]
        if how.op == "radd":
            builder.store(view.buffer, at, value, add=True)
        else:
            builder.store(view.buffer, at, builder.let(how.op, builder.load(view.buffer, at, how.hint), value))

    every(builder, x.sizes, body, lambda index: _enter(elements, x, index), parallel=how.op == "radd")
    return result


def sum_kind(kind: str) -> str:
    return ir.INT if kind == ir.BOOL else kind


@lowers("sum")
def total(builder: Builder, a: Any, axis: Any = None, keepdims: Any = False) -> Any:
    x = as_operand(builder, a)
    if isinstance(x, Scalar):
        return Scalar(builder.cast(x.atom, sum_kind(x.atom.dtype)), builder)
    return fold(builder, x, SUM, sum_kind(x.kind), axes_of(axis, x.ndim), bool(keepdims))


@lowers("mean")
def mean(builder: Builder, a: Any, axis: Any = None, keepdims: Any = False) -> Any:
    x = as_operand(builder, a)
    if isinstance(x, Scalar):
        return x / 1
    kind = x.kind if x.dtype.kind == "f" else ir.FLOAT
    axes = axes_of(axis, x.ndim)
    return fold(builder, x, SUM, kind, axes, bool(keepdims)) / Scalar(count(builder, x, axes), builder, True)


def count(builder: Builder, x: Array, axes: tuple[int, ...]) -> ir.Atom:
    """Return how many elements are folded into one."""
    number: ir.Atom = ONE
    for i in axes:
        number = builder.let("multiply", number, x.sizes[i], hint="n")
    return number


@replaces(np.prod)
def product(
    builder: Builder, a: Any, axis: Any = None, dtype: Any = None, out: None = None, keepdims: bool = False
) -> Any:
    x = as_operand(builder, a)
    if isinstance(x, Scalar):
        return x
    return fold(builder, x, PRODUCT, sum_kind(x.kind), axes_of(axis, x.ndim), keepdims)


def _truth(op: str, start: bool, name: str) -> Any:
    def reduce(builder: Builder, a: Any, axis: Any = None, out: None = None, keepdims: bool = False) -> Any:
        x = as_operand(builder, a)
        if isinstance(x, Scalar):
            return Scalar(builder.cast(x.atom, ir.BOOL), builder)
        return fold(builder, x, Fold(op, start, name), ir.BOOL, axes_of(axis, x.ndim), keepdims)

    return reduce


replaces(np.any)(_truth("logical_or", False, "found"))
replaces(np.all)(_truth("logical_and", True, "agreed"))


@replaces(np.count_nonzero)
def count_nonzero(builder: Builder, a: Any, axis: Any = None, *, keepdims: bool = False) -> Any:
    return np.sum(np.not_equal(as_operand(builder, a), 0), axis=axis, keepdims=keepdims)
