"""New arrays of zeros into which a loop adds once, everywhere: the zeros and the addition are left out."""

from __future__ import annotations

from dataclasses import replace

from .. import ir
from ..activity import Classes
from ..scan import loaded, stored, views_of

__all__ = ["assign_first"]


def assign_first(function: ir.Function) -> ir.Function:
    """Return the function with the first addition into a new array turned into an assignment.

    That is done if it reaches every element: a nest of loops over the whole shape with one store, at the counters.
    """
    classes = Classes(function.body, swaps=False)
    body = _block(function.body, classes)
    return ir.Function(function.name, list(function.params), body, list(function.results), list(function.stacks))


def _block(body: list[ir.Statement], classes: Classes) -> list[ir.Statement]:
    result = [_inside(s, classes) for s in body]
    for i, s in enumerate(result):
        if isinstance(s, ir.Alloc) and isinstance(s.fill, ir.Const) and s.fill.value == 0 and s.buffer.ndim:
            j = next((j for j in range(i + 1, len(result)) if _touches(result[j], s.buffer, classes)), None)
            filled = None if j is None else _filling(result[j], s, [], classes)
            if j is not None and filled is not None:
                result[i], result[j] = replace(s, fill=None), filled
    return result


def _inside(s: ir.Statement, classes: Classes) -> ir.Statement:
    match s:
        case ir.For():
            return replace(s, body=_block(s.body, classes))
        case ir.While():
            return replace(s, head=_block(s.head, classes), body=_block(s.body, classes))
        case ir.If():
            return replace(s, then=_block(s.then, classes), orelse=_block(s.orelse, classes))
    return s


def _touches(s: ir.Statement, buffer: ir.Buffer, classes: Classes) -> bool:
    for t in ir.walk([s]):
        named = [*loaded(t), *stored(t), *[v.buffer for v in views_of(t)]]
        if isinstance(t, (ir.Alias, ir.Grow)):
            named.append(t.buffer)
        if any(classes.of(b) == classes.of(buffer) for b in named):
            return True
    return False


def _filling(s: ir.Statement, made: ir.Alloc, counters: list[ir.Var], classes: Classes) -> ir.Statement | None:
    """Return a nest with its addition into the new array turned into an assignment, or None if it does not fill it."""
    axis = len(counters)
    if not isinstance(s, ir.For) or s.stop is not None or axis >= made.buffer.ndim or s.trip != made.shape[axis]:
        return None
    counters = [*counters, s.counter]
    touching = [i for i, t in enumerate(s.body) if _touches(t, made.buffer, classes)]
    if len(touching) != 1:
        return None
    (i,) = touching
    inner = s.body[i]
    changed: ir.Statement | None
    if axis + 1 < made.buffer.ndim:
        changed = _filling(inner, made, counters, classes)
    else:
        # An array that changes places with others is touched where they are: the store must be into this very one.
        changed = None
        if isinstance(inner, ir.Store) and inner.add and inner.buffer == made.buffer and inner.index == tuple(counters):
            changed = replace(inner, add=False)
    return None if changed is None else replace(s, body=[*s.body[:i], changed, *s.body[i + 1 :]])
