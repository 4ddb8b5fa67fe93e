"""Arrays that are made anew in each iteration of loops, kept: one buffer with a row for each iteration.

The program computes the same; nothing is copied. What an iteration wrote is then still there in the reverse sweep.
"""

from __future__ import annotations

from .. import ir
from ..activity import Classes
from ..build import Builder, Names
from ..scan import Renaming, views_of
from .affine import bound, bounded
from .layout import Layout

__all__ = ["keep_rows"]


def keep_rows(function: ir.Function, wanted: set[str], names: Names) -> dict[ir.Buffer, tuple[ir.Var, ...]]:
    """Give each iteration its own row of the buffers with these names, in place, where that is possible.

    Returns
    -------
    dict
        For each new buffer with rows the counters of the loops, which are its first indices everywhere.
    """
    kept: dict[ir.Buffer, tuple[ir.Var, ...]] = {}
    for name in sorted(wanted):
        layout = Layout(function)
        made = next((s for s in ir.walk(function.body) if isinstance(s, ir.Alloc) and s.buffer.name == name), None)
        if made is None or not _possible(function, layout, made):
            continue
        rows, lead = _expand(function, layout, made, names)
        if lead:
            kept[rows] = lead
    return kept


def _possible(function: ir.Function, layout: Layout, made: ir.Alloc) -> bool:
    region = layout.home[made.buffer]
    regular = all(isinstance(loop, ir.For) and bounded(layout, loop.trip) for loop in region.loops)
    return (
        regular
        and all(bounded(layout, size) for size in made.shape)
        and not _renamed(function, made.buffer)
        and (made.fill is None or isinstance(made.fill, ir.Const))
    )


def _renamed(function: ir.Function, buffer: ir.Buffer) -> bool:
    """Tell whether a buffer has other names or may grow: its rows could not be told apart then."""
    classes = Classes(function.body)
    for s in ir.walk(function.body):
        if isinstance(s, ir.Alias) and classes.of(s.buffer) == classes.of(buffer):
            return True
        if isinstance(s, ir.Swap) and buffer in s.targets:
            return True
        if isinstance(s, ir.Grow) and s.buffer == buffer:
            return True
        if isinstance(s, ir.Invoke) and any(v.buffer == buffer for v in views_of(s)):
            return True
    return False


def _expand(function: ir.Function, layout: Layout, made: ir.Alloc, names: Names
            ) -> tuple[ir.Buffer, tuple[ir.Var, ...]]:  # fmt: skip
    region = layout.home[made.buffer]
    before = Builder(names, rough=True)
    trips = [bound(layout, before, loop.trip) for loop in region.loops if isinstance(loop, ir.For)]
    sizes = [bound(layout, before, size) for size in made.shape]
    zero = ir.Const(0, ir.INT)
    shape = [before.let("maximum", n, zero, hint="n") for n in trips if n is not None]
    shape += [n for n in sizes if n is not None]
    rows = before.alloc(f"all_{made.buffer.hint}", made.buffer.dtype, shape, made.fill, record=True)
    lead = tuple([loop.counter for loop in region.loops])
    outermost = layout.outermost(region)
    at = next(i for i, s in enumerate(function.body) if s is outermost)
    function.body[:] = _Rows(made, rows, lead).body(function.body)
    function.body[at:at] = before.block
    return rows, lead


class _Rows(Renaming):
    """Puts the loop counters in front of every index into one buffer."""

    def __init__(self, made: ir.Alloc, new: ir.Buffer, lead: tuple[ir.Atom, ...]) -> None:
        self.sizes: dict[ir.Atom, ir.Atom] = {}
        self.made = made
        self.old = old = made.buffer
        super().__init__(lambda a: self.sizes.get(a, a), lambda b: new if b == old else b)
        self.lead = lead

    def body(self, body: list[ir.Statement]) -> list[ir.Statement]:
        result = []
        for s in body:
            if isinstance(s, ir.Dim) and s.buffer == self.old:
                self.sizes[s.var] = self.atom(self.made.shape[s.axis])  # a row may be longer than what it holds
            elif not (isinstance(s, ir.Alloc) and s.buffer == self.old):
                result.append(self.statement(s))
        return result

    def statement(self, s: ir.Statement) -> ir.Statement:
        ours = isinstance(s, (ir.Load, ir.Store)) and s.buffer == self.old
        changed = super().statement(s)
        if ours:
            assert isinstance(changed, (ir.Load, ir.Store))
            changed.index = (*self.lead, *changed.index)
        return changed

    def view(self, view: ir.View) -> ir.View:
        changed = super().view(view)
        if view.buffer != self.old:
            return changed
        n = len(self.lead)
        axes = tuple([ir.Axis(None if a.base is None else a.base + n, a.start, a.step, a.size) for a in changed.axes])
        fixed = (*enumerate(self.lead), *[(base + n, at) for base, at in changed.fixed])
        return ir.View(changed.buffer, axes, tuple(fixed))
