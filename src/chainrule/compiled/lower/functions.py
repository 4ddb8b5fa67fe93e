"""What Python's built-in functions and the functions of `math` do with values of the program."""

from __future__ import annotations

import builtins
import functools
import operator
from collections.abc import Callable
from typing import Any

import numpy as np

from ...rules import Operand, lookup
from .. import facts, ir
from ..build import const
from ..scalar import Scalar, joint_dtype
from . import dispatch
from .array import Array, known_dtype
from .context import Context, known
from .custom import call_custom
from .expressions import adopt, atom_of, binary, is_number, truth
from .iteration import Iteration, enumerated, items_of, iterate, mapped, range_of, turned, zipped
from .mathematics import call_math, single
from .state import UserDict, UserList

__all__ = ["handler_of"]

Handler = Callable[..., Any]


def handler_of(function: Any) -> Handler | None:
    """Return what is called, with the context first, instead of a function."""
    try:
        found = _HANDLERS.get(function)
    except TypeError:
        return None
    if found is not None:
        return found
    if isinstance(function, type) and issubclass(function, np.generic):
        return functools.partial(_numpy_number, kind=function)
    module, name = getattr(function, "__module__", None), getattr(function, "__name__", "")
    if module == "math":
        return functools.partial(call_math, function)
    if module == "chainrule.functional.custom" and name == "stop_gradient":
        return _stop
    if module == "chainrule.functional.products" and name in ("jvp", "vjp"):
        from . import nested

        return nested.call_jvp if name == "jvp" else nested.call_vjp
    if type(function).__module__ == "chainrule.functional.custom":
        return functools.partial(call_custom, function)
    if dispatch.own_function(function) is not None if _hashable(function) else False:
        return functools.partial(_numpy, function)
    return None


def _hashable(x: Any) -> bool:
    return getattr(type(x), "__hash__", None) is not None


# ---- NumPy


def _numpy(function: Any, ctx: Context, *args: Any, **kwargs: Any) -> Any:
    if function in _JOINING and isinstance(args[0], UserList) and args[0].rows is not None:
        return _joined(ctx, function, args[0].rows.array(ctx), *args[1:], **kwargs)
    args = tuple([_listed(ctx, a) for a in args])
    with ctx.user_errors():
        return adopt(ctx, known(dispatch.call(ctx.builder, function, args, kwargs)))


_JOINING = (np.stack, np.concatenate, np.vstack, np.hstack)


def _joined(ctx: Context, function: Any, rows: Array, axis: Any = 0) -> Any:
    """Join the arrays in a list whose length is known at run time only: they lie behind each other already."""
    along = function is np.concatenate or (function is np.hstack and rows.ndim == 2)
    if axis != 0 or (function is np.hstack and not along) or (function is np.vstack and rows.ndim != 2):
        ctx.refuse(f"np.{function.__name__} of a list whose length is known at run time only.", "Join along axis 0.")
    copy = rows.fresh_copy()
    return copy.reshape((-1, *copy.shape[2:])) if along else copy


def _listed(ctx: Context, value: Any) -> Any:
    """Return an argument of a NumPy function: a list of run-time length is an array there."""
    value = to_list(ctx, value) if isinstance(value, Iteration) else value
    return value.rows.array(ctx) if isinstance(value, UserList) and value.rows is not None else value


def _numpy_number(ctx: Context, value: Any = 0, *, kind: Any) -> Any:
    name = known_dtype(kind)
    if isinstance(value, Array):
        return value.astype(name)
    if isinstance(value, str):
        return kind(value)
    return ctx.scalar(ctx.builder.cast(atom_of(value), name), weak=False)


def _stop(ctx: Context, x: Any) -> Any:
    from .joins import parts_of, rebuild

    parts = parts_of(x)
    if parts is not None:
        return rebuild(ctx, x, [_stop(ctx, p) for p in parts])
    if isinstance(x, Scalar):
        return Scalar(ctx.builder.let("stop", x.atom), ctx.builder, x.weak)
    if isinstance(x, Array):
        from .broadcast import apply

        return apply(ctx.builder, "stop", [x])
    return x


# ---- Built in


def _len(ctx: Context, x: Any) -> Any:
    if isinstance(x, UserList) and x.rows is not None:
        return ctx.scalar(x.rows.length)
    if isinstance(x, Array):
        return x.length()
    if isinstance(x, Iteration):
        return ctx.scalar(x.trip)
    return len(x)


def _sum(ctx: Context, values: Any, start: Any = 0) -> Any:
    import ast

    from .comprehensions import fold

    return fold(ctx, iterate(ctx, values), start, lambda a, b: binary(ctx, ast.Add(), a, b))


