"""An array that is made of another one, element by element, takes its place in memory if that is read no more.

``x_bar[i] = c*saved[i]``, where nothing reads `saved` afterwards: one array instead of two. For long ones that is less
to fetch and to write, and the memory of fewer arrays to ask for. Only what was saved for the reverse sweep gives way:
an array of the user's would go by another name from its beginning.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import replace

from .. import ir
from ..scan import Renaming, named, with_blocks

__all__ = ["in_place"]


def in_place(function: ir.Function) -> ir.Function:
    """Return the function with arrays in the place of others that are read for the last time where these are made."""
    search = _Search(function)
    body = search.block(function.body)
    return replace(function, body=body) if search.found else function


class _Search:
    def __init__(self, function: ir.Function) -> None:
        self.found = False
        self.shown = {r.buffer for r in function.results if isinstance(r, ir.View)}
        self.users: dict[ir.Buffer, list[ir.Statement]] = defaultdict(list)
        for s in ir.walk(function.body):
            for b in named(s):
                self.users[b].append(s)

    def block(self, body: list[ir.Statement]) -> list[ir.Statement]:
        body = [with_blocks(s, self.block) for s in body]
        while (pair := next(self._pairs(body), None)) is not None:
            self.found = True
            body = self._joined(body, *pair)
        return body

    def _pairs(self, body: list[ir.Statement]) -> Iterator[tuple[ir.Alloc, ir.Alloc]]:
        """Yield an array and one that can take its place, both made in a block."""
        fresh = [s for s in body if isinstance(s, ir.Alloc) and s.fill is None and s.buffer.ndim]
        for k, old in enumerate(fresh):
            alike = [s for s in fresh[k + 1 :] if s.shape == old.shape and s.buffer.dtype == old.buffer.dtype]
            if alike and old.record and old.buffer not in self.shown and self._elements_only(old):
                yield from ((old, new) for new in alike if self._elements_only(new) and _follows(body, old, new))

    def _elements_only(self, s: ir.Alloc) -> bool:
        """Tell whether an array is known under its own name only, and element by element."""
        return all(isinstance(t, (ir.Load, ir.Store)) or _makes(t, s.buffer) for t in self.users[s.buffer])

    def _joined(self, body: list[ir.Statement], old: ir.Alloc, new: ir.Alloc) -> list[ir.Statement]:
        rename = Renaming(lambda a: a, lambda b: new.buffer if b == old.buffer else b)
        self.users[new.buffer] += self.users.pop(old.buffer)
        return rename.body([s for s in body if s is not new])


def _makes(s: ir.Statement, buffer: ir.Buffer) -> bool:
    return isinstance(s, ir.Alloc) and s.buffer == buffer


def _follows(body: list[ir.Statement], old: ir.Alloc, new: ir.Alloc) -> bool:
    """Tell whether the loop that first names an array is the last that names another, whose elements it only reads,
    each for the last time before it sets that of the new one."""
    using = [s for s in body if s is not new and any(new.buffer in named(t) for t in ir.walk([s]))]
    if not using or not isinstance(using[0], ir.For):
        return False
    first = using[0]
    last = next(s for s in reversed(body) if any(old.buffer in named(t) for t in ir.walk([s])))
    nest = _nest(first, {old.buffer, new.buffer})
    return last is first and nest is not None and _is_set_after_reading(*nest, old.buffer, new.buffer)


def _nest(loop: ir.For, buffers: set[ir.Buffer]) -> tuple[list[ir.For], list[ir.Statement]] | None:
    """Return the innermost block that holds all accesses of some arrays, and the loops around it from the given one."""
    around = [loop]
    while True:
        holding = [s for s in around[-1].body if any(buffers & named(t) for t in ir.walk([s]))]
        if all(isinstance(s, (ir.Load, ir.Store)) for s in holding):
            return around, holding
        if len(holding) != 1 or not isinstance(holding[0], ir.For):
            return None
        around.append(holding[0])


def _is_set_after_reading(around: list[ir.For], accesses: list[ir.Statement], old: ir.Buffer, new: ir.Buffer) -> bool:
    """Tell whether each iteration reads one element of an array, and then sets the same one of another."""
    index = {s.index for s in accesses if isinstance(s, (ir.Load, ir.Store))}
    if len(index) != 1 or not {loop.counter for loop in around} <= set(*index):
        return False
    reads = [isinstance(s, ir.Load) and s.buffer == old for s in accesses]
    count = reads.index(False) if False in reads else 0
    if not count or any(reads[count:]) or any(old in named(s) for s in accesses[count:]):
        return False
    first = accesses[count]
    return isinstance(first, ir.Store) and first.buffer == new and not first.add
