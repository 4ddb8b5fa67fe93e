"""Statements, one after the other, as long as the path goes on."""

from __future__ import annotations

import ast
from collections.abc import Callable, Sequence
from functools import partial
from typing import Any

from .. import ir
from .assign import assign, assign_name, augment, settled
from .branches import EXITS, branch
from .context import Context
from .expressions import atom_of, evaluate, truth
from .state import UNDEFINED, DeadPath

__all__ = ["exited", "run_block", "steps"]

Step = Callable[[Callable[[], None]], bool]


def run_block(ctx: Context, body: Sequence[ast.stmt], live: frozenset[str] | None = None) -> None:
    """Lower a block of statements."""
    if body:
        steps(ctx, [_step(ctx, s, body[-1]) for s in body], live)


def _step(ctx: Context, statement: ast.stmt, last: ast.stmt) -> Step:
    def step(rest: Callable[[], None]) -> bool:
        ctx.statement(statement)
        if isinstance(statement, ast.If):
            return _if(ctx, statement, rest, last)
        _STATEMENTS[type(statement)](ctx, statement)
        return False

    return step


def steps(ctx: Context, todo: Sequence[Step], live: frozenset[str] | None) -> None:
    """Run steps in order, each only if the path has not left before.

    A step is given what comes after it, and tells whether it has done that already.
    """
    for position, step in enumerate(todo):
        flag = exited(ctx)
        if flag is True:
            return
        if isinstance(flag, ir.Var):
            _guarded(ctx, flag, todo[position:], live)
            return
        if step(partial(steps, ctx, todo[position + 1 :], live)):
            return


def exited(ctx: Context) -> bool | ir.Var:
    """Return whether the path has left the block: by return, break or continue."""
    flag: ir.Atom = ir.Const(False, ir.BOOL)
    for name in EXITS:
        flag = ctx.builder.let("logical_or", flag, atom_of(ctx.frame.names.get(name, False)), hint="left")
    return flag if isinstance(flag, ir.Var) else bool(flag.value)


def _guarded(ctx: Context, flag: ir.Var, todo: Sequence[Step], live: frozenset[str] | None) -> None:
    """Run steps only where the path has not left."""
    go_on = ctx.builder.let("logical_not", flag, hint="inside")
    if isinstance(go_on, ir.Const):
        steps(ctx, todo, live)
        return
    flags = {name: ctx.frame.names.get(name, False) for name in EXITS}

    def inside() -> None:
        ctx.frame.names.update(dict.fromkeys(EXITS, False))
        steps(ctx, todo, live)

    def outside() -> None:
        only = [name for name, value in flags.items() if value is not False]
        if len(only) == 1:
            ctx.frame.names[only[0]] = True

    branch(ctx, go_on, inside, outside, live)


def _if(ctx: Context, s: ast.If, rest: Callable[[], None], last: ast.stmt) -> bool:
    test = truth(ctx, evaluate(ctx, s.test))
    if isinstance(test, bool):
        run_block(ctx, s.body if test else s.orelse, ctx.frame.live_after(s))
        return False
    end = ctx.frame.live_after(s)
    final = ctx.frame.live_after(last)
    live = None if end is None or final is None else end | final
    arms = partial(run_block, ctx, s.body, end), partial(run_block, ctx, s.orelse, end)
    return branch(ctx, test, *arms, live, rest)


def _assign(ctx: Context, s: ast.Assign) -> None:
    value = evaluate(ctx, s.value)
    if len(s.targets) > 1:
        settled(ctx, value)
    for target in s.targets:
        assign(ctx, target, value)


def _annotated(ctx: Context, s: ast.AnnAssign) -> None:
    if s.value is not None:
        assign(ctx, s.target, evaluate(ctx, s.value))


def _expression(ctx: Context, s: ast.Expr) -> None:
    if not isinstance(s.value, ast.Constant):
        evaluate(ctx, s.value)


