"""Extremes, positions and orders of elements.

An extreme is found by a search without derivative; its derivative is that of the mean of the elements that are equal to
it, so that ties share it evenly (operations ``stop`` and ``tie``).
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.lib.array_utils import normalize_axis_index

from .. import facts, ir
from ..build import Builder
from ..scalar import Scalar
from .array import Array, as_array, as_operand
from .dispatch import lowers, replaces
from .lazy import Elements, Rule
from .nest import ZERO, Index, carried, every, place_of
from .reductions import axes_of, merged, restored

__all__ = ["argsort", "extreme"]

_LIMITS: dict[str, Any] = {
    ir.FLOAT: np.inf, ir.SINGLE: np.inf, ir.INT: np.iinfo(np.int64).max, ir.BOOL: True,
}  # fmt: skip


def _lowest(kind: str, op: str) -> ir.Const:
    """Return the number that no element is beyond: where a search begins."""
    limit = _LIMITS[kind]
    if op == "minimum":
        return ir.Const(limit, kind)
    return ir.Const(False if kind == ir.BOOL else -limit - (kind == ir.INT), kind)


def extreme(builder: Builder, a: Any, op: str, axis: Any, keepdims: bool) -> Any:
    """Return the largest or smallest elements along some axes."""
    x = as_operand(builder, a)
    if isinstance(x, Scalar):
        return x
    axes = axes_of(axis, x.ndim)
    if not axes:
        return np.copy(x)
    if x.cost > 2:
        x = x.materialise()
    text = f"zero-size array to reduction operation {op} which has no identity"
    _require_elements(builder, x, axes, text)
    if len(axes) == x.ndim and not keepdims:
        return Scalar(_extreme(builder, x, op, axes, ()), builder)
    kept = [i for i in range(x.ndim) if i not in axes]
    result = Array.new(builder, "top" if op == "maximum" else "bottom", x.kind, tuple([x.sizes[i] for i in kept]))

    def body(outer: tuple[ir.Atom, ...]) -> None:
        builder.store(result.view.buffer, outer, _extreme(builder, x, op, axes, outer))

    every(builder, result.sizes, body)
    return restored(result, axes, keepdims)


def _require_elements(builder: Builder, x: Array, axes: tuple[int, ...], text: str) -> None:
    for i in axes:
        if not facts.positive(builder, x.sizes[i]):
            builder.check(builder.let("less", ZERO, x.sizes[i]), "ValueError", text)
            facts.suppose(builder, ZERO, x.sizes[i], 1)


def _extreme(builder: Builder, x: Array, op: str, axes: tuple[int, ...], outer: tuple[ir.Atom, ...]) -> ir.Atom:
    """Search for the extreme of the elements at an index on the other axes."""
    sizes = [x.sizes[i] for i in axes]
    hint = "top" if op == "maximum" else "bottom"
    combine = {"maximum": "logical_or", "minimum": "logical_and"}[op] if x.kind == ir.BOOL else op
    elements = Elements(builder)

    def element(inner: Index) -> Any:
        return elements.value(x, merged(x.ndim, axes, outer, inner))

    def search(inner: tuple[ir.Atom, ...], values: list[ir.Atom]) -> list[ir.Atom]:
        return [builder.let(combine, values[0], builder.let("stop", element(inner)), hint=hint)]

    found = carried(builder, sizes, [_lowest(x.kind, op)], search, [hint])[0]
    if x.kind in (ir.INT, ir.BOOL):
        return found
    elements = Elements(builder)

    def share(inner: tuple[ir.Atom, ...], values: list[ir.Atom]) -> list[ir.Atom]:
        value = element(inner)
        chosen = builder.let("logical_or", builder.let("equal", value, found), builder.let("isnan", value))
        number = builder.let("add", values[0], builder.cast(chosen, ir.INT), hint="ties")
        part = builder.let("select", chosen, value, ir.Const(0.0, x.kind))
        return [number, builder.let("radd", values[1], part, hint="total")]

    number, total = carried(builder, sizes, [ZERO, ir.Const(0.0, x.kind)], share, ["ties", "total"])
    mean = builder.let("true_divide", total, builder.cast(number, x.kind), hint="mean")
    return builder.let("tie", found, mean, hint=hint)


@lowers("max")
def maximum(builder: Builder, a: Any, axis: Any = None, keepdims: Any = False) -> Any:
    return extreme(builder, a, "maximum", axis, bool(keepdims))


@lowers("min")
def minimum(builder: Builder, a: Any, axis: Any = None, keepdims: Any = False) -> Any:
    return extreme(builder, a, "minimum", axis, bool(keepdims))


# ---- Where the extreme is


def _position(op: str) -> Any:
    def find(builder: Builder, a: Any, axis: Any = None, out: None = None, *, keepdims: bool = False) -> Any:
        x = as_array(builder, a)
        axes = axes_of(axis, x.ndim)
        _require_elements(builder, x, axes, "attempt to get the place of the extreme of an empty sequence")
        if len(axes) == x.ndim and not keepdims:
            return Scalar(_search(builder, x, op, axes, ()), builder)
        kept = [i for i in range(x.ndim) if i not in axes]
        result = Array.new(builder, "at", ir.INT, tuple([x.sizes[i] for i in kept]))

        def body(outer: tuple[ir.Atom, ...]) -> None:
            builder.store(result.view.buffer, outer, _search(builder, x, op, axes, outer))

        every(builder, result.sizes, body)
        return restored(result, axes, keepdims)

    return find


replaces(np.argmax)(_position("greater"))
replaces(np.argmin)(_position("less"))


def _search(builder: Builder, x: Array, op: str, axes: tuple[int, ...], outer: tuple[ir.Atom, ...]) -> ir.Atom:
    """Return the place of the first extreme element; a nan is the extreme."""
    elements = Elements(builder)
    sizes = [x.sizes[i] for i in axes]
    x_kind = ir.INT if x.kind == ir.BOOL else x.kind

    def step(inner: tuple[ir.Atom, ...], values: list[ir.Atom]) -> list[ir.Atom]:
        element = elements.value(x, merged(x.ndim, axes, outer, inner))
        assert element is not None
        value = builder.let("stop", builder.cast(element, x_kind))
        better = builder.let(op, value, values[0])
        if x_kind != ir.INT:
            first = builder.let("logical_and", builder.let("isnan", value), builder.let("equal", values[0], values[0]))
            better = builder.let("logical_or", better, first)
        place: ir.Atom = ZERO
        for k, n in zip(inner, sizes, strict=True):
            place = builder.let("add", builder.let("multiply", place, n), k, hint="at")
        return [builder.let("select", better, value, values[0], hint="best"),
                builder.let("select", better, place, values[1], hint="at")]  # fmt: skip

    start = _lowest(x_kind, "maximum" if op == "greater" else "minimum")
    return carried(builder, sizes, [start, ZERO], step, ["best", "at"])[1]


# ---- Order


@replaces(np.argsort, np.argpartition)
def argsort(builder: Builder, a: Any, *args: Any, axis: Any = -1, kind: Any = None, **options: Any) -> Array:
    """Return the indices that sort an array along an axis; elements that are equal keep their order."""
    x = as_array(builder, a)
    if args and isinstance(args[-1], int) and not options.get("kth"):
        axis = args[0]
    x, axis = (x.ravel(), 0) if axis is None else (x, normalize_axis_index(axis, x.ndim))
    result = Array.new(builder, "order", ir.INT, x.sizes)
    x = x.materialise()
    others = [i for i in range(x.ndim) if i != axis]

    def body(index: tuple[ir.Atom, ...]) -> None:
        rows = [_row(builder, y.view, axis, dict(zip(others, index, strict=True))) for y in (x, result)]
        builder.call("argsort", rows[:1], rows[1:])

    every(builder, [x.sizes[i] for i in others], body, parallel=False)
    return result


def _row(builder: Builder, view: ir.View, axis: int, index: dict[int, ir.Atom]) -> ir.View:
    """Return the part of a view along one axis, at an index on the others."""
    fixed = []
    for i, k in index.items():
        other = view.axes[i]
        if other.base is not None:
            fixed.append((other.base, other.start if other.step == 0 else place_of(builder, other, k)))
    return ir.View(view.buffer, (view.axes[axis],), (*view.fixed, *fixed))


@lowers("permute")
def permute(builder: Builder, a: Any, order: Any, axis: int) -> Array:
    """Return elements in an order along one axis, which is a permutation."""
    x, places = as_array(builder, a).materialise(), as_array(builder, order)
    axis = normalize_axis_index(axis, x.ndim)

    def element(elements: Elements, index: Index) -> ir.Atom | None:
        k = elements.value(places, index)
        return None if k is None else elements.value(x, (*index[:axis], k, *index[axis + 1 :]))

    return Array.lazy(builder, Rule(element, (x, places)), places.sizes, x.kind).materialise("ordered")


@replaces(np.sort)
def sort(builder: Builder, a: Any, axis: Any = -1, kind: Any = None, order: None = None, *, stable: Any = None) -> Any:
    x = as_array(builder, a)
    x, axis = (x.ravel(), 0) if axis is None else (x, axis)
    return permute(builder, x, argsort(builder, x, axis=axis), axis)


@replaces(np.partition)
def partition(builder: Builder, a: Any, kth: Any, axis: Any = -1, kind: Any = None, order: None = None) -> Any:
    """Sort: then every element is in its place."""
    return sort(builder, a, axis)


@replaces(np.searchsorted)
def searchsorted(builder: Builder, a: Any, v: Any, side: str = "left", sorter: None = None) -> Any:
    """Return where numbers would be inserted into a sorted array."""
    x, values = as_array(builder, a).materialise(), as_operand(builder, v)
    function = f"searchsorted_{side}"

    def place(value: ir.Atom) -> ir.Var:
        out = builder.var("at", ir.INT)
        builder.call(function, [x.view, builder.cast(value, x.kind)], outs=[out])
        return out

    if isinstance(values, Scalar) or not values.ndim:
        return Scalar(place(values.atom if isinstance(values, Scalar) else values.element()), builder)
    result = Array.new(builder, "at", ir.INT, values.sizes)
    elements = Elements(builder)

    def body(index: tuple[ir.Atom, ...]) -> None:
        value = elements.value(values, index)
        assert value is not None
        builder.store(result.view.buffer, index, place(value))

    every(builder, values.sizes, body)
    return result


@replaces(np.digitize)
def digitize(builder: Builder, x: Any, bins: Any, right: bool = False) -> Any:
    """Count the bins up to a number; they may also come in falling order."""
    side = "left" if right else "right"
    edges = as_array(builder, bins)
    if edges.sizes[0] == ir.Const(0, ir.INT):
        return searchsorted(builder, edges, x, side)
    n: Any = edges.shape[0]
    falling = edges[0] > edges[-1]
    up, down = searchsorted(builder, edges, x, side), n - searchsorted(builder, edges[::-1], x, side)
    return np.where(falling, down, up)
