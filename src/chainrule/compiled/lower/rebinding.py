"""Loops in which names of arrays are bound anew: the buffers turn, or each name keeps one and is written into it."""

from __future__ import annotations

import copy
from collections.abc import Iterator
from typing import Any

import numpy as np

from .. import ir
from ..build import Builder
from ..scan import made, stored
from .aliases import behind, covers, holders, is_parameter, root, same_form, turn
from .array import Array, fill
from .array_plans import ALIAS, REPAIR, SHAPE, ArrayPlan
from .broadcast import expect_equal
from .context import Context
from .lazy import root_of
from .plans import Carrying, Late, Parts, Plan

__all__ = ["close_arrays", "stored_in_place"]


# ---- Expressions computed into the buffer of a name


def stored_in_place(ctx: Context, name: str, value: Array) -> Array:
    """Compute an expression into the buffer that the name keeps in the loop around, if nothing else shows that."""
    plan = _plan_of(ctx, name)
    if plan is not None and len(ctx.builder.enclosing) == ctx.loops[-1][1].depth + 1:
        plan.sure = not _shows_kept(ctx, value)
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


def _shows_kept(ctx: Context, value: Array) -> bool:
    """Whether an array may show what names had before a loop: a part of a buffer that one keeps through the loop."""
    kept = {root(p.head) for _, loop in ctx.loops for plan in loop.plans.values() for p in _array_plans(plan)}
    return isinstance(value.source, ir.View) and root(value) in kept


def _array_plans(plan: Plan | None) -> Iterator[ArrayPlan]:
    if isinstance(plan, ArrayPlan):
        yield plan
    elif isinstance(plan, Parts):
        for part in plan.plans:
            yield from _array_plans(part)
    else:
        inner = getattr(plan, "inner", None)
        if inner is not None:
            yield from _array_plans(inner)


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
            (holder is item.name or (isinstance(holder, str) and holder == item.name))
            and array.source == item.end.source
            for item in self.items
        )

    def look(self) -> bool:
        """Return whether other plans are needed, which are in `better` then."""
        self._separate()
        for item in self.items:
            shown = {*item.plan.behind, *behind(item.end)}
            if (item.end.locked and not item.head.locked) or len(shown) > len(item.plan.behind):
                locked = item.plan.locked or item.end.locked
                self.better[item.plan] = item.plan.changed(locked=locked, behind=sorted(shown, key=str))
        for item in self.moved:
            kind = np.result_type(item.head.dtype, item.end.dtype).name
            if kind != item.plan.kind:
                self.better[item.plan] = item.plan.changed(kind=kind)
        if self.better:
            return True
        self._turns()
        for chain in _chains(self.moved):
            filled = chain[-1].source is None or any(item.plan.own_stores for item in chain)
            for item in chain if filled else []:
                # New elements come into this chain of buffers: the caller's array must not be among them.
                if item.plan.entry is not None and not item.plan.copies and is_parameter(self.ctx, item.target.buffer):
                    self.better[item.plan] = item.plan.changed(copies=True)
            self._locked_together(chain)
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
            and not any(b in self.ctx.own_parameters for b in buffers)
        )

    def _locked_together(self, chain: list[Item]) -> None:
        """Where a name shows a copy that stands for another array, those that take it over do so as well."""
        shown: dict[Item, set[Any]] = {}
        for item in chain:
            plan = item.plan
            stands = {root(plan.entry)} if plan.copies and plan.entry is not None else set()
            if stands or item.head.locked:
                shown[item] = {*stands, *plan.behind, *behind(item.head)}
        for _ in chain:
            for item in chain:
                if item.source in shown and item.source is not None:
                    shown[item] = shown.get(item, set()) | shown[item.source]
        for item in chain:
            if item.source in shown and not (item.plan.locked and shown[item] <= set(item.plan.behind)):
                roots = sorted(shown[item], key=str)
                self.better[item.plan] = item.plan.changed(locked=item.plan.locked or ALIAS, behind=roots)

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
                what = "An array is written in place and bound anew in the same loop, while something else shows it."
                self.ctx.refuse_at(what, REPAIR, s.place)


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
        turn(ctx, targets, (*targets[1:], targets[0]))
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
