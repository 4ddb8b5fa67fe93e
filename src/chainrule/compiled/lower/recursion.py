"""Functions that call themselves, directly or through others, become functions of the program."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import numpy as np

from ...errors import UnsupportedError, message
from .. import facts, ir
from ..build import Builder
from ..read import place_text
from ..scalar import Scalar, joint_dtype
from ..scan import defined
from .aliases import is_parameter, root
from .array import Array
from .broadcast import never_one
from .context import Context
from .expressions import atom_of, is_number
from .joins import parts_of, rebuild
from .lazy import flush
from .mark import Mark
from .nest import whole
from .reach import may_recur
from .state import UNDEFINED, DeadPath, Frame, Signal, UserDict, UserList

__all__ = ["Pending", "called", "invoke", "lifted", "made_function", "type_of"]

DEPTH = 60
ROUNDS = 8


class Recursive(Signal):
    """A call of a function that is being lowered in place already."""

    def __init__(self, frame: Frame) -> None:
        super().__init__()
        self.frame = frame


class Pending:
    """A recursive function that is being made, or has been made.

    Attributes
    ----------
    pattern
        What it returns, with scalars and arrays that show the types; UNDEFINED as long as that is not known.
    extras : dict
        Values from outside of the function that it reads: each is passed as an argument.
    invokes : list of Invoke
        The calls that lack the extras yet.
    asked : bool
        Whether something in it calls it, and wants to know what it returns.
    sized : bool
        Whether it is made for one call, and for the lengths that are known there.
    depth : int
        The number of calls that were open when it was begun: their names are outside.
    """

    def __init__(self, name: str, key: Any, depth: int, outer: Pending | None) -> None:
        self.name = name
        self.key = key
        self.depth = depth
        self.outer = outer
        self.pattern: Any = UNDEFINED
        self.extras: dict[Any, tuple[Any, Any]] = {}
        self.params: list[ir.Var | ir.Buffer] = []
        self.invokes: list[ir.Invoke] = []
        self.prelude: list[ir.Statement] = []
        self.done = False
        self.asked = False
        self.sized = False


def called(ctx: Context, function: Any, frame: Frame, run: Callable[[Frame], Any]) -> Any:
    """Lower a call, whose frame has its parameters bound: in place, or as a call of a function of the program."""
    key = _key(function, frame)
    frame.key = key
    for pending in ctx.pending:
        if pending.key == key and (pending.done or pending in _chain(ctx.function)):
            return invoke(ctx, pending, _leaves(frame))
    for other in ctx.frames:
        if other.key == key and (ctx.function is None or ctx.frames.index(other) >= ctx.function.depth):
            raise Recursive(other)
    if len(ctx.frames) > DEPTH:
        ctx.refuse("Calls are nested too deeply.", "Write the recursion as a loop, or with arguments of one type.")
    if not may_recur(ctx, function):
        return run(frame)
    return _tried(ctx, frame, key, run)


def _tried(ctx: Context, frame: Frame, key: Any, run: Callable[[Frame], Any]) -> Any:
    names = dict(frame.names)
    mark = Mark(ctx)
    try:
        return run(frame)
    except Recursive as found:
        if found.frame is not frame:
            raise
    mark.reset()
    frame.names = names
    leaves = _leaves(frame)
    pending = made_function(ctx, frame, key, run)
    return invoke(ctx, pending, leaves)


def _chain(pending: Pending | None) -> Iterator[Pending]:
    while pending is not None:
        yield pending
        pending = pending.outer


# ---- What a call looks like


def _key(function: Any, frame: Frame) -> Any:
    where = (
        id(function.frame) if hasattr(function, "frame") else id(getattr(function, "__closure__", None) and function)
    )
    return frame.source.node, where, tuple([(n, type_of(v)) for n, v in frame.names.items() if not n.startswith("$")])


def type_of(value: Any) -> Any:
    if is_number(value):
        return joint_dtype([value])
    if isinstance(value, Array):
        return value.kind, value.ndim
    parts = parts_of(value)
    if parts is not None:
        names = tuple(value) if isinstance(value, UserDict) else None
        return type(value), names, tuple(map(type_of, parts))
    return ("value", id(value))


def _leaves(frame: Frame) -> list[Any]:
    found: list[Any] = []
    for name, value in frame.names.items():
        if not name.startswith("$"):
            _collect(value, found)
    return found


def _collect(value: Any, found: list[Any]) -> None:
    if is_number(value) or isinstance(value, Array):
        found.append(value)
    else:
        for part in parts_of(value) or []:
            _collect(part, found)


# ---- A function of the program


def made_function(ctx: Context, frame: Frame, key: Any, run: Callable[[Frame], Any], name: str = "", sized: bool = False
                  ) -> Pending:  # fmt: skip
    """Lower a function's body by itself, until the types of its results are known."""
    flush(ctx.builder)
    name = name or frame.source.name
    name = name if name.isidentifier() else "function"
    pending = Pending(ctx.builder.names.fresh(name).replace(".", "_"), key, len(ctx.frames), ctx.function)
    pending.sized = sized
    ctx.pending.append(pending)
    names = dict(frame.names)
    for _ in range(ROUNDS):
        used, others = dict(ctx.builder.names.used), list(ctx.pending)
        function, pattern = _round(ctx, frame, dict(names), pending, run)
        if pattern is UNDEFINED:
            what = f"{frame.source.name} calls itself on every path."
            raise UnsupportedError(message(what, "Add a case that returns.", place_text(frame.source, None)))
        found = pending.pattern is not UNDEFINED and type_of(pattern) == type_of(pending.pattern)
        if found or not pending.asked:
            pending.pattern = pending.pattern if found else pattern
            pending.done = True
            ctx.others[pending.name] = function
            return pending
        pending.pattern = pattern if pending.pattern is UNDEFINED else _wider(ctx, pending.pattern, pattern)
        ctx.builder.names.used.update({k: max(v, used.get(k, 0)) for k, v in ctx.builder.names.used.items()})
        for other in [p for p in ctx.pending if p not in others]:
            ctx.pending.remove(other)
            ctx.others.pop(other.name, None)
    ctx.refuse(f"The type of what {frame.source.name} returns could not be found.", "Return one kind of value.")


