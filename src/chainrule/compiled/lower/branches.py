"""Branches that are decided at run time: both arms are lowered, each from the same state, and joined."""

from __future__ import annotations

import ast
from collections.abc import Callable, Sequence
from typing import Any

from .. import ir
from ..ops import cost_of
from ..scalar import joint_dtype
from .context import Context
from .expressions import atom_of, evaluate, is_number, truth
from .joins import Merger, same
from .lazy import flush
from .state import UNDEFINED, Clash, DeadPath, Signal, State, UserList, set_contents

__all__ = ["EXITS", "Arm", "NeedsRows", "branch", "conditional", "join", "logical", "lower_arm", "shortcut"]

EXITS = ("$return", "$break", "$continue")
TRUE = ir.Const(True, ir.BOOL)


class NeedsRows(Signal):
    """A list whose length is decided at run time: the loop around has to keep it as an array."""

    def __init__(self, container: Any) -> None:
        super().__init__()
        self.container = container


class Arm:
    """One arm of a branch, lowered.

    Attributes
    ----------
    block : list of ir.Statement
    state : State
        What is known at its end.
    dead : bool
        True if it raises for certain.
    value
        The value of an expression.
    """

    def __init__(self, block: list[ir.Statement], state: State, dead: bool, value: Any = None) -> None:
        self.block = block
        self.state = state
        self.dead = dead
        self.value = value

    @property
    def ended(self) -> bool:
        """Whether nothing of what follows the branch is run after this arm."""
        return self.dead or any(self.state.names.get(name) is True for name in EXITS)

    @property
    def careless(self) -> bool:
        """Whether the names that it leaves behind are of no concern to anybody."""
        return self.dead or self.state.names.get("$return") is True

    @property
    def raises(self) -> ir.Check | None:
        """The check of an arm that does nothing but raise."""
        if not self.dead or not self.block or not isinstance(self.block[-1], ir.Check):
            return None
        quiet = all(isinstance(s, (ir.Let, ir.Dim)) for s in self.block[:-1])
        return self.block[-1] if quiet else None


def lower_arm(ctx: Context, run: Callable[[], Any], block: list[ir.Statement] | None = None) -> Arm:
    """Lower one arm into a block of its own (or go on in one)."""
    block = [] if block is None else block
    depth = len(ctx.frames)
    value, dead = None, False
    with ctx.builder.into(block):
        try:
            value = run()
            flush(ctx.builder)
        except DeadPath:
            dead = True
            del ctx.frames[depth:]
    return Arm(block, ctx.state(), dead, value)


def branch(
    ctx: Context, test: ir.Var, then: Callable[[], Any], orelse: Callable[[], Any], live: frozenset[str] | None,
    rest: Callable[[], Any] | None = None,
) -> bool:  # fmt: skip
    """Lower a branch, and what comes after it too if one arm does not get there; return whether that was done.

    Parameters
    ----------
    live : frozenset of str or None
        The names that may be read afterwards (after the rest, if there is one).
    """
    flush(ctx.builder)
    start = ctx.state()
    one = lower_arm(ctx, then)
    start.restore()
    if one.raises is not None:
        raised = one.raises
        ctx.builder.block.extend(one.block[:-1])
        ctx.builder.check(ctx.builder.let("logical_not", test), raised.error, raised.message)
        orelse()
        return False
    other = lower_arm(ctx, orelse)
    if other.raises is not None:
        raised = other.raises
        ctx.builder.block.extend(other.block[:-1])
        ctx.builder.check(test, raised.error, raised.message)
        ctx.builder.block.extend(one.block)
        one.state.restore()
        return False
    used = False
    if rest is not None and one.ended != other.ended:
        used = True
        if one.ended:
            other = lower_arm(ctx, rest, other.block)
        else:
            one.state.restore()
            one = lower_arm(ctx, rest, one.block)
    join(ctx, start, test, one, other, live)
    return used


