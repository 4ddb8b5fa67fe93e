"""Indices that a user computes: checked in their place, in front of a loop where that does, or not at all.

An index that is known to be in range costs nothing. One that counts with a loop's counter is in range in every
iteration if it is in the first and in the last, so one check before the loop does, provided that the loop runs whole.
"""

from __future__ import annotations

from .. import facts, ir, scan
from ..build import Builder, const
from .nest import ZERO

__all__ = ["checked_index", "require"]

_TEXT = "index is out of bounds"


def checked_index(builder: Builder, i: ir.Atom, n: ir.Atom) -> ir.Atom:
    """Return an index on an axis of length n, counted from the front, after checking it."""
    low = facts.nonnegative(builder, i)
    if not low and facts.prove(builder, i, const(-1)):
        i, low = _from_end(builder, i, n), False
        require(builder, ZERO, i, 0)
        return i
    require(builder, i, n, 1)
    if low:
        return i
    require(builder, const(0), builder.let("add", i, n, hint="k"), 0)
    return builder.let("wrap", i, n, hint="k")


def _from_end(builder: Builder, i: ir.Atom, n: ir.Atom) -> ir.Atom:
    if isinstance(i, ir.Const):
        return builder.let("subtract", n, const(-int(i.value)), hint="k")
    return builder.let("add", n, i, hint="k")


def require(builder: Builder, low: ir.Atom, high: ir.Atom, least: int) -> None:
    """Check at run time that ``high - low >= least``, unless it is known or not asked for."""
    f = facts.form(builder, high).plus(facts.form(builder, low), -1)
    f = facts.Form(f.terms, f.constant - least)
    if facts.shown(builder, f) or not builder.notes.get("boundscheck", True):
        return
    if not _hoisted(builder, f, []):
        _check(builder, f, [])
    builder.suppose(f)


def _check(builder: Builder, f: facts.Form, guards: list[ir.Atom]) -> None:
    """Emit a check that a form is not negative, unless one of the loops it stands for does not run."""
    low = _sum(builder, [(t, -k) for t, k in f.terms if k < 0], max(-f.constant, 0))
    high = _sum(builder, [(t, k) for t, k in f.terms if k > 0], max(f.constant, 0))
    test = builder.let("less_equal", low, high, hint="inside")
    for trip in dict.fromkeys(guards):
        if not facts.positive(builder, trip):
            test = builder.let("logical_or", builder.let("less_equal", trip, ZERO), test, hint="inside")
    builder.check(test, "IndexError", _TEXT)


def _sum(builder: Builder, terms: list[tuple[ir.Var, int]], constant: int) -> ir.Atom:
    total: ir.Atom = const(constant)
    for term, k in terms:
        total = builder.let("add", builder.let("multiply", const(k), term, hint="k"), total, hint="k")
    return total


def _hoisted(builder: Builder, f: facts.Form, guards: list[ir.Atom]) -> bool:
    """Check before the innermost loop that a form is not negative in all its iterations; tell if that was possible."""
    counter = builder.enclosing[-1][1] if builder.enclosing else None
    trip = None if counter is None else builder.trips.get(counter)
    if counter is None or trip is None:
        return False
    last = facts.trip_form(builder, trip).plus(facts.Form((), -1))
    extreme = f.put(counter, last if f.of(counter) < 0 else facts.Form((), 0))
    guards = [*guards, trip]
    with builder.outside():
        there = _available(builder)
        needed = [*[term for term, _ in extreme.terms], *[g for g in guards if isinstance(g, ir.Var)]]
        if not all(term in there for term in needed):
            return False
        if not facts.shown(builder, extreme) and not _hoisted(builder, extreme, guards):
            _check(builder, extreme, guards)
    return True


def _available(builder: Builder) -> set[ir.Var]:
    """Return the scalars that the current block may read."""
    known = set(builder.parameters)
    known.update([counter for _, counter in builder.enclosing if counter is not None])
    for block in [*[block for block, _ in builder.enclosing], builder.block]:
        for statement in block:
            known.update(scan.results(statement) if isinstance(statement, _STRUCTURES) else scan.defined(statement))
    return known


_STRUCTURES = (ir.For, ir.While, ir.If)
