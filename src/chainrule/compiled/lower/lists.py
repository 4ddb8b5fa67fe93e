"""Lists: those of known length are Python's own; those that grow in a loop are kept as arrays with a length."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

from .. import facts, ir
from ..build import const
from ..scalar import Scalar, joint_dtype
from . import views
from .array import Array
from .branches import NeedsRows
from .checks import checked_index
from .context import Context
from .expressions import adopt, atom_of, is_number
from .joins import alike, parts_of, rebuild
from .nest import ONE, whole
from .state import UserDict, UserList

__all__ = [
    "RunTimeList",
    "close_rows",
    "extend",
    "leave_rows",
    "method",
    "open_rows",
    "prepare_rows",
    "rows_of_array",
    "want_rows",
]


@dataclass(frozen=True, eq=False)
class Column:
    """The numbers, or arrays of one shape, in one place of all items of a list."""

    buffer: ir.Buffer
    sizes: tuple[ir.Atom, ...]
    weak: bool


@dataclass(frozen=True, eq=False)
class RunTimeList:
    """The items of a list whose length is known at run time only.

    Attributes
    ----------
    pattern
        An item, to tell how items are put together.
    columns : tuple of Column
        One for each number or array in an item.
    length : ir.Atom
    reserved : object
        The loop that has made room for what its own iterations append.
    """

    pattern: Any
    columns: tuple[Column, ...]
    length: ir.Atom
    reserved: Any = None

    # ---- Read

    def column(self, ctx: Context, column: Column) -> Array:
        view = whole(ctx.builder, column.buffer, (self.length, *column.sizes))
        return Array.from_view(ctx.builder, view)

    def array(self, ctx: Context) -> Array:
        """Return the list as an array."""
        if len(self.columns) != 1 or (not isinstance(self.pattern, Array) and not is_number(self.pattern)):
            ctx.refuse("A list of tuples is used as an array.", "Keep a list for each part.")
        return self.column(ctx, self.columns[0])

    def element(self, ctx: Context, k: ir.Atom) -> Any:
        """Return the item at a position that is in range."""
        found = []
        for column in self.columns:
            value = self.column(ctx, column)[Scalar(k, ctx.builder)]
            if isinstance(value, Scalar):
                value = Scalar(value.atom, ctx.builder, column.weak)
            found.append(value)
        return put_together(ctx, self.pattern, iter(found))

    def get(self, ctx: Context, index: Any) -> Any:
        if isinstance(index, slice):
            parts = [self.column(ctx, column)[index].fresh_copy("items") for column in self.columns]
            rows = tuple([Column(p.view.buffer, p.sizes[1:], c.weak) for p, c in zip(parts, self.columns, strict=True)])
            made = ctx.heap.add(UserList())
            made.rows = RunTimeList(self.pattern, rows, parts[0].sizes[0])
            return made
        at = checked_index(ctx.builder, views.integer(index), self.length)
        return self.element(ctx, at)

    # ---- Changed

    def set(self, ctx: Context, index: Any, value: Any) -> None:
        leaves = self.fitting(ctx, value)
        at = checked_index(ctx.builder, views.integer(index), self.length)
        self.store(ctx, at, leaves)

    def appended(self, ctx: Context, container: UserList, value: Any) -> RunTimeList:
        leaves = self.fitting(ctx, value, container)
        longer = ctx.builder.let("add", self.length, ONE, hint="length")
        facts.known_size(ctx.builder, longer)
        if not (ctx.loops and self.reserved is ctx.loops[-1][1]):
            for column in self.columns:
                ctx.builder.add(ir.Grow(column.buffer, longer, ctx.builder.place))
        made = replace(self, length=longer)
        made.store(ctx, self.length, leaves)
        return made

    def store(self, ctx: Context, at: ir.Atom, leaves: list[Any]) -> None:
        for column, value in zip(self.columns, leaves, strict=True):
            if isinstance(value, Array):
                target = self.column(ctx, column)[Scalar(at, ctx.builder)]
                value.copy_into(target)
            else:
                ctx.builder.store(column.buffer, [at], ctx.builder.cast(atom_of(value), column.buffer.dtype))

    def fitting(self, ctx: Context, value: Any, container: UserList | None = None) -> list[Any]:
        """Return the leaves of an item, which must be like those that are there."""
        leaves = leaves_of(value)
        if not like(self.pattern, value) or len(leaves) != len(self.columns):
            ctx.refuse("The items of this list are of different kinds.", "Keep a list for each kind.")
        for column, leaf in zip(self.columns, leaves, strict=True):
            dtype, weak = joint(leaf, column)
            if (dtype, weak) != (column.buffer.dtype, column.weak):
                if container is not None and any(id(container) in loop.rows for _, loop in ctx.loops):
                    raise NeedsRows(container)
                ctx.refuse("The numbers in this list are of different types.", "Make all of them floats.")
        return leaves

    # ---- Carried through branches and loops

    def merged(self, merger: Any, other: RunTimeList, casts: Any) -> RunTimeList:
        return replace(self, length=merger.scalar(self.length, other.length, "length"))

    def one_sided(self, merger: Any, in_orelse: bool) -> RunTimeList:
        value = merger.one_sided(Scalar(self.length, merger.ctx.builder, True), in_orelse, "length")
        return replace(self, length=value.atom)


def leaves_of(value: Any) -> list[Any]:
    parts = None if isinstance(value, (Array, UserList, UserDict)) else parts_of(value)
    return [value] if parts is None else [leaf for part in parts for leaf in leaves_of(part)]


def like(a: Any, b: Any) -> bool:
    if is_number(a) and is_number(b):
        return True
    if isinstance(a, Array) and isinstance(b, Array):
        return bool(a.ndim == b.ndim)
    if isinstance(a, (UserList, UserDict)) or not alike(a, b):
        return False
    return all(map(like, parts_of(a) or [], parts_of(b) or []))


def joint(leaf: Any, column: Column) -> tuple[str, bool]:
    """Return the type that a column has to have for one more item."""
    nowhere: Any = None
    there = Scalar(ir.Var("column.1", column.buffer.dtype), nowhere, column.weak)
    return joint_dtype([there, _sample(leaf)])


def _sample(leaf: Any) -> Any:
    """Return a number of the type of an array's elements; a number as it is."""
    return Scalar(ir.Var("leaf.1", leaf.kind), leaf.builder) if isinstance(leaf, Array) else leaf


