"""What a helper computes is written to where it is wanted, and not copied there from a work array."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from typing import NamedTuple

from .. import ir
from ..activity import Classes
from ..scan import named, with_blocks

__all__ = ["write_directly"]

ZERO = ir.Const(0, ir.INT)


def write_directly(function: ir.Function) -> ir.Function:
    """Return the function with copies of helpers' results left out, where the array copied has no other use."""
    return replace(function, body=_Search(function).block(function.body))


class _Copy(NamedTuple):
    nest: ir.For
    target: ir.View  # the part of an array that the nest fills


class _Search:
    def __init__(self, function: ir.Function) -> None:
        self.classes = Classes(function.body)
        shown = {r.buffer for r in function.results if isinstance(r, ir.View)}
        uses = Counter(b for s in ir.walk(function.body) for b in named(s))
        self.between = {b for b, n in uses.items() if n == 3 and b not in shown}  # made, computed, copied

    def block(self, body: list[ir.Statement]) -> list[ir.Statement]:
        body = [with_blocks(s, self.block) for s in body]
        for call in [s for s in body if isinstance(s, ir.Call) and len(s.writes) == 1]:
            copy = self.copy(call, body)
            if copy is not None:
                direct = replace(call, writes=(copy.target,))
                body = [direct if s is call else s for s in body if s is not copy.nest]
        return body

    def copy(self, call: ir.Call, body: list[ir.Statement]) -> _Copy | None:
        """Return the loops that copy a helper's result, if nothing touches the copy's array before."""
        (written,) = call.writes
        start = next(i for i, s in enumerate(body) if s is call)
        end = next((i for i in range(start + 1, len(body)) if written.buffer in _all_named([body[i]])), None)
        if end is None or written.buffer not in self.between:
            return None
        if any(isinstance(s, ir.Check) for s in ir.walk(body[start:end])):
            return None  # which may find that there is no room for the result
        nest, others = body[end], {self.classes.of(b) for b in _all_named(body[start:end])}
        target = _target(nest, written)
        if target is None or self.classes.of(target.buffer) in others or not isinstance(nest, ir.For):
            return None
        return _Copy(nest, target)


def _all_named(statements: list[ir.Statement]) -> set[ir.Buffer]:
    return {b for s in ir.walk(statements) for b in named(s)}


def _target(s: ir.Statement, written: ir.View) -> ir.View | None:
    """Return where a nest of loops that does nothing else copies all of an array to."""
    trips: dict[ir.Atom, ir.Atom] = {}
    body = [s]
    while len(body) == 1 and isinstance(loop := body[0], ir.For) and loop.stop is None and not loop.carried:
        trips[loop.counter] = loop.trip
        body = loop.body
    copied = _copied(body)
    if copied is None:
        return None
    load, store = copied
    whole = tuple([ir.Axis(i, ZERO, 1, size) for i, size in enumerate(written.shape)])
    all_read = written.axes == whole and [trips.get(k) for k in load.index] == [*written.shape]
    if load.buffer != written.buffer or not all_read or not len(trips) == len(load.index) == len(set(load.index)):
        return None
    if len(store.index) != len(trips) or set(store.index) != set(trips):
        return None
    return ir.View(store.buffer, tuple([ir.Axis(store.index.index(k), ZERO, 1, trips[k]) for k in load.index]))


def _copied(body: list[ir.Statement]) -> tuple[ir.Load, ir.Store] | None:
    """Return the parts of a body that copies one element."""
    if len(body) != 2 or not isinstance(load := body[0], ir.Load) or not isinstance(store := body[1], ir.Store):
        return None
    return (
        (load, store) if store.value == load.var and not store.add and load.buffer.dtype == store.buffer.dtype else None
    )