def _extreme(ctx: Context, largest: bool, values: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
    """Return ``max`` or ``min`` as Python does: the first one among equals."""
    from .comprehensions import fold

    name = "max" if largest else "min"
    if set(kwargs) - {"default"}:
        ctx.refuse(f"{name} with {', '.join(kwargs)}.", "Write it as a loop.")
    it = iterate(ctx, values[0]) if len(values) == 1 else Iteration.static(list(values))
    if it.items is not None:
        if not it.items:
            if "default" in kwargs:
                return kwargs["default"]
            msg = f"{name}() arg is an empty sequence"
            raise ValueError(msg)
        return functools.reduce(lambda a, b: _better(ctx, largest, a, b), it.items)
    if not facts.positive(ctx.builder, it.trip):
        if "default" in kwargs:
            ctx.refuse(f"{name} with a default.", "Test the length first.")
        some = ctx.builder.let("greater", it.trip, const(0))
        ctx.builder.check(some, "ValueError", f"{name}() arg is an empty sequence")
        facts.suppose(ctx.builder, const(1), it.trip)
    rest = Iteration(
        ctx.builder.let("subtract", it.trip, const(1)), lambda k: it.at(ctx.builder.let("add", k, const(1)))
    )
    facts.known_size(ctx.builder, rest.trip)
    return fold(ctx, rest, it.at(const(0)), lambda a, b: _better(ctx, largest, a, b))


def _better(ctx: Context, largest: bool, a: Any, b: Any) -> Any:
    """Return b if it is larger (smaller) than a, else a."""
    name = "largest" if largest else "smallest"
    if isinstance(a, Array) or isinstance(b, Array):
        msg = "The truth value of an array with more than one element is ambiguous. Use a.any() or a.all()"
        raise ValueError(msg)
    if not isinstance(a, Operand) and not isinstance(b, Operand):
        return max(a, b) if largest else min(a, b)
    test = truth(ctx, b > a if largest else b < a)
    if isinstance(test, bool):
        return b if test else a
    dtype, weak = joint_dtype([a, b])
    one, other = (ctx.builder.cast(atom_of(x), dtype) for x in (b, a))
    return ctx.scalar(ctx.builder.let("select", test, one, other, hint=name), weak)


def _abs(ctx: Context, x: Any) -> Any:
    return abs(x)


def _float(ctx: Context, x: Any = 0.0) -> Any:
    if isinstance(x, str):
        return float(x)
    return ctx.scalar(ctx.builder.cast(atom_of(single(ctx, "float", x)), ir.FLOAT))


def _int(ctx: Context, x: Any = 0, *base: Any) -> Any:
    if isinstance(x, str):
        return int(x, *base)
    return ctx.scalar(ctx.builder.cast(atom_of(single(ctx, "int", x)), ir.INT))


def _bool(ctx: Context, x: Any = False) -> Any:
    test = truth(ctx, x)
    return test if isinstance(test, bool) else ctx.scalar(test)


def _round(ctx: Context, x: Any, digits: Any = None) -> Any:
    if not isinstance(x, Operand):
        return round(x) if digits is None else round(x, digits)
    if digits is not None:
        return np.round(x, digits)
    return ctx.scalar(ctx.builder.cast(atom_of(lookup(np.rint)(x)), ir.INT))


def _divmod(ctx: Context, a: Any, b: Any) -> Any:
    import ast

    return binary(ctx, ast.FloorDiv(), a, b), binary(ctx, ast.Mod(), a, b)


def _pow(ctx: Context, a: Any, b: Any) -> Any:
    import ast

    return binary(ctx, ast.Pow(), a, b)


def to_list(ctx: Context, values: Any = ()) -> Any:
    """Return what ``list(values)`` gives."""
    from .lists import append, rows_of_array
    from .loops import Loop, run_loop

    if isinstance(values, Array):
        return rows_of_array(ctx, values)
    if isinstance(values, UserList) and values.rows is not None:
        return values.rows.get(ctx, slice(None))
    it = iterate(ctx, values)
    made = ctx.heap.add(UserList())
    if it.items is not None:
        made.extend(it.items)
        return made
    run_loop(ctx, Loop(lambda k: append(ctx, made, it.at(k)), [], trip=it.trip))
    return made


def _tuple(ctx: Context, values: Any = ()) -> Any:
    return tuple(items_of(ctx, values))


def _dict(ctx: Context, values: Any = (), **named: Any) -> Any:
    pairs = values if isinstance(values, dict) else [tuple(items_of(ctx, p)) for p in items_of(ctx, values)]
    return adopt(ctx, dict(pairs, **named))


def _sorted(ctx: Context, values: Any, *, key: Any = None, reverse: Any = False) -> Any:
    from .lists import rows_of_array

    if isinstance(values, UserList) and values.rows is not None:
        values = values.rows.array(ctx)
    if isinstance(values, Iteration):
        values = to_list(ctx, values)
        values = values.rows.array(ctx) if values.rows is not None else list(values)
    if isinstance(values, (tuple, list)):
        if not any(isinstance(v, Operand) for v in values) and key is None:
            return adopt(ctx, sorted(values, reverse=reverse))
        from .array import as_array

        if key is None and all(map(is_number, values)):
            values = as_array(ctx.builder, list(values))
    if key is not None or not isinstance(values, Array):
        ctx.refuse("sorted of these values, or by a key.", "Use np.sort or np.argsort.")
    ordered: Any = np.sort(values)
    return rows_of_array(ctx, ordered[::-1] if reverse else ordered)


def _any(ctx: Context, values: Any) -> Any:
    return _quantified(ctx, values, False)


def _all(ctx: Context, values: Any) -> Any:
    return _quantified(ctx, values, True)


def _quantified(ctx: Context, values: Any, every: bool) -> Any:
    from .branches import shortcut
    from .comprehensions import fold

    def step(sofar: Any, value: Any) -> Any:
        return shortcut(ctx, sofar, every, lambda: _bool(ctx, value))

    def decide(sofar: Any, value: Any) -> Any:
        decided = _bool(ctx, value)
        test = truth(ctx, decided)
        if isinstance(test, bool):
            ctx.frame.names["$break"] = test is not every
        else:
            flag = ctx.builder.let("logical_not", test) if every else test
            ctx.frame.names["$break"] = ctx.scalar(flag)
        return decided

    it = iterate(ctx, values)
    return fold(ctx, it, every, step) if it.items is not None else fold(ctx, it, every, decide, ("$break",))


def _isinstance(ctx: Context, value: Any, kinds: Any) -> bool:
    kinds = kinds if isinstance(kinds, tuple) else (kinds,)
    if isinstance(value, Array):
        stands: Any = np.ndarray
    elif isinstance(value, Scalar):
        plain = {ir.BOOL: bool, ir.INT: int}.get(value.atom.dtype, float)
        stands = plain if value.weak else np.dtype(value.atom.dtype).type
    elif isinstance(value, (UserList, UserDict)):
        stands = list if isinstance(value, UserList) else dict
    else:
        return isinstance(value, kinds)
    return issubclass(stands, kinds)


def _print(ctx: Context, *args: Any, **kwargs: Any) -> None:
    ctx.refuse("print cannot be compiled.", "Print outside of the function, or run it without jit.")


def _callable(ctx: Context, x: Any) -> bool:
    return callable(x)


def _reduce(ctx: Context, function: Any, values: Any, *start: Any) -> Any:
    from .calling import call
    from .comprehensions import fold

    it = iterate(ctx, values)
    if not start:
        items = items_of(ctx, it)
        return functools.reduce(lambda a, b: call(ctx, function, (a, b), {}), items)
    return fold(ctx, it, start[0], lambda a, b: call(ctx, function, (a, b), {}))


def _getattr(ctx: Context, value: Any, name: str, *default: Any) -> Any:
    from .expressions import attribute

    try:
        return attribute(ctx, value, name)
    except AttributeError:
        if default:
            return default[0]
        raise


def _type(ctx: Context, value: Any) -> Any:
    if isinstance(value, Operand):
        ctx.refuse("type() of a number or an array.", "Use isinstance, .dtype or .ndim.")
    return type(value)


def _str(ctx: Context, value: Any = "") -> str:
    if isinstance(value, Operand):
        ctx.refuse("The text of a number that is known at run time only.", "Make texts outside of the function.")
    return str(value)


def _replace(ctx: Context, value: Any, **changes: Any) -> Any:
    import dataclasses

    return dataclasses.replace(value, **changes)


_HANDLERS: dict[Any, Handler] = {
    builtins.len: _len, builtins.range: range_of, builtins.enumerate: enumerated, builtins.zip: zipped,
    builtins.reversed: turned, builtins.map: mapped, builtins.sum: _sum, builtins.abs: _abs, builtins.float: _float,
    builtins.int: _int, builtins.bool: _bool, builtins.round: _round, builtins.divmod: _divmod, builtins.pow: _pow,
    builtins.list: to_list, builtins.tuple: _tuple, builtins.dict: _dict, builtins.sorted: _sorted,
    builtins.any: _any, builtins.all: _all, builtins.isinstance: _isinstance, builtins.print: _print,
    builtins.max: lambda ctx, *values, **kwargs: _extreme(ctx, True, values, kwargs),
    builtins.min: lambda ctx, *values, **kwargs: _extreme(ctx, False, values, kwargs),
    builtins.callable: _callable, builtins.getattr: _getattr, builtins.type: _type, functools.reduce: _reduce,
    builtins.hasattr: lambda ctx, value, name: hasattr(value, name),
    builtins.iter: lambda ctx, value: iterate(ctx, value),
    builtins.str: _str,
    operator.add: lambda ctx, a, b: a + b, operator.mul: lambda ctx, a, b: a * b,
}  # fmt: skip
import dataclasses as _dataclasses  # noqa: E402

_HANDLERS[_dataclasses.replace] = _replace
