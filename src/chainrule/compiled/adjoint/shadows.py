"""Shadows: the buffers and stacks that hold the cotangents of active buffers and stacks."""

from __future__ import annotations

from collections.abc import Sequence

from .. import ir
from ..build import Names
from .layout import Layout, Region
from .memory import Memory
from .needs import Needs
from .sweep import Mirror

__all__ = ["Shadows"]


class Shadows:
    """Makes each shadow where the reverse of its buffer's home begins, so that it dies with the buffer.

    Attributes
    ----------
    ordered : set of str
        The counters of loops that must be reversed in reverse order.
    """

    def __init__(self, layout: Layout, memory: Memory, needs: Needs, names: Names,
                 rows: dict[ir.Buffer, tuple[ir.Var, ...]]) -> None:  # fmt: skip
        self.layout = layout
        self.memory = memory
        self.needs = needs
        self.names = names
        self.rows = rows
        self.mirrors = needs.mirrors
        self.ordered: set[str] = set()
        self._stacks: dict[ir.Stack, ir.Stack] = {}

    def of(self, buffer: ir.Buffer) -> ir.Buffer:
        """Return the shadow of a buffer; of one with a row for each iteration, the shadow of this iteration's row."""
        mirror = self.mirrors[self._home(buffer)]
        shadow = mirror.arrays.get(buffer)
        if shadow is None:
            shadow = mirror.arrays[buffer] = self._make(buffer, mirror)
        return shadow

    def index(self, buffer: ir.Buffer, index: Sequence[ir.Atom]) -> list[ir.Atom]:
        """Return where the shadow of an element lies, in the reverse sweep."""
        return [self.needs.value(i) for i in index[len(self.rows.get(buffer, ())) :]]

    def view(self, view: ir.View) -> ir.View:
        """Return the shadow of a part of an array, in the reverse sweep."""
        moved = self.needs.moved(view)
        n = len(self.rows.get(view.buffer, ()))
        axes = tuple([ir.Axis(None if a.base is None else a.base - n, a.start, a.step, a.size) for a in moved.axes])
        fixed = tuple([(base - n, at) for base, at in moved.fixed if base >= n])
        return ir.View(self.of(view.buffer), axes, fixed)

    def _home(self, buffer: ir.Buffer) -> Region:
        """Return the region in which one array lives: of rows, an iteration of the innermost loop."""
        lead = self.rows.get(buffer)
        return self.layout.home[lead[-1] if lead else buffer]

    def stack(self, stack: ir.Stack) -> ir.Stack:
        if stack not in self._stacks:
            self._stacks[stack] = ir.Stack(self.names.fresh(f"{stack.name.partition('.')[0]}_bar"), stack.dtype)
        return self._stacks[stack]

    def _make(self, buffer: ir.Buffer, mirror: Mirror) -> ir.Buffer:
        made = self.layout.origin.get(buffer)
        builder = mirror.prologue
        if isinstance(made, ir.Alias):
            base = self.of(made.base)
            shadow = ir.Buffer(self.names.fresh(f"{buffer.hint}_bar"), buffer.dtype, buffer.ndim)
            builder.add(ir.Alias(shadow, base, tuple([self.needs.value(n) for n in made.shape]), made.place))
            return shadow
        if isinstance(made, ir.Alloc) and not self._grows(buffer):
            shape = [self.needs.value(n) for n in made.shape[len(self.rows.get(buffer, ())) :]]
        elif isinstance(made, ir.Invoke) and self.layout.home[buffer] is not self.layout.root:
            shape = [self.needs.value(n) for n in self.needs.saves.sizes_after(made, buffer)]
        else:
            shape = [builder.dim(buffer, axis) for axis in range(buffer.ndim)]
        hint = buffer.hint.removeprefix("all_") if buffer in self.rows else buffer.hint
        return builder.alloc(f"{hint}_bar", buffer.dtype, shape, ir.Const(0.0, buffer.dtype))

    def _grows(self, buffer: ir.Buffer) -> bool:
        return any(isinstance(s, ir.Grow) and s.buffer == buffer for s in ir.walk(self.layout.root.body))

    def written_once(self, s: ir.Store) -> bool:
        """Tell whether the cotangent that a store has taken need not be cleared.

        That is so if nothing before the store, in the life of the buffer, had to do with the element: it is the only
        store to the buffer, and all loops around it since the buffer was made are parallel.
        """
        writers = self.memory.writers[self.memory.classes.of(s.buffer)]
        home = self._home(s.buffer)
        loops = self.layout.place[id(s)].loops[len(home.loops) :]
        origin = self.layout.origin.get(s.buffer)
        made = isinstance(origin, ir.Alloc) and not isinstance(origin.fill, ir.Var)
        return made and len(writers) == 1 and all(isinstance(x, ir.For) and x.parallel for x in loops)