def _return(ctx: Context, s: ast.Return) -> None:
    value = None if s.value is None else settled(ctx, evaluate(ctx, s.value), "result")
    ctx.frame.names["$value"] = value
    ctx.frame.names["$return"] = True


def _assert(ctx: Context, s: ast.Assert) -> None:
    test = truth(ctx, evaluate(ctx, s.test))
    text = _text(ctx, s.msg)
    if test is False:
        if not ctx.builder.enclosing:
            raise AssertionError(text)
        ctx.fail("AssertionError", text)
    if isinstance(test, ir.Var):
        ctx.builder.check(test, "AssertionError", text)


def _text(ctx: Context, node: ast.expr | None) -> str:
    """Return a message; numbers in it that are known at run time only are left out."""
    if node is None:
        return ""
    try:
        value = evaluate(ctx, node)
    except DeadPath:
        return ""
    return str(value)


def _raise(ctx: Context, s: ast.Raise) -> None:
    if s.exc is None:
        ctx.refuse("A bare raise cannot be compiled.", "Name the error.")
    call = s.exc if isinstance(s.exc, ast.Call) else None
    kind = evaluate(ctx, s.exc if call is None else call.func)
    if not (isinstance(kind, type) and issubclass(kind, Exception)):
        ctx.refuse("What is raised here is not known to be an error.", "Write raise ValueError('...').")
    text = ", ".join([_text(ctx, a) for a in call.args]) if call is not None else ""
    import builtins

    if getattr(builtins, kind.__name__, None) is not kind:
        base = next(c for c in kind.__mro__ if getattr(builtins, c.__name__, None) is c)
        text, kind = f"{kind.__name__}: {text}", base
    if not ctx.builder.enclosing:
        raise kind(text)
    ctx.fail(kind.__name__, text)


def _leave(name: str) -> Callable[[Context, Any], None]:
    def handler(ctx: Context, s: Any) -> None:
        ctx.frame.names[name] = True

    return handler


def _with(ctx: Context, s: ast.With) -> None:
    """Lower the body of ``with np.errstate(...):``; the fence lets no other pass."""
    run_block(ctx, s.body, None)


def _delete(ctx: Context, s: ast.Delete) -> None:
    for target in s.targets:
        if isinstance(target, ast.Name):
            ctx.read(target.id)
            ctx.frame.names[target.id] = UNDEFINED


def _define(ctx: Context, s: ast.FunctionDef) -> None:
    from .calling import call, make_closure

    value = make_closure(ctx, s)
    for decorator in reversed(s.decorator_list):
        value = call(ctx, evaluate(ctx, decorator), (value,), {})
    assign_name(ctx, s.name, value)


def _import(ctx: Context, s: ast.Import) -> None:
    from importlib import import_module

    for alias in s.names:
        module = import_module(alias.name)
        name = alias.asname or alias.name.partition(".")[0]
        assign_name(ctx, name, module if alias.asname else import_module(name))


def _import_from(ctx: Context, s: ast.ImportFrom) -> None:
    from importlib import import_module

    for alias in s.names:
        assign_name(ctx, alias.asname or alias.name, getattr(import_module(s.module or ""), alias.name))


def _loop(name: str) -> Callable[[Context, Any], None]:
    def handler(ctx: Context, s: Any) -> None:
        from . import loop_statements

        getattr(loop_statements, name)(ctx, s)

    return handler


_STATEMENTS: dict[type[ast.AST], Callable[[Context, Any], None]] = {
    ast.Assign: _assign,
    ast.AnnAssign: _annotated,
    ast.AugAssign: augment,
    ast.Expr: _expression,
    ast.Return: _return,
    ast.Assert: _assert,
    ast.Raise: _raise,
    ast.Pass: lambda ctx, s: None,
    ast.Break: _leave("$break"),
    ast.Continue: _leave("$continue"),
    ast.Delete: _delete,
    ast.With: _with,
    ast.FunctionDef: _define,
    ast.Import: _import,
    ast.ImportFrom: _import_from,
    ast.For: _loop("run_for"),
    ast.While: _loop("run_while"),
}
