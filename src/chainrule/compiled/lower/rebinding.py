"""Loops in which names of arrays are bound anew: the buffers turn, or each name keeps one and is written into it."""

from __future__ import annotations

import copy
from typing import Any

import numpy as np

from .. import facts, ir
from ..build import Builder
from ..scan import made, stored
from .aliases import Recipe, available, behind, covers, holders, is_parameter, make, recipe_of, root, same_form, stand_for
from .array import Array, fill
from .broadcast import expect_equal
from .context import Context
from .lazy import root_of
from .plans import Again, Broken, Carrying, Late, Parts, Plan

__all__ = ["ArrayPlan", "WindowPlan", "close_arrays", "first_array", "rebound", "sizes_outside", "stored_in_place"]

SHAPE = "an array that is bound anew in a loop must keep its shape to be compiled"
MAYBE_ALIAS = "This name shows an array from before the loop if the loop does not bind it anew; here it is a copy of that."
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
            return self.head
        # Where no iteration binds it anew, the name still shows the array of the entry, of which this is a copy.
        array = Array.from_view(c.ctx.builder, self.head.view)
        array.locked = self.head.locked or MAYBE_ALIAS
        for where in self.behind:
            stand_for(array, where)
        entry = root(self.entry)
        if not is_parameter(c.ctx, entry) or any(root(a) == entry for _, a in holders(c.ctx, None)):  # type: ignore[arg-type]
            stand_for(array, entry)  # type: ignore[arg-type]
        return array


class WindowPlan(Plan):
    """A name that shows another part of the same buffer after each iteration."""

    def __init__(self, entry: Array) -> None:
        self.entry = entry

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
        array.locked = self.entry.locked
        return array

    def close(self, c: Carrying, end: Any) -> None:
        view = self.entry.view
        if not isinstance(end, Array) or end.view.buffer != view.buffer or not _same_axes(view, end.view):
            raise Again(Broken("it shows parts of different kinds after each iteration."))
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
    if view.buffer == entry.view.buffer and _same_axes(view, entry.view):
        return WindowPlan(entry)
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


# ---- Expressions computed into the buffer of a name


def stored_in_place(ctx: Context, name: str, value: Array) -> Array:
    """Compute an expression into the buffer that the name keeps in the loop around, if nothing else shows that."""
    plan = _plan_of(ctx, name)
    if plan is not None and len(ctx.builder.enclosing) == ctx.loops[-1][1].depth + 1:
        plan.sure = True
    if plan is None or isinstance(value.source, ir.View):
        return value
    head = plan.head
    own = plan.copies or plan.entry is None or not is_parameter(ctx, head.view.buffer)
    if not own or value.ndim != head.ndim or value.kind != head.kind or head.locked:
        return value
    live = ctx.frame.live_after(ctx.frame.statement)
    target = root(head)
    if any(root(array) == target and holder != name for holder, array in holders(ctx, live)):
        return value
    _expect_shape(ctx.builder, value, head)
    count = len(ctx.builder.block)
    value.copy_into(head)
    plan.own_stores += [s for s in ir.walk(ctx.builder.block[count:]) if isinstance(s, ir.Store)]
    if plan.since is None and len(ctx.builder.enclosing) == ctx.loops[-1][1].depth + 1:
        plan.since = len(ctx.builder.block)
    return head


def _plan_of(ctx: Context, name: str) -> ArrayPlan | None:
    for frame, loop in reversed(ctx.loops):
        if frame is not ctx.frame:
            return None
        plan = loop.plans.get(("name", name))
        plan = plan.inner if isinstance(plan, Late) else plan
        if isinstance(plan, ArrayPlan):
            return plan
        if plan is not None:
            return None
    return None


def _expect_shape(builder: Builder, value: Array, target: Array) -> None:
    for a, b in zip(value.sizes, target.sizes, strict=True):
        expect_equal(builder, a, b, SHAPE)


# ---- The end of the body


class Item:
    """An array that is bound anew: where it belongs, and where it is at the end of the body."""

    def __init__(self, plan: ArrayPlan, end: Array, name: Any) -> None:
        self.plan = plan
        self.head = plan.head
        self.end = end
        self.name = name
        self.source: Item | None = None  # whose buffer it takes
        self.claimed = False

    @property
    def target(self) -> ir.View:
        return self.head.view


