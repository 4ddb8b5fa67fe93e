"""Derivatives that a function takes itself: ``cr.grad(potential)(x)`` in a simulation.

The function that is differentiated becomes a function of the program, its derivative another, which is called. What the
first reads of the values around it are further arguments of both, so that a derivative of the whole goes through them.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np

from ... import tree
from ...errors import DerivativeError, UnsupportedError, message
from .. import facts, ir
from ..build import Builder
from ..described import differentiated, original
from ..scalar import Scalar, joint_dtype
from ..spec import ArraySpec, Capture, Lowered, Result, ScalarSpec, Static
from ..transforms import Arguments, derive
from .array import Array
from .broadcast import never_one
from .context import Context
from .expressions import adopt, atom_of, is_number
from .joins import parts_of, rebuild
from .nest import whole
from .parameters import plain_containers
from .purity import note_writes
from .recursion import Pending, invoke, lengths_of, made_function
from .state import Frame

__all__ = ["call_derivative", "call_jvp", "call_vjp"]

SPECS = (ScalarSpec, ArraySpec, Static)
Held = Scalar | Array


def call_derivative(ctx: Context, function: Any, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
    """Lower a call of a derivative of a function, and return its result."""
    floats = differentiated(function, len(args))
    given = tuple([plain_containers(_floating(ctx, a) if k in floats else a) for k, a in enumerate(args)])
    held: list[Held] = []
    specs = tree.map(lambda x: _spec_of(ctx, x, held), (given, plain_containers(kwargs)))
    maker = _Maker(ctx)
    try:
        made = derive(function, Arguments(specs[0], specs[1], [], inside=True), maker.lower)
    except UnsupportedError:
        raise
    except Exception as error:
        raise ctx.placed(error) from error
    pending = Pending(_fresh(ctx, made.program.entry.name), object(), len(ctx.frames), ctx.function)
    results: list[ir.Atom | ir.View] = []
    pending.pattern = _pattern(ctx, adopt(ctx, made.result), made.program.entry.results, results)
    pending.extras, pending.done = maker.extras, True
    ctx.others.update(made.program.others)
    ctx.others[pending.name] = replace(made.program.entry, name=pending.name, results=results)
    return invoke(ctx, pending, held)


def call_jvp(ctx: Context, f: Any, primals: Any, tangents: Any, *, has_aux: bool = False) -> Any:
    """Lower a call of `jvp`: a tuple holds the arguments of `f`, anything else is the only one."""
    if has_aux:
        ctx.refuse("cr.jvp with has_aux=True cannot be compiled.", "Return the extra value as part of the result.")
    args = primals if type(primals) is tuple else (primals,)
    given = tangents if type(primals) is tuple else (tangents,)
    if not isinstance(given, tuple) or len(given) != len(args):
        text = message("The tangents are not structured like the primals.", "Give one for each leaf.")
        raise ctx.placed(DerivativeError(text))
    directions = [_of_type(ctx, t, x) for t, x in zip(given, args, strict=True)]

    def moved(*args: Any) -> Any: ...

    moved.__dict__["__chainrule__"] = ("jvp", f, {})
    value, tangent = call_derivative(ctx, moved, (*args, *directions), {})
    return value, _shaped(ctx, tangent, value)


def call_vjp(ctx: Context, *args: Any, **kwargs: Any) -> Any:
    ctx.refuse(
        "cr.vjp cannot be called in a compiled function: the pullback would be a value of the program.",
        "Take cr.grad of the result's product with the cotangent, or cr.vjp of the compiled function.",
    )


def _of_type(ctx: Context, tangent: Any, primal: Any) -> Any:
    """Return a tangent with floats of the type that the primal has; what does not fit is left for who compares them."""
    if isinstance(tangent, Array) and isinstance(primal, Array) and primal.kind in (ir.FLOAT, ir.SINGLE):
        return tangent if tangent.kind == primal.kind else tangent.astype(primal.dtype)
    if is_number(tangent) and is_number(primal):
        dtype = joint_dtype([primal])[0]
        return ctx.scalar(ctx.builder.cast(atom_of(tangent), dtype if dtype == ir.SINGLE else ir.FLOAT))
    parts, others = parts_of(tangent), parts_of(primal)
    if not parts or not others or len(parts) != len(others):
        return tangent
    return rebuild(ctx, tangent, [_of_type(ctx, t, x) for t, x in zip(parts, others, strict=True)])


def _shaped(ctx: Context, tangent: Any, value: Any) -> Any:
    """Return a tangent with zeros for the arrays of a result that are none of floats."""
    if isinstance(value, Array):
        return tangent if isinstance(tangent, Array) else np.zeros_like(value)
    parts = parts_of(value)
    if not parts:
        return tangent
    moved = parts_of(tangent) or []
    return rebuild(ctx, value, [_shaped(ctx, t, x) for t, x in zip(moved, parts, strict=True)])


def _fresh(ctx: Context, name: str) -> str:
    return ctx.builder.names.fresh(name if name.isidentifier() else "derivative").replace(".", "_")


def _floating(ctx: Context, value: Any) -> Any:
    """Return an argument by which is differentiated with floats for its integers."""
    if isinstance(value, Array):
        return value if value.kind in (ir.FLOAT, ir.SINGLE) else value.astype(np.dtype(ir.FLOAT))
    if is_number(value):
        dtype, _ = joint_dtype([value])
        return value if dtype in (ir.FLOAT, ir.SINGLE) else ctx.scalar(ctx.builder.cast(atom_of(value), ir.FLOAT))
    parts = parts_of(value)
    return rebuild(ctx, value, [_floating(ctx, p) for p in parts]) if parts else value


def _spec_of(ctx: Context, x: Any, held: list[Held]) -> Any:
    """Return the type of an argument; what is not known yet, and every float, is an argument of the program."""
    if isinstance(x, Array):
        held.append(x.materialise("argument"))
        long = [axis for axis, n in enumerate(x.sizes) if never_one(ctx.builder, n)]
        return ArraySpec(x.kind, lengths_of(x), long=frozenset(long))
    if not isinstance(x, (Scalar, float, np.floating)):
        return Static(x)
    dtype, weak = joint_dtype([x])
    held.append(x if isinstance(x, Scalar) else Scalar(atom_of(x), ctx.builder, weak))
    return ScalarSpec(dtype, weak)


def _pattern(ctx: Context, value: Any, results: list[ir.Atom | ir.View], chosen: list[ir.Atom | ir.View]) -> Any:
    """Return what a call returns, with numbers and arrays that show the types; `chosen` are its results in order."""
    if isinstance(value, Result):
        result = results[value.index]
        chosen.append(result)
        if isinstance(result, ir.View):
            lengths = tuple([int(n.value) if isinstance(n, ir.Const) else 0 for n in result.shape])
            return _example(ArraySpec(result.dtype, lengths))
        return _example(ScalarSpec(result.dtype, value.weak))
    if isinstance(value, float):  # the tangent of what does not move
        chosen.append(ir.Const(value, ir.FLOAT))
        return _example(ScalarSpec(ir.FLOAT))
    parts = parts_of(adopt(ctx, value))
    if not parts:
        return value
    return rebuild(ctx, adopt(ctx, value), [_pattern(ctx, p, results, chosen) for p in parts])


def _example(spec: Any) -> Any:
    """Return a value of a type; nobody computes with it."""
    builder = Builder()
    if isinstance(spec, ScalarSpec):
        return Scalar(ir.Var("x.0", spec.dtype), builder, spec.weak)
    buffer = ir.Buffer("x.0", spec.dtype, spec.ndim, spec.lengths)
    sizes = [builder.dim(buffer, axis) for axis in range(spec.ndim)]
    for axis, size in enumerate(sizes):
        facts.known_size(builder, size, not_one=axis in spec.long)
    return Array.from_view(builder, whole(builder, buffer, sizes))


class _Static:
    """An argument that is a constant of the program, and not to become a parameter."""

    def __init__(self, value: Any) -> None:
        self.value = value


class _Maker:
    """Lowers the function that is differentiated; `extras` are then the values around it that it reads."""

    def __init__(self, ctx: Context) -> None:
        self.ctx = ctx
        self.extras: dict[Any, tuple[Any, Any]] = {}

    def lower(self, f: Callable[..., Any], arguments: Arguments) -> Lowered:
        from .calling import call

        ctx = self.ctx
        frame = Frame(ctx.frames[-1].source, None, {}, {}, None)
        given = tree.map(_argument, (tuple(arguments.args), dict(arguments.kwargs)))
        frame.names = {"args": _adopted(ctx, given[0]), "kwargs": tuple(map(_adopted_by(ctx), given[1].values()))}

        def run(frame: Frame) -> Any:
            names = dict(zip(given[1], _plain(ctx, frame.names["kwargs"]), strict=True))
            return call(ctx, f, _plain(ctx, frame.names["args"]), names)

        named = getattr(original(f), "__name__", "function")
        pending = made_function(ctx, frame, object(), run, named, sized=True)
        self.extras = pending.extras
        function = ctx.others.pop(pending.name)
        program = ir.Program(function, dict(ctx.others))
        written = note_writes(program)[function.name]
        result = _numbered(ctx, pending.pattern, iter(range(len(function.results))))
        outer = [_spec(value) for value, _ in self.extras.values()]
        specs = [s for s in tree.flatten((arguments.args, arguments.kwargs), SPECS)[0] if not isinstance(s, Static)]
        captures = [Capture("outer", None, []) for _ in outer]
        return Lowered(program, [*specs, *outer], captures, plain_containers(result), frozenset(written))


def _argument(spec: Any) -> Any:
    return _Static(spec.value) if isinstance(spec, Static) else _example(spec)


def _adopted_by(ctx: Context) -> Callable[[Any], Any]:
    return lambda value: _adopted(ctx, value)


def _adopted(ctx: Context, value: Any) -> Any:
    """Return a structure with lists and dicts of the program for the ordinary ones."""
    if isinstance(value, list):
        return adopt(ctx, [_adopted(ctx, v) for v in value])
    if type(value) is dict:
        return adopt(ctx, {k: _adopted(ctx, v) for k, v in value.items()})
    if isinstance(value, tuple):
        return rebuild(ctx, value, [_adopted(ctx, v) for v in value])
    return value


def _plain(ctx: Context, value: Any) -> Any:
    """Return arguments with constants in their places."""
    if isinstance(value, _Static):
        return value.value
    parts = parts_of(value)
    return rebuild(ctx, value, [_plain(ctx, p) for p in parts]) if parts else value


def _spec(value: Any) -> ScalarSpec | ArraySpec:
    if isinstance(value, Array):
        return ArraySpec(value.kind, lengths_of(value))
    return ScalarSpec(*joint_dtype([value]))


def _numbered(ctx: Context, value: Any, numbers: Any) -> Any:
    """Return what a function returns, with a `Result` for each number and array."""
    if isinstance(value, Array):
        return Result(next(numbers))
    if is_number(value):
        return Result(next(numbers), joint_dtype([value])[1])
    parts = parts_of(value)
    return rebuild(ctx, value, [_numbered(ctx, p, numbers) for p in parts]) if parts else value
