"""The statements ``for`` and ``while``."""

from __future__ import annotations

import ast
from collections.abc import Callable
from typing import Any

from .. import ir
from ..build import const
from .assign import assign
from .branches import branch
from .context import Context
from .expressions import atom_of, evaluate, truth
from .iteration import Iteration, NeedsUnrolling, iterate
from .liveness import assigned, breaks, exits_of
from .loops import Loop, run_loop
from .mark import Mark
from .state import UNDEFINED, DeadPath
from .statements import run_block, steps

__all__ = ["run_for", "run_while"]

UNROLLED = 64


def run_for(ctx: Context, s: ast.For) -> None:
    """Lower a ``for`` statement."""
    it = iterate(ctx, evaluate(ctx, s.iter))
    if it.items is not None:
        _unrolled(ctx, s, it)
        return
    mark = Mark(ctx)
    try:
        _at_run_time(ctx, s, it)
    except NeedsUnrolling:
        mark.reset()
        if not isinstance(it.trip, ir.Const) or it.trip.value > UNROLLED:
            ctx.refuse(
                "A tuple or list of unlike values is indexed by a number that is known at run time only.",
                "Put the values in an array, or loop over the tuple itself.", s,
            )  # fmt: skip
        _unrolled(ctx, s, it)


def _head(ctx: Context, s: ast.For | ast.While) -> frozenset[str] | None:
    flow = ctx.frame.flow
    return None if flow is None or s not in flow.head else flow.head[s] | flow.captured


def _at_run_time(ctx: Context, s: ast.For, it: Iteration) -> None:
    head = _head(ctx, s)

    def body(counter: ir.Var) -> None:
        assign(ctx, s.target, it.at(counter))
        run_block(ctx, s.body, head)

    hint = s.target.id if isinstance(s.target, ast.Name) and isinstance(s.iter, ast.Call) else "i"
    loop = Loop(body, assigned([s.target, *s.body]), head, exits_of(s.body), it.trip, hint=hint)

    def run() -> None:
        with ctx.iterating(it.sources):
            run_loop(ctx, loop)

    _with_else(ctx, s, run)


def _unrolled(ctx: Context, s: ast.For, it: Iteration) -> None:
    head = _head(ctx, s)

    def iteration(i: int) -> Callable[[Callable[[], None]], bool]:
        def step(rest: Callable[[], None]) -> bool:
            ctx.frame.names["$continue"] = False
            ctx.statement(s)
            assign(ctx, s.target, it.at(const(i)))
            run_block(ctx, s.body, head)
            ctx.frame.names["$continue"] = False
            return False

        return step

    assert isinstance(it.trip, ir.Const)
    count = int(it.trip.value)
    _with_else(ctx, s, lambda: steps(ctx, [iteration(i) for i in range(count)], head))


def _with_else(ctx: Context, s: ast.For | ast.While, run: Callable[[], None]) -> None:
    """Run a loop, then its else clause if it was not left by break."""
    ctx.frame.names["$break"] = False
    run()
    names = ctx.frame.names
    left, names["$break"], names["$continue"] = names.get("$break", False), False, False
    if not s.orelse:
        return
    _run_else(ctx, s, left)


def _run_else(ctx: Context, s: ast.For | ast.While, left: Any) -> None:
    returned = atom_of(ctx.frame.names.get("$return", False))
    skip = ctx.builder.let("logical_or", atom_of(left), returned)
    live = ctx.frame.live_after(s)
    if isinstance(skip, ir.Const):
        if not skip.value:
            run_block(ctx, s.orelse, live)
        return
    go_on = ctx.builder.let("logical_not", skip)
    assert isinstance(go_on, ir.Var)
    branch(ctx, go_on, lambda: run_block(ctx, s.orelse, live), lambda: None, live)


def run_while(ctx: Context, s: ast.While) -> None:
    """Lower a ``while`` statement."""
    head = _head(ctx, s)
    walrus = any(isinstance(n, ast.NamedExpr) for n in ast.walk(s.test))

    def test() -> Any:
        ctx.statement(s)
        return True if walrus else evaluate(ctx, s.test)

    def body(counter: ir.Var) -> None:
        if walrus:
            ctx.statement(s)
            _leave_unless(ctx, s, head)
        steps(ctx, [_as_step(ctx, s.body, head)], head)

    mark = Mark(ctx)
    if not walrus and truth(ctx, evaluate(ctx, s.test)) is False:
        _with_else(ctx, s, lambda: None)
        return
    mark.reset()
    exits = exits_of(s.body)
    exits = exits if not walrus or "$break" in exits else ("$break", *exits)
    loop = Loop(body, assigned([s.test, *s.body]), head, exits, test=test, hint="k")

    def run() -> None:
        run_loop(ctx, loop)
        if isinstance(s.test, ast.Constant) and s.test.value and not breaks(s.body):
            if ctx.frame.names["$value"] is UNDEFINED:
                raise DeadPath  # it does not end
            ctx.frame.names["$return"] = True

    _with_else(ctx, s, run)


def _as_step(ctx: Context, body: list[ast.stmt], live: frozenset[str] | None) -> Callable[[Callable[[], None]], bool]:
    def step(rest: Callable[[], None]) -> bool:
        run_block(ctx, body, live)
        return False

    return step


def _leave_unless(ctx: Context, s: ast.While, live: frozenset[str] | None) -> None:
    go_on = truth(ctx, evaluate(ctx, s.test))
    if go_on is True:
        return
    if go_on is False:
        ctx.frame.names["$break"] = True
        return

    def leave() -> None:
        ctx.frame.names["$break"] = True

    branch(ctx, go_on, lambda: None, leave, live)
