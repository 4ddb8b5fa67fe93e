"""Programs without guards against infinite slopes, for as long as none is met.

A cotangent of zero annihilates whatever it meets, so reverse sweeps multiply by ``gmul``: a comparison and a choice for
each product. Where a loop has many of them on single numbers, they take a quarter of its time, and nearly always for
nothing: ``0*p`` is not 0 only if `p` is not finite, and then it is nan. So machine code computes products and looks
at the end of each iteration whether what leaves it is nan. If something is, it stops, and the call is repeated with the
program that has its guards, as the tape does (see `eager.walk`). That is right because between a product and the end of
an iteration a nan is only added to and multiplied: it cannot be lost, and nothing is decided by it.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np

from . import ir, scan
from .activity import Classes, is_float
from .build import Builder, Names
from .ops import OWN
from .own import own_names

__all__ = ["repeated_if_nan", "unguarded"]

LEAST = 16  # guards in a loop: fewer are not worth a look at what leaves it
ERROR, MESSAGE = "FloatingPointError", "a product is nan that may have to be 0"

# Operations whose result is nan if an operand is.
_PASSING = {"add", "subtract", "multiply", "negative", "radd", "divide", "true_divide", "square", "sqrt", "gmul"}
# Operations whose result is an operand, or does not depend on it.
_CHOOSING = {"select", "tie", "positive", ir.FLOAT, ir.SINGLE}

Thing = ir.Var | ir.Buffer | ir.Stack


def unguarded(program: ir.Program) -> ir.Program | None:
    """Return a program that does without guards and raises an error if one was needed; None if that gains nothing."""
    names = own_names(program)
    made = [_Function(f, names) for f in (program.entry, *program.others.values())]
    if not any(f.plans for f in made):
        return None
    entry, *others = [replace(f.function, body=f.block(f.function.body)) for f in made]
    return ir.Program(entry, dict(zip(program.others, others, strict=True)))


def repeated_if_nan(fast: Callable[..., Any], careful: Callable[[tuple[Any, ...]], Callable[..., Any]]
                    ) -> Callable[..., Any]:  # fmt: skip
    """Return a function that calls one, and if that found a nan (and from then on), another that has its guards."""
    run = fast

    def call(*args: Any) -> Any:
        nonlocal run
        try:
            return run(*args)
        except FloatingPointError as error:
            if run is not fast or error.args != (MESSAGE,):
                raise
        run = careful(args)
        return run(*args)

    return call


@dataclass
class _Plan:
    """What is done with one loop: the blocks (by identity) at whose ends scalars are looked at."""

    looks: dict[int, list[ir.Var]] = field(default_factory=lambda: defaultdict(list))


class _Function:
    """One function: the search for loops that can do without guards, and the new body."""

    def __init__(self, function: ir.Function, names: Names) -> None:
        self.function, self.names = function, names
        self.classes = Classes(function.body)
        self.plans: dict[int, _Plan] = {}
        for s in ir.walk(function.body):
            if isinstance(s, (ir.For, ir.While)):
                plan = _Loop(s, self.classes).plan()
                if plan is not None:
                    self.plans[id(s)] = plan

    def block(self, body: list[ir.Statement], plan: _Plan | None = None) -> list[ir.Statement]:
        """Return a block; `plan` is that of the loop around it."""
        result = [self.statement(s, plan) for s in body]
        looked_at = plan.looks.get(id(body)) if plan is not None else None
        return [*result, *self.look(looked_at)] if looked_at else result

    def statement(self, s: ir.Statement, plan: _Plan | None) -> ir.Statement:
        match s:
            case ir.Let() if s.op == "gmul" and plan is not None:
                return replace(s, op="multiply")
            case ir.If():
                return replace(s, then=self.block(s.then, plan), orelse=self.block(s.orelse, plan))
            case ir.For():
                return replace(s, body=self.block(s.body, self.plans.get(id(s))))
            case ir.While():
                return replace(s, head=self.block(s.head), body=self.block(s.body, self.plans.get(id(s))))
        return s

    def look(self, scalars: list[ir.Var]) -> list[ir.Statement]:
        """Return the statements that end the run if one of some scalars is nan: then their sum is."""
        builder = Builder(self.names, rough=True)
        total: ir.Atom = builder.cast(scalars[0], ir.FLOAT)
        for x in scalars[1:]:
            total = builder.let("add", total, builder.cast(x, ir.FLOAT), hint="total")
        builder.add(ir.Check(builder.let("logical_not", builder.let("isnan", total)), ERROR, MESSAGE))
        return builder.block


class _Loop:
    """One loop without the loops inside: what depends on its guarded products, and where that goes."""

    def __init__(self, loop: ir.For | ir.While, classes: Classes) -> None:
        self.loop, self.classes = loop, classes
        self.blocks = list(_own_blocks(loop.body))
        self.own = [s for block in self.blocks for s in block]
        self.home = {v: block for block in self.blocks for s in block for v in scan.defined(s)}

    def plan(self) -> _Plan | None:
        """Return where to look, if the loop has many guards and can do without them."""
        guarded = [s.var for s in self.own if isinstance(s, ir.Let) and s.op == "gmul"]
        if len(guarded) < LEAST or _in_vectors(self.loop) or not self._is_harmless({*guarded}):
            return None
        plan = _Plan()
        leaving = dict.fromkeys(self._leaving(self._followed({*guarded})))
        for x in leaving:
            if not any(self.home.get(y) is self.home[x] for y in self._sums_of(x) if y in leaving):
                plan.looks[id(self.home[x])].append(x)
        return plan

    def _sums_of(self, x: ir.Var) -> Iterator[ir.Var]:
        """Yield what is nan if a scalar is."""
        for s in self.own:
            if isinstance(s, ir.Let) and s.op in _PASSING and x in s.args:
                yield s.var

    def _followed(self, start: set[ir.Var]) -> set[ir.Var]:
        """Return the scalars, outside of inner loops, that are nan if products were that they depend on."""
        found = set(start)
        for s in _in_order(self.loop.body):
            if isinstance(s, ir.Let) and s.op in (_PASSING | _CHOOSING) and not found.isdisjoint(s.args):
                found.add(s.var)
            if isinstance(s, ir.If):
                found.update([m.result for m in s.merges if m.then in found or m.orelse in found])
        return found

    def _leaving(self, followed: set[ir.Var]) -> Iterator[ir.Var]:
        """Yield those of some scalars that go where they are followed no more."""
        ends = [c.next for c in self.loop.carried]
        for s in self.own:
            if isinstance(s, (ir.For, ir.While)):
                ends += [a for t in ir.walk([s]) for a in scan.atoms_of(t)]
            elif not isinstance(s, ir.If) and not (isinstance(s, ir.Let) and s.op in (_PASSING | _CHOOSING)):
                ends += scan.atoms_of(s)
        yield from [a for a in ends if isinstance(a, ir.Var) and a in followed]

    def _is_harmless(self, start: set[ir.Var]) -> bool:
        """Tell whether no number that may be nan decides anything in this iteration: a branch, an index, an error."""
        reached = self._reached(start)
        for s in ir.walk(self.loop.body):
            if isinstance(s, ir.Let) and not reached.isdisjoint(s.args) and not _is_smooth(s):
                return False
            if isinstance(s, (ir.Call, ir.Invoke)) and not reached.isdisjoint(self._read(s)):
                return False
        return True

    def _reached(self, start: set[ir.Var]) -> set[Thing]:
        """Return all scalars, storage and stacks that may hold something in this iteration that is made of others."""
        reached: set[Thing] = set(start)
        before = 0
        while len(reached) > before:
            before = len(reached)
            for s in ir.walk(self.loop.body):
                if not reached.isdisjoint(self._read(s)):
                    reached.update(self._written(s))
        return reached

    def _read(self, s: ir.Statement) -> Iterator[Thing]:
        yield from [a for a in scan.atoms_of(s) if isinstance(a, ir.Var)]
        yield from [self.classes.of(b) for b in scan.loaded(s)]
        if isinstance(s, ir.Pop):
            yield s.stack

    def _written(self, s: ir.Statement) -> Iterator[Thing]:
        yield from filter(is_float, scan.defined(s))
        yield from [self.classes.of(b) for b in (*scan.stored(s), *scan.made(s))]
        if isinstance(s, ir.Push):
            yield s.stack


def _own_blocks(body: list[ir.Statement]) -> Iterator[list[ir.Statement]]:
    """Yield a block and those of the branches in it, not those of loops."""
    yield body
    for s in body:
        if isinstance(s, ir.If):
            yield from _own_blocks(s.then)
            yield from _own_blocks(s.orelse)


def _in_order(body: list[ir.Statement]) -> Iterator[ir.Statement]:
    """Yield the statements of a block, each branch after what is in it; without those of loops."""
    for s in body:
        if isinstance(s, ir.If):
            yield from _in_order(s.then)
            yield from _in_order(s.orelse)
        yield s


def _is_smooth(s: ir.Let) -> bool:
    """Tell whether an operation makes a floating-point number of one, whatever that is, and nothing else."""
    known = s.op in _PASSING or s.op in _CHOOSING or s.op in OWN or hasattr(np, s.op)
    return known and is_float(s.var)


def _in_vectors(loop: ir.For | ir.While) -> bool:
    """Tell whether a machine may run several iterations side by side, where guards cost little and a stop much."""
    if isinstance(loop, ir.While) or any(isinstance(s, (ir.For, ir.While)) for s in ir.walk(loop.body)):
        return False
    return all(any(isinstance(s, ir.Let) and s.var == c.next and s.op in ("add", "radd") and c.phi in s.args
                   for s in loop.body) for c in loop.carried)  # fmt: skip
