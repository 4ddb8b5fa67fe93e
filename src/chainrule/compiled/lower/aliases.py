"""Who holds an array: all names, lists and dicts that may still be read; and sizes that can be computed earlier."""

from __future__ import annotations

import weakref
from collections.abc import Iterable, Iterator
from itertools import pairwise
from typing import Any

from .. import ir, scan
from ..build import Builder
from .array import Array
from .context import Context
from .joins import parts_of
from .lazy import root_of
from .liveness import uses_besides
from .nest import ZERO
from .state import Frame, Possibly, UserDict, UserList

__all__ = [
    "Recipe",
    "arrays_in",
    "available",
    "behind",
    "covers",
    "holders",
    "is_parameter",
    "recipe_of",
    "same_form",
    "stand_for",
    "turn",
]


def arrays_in(value: Any, seen: set[int] | None = None) -> Iterator[Array]:
    """Yield the arrays that a value holds (those of lists and dicts that are in the heap are counted there)."""
    from .calling import Closure

    seen = set() if seen is None else seen
    if isinstance(value, Possibly):
        value = value.value
    if isinstance(value, Array):
        yield value
    elif isinstance(value, Closure):
        if id(value.frame) not in seen:
            seen.add(id(value.frame))
            for inner in value.frame.names.values():
                yield from arrays_in(inner, seen)
    elif not isinstance(value, (UserList, UserDict)):
        for part in parts_of(value) or (
            value if type(value) in (list, set) else value.values() if type(value) is dict else ()
        ):
            yield from arrays_in(part, seen)


def _frame_arrays(frame: Frame, live: Iterable[str] | None, skip: Any = ()) -> Iterator[tuple[Any, Array]]:
    for name, value in frame.names.items():
        if (live is None or name in live or name == "$value") and name not in skip:
            for array in arrays_in(value):
                yield name, array


def holders(
    ctx: Context, live: frozenset[str] | None, names: dict[str, Any] | None = None
) -> Iterator[tuple[Any, Array]]:
    """Yield all arrays that may still be read, with the names that hold them (None for other calls', and for lists).

    `names` is given in place of those of the current call.
    """
    frame = ctx.frame
    if names is None:
        yield from _frame_arrays(frame, live)
    else:
        kept, frame.names = frame.names, names
        yield from list(_frame_arrays(frame, live))
        frame.names = kept
    for other, callee in pairwise(ctx.frames):
        after = other.live_after(other.statement)
        known = after is not None and other.statement is not None
        wanted = after | uses_besides(other.statement, callee.call) if known else None  # type: ignore[operator, arg-type]
        for _, array in _frame_arrays(other, wanted):
            yield None, array
    outer = frame.outer
    while outer is not None:
        if outer not in ctx.frames:
            for _, array in _frame_arrays(outer, None):
                yield None, array
        outer = outer.outer
    for container in ctx.heap:
        for part in container.values() if isinstance(container, dict) else container:
            for array in arrays_in(part):
                yield container, array
    for sources in ctx.iterated:
        for array in arrays_in(sources):
            yield None, array
    for outside in ctx.captured.values():
        yield None, outside.array


def root(array: Array) -> ir.Buffer | None:
    """Return the storage that an array shows; None if it is not computed yet."""
    return root_of(array.builder, array.source.buffer) if isinstance(array.source, ir.View) else None


def behind(array: Array) -> set[ir.Buffer]:
    """Return the storage that an array is a copy of, for want of a view."""
    noted = array.builder.notes.get("stand_ins", [])
    copies = [(reference(), where) for reference, where, _ in noted]
    return {where for copy, where in copies if copy is not None and copy.source == array.source}


def stand_for(array: Array, where: ir.Buffer | None) -> None:
    """Take note that an array is a copy of what is in some storage, which must not be written to from now on."""
    array.builder.notes.setdefault("stand_ins", []).append((weakref.ref(array), where, -1))


def is_parameter(ctx: Context, buffer: ir.Buffer) -> bool:
    """Whether a buffer may be an array of the caller's: a parameter, or one that has changed places with one."""
    turned = ctx.builder.notes.get("turned", ())
    return buffer in ctx.parameters.params or buffer in ctx.own_parameters or buffer in turned


def turn(ctx: Context, targets: tuple[ir.Buffer, ...], sources: tuple[ir.Buffer, ...]) -> None:
    """Append an exchange of buffers."""
    if any(is_parameter(ctx, b) for b in targets):
        ctx.builder.notes.setdefault("turned", set()).update(targets)
    ctx.builder.add(ir.Swap(targets, sources, ctx.builder.place))


def same_form(a: ir.View, b: ir.View) -> bool:
    """Whether two views show the same places of their buffers, but for the lengths."""
    return (
        a.fixed == b.fixed
        and a.ndim == b.ndim
        and all((x.base, x.start, x.step) == (y.base, y.start, y.step) for x, y in zip(a.axes, b.axes, strict=True))
    )


def covers(view: ir.View) -> bool:
    """Whether a view shows its buffer from the first element on, axis by axis."""
    return not view.fixed and [(a.base, a.start, a.step) for a in view.axes] == [
        (i, ZERO, 1) for i in range(view.buffer.ndim)
    ]


# ---- Sizes that can be computed earlier


class Recipe:
    """How an integer is computed from what is known at an earlier place."""

    __slots__ = ("args", "op")

    def __init__(self, op: str, args: tuple[Recipe | ir.Atom, ...]) -> None:
        self.op = op
        self.args = args

    def make(self, builder: Builder) -> ir.Atom:
        return builder.let(self.op, *[a.make(builder) if isinstance(a, Recipe) else a for a in self.args], hint="n")


def available(builder: Builder, depth: int | None = None) -> set[ir.Var]:
    """Return the scalars that may be read in the block around which `depth` others are (the current one)."""
    depth = len(builder.enclosing) if depth is None else depth
    known = set(builder.parameters)
    blocks = [*[block for block, _ in builder.enclosing], builder.block]
    for _, counter in builder.enclosing[:depth]:
        if counter is not None:
            known.add(counter)
    for block in blocks[: depth + 1]:
        for statement in block:
            structure = isinstance(statement, (ir.For, ir.While, ir.If))
            known.update(scan.results(statement) if structure else scan.defined(statement))
    return known


def recipe_of(builder: Builder, atom: ir.Atom, there: set[ir.Var]) -> Recipe | ir.Atom | None:
    """Return how to compute a scalar from others; None if that is not possible."""
    if isinstance(atom, ir.Const) or atom in there:
        return atom
    op, args = builder.definitions.get(atom, ("", ()))
    parts = [recipe_of(builder, a, there) for a in args]
    if not op or any(p is None for p in parts):
        return None
    return Recipe(op, tuple([p for p in parts if p is not None]))


def make(builder: Builder, recipe: Recipe | ir.Atom) -> ir.Atom:
    return recipe.make(builder) if isinstance(recipe, Recipe) else recipe
