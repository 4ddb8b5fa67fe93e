"""Arrays that are bound to other names in a branch: both arms are brought to the same buffers."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

from .. import facts, ir
from ..scan import made
from .aliases import (
    arrays_in,
    available,
    behind,
    covers,
    holders,
    is_parameter,
    make,
    recipe_of,
    root,
    same_form,
    stand_for,
    turn,
)
from .array import Array, fill
from .broadcast import expect_equal
from .context import Context
from .joins import alike, parts_of, rebuild, same
from .state import UNDEFINED, Clash, Possibly, State, UserDict, UserList

__all__ = ["align"]

SHAPE = "an array that is bound in a branch must have one shape to be compiled"
COPIED = "This name is bound to one of several arrays, by a branch; here it is a copy, which must not be written to."


def align(ctx: Context, start: State, one: Any, other: Any, live: frozenset[str] | None) -> None:
    """Make the names of arrays denote the same buffers at the ends of two arms."""
    joiner = _Aligner(ctx, start, one, other, live)
    joiner.turn()
    for name in dict.fromkeys([*one.state.names, *other.state.names]):
        if live is None or name in live or name == "$value":
            values: list[Any] = [
                UNDEFINED if arm.dead or (arm.careless and name != "$value") else arm.state.names.get(name, UNDEFINED)
                for arm in (one, other)
            ]
            joiner.put(one, other, name, *joiner.unify(values[0], values[1], name.lstrip("$")))
    for then, orelse in joiner.contents():
        for key in list(then) if isinstance(then, dict) else range(min(len(then), len(orelse))):
            if isinstance(then, list) or key in orelse:
                then[key], orelse[key] = joiner.unify(then[key], orelse[key], "item")
    one.value, other.value = joiner.unify(one.value, other.value, "t")
    joiner.lock()


class _Aligner:
    """Aligns the two arms of one branch."""

    def __init__(self, ctx: Context, start: State, one: Any, other: Any, live: frozenset[str] | None) -> None:
        self.ctx = ctx
        self.start = start
        self.arms = (one, other)
        self.live = live
        self.fresh = [{b for s in ir.walk(arm.block) for b in made(s)} for arm in self.arms]
        self.before = {id(container) for container, _ in start.contents}
        self.known: dict[tuple[int, int], tuple[Any, Any]] = {}
        self.copied: dict[tuple[int, Any], list[Array]] = {}

    @staticmethod
    def put(one: Any, other: Any, name: str, then: Any, orelse: Any) -> None:
        for arm, value in ((one, then), (other, orelse)):
            if value is not UNDEFINED or name in arm.state.names:
                arm.state.names[name] = value

    def contents(self) -> Iterator[tuple[Any, Any]]:
        """Yield what the lists and dicts that were there before hold in the two arms."""
        if any(arm.careless for arm in self.arms):
            return
        for container, _ in self.start.contents:
            pair = [next(c for k, c in arm.state.contents if k is container) for arm in self.arms]
            if isinstance(container, UserList):
                pair = [content[0] for content in pair]
            yield pair[0], pair[1]

    def lock(self) -> None:
        """Let nobody write to arrays that are copies of the same one, which an arm knows by several names."""
        for targets in self.copied.values():
            if len({root(target) for target in targets}) > 1:
                for target in targets:
                    target.locked = COPIED

    # ---- Arrays that have changed places

    def turn(self) -> None:
        """Where the first arm has only exchanged arrays, exchange them back."""
        if any(arm.careless for arm in self.arms):
            return
        pairs = list(self._pairs())
        turned: dict[ir.Buffer, ir.Buffer] = {}
        for then, orelse in pairs:
            if then.locked or orelse.locked:
                return
            a, b = then.view.buffer, orelse.view.buffer
            if a in self.fresh[0] or b in self.fresh[1]:
                continue
            if turned.setdefault(a, b) != b:
                return
        for _, array in holders(self.ctx, frozenset(), {}):
            buffer = array.view.buffer
            if turned.get(buffer, buffer) != buffer:
                return
        moves = {a: b for a, b in turned.items() if a != b}
        if not moves or set(moves) != set(moves.values()) or not self._exchangeable(moves, pairs):
            return
        sources = tuple(moves)
        with self.ctx.builder.into(self.arms[0].block):
            for a, b in moves.items():
                for axis in range(a.ndim):
                    expect_equal(self.ctx.builder, self.ctx.builder.dim(a, axis), self.ctx.builder.dim(b, axis), SHAPE)
        with self.ctx.builder.into(self.arms[0].block):
            turn(self.ctx, tuple([moves[a] for a in sources]), sources)
        self.partners = {id(then): orelse for then, orelse in pairs}
        for name, value in list(self.arms[0].state.names.items()):
            if self.live is None or name in self.live:
                self.arms[0].state.names[name] = self._renamed(value, moves)

    def _pairs(self) -> Iterator[tuple[Array, Array]]:
        one, other = self.arms
        for name in one.state.names:
            if (self.live is None or name in self.live) and name in other.state.names:
                arrays = list(arrays_in(one.state.names[name])), list(arrays_in(other.state.names[name]))
                if len(arrays[0]) == len(arrays[1]):
                    yield from zip(*arrays, strict=True)
        for then, orelse in self.contents():
            for a, b in zip(_values(then), _values(orelse), strict=False):
                yield from zip(arrays_in(a), arrays_in(b), strict=False)

    def _exchangeable(self, moves: dict[ir.Buffer, ir.Buffer], pairs: list[tuple[Array, Array]]) -> bool:
        builder = self.ctx.builder
        strided, aliases = builder.notes.get("strided", ()), builder.notes.get("aliases", {})
        for a, b in moves.items():
            if a.dtype != b.dtype or a.ndim != b.ndim or (a in strided) != (b in strided):
                return False
            if any(x in aliases or x in aliases.values() for x in (a, b)):
                return False
            if a in self.ctx.own_parameters or b in self.ctx.own_parameters:
                return False
        return all(t.view.buffer not in moves or same_form(t.view, o.view) for t, o in pairs)

    def _renamed(self, value: Any, moves: dict[ir.Buffer, ir.Buffer]) -> Any:
        if isinstance(value, Array):
            view = value.view
            if view.buffer not in moves:
                return value
            partner = self.partners.get(id(value))
            if partner is not None:
                return partner
            array = Array.from_view(self.ctx.builder, ir.View(moves[view.buffer], view.axes, view.fixed))
            array.locked = value.locked
            return array
        if isinstance(value, Possibly):
            return Possibly(self._renamed(value.value, moves), value.defined)
        parts = None if isinstance(value, (UserList, UserDict)) else parts_of(value)
        if not parts or not any(True for _ in arrays_in(value)):
            return value
        return rebuild(self.ctx, value, [self._renamed(p, moves) for p in parts])

    # ---- Arrays that differ

    def unify(self, then: Any, orelse: Any, hint: str) -> tuple[Any, Any]:
        """Return two values whose arrays are the same."""
        settled = (
            isinstance(then, Clash) or isinstance(orelse, Clash) or id(then) in self.before or id(orelse) in self.before
        )
        if settled or same(then, orelse):
            return then, orelse
        key = (id(then), id(orelse))
        if key not in self.known:
            self.known[key] = (*self._unified(then, orelse, hint), then, orelse)  # type: ignore[assignment]
        return self.known[key][:2]

    def _unified(self, then: Any, orelse: Any, hint: str) -> tuple[Any, Any]:
        if isinstance(then, Possibly) or isinstance(orelse, Possibly):
            a, b = (v.value if isinstance(v, Possibly) else v for v in (then, orelse))
            a, b = self.unify(a, b, hint)
            return tuple(
                [Possibly(n, v.defined) if isinstance(v, Possibly) else n for n, v in ((a, then), (b, orelse))]
            )  # type: ignore[return-value]
        if isinstance(then, Array) or isinstance(orelse, Array):
            return self._arrays(then, orelse, hint)
        if then is UNDEFINED or orelse is UNDEFINED or then is None or orelse is None:
            return self._one_sided(then, orelse, hint)
        if alike(then, orelse):
            pairs = [self.unify(a, b, hint) for a, b in zip(parts_of(then) or [], parts_of(orelse) or [], strict=True)]
            olds = zip(parts_of(then) or [], parts_of(orelse) or [], strict=True)
            if all(a is x and b is y for (a, b), (x, y) in zip(pairs, olds, strict=True)):
                return then, orelse
            return rebuild(self.ctx, then, [a for a, _ in pairs]), rebuild(self.ctx, orelse, [b for _, b in pairs])
        return then, orelse

    def _one_sided(self, then: Any, orelse: Any, hint: str) -> tuple[Any, Any]:
        value, side = (orelse, 1) if then is UNDEFINED or then is None else (then, 0)
        parts = parts_of(value)
        if not parts or not any(True for _ in arrays_in(value)):
            return then, orelse
        if side:
            return then, rebuild(self.ctx, value, [self.unify(UNDEFINED, p, hint)[1] for p in parts])
        return rebuild(self.ctx, value, [self.unify(p, UNDEFINED, hint)[0] for p in parts]), orelse

    def _arrays(self, then: Any, orelse: Any, hint: str) -> tuple[Any, Any]:
        values = (then, orelse)
        arrays = [v for v in values if isinstance(v, Array)]
        if len(arrays) == 1:
            side = 0 if isinstance(then, Array) else 1
            if values[1 - side] is not UNDEFINED or not self._is_fresh(arrays[0], side):
                return then, orelse
        elif then.source == orelse.source:
            locked = then if then.locked else orelse
            return locked, locked
        elif then.ndim != orelse.ndim:
            return then, orelse
        else:
            for side in (0, 1):
                if self._may_take(values[1 - side], values[side], side):
                    taken = Array.from_view(self.ctx.builder, values[1 - side].view)
                    self._copy(side, values[side], taken)
                    return taken, taken
        return self._into_new(values, hint)

    def _is_fresh(self, array: Array, side: int) -> bool:
        return root(array) in self.fresh[side] or array.view.buffer in self.fresh[side]

    def _may_take(self, target: Array, value: Array, side: int) -> bool:
        """Whether an arm's new array may be copied to where the other arm has left the name's array."""
        if (
            self._is_fresh(target, 1 - side)
            or not self._is_fresh(value, side)
            or target.locked
            or value.locked
            or target.kind != value.kind
        ):
            return False
        if is_parameter(self.ctx, target.view.buffer):
            return False
        place = root(target)
        holds = [sum(root(a) == place for _, a in holders(self.ctx, self.live, arm.state.names)) for arm in self.arms]
        return holds[side] == 0 and holds[1 - side] == 1

    def _into_new(self, values: tuple[Any, Any], hint: str) -> tuple[Any, Any]:
        builder = self.ctx.builder
        arrays = [v for v in values if isinstance(v, Array)]
        there = available(builder)
        sizes = None
        for array in arrays:
            recipes = [recipe_of(builder, n, there) for n in array.sizes]
            if all(r is not None for r in recipes):
                sizes = tuple([make(builder, r) for r in recipes if r is not None])
                break
        if sizes is None:
            clash = Clash("it is an array that is made in a branch, and its shape is known there only.",
                          "Make the array before the branch, and write into it.")  # fmt: skip
            return clash, clash
        for n in sizes:
            facts.known_size(builder, n)
        kind = np.result_type(*[a.dtype for a in arrays]).name
        target = Array.new(builder, hint, kind, sizes)
        for side, value in enumerate(values):
            if isinstance(value, Array):
                shown = behind(value) | ({root(value)} if not self._is_fresh(value, side) else set())
                if shown or value.locked:
                    target.locked = value.locked or COPIED
                for where in shown:
                    stand_for(target, where)
                self._copy(side, value, target)
        return (target if isinstance(values[0], Array) else values[0]), (
            target if isinstance(values[1], Array) else values[1]
        )

    def _copy(self, side: int, value: Array, target: Array) -> None:
        """Bring an array into another buffer at the end of an arm: if it was made there, it is made there at once."""
        builder, arm = self.ctx.builder, self.arms[side]
        self.copied.setdefault((side, root(value)), []).append(target)
        if self._adopt(side, value, target):
            return
        with builder.into(arm.block):
            for a, b in zip(value.sizes, target.sizes, strict=True):
                expect_equal(builder, a, b, SHAPE)
            fill(builder, target.view, value)

    def _adopt(self, side: int, value: Array, target: Array) -> bool:
        builder, arm = self.ctx.builder, self.arms[side]
        mine, goal = value.view.buffer, target.view.buffer
        allocs = [s for s in arm.block if isinstance(s, ir.Alloc) and s.buffer == mine and s.fill is None]
        if (
            not allocs
            or mine.dtype != goal.dtype
            or not target.is_whole
            or not covers(value.view)
            or allocs[0].shape != value.sizes
            or goal in self._used(arm)
        ):
            return False
        held = sum(root(a) == mine for _, a in holders(self.ctx, self.live, arm.state.names))
        if held > 1 or not all(facts.equal(builder, a, b) for a, b in zip(value.sizes, target.sizes, strict=True)):
            return False
        if any(isinstance(s, (ir.Swap, ir.Alias, ir.Grow)) for s in ir.walk(arm.block)):
            return False
        arm.block.remove(allocs[0])
        for s in ir.walk(arm.block):
            _rename(s, mine, goal)
        return True

    @staticmethod
    def _used(arm: Any) -> set[ir.Buffer]:
        from ..scan import loaded, stored

        return {b for s in ir.walk(arm.block) for b in (*loaded(s), *stored(s))}


def _values(content: Any) -> list[Any]:
    return list(content.values() if isinstance(content, dict) else content)


def _rename(s: Any, old: ir.Buffer, new: ir.Buffer) -> None:
    """Let a statement use another buffer."""
    if getattr(s, "buffer", None) == old:
        s.buffer = new
    for name in ("reads", "writes", "args"):
        parts = getattr(s, name, None)
        if isinstance(parts, tuple) and any(isinstance(p, ir.View) and p.buffer == old for p in parts):
            setattr(
                s,
                name,
                tuple(
                    [ir.View(new, p.axes, p.fixed) if isinstance(p, ir.View) and p.buffer == old else p for p in parts]
                ),
            )
