"""What a loop does with a name: leaves it alone, carries its number or its parts, or sets it for the first time."""

from __future__ import annotations

from typing import Any

from .. import ir
from ..build import const
from ..scalar import Scalar, joint_dtype
from .array import Array
from .context import Context
from .expressions import atom_of, is_number
from .joins import alike, kind_of, parts_of, placeholder, rebuild, same
from .state import UNDEFINED, Clash, Possibly, Signal, UserDict, UserList, contents

__all__ = ["Again", "Answer", "Broken", "Carrying", "Fixed", "Late", "Number", "Parts", "Plan", "first_plan"]


class Again(Signal):
    """A plan does not fit what the body does; another one is to be tried."""

    def __init__(self, plan: Plan) -> None:
        super().__init__()
        self.plan = plan


class Carrying:
    """The loop that is being lowered, as the plans see it."""

    def __init__(self, ctx: Context, counter: ir.Var, runs: ir.Atom | None) -> None:
        self.ctx = ctx
        self.counter = counter
        self.runs = runs
        self.carried: list[ir.Carried] = []
        self.block: list[ir.Statement] = []
        self.opened: list[tuple[Plan, Any]] = []
        self.before = {id(container): (container, content) for container, content in ctx.state().contents}

    def ran(self) -> bool:
        """Whether it is known that there is an iteration."""
        from .. import facts

        return self.runs is not None and facts.positive(self.ctx.builder, self.runs)

    def changed(self, container: Any) -> bool:
        """Whether the loop's body changes a list or dict that was there before."""
        if id(container) not in self.before:
            return False
        now, before = contents(container), self.before[id(container)][1]
        if isinstance(container, UserList):
            return now[1] is not before[1] or len(now[0]) != len(before[0]) or not all(map(same, now[0], before[0]))
        return list(now) != list(before) or not all(same(now[k], before[k]) for k in now)


class Plan:
    """How one value goes through a loop: `prepare` runs before it, `open` at its head, `close` at its body's end."""

    def prepare(self, ctx: Context, hint: str) -> None:
        pass

    def open(self, c: Carrying) -> Any:
        raise NotImplementedError

    def close(self, c: Carrying, end: Any) -> None:
        """Take the value at the end of the body; raise Again if the plan does not fit."""

    def after(self, c: Carrying) -> Any:
        """Return the value after the loop."""
        raise NotImplementedError

    def entry_value(self) -> Any:
        raise NotImplementedError


class Fixed(Plan):
    """The value stays."""

    def __init__(self, entry: Any) -> None:
        self.entry = entry

    def open(self, c: Carrying) -> Any:
        return self.entry

    def close(self, c: Carrying, end: Any) -> None:
        if not same(self.entry, end):
            raise Again(widened(c, self.entry, end))

    def after(self, c: Carrying) -> Any:
        return self.entry


class Number(Plan):
    """A number, of the type that it has in all iterations."""

    def __init__(self, entry: Any, dtype: str, weak: bool) -> None:
        self.entry = entry
        self.dtype = dtype
        self.weak = weak

    def prepare(self, ctx: Context, hint: str) -> None:
        self.hint = hint
        entry = self.entry.element() if isinstance(self.entry, Array) else atom_of(self.entry)
        self.init = ctx.builder.cast(entry, self.dtype)

    def open(self, c: Carrying) -> Any:
        self.phi = c.ctx.builder.var(self.hint, self.dtype)
        return Scalar(self.phi, c.ctx.builder, self.weak)

    def close(self, c: Carrying, end: Any) -> None:
        if not is_number(end):
            raise Again(widened(c, self.entry, end))
        here = Scalar(self.phi, c.ctx.builder, self.weak)
        dtype, weak = joint_dtype([here, end])
        if (dtype, weak) != (self.dtype, self.weak):
            raise Again(Number(self.entry, dtype, weak))
        self.result = c.ctx.builder.var(self.hint, self.dtype)
        c.carried.append(ir.Carried(self.phi, self.init, c.ctx.builder.cast(atom_of(end), self.dtype), self.result))

    def after(self, c: Carrying) -> Any:
        return Scalar(self.result, c.ctx.builder, self.weak)


class Parts(Plan):
    """A structure, which has the same form in all iterations."""

    def __init__(self, entry: Any, plans: list[Plan]) -> None:
        self.entry = entry
        self.plans = plans

    def prepare(self, ctx: Context, hint: str) -> None:
        for plan in self.plans:
            plan.prepare(ctx, hint)

    def open(self, c: Carrying) -> Any:
        return rebuild(c.ctx, self.entry, [plan.open(c) for plan in self.plans], owned=False)

    def close(self, c: Carrying, end: Any) -> None:
        if not alike(self.entry, end):
            raise Again(widened(c, self.entry, end))
        plans, again = list(self.plans), False
        for i, part in enumerate(parts_of(end) or []):
            try:
                plans[i].close(c, part)
            except Again as better:
                plans[i], again = better.plan, True
        if again:
            raise Again(Parts(self.entry, plans))

    def after(self, c: Carrying) -> Any:
        return rebuild(c.ctx, self.entry, [plan.after(c) for plan in self.plans], owned=False)


