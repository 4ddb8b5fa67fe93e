"""Running sums and products."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.lib.array_utils import normalize_axis_index

from .. import ir
from ..build import Builder
from .array import Array, as_array
from .dispatch import lowers, replaces
from .lazy import Elements, ready
from .nest import ONE, carried, every
from .rearrange import broadcast_arrays
from .reductions import merged, sum_kind

__all__ = ["running"]


def running(builder: Builder, a: Any, axis: Any, op: str, start: Any, hint: str) -> Array:
    """Return what each element makes with all before it on an axis."""
    x = as_array(builder, a)
    x, axis = (x.ravel(), 0) if axis is None else (x, normalize_axis_index(axis, x.ndim))
    ready(x)
    kind = sum_kind(x.kind)
    result = Array.new(builder, hint, kind, x.sizes)
    first = ir.Const(np.dtype(kind).type(start).item(), kind)
    others = [n for i, n in enumerate(x.sizes) if i != axis]

    def body(outer: tuple[ir.Atom, ...]) -> None:
        elements = Elements(builder)

        def step(inner: tuple[ir.Atom, ...], values: list[ir.Atom]) -> list[ir.Atom]:
            index = [k for k in merged(x.ndim, (axis,), outer, inner) if k is not None]
            element = elements.value(x, tuple(index))
            assert element is not None
            value = builder.let(op, values[0], builder.cast(element, kind), hint=hint)
            builder.store(result.view.buffer, index, value)
            return [value]

        carried(builder, [x.sizes[axis]], [first], step, [hint])

    every(builder, others, body)
    return result


@lowers("cumsum")
def cumsum(builder: Builder, a: Any, axis: Any = None) -> Array:
    return running(builder, a, axis, "add", 0, "total")


@replaces(np.cumprod)
def cumprod(builder: Builder, a: Any, axis: Any = None, dtype: None = None, out: None = None) -> Array:
    return running(builder, a, axis, "multiply", 1, "product")


def _cumulative(op: str, start: int, hint: str) -> Any:
    def cumulative(builder: Builder, x: Any, /, *, axis: Any = None, include_initial: bool = False) -> Any:
        result = running(builder, x, axis, op, start, hint)
        if not include_initial:
            return result
        axis = 0 if axis is None else axis % result.ndim
        sizes = tuple([ONE if i == axis else n for i, n in enumerate(result.sizes)])
        return np.concatenate((Array.new(builder, "t", result.kind, sizes, start), result), axis=axis)

    return cumulative


if hasattr(np, "cumulative_sum"):  # since NumPy 2.1
    replaces(np.cumulative_sum)(_cumulative("add", 0, "total"))
    replaces(np.cumulative_prod)(_cumulative("multiply", 1, "product"))


@lowers("recurrence")
def recurrence(builder: Builder, c: Any, b: Any) -> Array:
    """Compute ``y[i] = c[i]*y[i-1] + b[i]`` along the last axis."""
    factors, terms = broadcast_arrays(builder, c, b)
    kind = np.result_type(factors.dtype, terms.dtype).name
    result = Array.new(builder, "t", kind, terms.sizes)

    def body(outer: tuple[ir.Atom, ...]) -> None:
        def step(inner: tuple[ir.Atom, ...], values: list[ir.Atom]) -> list[ir.Atom]:
            index = (*outer, *inner)
            factor, term = (builder.cast(x.element(index), kind) for x in (factors, terms))
            value = builder.let("add", builder.let("multiply", factor, values[0]), term)
            builder.store(result.view.buffer, index, value)
            return [value]

        carried(builder, terms.sizes[-1:], [ir.Const(0.0, kind)], step, ["y"])

    every(builder, terms.sizes[:-1], body)
    return result


@lowers("running_product")
def running_product(builder: Builder, a: Any) -> Array:
    return running(builder, a, -1, "multiply", 1, "product")


@lowers("product")
def product(builder: Builder, a: Any) -> Any:
    return np.prod(as_array(builder, a), axis=-1)
