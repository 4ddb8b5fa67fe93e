"""Loops at run time: the body is lowered, and again if its names turn out to have other types, until all fits."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any

from .. import ir
from ..build import const
from .branches import NeedsRows, lower_arm
from .context import Context
from .expressions import atom_of, truth
from .joins import same
from .lazy import flush
from .mark import Mark
from .plans import Again, Answer, Carrying, Number, Plan, first_plan
from .state import UNDEFINED, State, UserList, set_contents

__all__ = ["Loop", "run_loop"]

FALSE = ir.Const(False, ir.BOOL)
ATTEMPTS = 24


@dataclass(eq=False)
class Loop:
    """What is to be looped.

    Attributes
    ----------
    body : callable
        Lowers one iteration, given the number of it.
    assigned : list of str
        The names that an iteration may set.
    live : frozenset of str or None
        The names that may be read at the head of an iteration, or after the loop.
    exits : tuple of str
        How an iteration may end the loop: ``"$break"``, ``"$return"``.
    trip : ir.Atom or None
        The number of iterations; None if a test decides.
    test : callable or None
    """

    body: Callable[[ir.Var], None]
    assigned: list[str]
    live: frozenset[str] | None = None
    exits: tuple[str, ...] = ()
    trip: ir.Atom | None = None
    test: Callable[[], Any] | None = None
    hint: str = "i"
    plans: dict[Any, Plan] = field(default_factory=dict)
    rows: dict[int, Any] = field(default_factory=dict)
    appends: dict[int, int] = field(default_factory=dict)
    samples: dict[int, Any] = field(default_factory=dict)
    recipes: dict[Any, Any] = field(default_factory=dict)
    touched: set[int] = field(default_factory=set)
    growth: dict[int, int | None] = field(default_factory=dict)

    @property
    def leaves(self) -> bool:
        """Whether an iteration may end the loop."""
        return bool(self.exits)

    depth: int = 0


def run_loop(ctx: Context, loop: Loop) -> None:
    """Lower a loop; afterwards the names have the values that it leaves behind."""
    flush(ctx.builder)
    if loop.trip == const(0):
        return
    start = ctx.state()
    loop.depth = len(ctx.builder.enclosing)
    _first_plans(loop, start)
    mark = Mark(ctx)
    for _ in range(ATTEMPTS):
        try:
            if _attempt(ctx, loop, start):
                return
        except NeedsRows as need:
            from .lists import want_rows

            mark.reset()
            want_rows(ctx, loop, need.container)
            continue
        mark.reset()
    ctx.refuse("The types of the names in this loop could not be found.", "Set each name to one kind of value.")


def _first_plans(loop: Loop, start: State) -> None:
    for name in loop.assigned:
        if loop.live is None or name in loop.live:
            loop.plans["name", name] = first_plan(start.names.get(name, UNDEFINED))
    for flag in loop.exits:
        loop.plans["name", flag] = Number(False, ir.BOOL, True)
    if "$return" in loop.exits:
        loop.plans["name", "$value"] = Answer()


def _attempt(ctx: Context, loop: Loop, start: State) -> bool:
    """Lower the loop by its present plans; return whether they fit."""
    builder, place = ctx.builder, ctx.builder.place
    from .lists import open_rows, prepare_rows

    rows = prepare_rows(ctx, loop)
    for (kind, key), plan in loop.plans.items():
        plan.prepare(ctx, _hint(kind, key))
    flush(builder)
    counter = builder.counter(loop.trip, loop.hint) if loop.trip is not None else builder.var(loop.hint, ir.INT)
    stopped = loop.leaves or loop.trip is None
    count = builder.var("n", ir.INT) if stopped else None
    c = Carrying(ctx, counter, count if count is not None else loop.trip)
    head: list[ir.Statement] = []
    test: Any = True
    if loop.trip is None:
        facts_noted(ctx, counter, count)
        with builder.into(head):
            _open(ctx, loop, c)
            open_rows(ctx, rows, c, loop)
            assert loop.test is not None
            test = truth(ctx, loop.test())
            flush(builder)
    opened = ctx.state()

    def body() -> None:
        if loop.trip is not None:
            _open(ctx, loop, c)
            open_rows(ctx, rows, c, loop)
        elif isinstance(test, ir.Var):
            assume(ctx, test, True)
        loop.body(counter)
        flush(builder)

    body_block = c.block
    with ctx.looping(loop):
        arm = lower_arm(ctx, body, body_block) if stopped else _whole_arm(ctx, body, body_block, counter)
    if loop.trip is not None:
        opened = arm.state if arm.dead else opened
    fits = _close(ctx, loop, c, arm, body_block, counter if not stopped else None, rows, opened)
    if not fits:
        return False
    stop = _stop(ctx, arm, body_block)
    builder.place = place
    _add(ctx, loop, c, head, test, body_block, stop, count)
    _leave(ctx, loop, c, start, rows, arm.dead)
    return True


def facts_noted(ctx: Context, counter: ir.Var, count: ir.Var | None) -> None:
    from .. import facts

    facts.known_size(ctx.builder, counter)
    if count is not None:
        facts.known_size(ctx.builder, count)


def _whole_arm(ctx: Context, body: Callable[[], None], block: list[ir.Statement], counter: ir.Var) -> Any:
    """Lower a body that runs whole in each iteration, so that checks may move in front of the loop."""
    from .branches import Arm
    from .state import DeadPath

    depth, dead = len(ctx.frames), False
    with ctx.builder.into(block, counter):
        try:
            body()
        except DeadPath:
            dead = True
            del ctx.frames[depth:]
    return Arm(block, ctx.state(), dead)


def _hint(kind: str, key: Any) -> str:
    if kind == "name":
        return {"$break": "left", "$return": "returned", "$value": "result"}.get(key, str(key).lstrip("$"))
    return "item" if isinstance(key[1], int) else str(key[1])


def _open(ctx: Context, loop: Loop, c: Carrying) -> None:
    for (kind, key), plan in loop.plans.items():
        value = plan.open(c)
        c.opened.append((plan, value))
        if kind == "name":
            ctx.frame.names[key] = value
        else:
            key[0].container[key[1]] = value
    ctx.frame.names.update({"$break": False, "$continue": False, "$return": False})


def _close(
    ctx: Context,
    loop: Loop,
    c: Carrying,
    arm: Any,
    block: list[ir.Statement],
    counter: ir.Var | None,
    rows: Any,
    opened: State,
) -> bool:
    """Let the plans take the values at the end of the body; return whether they all could."""
    from .lists import close_rows
    from .rebinding import close_arrays

    if arm.dead:
        _stay(c, rows)
        return True
    plans = dict(loop.plans)
    fits = close_arrays(ctx, loop, c, arm, block, counter)
    with ctx.builder.into(block, counter):
        for (kind, key), plan in plans.items():
            end = arm.state.names.get(key, UNDEFINED) if kind == "name" else key[0].container[key[1]]
            try:
                plan.close(c, end)
            except Again as better:
                fits = False
                if loop.plans[kind, key] is plan:
                    loop.plans[kind, key] = better.plan
        fits = close_rows(ctx, rows, c, loop) and fits
    return _changed_contents(ctx, loop, opened, {id(row["container"]) for row in rows}) and fits


def _stay(c: Carrying, rows: Any) -> None:
    """Let everything that a loop carries stay as it is: no iteration gets to its end."""
    for plan, value in c.opened:
        with suppress(Again):
            plan.close(c, value)
    for row in rows:
        if row["growth"] is None:
            result = c.ctx.builder.var("length", ir.INT)
            c.carried.append(ir.Carried(row["phi"], row["before"].length, row["phi"], result))


class Held:
    """A container as a key."""

    __slots__ = ("container",)

    def __init__(self, container: Any) -> None:
        self.container = container

    def __hash__(self) -> int:
        return id(self.container)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Held) and other.container is self.container


def _changed_contents(ctx: Context, loop: Loop, opened: State, carried: set[int]) -> bool:
    """Plan for the items of lists and dicts that the body changes; return whether there were none left."""
    fits = True
    for container, content in opened.contents:
        if isinstance(container, UserList):
            if container.rows is not None and content[1] is not None:
                fits = fits and (container.rows is content[1] or id(container) in carried)
                continue
            if container.rows is not content[1] or len(container) != len(content[0]):
                raise NeedsRows(container)
            pairs = list(enumerate(content[0]))
        else:
            if list(container) != list(content):
                ctx.refuse("A loop adds keys to a dict, or takes some away.", "Make all keys before the loop.")
            pairs = list(content.items())
        for key, value in pairs:
            if ("item", (Held(container), key)) not in loop.plans and not same(value, container[key]):
                plan = first_plan(value)
                loop.plans["item", (Held(container), key)] = plan
                fits = False
    return fits


def _stop(ctx: Context, arm: Any, block: list[ir.Statement]) -> ir.Atom | None:
    if arm.dead:
        return None
    with ctx.builder.into(block):
        flags = [atom_of(arm.state.names.get(name, False)) for name in ("$break", "$return")]
        flag = ctx.builder.let("logical_or", *flags, hint="stop")
    return None if flag == FALSE else flag


def _add(
    ctx: Context, loop: Loop, c: Carrying, head: list[ir.Statement], test: Any, block: list[ir.Statement],
    stop: ir.Atom | None, count: ir.Var | None,
) -> None:  # fmt: skip
    place = ctx.builder.place
    if loop.trip is not None:
        ctx.builder.add(
            ir.For(c.counter, loop.trip, block, c.carried, stop, None if stop is None else count, place=place)
        )
        if stop is None:
            c.runs = loop.trip
        return
    assert count is not None
    test_atom = test if isinstance(test, ir.Var) else ir.Const(test, ir.BOOL)
    ctx.builder.add(ir.While(c.counter, head, test_atom, block, count, c.carried, stop, place))


def _leave(ctx: Context, loop: Loop, c: Carrying, start: State, rows: Any, dead: bool) -> None:
    """Give names and containers the values that they have after the loop."""
    from .lists import leave_rows

    contents = [(container, content) for container, content in start.contents]
    start.frame.names = dict(start.names)
    for container, content in contents:
        set_contents(container, content)
    for (kind, key), plan in loop.plans.items():
        value = plan.after(c) if not dead else start.names.get(key, UNDEFINED)
        if kind == "name":
            ctx.frame.names[key] = value
        elif not dead:
            key[0].container[key[1]] = value
    leave_rows(ctx, rows, c, dead)


_ORDER = {"less": (0, 1, 1), "less_equal": (0, 1, 0), "greater": (1, 0, 1), "greater_equal": (1, 0, 0)}
_OPPOSITE = {"less": "greater_equal", "less_equal": "greater", "greater": "less_equal", "greater_equal": "less",
             "equal": "not_equal", "not_equal": "equal"}  # fmt: skip


def assume(ctx: Context, test: ir.Atom, holds: bool) -> None:
    """Take note, for the current block, of what a condition says about integers."""
    from .. import facts

    if not isinstance(test, ir.Var):
        return
    op, args = ctx.builder.definitions.get(test, ("", ()))
    if op == "logical_not":
        assume(ctx, args[0], not holds)
    elif op == ("logical_and" if holds else "logical_or"):
        for part in args:
            assume(ctx, part, holds)
    elif args and all(a.dtype == ir.INT for a in args):
        op = op if holds else _OPPOSITE.get(op, "")
        if op in _ORDER:
            low, high, least = _ORDER[op]
            facts.suppose(ctx.builder, args[low], args[high], least)
        elif op == "equal":
            facts.suppose_equal(ctx.builder, args[0], args[1])
