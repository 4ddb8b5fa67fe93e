"""Loops that add to several places of one array gather instead, and write each element once: the reverse of a stencil.

``for i: a[i] += f(i); a[i+2] += g(i)`` is ``for p: a[p+2] += f(p+2) + g(p)`` for the elements that both additions
reach, and one statement for each element at the ends, which only one of them reaches. Of two nested loops the rows are
gathered likewise; the few rows at the ends, which some additions do not reach, are added into as they were.

What an addition takes from its own array is read first: only elements that no earlier iteration has added to
(``a[i+2]`` above) may be read, and as the elements are written in rising order, they still hold what they held.

References
----------
The transpose of a gather is a scatter; that of a stencil may again be written as stencils, with the boundary apart:
Hückelheim, Kukreja, Narayanan, Luporini, Gorman and Hovland, *Automatic differentiation for adjoint stencil loops*,
ICPP 2019.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Collection
from dataclasses import dataclass, replace

from .. import ir
from ..activity import Classes
from ..adjoint.affine import form_of
from ..adjoint.layout import Layout
from ..build import Names
from ..scan import Renaming, atoms_of, loaded, stored
from .order import free_order
from .parts import all_defined, dear, kept, place_of, reduced, slice_of

__all__ = ["Gatherer", "Pieces"]

_MOST = 32  # additions at the ends that are written out
_SHORT = 8  # iterations: loops that are certainly as short are left alone

Key = tuple[object, ...]
Comparison = tuple[str, ir.Atom, ir.Atom]


@dataclass(slots=True)
class Pieces:
    """A loop in three parts, which run one after the other; the first and the last are to be split further."""

    before: list[ir.For]
    gathered: list[ir.Statement]
    after: list[ir.For]


@dataclass(slots=True)
class _Term:
    """One addition: the store, how far from the counters it lies, and what computes it.

    Attributes
    ----------
    store : Store
    offsets : tuple of int
        For each of the loops, outermost first.
    body : list of Statement
        What the store needs of the innermost loop's body, with it.
    known : dict
        What stands for scalars from around the innermost loop.
    """

    store: ir.Store
    offsets: tuple[int, ...]
    body: list[ir.Statement]
    known: dict[ir.Atom, ir.Atom]

    @property
    def offset(self) -> int:
        return self.offsets[-1]


class Gatherer:
    """Rewrites the loops of one function.

    Parameters
    ----------
    function : Function
    classes : Classes
    names : Names
    split : callable
        How a loop that still scatters is to be split.
    """

    def __init__(self, function: ir.Function, classes: Classes, names: Names,
                 split: Callable[[ir.For], list[ir.Statement]]) -> None:  # fmt: skip
        self.layout = Layout(function)
        self.classes = classes
        self.names = names
        self.split = split
        self.swapped = {b for s in ir.walk(function.body) if isinstance(s, ir.Swap) for b in s.targets}

    # ---- One loop

    def line(self, loop: ir.For) -> Pieces | None:
        """Return a loop over elements with the additions gathered, or None if that may not or need not be."""
        if not _regular(loop) or not all(isinstance(s, (ir.Let, ir.Load, ir.Store)) for s in loop.body):
            return None
        groups = self._groups((loop,), loop.body)
        stores = [t.store for group in groups for t in group]
        if not groups or not self._may([loop], stores, groups):
            return None
        gathered: list[ir.Statement] = []
        for group in groups:
            gathered += self._guarded(group, loop, [self.part(loop, [t.store for t in group])])
        return self._pieces(loop, stores, gathered)

    def _guarded(self, group: list[_Term], loop: ir.For, otherwise: list[ir.Statement]) -> list[ir.Statement]:
        """Return the gathering loop, for where there are as many iterations as it takes for granted."""
        spread = _spread(group)
        line = self._line(group, loop)
        if isinstance(loop.trip, ir.Const):
            return line if loop.trip.value >= spread else otherwise
        return self._when([("greater_equal", loop.trip, _int(spread))], line, otherwise, loop.place)

    def _line(self, group: list[_Term], loop: ir.For) -> list[ir.Statement]:
        """Return statements for the elements in rising order; there are at least as many iterations as the spread."""
        group = sorted(group, key=lambda t: -t.offset)
        high, low = group[0].offset, group[-1].offset
        result: list[ir.Statement] = []
        for p in range(low, high):
            result += self._element(loop, [(t, _int(p - t.offset), 0) for t in group if t.offset <= p])
        counter, trip = self._var(loop.counter.hint, ir.INT), self._var("n", ir.INT)
        body = self._element(loop, [(t, counter, high - t.offset) for t in group])
        result.append(ir.Let(trip, "subtract", (loop.trip, _int(high - low)), loop.place))
        result.append(ir.For(counter, trip, body, parallel=self._parallel(group, loop), place=loop.place))
        for p in range(low, high):
            result += self._element(loop, [(t, loop.trip, p - t.offset) for t in group if t.offset > p])
        return result

    def _parallel(self, group: list[_Term], loop: ir.For) -> bool:
        target = self.classes.of(group[0].store.buffer)
        return not any(self.classes.of(b) == target for t in group for s in t.body for b in loaded(s))

    def _element(self, loop: ir.For, terms: list[tuple[_Term, ir.Atom, int]]) -> list[ir.Statement]:
        """Return the addition of all terms to one element; each with its iteration, as a start and a distance."""
        result: list[ir.Statement] = []
        total: ir.Atom | None = None
        index: tuple[ir.Atom, ...] = ()
        for term, start, distance in terms:
            at = self._sum(result, start, distance, loop.place)
            *body, store = self._copy(term.body, {**term.known, loop.counter: at})[0]
            assert isinstance(store, ir.Store)
            result += body
            index = index or store.index
            value = store.value
            if total is not None:
                value = self._var(f"{store.buffer.hint}", store.buffer.dtype)
                result.append(ir.Let(value, "add", (total, store.value), store.place))
            total = value
        assert total is not None
        return [*result, replace(terms[0][0].store, index=index, value=total)]

    # ---- Two loops

    def nest(self, outer: ir.For) -> Pieces | None:
        """Return two nested loops with the additions gathered, or None if that may not or need not be."""
        inner = self._inner(outer)
        if inner is None:
            return None
        groups = [g for g in self._groups((outer, inner), inner.body) if len({t.offsets[0] for t in g}) > 1]
        stores = [t.store for group in groups for t in group]
        if not groups or not self._may([outer, inner], stores, []):
            return None
        heads = [s for s in outer.body if s is not inner]
        gathered = [s for group in groups for s in self._rows(group, outer, heads, inner)]
        return self._pieces(outer, stores, gathered)

    def _inner(self, outer: ir.For) -> ir.For | None:
        """Return the only loop inside another, if that does nothing else of consequence."""
        loops = [s for s in outer.body if isinstance(s, ir.For)]
        if len(loops) != 1 or not all(isinstance(s, (ir.Let, ir.Load, ir.For)) for s in outer.body):
            return None
        (inner,) = loops
        if outer.body[-1] is not inner or not _regular(outer) or not _regular(inner):
            return None
        if not all(isinstance(s, (ir.Let, ir.Load, ir.Store)) for s in inner.body):
            return None
        return None if inner.trip in all_defined([outer]) else inner

    def _rows(self, group: list[_Term], outer: ir.For, heads: list[ir.Statement], inner: ir.For
              ) -> list[ir.Statement]:  # fmt: skip
        """Return a loop over the rows that are written, each gathered if all terms reach it."""
        lowest = min(t.offsets[0] for t in group)
        spread = max(t.offsets[0] for t in group) - lowest
        row, rows = self._var(outer.counter.hint, ir.INT), self._var("n", ir.INT)
        moved: dict[int, dict[ir.Atom, ir.Atom]] = {}
        full: list[ir.Statement] = []
        ends: list[ir.Statement] = []
        for distance in sorted({t.offsets[0] - lowest for t in group}):
            terms = [t for t in group if t.offsets[0] - lowest == distance]
            moved[distance] = self._moved(full, heads, terms, {outer.counter: self._sum(full, row, -distance, None)})
            ends += self._end(terms, row, distance, spread, outer, heads, inner)
        terms = [replace(t, known=moved[t.offsets[0] - lowest]) for t in group]
        full += self._line(terms, inner)
        before, first = self._first_full(spread, _spread(terms), outer, inner)
        body = self._when([("greater_equal", row, first), ("less", row, outer.trip)], full, ends, inner.place)
        loop = ir.For(row, rows, body, parallel=True, place=outer.place)
        return [*before, ir.Let(rows, "add", (outer.trip, _int(spread)), outer.place), loop]

    def _first_full(self, spread: int, width: int, outer: ir.For, inner: ir.For
                    ) -> tuple[list[ir.Statement], ir.Atom]:  # fmt: skip
        """Return the first row that all terms reach: none, if rows are too short to be gathered.

        (A test of their length in the loop itself would keep LLVM from vectorising it.)
        """
        if not width:
            return [], _int(spread)
        test, first = self._var("some", ir.BOOL), self._var("first", ir.INT)
        enough = ir.Let(test, "greater_equal", (inner.trip, _int(width)), outer.place)
        return [enough, ir.Let(first, "select", (test, _int(spread), outer.trip), outer.place)], first

    def _end(self, terms: list[_Term], row: ir.Var, distance: int, spread: int, outer: ir.For,
             heads: list[ir.Statement], inner: ir.For) -> list[ir.Statement]:  # fmt: skip
        """Return what adds the terms of one iteration of the outer loop, if that is one, into a row at the ends."""
        before: list[ir.Statement] = []
        at = self._sum(before, row, -distance, outer.place)
        then: list[ir.Statement] = []
        known = self._moved(then, heads, terms, {outer.counter: at})
        then += self.split(self.part(inner, [t.store for t in terms], known))
        tests: list[Comparison] = [("greater_equal", at, _int(0))] if distance else []
        if distance < spread:
            tests.append(("less", at, outer.trip))
        return [*before, *self._when(tests, then, [], inner.place)]

    def _moved(self, block: list[ir.Statement], heads: list[ir.Statement], terms: list[_Term],
               known: dict[ir.Atom, ir.Atom]) -> dict[ir.Atom, ir.Atom]:  # fmt: skip
        """Compute again, for another iteration of the outer loop, what terms need; return what stands for what."""
        needed = {a for t in terms for s in t.body for a in atoms_of(s)}
        copied, known = self._copy(slice_of(heads, needed), known)
        block += copied
        return known

    def _when(self, tests: list[Comparison], then: list[ir.Statement], orelse: list[ir.Statement],
              place: ir.Place | None) -> list[ir.Statement]:  # fmt: skip
        """Return a decision: whether all comparisons are true."""
        block: list[ir.Statement] = []
        whole: ir.Var | None = None
        for op, a, b in tests:
            test = self._var("some", ir.BOOL)
            block.append(ir.Let(test, op, (a, b), place))
            if whole is not None:
                whole, both = self._var("some", ir.BOOL), (whole, test)
                block.append(ir.Let(whole, "logical_and", both, place))
            else:
                whole = test
        assert whole is not None
        return [*block, ir.If(whole, then, orelse, place=place)]

    # ---- What may be gathered

    def _groups(self, loops: tuple[ir.For, ...], body: list[ir.Statement]) -> list[list[_Term]]:
        """Return the additions that meet in one array, at distances that are known."""
        inside = all_defined(list(loops[:1]))
        found: dict[Key, list[_Term]] = defaultdict(list)
        for s in body:
            if isinstance(s, ir.Store) and s.add:
                where = self._where(s.buffer, s.index, [loop.counter for loop in loops], inside)
                if where is not None:
                    needed = set(atoms_of(s))
                    found[where[0]].append(_Term(s, where[1], [*slice_of(body[: place_of(body, s)], needed), s], {}))
        groups = [g for g in found.values() if len({t.offsets for t in g}) > 1]
        return [g for g in groups if all(width * len(g) <= _MOST for width in _spreads(g))]

    def _where(self, buffer: ir.Buffer, index: tuple[ir.Atom, ...], counters: list[ir.Var], inside: set[ir.Var]
               ) -> tuple[Key, tuple[int, ...]] | None:  # fmt: skip
        """Return where an access lies, apart from the constants that are added to the counters; and these."""
        key: list[object] = [buffer]
        offsets: dict[ir.Var, int] = {}
        for x in index:
            form = form_of(self.layout, x)
            moving = [c for c in counters if c in form]
            if any(isinstance(symbol, ir.Var) and symbol in inside for symbol in form.keys() - set(moving)):
                return None
            if moving:
                (counter, *more) = moving
                if more or form[counter] != 1 or counter in offsets:
                    return None
                offsets[counter] = form.get(None, 0)
                form = form.without(None)
            key.append(frozenset(form.items()))
        if len(offsets) != len(counters):
            return None
        return tuple(key), tuple([offsets[c] for c in counters])

    def _may(self, loops: list[ir.For], stores: list[ir.Store], ahead: list[list[_Term]]) -> bool:
        """Tell whether the additions may change places with all else that the loops do.

        `ahead` are the groups whose array may be read, if it is ahead of what was added into.
        """
        targets = {self.classes.of(s.buffer): s.buffer for s in stores}
        if self.swapped & set(targets.values()):
            return False  # right, but slower: LLVM does not vectorise such a loop over arrays that change places
        touching = [s for loop in loops for s in loop.body if self._touches(s, targets)]
        loads = [s for s in touching if isinstance(s, ir.Load)]
        if any(isinstance(s, ir.Store) and (not s.add or s.buffer not in targets.values()) for s in touching):
            return False
        if loads and not self._all_ahead(loops, loads, touching, ahead):
            return False
        if not all(free_order(self._without(loop, loads), self.classes) for loop in loops):
            return False
        return self._others_wait(loops, targets) and not dear(loops[-1], stores)

    def _all_ahead(self, loops: list[ir.For], loads: list[ir.Load], touching: list[ir.Statement],
                   groups: list[list[_Term]]) -> bool:  # fmt: skip
        """Tell whether each element that is read is one to which no iteration before, and nothing yet in its own, has
        added."""
        if len(groups) != 1 or len(loops) != 1 or loops[0].carried:
            return False  # (with sums apart, all that is read would be read twice)
        (loop,), (group,) = loops, groups
        stores = [t.store for t in group]
        first = min(place_of(loop.body, s) for s in stores)
        after = [s for s in touching if not any(s is t for t in (*loads, *stores))]
        if after or any(place_of(loop.body, s) > first for s in loads):
            return False
        inside = all_defined([loop])
        target = self._where(stores[0].buffer, stores[0].index, [loop.counter], inside)
        assert target is not None
        for s in loads:
            where = self._where(s.buffer, s.index, [loop.counter], inside)
            if where is None or where[0] != target[0] or where[1][0] < max(t.offset for t in group):
                return False
        rest = [s for s in loop.body if isinstance(s, ir.Store) and not any(s is t for t in stores)]
        needed = {a for s in rest if not s.add for a in atoms_of(s)}
        return not any(any(s is t for t in loads) for s in slice_of(loop.body, needed))

    def _others_wait(self, loops: list[ir.For], targets: Collection[ir.Buffer]) -> bool:
        """Tell whether the loops may add to other arrays at first, and write to others in the end."""
        body = [*[s for loop in loops[:-1] for s in loop.body if not isinstance(s, ir.For)], *loops[-1].body]
        stores = [s for s in body if isinstance(s, ir.Store) and self.classes.of(s.buffer) not in targets]
        added = {self.classes.of(s.buffer) for s in stores if s.add}
        written: set[ir.Buffer] = set()
        for s in body:
            if any(self.classes.of(b) in written | added for b in loaded(s)):
                return False
            if isinstance(s, ir.Store) and not s.add:
                written.add(self.classes.of(s.buffer))
        outside = [self.classes.of(b) for loop in loops[:-1] for s in loop.body for b in loaded(s)]
        return not written & {*added, *outside}

    def _touches(self, s: ir.Statement, targets: Collection[ir.Buffer]) -> bool:
        return any(self.classes.of(b) in targets for b in (*loaded(s), *stored(s)))

    def _without(self, loop: ir.For, loads: list[ir.Load]) -> ir.For:
        return replace(loop, body=[s for s in loop.body if not any(s is t for t in loads)]) if loads else loop

    # ---- Parts of loops

    def _pieces(self, loop: ir.For, gathered: list[ir.Store], made: list[ir.Statement]) -> Pieces:
        others = [s for s in ir.walk([loop]) if isinstance(s, ir.Store) and not any(s is t for t in gathered)]
        adds, rest = [s for s in others if s.add], [s for s in others if not s.add]
        before = [kept(loop, adds)] if adds or loop.carried else []
        after = [self.part(loop, rest)] if rest else []
        return Pieces(before, made, after)

    def part(self, loop: ir.For, stores: list[ir.Store], known: dict[ir.Atom, ir.Atom] | None = None) -> ir.For:
        """Copy a loop with some of its stores only, under names of its own."""
        (part,), _ = self._copy([reduced(loop, stores)], known or {})
        assert isinstance(part, ir.For)
        return replace(part, place=stores[0].place)

    def _copy(self, body: list[ir.Statement], known: dict[ir.Atom, ir.Atom]
              ) -> tuple[list[ir.Statement], dict[ir.Atom, ir.Atom]]:  # fmt: skip
        fresh = dict(known)

        def define(v: ir.Var) -> ir.Var:
            made = fresh[v] = self._var(v.name, v.dtype)
            return made

        return Renaming(lambda a: fresh.get(a, a), lambda b: b, define).body(body), fresh

    def _sum(self, block: list[ir.Statement], start: ir.Atom, distance: int, place: ir.Place | None) -> ir.Atom:
        if not distance:
            return start
        var = self._var("k", ir.INT)
        block.append(ir.Let(var, "add", (start, _int(distance)), place))
        return var

    def _var(self, name: str, dtype: str) -> ir.Var:
        return ir.Var(self.names.fresh(name), dtype)


def _int(value: int) -> ir.Const:
    return ir.Const(value, ir.INT)


def _regular(loop: ir.For) -> bool:
    short = isinstance(loop.trip, ir.Const) and loop.trip.value < _SHORT
    return loop.stop is None and not loop.backward and not short


def _spread(terms: list[_Term]) -> int:
    offsets = [t.offset for t in terms]
    return max(offsets) - min(offsets)


def _spreads(terms: list[_Term]) -> list[int]:
    return [max(offsets) - min(offsets) for offsets in zip(*[t.offsets for t in terms], strict=True)]
