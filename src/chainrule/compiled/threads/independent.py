"""Whether the iterations of a loop can run at the same time, and what that takes.

An array that a loop writes must be one of these: made in the iteration itself; accessed at elements that differ from
iteration to iteration; only added into, when each thread can have a copy, to be added up at the end; or of no use to
other iterations, when each thread can have one of its own.

References
----------
Privatisation and reduction recognition: Allen and Kennedy, *Optimizing Compilers for Modern Architectures*, 2001,
chapters 5 and 6.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from typing import NamedTuple

from .. import ir, special
from ..activity import Classes
from ..adjoint.layout import Layout
from ..adjoint.memory import Access, Memory
from ..kernels import KERNELS
from ..scan import atoms_of, made
from ..tidy.order import accumulates
from .scratch import Scratch

__all__ = ["Independence", "Plan", "Sum"]

# What runs in a thread: functions that neither raise nor call Python.
CALLS = frozenset({"matmul", "argsort", "searchsorted_left", "searchsorted_right"})
ABLE = (ir.Let, ir.Load, ir.Dim, ir.Store, ir.Alloc, ir.Alias, ir.For, ir.While, ir.If, ir.Call, ir.Check)
# Operations by which the shares of a carried scalar are put together: with what a share begins, None for the scalar.
SUMS = {
    ("add", "radd", "subtract"): ("add", 0), ("multiply",): ("multiply", 1), ("maximum",): ("maximum", None),
    ("minimum",): ("minimum", None),
}  # fmt: skip


class Sum(NamedTuple):
    """A scalar that a loop carries: how the results of the threads are put together.

    Attributes
    ----------
    carried : Carried
    op : str
        ``last``: the result of the last thread is that of the loop.
    start : int or None
        What the threads but the first begin with; None if that is what the loop begins with.
    """

    carried: ir.Carried
    op: str
    start: int | None


@dataclass
class Plan:
    """What it takes to run a loop in threads.

    Attributes
    ----------
    sums : list of Sum
    added : list of Buffer
        Arrays of which each thread gets a copy that it adds into.
    own : list of Alloc
        Arrays that an iteration uses for itself: each thread makes one.
    """

    sums: list[Sum]
    added: list[ir.Buffer]
    own: list[ir.Alloc]


class Element(NamedTuple):
    """An access to an array: the statement, the array, where, and how ("load", "store", "add")."""

    statement: ir.Statement
    buffer: ir.Buffer
    where: Access
    how: str


class Independence:
    """Proofs about the loops of one function."""

    def __init__(self, function: ir.Function) -> None:
        self.layout = Layout(function)
        everything = list(ir.walk(function.body))
        aliased = any(isinstance(s, ir.Alias) for s in everything)
        self.swapped = {b for s in everything if isinstance(s, ir.Swap) for b in s.targets}
        self.classes = Classes(function.body, swaps=aliased)
        self.memory = Memory(self.layout, self.classes)
        self.scratch = Scratch(function, self.memory)

    def plan(self, loop: ir.For) -> Plan | None:
        """Return what running a loop in threads takes, or None if it is not proven that this is possible."""
        inside = list(ir.walk(loop.body))
        if loop.stop is not None or not all(map(_is_able, inside)):
            return None
        sums = [_sum(c, inside, loop) for c in loop.carried]
        if None in sums:
            return None
        plan = Plan([s for s in sums if s is not None], [], [])
        local = {b for s in inside for b in made(s)}
        groups: dict[ir.Buffer, list[Element]] = defaultdict(list)
        for s in inside:
            for e in self._elements(s):
                groups[self.classes.of(e.buffer)].append(e)
        return plan if all(self._provide(group, local, loop, plan) for group in groups.values()) else None

    def _provide(self, group: list[Element], local: set[ir.Buffer], loop: ir.For, plan: Plan) -> bool:
        """Note what an array takes; tell whether there is a way."""
        buffer = group[0].buffer
        if all(e.how == "load" for e in group) or self._is_local(buffer, local):
            return True
        if any(e.buffer != buffer for e in group):
            return False  # two names of one array: their indices cannot be compared
        if all(self._apart(a, b, loop) for a in group if a.how != "load" for b in group):
            return True
        if all(e.how == "add" for e in group) and buffer.ndim and buffer not in self.swapped:
            plan.added.append(buffer)
            return True
        own = self.scratch.of(buffer, loop)
        if own is not None:
            plan.own.append(own)
        return own is not None

    def _is_local(self, buffer: ir.Buffer, local: set[ir.Buffer]) -> bool:
        """Tell whether all names of an array's storage are made in the iteration."""
        group = self.classes.of(buffer)
        return all(b in local for b in self.layout.home if isinstance(b, ir.Buffer) and self.classes.of(b) == group)

    def _elements(self, s: ir.Statement) -> list[Element]:
        if isinstance(s, ir.Load):
            return [Element(s, s.buffer, self.memory.elements(s.index), "load")]
        if isinstance(s, ir.Store):
            return [Element(s, s.buffer, self.memory.elements(s.index), "add" if s.add else "store")]
        if isinstance(s, ir.Call):
            reads = [Element(s, x.buffer, self.memory.part(x), "load") for x in s.reads if isinstance(x, ir.View)]
            return [*reads, *[Element(s, x.buffer, self.memory.part(x), "store") for x in s.writes]]
        return []

    def _apart(self, a: Element, b: Element, loop: ir.For) -> bool:
        return self.memory.parts_apart_across(a.where, b.where, loop)


def _is_able(s: ir.Statement) -> bool:
    """Tell whether a statement can run in a thread."""
    if isinstance(s, ir.Call):
        return s.function in CALLS
    return isinstance(s, ABLE) and not (isinstance(s, ir.Let) and _is_foreign(s.op))


def _is_foreign(op: str) -> bool:
    """Tell whether an operation is one of SciPy's, which may want to report an error to Python."""
    kernel = KERNELS.get(op)
    inner = [s.op for s in ir.walk(kernel.body) if isinstance(s, ir.Let)] if kernel else []
    return special.parts_of_op(op) is not None or any(map(_is_foreign, inner))


def _sum(c: ir.Carried, inside: list[ir.Statement], loop: ir.For) -> Sum | None:
    for ops, (op, start) in SUMS.items():
        if accumulates(c, inside, loop, frozenset({*ops, "select"})):
            return Sum(c, op, start)
    read = any(a == c.phi for s in inside for a in atoms_of(s)) or any(o.next == c.phi for o in loop.carried)
    return None if read or loop.backward else Sum(c, "last", None)