def close_arrays(
    ctx: Context, loop: Any, c: Carrying, arm: Any, block: list[ir.Statement], counter: ir.Var | None
) -> bool:
    """Bring the arrays of names back to their own buffers at the end of a body; return whether the plans allow it."""
    items = [item for key, plan in loop.plans.items() for item in _items(plan, _end(arm, key), key)]
    moved = [i for i in items if i.end.view != i.target]
    if not items:
        return True
    demands = _Demands(ctx, loop, items, moved, block)
    if demands.look():
        _replace(loop.plans, demands.better)
        return False
    with ctx.builder.into(block, counter):
        _emit(ctx, moved, demands)
    return True


def _end(arm: Any, key: Any) -> Any:
    kind, name = key
    return arm.state.names.get(name) if kind == "name" else name[0].container[name[1]]


def _items(plan: Plan | None, end: Any, key: Any) -> list[Item]:
    from .joins import alike, parts_of
    from .plans import Answer
    from .state import Possibly

    if isinstance(plan, (Late, Answer)):
        return _items(plan.inner, end.value if isinstance(end, Possibly) else end, key)
    if isinstance(plan, Parts) and alike(plan.entry, end):
        return [i for p, e in zip(plan.plans, parts_of(end) or [], strict=True) for i in _items(p, e, key)]
    if isinstance(plan, ArrayPlan) and isinstance(end, Array) and end.ndim == plan.head.ndim:
        return [Item(plan, end, key[1] if key[0] == "name" else key[1][0].container)]
    return []


def _replace(plans: dict[Any, Plan], better: dict[ArrayPlan, Plan]) -> None:
    for key, plan in plans.items():
        plans[key] = _replaced(plan, better)


def _replaced(plan: Any, better: dict[ArrayPlan, Plan]) -> Any:
    if plan in better:
        return better[plan]
    if getattr(plan, "inner", None) is not None:
        plan = copy.copy(plan)
        plan.inner = _replaced(plan.inner, better)
    elif isinstance(plan, Parts):
        plan = Parts(plan.entry, [_replaced(p, better) for p in plan.plans])
    return plan