def join(ctx: Context, start: State, test: ir.Var, one: Arm, other: Arm, live: frozenset[str] | None) -> Any:
    """Add the branch, with what comes out of its arms, and go on with the joined state; return the joined value."""
    ctx.builder.place = start.place
    if one.dead and other.dead:
        ctx.builder.add(ir.If(test, one.block, other.block, [], ctx.builder.place))
        raise DeadPath
    from .moves import align

    align(ctx, start, one, other, live)
    merger = Merger(ctx, test, [c for c, _ in start.contents])

    def casts(side: int, atom: ir.Atom, dtype: str) -> ir.Atom:
        if isinstance(atom, ir.Const) or atom.dtype == dtype:
            return ctx.builder.cast(atom, dtype)
        with ctx.builder.into((one, other)[side].block):
            return ctx.builder.cast(atom, dtype)

    names = _names(merger, start, one, other, live, casts)
    contents = [(c, _content(merger, c, start, one, other, casts)) for c, _ in start.contents]
    value = _value(merger, one, other, casts)
    if not one.block and not other.block:
        for m in merger.merges:
            ctx.builder.add(ir.Let(m.result, "select", (test, m.then, m.orelse), ctx.builder.place))
    else:
        ctx.builder.add(ir.If(test, one.block, other.block, merger.merges, ctx.builder.place))
    start.frame.names = names
    for container, content in contents:
        set_contents(container, content)
    return value


def _value(merger: Merger, one: Arm, other: Arm, casts: Any) -> Any:
    if one.dead or other.dead:
        return merger.one_sided(other.value if one.dead else one.value, one.dead, "t")
    return merger.value(one.value, other.value, "t", casts)


def _names(
    merger: Merger, start: State, one: Arm, other: Arm, live: frozenset[str] | None, casts: Any
) -> dict[str, Any]:
    names: dict[str, Any] = {}
    for name in dict.fromkeys([*one.state.names, *other.state.names]):
        then, orelse = (arm.state.names.get(name, UNDEFINED) for arm in (one, other))
        if name.startswith("$"):
            names[name] = _own(merger, name, then, orelse, one, other, casts)
        elif same(then, orelse):
            names[name] = then
        elif live is not None and name not in live:
            names[name] = Clash("it was not expected to be read here (an error in chainrule).", "Please report it.")
        elif one.careless or other.careless:
            names[name] = _one(merger, start.names.get(name), then, orelse, one, other, name)
        else:
            names[name] = merger.value(then, orelse, name, casts)
    return names


def _one(merger: Merger, before: Any, then: Any, orelse: Any, one: Arm, other: Arm, name: str) -> Any:
    """Take the value of the only arm that goes on."""
    if one.careless and other.careless:
        return UNDEFINED
    value = orelse if one.careless else then
    return value if same(value, before) else merger.one_sided(value, one.careless, name)


def _own(merger: Merger, name: str, then: Any, orelse: Any, one: Arm, other: Arm, casts: Any) -> Any:
    """Join one of the engine's own names: a flag tells whether ``$value`` is there."""
    if one.dead or other.dead:
        value = orelse if one.dead else then
        return (
            value
            if value is UNDEFINED or isinstance(value, bool)
            else merger.one_sided(value, one.dead, name.lstrip("$"))
        )
    if then is UNDEFINED or orelse is UNDEFINED:
        value = orelse if then is UNDEFINED else then
        return value if value is UNDEFINED else merger.one_sided(value, then is UNDEFINED, name.lstrip("$"))
    hint = {"$value": "result", "$return": "returned", "$break": "left", "$continue": "skipped"}.get(name, "t")
    return merger.value(then, orelse, hint, casts)


def _content(merger: Merger, container: Any, start: State, one: Arm, other: Arm, casts: Any) -> Any:
    """Join what a list or dict holds."""
    before, then, orelse = (_find(state.contents, container) for state in (start, one.state, other.state))
    if one.careless or other.careless:
        return (
            before
            if one.careless and other.careless
            else _sided(merger, container, orelse if one.careless else then, before, one.careless)
        )
    if isinstance(container, UserList):
        return _joined_list(merger, container, then, orelse, casts)
    if list(then) != list(orelse):
        merger.ctx.refuse("A dict has different keys on two paths.", "Set the same keys on both.")
    return {key: merger.value(then[key], orelse[key], str(key), casts) for key in then}


