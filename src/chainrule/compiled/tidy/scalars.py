"""Elements of small arrays as scalars: each element's value is followed through branches and loops.

References
----------
This is the promotion of memory to registers in static single assignment form (Cytron et al., *Efficiently computing
static single assignment form*, 1991), for structured control flow.
"""

from __future__ import annotations

import itertools
from dataclasses import replace

from .. import ir
from ..build import Names
from ..own import own_names
from ..scan import Renaming
from .small import small_arrays

__all__ = ["elements_as_scalars"]

Element = tuple[ir.Buffer, tuple[ir.Atom, ...]]


def elements_as_scalars(function: ir.Function) -> ir.Function:
    """Return the function without the small arrays that are accessed at constant indices alone."""
    small = small_arrays(function)
    if not small:
        return function
    promotion = _Promotion(function, small)
    body = promotion.block(function.body)
    final = Renaming(promotion.final, lambda b: b)
    results = [final.operand(r) for r in function.results]
    return replace(function, body=final.body(body), results=results)


class _Promotion:
    def __init__(self, function: ir.Function, small: dict[ir.Buffer, ir.Alloc]) -> None:
        self.names: Names = own_names(ir.Program(function))
        self.small = small
        self.now: dict[Element, ir.Atom] = {}  # what each element is, where the walk is
        self.values: dict[ir.Atom, ir.Atom] = {}  # what was read

    def final(self, a: ir.Atom) -> ir.Atom:
        while a in self.values:
            a = self.values[a]
        return a

    def new(self, element: Element) -> ir.Var:
        buffer = element[0]
        return ir.Var(self.names.fresh(buffer.hint), buffer.dtype)

    def block(self, body: list[ir.Statement]) -> list[ir.Statement]:
        result: list[ir.Statement] = []
        for s in body:
            match s:
                case ir.Alloc() if s.buffer in self.small:
                    self.begin(s)
                case ir.Load() if s.buffer in self.small:
                    self.values[s.var] = self.now[s.buffer, s.index]
                case ir.Store() if s.buffer in self.small:
                    result += self.store(s)
                case ir.If():
                    result.append(self.branch(s))
                case ir.For() | ir.While():
                    result.append(self.loop(s))
                case _:
                    result.append(s)
        return result

    def begin(self, s: ir.Alloc) -> None:
        zero = {ir.BOOL: False, ir.INT: 0}.get(s.buffer.dtype, 0.0)
        nothing = ir.Const(zero, s.buffer.dtype)
        sizes = [range(int(n.value)) for n in s.shape if isinstance(n, ir.Const)]
        for index in itertools.product(*sizes):
            at = tuple([ir.Const(k, ir.INT) for k in index])
            self.now[s.buffer, at] = nothing if s.fill is None else s.fill

    def store(self, s: ir.Store) -> list[ir.Statement]:
        element = (s.buffer, s.index)
        if not s.add:
            self.now[element] = s.value
            return []
        total = self.new(element)
        before, self.now[element] = self.now[element], total
        return [ir.Let(total, "add", (before, s.value), s.place)]

    def branch(self, s: ir.If) -> ir.If:
        before = dict(self.now)
        then = self.block(s.then)
        after_then, self.now = self.now, dict(before)
        orelse = self.block(s.orelse)
        after_else, self.now = self.now, before
        merges = list(s.merges)
        for element in before:
            one, other = after_then[element], after_else[element]
            if one != before[element] or other != before[element]:
                merged = self.new(element)
                self.now[element] = merged
                merges.append(ir.Merge(merged, one, other))
        return replace(s, then=then, orelse=orelse, merges=merges)

    def loop(self, s: ir.For | ir.While) -> ir.For | ir.While:
        written = {(t.buffer, t.index) for t in ir.walk([s]) if isinstance(t, ir.Store)} & self.now.keys()
        elements = [e for e in self.now if e in written]
        before = dict(self.now)
        phis = {e: self.new(e) for e in elements}
        self.now.update(phis)
        blocks = [self.block(block) for block in ir.blocks(s)]
        results = {e: self.new(e) for e in elements}
        carried = [*s.carried, *[ir.Carried(phis[e], before[e], self.now[e], results[e]) for e in elements]]
        self.now = {**before, **results}
        if isinstance(s, ir.While):
            return replace(s, head=blocks[0], body=blocks[1], carried=carried)
        return replace(s, body=blocks[0], carried=carried, parallel=s.parallel and not elements)
