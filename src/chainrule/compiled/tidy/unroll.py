"""Short loops over small arrays are written out, so that the arrays' elements can be scalars.

A vector of three components is worth neither a loop nor an allocation; and what the elements are computed from shows
only if each is seen by itself. That holds for longer arrays too if they are records, with fields that are read by their
numbers; of others the elements may do better side by side in a vector register. What loops save for the reverse sweep
is no reason to write them out: a user's loop stays a loop in its derivative.
"""

from __future__ import annotations

from dataclasses import replace

from .. import ir
from ..build import Names
from ..own import own_names
from ..scan import Renaming, made, with_blocks
from .small import FEW, SHORT, fields, small_arrays

__all__ = ["Copy", "unroll"]


def unroll(function: ir.Function, most: int) -> ir.Function:
    """Return the function with short loops over small arrays written out, if that is at most so many statements."""
    short = [s.counter for s in ir.walk(function.body) if isinstance(s, ir.For) and _is_short(s)]
    small = {b for b, s in small_arrays(function, short).items() if not s.record} if short else set()
    if not small:
        return function
    unrolling = _Unrolling(function, small, most)
    body = unrolling.block(function.body)
    final = Renaming(unrolling.final, lambda b: b)
    results = [final.operand(r) for r in function.results]
    return replace(function, body=final.body(body), results=results)


def _is_short(s: ir.For) -> bool:
    return isinstance(s.trip, ir.Const) and 0 <= s.trip.value <= SHORT and s.stop is None


class _Unrolling:
    def __init__(self, function: ir.Function, small: set[ir.Buffer], most: int) -> None:
        self.names: Names = own_names(ir.Program(function))
        self.small = small
        self.fields = fields(function)
        self.most = most
        self.values: dict[ir.Atom, ir.Atom] = {}  # what loops returned

    def final(self, a: ir.Atom) -> ir.Atom:
        while a in self.values:
            a = self.values[a]
        return a

    def block(self, body: list[ir.Statement]) -> list[ir.Statement]:
        result: list[ir.Statement] = []
        for s in body:
            match s:
                case ir.For():
                    inside = replace(s, body=self.block(s.body))
                    result += self.iterations(inside) if self.is_worth_it(inside) else [inside]
                case _:
                    result.append(with_blocks(s, self.block))
        return result

    def is_worth_it(self, s: ir.For) -> bool:
        """Tell whether a loop is short, has no loop inside, and comes to a small array at its counter."""
        inside = list(ir.walk(s.body))
        if not _is_short(s) or any(isinstance(t, (ir.For, ir.While)) for t in inside):
            return False
        assert isinstance(s.trip, ir.Const)
        if s.trip.value * len(inside) > self.most:
            return False
        moving: set[ir.Atom] = {s.counter}
        for t in inside:
            if isinstance(t, ir.Let) and moving & set(t.args):
                moving.add(t.var)
        axes = {
            (t.buffer, axis)
            for t in inside if isinstance(t, (ir.Load, ir.Store)) and t.buffer in self.small
            for axis, x in enumerate(t.index) if x in moving
        }  # fmt: skip
        return bool(axes if s.trip.value <= FEW else axes & self.fields)

    def iterations(self, s: ir.For) -> list[ir.Statement]:
        """Return the statements of all iterations, one after the other."""
        assert isinstance(s.trip, ir.Const)
        numbers = range(int(s.trip.value))
        s = replace(s, body=Renaming(self.final, lambda b: b).body(s.body))
        now: dict[ir.Atom, ir.Atom] = {c.phi: c.init for c in s.carried}
        result: list[ir.Statement] = []
        for k in reversed(numbers) if s.backward else numbers:
            copy = Copy(self.names, {b for t in ir.walk(s.body) for b in made(t)})
            copy.values.update(now)
            copy.values[s.counter] = ir.Const(k, ir.INT)
            result += copy.body(s.body)
            now = {c.phi: copy.atom(self.final(c.next)) for c in s.carried}
        self.values.update({c.result: now[c.phi] for c in s.carried})
        return result


class Copy(Renaming):
    """Copies statements under names that are not in use."""

    def __init__(self, names: Names, own: set[ir.Buffer]) -> None:
        self.names = names
        self.values: dict[ir.Atom, ir.Atom] = {}
        self.buffers = {b: replace(b, name=names.fresh(b.name)) for b in own}
        super().__init__(lambda a: self.values.get(a, a), lambda b: self.buffers.get(b, b), self.define)

    def define(self, v: ir.Var) -> ir.Var:
        self.values[v] = fresh = ir.Var(self.names.fresh(v.name), v.dtype)
        return fresh
