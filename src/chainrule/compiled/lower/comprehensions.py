"""Comprehensions and generators."""

from __future__ import annotations

import ast
from collections.abc import Callable
from typing import Any

from .. import ir
from .assign import assign, settled
from .branches import branch
from .context import Context
from .expressions import adopt, evaluate, truth
from .iteration import Iteration, iterate
from .lists import append
from .loops import Loop, run_loop
from .state import Frame, UserList

UNROLLED = 16

__all__ = ["dict_of", "fold", "generator_of", "list_of", "set_of"]


def _scope(ctx: Context) -> Frame:
    """Return a frame for the names of a comprehension."""
    outer = ctx.frame
    frame = Frame(outer.source, None, outer.namespace, {}, outer)
    frame.statement = outer.statement
    return frame


def _each(ctx: Context, parts: list[ast.comprehension], do: Callable[[], None], first: Iteration | None = None) -> None:
    """Lower the loops of a comprehension around what is done for each item."""
    part, *rest = parts
    it = iterate(ctx, evaluate(ctx, part.iter)) if first is None else first

    def item(value: Any) -> None:
        assign(ctx, part.target, value)
        _where(ctx, list(part.ifs), lambda: _each(ctx, rest, do) if rest else do())

    if it.items is not None or (isinstance(it.trip, ir.Const) and it.trip.value <= UNROLLED):
        for i in range(int(it.trip.value)):  # type: ignore[union-attr]
            item(it.at(ir.Const(i, ir.INT)))
    else:
        run_loop(ctx, Loop(lambda k: item(it.at(k)), [], trip=it.trip))


def _where(ctx: Context, tests: list[ast.expr], do: Callable[[], None]) -> None:
    if not tests:
        do()
        return
    test = truth(ctx, evaluate(ctx, tests[0]))
    if isinstance(test, ir.Var):
        branch(ctx, test, lambda: _where(ctx, tests[1:], do), lambda: None, None)
    elif test:
        _where(ctx, tests[1:], do)


def list_of(ctx: Context, node: ast.ListComp) -> Any:
    """Evaluate a list comprehension."""
    made = ctx.heap.add(UserList())
    first = iterate(ctx, evaluate(ctx, node.generators[0].iter))
    ctx.frames.append(_scope(ctx))

    def do() -> None:
        append(ctx, made, settled(ctx, evaluate(ctx, node.elt), "item"))

    _each(ctx, node.generators, do, first)
    ctx.frames.pop()
    return made


def dict_of(ctx: Context, node: ast.DictComp) -> Any:
    """Evaluate a dict comprehension, whose keys must be known."""
    made = adopt(ctx, {})
    first = iterate(ctx, evaluate(ctx, node.generators[0].iter))
    ctx.frames.append(_scope(ctx))

    def do() -> None:
        key = evaluate(ctx, node.key)
        if not isinstance(key, (str, int, float, tuple)):
            ctx.refuse("A dict's key is known at run time only.", "Use an array, or keys that are constants.")
        made[key] = settled(ctx, evaluate(ctx, node.value), "item")

    _each(ctx, node.generators, do, first)
    ctx.frames.pop()
    return made


def set_of(ctx: Context, node: ast.SetComp) -> Any:
    ctx.refuse("A set cannot be compiled.", "Use a list.", node)


class Generator:
    """A generator expression, which is run by what consumes it."""

    def __init__(self, node: ast.GeneratorExp, first: Iteration, frame: Frame) -> None:
        self.node = node
        self.first = first
        self.frame = frame


def generator_of(ctx: Context, node: ast.GeneratorExp) -> Any:
    """Evaluate a generator expression: an iteration if it has one loop and no condition, else a list."""
    parts = node.generators
    if len(parts) > 1 or parts[0].ifs:
        return list_of(ctx, ast.copy_location(ast.ListComp(node.elt, parts), node))
    first = iterate(ctx, evaluate(ctx, parts[0].iter))
    frame = _scope(ctx)

    def at(k: ir.Atom) -> Any:
        ctx.frames.append(frame)
        assign(ctx, parts[0].target, first.at(k))
        value = evaluate(ctx, node.elt)
        ctx.frames.pop()
        return value

    if first.items is not None:
        return Iteration.static([at(ir.Const(i, ir.INT)) for i in range(len(first.items))])
    return Iteration(first.trip, at)


def fold(ctx: Context, it: Iteration, start: Any, step: Callable[[Any, Any], Any], exits: tuple[str, ...] = ()) -> Any:
    """Combine the values of an iteration one after the other, beginning with a start.

    With `exits`, a step may end the loop by setting such a flag.
    """
    if it.items is not None:
        for value in it.items:
            start = step(start, value)
        return start
    frame = _scope(ctx)
    ctx.frames.append(frame)
    frame.names["total"] = start

    def body(k: ir.Atom) -> None:
        value = step(frame.names["total"], it.at(k))
        assign_total(ctx, frame, value)

    run_loop(ctx, Loop(body, ["total"], trip=it.trip, exits=exits))
    result = ctx.read("total")
    ctx.frames.pop()
    return result


def assign_total(ctx: Context, frame: Frame, value: Any) -> None:
    from .assign import assign_name

    assign_name(ctx, "total", settled(ctx, value, "total"))
