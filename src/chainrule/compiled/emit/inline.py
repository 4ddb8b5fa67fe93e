"""Rebuild expressions: which variables are written out where they are used, and are no variables of the text."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

from .. import ir
from .effects import Effects, atoms_of, defined_by, view_atoms

__all__ = ["Inlined", "inline"]

LIMIT = 140  # characters of an expression, by an estimate that counts a third too many
TWICE = {"gmul": (0,)}  # arguments that the text names twice

NONE: frozenset[ir.Var] = frozenset()

Definition = ir.Let | ir.Load | ir.Dim


class Inlined:
    """The expressions of a function.

    Attributes
    ----------
    definitions : dict
        What defines each variable that is written out where it is used.
    all : dict
        What defines each variable that a `Let`, `Load` or `Dim` defines.
    uses : Counter
        How often each variable is named.
    """

    def __init__(self) -> None:
        self.definitions: dict[ir.Var, Definition] = {}
        self.all: dict[ir.Var, Definition] = {}
        self.uses: Counter[ir.Var] = Counter()

    def leaves(self, x: ir.Atom) -> Iterator[ir.Var]:
        """Yield the variables of the text that an expression names."""
        if isinstance(x, ir.Const):
            return
        definition = self.definitions.get(x)
        if definition is None:
            yield x
        else:
            for part in atoms_of(definition):
                yield from self.leaves(part)


def inline(function: ir.Function, effects: Effects, by_line: bool = False) -> Inlined:
    """Choose what is written out where it is used: what is used once, in the same block, and moves past no write.

    With `by_line`, what comes from different lines of the user's stays apart.
    """
    found = Inlined()
    _count(function, found)
    results = [x for x in function.results if isinstance(x, ir.Var)]
    _Chooser(effects, found, by_line).block(function.body, tuple(results))
    return found


def _count(function: ir.Function, found: Inlined) -> None:
    for s in ir.walk(function.body):
        if isinstance(s, (ir.Let, ir.Load, ir.Dim)):
            found.all[s.var] = s
        for x in (*atoms_of(s), *_ends(s), *_twice(s)):
            if isinstance(x, ir.Var):
                found.uses[x] += 1
    for result in function.results:
        for x in view_atoms(result) if isinstance(result, ir.View) else (result,):
            if isinstance(x, ir.Var):
                found.uses[x] += 1
    for var, s in found.all.items():
        if _is_free(s) and found.uses[var] > 1:
            found.definitions[var] = s


def _is_free(s: ir.Statement) -> bool:
    """Tell whether a definition may be written out again and again: arithmetic casts an integer by itself."""
    return isinstance(s, ir.Let) and s.op == ir.FLOAT and s.args[0].dtype == ir.INT


def _twice(s: ir.Statement) -> Iterator[ir.Atom]:
    if isinstance(s, ir.Let):
        for k in TWICE.get(s.op, ()):
            yield s.args[k]


def _ends(s: ir.Statement) -> Iterator[ir.Atom]:
    """Yield what a structure reads inside or at its end."""
    if isinstance(s, (ir.For, ir.While)):
        yield from (c.next for c in s.carried)
        if s.stop is not None:
            yield s.stop
    if isinstance(s, ir.While):
        yield s.test
    if isinstance(s, ir.If):
        for m in s.merges:
            yield m.then
            yield m.orelse


class _Chooser:
    """Walks the blocks. Where a statement uses a variable that was defined before it in its block, the definition
    may be written out there."""

    def __init__(self, effects: Effects, found: Inlined, by_line: bool = False) -> None:
        self.effects, self.found, self.by_line = effects, found, by_line

    def block(self, body: list[ir.Statement], end: tuple[ir.Atom, ...] = (), barred: frozenset[ir.Var] = NONE) -> None:
        """Choose in one block; `end` is read after its last statement, when the barred variables have changed."""
        here: dict[ir.Var, int] = {}
        length: dict[ir.Var, int] = {}
        for at, s in enumerate(body):
            self._use(
                () if self._is_repeated(s) else tuple(_movable(s)), at, here, length, body, fixed=_fixed_length(s)
            )
            for var in defined_by(s):
                if isinstance(s, (ir.Let, ir.Load, ir.Dim)):
                    here[var] = at
                    length[var] = _fixed_length(s) + sum([self._length(x, length) for x in atoms_of(s)])
            self._inside(s)
        free = [x for x in end if barred.isdisjoint(self._parts(x))]
        self._use(tuple(free), len(body), here, length, body, fixed=12)

    def _is_repeated(self, s: ir.Statement) -> bool:
        return isinstance(s, ir.Let) and _is_free(s) and s.var in self.found.definitions

    def _inside(self, s: ir.Statement) -> None:
        if isinstance(s, ir.For):
            self.block(s.body, _stop(s), frozenset([c.phi for c in s.carried]))
        elif isinstance(s, ir.While):
            self.block(s.head, (s.test,))
            self.block(s.body, _stop(s), frozenset([s.counter, *[c.phi for c in s.carried]]))
        elif isinstance(s, ir.If):
            self.block(s.then)
            self.block(s.orelse)

    def _use(self, atoms: tuple[ir.Atom, ...], at: int, here: dict[ir.Var, int], length: dict[ir.Var, int],
             body: list[ir.Statement], fixed: int) -> None:  # fmt: skip
        wanted = [x for x in dict.fromkeys(atoms) if isinstance(x, ir.Var) and x in here and self.found.uses[x] == 1]
        wanted = [x for x in wanted if self._may_move(x, at, here, body) and self._may_join(x, at, body)]
        total = fixed + sum([length[x] if x in wanted else self._length(x, length) for x in atoms])
        for x in sorted(wanted, key=lambda x: -length[x]):
            if total > LIMIT and length[x] > 12:
                total += 4 - length[x]
                continue
            self.found.definitions[x] = self.found.all[x]

    def _may_join(self, x: ir.Var, at: int, body: list[ir.Statement]) -> bool:
        """Tell whether an expression may stand in the line that reads it."""
        if not self.by_line or at == len(body):
            return not self.by_line
        here, there = getattr(body[at], "place", None), self.found.all[x].place
        return here is None or there is None or here == there

    def _parts(self, x: ir.Atom) -> Iterator[ir.Var]:
        """Yield what an expression would name if it were written out."""
        definition = self.found.all.get(x) if isinstance(x, ir.Var) else None
        for part in () if definition is None else atoms_of(definition):
            yield from self.found.leaves(part)

    def _length(self, x: ir.Atom, length: dict[ir.Var, int]) -> int:
        if isinstance(x, ir.Const):
            return len(repr(x.value))
        return length[x] if x in self.found.definitions and x in length else len(x.hint) + 1

    def _may_move(self, x: ir.Var, at: int, here: dict[ir.Var, int], body: list[ir.Statement]) -> bool:
        """Tell whether no statement on the way changes what the expression loads."""
        for load in self._loads(x):
            storage = self.effects.storage(load.buffer)
            start = here.get(load.var)
            if start is None or any(storage in self.effects.written(s) for s in body[start + 1 : at]):
                return False
        return True

    def _loads(self, x: ir.Atom) -> Iterator[ir.Load | ir.Dim]:
        definition = self.found.all.get(x) if isinstance(x, ir.Var) else None
        if isinstance(definition, (ir.Load, ir.Dim)):
            yield definition
        if definition is not None:
            for part in atoms_of(definition):
                if isinstance(part, ir.Var) and part in self.found.definitions:
                    yield from self._loads(part)


def _movable(s: ir.Statement) -> Iterator[ir.Atom]:
    """Yield what a statement reads where an expression can stand; what loops carry are names (see `sequence`)."""
    if isinstance(s, ir.For):
        yield s.trip
    elif isinstance(s, (ir.Call, ir.Invoke)):
        yield from [x for x in atoms_of(s) if isinstance(x, ir.Var)]
    elif not isinstance(s, ir.While):
        yield from atoms_of(s)


def _stop(s: ir.For | ir.While) -> tuple[ir.Atom, ...]:
    return () if s.stop is None else (s.stop,)


def _fixed_length(s: ir.Statement) -> int:
    """Estimate the characters of a statement's text besides its operands'."""
    if isinstance(s, ir.Let):
        return 4 if len(s.args) > 1 else len(s.op) + 5
    if isinstance(s, (ir.Load, ir.Store)):
        return len(s.buffer.hint) + 2 * s.buffer.ndim + 4
    return 12
