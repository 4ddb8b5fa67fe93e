"""What a loop runs over: ranges, arrays, lists, and what enumerate, zip and reversed make of them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from .. import facts, ir
from ..build import const
from ..scalar import Scalar
from . import views
from .array import Array, as_array
from .context import Context
from .expressions import is_number
from .nest import ONE, ZERO
from .state import Signal, UserDict, UserList

__all__ = ["Iteration", "NeedsUnrolling", "choose", "items_of", "iterate", "range_of", "unpacked"]


class NeedsUnrolling(Signal):
    """A tuple or list of unlike things is indexed by a loop's counter: the loop has to be unrolled."""


class Iteration:
    """A sequence of values.

    Attributes
    ----------
    trip : ir.Atom
        How many there are.
    at : callable
        Gives the value for a position.
    items : list or None
        The values, if they are known one by one.
    sources : tuple
        The arrays and lists that are looked at in each iteration.
    """

    def __init__(
        self, trip: ir.Atom, at: Callable[[ir.Atom], Any], items: list[Any] | None = None, sources: Any = ()
    ) -> None:
        self.trip = trip
        self.at = at
        self.items = items
        self.sources = tuple(sources)

    @classmethod
    def static(cls, items: list[Any]) -> Iteration:
        return cls(const(len(items)), lambda k: items[int(k.value)] if isinstance(k, ir.Const) else None, items)


def integer(ctx: Context, value: Any) -> ir.Atom:
    """Return an integer that the user gives as an atom."""
    if isinstance(value, Scalar) and value.atom.dtype == ir.BOOL:
        return ctx.builder.cast(value.atom, ir.INT)
    return views.integer(int(value) if isinstance(value, bool) else value)


def range_of(ctx: Context, *args: Any) -> Iteration:
    """Return the iteration of ``range(...)``; the bounds are what they are now."""
    atoms = [integer(ctx, a) for a in args]
    start, stop, step = (
        (ZERO, atoms[0], ONE) if len(atoms) == 1 else (atoms[0], atoms[1], atoms[2] if len(atoms) == 3 else ONE)
    )
    builder = ctx.builder
    if isinstance(step, ir.Const):
        if not step.value:
            msg = "range() arg 3 must not be zero"
            raise ValueError(msg)
        trip = _trip(ctx, start, stop, int(step.value))
    else:
        builder.check(builder.let("not_equal", step, ZERO), "ValueError", "range() arg 3 must not be zero")
        trip = _trip_at_run_time(ctx, start, stop, step)
    facts.known_size(builder, trip)

    def at(k: ir.Atom) -> Any:
        moved = k if step == ONE else builder.let("multiply", step, k, hint="k")
        return ctx.scalar(builder.let("add", start, moved, hint="i"))

    return Iteration(trip, at)


def _trip(ctx: Context, start: ir.Atom, stop: ir.Atom, step: int) -> ir.Atom:
    builder = ctx.builder
    span = views.minus(builder, stop, start) if step > 0 else views.minus(builder, start, stop)
    if abs(step) == 1:
        return views.largest(builder, span, ZERO)
    rounded = views.plus(builder, span, const(abs(step) - 1))
    return views.largest(builder, builder.let("floor_divide", rounded, const(abs(step)), hint="n"), ZERO)


def _trip_at_run_time(ctx: Context, start: ir.Atom, stop: ir.Atom, step: ir.Atom) -> ir.Atom:
    let = ctx.builder.let
    up = let("greater", step, ZERO)
    span = let("select", up, let("subtract", stop, start), let("subtract", start, stop))
    size = let("absolute", step)
    rounded = let("add", span, let("subtract", size, ONE))
    return let("maximum", let("floor_divide", rounded, size), ZERO, hint="n")


def iterate(ctx: Context, value: Any) -> Iteration:
    """Return the iteration over a value."""
    if isinstance(value, Iteration):
        return value
    if isinstance(value, range):
        return range_of(ctx, value.start, value.stop, value.step)
    if isinstance(value, Array):
        if not value.ndim:
            msg = "iteration over a 0-d array"
            raise TypeError(msg)
        value.materialise()
        return Iteration(value.sizes[0], lambda k: value[ctx.scalar(k)], sources=[value])
    if isinstance(value, UserList) and value.rows is not None:
        rows = value.rows
        return Iteration(rows.length, lambda k: rows.element(ctx, k), sources=[value])
    if isinstance(value, (Scalar, int, float)):
        msg = f"'{'float' if isinstance(value, Scalar) else type(value).__name__}' object is not iterable"
        raise TypeError(msg)
    if isinstance(value, (set, frozenset)):
        ctx.refuse("The order of a set is not known.", "Use a tuple or a list.")
    return Iteration.static(list(value))


def enumerated(ctx: Context, value: Any, start: Any = 0) -> Iteration:
    inner = iterate(ctx, value)
    first = integer(ctx, start)

    def number(k: ir.Atom) -> Any:
        return ctx.scalar(ctx.builder.let("add", first, k, hint="i"))

    if inner.items is not None:
        return Iteration.static([(number(const(i)), item) for i, item in enumerate(inner.items)])
    return Iteration(inner.trip, lambda k: (number(k), inner.at(k)), sources=inner.sources)


