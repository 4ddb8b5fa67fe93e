"""Sums whose order is free are plain additions where no loop accumulates them: there is nothing to reorder."""

from __future__ import annotations

from dataclasses import replace

from .. import ir
from ..scan import with_blocks

__all__ = ["settle_sums"]


def settle_sums(function: ir.Function) -> ir.Function:
    """Return the function with ``radd`` where a loop carries the sum only."""
    accumulated = _accumulated(list(ir.walk(function.body)))
    return replace(function, body=_block(function.body, accumulated))


def _accumulated(statements: list[ir.Statement]) -> set[ir.Atom]:
    """Return what loops carry on, and what these are sums or choices of."""
    parts: dict[ir.Atom, tuple[ir.Atom, ...]] = {}
    waiting: list[ir.Atom] = []
    for s in statements:
        if isinstance(s, ir.Let) and s.op == "radd":
            parts[s.var] = s.args
        elif isinstance(s, ir.If):
            parts.update({m.result: (m.then, m.orelse) for m in s.merges})
        elif isinstance(s, (ir.For, ir.While)):
            waiting += [c.next for c in s.carried]
    found: set[ir.Atom] = set()
    while waiting:
        x = waiting.pop()
        if x not in found:
            found.add(x)
            waiting += parts.get(x, ())
    return found


def _block(body: list[ir.Statement], accumulated: set[ir.Atom]) -> list[ir.Statement]:
    result: list[ir.Statement] = []
    for s in body:
        if isinstance(s, ir.Let) and s.op == "radd" and s.var not in accumulated:
            result.append(replace(s, op="add"))
        else:
            result.append(with_blocks(s, lambda block: _block(block, accumulated)))
    return result