def _wider(ctx: Context, a: Any, b: Any) -> Any:
    if is_number(a) and is_number(b):
        dtype, weak = joint_dtype([a, b])
        return Scalar(ir.Var("result.0", dtype), ctx.builder, weak)
    return b


def _round(ctx: Context, frame: Frame, names: dict[str, Any], pending: Pending, run: Any) -> tuple[ir.Function, Any]:
    """Lower the body once; return the function, and what it returns."""
    builder = Builder(ctx.builder.names)
    builder.notes["boundscheck"] = ctx.builder.notes["boundscheck"]
    builder.notes["context"] = ctx
    builder.place = ctx.builder.place
    kept = ctx.builder, ctx.loops, ctx.function, list(ctx.frames), ctx.node
    pending.extras, pending.params, pending.invokes, pending.prelude = {}, [], [], []
    ctx.builder, ctx.loops, ctx.function = builder, [], pending
    pattern: Any = UNDEFINED
    results: list[Any] = []
    try:
        frame.names = {n: v if n.startswith("$") else _parameters(ctx, pending, v, n) for n, v in names.items()}
        value = run(frame)
        value = _cast(ctx, value, pending.pattern)
        pattern = value
        found: list[Any] = []
        _collect(value, found)
        results = [x.view if isinstance(x, Array) else atom_of(x) for x in found]
        flush(builder)
    except DeadPath:
        pass
    finally:
        ctx.builder, ctx.loops, ctx.function = kept[:3]
        ctx.frames[:] = kept[3]
        ctx.node = kept[4]
    extras = [param for _, param in pending.extras.values()]
    own = [_operand(atom) for atom in extras]
    for invoke in pending.invokes:
        invoke.args = (*invoke.args, *own)
    pending.invokes = []
    params = [*pending.params, *[_parameter(x) for x in extras]]
    return ir.Function(pending.name, params, [*pending.prelude, *builder.block], results), pattern


def _operand(x: Any) -> ir.Atom | ir.View:
    return x.view if isinstance(x, Array) else x.atom


def _parameter(x: Any) -> ir.Var | ir.Buffer:
    return x.view.buffer if isinstance(x, Array) else x.atom


def _parameters(ctx: Context, pending: Pending, value: Any, hint: str) -> Any:
    """Return a value with parameters of the function in the place of its numbers and arrays."""
    if is_number(value) or isinstance(value, Array):
        made = _new_parameter(ctx, value, hint, pending.sized)
        pending.params.append(_parameter(made))
        return made
    if isinstance(value, UserList) and value.rows is not None:
        ctx.refuse("A list whose length is known at run time only is passed to a recursive function.", "Pass an array.")
    parts = parts_of(value)
    if parts is None or not parts:
        return value
    made = rebuild(ctx, value, [_parameters(ctx, pending, p, hint) for p in parts])
    if isinstance(made, (UserList, UserDict)):
        ctx.heap.known.pop(id(made), None)  # a copy: it must not be changed
    return made


def lengths_of(array: Array) -> tuple[int, ...]:
    """Return the lengths of an array that are known, 0 for the others."""
    return tuple([int(n.value) if isinstance(n, ir.Const) else 0 for n in array.sizes])


def _new_parameter(ctx: Context, value: Any, hint: str, sized: bool) -> Any:
    builder = ctx.builder
    if not isinstance(value, Array):
        dtype, weak = joint_dtype([value])
        var = builder.var(hint, dtype)
        builder.parameters.add(var)
        return Scalar(var, builder, weak)
    lengths = lengths_of(value) if sized else ()
    buffer = ir.Buffer(builder.names.fresh(hint), value.kind, value.ndim, lengths)
    ctx.own_parameters.add(buffer)
    builder.notes.setdefault("strided", set()).add(buffer)
    sizes = [builder.dim(buffer, axis) for axis in range(buffer.ndim)]
    for size, given in zip(sizes, value.sizes, strict=True):
        facts.known_size(builder, size, not_one=sized and never_one(value.builder, given))
    array = Array.from_view(builder, whole(builder, buffer, sizes))
    array.locked = value.locked
    return array


