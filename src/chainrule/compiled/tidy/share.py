"""Common subexpressions: what is computed twice from the same values is computed once.

A `Let` or `Dim` gives way to an equal one that dominates it: earlier in its block, or in a block around it. A `Load`
does so as long as nothing between the two may have written to the buffer.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from .. import ir
from ..activity import Classes
from ..build import simplified
from ..scan import Renaming, made, stored

__all__ = ["share"]

_ZERO = ir.Const(0, ir.INT)
_TRUE = ir.Const(True, ir.BOOL)


def share(function: ir.Function, rough: bool = False) -> ir.Function:
    """Return the function with common subexpressions computed once, and operations on constants done.

    `rough` as in `Builder`: whether ``x + 0.0`` is `x` (derivatives).
    """
    sharing = _Share(Classes(function.body, swaps=False), rough)
    body = sharing.body(function.body)
    results = [sharing.operand(r) for r in function.results]
    return ir.Function(function.name, list(function.params), body, results, list(function.stacks))


class _Share(Renaming):
    def __init__(self, classes: Classes, rough: bool) -> None:
        self.same: dict[ir.Atom, ir.Atom] = {}
        super().__init__(lambda a: self.same.get(a, a), lambda b: b)
        self.classes = classes
        self.rough = rough
        self.known: list[dict[ir.Buffer | None, dict[Any, ir.Atom]]] = [{}]  # by the buffer that is read, or None
        self.writes: dict[int, dict[ir.Buffer, bool]] = {}
        self.sizes: set[ir.Atom] = set()  # integers that are not negative
        self.distances: dict[ir.Atom, tuple[ir.Atom, int]] = {}  # integers as others plus constants

    def body(self, body: list[ir.Statement]) -> list[ir.Statement]:
        self.known.append({})
        result = []
        for s in body:
            if isinstance(s, (ir.For, ir.While)):
                self._forget(self._written(s))  # an iteration may follow another, which wrote
            changed = _without_guard(self._flat(self.statement(s)))
            if isinstance(changed, ir.Check) and changed.test == _TRUE:
                continue
            if not self._is_known(changed):
                result.append(changed)
            self._forget(self._written(s))
            if isinstance(changed, ir.Alloc):
                for axis, n in enumerate(changed.shape):
                    self._learn((changed.buffer, axis), n)
        self.known.pop()
        return result

    def _is_known(self, s: ir.Statement) -> bool:
        key = _key(s)
        if key is None:
            return False
        if isinstance(s, ir.Dim):
            if s.buffer.lengths and s.buffer.lengths[s.axis]:
                self.same[s.var] = ir.Const(s.buffer.lengths[s.axis], ir.INT)
                return True
            self.sizes.add(s.var)
        assert isinstance(s, (ir.Let, ir.Dim, ir.Load))
        simple = self._simple(s) if isinstance(s, ir.Let) else None
        if simple is not None:
            self.same[s.var] = simple
            return True
        about = self._about(key)
        for scope in reversed(self.known):
            if about in scope and key in scope[about]:
                self.same[s.var] = scope[about][key]
                return True
        self._learn(key, s.var)
        return False

    def _learn(self, key: Any, atom: ir.Atom) -> None:
        self.known[-1].setdefault(self._about(key), {})[key] = atom

    def _about(self, key: Any) -> ir.Buffer | None:
        return self.classes.of(key[0]) if isinstance(key[0], ir.Buffer) else None

    def _flat(self, s: ir.Statement) -> ir.Statement:
        """Write an integer plus two constants as the integer plus one."""
        if not isinstance(s, ir.Let) or s.var.dtype != ir.INT or s.op not in ("add", "subtract"):
            return s
        first, second = s.args
        if s.op == "add" and isinstance(first, ir.Const):
            first, second = second, first
        if not isinstance(second, ir.Const) or isinstance(first, ir.Const):
            return s
        base, distance = self.distances.get(first, (first, 0))
        distance += int(second.value) if s.op == "add" else -int(second.value)
        self.distances[s.var] = base, distance
        if base == first:
            return s
        return replace(s, op="add", args=(base, ir.Const(distance, ir.INT)))

    def _simple(self, s: ir.Let) -> ir.Atom | None:
        if s.op == "maximum" and s.args[1] == _ZERO:
            if s.args[0] in self.sizes:
                return s.args[0]
            self.sizes.add(s.var)
        return simplified(s.op, s.args, self.rough)

    def _written(self, s: ir.Statement) -> dict[ir.Buffer, bool]:
        """Return the classes of the buffers that a statement and all inside it change: True if their sizes may too."""
        if id(s) not in self.writes:
            changed = {self.classes.of(b): isinstance(s, ir.Swap) for b in stored(s)}
            changed.update({self.classes.of(b): True for b in made(s)})
            if isinstance(s, ir.Grow):
                changed[self.classes.of(s.buffer)] = True
            for block in ir.blocks(s):
                for t in block:
                    for b, resized in self._written(t).items():
                        changed[b] = changed.get(b, False) or resized
            self.writes[id(s)] = changed
        return self.writes[id(s)]

    def _forget(self, written: dict[ir.Buffer, bool]) -> None:
        """Forget loads of buffers that were written, and sizes of those that were made anew, renamed or have grown."""
        for scope in self.known:
            for buffer in [b for b in written if b in scope]:
                kept = {} if written[buffer] else {k: x for k, x in scope[buffer].items() if k[1] != "element"}
                scope[buffer] = kept


def _without_guard(s: ir.Statement) -> ir.Statement:
    """Write a guarded product with a number that is not zero as a product; LLVM would not run its choice in vectors."""
    if isinstance(s, ir.Let) and s.op == "gmul" and isinstance(s.args[0], ir.Const) and s.args[0].value:
        return replace(s, op="multiply")
    return s


def _key(s: ir.Statement) -> tuple[Any, ...] | None:
    match s:
        case ir.Let(_, op, args):
            return (op, args)
        case ir.Dim(_, buffer, axis):
            return (buffer, axis)
        case ir.Load(_, buffer, index):
            return (buffer, "element", index)
    return None
