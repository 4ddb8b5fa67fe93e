"""Loop nests over the elements of arrays, and where an element of a view lies."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from .. import ir
from ..build import Builder

__all__ = ["ONE", "ZERO", "carried", "element_index", "every", "place_of", "whole"]

ZERO, ONE = ir.Const(0, ir.INT), ir.Const(1, ir.INT)
_NAMES = "ijklpq"

Index = tuple[ir.Atom | None, ...]


def place_of(builder: Builder, axis: ir.Axis, k: ir.Atom) -> ir.Atom:
    """Return where element k of an axis lies on the buffer's axis."""
    step = axis.step if isinstance(axis.step, ir.Var) else ir.Const(axis.step, ir.INT)
    moved = builder.let("multiply", step, k, hint="k")
    return builder.let("add", axis.start, moved, hint="k") if axis.start != ZERO else moved


def element_index(builder: Builder, view: ir.View, index: Index) -> Index:
    """Return the index in the buffer of an element of a view; None where it is not known yet."""
    result: list[ir.Atom | None] = [None] * view.buffer.ndim
    for base, at in view.fixed:
        result[base] = at
    for axis, k in zip(view.axes, index, strict=True):
        if axis.base is not None:
            result[axis.base] = axis.start if axis.step == 0 else None if k is None else place_of(builder, axis, k)
    return tuple(result)


def whole(builder: Builder, buffer: ir.Buffer, sizes: Sequence[ir.Atom] | None = None) -> ir.View:
    """Return the view of a whole buffer."""
    sizes = [builder.dim(buffer, axis) for axis in range(buffer.ndim)] if sizes is None else sizes
    return ir.View(buffer, tuple([ir.Axis(i, ZERO, 1, size) for i, size in enumerate(sizes)]))


# The functions below recur by name and not by closures: a closure that knows itself would keep the expressions that it
# knows until the garbage collector comes, and they would be computed for nothing (`lazy.flush`).


def every(
    builder: Builder,
    sizes: Sequence[ir.Atom],
    body: Callable[[tuple[ir.Atom, ...]], None],
    entered: Callable[[Index], None] | None = None,
    parallel: bool = True,
) -> None:
    """Emit a loop nest over all indices, the last axis innermost.

    `entered` is called at the head of each outer loop with the counters known so far, to emit what depends on no more.
    """
    _every(builder, sizes, body, entered, parallel, ())


def _every(
    builder: Builder, sizes: Sequence[ir.Atom], body: Any, entered: Any, parallel: bool, known: tuple[ir.Atom, ...]
) -> None:
    depth = len(known)
    if depth == len(sizes):
        body(known)
        return
    if entered is not None:
        entered((*known, *[None] * (len(sizes) - depth)))
    if sizes[depth] == ONE:
        _every(builder, sizes, body, entered, parallel, (*known, ZERO))
        return
    with builder.loop(sizes[depth], _NAMES[min(depth, 5)], parallel) as counter:
        _every(builder, sizes, body, entered, parallel, (*known, counter))


def carried(
    builder: Builder,
    sizes: Sequence[ir.Atom],
    starts: Sequence[ir.Atom],
    step: Callable[[tuple[ir.Atom, ...], list[ir.Atom]], Sequence[ir.Atom]],
    hints: Sequence[str],
    entered: Callable[[Index], None] | None = None,
) -> list[ir.Atom]:
    """Emit a loop nest that carries scalars from element to element; return their last values."""
    return _carried(builder, sizes, list(starts), step, hints, entered, ())


def _carried(
    builder: Builder, sizes: Sequence[ir.Atom], values: list[ir.Atom], step: Any, hints: Sequence[str], entered: Any,
    known: tuple[ir.Atom, ...],
) -> list[ir.Atom]:  # fmt: skip
    depth = len(known)
    if depth == len(sizes):
        return list(step(known, values))
    if entered is not None:
        entered((*known, *[None] * (len(sizes) - depth)))
    if sizes[depth] == ONE:
        return _carried(builder, sizes, values, step, hints, entered, (*known, ZERO))
    counter = builder.counter(sizes[depth], _NAMES[min(depth, 5)])
    phis = [builder.var(hint, v.dtype) for hint, v in zip(hints, values, strict=True)]
    body: list[ir.Statement] = []
    with builder.into(body, counter):
        ends = _carried(builder, sizes, list(phis), step, hints, entered, (*known, counter))
    results = [builder.var(phi.hint, phi.dtype) for phi in phis]
    links = [ir.Carried(*parts) for parts in zip(phis, values, ends, results, strict=True)]
    builder.add(ir.For(counter, sizes[depth], body, links, place=builder.place))
    return list(results)
