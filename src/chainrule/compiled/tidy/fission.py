"""Loops that scatter into one array at several places are split into one loop for each place, which vectorise.

``a[j] += g; a[j+2] += g`` in one loop must run element by element, for the second addition may meet the first of a
later iteration. As two loops each runs at full speed.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import replace

from .. import ir
from ..activity import Classes
from ..ops import cost_of
from ..scan import Renaming, atoms_of

__all__ = ["split"]

_EXPENSIVE = 20


def split(function: ir.Function) -> ir.Function:
    """Return the function with scattering parallel loops split."""
    splitter = _Split(function)
    body = splitter.block(function.body)
    return ir.Function(function.name, list(function.params), body, list(function.results), list(function.stacks))


class _Split:
    def __init__(self, function: ir.Function) -> None:
        from ..own import own_names

        self.classes = Classes(function.body)
        self.names = own_names(ir.Program(function))

    def block(self, body: list[ir.Statement]) -> list[ir.Statement]:
        result: list[ir.Statement] = []
        for s in body:
            match s:
                case ir.For():
                    result += self._loop(replace(s, body=self.block(s.body)))
                case ir.While():
                    result.append(replace(s, head=self.block(s.head), body=self.block(s.body)))
                case ir.If():
                    result.append(replace(s, then=self.block(s.then), orelse=self.block(s.orelse)))
                case _:
                    result.append(s)
        return result

    def _loop(self, loop: ir.For) -> list[ir.Statement]:
        if not loop.parallel or loop.carried or not self._splits(loop.body):
            return [loop]
        stores = [s for s in loop.body if isinstance(s, ir.Store)]
        adds = [s for s in stores if s.add]
        parts = [[s] for s in adds] + [[s for s in stores if not s.add]]
        slices = [_slice(loop.body, part) for part in parts if part]
        if any(cost_of(s.op) >= _EXPENSIVE for s in _repeated(slices)):
            return [loop]
        return [self._copy(loop, part) for part in slices]

    def _splits(self, body: list[ir.Statement]) -> bool:
        """Tell whether a body scatters into one array more than once and does nothing that splitting would disturb."""
        if not all(isinstance(s, (ir.Let, ir.Load, ir.Store)) for s in body):
            return False
        added = Counter([self.classes.of(s.buffer) for s in body if isinstance(s, ir.Store) and s.add])
        if max(added.values(), default=0) < 2:
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

    def _copy(self, loop: ir.For, body: list[ir.Statement]) -> ir.For:
        """Copy a loop with a part of its body, under names of its own."""
        fresh: dict[ir.Atom, ir.Var] = {}

        def define(v: ir.Var) -> ir.Var:
            fresh[v] = ir.Var(self.names.fresh(v.name), v.dtype)
            return fresh[v]

        copied = Renaming(lambda a: fresh.get(a, a), lambda b: b, define).statement(replace(loop, body=body))
        assert isinstance(copied, ir.For)
        return copied


def _slice(body: list[ir.Statement], ends: list[ir.Store]) -> list[ir.Statement]:
    """Return the statements of a body on which some of its stores depend, and these."""
    needed = {a for s in ends for a in atoms_of(s)}
    kept: list[ir.Statement] = []
    for s in reversed(body):
        if isinstance(s, ir.Store):
            if any(s is t for t in ends):
                kept.append(s)
        elif isinstance(s, (ir.Let, ir.Load)) and s.var in needed:
            kept.append(s)
            needed.update(atoms_of(s))
    return kept[::-1]


def _repeated(slices: list[list[ir.Statement]]) -> list[ir.Let]:
    """Return the operations that would be done in more than one loop."""
    seen = Counter([s.var for part in slices for s in part if isinstance(s, ir.Let)])
    return [s for part in slices for s in part if isinstance(s, ir.Let) and seen[s.var] > 1]
