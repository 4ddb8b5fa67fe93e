"""The extreme of some elements alone, without how many of them there are."""

from __future__ import annotations

from dataclasses import replace

from .. import ir
from ..scan import with_blocks
from .dead import sweep

__all__ = ["without_ties"]


def without_ties(function: ir.Function) -> ir.Function:
    """Return a function in which an extreme is that alone: no derivative is taken any more that would need its ties.

    A compiler sees that nobody needs what loops compute for them, but not once it is put together from several parts.
    """
    body = _block(function.body)
    return function if body is None else sweep(replace(function, body=body))


def _block(body: list[ir.Statement]) -> list[ir.Statement] | None:
    """Return a block with extremes that stand for themselves, or None if there are none."""
    if not any(isinstance(s, ir.Let) and s.op == "tie" for s in ir.walk(body)):
        return None
    result = [with_blocks(s, lambda block: _block(block) or block) for s in body]
    return [replace(s, args=(s.args[0],) * 2) if isinstance(s, ir.Let) and s.op == "tie" else s for s in result]
