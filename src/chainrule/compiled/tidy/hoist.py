"""Loop invariants: operations on scalars that do not change in a loop move in front of it."""

from __future__ import annotations

from dataclasses import replace

from .. import ir
from ..scan import defined

__all__ = ["STAY", "hoist"]

# Operations that may fail where the loop would not have run.
STAY = {"floor_divide", "remainder", "fmod", "left_shift", "right_shift"}


def hoist(function: ir.Function) -> ir.Function:
    """Return the function with invariant operations and sizes moved out of loops."""
    outside: set[ir.Buffer] = {p for p in function.params if isinstance(p, ir.Buffer)}
    body = _block(function.body, outside)
    return ir.Function(function.name, list(function.params), body, list(function.results), list(function.stacks))


def _block(body: list[ir.Statement], buffers: set[ir.Buffer]) -> list[ir.Statement]:
    """Hoist out of the loops of a block; `buffers` are those that live already."""
    result: list[ir.Statement] = []
    buffers = set(buffers)
    for s in body:
        match s:
            case ir.For():
                moved, inside = _invariant(_block(s.body, buffers), s, buffers)
                result += [*moved, replace(s, body=inside)]
            case ir.While():
                moved, head = _invariant(_block(s.head, buffers), s, buffers)
                more, inside = _invariant(_block(s.body, buffers), replace(s, head=head), buffers)
                result += [*moved, *more, replace(s, head=head, body=inside)]
            case ir.If():
                result.append(replace(s, then=_block(s.then, buffers), orelse=_block(s.orelse, buffers)))
            case _:
                result.append(s)
        if isinstance(s, (ir.Alloc, ir.Alias)):
            buffers.add(s.buffer)
        if isinstance(s, ir.Invoke):
            buffers.update([b for b in s.outs if isinstance(b, ir.Buffer)])
    return result


def _invariant(body: list[ir.Statement], loop: ir.For | ir.While, buffers: set[ir.Buffer]
               ) -> tuple[list[ir.Statement], list[ir.Statement]]:  # fmt: skip
    """Split a body into what can move in front of the loop and the rest."""
    changing = {v for s in ir.walk([loop]) for v in defined(s)} - {c.result for c in loop.carried}
    moved: list[ir.Statement] = []
    rest: list[ir.Statement] = []
    for s in body:
        if _moves(s, changing, buffers, rest):
            assert isinstance(s, (ir.Let, ir.Dim))
            moved.append(s)
            changing.discard(s.var)
        else:
            rest.append(s)
    return moved, rest


def _moves(s: ir.Statement, changing: set[ir.Var], buffers: set[ir.Buffer], before: list[ir.Statement]) -> bool:
    if isinstance(s, ir.Dim):
        grown = any(isinstance(t, (ir.Grow, ir.Swap)) for t in ir.walk(before))
        return s.buffer in buffers and not grown
    if not isinstance(s, ir.Let) or any(a in changing for a in s.args):
        return False
    return s.op not in STAY or (isinstance(s.args[-1], ir.Const) and s.args[-1].value != 0)
