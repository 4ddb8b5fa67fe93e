"""The state of a reverse sweep under construction: its regions, and what is inserted into the forward sweep."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field

from .. import ir
from ..build import Builder, Names
from ..scan import substitute
from .layout import Loop, Region

__all__ = ["Insertions", "Mirror"]


@dataclass(eq=False)
class Mirror:
    """The reverse of a region while it is written.

    Attributes
    ----------
    region : Region
    counter : Atom or None
        The iteration that is reversed, if the region is a loop's.
    prologue : Builder
        What comes first: primal values that are recomputed or fetched for the statements that follow.
    main : Builder
    values : dict
        For each primal scalar of the region that was asked for, the atom that holds it here.
    arrays : dict
        Saved arrays that were taken off their stacks for this iteration, and shadows of arrays made in the region.
    adjoints : dict
        The cotangent that each primal scalar has gathered so far.
    """

    region: Region
    counter: ir.Atom | None
    prologue: Builder
    main: Builder
    values: dict[ir.Var, ir.Atom] = field(default_factory=dict)
    adjoints: dict[ir.Var, ir.Atom] = field(default_factory=dict)
    arrays: dict[object, ir.Buffer] = field(default_factory=dict)

    replacements: dict[ir.Atom, ir.Atom] = field(default_factory=dict)

    def replace(self, x: ir.Var, by: ir.Atom) -> None:
        """Let another atom stand for one in everything written here, when it is taken out."""
        self.replacements[x] = by

    def replaced(self, x: ir.Atom) -> ir.Atom:
        return self.replacements.get(x, x)

    def statements(self) -> list[ir.Statement]:
        body = self.prologue.block + self.main.block
        return substitute(body, self.replacements) if self.replacements else body


class Insertions:
    """Statements for the forward sweep: where they go is known only while the reverse sweep is written."""

    def __init__(self, names: Names) -> None:
        self.names = names
        self._before: dict[int, list[ir.Statement]] = defaultdict(list)
        self._after: dict[int, list[ir.Statement]] = defaultdict(list)
        self._head: dict[int, list[ir.Statement]] = defaultdict(list)
        self.start: list[ir.Statement] = []

    def before(self, s: ir.Statement) -> Builder:
        return self._into(self._before[id(s)])

    def after(self, s: ir.Statement) -> Builder:
        return self._into(self._after[id(s)])

    def at_head(self, loop: Loop) -> Builder:
        """Where an iteration begins (of a `While`: after its test)."""
        return self._into(self._head[id(loop)])

    def at_start(self) -> Builder:
        return self._into(self.start)

    def _into(self, block: list[ir.Statement]) -> Builder:
        builder = Builder(self.names, rough=True)
        builder.block = block
        return builder

    def apply(self, function_body: list[ir.Statement]) -> list[ir.Statement]:
        """Return the body with everything inserted."""
        return [*self.start, *self._body(function_body)]

    def _body(self, body: list[ir.Statement], head: list[ir.Statement] | None = None) -> list[ir.Statement]:
        result = list(head or [])
        for s in body:
            result += [*self._before.get(id(s), []), self._inside(s), *self._after.get(id(s), [])]
        return result

    def _inside(self, s: ir.Statement) -> ir.Statement:
        """Insert into the blocks of a structure, in place: the program is the adjoint's own copy."""
        if isinstance(s, ir.If):
            s.then, s.orelse = self._body(s.then), self._body(s.orelse)
        elif isinstance(s, ir.While):
            s.head, s.body = self._body(s.head), self._body(s.body, self._head.get(id(s)))
        elif isinstance(s, ir.For):
            s.body = self._body(s.body, self._head.get(id(s)))
        return s
