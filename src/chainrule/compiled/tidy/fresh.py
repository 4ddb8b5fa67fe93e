"""New arrays of zeros into which a loop adds once, everywhere: the zeros and the addition are left out.

Where the loop leaves out the last elements (``x[:-1]``), only these are set to zero.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TypeGuard

from .. import ir
from ..activity import Classes
from ..build import Names
from ..own import own_names
from ..scan import loaded, stored, views_of, with_blocks

__all__ = ["assign_first"]


def assign_first(function: ir.Function) -> ir.Function:
    """Return the function with the first addition into a new array turned into an assignment.

    That is done if it reaches every element: a nest of loops over the whole shape with one store, at the counters.
    The outermost may be shorter.
    """
    body = _Assigning(function).block(function.body)
    return ir.Function(function.name, list(function.params), body, list(function.results), list(function.stacks))


class _Assigning:
    def __init__(self, function: ir.Function) -> None:
        self.classes = Classes(function.body, swaps=False)
        self.names: Names = own_names(ir.Program(function))
        self.sizes = {s.var for s in ir.walk(function.body) if _is_size(s)}

    def block(self, body: list[ir.Statement]) -> list[ir.Statement]:
        result = [with_blocks(s, self.block) for s in body]
        rests: dict[int, list[ir.Statement]] = {}
        for i, s in enumerate(result):
            if isinstance(s, ir.Alloc) and isinstance(s.fill, ir.Const) and s.fill.value == 0 and s.buffer.ndim:
                j = next((j for j in range(i + 1, len(result)) if _touches(result[j], s.buffer, self.classes)), None)
                filled = None if j is None else self.filling(result[j], s)
                if j is not None and filled is not None:
                    result[i], result[j] = replace(s, fill=None), filled
                    rests[j] = self.rest(filled, s)
        return [t for j, s in enumerate(result) for t in (s, *rests.get(j, []))]

    def filling(self, s: ir.Statement, made: ir.Alloc) -> ir.For | None:
        if not isinstance(s, ir.For) or (s.trip != made.shape[0] and s.trip not in self.sizes):
            return None
        return _filling(s, made, [], self.classes)

    def rest(self, filled: ir.For, made: ir.Alloc) -> list[ir.Statement]:
        """Return the statements that set what a shorter outermost loop leaves out to zero."""
        if filled.trip == made.shape[0]:
            return []
        left, row = self.integer("n"), self.integer("k")
        counters = [self.integer("i") for _ in made.shape]
        assert made.fill is not None
        body: list[ir.Statement] = [ir.Store(made.buffer, (row, *counters[1:]), made.fill, place=made.place)]
        for counter, size in zip(counters[:0:-1], made.shape[:0:-1], strict=True):
            body = [ir.For(counter, size, body, parallel=True, place=made.place)]
        body = [ir.Let(row, "add", (filled.trip, counters[0]), made.place), *body]
        length = ir.Let(left, "subtract", (made.shape[0], filled.trip), made.place)
        return [length, ir.For(counters[0], left, body, parallel=True, place=made.place)]

    def integer(self, hint: str) -> ir.Var:
        return ir.Var(self.names.fresh(hint), ir.INT)


def _is_size(s: ir.Statement) -> TypeGuard[ir.Let | ir.Dim]:
    """Tell whether a statement gives an integer that is certainly not negative."""
    if isinstance(s, ir.Let) and s.op == "maximum" and s.var.dtype == ir.INT:
        return any(isinstance(a, ir.Const) and a.value >= 0 for a in s.args)
    return isinstance(s, ir.Dim)


def _touches(s: ir.Statement, buffer: ir.Buffer, classes: Classes) -> bool:
    for t in ir.walk([s]):
        named = [*loaded(t), *stored(t), *[v.buffer for v in views_of(t)]]
        if isinstance(t, (ir.Alias, ir.Grow)):
            named.append(t.buffer)
        if any(classes.of(b) == classes.of(buffer) for b in named):
            return True
    return False


def _filling(s: ir.For, made: ir.Alloc, counters: list[ir.Var], classes: Classes) -> ir.For | None:
    """Return a nest with its addition into the new array turned into an assignment, or None if it does not fill it."""
    axis = len(counters)
    if s.stop is not None or axis >= made.buffer.ndim or (axis and s.trip != made.shape[axis]):
        return None
    counters = [*counters, s.counter]
    touching = [i for i, t in enumerate(s.body) if _touches(t, made.buffer, classes)]
    if len(touching) != 1:
        return None
    (i,) = touching
    inner = s.body[i]
    changed: ir.Statement | None = None
    if axis + 1 < made.buffer.ndim:
        changed = _filling(inner, made, counters, classes) if isinstance(inner, ir.For) else None
    elif isinstance(inner, ir.Store) and inner.add and inner.buffer == made.buffer and inner.index == tuple(counters):
        # An array that changes places with others is touched where they are: the store must be into this very one.
        changed = replace(inner, add=False)
    return None if changed is None else replace(s, body=[*s.body[:i], changed, *s.body[i + 1 :]])
