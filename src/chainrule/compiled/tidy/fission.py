"""Loops that scatter into one array at several places are split into one loop for each place, which vectorise.

``a[j] += g; a[j+2] += g`` in one loop must run element by element, for the second addition may meet the first of a
later iteration. As two loops each runs at full speed.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import replace

from .. import ir
from ..activity import Classes
from ..adjoint.layout import Layout
from ..adjoint.memory import Memory
from ..ops import cost_of
from ..scan import Renaming, atoms_of, with_blocks
from .apart import is_apart
from .gather import Gatherer
from .order import free_order
from .parts import EXPENSIVE, repeated

__all__ = ["split"]

_SHORT = 8


def split(function: ir.Function, gather: bool = False) -> ir.Function:
    """Return the function with scattering parallel loops split, or, with `gather`, turned into gathering ones."""
    splitter = _Split(function, gather)
    body = splitter.block(function.body)
    return ir.Function(function.name, list(function.params), body, list(function.results), list(function.stacks))


class _Split:
    def __init__(self, function: ir.Function, gather: bool) -> None:
        from ..own import own_names

        self.classes = Classes(function.body, swaps=False)
        memory = Memory(Layout(function), self.classes)
        self.apart = {s.counter for s in ir.walk(function.body) if isinstance(s, ir.For) and is_apart(s, memory)}
        self.names = own_names(ir.Program(function))
        self.gatherer = Gatherer(function, self.classes, self.names, self._loop) if gather else None

    def block(self, body: list[ir.Statement]) -> list[ir.Statement]:
        result: list[ir.Statement] = []
        for s in body:
            match s:
                case ir.For():
                    result += self._for(s)
                case _:
                    result.append(with_blocks(s, self.block))
        return result

    def _for(self, s: ir.For) -> list[ir.Statement]:
        pieces = self.gatherer.nest(s) if self.gatherer else None
        if pieces is not None:
            return [*self.block([*pieces.before]), *pieces.gathered, *self.block([*pieces.after])]
        s = replace(s, body=self.block(s.body))
        pieces = self.gatherer.line(s) if self.gatherer else None
        if pieces is None:
            return self._loop(s)
        before, after = [[t for loop in part for t in self._loop(loop)] for part in (pieces.before, pieces.after)]
        return [*before, *pieces.gathered, *after]

    def _loop(self, loop: ir.For) -> list[ir.Statement]:
        if not self._splits(loop):
            return [loop]
        stores = [s for s in loop.body if isinstance(s, ir.Store)]
        sums: list[tuple[list[ir.Store], list[ir.Carried]]] = [([], [c]) for c in loop.carried]
        adds: list[tuple[list[ir.Store], list[ir.Carried]]] = [([s], []) for s in stores if s.add]
        rest = [s for s in stores if not s.add]
        parts = [*sums, *adds, *([(rest, [])] if rest else [])]
        slices = [_slice(loop.body, ends, carried) for ends, carried in parts]
        if any(cost_of(s.op) >= EXPENSIVE for s in repeated(slices)):
            return [loop]
        made = [self._copy(loop, body, carried) for body, (_, carried) in zip(slices, parts, strict=True)]
        # The reader of the program has seen where the loop comes from.
        return [made[0], *[replace(again, place=again.body[0].place) for again in made[1:]]]

    def _splits(self, loop: ir.For) -> bool:
        """Tell whether a loop scatters into one array more than once and does nothing that splitting would disturb."""
        body = loop.body
        if not all(isinstance(s, (ir.Let, ir.Load, ir.Store)) for s in body) or not free_order(loop, self.classes):
            return False
        if isinstance(loop.trip, ir.Const) and loop.trip.value < _SHORT:
            return False
        added = Counter([self.classes.of(s.buffer) for s in body if isinstance(s, ir.Store) and s.add])
        if max(added.values(), default=0) < 2 or loop.counter in self.apart:
            return False
        written: set[ir.Buffer] = set()
        for s in body:
            if isinstance(s, ir.Load) and self.classes.of(s.buffer) in written | set(added):
                return False
            if isinstance(s, ir.Store):
                if self.classes.of(s.buffer) in added and not s.add:
                    return False
                written.add(self.classes.of(s.buffer))
        return True

    def _copy(self, loop: ir.For, body: list[ir.Statement], carried: list[ir.Carried]) -> ir.For:
        """Copy a loop with a part of its body, under names of its own; the results keep theirs."""
        fresh: dict[ir.Atom, ir.Var] = {}
        kept = {c.result for c in carried}

        def define(v: ir.Var) -> ir.Var:
            if v in kept:
                return v
            fresh[v] = ir.Var(self.names.fresh(v.name), v.dtype)
            return fresh[v]

        part = replace(loop, body=body, carried=carried, parallel=loop.parallel and not carried)
        copied = Renaming(lambda a: fresh.get(a, a), lambda b: b, define).statement(part)
        assert isinstance(copied, ir.For)
        return copied


def _slice(body: list[ir.Statement], ends: list[ir.Store], carried: list[ir.Carried]) -> list[ir.Statement]:
    """Return the statements of a body on which some of its stores and sums depend, and these."""
    needed = {a for s in ends for a in atoms_of(s)} | {c.next for c in carried}
    kept: list[ir.Statement] = []
    for s in reversed(body):
        if isinstance(s, ir.Store):
            if any(s is t for t in ends):
                kept.append(s)
        elif isinstance(s, (ir.Let, ir.Load)) and s.var in needed:
            kept.append(s)
            needed.update(atoms_of(s))
    return kept[::-1]