def zipped(ctx: Context, *values: Any, strict: bool = False) -> Iteration:
    parts = [iterate(ctx, v) for v in values]
    if strict:
        _same_lengths(ctx, parts)
    trip: ir.Atom = parts[0].trip if parts else ZERO
    for part in parts[1:]:
        trip = views.least(ctx.builder, trip, part.trip)
    if any(part.items is not None for part in parts):
        if not isinstance(trip, ir.Const):
            ctx.refuse("zip of a list whose length is known and an array whose length is not.",
                       "Loop over range(len(...)), or make an array of the list.")  # fmt: skip
        return Iteration.static([tuple([p.at(const(i)) for p in parts]) for i in range(int(trip.value))])
    sources = [source for part in parts for source in part.sources]
    return Iteration(trip, lambda k: tuple([part.at(k) for part in parts]), sources=sources)


def _same_lengths(ctx: Context, parts: list[Iteration]) -> None:
    for part in parts[1:]:
        if not facts.equal(ctx.builder, parts[0].trip, part.trip):
            same = ctx.builder.let("equal", parts[0].trip, part.trip)
            if same == ir.Const(False, ir.BOOL):
                msg = "zip() arguments have different lengths"
                raise ValueError(msg)
            ctx.builder.check(same, "ValueError", "zip() arguments have different lengths")
            facts.suppose_equal(ctx.builder, part.trip, parts[0].trip)


def turned(ctx: Context, value: Any) -> Iteration:
    """Return the iteration of ``reversed(...)``."""
    inner = iterate(ctx, value)
    if inner.items is not None:
        return Iteration.static(inner.items[::-1])
    last = views.minus(ctx.builder, inner.trip, ONE)
    return Iteration(
        inner.trip, lambda k: inner.at(ctx.builder.let("subtract", last, k, hint="i")), sources=inner.sources
    )


def mapped(ctx: Context, function: Any, *values: Any) -> Iteration:
    from .calling import call

    inner = zipped(ctx, *values)
    if inner.items is not None:
        return Iteration.static([call(ctx, function, tuple(item), {}) for item in inner.items])
    return Iteration(inner.trip, lambda k: call(ctx, function, tuple(inner.at(k)), {}), sources=inner.sources)


def items_of(ctx: Context, value: Any) -> list[Any]:
    """Return the values of an iteration one by one; their number must be known."""
    it = iterate(ctx, value)
    if it.items is not None:
        return it.items
    if not isinstance(it.trip, ir.Const):
        ctx.refuse("The length of this is needed, but known at run time only.", "Use an array, or a loop over it.")
    return [it.at(const(i)) for i in range(int(it.trip.value))]


def unpacked(ctx: Context, value: Any, count: int, star: int | None) -> list[Any]:
    """Return the values for `count` targets, of which number `star` takes the rest."""
    if isinstance(value, Array):
        return _unpacked_array(ctx, value, count, star)
    items = items_of(ctx, value)
    if star is None:
        if len(items) != count:
            few = f"not enough values to unpack (expected {count}, got {len(items)})"
            raise ValueError(few if len(items) < count else f"too many values to unpack (expected {count})")
        return items
    after = count - star - 1
    if len(items) < count - 1:
        msg = f"not enough values to unpack (expected at least {count - 1}, got {len(items)})"
        raise ValueError(msg)
    end = len(items) - after
    return [*items[:star], ctx.heap.add(UserList(items[star:end])), *items[end:]]


def _unpacked_array(ctx: Context, value: Array, count: int, star: int | None) -> list[Any]:
    from .broadcast import expect_equal

    if not value.ndim:
        msg = "cannot unpack a number"
        raise TypeError(msg)
    if star is None:
        expect_equal(ctx.builder, value.sizes[0], const(count), f"the number of values to unpack is not {count}")
        return [value[i] for i in range(count)]
    from .lists import rows_of_array

    builder, after = ctx.builder, count - star - 1
    if not facts.prove(builder, const(count - 1), value.sizes[0]):
        enough = builder.let("less_equal", const(count - 1), value.sizes[0])
        builder.check(enough, "ValueError", f"not enough values to unpack (expected at least {count - 1})")
        facts.suppose(builder, const(count - 1), value.sizes[0])
    rest = value[star : -after if after else None]
    return [*[value[i] for i in range(star)], rows_of_array(ctx, rest), *[value[i - after] for i in range(after)]]


def choose(ctx: Context, container: Any, index: Any) -> Any:
    """Return an item at an index that is known at run time only."""
    if isinstance(container, (UserDict, dict)):
        ctx.refuse("A dict is read at a key that is known at run time only.", "Use an array.")
    items = list(container) if isinstance(container, (tuple, list, range)) else None
    if items is None:
        msg = f"'{type(container).__name__}' object is not subscriptable at run time"
        raise TypeError(msg)
    if items and all(map(is_number, items)):
        return as_array(ctx.builder, items)[index]
    raise NeedsUnrolling