def _cast(ctx: Context, value: Any, pattern: Any) -> Any:
    """Return a result with the types that it is known to have, its arrays in buffers of their own."""
    if isinstance(value, Array):
        value = value.materialise("result")
        shown = is_parameter(ctx, root(value)) or not value.is_whole  # type: ignore[arg-type]
        return value.fresh_copy("result") if shown else value
    if is_number(value):
        if is_number(pattern):
            dtype, weak = joint_dtype([value, pattern])
            return Scalar(ctx.builder.cast(atom_of(value), dtype), ctx.builder, weak)
        return (
            value
            if isinstance(value, Scalar)
            else Scalar(atom_of(value), ctx.builder, not isinstance(value, np.generic))
        )
    parts = parts_of(value)
    if not parts:
        return value
    others = parts_of(pattern) if pattern is not UNDEFINED else None
    return rebuild(
        ctx, value, [_cast(ctx, p, others[i] if others and i < len(others) else UNDEFINED) for i, p in enumerate(parts)]
    )


# ---- Calls


def invoke(ctx: Context, pending: Pending, leaves: list[Any]) -> Any:
    """Append a call of a function of the program, and return its result."""
    pending.asked = True
    if pending.pattern is UNDEFINED:
        ctx.fail("RecursionError", "a call that does not end")
    builder = ctx.builder
    flush(builder)
    args = [x.view if isinstance(x, Array) else atom_of(x) for x in leaves]
    outs: list[ir.Var | ir.Buffer] = []
    result = _outputs(ctx, pending.pattern, outs)
    made = ir.Invoke(pending.name, tuple(args), tuple(outs), builder.place)
    inside = pending in _chain(ctx.function)
    if inside and ctx.function is pending:
        pending.invokes.append(made)
    elif inside:
        ctx.refuse(
            "Functions that call each other are nested in each other too deeply.", "Write one of them as a loop."
        )
    else:
        extras = [lifted(ctx, value) for value, _ in pending.extras.values()]
        made.args = (*made.args, *[_operand(x) for x in extras])
    builder.add(made)
    return _finished(ctx, result)


def _outputs(ctx: Context, pattern: Any, outs: list[ir.Var | ir.Buffer]) -> Any:
    builder = ctx.builder
    if is_number(pattern):
        dtype, weak = joint_dtype([pattern])
        outs.append(builder.var("result", dtype))
        return Scalar(outs[-1], builder, weak)  # type: ignore[arg-type]
    if isinstance(pattern, Array):
        outs.append(ir.Buffer(builder.names.fresh("result"), pattern.kind, pattern.ndim))
        return outs[-1]
    parts = parts_of(pattern)
    return rebuild(ctx, pattern, [_outputs(ctx, p, outs) for p in parts]) if parts else pattern


def _finished(ctx: Context, value: Any) -> Any:
    """Return a result in which the new buffers are arrays."""
    if isinstance(value, ir.Buffer):
        sizes = [ctx.builder.dim(value, axis) for axis in range(value.ndim)]
        for size in sizes:
            facts.known_size(ctx.builder, size)
        return Array.from_view(ctx.builder, whole(ctx.builder, value, sizes))
    parts = parts_of(value)
    return rebuild(ctx, value, [_finished(ctx, p) for p in parts]) if parts else value


def lifted(ctx: Context, value: Any) -> Any:
    """Return a value from outside of the recursive function that is being made as a parameter of it."""
    function = ctx.function
    if function is None or not isinstance(value, (Scalar, Array)) or value.builder is ctx.builder:
        return value
    if isinstance(value, Scalar) and isinstance(value.atom, ir.Const):
        return Scalar(value.atom, ctx.builder, value.weak)
    key = value.atom if isinstance(value, Scalar) else value.materialise().view
    if key not in function.extras:
        name = value.atom.hint if isinstance(value, Scalar) and isinstance(value.atom, ir.Var) else "outer"
        name = value.view.buffer.hint if isinstance(value, Array) else name
        with _top(ctx, function):
            function.extras[key] = (value, _new_parameter(ctx, value, name, function.sized))
    return function.extras[key][1]


@contextmanager
def _top(ctx: Context, function: Pending) -> Iterator[None]:
    """Append to the front of the recursive function that is being made."""
    b = ctx.builder
    kept = b.block, b.enclosing, b._known, b._facts
    b.block, b.enclosing, b._known, b._facts = function.prelude, [], kept[2][:1], kept[3][:1]
    try:
        yield
    finally:
        b.block, b.enclosing, b._known, b._facts = kept
        b.parameters.update([v for s in function.prelude for v in defined(s)])
