"""An element that is set to zero and then added into is assigned: ``y_bar[i] = 0; y_bar[i] += g``.

The reverse of a write takes the cotangent out of a shadow and leaves zero; the reverse of what was computed with the
element before the write then adds to it.
"""

from __future__ import annotations

from dataclasses import replace

from .. import ir
from ..activity import Classes
from ..adjoint.layout import Layout
from ..adjoint.memory import Memory
from ..scan import loaded, stored, views_of, with_blocks

__all__ = ["assign_cleared"]


def assign_cleared(function: ir.Function) -> ir.Function:
    """Return the function without zeros that are only added to. (``0.0 + -0.0`` comes out as ``-0.0`` then.)"""
    return replace(function, body=_Clearing(function).block(function.body))


class _Clearing:
    def __init__(self, function: ir.Function) -> None:
        self.layout = Layout(function)
        self.memory = Memory(self.layout, Classes(function.body, swaps=False))

    def block(self, body: list[ir.Statement]) -> list[ir.Statement]:
        result: list[ir.Statement | None] = list(body)
        for i, s in enumerate(body):
            if isinstance(s, ir.Store) and not s.add and isinstance(s.value, ir.Const) and s.value.value == 0:
                j = self.addition(s, body, i + 1)
                again = None if j is None else result[j]
                if j is not None and isinstance(again, ir.Store):
                    result[i], result[j] = None, replace(again, add=False)
        return [with_blocks(s, self.block) for s in result if s is not None]

    def addition(self, clear: ir.Store, body: list[ir.Statement], start: int) -> int | None:
        """Return where the element is added into next, if nothing touches it before."""
        for j in range(start, len(body)):
            s = body[j]
            if isinstance(s, ir.Store) and s.add and (s.buffer, s.index) == (clear.buffer, clear.index):
                return j
            if isinstance(s, ir.Check) or any(self.touches(t, clear) for t in ir.walk([s])):
                return None
        return None

    def touches(self, s: ir.Statement, clear: ir.Store) -> bool:
        """Tell whether a statement may read or write the element."""
        group = self.memory.classes.of(clear.buffer)
        named = [*loaded(s), *stored(s), *[v.buffer for v in views_of(s)]]
        if all(self.memory.classes.of(b) != group for b in named):
            return False
        if not isinstance(s, (ir.Load, ir.Store)) or s.buffer != clear.buffer:
            return True
        return not self.memory.apart_in(clear.index, s.index, list(self.layout.place[id(clear)].loops))
