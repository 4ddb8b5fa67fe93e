"""Work arrays of loops are made once, in front, where each iteration may use the same memory.

An allocation costs some tens of nanoseconds, more than the arithmetic of a product of small matrices. Long arrays are
left where they are: what an iteration frees is in the cache for its next array of that size.
"""

from __future__ import annotations

import math
from dataclasses import replace
from functools import partial

from .. import ir
from ..build import Names
from ..external import EXTERNALS
from ..own import own_names
from ..scan import with_blocks

__all__ = ["make_once"]

LARGEST = 4096  # numbers


def make_once(function: ir.Function) -> ir.Function:
    """Return the function with allocations of short arrays of known lengths moved out of its loops."""
    moving = _Moving(own_names(ir.Program(function)), _kept(function))
    body = moving.block(function.body, inside=False)
    return replace(function, body=[*moving.made, *body]) if moving.made else function


def _kept(function: ir.Function) -> set[ir.Buffer]:
    """Return the arrays that may outlive an iteration: results, and those that change places, grow or leave."""
    kept = {r.buffer for r in function.results if isinstance(r, ir.View)}
    statements = list(ir.walk(function.body))
    for s in statements:
        if isinstance(s, ir.Swap):
            kept.update([*s.targets, *s.sources])
        elif isinstance(s, ir.Grow):
            kept.add(s.buffer)
        elif isinstance(s, ir.Call) and s.function in EXTERNALS:  # Python code, which may keep what it is given
            kept.update([x.buffer for x in (*s.reads, *s.writes) if isinstance(x, ir.View)])
    for s in reversed(statements):
        if isinstance(s, ir.Alias) and s.buffer in kept:
            kept.add(s.base)
    return kept


class _Moving:
    def __init__(self, names: Names, kept: set[ir.Buffer]) -> None:
        self.names, self.kept = names, kept
        self.made: list[ir.Statement] = []

    def block(self, body: list[ir.Statement], inside: bool) -> list[ir.Statement]:
        result: list[ir.Statement] = []
        for s in body:
            if inside and isinstance(s, ir.Alloc) and self._is_movable(s):
                self.made.append(replace(s, fill=None))
                result += [] if s.fill is None else [self._filling(s, s.fill)]
            else:
                within = inside or isinstance(s, (ir.For, ir.While))
                result.append(with_blocks(s, partial(self.block, inside=within)))
        return result

    def _is_movable(self, s: ir.Alloc) -> bool:
        known = [int(n.value) for n in s.shape if isinstance(n, ir.Const)]
        return len(known) == len(s.shape) > 0 and math.prod(known) <= LARGEST and s.buffer not in self.kept

    def _filling(self, s: ir.Alloc, fill: ir.Atom) -> ir.Statement:
        counters = [ir.Var(self.names.fresh("j"), ir.INT) for _ in s.shape]
        body: list[ir.Statement] = [ir.Store(s.buffer, tuple(counters), fill, place=s.place)]
        for counter, trip in reversed([*zip(counters, s.shape, strict=True)]):
            body = [ir.For(counter, trip, body, parallel=True, place=s.place)]
        return body[0]
