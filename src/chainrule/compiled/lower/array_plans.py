"""What a loop does with a name of an array: it keeps a buffer of its own, or shows another part of one each time."""

from __future__ import annotations

from typing import Any

import numpy as np

from .. import facts, ir
from ..build import Builder
from ..scan import made
from .aliases import Recipe, available, behind, holders, is_parameter, make, recipe_of, root, stand_for
from .array import Array, fill
from .context import Context
from .plans import Again, Broken, Carrying, Plan

__all__ = ["ArrayPlan", "WindowPlan", "first_array", "rebound", "sizes_outside"]

SHAPE = "an array that is bound anew in a loop must keep its shape to be compiled"
MAYBE_ALIAS = (
    "This name shows an array from before the loop if the loop does not bind it anew; here it is a copy of that."
)
ALIAS = "An array is bound to this name in a loop, and another name shows the same array; here they are two."
REPAIR = "Give the name a copy of its own before the loop (x = x.copy()), or do not write to it."


class ArrayPlan(Plan):
    """A name that is bound to another array of the same shape in each iteration, and keeps a buffer of its own.

    Attributes
    ----------
    entry : Array or None
        What it is before the loop; None if it is set in the loop.
    copies : bool
        Whether the buffer has to be a new one, for something else shows the array of the entry.
    locked : str
        Why the array must not be written to: NumPy would have two names for one array where here are two.
    sure : bool
        Whether every iteration binds the name anew.
    since : int or None
        The place in the body from which on the buffer holds what this iteration has computed.
    behind : iterable of Buffer
        The storage that must not be written to while the array is in use.
    """

    def __init__(self, entry: Array | None, kind: str, copies: bool, locked: str = "", behind: Any = ()) -> None:
        self.entry = entry
        self.kind = kind
        self.copies = copies or (entry is not None and entry.kind != kind)
        self.locked = locked
        self.behind = tuple(behind)
        self.sizes: tuple[Recipe | ir.Atom, ...] = ()
        self.own_stores: list[ir.Store] = []
        self.sure = False
        self.since: int | None = None

    def changed(self, **parts: Any) -> ArrayPlan:
        old = {"kind": self.kind, "copies": self.copies, "locked": self.locked, "behind": self.behind}
        plan = ArrayPlan(self.entry, **{**old, **parts})
        plan.sizes = self.sizes
        return plan

    def prepare(self, ctx: Context, hint: str) -> None:
        builder = ctx.builder
        self.own_stores = []
        self.sure = False
        self.since = None
        if self.entry is None:
            sizes = tuple([make(builder, n) for n in self.sizes])
            for n in sizes:
                facts.known_size(builder, n)
            array = Array.new(builder, hint, self.kind, sizes)
        elif self.copies:
            array = Array.new(builder, hint, self.kind, self.entry.sizes)
            fill(builder, array.view, self.entry)
        else:
            array = Array.from_view(builder, self.entry.view)
        self.head = array
        array.locked = self.locked or ("" if self.entry is None else self.entry.locked)

    def open(self, c: Carrying) -> Any:
        for where in self.behind:
            stand_for(self.head, where)
        return self.head

    def close(self, c: Carrying, end: Any) -> None:
        if not isinstance(end, Array) or end.ndim != self.head.ndim:
            raise Again(Broken("it is an array of another number of axes, or no array, after an iteration."))

    def after(self, c: Carrying) -> Any:
        if not self.copies or self.entry is None or (self.sure and c.ran()):
            return self._unread()
        # Where no iteration binds it anew, the name still shows the array of the entry, of which this is a copy.
        array = Array.from_view(c.ctx.builder, self.head.view)
        array.locked = self.head.locked or MAYBE_ALIAS
        for where in self.behind:
            stand_for(array, where)
        entry = root(self.entry)
        if not is_parameter(c.ctx, entry) or any(root(a) == entry for _, a in holders(c.ctx, None)):  # type: ignore[arg-type]
            stand_for(array, entry)
        return array

    def _unread(self) -> Array:
        """Return the array anew: what an iteration may no longer read, the next ones have replaced."""
        array = Array.from_view(self.head.builder, self.head.view)
        array.locked = self.head.locked
        for where in self.behind:
            stand_for(array, where)
        return array


