"""Calls: the user's own functions are lowered where they are called, NumPy's run on values of the program."""

from __future__ import annotations

import ast
import inspect
import random
from collections.abc import Iterator
from functools import partial
from types import BuiltinFunctionType, BuiltinMethodType, FunctionType, MethodType
from typing import Any

import numpy as np

from ...errors import MissingRuleError
from ...rules import Operand, Row, lookup
from ..described import description
from ..fence import fence
from ..read import Source, plain, source_of
from ..scalar import Scalar
from .array import as_array
from .context import Context, known
from .expressions import adopt, evaluate
from .liveness import Flow
from .state import UNDEFINED, Clash, Frame, Possibly, UserDict, UserList
from .statements import run_block

__all__ = ["Closure", "as_arrays", "as_index", "as_value", "call", "call_node", "make_closure"]

NATIVE = ("numpy", "chainrule", "operator", "dataclasses", "typing", "functools", "collections")
TRANSFORMS = (
    "elementwise_grad",
    "grad",
    "hessian",
    "hvp",
    "jacfwd",
    "jacobian",
    "jacrev",
    "jit",
    "jvp",
    "value_and_grad",
    "vmap",
)
DEPTH = 60


class Closure:
    """A function that is defined inside one that is being lowered."""

    def __init__(self, ctx: Context, source: Source, frame: Frame, signature: inspect.Signature) -> None:
        self.ctx = ctx
        self.source = source
        self.frame = frame
        self.signature = signature
        self.flow = Flow(source.node)
        self.__name__ = source.name

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        return call(self.ctx, self, args, kwargs)


def make_closure(ctx: Context, node: ast.FunctionDef | ast.Lambda) -> Closure:
    """Evaluate a lambda or an inner definition."""
    outer = ctx.frame
    name = node.name if isinstance(node, ast.FunctionDef) else "<lambda>"
    source = Source(name, outer.source.file, node, outer.source.lines)
    return Closure(ctx, source, outer, _signature(ctx, node.args))


def _signature(ctx: Context, a: ast.arguments) -> inspect.Signature:
    """Return the signature of an inner function, its defaults evaluated now."""
    kinds = inspect.Parameter
    positional = [*a.posonlyargs, *a.args]
    defaults: list[Any] = [kinds.empty] * (len(positional) - len(a.defaults))
    defaults += [evaluate(ctx, d) for d in a.defaults]
    made = []
    for i, (p, default) in enumerate(zip(positional, defaults, strict=True)):
        kind = kinds.POSITIONAL_ONLY if i < len(a.posonlyargs) else kinds.POSITIONAL_OR_KEYWORD
        made.append(kinds(p.arg, kind, default=default))
    if a.vararg is not None:
        made.append(kinds(a.vararg.arg, kinds.VAR_POSITIONAL))
    for p, d in zip(a.kwonlyargs, a.kw_defaults, strict=True):
        made.append(kinds(p.arg, kinds.KEYWORD_ONLY, default=kinds.empty if d is None else evaluate(ctx, d)))
    if a.kwarg is not None:
        made.append(kinds(a.kwarg.arg, kinds.VAR_KEYWORD))
    return inspect.Signature(made)


# ---- The syntax of a call


def call_node(ctx: Context, node: ast.Call) -> Any:
    """Evaluate a call."""
    function = evaluate(ctx, node.func)
    args: list[Any] = []
    for arg in node.args:
        if isinstance(arg, ast.Starred):
            from .iteration import items_of

            args += items_of(ctx, evaluate(ctx, arg.value))
        else:
            args.append(evaluate(ctx, arg))
    kwargs: dict[str, Any] = {}
    for keyword in node.keywords:
        value = evaluate(ctx, keyword.value)
        kwargs.update(value if keyword.arg is None else {keyword.arg: value})
    ctx.node = node
    return call(ctx, function, tuple(args), kwargs, node)


def call(
    ctx: Context, function: Any, args: tuple[Any, ...], kwargs: dict[str, Any], node: ast.Call | None = None
) -> Any:
    """Call a value; `node` is the call in the user's text, if it is that one and not one by another function."""
    from .functions import handler_of

    if type(function) is FunctionType:  # of chainrule.numpy
        function = vars(function).get("__chainrule_stands_for__", function)
    if isinstance(function, Closure):
        return _inline(ctx, function, function.source, function.flow, args, kwargs, node)
    if description(function) is not None:
        from .nested import call_derivative

        return call_derivative(ctx, function, args, kwargs)
    handler = handler_of(function)
    if handler is not None:
        return known(handler(ctx, *args, **kwargs))
    if isinstance(getattr(function, "__self__", None), Operand):
        return _native(ctx, function, args, kwargs)
    inner, before, named = plain(function)
    for value in (*before, *named.values()):
        ctx.notice(value)
    args, kwargs = (*before, *args), {**named, **kwargs}
    if inner is not function:
        return call(ctx, inner, args, kwargs, node)
    if isinstance(function, FunctionType) and not _is_native(function):
        source = source_of(function)
        return _inline(ctx, function, source, _flow(ctx, source), args, kwargs, node)
    if isinstance(function, type):
        return _construct(ctx, function, args, kwargs)
    return _native(ctx, function, args, kwargs)


