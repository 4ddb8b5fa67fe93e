"""Expressions of array elements that are not computed yet, and how an element of one is computed."""

from __future__ import annotations

import weakref
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any

from .. import ir
from ..build import Builder
from ..ops import cost_of
from .nest import ZERO, Index, element_index
from .stand_in import watch

if TYPE_CHECKING:
    from .array import Array

__all__ = ["Apply", "Elements", "Node", "Rule", "flush", "pending", "ready", "root_of", "settle", "spoil"]

EXPENSIVE = 4
MAXIMAL = 60


class Node:
    """An expression for the elements of an array."""

    __slots__ = ()
    parts: tuple[Array, ...] = ()
    cost = 1

    def element(self, elements: Elements, index: Index) -> ir.Atom | None:
        """Emit what computes one element; None if that depends on an index which is not known yet."""
        raise NotImplementedError


class Apply(Node):
    """An operation on elements of arrays (each with the step, 0 or 1, of each of its axes) and on scalars."""

    __slots__ = ("args", "cost", "dtype", "op", "parts", "steps")

    def __init__(self, op: str, args: tuple[Array | ir.Atom, ...], dtype: str, steps: list[tuple[Any, ...]]) -> None:
        self.op = op
        self.args = args
        self.dtype = dtype
        self.steps = steps
        self.parts = tuple([a for a in args if not isinstance(a, (ir.Const, ir.Var))])
        self.cost = cost_of(op) + sum([part.cost for part in self.parts])

    def element(self, elements: Elements, index: Index) -> ir.Atom | None:
        builder = elements.builder
        values: list[ir.Atom] = []
        missing = False
        for position, (arg, steps) in enumerate(zip(self.args, self.steps, strict=True)):
            if isinstance(arg, (ir.Const, ir.Var)):
                values.append(arg)
                continue
            value = elements.value(arg, stepped(builder, index, steps))
            if value is None:
                missing = True
                continue
            keep = self.op == "select" and position == 0
            values.append(value if keep else builder.cast(value, self.dtype))
        return None if missing else builder.let(self.op, *values)


class Rule(Node):
    """Elements by a function of the index: places in a grid, elements found through other arrays."""

    __slots__ = ("cost", "fn", "parts")

    def __init__(self, fn: Callable[[Elements, Index], ir.Atom | None], parts: tuple[Array, ...] = (), cost: int = 2):
        self.fn = fn
        self.parts = parts
        self.cost = cost + sum([part.cost for part in parts])

    def element(self, elements: Elements, index: Index) -> ir.Atom | None:
        return self.fn(elements, index)


def stepped(builder: Builder, index: Index, steps: tuple[Any, ...]) -> Index:
    """Return the index of an operand that is broadcast: its axes are the last ones."""
    result: list[ir.Atom | None] = []
    for k, step in zip(index[len(index) - len(steps) :], steps, strict=True):
        if step == 0:
            result.append(ZERO)
        else:
            result.append(k if step == 1 or k is None else builder.let("multiply", step, k, hint="k"))
    return tuple(result)


class Elements:
    """Computes elements within one loop nest: what was computed once for an index is used again."""

    def __init__(self, builder: Builder) -> None:
        self.builder = builder
        self.known: dict[tuple[Any, Index], ir.Atom] = {}
        self.kept: list[Any] = []

    def value(self, array: Array, index: Index) -> ir.Atom | None:
        """Return an element of an array, or None if an index that it needs is not known yet."""
        source = array.source
        watch(array)
        if isinstance(source, ir.View):
            return self.load(source, element_index(self.builder, source, index))
        found = self.known.get((id(array), index))
        if found is None:
            self.kept.append(array)
            found = source.element(self, index)
            if found is not None:
                self.known[id(array), index] = found
        return found

    def load(self, view: ir.View, index: Index) -> ir.Atom | None:
        if any(k is None for k in index):
            return None
        found = self.known.get((view.buffer, index))
        if found is None:
            found = self.builder.load(view.buffer, [k for k in index if k is not None], view.buffer.hint)
            self.known[view.buffer, index] = found
        return found


def ready(*arrays: Any) -> None:
    """Prepare to compute the elements of expressions: a dear part that was computed before is computed to stay now."""
    for array in arrays:
        for x in list(leaves(array)) if hasattr(array, "source") else ():
            if x.used and x.cost >= EXPENSIVE:
                x.materialise()
            x.used = True


# ---- Expressions that wait


def wait(array: Array) -> None:
    """Take note of an expression that is to be computed before what it reads is overwritten."""
    builder = array.builder
    waiting = builder.notes.setdefault("waiting", [])
    if len(waiting) > 200:
        waiting[:] = [w for w in waiting if w() is not None and not isinstance(w().source, ir.View)]
    waiting.append(weakref.ref(array))


def pending(builder: Builder) -> Iterator[Array]:
    """Yield the expressions that are not computed yet and still wanted, the latest first."""
    for reference in reversed(builder.notes.get("waiting", [])):
        array = reference()
        if array is not None and not isinstance(array.source, ir.View):
            yield array


def flush(builder: Builder) -> None:
    """Compute all expressions that wait: where control flow begins or ends, they must not move past it."""
    for array in pending(builder):
        if not array.stale:
            array.materialise()
        del array
    builder.notes["waiting"] = []


def settle(builder: Builder, buffer: ir.Buffer, apart: frozenset[int] = frozenset()) -> None:
    """Compute the expressions that read a buffer which is about to be written to, but for those in `apart`."""
    root = root_of(builder, buffer)
    for array in pending(builder):
        if id(array) not in apart and not array.stale and root in roots(array):
            array.materialise()
        del array


_SPENT = "This expression was written into an array that it reads, and is used again afterwards."


def spoil(builder: Builder, buffer: ir.Buffer, parts: list[Array]) -> None:
    """Mark expressions that became part of what was written to a buffer that they read: their time is over."""
    root = root_of(builder, buffer)
    for array in parts:
        if not isinstance(array.source, ir.View) and root in roots(array):
            array.stale = _SPENT


def root_of(builder: Builder, buffer: ir.Buffer) -> ir.Buffer:
    """Return the buffer whose storage a buffer names."""
    named: dict[ir.Buffer, ir.Buffer] = builder.notes.setdefault("aliases", {})
    return named.get(buffer, buffer)


def leaves(array: Array) -> Iterator[Array]:
    """Yield every array that an expression is made of, itself included."""
    seen: set[int] = set()
    todo = [array]
    while todo:
        one = todo.pop()
        if id(one) not in seen:
            seen.add(id(one))
            yield one
            if not isinstance(one.source, ir.View):
                todo.extend(one.source.parts)


def roots(array: Array) -> set[ir.Buffer]:
    """Return the storage that an array reads."""
    return {root_of(array.builder, x.source.buffer) for x in leaves(array) if isinstance(x.source, ir.View)}