def put_together(ctx: Context, pattern: Any, leaves: Any) -> Any:
    parts = None if isinstance(pattern, Array) else parts_of(pattern)
    return next(leaves) if parts is None else rebuild(ctx, pattern, [put_together(ctx, p, leaves) for p in parts])


# ---- Methods


def method(ctx: Context, owner: Any, name: str, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
    """Call a method of a list or dict that the user's code has made."""
    from .assign import own_container, settled

    for value in args:
        settled(ctx, value, "item")
    if isinstance(owner, UserList):
        if name == "append":
            return append(ctx, owner, *args)
        if name == "extend":
            return extend(ctx, owner, *args)
        if owner.rows is not None or name not in (
            "copy",
            "index",
            "count",
            "pop",
            "insert",
            "reverse",
            "clear",
            "remove",
        ):
            ctx.refuse(
                f"The method {name} of a list cannot be compiled here.", "Use append, indices and slices, or an array."
            )
    if name not in ("copy", "index", "count", "get", "items", "keys", "values"):
        own_container(ctx, owner)
    with ctx.user_errors():
        base: Any = list if isinstance(owner, UserList) else dict
        return adopt(ctx, getattr(base, name)(owner, *args, **kwargs))


def append(ctx: Context, owner: UserList, value: Any) -> None:
    from .assign import own_container

    own_container(ctx, owner)
    for _, loop in ctx.loops[-1:]:
        loop.appends[id(owner)] = loop.appends.get(id(owner), 0) + 1
    for _, loop in ctx.loops:
        loop.touched.add(id(owner))
        loop.samples.setdefault(id(owner), []).append(value)
        _note_sizes(ctx, loop, owner, value)
    if owner.rows is not None:
        owner.rows = owner.rows.appended(ctx, owner, value)
    else:
        list.append(owner, value)


def _note_sizes(ctx: Context, loop: Any, owner: UserList, value: Any) -> None:
    """Take note of how the sizes of an array that is appended could be computed before the loop."""
    from .aliases import available, recipe_of

    there = None
    for i, leaf in enumerate(leaves_of(value)):
        if isinstance(leaf, Array):
            there = available(ctx.builder, loop.depth) if there is None else there
            loop.recipes[id(owner), i] = [recipe_of(ctx.builder, n, there) for n in leaf.sizes]


def extend(ctx: Context, owner: UserList, values: Any) -> None:
    from .iteration import items_of

    for value in items_of(ctx, values):
        append(ctx, owner, value)


def rows_of_array(ctx: Context, array: Array) -> UserList:
    """Return a list of the elements or rows of an array."""
    copy = array.fresh_copy("items")
    made: UserList = ctx.heap.add(UserList())
    pattern: Any = Scalar(ir.Var("item.1", copy.kind), ctx.builder) if copy.ndim == 1 else copy
    if copy.ndim > 1:
        pattern = Array(ctx.builder, copy.view, copy.sizes[1:], copy.kind)
    made.rows = RunTimeList(pattern, (Column(copy.view.buffer, copy.sizes[1:], False),), copy.sizes[0])
    return made


# ---- Loops


def want_rows(ctx: Context, loop: Any, container: UserList) -> None:
    """Plan that a list is kept as arrays from before the loop on."""
    samples = [*container, *loop.samples.get(id(container), [])]
    if not samples and container.rows is None:
        ctx.refuse("A list changes its length in a way that cannot be compiled.", "Use append.")
    kinds = loop.rows.get(id(container), (container, []))[1]
    loop.rows[id(container)] = (container, [*kinds, *samples])


def prepare_rows(ctx: Context, loop: Any) -> list[Any]:
    """Make the arrays of lists that grow in a loop, or room in them; return what is to be carried."""
    counts, loop.appends, loop.samples = loop.appends, {}, {}
    touched, loop.touched = loop.touched, set()
    carried = []
    for container, samples in loop.rows.values():
        if container.rows is None:
            container.rows = _made(ctx, container, samples, loop, counts.get(id(container), 0))
            container[:] = []
        carried.append(container)
    for container in list(ctx.heap):
        grown = isinstance(container, UserList) and container.rows is not None and id(container) in touched
        if grown and not any(c is container for c in carried):
            container.rows = _room(ctx, container.rows, loop, counts.get(id(container), 0))
            carried.append(container)
    return [{"container": c, "before": c.rows} for c in carried]


def _made(ctx: Context, container: UserList, samples: list[Any], loop: Any, count: int) -> RunTimeList:
    builder = ctx.builder
    columns = []
    patterns = [leaves_of(s) for s in samples]
    for i, leaf in enumerate(patterns[0]):
        if any(len(p) != len(patterns[0]) for p in patterns) or not all(
            is_number(p[i]) or isinstance(p[i], Array) for p in patterns
        ):
            ctx.refuse("The items of this list cannot be kept in arrays.", "Append numbers, arrays, or tuples of them.")
        sizes: tuple[ir.Atom, ...] = ()
        if isinstance(leaf, Array):
            from .array_plans import sizes_outside

            sizes = sizes_outside(ctx, loop, loop.recipes[id(container), i])
        dtype, weak = joint_dtype([_sample(p[i]) for p in patterns])
        room: ir.Atom = const(len(container))
        if loop.trip is not None:
            room = builder.let("add", room, builder.let("multiply", const(count), loop.trip), hint="room")
            facts.known_size(builder, room)
        columns.append(Column(builder.alloc("items", dtype, (room, *sizes)), sizes, weak))
    rows = RunTimeList(samples[0], tuple(columns), const(len(container)), loop if loop.trip is not None else None)
    for k, value in enumerate(container):
        rows.store(ctx, const(k), leaves_of(value))
    return rows


def _room(ctx: Context, rows: RunTimeList, loop: Any, count: int) -> RunTimeList:
    if loop.trip is None or not count:
        return replace(rows, reserved=None)
    more = ctx.builder.let("multiply", const(count), loop.trip)
    size = ctx.builder.let("add", rows.length, more, hint="room")
    for column in rows.columns:
        ctx.builder.add(ir.Grow(column.buffer, size, ctx.builder.place))
    return replace(rows, reserved=loop)


def open_rows(ctx: Context, rows: list[Any], c: Any, loop: Any) -> None:
    builder = ctx.builder
    for row in rows:
        row["growth"] = loop.growth.get(id(row["container"]))
        if row["growth"] is None:
            row["phi"] = builder.var("length", ir.INT)
        else:
            grown = builder.let("multiply", const(row["growth"]), c.counter)
            row["phi"] = builder.let("add", row["before"].length, grown, hint="length")
        facts.known_size(builder, row["phi"])
        row["container"].rows = replace(row["before"], length=row["phi"])


def close_rows(ctx: Context, rows: list[Any], c: Any, loop: Any) -> bool:
    """Take the lengths at the end of the body; return False if a list turns out to grow evenly, or not to."""
    fits = True
    for row in rows:
        end, key = row["container"].rows, id(row["container"])
        more = facts.form(ctx.builder, end.length).plus(facts.form(ctx.builder, row["phi"]), -1)
        even = more.constant if not more.terms and loop.trip is not None and not loop.leaves else None
        if loop.growth.get(key, even) != even or (
            row["growth"] is None and even is not None and key not in loop.growth
        ):
            loop.growth[key] = even if key not in loop.growth else None
            fits = False
        elif row["growth"] is None:
            row["result"] = ctx.builder.var("length", ir.INT)
            c.carried.append(ir.Carried(row["phi"], row["before"].length, end.length, row["result"]))
    return fits


def leave_rows(ctx: Context, rows: list[Any], c: Any, dead: bool) -> None:
    for row in rows:
        container, before = row["container"], row["before"].length
        container[:] = []
        if dead or row["growth"] is None:
            length = before if dead else row["result"]
        else:
            grown = ctx.builder.let("multiply", const(row["growth"]), c.runs)
            length = ctx.builder.let("add", before, grown, hint="length")
        facts.known_size(ctx.builder, length)
        container.rows = replace(row["before"], length=length, reserved=None)