def _is_native(function: FunctionType) -> bool:
    """Tell whether a function is run as it is; the examples in a native module's docstrings are not."""
    top = (function.__module__ or "").split(".")[0]
    if top == "scipy":  # what has a row follows it; the rest is Python like any other
        return _of_scipy(function) is not function
    return top in NATIVE and not function.__code__.co_filename.startswith("<doctest")


def _flow(ctx: Context, source: Source) -> Flow:
    flow: Flow | None = ctx.flows.get(source.node)
    if flow is None:
        fence(source)
        flow = ctx.flows[source.node] = Flow(source.node)
        ctx.files[source.file] = None
    return flow


# ---- The user's functions


def _inline(
    ctx: Context, function: Any, source: Source, flow: Flow, args: tuple[Any, ...], kwargs: dict[str, Any],
    node: ast.Call | None,
) -> Any:  # fmt: skip
    """Lower the body of a function with its parameters bound to the arguments."""
    from .assign import settled
    from .recursion import called

    signature = (
        function.signature if isinstance(function, Closure) else inspect.signature(function, follow_wrapped=False)
    )
    with ctx.user_errors():
        bound = signature.bind(*args, **kwargs)
    bound.apply_defaults()
    if isinstance(function, Closure):
        frame = Frame(source, flow, function.frame.namespace, {}, function.frame)
    else:
        frame = Frame(source, flow, function.__globals__, _cells(function), None)
    for name, value in bound.arguments.items():
        kind = signature.parameters[name].kind
        value = (
            adopt(ctx, value) if kind is inspect.Parameter.VAR_KEYWORD else _foreign_default(ctx, function, name, value)
        )
        frame.names[name] = settled(ctx, value, name)
    frame.names.update({"$return": False, "$value": UNDEFINED})
    frame.call = node
    return called(ctx, function, frame, lambda f: run_frame(ctx, f))


def _foreign_default(ctx: Context, function: Any, name: str, value: Any) -> Any:
    if isinstance(value, np.ndarray):
        return ctx.capture(value, name, partial(_default, function, name))
    return value


def _default(function: Any, name: str) -> Any:
    """Return the value that a parameter has if none is given, as it is now."""
    keyword = function.__kwdefaults__ or {}
    if name in keyword:
        return keyword[name]
    code = function.__code__
    return function.__defaults__[code.co_varnames.index(name) - code.co_argcount]


def run_frame(ctx: Context, frame: Frame) -> Any:
    """Lower the body of a call whose names are bound, and return its value."""
    node, place = ctx.node, ctx.builder.place
    ctx.frames.append(frame)
    try:
        body = frame.source.node
        if isinstance(body, ast.Lambda):
            ctx.node = body.body
            value = evaluate(ctx, body.body)
        else:
            run_block(ctx, body.body, frozenset())
            value = _returned(ctx, frame)
    except Exception as error:
        raise ctx.placed(error) from error.__cause__
    finally:
        if frame in ctx.frames:
            del ctx.frames[ctx.frames.index(frame) :]
    ctx.node, ctx.builder.place = node, place
    return value


def _returned(ctx: Context, frame: Frame) -> Any:
    left, value = frame.names["$return"], frame.names["$value"]
    if left is False:
        return None
    if isinstance(value, Clash):
        ctx.refuse(f"What {frame.source.name} returns cannot be told: {value.reason}", "Return the same kind of value.")
    if isinstance(value, Possibly) or (left is not True and value is not None):
        ctx.refuse(
            f"{frame.source.name} returns a value on some paths, and None on others.",
            "End it with a return statement for all other cases.",
            frame.source.node,
        )
    return value


def _cells(function: FunctionType) -> dict[str, Any]:
    return dict(zip(function.__code__.co_freevars, function.__closure__ or (), strict=True))


# ---- Everything else


