"""Dead code: scalars that nothing reads, arrays that nothing reads, and loops and branches that do nothing.

What is alive is found by marking: from the results, the parameters that are written, errors and calls, back along
definitions and stores.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import replace

from .. import ir
from ..activity import Classes
from ..scan import atoms_of, loaded, stored, views_of

__all__ = ["sweep"]

Thing = ir.Atom | ir.Buffer | ir.Stack


def sweep(function: ir.Function) -> ir.Function:
    """Return the function without what has no effect on its results, its parameters and its errors."""
    live = _Live(function)
    body = live.body(function.body)
    stacks = [s for s in function.stacks if s in live.marked]
    return ir.Function(function.name, list(function.params), body, list(function.results), stacks)


class _Live:
    """The scalars, buffer classes and stacks that count."""

    def __init__(self, function: ir.Function) -> None:
        self.classes = Classes(function.body)
        self.behind: dict[Thing, list[Thing]] = defaultdict(list)
        self.marked: set[Thing] = set()
        roots: list[Thing] = [self.classes.of(p) for p in function.params if isinstance(p, ir.Buffer)]
        for r in function.results:
            roots += self._operand(r)
        for s in ir.walk(function.body):
            roots += self._roots(s)
            self._link(s)
        while roots:
            x = roots.pop()
            if x not in self.marked:
                self.marked.add(x)
                roots += self.behind[x]

    def _operand(self, x: ir.Atom | ir.View) -> list[Thing]:
        if not isinstance(x, ir.View):
            return [x]
        steps = [a.step for a in x.axes if isinstance(a.step, ir.Var)]
        ends = [end for a in x.axes for end in (a.start, a.size)]
        return [self.classes.of(x.buffer), *steps, *ends, *[at for _, at in x.fixed]]

    def _roots(self, s: ir.Statement) -> list[Thing]:
        """Return what a statement keeps alive in any case."""
        match s:
            case ir.Check() | ir.Call() | ir.Invoke():
                whole = [self.classes.of(b) for b in (*loaded(s), *stored(s), *[v.buffer for v in views_of(s)])]
                return [*atoms_of(s), *whole]
            case ir.For() | ir.While():
                own: list[Thing] = [s.trip if isinstance(s, ir.For) else s.test]
                return own if s.stop is None else [*own, s.stop]
            case ir.If():
                return [s.test]
        return []

    def _link(self, s: ir.Statement) -> None:
        """Note what has to be alive if the result of a statement is."""
        match s:
            case ir.Let():
                self.behind[s.var] += s.args
            case ir.Load():
                self.behind[s.var] += [*s.index, self.classes.of(s.buffer)]
            case ir.Dim():
                self.behind[s.var].append(self.classes.of(s.buffer))
            case ir.Store():
                self.behind[self.classes.of(s.buffer)] += [*s.index, s.value]
            case ir.Alloc() | ir.Alias() | ir.Grow():
                self.behind[self.classes.of(s.buffer)] += atoms_of(s)
            case ir.Push():
                self.behind[s.stack].append(s.value)
            case ir.Pop():
                self.behind[s.var].append(s.stack)
            case ir.For() | ir.While():
                for c in s.carried:
                    self.behind[c.result] += [c.phi]
                    self.behind[c.phi] += [c.init, c.next]
            case ir.If():
                for m in s.merges:
                    self.behind[m.result] += [m.then, m.orelse]

    # ---- Taking away what is not marked

    def body(self, body: list[ir.Statement]) -> list[ir.Statement]:
        return [kept for s in body if (kept := self._keep(s)) is not None]

    def _keep(self, s: ir.Statement) -> ir.Statement | None:
        match s:
            case ir.Let() | ir.Load() | ir.Dim():
                return s if s.var in self.marked else None
            case ir.Store() | ir.Alloc() | ir.Alias() | ir.Grow():
                return s if self.classes.of(s.buffer) in self.marked else None
            case ir.Swap():
                return s if self.classes.of(s.targets[0]) in self.marked else None
            case ir.Push() | ir.Pop():
                return s if s.stack in self.marked else None
            case ir.For() | ir.While():
                return self._loop(s)
            case ir.If():
                return self._if(s)
        return s

    def _loop(self, s: ir.For | ir.While) -> ir.Statement | None:
        carried = [c for c in s.carried if c.phi in self.marked]
        if isinstance(s, ir.For):
            body = self.body(s.body)
            empty = not body and not carried and (s.count is None or s.count not in self.marked)
            return None if empty else replace(s, body=body, carried=carried)
        return replace(s, head=self.body(s.head), body=self.body(s.body), carried=carried)

    def _if(self, s: ir.If) -> ir.Statement | None:
        merges = [m for m in s.merges if m.result in self.marked]
        then, orelse = self.body(s.then), self.body(s.orelse)
        return replace(s, then=then, orelse=orelse, merges=merges) if then or orelse or merges else None