class WindowPlan(Plan):
    """A name that shows another part of the same buffer after each iteration."""

    def __init__(self, entry: Array, locked: str = "", behind: Any = ()) -> None:
        self.entry = entry
        self.locked = entry.locked or locked
        self.behind = set(behind)

    def prepare(self, ctx: Context, hint: str) -> None:
        self.inits = _window(self.entry.view)

    def open(self, c: Carrying) -> Any:
        builder = c.ctx.builder
        self.phis = [builder.var("at", ir.INT) for _ in self.inits]
        return self._array(builder, list(self.phis))

    def _array(self, builder: Builder, atoms: list[Any]) -> Array:
        for atom in atoms:
            facts.known_size(builder, atom)
        view, left = self.entry.view, iter(atoms)
        axes = [ir.Axis(a.base, next(left), a.step, next(left)) for a in view.axes]
        array = Array.from_view(
            builder, ir.View(view.buffer, tuple(axes), tuple([(b, next(left)) for b, _ in view.fixed]))
        )
        array.locked = self.locked
        for where in self.behind:
            stand_for(array, where)
        return array

    def close(self, c: Carrying, end: Any) -> None:
        view = self.entry.view
        if not isinstance(end, Array) or end.view.buffer != view.buffer or not _same_axes(view, end.view):
            raise Again(Broken("it shows parts of different kinds after each iteration."))
        if (end.locked and not self.locked) or not behind(end) <= self.behind:
            raise Again(WindowPlan(self.entry, end.locked, self.behind | behind(end)))
        builder = c.ctx.builder
        self.results = [builder.var("at", ir.INT) for _ in self.inits]
        rows = zip(self.phis, self.inits, _window(end.view), self.results, strict=True)
        c.carried.extend([ir.Carried(*row) for row in rows])

    def after(self, c: Carrying) -> Any:
        return self._array(c.ctx.builder, list(self.results))


def _window(view: ir.View) -> list[ir.Atom]:
    return [x for a in view.axes for x in (a.start, a.size)] + [at for _, at in view.fixed]


def _same_axes(a: ir.View, b: ir.View) -> bool:
    return [(x.base, x.step) for x in a.axes] == [(x.base, x.step) for x in b.axes] and [k for k, _ in a.fixed] == [
        k for k, _ in b.fixed
    ]


# ---- The first plans


def rebound(c: Carrying, entry: Array, end: Array) -> Plan:
    """Return a plan for a name whose array is another one at the end of the body."""
    view = end.view
    if view == entry.view:
        return ArrayPlan(entry, entry.kind, False, end.locked or entry.locked, behind(end))
    if view.buffer == entry.view.buffer and _same_axes(view, entry.view):
        return WindowPlan(entry, end.locked, behind(end))
    if end.ndim != entry.ndim:
        return Broken(f"it is an array with {entry.ndim} axes before the loop, and with {end.ndim} after an iteration.")
    kind = np.result_type(entry.dtype, end.dtype).name
    fresh = any(view.buffer in made(s) for s in ir.walk(c.block))
    return ArrayPlan(entry, kind, fresh and is_parameter(c.ctx, entry.view.buffer))


def first_array(c: Carrying, end: Array) -> Plan:
    """Return a plan for a name that is first bound to an array in the loop: the buffer is made before it."""
    builder = c.ctx.builder
    there = available(builder, len(builder.enclosing) - 1)
    sizes = [recipe_of(builder, n, there) for n in end.sizes]
    if any(n is None for n in sizes):
        return Broken("it is an array that is made in a loop, and its shape is known there only.",
                      "Make the array before the loop, and write into it.")  # fmt: skip
    plan = ArrayPlan(None, end.kind, False)
    plan.sizes = tuple([n for n in sizes if n is not None])
    return plan


def sizes_outside(ctx: Context, loop: Any, recipes: Any) -> tuple[ir.Atom, ...]:
    """Return the sizes of an array that is appended in a loop, computed before it."""
    if any(r is None for r in recipes):
        ctx.refuse("Arrays are appended whose shape is known in the loop only.", "Make one array before the loop.")
    return tuple([make(ctx.builder, r) for r in recipes])
