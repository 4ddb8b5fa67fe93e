"""Iterations that add nothing but zeros are left out.

The cotangent of a least element is zero but at that element, and zero times whatever the reverse sweep meets on the way
back is zero. So ``for k: c = g if x[k] == least else 0.0; for j: y_bar[k, j] += c*p[k, j]`` adds zeros for all `k` but
one. It becomes two loops: one that notes for which `k` the choice is not zero, without a branch, and one over these.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from .. import ir
from ..activity import Classes
from ..build import Names
from ..ops import cost_of
from ..own import own_names
from ..scan import Renaming, atoms_of, defined, stored, substitute, with_blocks
from .lengths import lengths_of
from .parts import EXPENSIVE, slice_of

__all__ = ["skip_zeros"]

_SHORT = 8  # iterations, of which none is worth leaving out
_ALIKE = {"add", "radd", "subtract", "negative", "positive"}  # zero if all that they are made of is
_ZERO, _ONE = ir.Const(0, ir.INT), ir.Const(1, ir.INT)


def skip_zeros(function: ir.Function) -> ir.Function:
    """Return the function with loops that do something for those iterations only in which it makes a difference.

    This comes last: the loops that it makes are of no use to other passes.
    """
    skipping = _Skipping(function)
    body = skipping.block(function.body)
    return replace(function, body=[*skipping.made, *body]) if body is not function.body else function


class _Skipping:
    """The search for such loops, and what they become.

    Attributes
    ----------
    made : list of ir.Alloc
        Arrays for the places, which are made where their lengths are known.
    """

    def __init__(self, function: ir.Function) -> None:
        self.names: Names = own_names(ir.Program(function))
        self.classes = Classes(function.body)
        self.lengths = lengths_of(function)
        self.made: list[ir.Alloc] = []

    def block(self, body: list[ir.Statement]) -> list[ir.Statement]:
        """Return a block; the same one if nothing in it changes."""
        result: list[ir.Statement] = []
        for s in body:
            loops = self._loops(s) if isinstance(s, ir.For) else None
            changed = loops or [with_blocks(s, self.block)]
            waiting, self.made = self.made, []
            for alloc in waiting:
                (result if set(alloc.shape) & {*_defined(body)} else self.made).append(alloc)
            result += changed
        same = len(result) == len(body) and all(_same(a, b) for a, b in zip(result, body, strict=True))
        return body if same else result

    def _loops(self, loop: ir.For) -> list[ir.Statement] | None:
        """Return the two loops that one becomes."""
        if not self._is_plain(loop):
            return None
        choices = [s for s in loop.body if isinstance(s, ir.Let) and _chooses_zero(s)]
        able = (s for s in choices if _adds_zeros(loop, s.var) and self._may_look_first(loop, s))
        return next((self._apart(loop, s) for s in able), None)

    def _is_plain(self, loop: ir.For) -> bool:
        """Tell whether a loop only adds, in further loops, and may be long."""
        if loop.carried or loop.stop is not None or loop.backward or loop.threads:
            return False
        if isinstance(loop.trip, ir.Const):
            if loop.trip.value < _SHORT:
                return False
        elif loop.trip not in self.lengths:
            return False  # it may be negative, which no length is
        return any(isinstance(s, ir.For) for s in loop.body)

    def _may_look_first(self, loop: ir.For, choice: ir.Let) -> bool:
        """Tell whether the tests may run before all the rest: what they read, the loop does not write."""
        tests = slice_of(loop.body, {choice.args[0]})
        written = {self.classes.of(b) for s in ir.walk(loop.body) for b in stored(s)}
        known = {v for s in tests for v in defined(s)} | {loop.counter}
        return (
            choice.args[0] in known
            and all(a in known or a not in {*_defined(loop.body)} for s in tests for a in atoms_of(s))
            and all(cost_of(s.op) < EXPENSIVE for s in tests if isinstance(s, ir.Let))
            and not any(isinstance(s, ir.Load) and self.classes.of(s.buffer) in written for s in tests)
        )

    def _apart(self, loop: ir.For, choice: ir.Let) -> list[ir.Statement]:
        place = loop.place
        places = ir.Buffer(self.names.fresh("at"), ir.INT, 1)
        self.made.append(ir.Alloc(places, (loop.trip,), None, place))
        number, more, found, count = (ir.Var(self.names.fresh(n), ir.INT) for n in ("found", "t", "found", "found"))
        counter, test, tests = self._copied(loop, choice)
        look = [
            *tests,
            ir.Store(places, (number,), counter, place=place),
            ir.Let(more, "select", (test, _ONE, _ZERO), place),
            ir.Let(found, "add", (number, more), place),
        ]
        first = ir.For(counter, loop.trip, look, [ir.Carried(number, _ZERO, found, count)], place=place)
        which = ir.Var(self.names.fresh("j"), ir.INT)
        inside = substitute([s for s in loop.body if s is not choice], {choice.var: choice.args[1]})
        then = [ir.Load(loop.counter, places, (which,), place), *inside]
        return [first, replace(loop, counter=which, trip=count, body=then, parallel=False)]

    def _copied(self, loop: ir.For, choice: ir.Let) -> tuple[ir.Var, ir.Atom, list[ir.Statement]]:
        """Return another counter, and the test and what it is made of for it."""
        fresh: dict[ir.Atom, ir.Var] = {}

        def define(v: ir.Var) -> ir.Var:
            return fresh.setdefault(v, ir.Var(self.names.fresh(v.name), v.dtype))

        counter = define(loop.counter)
        tests = Renaming(lambda a: fresh.get(a, a), lambda b: b, define).body(slice_of(loop.body, {choice.args[0]}))
        return counter, fresh[choice.args[0]], tests


def _defined(body: list[ir.Statement]) -> Iterator[ir.Atom]:
    for s in ir.walk(body):
        yield from defined(s)


def _same(a: ir.Statement, b: ir.Statement) -> bool:
    return a is b or (type(a) is type(b) and bool(ir.blocks(a)) and all(
        x is y for x, y in zip(ir.blocks(a), ir.blocks(b), strict=True)))  # fmt: skip


def _chooses_zero(s: ir.Let) -> bool:
    """Tell whether a statement chooses between a number and zero, by something that an iteration finds out."""
    if s.op != "select" or not isinstance(s.args[0], ir.Var):
        return False
    _, number, zero = s.args
    return isinstance(zero, ir.Const) and zero.value == 0 and not isinstance(number, ir.Const)


def _adds_zeros(loop: ir.For, chosen: ir.Var) -> bool:
    """Tell whether an iteration does nothing but adding zeros to what is there if a scalar is zero."""
    zeros: set[ir.Atom] = {chosen}
    for s in ir.walk(loop.body):
        match s:
            case ir.Let():
                if _is_zero(s, zeros):
                    zeros.add(s.var)
            case ir.Store():
                if not s.add or s.value not in zeros:
                    return False
            case ir.For():
                if s.carried or s.stop is not None or s.threads:
                    return False
            case ir.Load() | ir.Dim():
                pass
            case _:
                return False
    return True


def _is_zero(s: ir.Let, zeros: set[ir.Atom]) -> bool:
    """Tell whether an operation on some zeros gives zero, whatever the other operands are."""
    if s.op == "gmul":
        return s.args[0] in zeros
    if s.op == "multiply":
        a, b = s.args
        return (a in zeros and isinstance(b, ir.Const)) or (b in zeros and isinstance(a, ir.Const))
    if s.op == "select":
        return s.args[1] in zeros and s.args[2] in zeros
    return s.op in _ALIKE and all(a in zeros for a in s.args)
