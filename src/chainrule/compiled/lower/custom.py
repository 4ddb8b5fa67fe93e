"""Functions that bring their own derivative (`custom_jvp`, `custom_vjp`): functions of the program with a rule.

The function and its rule are lowered for the types of the call. What the rule computes stands beside the function; the
derivative passes call it instead of differentiating the function.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np

from .. import ir
from ..activity import is_float
from ..build import const
from ..read import source_of
from ..scalar import Scalar, joint_dtype
from .array import Array
from .context import Context
from .expressions import atom_of, is_number
from .joins import parts_of, rebuild
from .recursion import Pending, invoke, made_function, type_of
from .state import Frame

__all__ = ["call_custom"]

Run = Callable[[Frame], Any]


def call_custom(function: Any, ctx: Context, *args: Any, **kwargs: Any) -> Any:
    """Lower a call of a function that brings its own derivative."""
    name = getattr(function, "__name__", "the function")
    if kwargs:
        ctx.refuse(f"{name}, which has its own derivative, is called with named arguments.", "Pass them by position.")
    key = (id(function), type_of(args))
    if key not in ctx.custom or ctx.custom[key].name not in ctx.others:  # it may have been made in vain
        _make(ctx, function, name, args, key)
    return invoke(ctx, ctx.custom[key], _leaves(args))


def _make(ctx: Context, function: Any, name: str, args: tuple[Any, ...], key: Any) -> None:
    """Lower a function and its rule, which may call the function itself."""
    from .calling import call

    ctx.custom[key] = value = _function(
        ctx, function, {"args": args}, lambda frame: call(ctx, function.f, frame.names["args"], {})
    )
    maker, kind = (_adjoint, "rules") if hasattr(type(function), "defvjp") else (_tangent, "rule")
    given = getattr(function, kind)
    if given is None:
        ctx.refuse(f"{name} has no rule yet.", "Give it one with defvjp or defjvp.")
    rule = maker(ctx, function, given, args, value.pattern)
    for pending in (value, rule):
        if pending.extras:
            ctx.refuse(f"{name} or its rule reads a value of the function around it.", "Pass the value as an argument.")
    adjoint, tangent = (rule.name, None) if maker is _adjoint else (None, rule.name)
    ctx.others[value.name] = replace(ctx.others[value.name], rule=ir.Rule(adjoint, tangent))


def _adjoint(ctx: Context, function: Any, rules: Any, args: Any, pattern: Any) -> Pending:
    """Lower the reverse rule: from the arguments and the cotangents of the floating-point results."""
    from .calling import call

    forward, backward = rules

    def run(frame: Frame) -> Any:
        given = frame.names["args"]
        value, residuals = _pair(ctx, call(ctx, forward, given, {}), "forward")
        cotangents = call(ctx, backward, (residuals, _filled(ctx, value, list(frame.names["seeds"]))), {})
        parts = parts_of(cotangents)
        if parts is None or len(parts) != len(given):
            ctx.refuse("A vjp rule must return a tuple with one cotangent for each argument.", "Add the missing ones.")
        return tuple([x for a, g in zip(given, parts, strict=True) for x in _matched(ctx, a, g)])

    return _function(ctx, function, {"args": args, "seeds": tuple(_floats(pattern))}, run)


def _tangent(ctx: Context, function: Any, rule: Any, args: Any, _: Any) -> Pending:
    """Lower the forward rule: from the arguments and the tangents of the floating-point ones."""
    from .calling import call

    def run(frame: Frame) -> Any:
        given = frame.names["args"]
        tangents = _filled(ctx, given, list(frame.names["tangents"]))
        value, moved = _pair(ctx, call(ctx, rule, (given, tangents), {}), "jvp")
        return (value, tuple(_matched(ctx, value, moved)))

    return _function(ctx, function, {"args": args, "tangents": tuple(_floats(args))}, run)


def _function(ctx: Context, function: Any, names: dict[str, Any], run: Run) -> Pending:
    frame = Frame(source_of(function.f), None, {}, {}, None)
    frame.names = names
    return made_function(ctx, frame, object(), run)


def _pair(ctx: Context, result: Any, what: str) -> tuple[Any, Any]:
    parts = parts_of(result)
    if parts is None or len(parts) != 2:
        ctx.refuse(f"The {what} rule of a function must return two things.", "Return (value, residuals or tangent).")
    return parts[0], parts[1]


# ---- Numbers and arrays in structures


def _leaves(value: Any) -> list[Any]:
    """Return the numbers and arrays in a structure, in order."""
    if is_number(value) or isinstance(value, Array):
        return [value]
    return [x for part in parts_of(value) or [] for x in _leaves(part)]


def _is_float(x: Any) -> bool:
    return is_float(ir.Var("x.0", x.kind if isinstance(x, Array) else joint_dtype([x])[0]))


def _floats(value: Any) -> list[Any]:
    return [x for x in _leaves(value) if _is_float(x)]


def _filled(ctx: Context, pattern: Any, values: list[Any]) -> Any:
    """Return a structure with the values for its floating-point leaves, one after the other, and zeros for the rest."""
    if is_number(pattern) or isinstance(pattern, Array):
        if _is_float(pattern):
            return values.pop(0)
        return Scalar(const(0), ctx.builder, True) if is_number(pattern) else pattern * 0
    parts = parts_of(pattern)
    return rebuild(ctx, pattern, [_filled(ctx, p, values) for p in parts]) if parts else pattern


def _matched(ctx: Context, like: Any, given: Any) -> list[Any]:
    """Return a cotangent or tangent for each floating-point leaf of a value, of its kind and shape."""
    if is_number(like) or isinstance(like, Array):
        return [_leaf(ctx, like, given)] if _is_float(like) else []
    parts, others = parts_of(like) or [], parts_of(given) if given is not None else None
    if others is not None and len(others) != len(parts):
        ctx.refuse("A rule returned a structure unlike that of the argument or result.", "Return one of the same form.")
    return [x for i, p in enumerate(parts) for x in _matched(ctx, p, None if others is None else others[i])]


def _leaf(ctx: Context, like: Any, given: Any) -> Any:
    builder = ctx.builder
    if isinstance(like, Array):
        given = like * 0.0 if given is None else like * 0.0 + given
        if not isinstance(given, Array) or given.ndim != like.ndim:
            ctx.refuse("A rule returned an array of another shape than the value it belongs to.", "Return its shape.")
        return given.astype(np.dtype(like.kind))
    dtype, weak = joint_dtype([like])
    if given is None:
        return Scalar(ir.Const(0.0, dtype), builder, weak)
    if isinstance(given, Array):
        given = (
            given[()] if not given.ndim else ctx.refuse("A rule returned an array for a number.", "Return a number.")
        )
    return Scalar(builder.cast(atom_of(given), dtype), builder, weak)