def _joined_list(merger: Merger, container: Any, then: Any, orelse: Any, casts: Any) -> Any:
    (items, rows), (others, other_rows) = then, orelse
    if (rows is None) != (other_rows is None) or len(items) != len(others):
        raise NeedsRows(container)
    if rows is not None:
        return [], rows if rows is other_rows else rows.merged(merger, other_rows, casts)
    return [merger.value(a, b, "item", casts) for a, b in zip(items, others, strict=True)], None


def _sided(merger: Merger, container: Any, content: Any, before: Any, in_orelse: bool) -> Any:
    if isinstance(container, UserList):
        items, rows = content
        if rows is not None:
            return [], rows if rows is before[1] else rows.one_sided(merger, in_orelse)
        return [
            merger.one_sided(v, in_orelse, "item") if not any(v is b for b in before[0]) else v for v in items
        ], None
    kept = before.values()
    return {k: v if any(v is b for b in kept) else merger.one_sided(v, in_orelse, str(k)) for k, v in content.items()}


def _find(contents: Sequence[tuple[Any, Any]], container: Any) -> Any:
    return next(content for c, content in contents if c is container)


# ---- Expressions


def _pure(arm: Arm) -> bool:
    """Whether an arm may be computed in any case: cheap arithmetic that can raise nothing."""
    return not arm.dead and all(isinstance(s, ir.Let) and cost_of(s.op) < 4 for s in arm.block)


def shortcut(ctx: Context, value: Any, when: bool, rest: Callable[[], Any]) -> Any:
    """Return ``value and rest()`` (`when` is True) or ``value or rest()``."""
    test = truth(ctx, value)
    if isinstance(test, bool):
        return rest() if test is when else value
    flush(ctx.builder)
    start = ctx.state()
    right = lower_arm(ctx, rest)
    if _pure(right) and _is_bool(value) and _is_bool(right.value):
        ctx.builder.block.extend(right.block)
        op = "logical_and" if when else "logical_or"
        return ctx.scalar(ctx.builder.let(op, test, atom_of(right.value)))
    start.restore()
    left = Arm([], ctx.state(), False, (not when) if _is_bool(value) else value)
    return join(ctx, start, test, right if when else left, left if when else right, None)


def _is_bool(value: Any) -> bool:
    return is_number(value) and atom_of(value).dtype == ir.BOOL


def logical(ctx: Context, node: ast.BoolOp) -> Any:
    """Evaluate ``a and b and ...`` or ``a or b or ...``."""
    when = isinstance(node.op, ast.And)

    def step(position: int) -> Any:
        value = evaluate(ctx, node.values[position])
        if position + 1 == len(node.values):
            return value
        return shortcut(ctx, value, when, lambda: step(position + 1))

    return step(0)


def conditional(ctx: Context, node: ast.IfExp) -> Any:
    """Evaluate ``a if test else b``."""
    test = truth(ctx, evaluate(ctx, node.test))
    if isinstance(test, bool):
        return evaluate(ctx, node.body if test else node.orelse)
    return choose_value(ctx, test, lambda: evaluate(ctx, node.body), lambda: evaluate(ctx, node.orelse))


def choose_value(ctx: Context, test: ir.Var, then: Callable[[], Any], orelse: Callable[[], Any]) -> Any:
    """Return the value of one of two expressions."""
    from .assign import settled

    flush(ctx.builder)
    start = ctx.state()
    one = lower_arm(ctx, lambda: settled(ctx, then(), "t"))
    start.restore()
    other = lower_arm(ctx, lambda: settled(ctx, orelse(), "t"))
    if not one.block and not other.block and is_number(one.value) and is_number(other.value):
        dtype, weak = joint_dtype([one.value, other.value])
        a, b = (ctx.builder.cast(atom_of(x.value), dtype) for x in (one, other))
        return ctx.scalar(ctx.builder.let("select", test, a, b), weak)
    value = join(ctx, start, test, one, other, None)
    if isinstance(value, Clash):
        ctx.refuse(f"The value of this expression cannot be told: {value.reason}", value.repair)
    return value
