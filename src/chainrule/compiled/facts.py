"""Proofs about integers: lengths that are equal, indices that are in range.

An integer is written as an affine form over lengths, parameters and loop counters. What is known about these (a counter
is less than its loop's trip, a length is not negative, a check has passed) are forms that are not negative; a form is
proven not negative by taking such forms away from it until a constant is left.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from . import ir
from .build import Builder

__all__ = [
    "Form",
    "equal",
    "form",
    "known_size",
    "nonnegative",
    "positive",
    "prove",
    "shown",
    "suppose",
    "suppose_equal",
    "trip_form",
]

EFFORT = 120


class Form(NamedTuple):
    """A sum ``constant + sum(k * term)`` with integer coefficients; terms are in a fixed order."""

    terms: tuple[tuple[ir.Var, int], ...]
    constant: int

    def plus(self, other: Form, times: int = 1) -> Form:
        total = dict(self.terms)
        for term, k in other.terms:
            total[term] = total.get(term, 0) + k * times
        return _made(total, self.constant + other.constant * times)

    def times(self, k: int) -> Form:
        return _made({term: k * j for term, j in self.terms}, k * self.constant)

    def of(self, term: ir.Var) -> int:
        return next((k for known, k in self.terms if known == term), 0)

    def put(self, term: ir.Var, value: Form) -> Form:
        """Substitute a form for a term."""
        k = self.of(term)
        return self.plus(Form(((term, 1),), 0), -k).plus(value, k)


def _made(terms: dict[ir.Var, int], constant: int) -> Form:
    return Form(tuple(sorted([(t, k) for t, k in terms.items() if k], key=lambda part: part[0].name)), constant)


ZERO = Form((), 0)


def form(builder: Builder, x: ir.Atom, joined: bool = True) -> Form:
    """Return the affine form of an integer; with `joined`, integers that are equal here have the same form."""
    if isinstance(x, ir.Const):
        return Form((), int(x.value))
    if joined:
        for term, value in builder.supposed("equal"):
            if term == x:
                return form(builder, value)
    op, args = builder.definitions.get(x, ("", ()))
    if op in ("add", "subtract"):
        return form(builder, args[0], joined).plus(form(builder, args[1], joined), 1 if op == "add" else -1)
    if op == "negative":
        return form(builder, args[0], joined).times(-1)
    if op == "multiply":
        parts = [form(builder, a, joined) for a in args]
        for one, other in (parts, parts[::-1]):
            if not one.terms:
                return other.times(one.constant)
    return Form(((_representative(builder, x, op, args) if joined else x, 1),), 0)


def _representative(builder: Builder, x: ir.Var, op: str, args: tuple[ir.Atom, ...]) -> ir.Var:
    """Return the first variable that was made by the same operation on the same numbers."""
    if not op or any(a.dtype != ir.INT for a in args):
        return x
    forms = [form(builder, a) for a in args]
    if op in ("maximum", "minimum", "multiply"):
        forms.sort(key=_sorted_by)
    key = (op, *forms)
    # What is equal here need not be so outside of the current block, and so the note is forgotten with it.
    for known, first in builder.supposed("representative"):
        if known == key:
            representative: ir.Var = first
            return representative
    if builder.is_known(x):
        builder.suppose((key, x), "representative")
    return x


def _sorted_by(f: Form) -> tuple[list[tuple[str, int]], int]:
    return [(term.name, k) for term, k in f.terms], f.constant


# ---- What is known


def known_size(builder: Builder, x: ir.Atom, not_one: bool = False) -> None:
    """Take note that a variable is a length (and that it is not 1)."""
    if isinstance(x, ir.Var):
        builder.notes.setdefault("sizes", set()).add(x)
        if not_one:
            builder.notes.setdefault("not_one", set()).add(x)


def suppose(builder: Builder, low: ir.Atom, high: ir.Atom, least: int = 0) -> None:
    """Take note that ``high - low >= least`` in the current block."""
    fact = form(builder, high).plus(form(builder, low), -1)
    builder.suppose(Form(fact.terms, fact.constant - least))


def suppose_equal(builder: Builder, x: ir.Atom, y: ir.Atom) -> None:
    """Take note that two integers are equal in the current block."""
    one, other = form(builder, x), form(builder, y)
    for here, there in ((one, y), (other, x)):
        if len(here.terms) == 1 and here.terms[0][1] == 1 and not here.constant:
            term = here.terms[0][0]
            if term not in _reached(builder, there):
                builder.suppose((term, there), "equal")
                return
    builder.suppose(one.plus(other, -1))
    builder.suppose(other.plus(one, -1))


def _reached(builder: Builder, x: ir.Atom) -> set[ir.Atom]:
    """Return all numbers that a number is computed from, and what these are known to be equal to."""
    known = dict(builder.supposed("equal"))
    seen: set[ir.Atom] = set()
    todo = [x]
    while todo:
        one = todo.pop()
        if one not in seen:
            seen.add(one)
            if isinstance(one, ir.Var):
                todo.extend(builder.definitions.get(one, ("", ()))[1])
                todo.extend([known[one]] if one in known else [])
    return seen


def equal(builder: Builder, x: ir.Atom, y: ir.Atom) -> bool:
    """Tell whether two integers are known to be equal."""
    if x == y or form(builder, x) == form(builder, y):
        return True
    difference = form(builder, x).plus(form(builder, y), -1)
    return shown(builder, difference) and shown(builder, difference.times(-1))


def prove(builder: Builder, low: ir.Atom, high: ir.Atom, least: int = 0) -> bool:
    """Tell whether ``high - low >= least`` is known."""
    difference = form(builder, high).plus(form(builder, low), -1)
    return shown(builder, Form(difference.terms, difference.constant - least))


def nonnegative(builder: Builder, x: ir.Atom) -> bool:
    return shown(builder, form(builder, x))


def positive(builder: Builder, x: ir.Atom) -> bool:
    f = form(builder, x)
    return shown(builder, Form(f.terms, f.constant - 1))


# ---- Proofs


def shown(builder: Builder, f: Form) -> bool:
    if not f.terms:
        return f.constant >= 0
    return _Search(builder).nonnegative(f, 7)


def trip_form(builder: Builder, trip: ir.Atom) -> Form:
    """Return the trip of a loop as its body knows it, where it is not 0."""
    op, args = builder.definitions.get(trip, ("", ())) if isinstance(trip, ir.Var) else ("", ())
    if op == "maximum" and ir.Const(0, ir.INT) in args:
        return form(builder, args[0] if args[1] == ir.Const(0, ir.INT) else args[1])
    return form(builder, trip)


def _running(builder: Builder) -> Iterator[Form]:
    """Yield, for each loop whose body this is, that it runs at all."""
    for _, counter in builder.enclosing:
        if counter is not None and counter in builder.trips:
            yield trip_form(builder, builder.trips[counter]).plus(Form((), -1))


class _Search:
    """One proof: it stops after some effort, and what was tried is not tried again."""

    def __init__(self, builder: Builder) -> None:
        self.builder = builder
        self.facts: list[Form] = [*builder.supposed(), *_running(builder)]
        self.tried: dict[Form, int] = {}
        self.proven: set[Form] = set()
        self.effort = EFFORT

    def nonnegative(self, f: Form, depth: int) -> bool:
        if not f.terms or f in self.proven:
            return f in self.proven or f.constant >= 0
        self.effort -= 1
        if depth == 0 or self.effort < 0 or self.tried.get(f, 0) >= depth:
            return False
        self.tried[f] = depth
        if any(self.without(f, term, k, depth - 1) for term, k in f.terms):
            self.proven.add(f)
        return f in self.proven

    def without(self, f: Form, term: ir.Var, k: int, depth: int) -> bool:
        """Try to prove a form by taking away what is known about one of its terms."""
        for g in self.bounds(term):
            j = g.of(term)
            if j * k > 0 and self.nonnegative(f.times(abs(j)).plus(g, -abs(k)), depth):
                return True
        cases = self.cases(term, k)
        return bool(cases) and all(self.nonnegative(f.put(term, case), depth) for case in cases)

    def bounds(self, term: ir.Var) -> Iterator[Form]:
        """Yield forms with this term that are not negative."""
        one = Form(((term, 1),), 0)
        trip = self.builder.trips.get(term)
        if trip is not None:
            yield one
            yield trip_form(self.builder, trip).plus(one, -1).plus(Form((), -1))
        if term in self.builder.notes.get("sizes", ()):
            yield one
        yield from self.by_definition(term, one)
        yield from [fact for fact in self.facts if fact.of(term)]

    def by_definition(self, term: ir.Var, one: Form) -> Iterator[Form]:
        op, args = self.builder.definitions.get(term, ("", ()))
        if op in ("absolute", "clip_index", "square") or (op == "int64" and args[0].dtype == ir.BOOL):
            yield one
        if op == "clip_index":
            yield form(self.builder, args[1]).plus(one, -1)
        elif op == "int64" and args[0].dtype == ir.BOOL:
            yield Form((), 1).plus(one, -1)
        elif op in ("maximum", "minimum"):
            for a in args:
                difference = one.plus(form(self.builder, a), -1)
                yield difference if op == "maximum" else difference.times(-1)
        elif op == "remainder" and isinstance(args[1], ir.Var):
            yield from self.by_length(args[1], one)
        elif op in ("floor_divide", "remainder") and isinstance(args[1], ir.Const) and args[1].value > 0:
            yield from self.division(op, form(self.builder, args[0]), int(args[1].value), one)

    def by_length(self, divisor: ir.Var, one: Form) -> Iterator[Form]:
        """Yield what is known about a remainder if the divisor is positive, which takes a proof of its own."""
        asked: set[ir.Var] = self.builder.notes.setdefault("divisors", set())
        if divisor in asked:
            return
        asked.add(divisor)
        known = positive(self.builder, divisor)
        asked.discard(divisor)
        if known:
            yield one
            yield form(self.builder, divisor).plus(one, -1).plus(Form((), -1))

    def division(self, op: str, a: Form, d: int, one: Form) -> Iterator[Form]:
        if op == "remainder":
            yield one
            yield Form((), d - 1).plus(one, -1)
        else:
            if all(k > 0 and t in self.builder.notes.get("sizes", ()) for t, k in a.terms) and a.constant >= 0:
                yield one
            yield a.plus(one, -d)
            yield one.times(d).plus(a, -1).plus(Form((), d - 1))

    def cases(self, term: ir.Var, k: int) -> list[Form]:
        """Return what a term may be equal to, if it is one of several."""
        op, args = self.builder.definitions.get(term, ("", ()))
        if (op == "maximum" and k < 0) or (op == "minimum" and k > 0) or op == "select":
            return [form(self.builder, a) for a in args[-2:]]
        return []
