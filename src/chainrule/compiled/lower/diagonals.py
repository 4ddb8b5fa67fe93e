"""Diagonals and triangles of matrices."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.lib.array_utils import normalize_axis_index

from .. import facts, ir
from ..build import Builder
from .array import Array, as_array
from .dispatch import lowers, replaces
from .lazy import Elements, Rule
from .nest import ZERO, Index
from .rearrange import ordered
from .stand_in import stand_in
from .views import integer, largest, least, minus, plus

__all__ = ["diagonal"]


@lowers("diagonal")
def diagonal(builder: Builder, a: Any, offset: Any = 0, axis1: int = 0, axis2: int = 1) -> Any:
    """Return a diagonal, which NumPy gives as a view that cannot be written to."""
    x = as_array(builder, a)
    if x.ndim < 2:
        msg = "diag requires an array of at least two dimensions"
        raise ValueError(msg)
    i, j = normalize_axis_index(axis1, x.ndim), normalize_axis_index(axis2, x.ndim)
    x = ordered(x, [*[k for k in range(x.ndim) if k not in (i, j)], i, j])
    k = integer(offset)
    down, right = largest(builder, minus(builder, ZERO, k), ZERO), largest(builder, k, ZERO)
    rows, columns = minus(builder, x.sizes[-2], down), minus(builder, x.sizes[-1], right)
    size = largest(builder, least(builder, rows, columns), ZERO)
    facts.known_size(builder, size)

    def element(elements: Elements, index: Index) -> ir.Atom | None:
        *lead, at = index
        if at is None:
            return None
        return elements.value(x, (*lead, plus(builder, at, down), plus(builder, at, right)))

    result = Array.lazy(builder, Rule(element, (x,)), (*x.sizes[:-2], size), x.kind)
    return stand_in(result.materialise(x.view.buffer.hint), x)


@replaces(np.linalg.diagonal)
def linalg_diagonal(builder: Builder, x: Any, /, *, offset: Any = 0) -> Any:
    return diagonal(builder, x, offset, -2, -1)


@lowers("diag")
def diag(builder: Builder, v: Any, k: Any = 0) -> Any:
    x = as_array(builder, v)
    if x.ndim != 1:
        return diagonal(builder, x, k)
    offset = integer(k)
    down, right = largest(builder, minus(builder, ZERO, offset), ZERO), largest(builder, offset, ZERO)
    size = plus(builder, x.sizes[0], plus(builder, down, right))
    facts.known_size(builder, size)
    result = Array.new(builder, "t", x.kind, (size, size), 0)
    with builder.loop(x.sizes[0], "i", True) as i:
        at = (plus(builder, i, down), plus(builder, i, right))
        builder.store(result.view.buffer, at, x.element((i,)))
    return result


def _triangle(builder: Builder, m: Any, k: Any, lower: bool) -> Array:
    x = as_array(builder, m)
    offset = integer(k)
    if x.ndim == 1:
        x = x[None, :] * np.ones_like(x)[:, None]

    def element(elements: Elements, index: Index) -> ir.Atom | None:
        i, j = index[-2:]
        value = elements.value(x, index)
        if value is None or i is None or j is None:
            return None
        limit = builder.let("add", i, offset)
        inside = builder.let("less_equal", j, limit) if lower else builder.let("less_equal", limit, j)
        return builder.let("select", inside, value, ir.Const(0 if x.kind == ir.INT else 0.0, x.kind))

    return Array.lazy(builder, Rule(element, (x,)), x.sizes, x.kind)


@lowers("tril")
def tril(builder: Builder, m: Any, k: Any = 0) -> Array:
    return _triangle(builder, m, k, True)


@lowers("triu")
def triu(builder: Builder, m: Any, k: Any = 0) -> Array:
    return _triangle(builder, m, k, False)


@replaces(np.linalg.trace)
def linalg_trace(builder: Builder, x: Any, /, *, offset: int = 0) -> Any:
    return trace(builder, x, offset, -2, -1)


@replaces(np.trace)
def trace(builder: Builder, a: Any, offset: Any = 0, axis1: int = 0, axis2: int = 1) -> Any:
    """Sum a diagonal."""
    return np.sum(diagonal(builder, a, offset, axis1, axis2), axis=-1)


@replaces(np.fill_diagonal)
def fill_diagonal(builder: Builder, a: Any, val: Any, wrap: bool = False) -> None:
    from .gather import grid
    from .indexing import ready_to_write

    x = as_array(builder, a)
    ready_to_write(x)
    size = least(builder, x.sizes[0], x.sizes[1])
    rows = grid(builder, (size,), 0)
    x[rows, rows] = val
