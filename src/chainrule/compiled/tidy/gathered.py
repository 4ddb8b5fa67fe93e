"""New arrays of zeros into which gathered additions come first: the zeros and the additions are left out.

Where a stencil is gathered (see `gather`), a few elements at both ends are added into one by one, and those between by
a loop. If together these are all elements from the first on, each is assigned instead. Elements that are left behind
the last one, and all of them where there are too few iterations to gather, are set to zero there.
"""

from __future__ import annotations

from dataclasses import replace

from .. import ir
from ..activity import Classes
from ..adjoint.affine import Form, form_of
from ..adjoint.layout import Layout
from ..build import Names
from ..own import own_names
from ..scan import with_blocks
from .fresh import touches

__all__ = ["assign_gathered"]

_ONE = ir.Const(1, ir.INT)


def assign_gathered(function: ir.Function) -> ir.Function:
    """Return the function with gathered additions into new vectors of zeros turned into assignments."""
    if not any(isinstance(s, ir.If) for s in ir.walk(function.body)):
        return function
    return replace(function, body=_Assigning(function).block(function.body))


class _Assigning:
    def __init__(self, function: ir.Function) -> None:
        self.classes = Classes(function.body, swaps=False)
        self.layout = Layout(function)
        self.names: Names = own_names(ir.Program(function))

    def block(self, body: list[ir.Statement]) -> list[ir.Statement]:
        result = [with_blocks(s, self.block) for s in body]
        for i, s in enumerate(result):
            if isinstance(s, ir.Alloc) and isinstance(s.fill, ir.Const) and s.fill.value == 0 and s.buffer.ndim == 1:
                j = next((j for j in range(i + 1, len(result)) if self.touches(result[j], s.buffer)), i)
                first = result[j]
                changed = self.assigned(first, s) if isinstance(first, ir.If) else None
                if changed is not None:
                    result[i], result[j] = replace(s, fill=None), changed
        return result

    def touches(self, s: ir.Statement, buffer: ir.Buffer) -> bool:
        return touches(s, buffer, self.classes)

    def assigned(self, s: ir.If, made: ir.Alloc) -> ir.If | None:
        """Return the branch that touches a new array first, with assignments; None if they would not reach all."""
        touching = [t for t in s.then if self.touches(t, made.buffer)]
        loops = [k for k, t in enumerate(touching) if isinstance(t, ir.For)]
        if len(loops) != 1:
            return None
        heads, loop, tails = touching[: loops[0]], touching[loops[0]], touching[loops[0] + 1 :]
        assert isinstance(loop, ir.For)
        inside = [t for t in loop.body if self.touches(t, made.buffer)]
        stores = [t for t in (*heads, *inside, *tails) if isinstance(t, ir.Store) and t.add and t.buffer == made.buffer]
        if len(inside) != 1 or not tails or len(stores) != len(heads) + 1 + len(tails) or loop.stop is not None:
            return None
        if not self.in_turn(stores, loop, len(heads)) or not self.runs(loop, s.test):
            return None
        then = self.assigning(s.then, stores)
        end = stores[-1].index[0]
        return replace(s, then=[*then, *self.zeros(made, end)], orelse=[*self.zeros(made, None), *s.orelse])

    def in_turn(self, stores: list[ir.Store], loop: ir.For, heads: int) -> bool:
        """Tell whether stores before, in and after a loop reach one element after the other, from the first on."""
        trip = form_of(self.layout, loop.trip)
        for k, store in enumerate(stores):
            start = Form() if k < heads else Form({loop.counter: 1}) if k == heads else trip.plus(Form({None: 1}), -1)
            if form_of(self.layout, store.index[0]) != start.plus(Form({None: k})):
                return False
        return True

    def runs(self, loop: ir.For, test: ir.Atom) -> bool:
        """Tell whether a loop's length is certainly not negative where a test is true."""
        known = self.layout.origin.get(test) if isinstance(test, ir.Var) else None
        if not isinstance(known, ir.Let) or known.op != "greater_equal" or known.args[0].dtype != ir.INT:
            return False
        high, low = (form_of(self.layout, x) for x in known.args)
        spare = form_of(self.layout, loop.trip).plus(high.plus(low, -1), -1).constant
        return spare is not None and spare >= 0

    def assigning(self, body: list[ir.Statement], stores: list[ir.Store]) -> list[ir.Statement]:
        result: list[ir.Statement] = []
        for s in body:
            if any(s is t for t in stores):
                assert isinstance(s, ir.Store)
                s = replace(s, add=False)
            elif isinstance(s, ir.For):
                s = replace(s, body=self.assigning(s.body, stores))
            result.append(s)
        return result

    def zeros(self, made: ir.Alloc, end: ir.Atom | None) -> list[ir.Statement]:
        """Return a loop that sets the elements behind one to zero; all of them without one."""
        assert made.fill is not None
        length, counter, start = made.shape[0], self.integer("i"), self.integer("k")
        if end is None:
            store = ir.Store(made.buffer, (counter,), made.fill, place=made.place)
            return [ir.For(counter, length, [store], parallel=True, place=made.place)]
        left, at = self.integer("n"), self.integer("k")
        body: list[ir.Statement] = [
            ir.Let(at, "add", (start, counter), made.place),
            ir.Store(made.buffer, (at,), made.fill, place=made.place),
        ]
        return [
            ir.Let(start, "add", (end, _ONE), made.place),
            ir.Let(left, "subtract", (length, start), made.place),
            ir.For(counter, left, body, parallel=True, place=made.place),
        ]

    def integer(self, hint: str) -> ir.Var:
        return ir.Var(self.names.fresh(hint), ir.INT)
