"""Rows of arrays, made before an inner loop whose indices start at a place that is known at run time only.

Numba takes an index ``k + j`` for one that may be negative, and then the loop does not vectorise: it is three to five
times slower than over ``row = x[k:]`` with ``row[j]``.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from itertools import count

from .. import ir
from ..ops import cost_of
from .effects import defined_by

__all__ = ["Row", "with_rows"]

Place = tuple[ir.Buffer, int, ir.Atom]
Key = tuple[ir.Buffer, tuple[ir.Atom, ...], frozenset[tuple[ir.Var, int]]]
ZERO = ir.Const(0, ir.INT)


@dataclass(slots=True)
class Row(ir.Alias):
    """``buffer = base[*shape[:-1], shape[-1]:]``: the end of a row, as a second name of the storage."""


class Form:
    """An index: a multiple of the counter, multiples of what does not change in the loop, and a constant."""

    def __init__(self, counter: int = 0, terms: dict[ir.Var, int] | None = None, constant: int = 0) -> None:
        self.counter, self.constant = counter, constant
        self.terms = {x: c for x, c in (terms or {}).items() if c}

    def plus(self, other: Form, factor: int) -> Form:
        terms = dict(self.terms)
        for x, c in other.terms.items():
            terms[x] = terms.get(x, 0) + factor * c
        return Form(self.counter + factor * other.counter, terms, self.constant + factor * other.constant)


Lengths = Callable[[ir.Buffer, int], set[ir.Atom]]


def with_rows(function: ir.Function, lengths: Lengths) -> list[ir.Statement]:
    """Return a function's body with rows before the inner loops that they make faster; `lengths` are those known.

    In a part of a loop any inner loop gets them: there an index ``start + k`` stands where one was that Numba knew.
    """
    return _Rows(lengths, isinstance(function, ir.Part)).block(function.body, set(), {})


class _Rows:
    def __init__(self, lengths: Lengths, always: bool) -> None:
        self.lengths, self.always = lengths, always
        self.numbers = count(1)

    def block(self, body: list[ir.Statement], known: set[Place], trips: dict[ir.Atom, ir.Atom]) -> list[ir.Statement]:
        """Rewrite a block; `known` are indices that are in range here, `trips` the counters of the loops around."""
        known = set(known)
        made: list[ir.Statement] = []
        for s in body:
            if isinstance(s, ir.For) and (_is_flat(s) if self.always else _is_simple(s)):
                made += self.loop(s, known, trips)
                continue
            made.append(self.inside(s, known, trips))
            if isinstance(s, (ir.Load, ir.Store)):
                known.update((s.buffer, axis, x) for axis, x in enumerate(s.index))
        return made

    def inside(self, s: ir.Statement, known: set[Place], trips: dict[ir.Atom, ir.Atom]) -> ir.Statement:
        if isinstance(s, ir.For):
            return replace(s, body=self.block(s.body, known, {**trips, s.counter: s.trip}))
        if isinstance(s, ir.While):
            return replace(s, body=self.block(s.body, known, trips))
        if isinstance(s, ir.If):
            return replace(s, then=self.block(s.then, known, trips), orelse=self.block(s.orelse, known, trips))
        return s

    def loop(self, s: ir.For, known: set[Place], trips: dict[ir.Atom, ir.Atom]) -> list[ir.Statement]:
        groups = _groups(s)
        safe = {key: smallest for key, smallest in groups.items() if self.in_range(key, known, trips)}
        if len(safe) < len(groups):  # a loop without a turn may name a row that is not there
            return self.guarded(s, groups)
        return self.rewritten(s, safe) if safe else [s]

    def guarded(self, s: ir.For, groups: dict[Key, int]) -> list[ir.Statement]:
        """Return the rows and the loop over them, for where it runs at all."""
        test = ir.Var(f"some.{next(self.numbers)}r", ir.BOOL)
        carried, merges = [], []
        for c in s.carried:
            inner = ir.Var(f"{c.result.hint}.{next(self.numbers)}r", c.result.dtype)
            carried.append(replace(c, result=inner))
            merges.append(ir.Merge(c.result, inner, c.init))
        then = self.rewritten(replace(s, carried=carried), groups)
        return [ir.Let(test, "greater", (s.trip, ZERO), s.place), ir.If(test, then, [], merges, s.place)]

    def in_range(self, key: Key, known: set[Place], trips: dict[ir.Atom, ir.Atom]) -> bool:
        """Tell whether a row is there for certain: its index counts as far, or was used before on as long an axis."""
        buffer, held, _ = key
        return all(self._is_index(x, buffer, axis, known, trips) for axis, x in enumerate(held))

    def _is_index(self, x: ir.Atom, buffer: ir.Buffer, axis: int, known: set[Place],
                  trips: dict[ir.Atom, ir.Atom]) -> bool:  # fmt: skip
        lengths = self.lengths(buffer, axis)
        if (buffer, axis, x) in known or trips.get(x) in lengths:
            return True
        return any(y == x and lengths & self.lengths(other, k) for other, k, y in known)

    def rewritten(self, s: ir.For, groups: dict[Key, int]) -> list[ir.Statement]:
        """Return the rows and the loop over them."""
        before: list[ir.Statement] = []
        rows: dict[Key, ir.Buffer] = {}
        for key, smallest in groups.items():
            buffer, held, terms = key
            start = self.start(before, dict(terms), smallest, s.place)
            rows[key] = ir.Buffer(f"{buffer.hint}_row.{next(self.numbers)}r", buffer.dtype, 1)
            before.append(Row(rows[key], buffer, (*held, start), s.place))
        body: list[ir.Statement] = []
        forms = _Forms(s)
        for part in s.body:
            key_and_form = forms.key(part)
            if isinstance(part, (ir.Load, ir.Store)) and key_and_form is not None and key_and_form[0] in groups:
                key, form = key_and_form
                index = self.sum(body, s.counter, form.constant - groups[key], part.place)
                part = replace(part, buffer=rows[key], index=(index,))
            body.append(part)
        return [*before, replace(s, body=body)]

    def start(self, block: list[ir.Statement], terms: dict[ir.Var, int], constant: int,
              place: ir.Place | None) -> ir.Atom:  # fmt: skip
        total: ir.Atom = ZERO
        for x, factor in terms.items():
            part = x if factor == 1 else self.let(block, "multiply", ir.Const(factor, ir.INT), x, place)
            total = part if total == ZERO else self.let(block, "add", total, part, place)
        return self.sum(block, total, constant, place)

    def sum(self, block: list[ir.Statement], x: ir.Atom, constant: int, place: ir.Place | None) -> ir.Atom:
        return x if not constant else self.let(block, "add", x, ir.Const(constant, ir.INT), place)

    def let(self, block: list[ir.Statement], op: str, a: ir.Atom, b: ir.Atom, place: ir.Place | None) -> ir.Var:
        var = ir.Var(f"t.{next(self.numbers)}r", ir.INT)
        block.append(ir.Let(var, op, (a, b), place))
        return var


def _is_simple(s: ir.For) -> bool:
    """Tell whether a loop is one that vectorises if its indices allow it."""
    if not _is_flat(s):
        return False
    free = {part.var for part in s.body if isinstance(part, ir.Let) and part.op == "radd"}
    if any(c.next not in free for c in s.carried):
        return False
    return not any(isinstance(part, ir.Let) and cost_of(part.op) >= 20 for part in s.body)


def _is_flat(s: ir.For) -> bool:
    """Tell whether a loop does nothing but compute, read and write."""
    return s.stop is None and bool(s.body) and all(isinstance(t, (ir.Let, ir.Load, ir.Store)) for t in s.body)


class _Forms:
    """Indices in a loop as sums."""

    def __init__(self, s: ir.For) -> None:
        self.counter = s.counter
        self.inside = {var for part in s.body for var in defined_by(part)} | {c.phi for c in s.carried}
        self.lets = {part.var: part for part in s.body if isinstance(part, ir.Let)}

    def of(self, x: ir.Atom) -> Form | None:
        if isinstance(x, ir.Const):
            return Form(constant=int(x.value))
        if x == self.counter:
            return Form(counter=1)
        if x not in self.inside:
            return Form(terms={x: 1})
        let = self.lets.get(x)
        if let is None or let.op not in ("add", "subtract") or let.var.dtype != ir.INT:
            return None
        left, right = [self.of(a) for a in let.args]
        return None if left is None or right is None else left.plus(right, 1 if let.op == "add" else -1)

    def key(self, s: ir.Statement) -> tuple[Key, Form] | None:
        """Return the row that a statement reads or writes an element of, if it starts at a place known at run time."""
        if not isinstance(s, (ir.Load, ir.Store)) or not s.index:
            return None
        *held, last = s.index
        form = self.of(last)
        if form is None or form.counter != 1 or not form.terms:
            return None
        if any(x == self.counter or x in self.inside for x in held):
            return None
        return (s.buffer, tuple(held), frozenset(form.terms.items())), form


def _groups(s: ir.For) -> dict[Key, int]:
    """Return the rows that a loop would read or write, each with the smallest constant in its indices."""
    forms = _Forms(s)
    found: dict[Key, int] = {}
    for key, form in _keys(forms, s.body):
        found[key] = min(found.get(key, form.constant), form.constant)
    return found


def _keys(forms: _Forms, body: list[ir.Statement]) -> Iterator[tuple[Key, Form]]:
    for part in body:
        found = forms.key(part)
        if found is not None:
            yield found
