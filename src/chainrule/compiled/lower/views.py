"""Basic indexing: integers, slices, ``None`` and ``...`` as index maps, with the checks that NumPy makes."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from ...errors import UnsupportedError, message
from .. import facts, ir
from ..build import Builder, const
from ..scalar import Scalar
from .checks import checked_index
from .nest import ONE, ZERO, place_of

__all__ = ["as_size", "expanded", "integer", "is_integer", "largest", "least", "minus", "same_view", "sliced", "take"]


def is_integer(x: Any) -> bool:
    """Tell whether a part of an index is one integer."""
    if isinstance(x, Scalar):
        return x.atom.dtype == ir.INT
    return isinstance(x, (int, np.integer)) and not isinstance(x, (bool, np.bool_))


def integer(x: Any) -> ir.Atom:
    """Return the atom of an integer."""
    if isinstance(x, (ir.Const, ir.Var)):
        return x
    if isinstance(x, Scalar):
        if x.atom.dtype == ir.INT:
            return x.atom
    elif is_integer(x):
        return const(int(x))
    elif getattr(x, "ndim", None) == 0 and getattr(x, "dtype", None) == np.int64:
        return integer(x[()])
    msg = f"an integer is required, not {x!r}"
    raise TypeError(msg)


def as_size(builder: Builder, x: ir.Atom) -> Any:
    """Return a length as user code sees it: a Python number if it is a constant."""
    if isinstance(x, ir.Const):
        return int(x.value)
    # Equal lengths are one object: then Python finds that two shapes are equal without asking for their numbers.
    return builder.notes.setdefault("lengths", {}).setdefault(x, Scalar(x, builder, True))


# ---- Arithmetic of lengths


def largest(builder: Builder, a: ir.Atom, b: ir.Atom) -> ir.Atom:
    if facts.prove(builder, a, b):
        return b
    return a if facts.prove(builder, b, a) else builder.let("maximum", a, b, hint="n")


def least(builder: Builder, a: ir.Atom, b: ir.Atom) -> ir.Atom:
    if facts.prove(builder, a, b):
        return a
    return b if facts.prove(builder, b, a) else builder.let("minimum", a, b, hint="n")


def minus(builder: Builder, a: ir.Atom, b: ir.Atom) -> ir.Atom:
    """Return a - b, with few operations."""
    return rebuilt(builder, facts.form(builder, a, False).plus(facts.form(builder, b, False), -1)) or builder.let(
        "subtract", a, b, hint="n"
    )


def plus(builder: Builder, a: ir.Atom, b: ir.Atom) -> ir.Atom:
    return rebuilt(builder, facts.form(builder, a, False).plus(facts.form(builder, b, False))) or builder.let(
        "add", a, b, hint="n"
    )


def rebuilt(builder: Builder, f: facts.Form) -> ir.Atom | None:
    """Return the number of a form of at most one term; None if it has more."""
    if not f.terms:
        return const(f.constant)
    (term, k), *others = f.terms
    if others or k not in (1, -1):
        return None
    if k < 0:
        return builder.let("subtract", const(f.constant), term, hint="n")
    if f.constant < 0:
        return builder.let("subtract", term, const(-f.constant), hint="n")
    return builder.let("add", term, const(f.constant), hint="n")


# ---- Index maps


def expanded(index: Any, ndim: int) -> list[Any]:
    """Return an index as a list with a part for each axis and each ``None``, without ``...``."""
    parts = list(index) if isinstance(index, tuple) else [index]
    used = sum([consumed(p) for p in parts])
    if used > ndim:
        msg = f"too many indices for array: array is {ndim}-dimensional, but {used} were indexed"
        raise IndexError(msg)
    dots = [i for i, p in enumerate(parts) if p is Ellipsis]
    if len(dots) > 1:
        msg = "an index can only have a single ellipsis ('...')"
        raise IndexError(msg)
    at = dots[0] if dots else len(parts)
    return [*parts[:at], *[slice(None)] * (ndim - used), *parts[at + 1 :]]


def consumed(part: Any) -> int:
    """Return how many axes a part of an index selects from."""
    if part is None or part is Ellipsis:
        return 0
    dtype = getattr(part, "dtype", None)
    return int(part.ndim) if dtype == np.bool_ and getattr(part, "ndim", 0) else 1


def sliced(builder: Builder, axis: ir.Axis, part: slice) -> ir.Axis:
    """Return the axis that a slice leaves."""
    step = 1 if part.step is None else part.step
    if isinstance(step, Scalar) and isinstance(step.atom, ir.Const):
        step = step.atom.value
    if isinstance(step, Scalar):
        text = message("A slice's step is known at run time only.", "Use a constant step, or a loop.", "")
        raise UnsupportedError(text)
    if int(step) == 0:
        msg = "slice step cannot be zero"
        raise ValueError(msg)
    start, size = _bounds(builder, part.start, part.stop, int(step), axis.size)
    facts.known_size(builder, size)
    if axis.base is None or axis.step == 0:
        return axis if size == axis.size else ir.Axis(axis.base, axis.start, axis.step, size)
    if isinstance(axis.step, ir.Var):
        text = message("A slice of an array whose length may be 1.", "Copy the array first.", "")
        raise UnsupportedError(text)
    return ir.Axis(axis.base, _moved(builder, axis, start), axis.step * int(step), size)


def _moved(builder: Builder, axis: ir.Axis, k: ir.Atom) -> ir.Atom:
    return plus(builder, axis.start, k) if axis.step == 1 else place_of(builder, axis, k)


def _bounds(builder: Builder, start: Any, stop: Any, step: int, n: ir.Atom) -> tuple[ir.Atom, ir.Atom]:
    """Return where a slice starts and how many elements it has; the start is arbitrary if it has none."""
    if step > 0:
        low = ZERO if start is None else _clipped(builder, integer(start), n, False)
        high = n if stop is None else _clipped(builder, integer(stop), n, True)
        span = minus(builder, high, low)
    else:
        last = minus(builder, n, ONE)
        low = last if start is None else least(builder, _from_front(builder, integer(start), n), last)
        end = const(-1) if stop is None else _from_front(builder, integer(stop), n)
        span = minus(builder, low, largest(builder, end, const(-1)))
    span = largest(builder, span, ZERO)
    if abs(step) == 1:
        return low, span
    rounded = plus(builder, span, const(abs(step) - 1))
    return low, builder.let("floor_divide", rounded, const(abs(step)), hint="n")


def _from_front(builder: Builder, i: ir.Atom, n: ir.Atom) -> ir.Atom:
    """Return a bound, counted from the front."""
    if facts.nonnegative(builder, i):
        return i
    if facts.prove(builder, i, const(-1)):
        return plus(builder, n, i)
    return builder.let("wrap", i, n, hint="k")


def _clipped(builder: Builder, i: ir.Atom, n: ir.Atom, above: bool) -> ir.Atom:
    """Hold a bound to 0..n; a start may lie above, since nothing is read then."""
    bound = _from_front(builder, i, n)
    bound = largest(builder, bound, ZERO) if not facts.nonnegative(builder, i) else bound
    return least(builder, bound, n) if above else bound


def take(builder: Builder, view: ir.View, parts: Sequence[Any]) -> ir.View:
    """Apply a basic index, with a part for each axis, to a view."""
    axes: list[ir.Axis] = []
    fixed = list(view.fixed)
    left = iter(view.axes)
    for part in parts:
        if part is None:
            axes.append(ir.Axis(None, ZERO, 0, ONE))
            continue
        axis = next(left)
        if isinstance(part, slice):
            axes.append(axis if part == slice(None) else sliced(builder, axis, part))
            continue
        at = checked_index(builder, integer(part), axis.size)
        if axis.base is not None:
            fixed.append((axis.base, axis.start if axis.step == 0 else _moved(builder, axis, at)))
    return ir.View(view.buffer, tuple(axes), tuple(fixed))


def same_view(builder: Builder, a: ir.View, b: ir.View) -> bool:
    """Tell whether two views of one buffer show the same elements in the same places."""
    if a.ndim != b.ndim or a.buffer != b.buffer:
        return False
    one, other = dict(a.fixed), dict(b.fixed)
    if one.keys() != other.keys() or not all(facts.equal(builder, one[k], other[k]) for k in one):
        return False
    return all(
        (x.base, x.step) == (y.base, y.step) and facts.equal(builder, x.start, y.start)
        for x, y in zip(a.axes, b.axes, strict=True)
    )


def disjoint(builder: Builder, a: ir.View, b: ir.View) -> bool:
    """Tell whether two views of one buffer are known to share no element."""
    if a.buffer != b.buffer:
        return False
    return any(_apart(builder, _range(builder, a, base), _range(builder, b, base)) for base in range(a.buffer.ndim))


def _range(builder: Builder, view: ir.View, base: int) -> tuple[facts.Form, facts.Form] | None:
    """Return the first and the last index that a view may have on an axis of its buffer."""
    for axis, at in view.fixed:
        if axis == base:
            return facts.form(builder, at), facts.form(builder, at)
    for a in view.axes:
        if a.base == base and isinstance(a.step, int):
            first = facts.form(builder, a.start)
            last = first.plus(facts.form(builder, a.size), a.step).plus(facts.Form((), -a.step))
            return (first, last) if a.step >= 0 else (last, first)
    return None


def _apart(builder: Builder, a: Any, b: Any) -> bool:
    if a is None or b is None:
        return False
    for (_, high), (low, _) in ((a, b), (b, a)):
        gap = low.plus(high, -1)
        if facts.shown(builder, facts.Form(gap.terms, gap.constant - 1)):
            return True
    return False
