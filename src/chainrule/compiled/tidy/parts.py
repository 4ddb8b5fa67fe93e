"""Parts of loops: what is needed for some of their stores."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace

from .. import ir
from ..ops import cost_of
from ..scan import atoms_of, defined

__all__ = ["EXPENSIVE", "all_defined", "dear", "kept", "place_of", "reduced", "repeated", "slice_of"]

EXPENSIVE = 20


def slice_of(body: list[ir.Statement], needed: set[ir.Atom]) -> list[ir.Statement]:
    """Return the scalar statements of a body on which some atoms depend."""
    needed = set(needed)
    kept: list[ir.Statement] = []
    for s in reversed(body):
        if isinstance(s, (ir.Let, ir.Load)) and s.var in needed:
            kept.append(s)
            needed.update(atoms_of(s))
    return kept[::-1]


def repeated(slices: list[list[ir.Statement]]) -> list[ir.Let]:
    """Return the operations that stand in more than one slice."""
    seen = Counter([s.var for part in slices for s in part if isinstance(s, ir.Let)])
    return [s for part in slices for s in part if isinstance(s, ir.Let) and seen[s.var] > 1]


def reduced(loop: ir.For, stores: list[ir.Store]) -> ir.For:
    """Return a loop (or a nest) with some of its stores only, and nothing carried."""
    body: list[ir.Statement] = []
    needed: set[ir.Atom] = set()
    for s in reversed(loop.body):
        if isinstance(s, ir.For):
            s = reduced(s, stores)
            needed.update([s.trip, *[a for t in s.body for a in atoms_of(t)]])
        elif _is_used(s, stores, needed):
            needed.update(atoms_of(s))
        else:
            continue
        body.append(s)
    return replace(loop, body=body[::-1], carried=[])


def _is_used(s: ir.Statement, stores: list[ir.Store], needed: set[ir.Atom]) -> bool:
    if isinstance(s, ir.Store):
        return any(s is t for t in stores)
    return isinstance(s, (ir.Let, ir.Load)) and s.var in needed


def kept(loop: ir.For, stores: list[ir.Store]) -> ir.For:
    """Return a loop (or a nest) without its other stores."""
    body = [kept(s, stores) if isinstance(s, ir.For) else s for s in loop.body]
    return replace(loop, body=[s for s in body if not isinstance(s, ir.Store) or any(s is t for t in stores)])


def dear(loop: ir.For, stores: list[ir.Store]) -> bool:
    """Tell whether the parts of a loop would do something expensive more than once."""
    ends = [set(atoms_of(s)) for s in loop.body if isinstance(s, ir.Store) and (s.add or any(s is t for t in stores))]
    ends += [{c.next} for c in loop.carried]
    rest = [a for s in loop.body if isinstance(s, ir.Store) and not s.add for a in atoms_of(s)]
    return any(cost_of(s.op) >= EXPENSIVE for s in repeated([slice_of(loop.body, e) for e in (*ends, set(rest))]))


def all_defined(body: list[ir.Statement]) -> set[ir.Var]:
    return {v for s in ir.walk(body) for v in defined(s)}


def place_of(body: list[ir.Statement], s: ir.Statement) -> int:
    return next(i for i, t in enumerate(body) if t is s)
