"""Loops whose iterations are independent, in several threads.

The last pass over a program: it takes outermost loops, shares out their iterations evenly and in order, and makes each
share a function of its own (an `ir.Part`), which is called once in each thread. A loop that cannot be proven
independent, or does too little, stays as it is.
"""

from __future__ import annotations

from dataclasses import replace

from .. import ir
from ..own import own_names
from ..scan import views_of
from ..tidy.dead import sweep
from ..tidy.ties import without_ties
from .cost import Cost
from .independent import Independence
from .outline import Outliner

__all__ = ["in_threads"]

MOST = 12  # loops; each takes a function more
SHARE = 0.01  # of the work of a program: a loop that does less is left alone
DEEP = 2  # loops around one over single elements: its arrays are rows or small, and it is left alone
LEAST = 16  # iterations, if their number is known: fewer cannot be shared out evenly


def in_threads(program: ir.Program, threads: int) -> ir.Program:
    """Return a program that runs independent iterations in so many threads."""
    if threads < 2:
        return program
    program = replace(program, entry=sweep(without_ties(program.entry)))
    search = _Search(program, threads)
    body = search.block(program.entry.body, 1.0)
    if not search.outliner.parts:
        return program
    body = _without(body, {b for b in search.own if not any(_names(s, b) for s in ir.walk(body))})
    others = {**program.others, **{part.name: part for part in search.outliner.parts}}
    return ir.Program(replace(program.entry, body=body), others)


class _Search:
    """The search for loops to run in threads."""

    def __init__(self, program: ir.Program, threads: int) -> None:
        function = program.entry
        self.independence = Independence(function)
        self.cost = Cost(self.independence.layout)
        self.outliner = Outliner(function, own_names(program), threads, set(program.others))
        self.own: set[ir.Buffer] = set()
        self.least = SHARE * self.cost.guess(self.cost.block(function.body))

    def block(self, body: list[ir.Statement], times: float, depth: int = 0) -> list[ir.Statement]:
        """Rewrite a block; `times` is a guess how often it runs, `depth` how many loops there are around it."""
        result: list[ir.Statement] = []
        for s in body:
            match s:
                case ir.For():
                    result += self.loop(s, times, depth)
                case ir.While():
                    result.append(replace(s, body=self.block(s.body, times * self.cost.GUESS, depth + 1)))
                case ir.If():
                    then, orelse = [self.block(b, times, depth) for b in (s.then, s.orelse)]
                    result.append(replace(s, then=then, orelse=orelse))
                case _:
                    result.append(s)
        return result

    def loop(self, s: ir.For, times: float, depth: int) -> list[ir.Statement]:
        work = self.cost.loop(s)
        if times * self.cost.guess(work) < self.least or len(self.outliner.parts) >= MOST:
            return [s]
        short = isinstance(s.trip, ir.Const) and s.trip.value < LEAST
        deep = depth >= DEEP and all(len(lengths) < 2 for lengths in work)
        plan = None if short or deep else self.independence.plan(s)
        if plan is not None and self.outliner.is_worth(work):
            self.own |= {s.buffer for s in plan.own}
            return self.outliner.shared_out(s, plan, work)
        return [replace(s, body=self.block(s.body, times * self.cost.guess(self.cost.trip(s)), depth + 1))]


def _names(s: ir.Statement, buffer: ir.Buffer) -> bool:
    views = (*views_of(s), *(s.writes if isinstance(s, ir.Call) else ()))
    named = getattr(s, "buffer", None) == buffer and not isinstance(s, ir.Alloc)
    return named or any(v.buffer == buffer for v in views)


def _without(body: list[ir.Statement], unused: set[ir.Buffer]) -> list[ir.Statement]:
    """Return a block without the arrays that each thread makes for itself."""
    result: list[ir.Statement] = []
    for s in body:
        match s:
            case ir.Alloc(buffer) if buffer in unused:
                continue
            case ir.For():
                s = replace(s, body=_without(s.body, unused))
            case ir.While():
                s = replace(s, head=_without(s.head, unused), body=_without(s.body, unused))
            case ir.If():
                s = replace(s, then=_without(s.then, unused), orelse=_without(s.orelse, unused))
        result.append(s)
    return result
