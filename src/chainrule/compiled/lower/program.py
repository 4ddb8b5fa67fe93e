"""Lower a function: from its source and the types of its arguments to a program."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace
from typing import Any

from ... import tree
from ...errors import UnsupportedError
from .. import ir
from ..scan import Renaming
from ..spec import Lowered, Result
from ..tidy.dead import sweep
from .array import Array
from .calling import call
from .context import Context
from .expressions import atom_of, is_number
from .lazy import flush
from .parameters import Parameters, plain_containers
from .purity import note_writes
from .state import DeadPath, UserList

__all__ = ["lower"]


def lower(
    f: Callable[..., Any], args: tuple[Any, ...], kwargs: dict[str, Any], *, boundscheck: bool = True,
    private: bool = False,
) -> Lowered:  # fmt: skip
    """Turn a function into a program for arguments of given types.

    Parameters
    ----------
    f : callable
    args, kwargs
        The arguments, with a `ScalarSpec`, an `ArraySpec` or a `Static` in the place of each leaf.
    boundscheck : bool
        Whether an index out of range is to raise.
    private : bool
        Whether what the function writes to its arguments is of no concern to the caller: then it may work on copies
        of them, where it does not need to be known which names show the caller's arrays.

    Raises
    ------
    UnsupportedError
        If the function uses something that cannot be compiled, or not proven right.
    """
    try:
        return _lowered(f, args, kwargs, boundscheck)
    except UnsupportedError:
        if private:
            with suppress(UnsupportedError):
                return _lowered(f, args, kwargs, boundscheck, copied=True)
        raise


def _lowered(
    f: Callable[..., Any], args: tuple[Any, ...], kwargs: dict[str, Any], boundscheck: bool, copied: bool = False
) -> Lowered:
    ctx = Context(boundscheck)
    ctx.parameters = parameters = Parameters(ctx)
    values = parameters.arguments(_names(f, args), args)
    named = parameters.arguments([], kwargs) if kwargs else {}
    if copied:
        values, named = tree.map(_copy, (values, named))
    try:
        result = call(ctx, f, values, named)
        result, results = _results(ctx, result)
    except DeadPath:
        result, results = None, []
    block = [*ctx.prelude, *ctx.builder.block]
    entry = _tidied(ctx, ir.Function(_name(f), parameters.params, block, results))
    program = ir.Program(entry, {name: _tidied(ctx, g) for name, g in ctx.others.items()})
    written = frozenset(note_writes(program)[entry.name])
    constants = tuple(ctx.constants.values())
    files = tuple(ctx.files)
    return Lowered(program, parameters.specs, ctx.captures, result, written, files, copied, constants)


def _copy(x: Any) -> Any:
    return x.fresh_copy(x.view.buffer.hint) if isinstance(x, Array) else x


def _name(f: Any) -> str:
    name = getattr(f, "__name__", type(f).__name__)
    return name if name.isidentifier() else "function"


def _names(f: Any, args: tuple[Any, ...]) -> list[str]:
    try:
        parameters = inspect.signature(f).parameters.values()
    except (TypeError, ValueError):
        return [f"x{i}" for i in range(len(args))]
    names: list[str] = []
    for p in parameters:
        if p.kind is p.VAR_POSITIONAL:
            names += [f"{p.name}{i}" for i in range(len(args))]
        else:
            names.append(p.name)
    return names


def _results(ctx: Context, value: Any) -> tuple[Any, list[ir.Atom | ir.View]]:
    """Return the structure of the results, and the results."""
    results: list[ir.Atom | ir.View] = []

    def leaf(x: Any) -> Any:
        if is_number(x):
            results.append(atom_of(x))
            return Result(len(results) - 1, not _strong(x))
        if isinstance(x, Array):
            results.append(x.materialise("result").view)
            return Result(len(results) - 1)
        return x

    value = _lists(ctx, value)
    flush(ctx.builder)
    return tree.map(leaf, plain_containers(value)), results


def _strong(x: Any) -> bool:
    import numpy as np

    return isinstance(x, np.generic) or not getattr(x, "weak", True)


def _lists(ctx: Context, value: Any) -> Any:
    if isinstance(value, UserList) and value.rows is not None:
        ctx.refuse("A list whose length is known at run time only is returned.", "Return np.array(...) of it.")
    if isinstance(value, (tuple, list)):
        for part in value:
            _lists(ctx, part)
    return value


def _tidied(ctx: Context, function: ir.Function) -> ir.Function:
    """Give values the names that the user has for them, and take away what nothing needs."""
    fresh: dict[Any, Any] = {
        x: replace(x, name=ctx.builder.names.fresh(name)) for x, name in ctx.hints.items() if x not in function.params
    }

    def new(x: Any) -> Any:
        return fresh.get(x, x)

    rename = Renaming(new, new, new)
    results = [rename.view(r) if isinstance(r, ir.View) else new(r) for r in function.results]
    swept = sweep(ir.Function(function.name, function.params, rename.body(function.body), results, function.stacks))
    return replace(swept, rule=function.rule)