def _construct(ctx: Context, cls: type, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
    """Make an instance: its ``__init__`` runs on values of the program."""
    from .assign import settled

    for value in (*args, *kwargs.values()):
        settled(ctx, value)
    if issubclass(cls, Exception):
        ctx.refuse("An error is made, but not raised.", "Write raise in front of it.")
    if cls.__module__ == "builtins":
        ctx.refuse(f"{cls.__name__}() cannot be compiled.", "Use a list, a tuple, a dict or an array.")
    return cls(*args, **kwargs)


def _native(ctx: Context, function: Any, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
    """Call what is not the user's: NumPy's functions, methods of arrays, lists, dicts and texts."""
    owner = getattr(function, "__self__", None)
    if isinstance(owner, (UserList, UserDict)):
        from .lists import method

        return method(ctx, owner, function.__name__, args, kwargs)
    if isinstance(owner, (list, dict, set)) and function.__name__ in MUTATING:
        from .assign import own_container

        own_container(ctx, owner)
    _permit(ctx, function, owner)
    if not isinstance(owner, (str, tuple, list, dict)):
        args = as_arrays(ctx, args, int(isinstance(owner, Operand)))
    with ctx.user_errors():
        result = _of_scipy(function)(*args, **kwargs)
    if isinstance(result, np.ndarray):
        return as_array(ctx.builder, result)
    if isinstance(result, np.generic) and isinstance(result, (np.complexfloating, np.str_)):
        ctx.refuse(f"A value of type {type(result).__name__} cannot be compiled.", "Use real numbers.")
    return adopt(ctx, known(result))


def _of_scipy(function: Any) -> Any:
    """Return the row of a function of SciPy, as SciPy does not hand its calls to the arguments; others as they are."""
    if (getattr(function, "__module__", None) or "").split(".")[0] != "scipy":
        return function
    try:
        row = lookup(function)
        return partial(_composite, row) if row.kind == "composite" else row
    except MissingRuleError:
        return function


def _composite(row: Row, *args: Any, **kwargs: Any) -> Any:
    from .composite import apply_composite

    return apply_composite(row, args, kwargs)


MUTATING = frozenset(
    [
        "append",
        "extend",
        "insert",
        "pop",
        "remove",
        "clear",
        "sort",
        "reverse",
        "update",
        "setdefault",
        "popitem",
        "add",
        "discard",
    ]
)


def _permit(ctx: Context, function: Any, owner: Any) -> None:
    module = getattr(function, "__module__", None) or ""
    name = getattr(function, "__name__", type(function).__name__)
    mine = module.startswith("chainrule.") and not module.startswith(("chainrule.rules", "chainrule.numpy"))
    if mine and not isinstance(function, Row) and not isinstance(owner, Operand) and name not in TRANSFORMS:
        ctx.refuse(
            f"{name} of chainrule is called inside a compiled function.", f"There can be {', '.join(TRANSFORMS)}."
        )
    if module.startswith(("numpy.random", "random")) or isinstance(
        owner, (np.random.Generator, np.random.RandomState, random.Random)
    ):
        ctx.refuse("Random numbers cannot be drawn inside a compiled function.", "Draw them before, and pass them in.")
    if isinstance(owner, (Operand, str, tuple, list, dict, int, float, np.generic, np.ufunc)) or isinstance(
        function, (np.ufunc, Row)
    ):
        return
    if isinstance(function, MethodType) and isinstance(owner, type):
        return
    top = module.split(".")[0] or type(function).__module__.split(".")[0]
    if top in ("numpy", "chainrule", "operator", "scipy"):
        return
    if isinstance(function, (BuiltinFunctionType, BuiltinMethodType, type)) or not isinstance(function, FunctionType):
        shown = f"{module}.{name}".removeprefix("builtins.")
        ctx.refuse(f"{shown} cannot be compiled.", "Write it with math, NumPy or plain Python.")


def as_arrays(ctx: Context, args: tuple[Any, ...], before: int = 0) -> tuple[Any, ...]:
    """Return arguments for NumPy: lists whose length is known at run time only are arrays there.

    `before` is how many arguments stand before these (of a method, the array itself).
    """
    return tuple([_numbers(ctx, a, position) for position, a in enumerate(args, before)])


def _numbers(ctx: Context, value: Any, position: int) -> Any:
    """Return a list that holds numbers of the program as an array; a tuple after the first argument is a shape."""
    if isinstance(value, UserList) and value.rows is not None:
        return value.rows.array(ctx)
    if isinstance(value, list if position else (list, tuple)) and _holds_scalars(value):
        return as_array(ctx.builder, value)
    return value


def _holds_scalars(value: Any) -> bool:
    """Tell whether all items of a list, or of the lists in it, are numbers, some of them of the program."""
    leaves = [*_leaves(value)]
    return any(isinstance(x, Scalar) for x in leaves) and not any(isinstance(x, Operand) and x.ndim for x in leaves)


def _leaves(value: Any) -> Iterator[Any]:
    if not isinstance(value, (list, tuple)):
        yield value
    else:
        for part in value:
            yield from _leaves(part)


def as_index(ctx: Context, index: Any) -> Any:
    """Return an index for an array: a list in it is an array."""
    if isinstance(index, tuple):
        return tuple([as_index(ctx, part) for part in index])
    if isinstance(index, UserList):
        return as_arrays(ctx, (index,))[0] if index.rows is not None else as_array(ctx.builder, list(index))
    return index


def as_value(ctx: Context, value: Any) -> Any:
    """Return what is written into an array."""
    if isinstance(value, (list, tuple)):
        return (
            as_arrays(ctx, (value,))[0]
            if isinstance(value, UserList) and value.rows is not None
            else as_array(ctx.builder, value)
        )
    return value