class Late(Plan):
    """A value that the body sets and that may not be there before; a flag tells whether it is.

    Where every iteration sets it, the flag is whether there was an iteration.
    """

    def __init__(self, inner: Plan, before: ir.Atom, sure: bool) -> None:
        self.inner = inner
        self.before = before
        self.sure = sure

    def prepare(self, ctx: Context, hint: str) -> None:
        self.hint = f"{hint}_set"
        self.inner.prepare(ctx, hint)

    def open(self, c: Carrying) -> Any:
        builder = c.ctx.builder
        if self.sure:
            flag = builder.let("greater", c.counter, const(0), hint=self.hint)
        else:
            self.phi = builder.var(self.hint, ir.BOOL)
            flag = self.phi
        return Possibly(self.inner.open(c), flag)

    def close(self, c: Carrying, end: Any) -> None:
        flag, value = (
            (end.defined, end.value) if isinstance(end, Possibly) else (ir.Const(end is not UNDEFINED, ir.BOOL), end)
        )
        sure = self.sure and flag == ir.Const(True, ir.BOOL)
        if value is UNDEFINED:
            raise Again(Broken("it is deleted in a loop."))
        try:
            self.inner.close(c, value)
        except Again as better:
            raise Again(Late(better.plan, self.before, sure)) from None
        if sure != self.sure:
            raise Again(Late(self.inner, self.before, sure))
        if not self.sure:
            self.result = c.ctx.builder.var(self.hint, ir.BOOL)
            c.carried.append(ir.Carried(self.phi, self.before, flag, self.result))

    def after(self, c: Carrying) -> Any:
        value = self.inner.after(c)
        if isinstance(value, Clash):
            return value
        assert c.runs is not None
        flag: ir.Atom = c.ctx.builder.let("greater", c.runs, const(0), hint=self.hint) if self.sure else self.result
        return value if flag == ir.Const(True, ir.BOOL) else Possibly(value, flag)


class Answer(Plan):
    """What a call returns from within the loop; the flag ``$return`` tells whether it does."""

    def __init__(self, inner: Plan | None = None) -> None:
        self.inner = inner

    def prepare(self, ctx: Context, hint: str) -> None:
        if self.inner is not None:
            self.inner.prepare(ctx, "result")

    def open(self, c: Carrying) -> Any:
        if self.inner is not None:
            self.inner.open(c)
        return UNDEFINED

    def close(self, c: Carrying, end: Any) -> None:
        if end is UNDEFINED:
            return
        if self.inner is None:
            raise Again(Answer(from_nothing(c, end)))
        try:
            self.inner.close(c, end)
        except Again as better:
            raise Again(Answer(better.plan)) from None

    def after(self, c: Carrying) -> Any:
        return UNDEFINED if self.inner is None else self.inner.after(c)


class Broken(Plan):
    """A value that no plan fits: right as long as nobody reads it."""

    def __init__(self, reason: str, repair: str = "Use different names.") -> None:
        self.clash = Clash(reason, repair)

    def open(self, c: Carrying) -> Any:
        return self.clash

    def after(self, c: Carrying) -> Any:
        return self.clash


def first_plan(entry: Any) -> Plan:
    """Return the plan to begin with for a name that the body assigns."""
    if is_number(entry):
        return Number(entry, *joint_dtype([entry]))
    if isinstance(entry, Possibly):
        return Late(first_plan(entry.value), entry.defined, False)
    parts = parts_of(entry)
    if parts is not None and not isinstance(entry, (UserList, UserDict)):
        return Parts(entry, [first_plan(p) for p in parts])
    return Fixed(entry)


def widened(c: Carrying, entry: Any, end: Any) -> Plan:
    """Return a plan for a value that is another one at the end of the body."""
    if isinstance(end, Clash):
        return Broken(end.reason, end.repair)
    if isinstance(end, Possibly):
        if entry is UNDEFINED:
            return Late(from_nothing(c, end.value), ir.Const(False, ir.BOOL), False)
        return Broken("it is set in some iterations only.")
    if entry is UNDEFINED:
        return Late(from_nothing(c, end), ir.Const(False, ir.BOOL), True)
    if (is_number(entry) or (isinstance(entry, Array) and not entry.ndim)) and is_number(end):
        return Number(entry, *joint_dtype([entry, end]))
    if c.changed(entry):
        return Broken("it is a list or dict that is changed in the loop, and then another one.")
    if alike(entry, end):
        return Parts(entry, [Fixed(a) if same(a, b) else widened(c, a, b) for a, b in _pairs(entry, end)])
    if isinstance(entry, Array) and isinstance(end, Array):
        from .array_plans import rebound

        return rebound(c, entry, end)
    return Broken(f"it is {kind_of(entry)} before the loop, and {kind_of(end)} after an iteration.")


def _pairs(a: Any, b: Any) -> list[tuple[Any, Any]]:
    return list(zip(parts_of(a) or [], parts_of(b) or [], strict=True))


def from_nothing(c: Carrying, end: Any) -> Plan:
    """Return a plan for a value of which there is none before the loop."""
    if is_number(end):
        dtype, weak = joint_dtype([end])
        return Number(Scalar(placeholder(dtype), None, weak), dtype, weak)  # type: ignore[arg-type]
    if isinstance(end, Array):
        from .array_plans import first_array

        return first_array(c, end)
    parts = parts_of(end)
    if parts is not None and not isinstance(end, (UserList, UserDict)):
        return Parts(end, [from_nothing(c, p) for p in parts])
    return Fixed(end)
