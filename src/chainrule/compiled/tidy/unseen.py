"""Stores that nobody sees: into a work array, at an element that is not read before the array dies.

The reverse of a write leaves zero in a shadow; where the shadow is of one iteration, that zero is seldom read. And what
was just read from an element need not be written back to it.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import replace
from functools import partial

from .. import ir
from ..activity import Classes
from ..adjoint.layout import Layout
from ..adjoint.memory import Memory
from ..scan import named, stored, with_blocks

__all__ = ["drop_unseen"]


def drop_unseen(function: ir.Function) -> ir.Function:
    """Return the function without stores whose values are not read."""
    search = _Search(function)
    unseen = {id(s) for s in search.stores if search.is_unseen(s)}
    return replace(function, body=_without_restoring(_without(function.body, unseen), search.classes))


class _Search:
    """The stores into arrays of a function's own, and who may read them.

    Attributes
    ----------
    stores : list of Store
        Those into arrays that live and die in the function.
    users : dict
        The statements that name an array of each class, by its representative; those that write no more are left out.
    """

    def __init__(self, function: ir.Function) -> None:
        self.classes = Classes(function.body)
        self.memory = Memory(Layout(function), self.classes)
        shown = {self.classes.of(r.buffer) for r in function.results if isinstance(r, ir.View)}
        shown |= {self.classes.of(p) for p in function.params if isinstance(p, ir.Buffer)}
        self.stores: list[ir.Store] = []
        self.users: dict[ir.Buffer, list[ir.Statement]] = defaultdict(list)
        for s in ir.walk(function.body):
            groups = {self.classes.of(b) for b in named(s)}
            if isinstance(s, ir.Store) and not groups & shown:
                self.stores.append(s)
            for group in groups:
                if _reads(s):
                    self.users[group].append(s)

    def is_unseen(self, store: ir.Store) -> bool:
        users = self.users[self.classes.of(store.buffer)]
        return not any(s is not store and self.memory.met_later(store, s) for s in users)


def _reads(s: ir.Statement) -> bool:
    """Tell whether a statement that names an array may read its elements (an addition does)."""
    return not isinstance(s, (ir.Alloc, ir.Dim, ir.Alias)) and not (isinstance(s, ir.Store) and not s.add)


def _without(body: list[ir.Statement], unseen: set[int]) -> list[ir.Statement]:
    return [with_blocks(s, partial(_without, unseen=unseen)) for s in body if id(s) not in unseen]


def _without_restoring(body: list[ir.Statement], classes: Classes) -> list[ir.Statement]:
    """Leave out stores of what an element holds already, as this block has read it."""
    result: list[ir.Statement] = []
    read: dict[ir.Atom, tuple[ir.Buffer, tuple[ir.Atom, ...]]] = {}
    for s in body:
        if isinstance(s, ir.Store) and not s.add and read.get(s.value) == (s.buffer, s.index):
            continue
        if isinstance(s, ir.Load):
            read[s.var] = (s.buffer, s.index)
        changed = {classes.of(b) for t in ir.walk([s]) for b in stored(t)}
        if changed:
            read = {v: place for v, place in read.items() if classes.of(place[0]) not in changed}
        result.append(with_blocks(s, partial(_without_restoring, classes=classes)))
    return result