class _Demands:
    """Finds out how arrays may be brought back, and what plans would have to be other ones."""

    def __init__(
        self, ctx: Context, loop: Any, items: list[Item], moved: list[Item], block: list[ir.Statement]
    ) -> None:
        self.ctx = ctx
        self.loop = loop
        self.items = items
        self.moved = moved
        self.block = block
        self.better: dict[ArrayPlan, Plan] = {}
        self.fresh = {b for s in ir.walk(block) for b in made(s)}
        self.held = [(holder, root(a)) for holder, a in holders(ctx, loop.live) if not self._is_end(holder, a)]

    def _is_end(self, holder: Any, array: Array) -> bool:
        """Whether this is one of the arrays that are to be brought back, under its own name."""
        return any(
            (holder is item.name or (isinstance(holder, str) and holder == item.name)) and array.source == item.end.source
            for item in self.items
        )

    def look(self) -> bool:
        """Return whether other plans are needed, which are in `better` then."""
        self._separate()
        for item in self.moved:
            kind = np.result_type(item.head.dtype, item.end.dtype).name
            if kind != item.plan.kind:
                self.better[item.plan] = item.plan.changed(kind=kind)
        if self.better:
            return True
        self._turns()
        for chain in _chains(self.moved):
            for item in chain if chain[-1].source is None else []:
                # New elements come into this chain of buffers: the caller's array must not be among them.
                if item.plan.entry is not None and not item.plan.copies and is_parameter(self.ctx, item.target.buffer):
                    self.better[item.plan] = item.plan.changed(copies=True)
        for item in self.moved:
            self._copied(item)
        for item in self.items:
            self._written(item)
        return bool(self.better)

    def _separate(self) -> None:
        """Give each name that is bound anew a buffer that nothing else shows."""
        for item in self.items:
            plan, entry = item.plan, None if item.plan.entry is None else root(item.plan.entry)
            if plan.copies and entry not in plan.behind and any(r == entry for _, r in self.held):
                # In the first iteration other names show the same array: they must not be written to.
                self.better[plan] = plan.changed(behind=(*plan.behind, entry))
        roots = [root(item.head) for item in self.items]
        for item in self.moved:
            mine = root(item.head)
            shared = roots.count(mine) > 1 or any(r == mine for _, r in self.held)
            if shared and not item.plan.copies and item.plan.entry is not None:
                self.better[item.plan] = item.plan.changed(copies=True)
            elif shared and not (roots.count(mine) > 1):
                self.ctx.refuse(ALIAS, REPAIR)

    def _turns(self) -> None:
        """Find the names that take over each other's buffers."""
        for item in self.moved:
            for other in self.moved:
                if other is not item and not other.claimed and self._takes(item, other):
                    item.source, other.claimed = other, True
                    break

    def _takes(self, item: Item, other: Item) -> bool:
        builder = self.ctx.builder
        strided = builder.notes.get("strided", ())
        buffers = (item.target.buffer, other.target.buffer)
        return (
            item.end.view.buffer == other.target.buffer
            and same_form(item.end.view, item.target)
            and same_form(item.target, other.target)
            and covers(item.target)
            and covers(other.target)
            and buffers[0].dtype == buffers[1].dtype
            and not any(
                b in builder.notes.get("aliases", {}) or b in builder.notes.get("aliases", {}).values() for b in buffers
            )
            and (buffers[0] in strided) == (buffers[1] in strided)
            and not any(is_parameter(self.ctx, b) and len(self.ctx.frames) > 1 for b in buffers)
        )

    def _copied(self, item: Item) -> None:
        """See to it that the array may be copied into its name's own buffer."""
        if item.source is not None:
            return
        plan = item.plan
        if plan in self.better:
            return
        there = root(item.end)
        others = [other for other in self.items if other is not item and root(other.end) == there]
        shown = {r for _, r in self.held if r == there and r not in self.fresh}
        shown |= behind(item.end)
        shown |= {there} & {root(other.head) for other in self.items if other.end.view == other.target}
        locked = ALIAS if others or shown or item.end.locked or any(r == there for _, r in self.held) else ""
        kept = tuple(dict.fromkeys([*plan.behind, *[r for r in shown if r is not None]]))
        if locked and (not plan.locked or kept != plan.behind):
            self.better[plan] = plan.changed(locked=locked, behind=kept)
        for other in others:
            if not other.plan.locked:
                self.better[other.plan] = other.plan.changed(locked=ALIAS)

    def _written(self, item: Item) -> None:
        """Refuse where the user's code writes into an array that was copied before the loop."""
        if not item.plan.copies or item.plan.entry is None or item.plan.kind != item.plan.entry.kind:
            return
        mine = root(item.head)
        own = {id(s) for s in item.plan.own_stores}
        for s in ir.walk(self.block[: item.plan.since]):
            if id(s) not in own and any(root_of(self.ctx.builder, b) == mine for b in stored(s)):
                self.ctx.refuse(
                    "An array is written in place and bound anew in the same loop, while something else shows it.",
                    REPAIR,
                )


def _emit(ctx: Context, moved: list[Item], demands: _Demands) -> None:
    """Append the copies and turns that bring the arrays back."""
    builder = ctx.builder
    roots = {root(item.head) for item in moved}
    sources = {}
    for item in moved:
        _expect_shape(builder, item.end, item.head)
        if item.source is None:
            sources[item] = item.end.fresh_copy() if root(item.end) in roots else item.end
    for cycle in _chains(moved):
        if len(cycle) == 1:
            continue
        targets = tuple([i.target.buffer for i in cycle])
        builder.add(ir.Swap(targets, (*targets[1:], targets[0]), builder.place))
    for item, source in sources.items():
        fill(builder, item.target, source)


def _chains(moved: list[Item]) -> list[list[Item]]:
    """Return the chains of names that take over buffers; a chain without an end is a cycle."""
    cycles, done = [], set()
    for first in [*[i for i in moved if not i.claimed], *moved]:
        chain, item = [], first
        while item is not None and id(item) not in done:
            done.add(id(item))
            chain.append(item)
            item = item.source  # type: ignore[assignment]
        if chain:
            cycles.append(chain)
    return cycles
