"""Common subexpressions: what is computed twice from the same values is computed once.

A `Let` or `Dim` gives way to an equal one that dominates it: earlier in its block, or in a block around it. A `Load`
does so as long as nothing between the two may have written to the buffer.
"""

from __future__ import annotations

from .. import ir
from ..activity import Classes
from ..scan import Renaming, made, stored

__all__ = ["share"]


def share(function: ir.Function) -> ir.Function:
    """Return the function with common subexpressions computed once."""
    sharing = _Share(Classes(function.body))
    body = sharing.body(function.body)
    results = [sharing.operand(r) for r in function.results]
    return ir.Function(function.name, list(function.params), body, results, list(function.stacks))


class _Share(Renaming):
    def __init__(self, classes: Classes) -> None:
        self.same: dict[ir.Atom, ir.Atom] = {}
        super().__init__(lambda a: self.same.get(a, a), lambda b: b)
        self.classes = classes
        self.known: list[dict[object, ir.Atom]] = [{}]
        self.writes: dict[int, set[ir.Buffer]] = {}

    def body(self, body: list[ir.Statement]) -> list[ir.Statement]:
        self.known.append({})
        result = []
        for s in body:
            if isinstance(s, (ir.For, ir.While)):
                self._forget(self._written(s))  # an iteration may follow another, which wrote
            changed = self.statement(s)
            if not self._is_known(changed):
                result.append(changed)
            self._forget(self._written(s))
            if isinstance(changed, ir.Alloc):
                self.known[-1].update({(changed.buffer, axis): n for axis, n in enumerate(changed.shape)})
        self.known.pop()
        return result

    def _is_known(self, s: ir.Statement) -> bool:
        key = _key(s)
        if key is None:
            return False
        assert isinstance(s, (ir.Let, ir.Dim, ir.Load))
        for scope in reversed(self.known):
            if key in scope:
                self.same[s.var] = scope[key]
                return True
        self.known[-1][key] = s.var
        return False

    def _written(self, s: ir.Statement) -> set[ir.Buffer]:
        """Return the classes of the buffers that a statement and all inside it write (or make anew)."""
        if id(s) not in self.writes:
            own = {self.classes.of(b) for b in (*stored(s), *made(s))}
            if isinstance(s, ir.Grow):
                own.add(self.classes.of(s.buffer))
            for block in ir.blocks(s):
                for t in block:
                    own |= self._written(t)
            self.writes[id(s)] = own
        return self.writes[id(s)]

    def _forget(self, written: set[ir.Buffer]) -> None:
        """Forget loads of buffers that were written, and sizes of those that were made anew or renamed."""
        if not written:
            return
        for scope in self.known:
            for key in [k for k in scope if isinstance(k[0], ir.Buffer) and self.classes.of(k[0]) in written]:  # type: ignore[index]
                del scope[key]


def _key(s: ir.Statement) -> object | None:
    match s:
        case ir.Let(_, op, args):
            return (op, args)
        case ir.Dim(_, buffer, axis):
            return (buffer, axis)
        case ir.Load(_, buffer, index):
            return (buffer, "element", index)
    return None
