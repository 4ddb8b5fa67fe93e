"""Arrays of which each iteration of a loop uses one slice only lose the axis of that loop."""

from __future__ import annotations

from dataclasses import replace

from .. import ir
from ..scan import Renaming, with_blocks

__all__ = ["contracted"]


def contracted(function: ir.Function, axes: dict[ir.Buffer, int]) -> tuple[ir.Function, dict[ir.Buffer, ir.Buffer]]:
    """Return the function with an axis taken off some arrays, and the arrays that have taken the place of those.

    An array without axes becomes a scalar.
    Every access of such an array has the counter of one and the same loop at the axis. An array with this axis alone
    is stored to once, in the body of that loop, and read afterwards.
    """
    smaller = {b: ir.Buffer(b.name, b.dtype, b.ndim - 1) for b in axes}
    contraction = _Contraction(axes, smaller)
    body = contraction.block(function.body)
    if contraction.values:
        body = Renaming(lambda a: contraction.values.get(a, a), lambda b: b).body(body)
    return replace(function, body=body), smaller


class _Contraction:
    def __init__(self, axes: dict[ir.Buffer, int], smaller: dict[ir.Buffer, ir.Buffer]) -> None:
        self.axes = axes
        self.smaller = smaller
        self.stored: dict[ir.Buffer, ir.Atom] = {}
        self.values: dict[ir.Atom, ir.Atom] = {}  # what is read from arrays that have become scalars

    def block(self, body: list[ir.Statement]) -> list[ir.Statement]:
        result: list[ir.Statement] = []
        for s in body:
            result += self.statement(s)
        return result

    def statement(self, s: ir.Statement) -> list[ir.Statement]:
        match s:
            case ir.Load() | ir.Store() | ir.Alloc() if s.buffer in self.axes:
                return self.access(s) if s.buffer.ndim > 1 else self.scalar(s)
        return [with_blocks(s, self.block)]

    def access(self, s: ir.Load | ir.Store | ir.Alloc) -> list[ir.Statement]:
        axis, buffer = self.axes[s.buffer], self.smaller[s.buffer]
        if isinstance(s, ir.Alloc):
            return [replace(s, buffer=buffer, shape=(*s.shape[:axis], *s.shape[axis + 1 :]))]
        return [replace(s, buffer=buffer, index=(*s.index[:axis], *s.index[axis + 1 :]))]

    def scalar(self, s: ir.Load | ir.Store | ir.Alloc) -> list[ir.Statement]:
        if isinstance(s, ir.Store):
            self.stored[s.buffer] = self.values.get(s.value, s.value)
        elif isinstance(s, ir.Load):
            self.values[s.var] = self.stored[s.buffer]
        return []
