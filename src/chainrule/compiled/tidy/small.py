"""Small arrays of known size: which of them could be scalars, if the loops over them were written out."""

from __future__ import annotations

import math
from collections.abc import Iterable

from .. import ir
from ..scan import loaded, made, stored, views_of

__all__ = ["FEW", "SHORT", "fields", "small_arrays"]

MOST = 36  # elements: as many as a matrix of 6 by 6 has
SHORT = 16  # iterations
FEW = 4  # iterations that are written out in any case; more of them may be better off in vector registers


def small_arrays(function: ir.Function, counters: Iterable[ir.Var] = ()) -> dict[ir.Buffer, ir.Alloc]:
    """Return the small arrays whose elements are read and written one by one, at indices that are known.

    `counters` of loops count as known, and what is computed from them.
    """
    statements = list(ir.walk(function.body))
    found = {s.buffer: s for s in statements if isinstance(s, ir.Alloc) and _is_small(s)}
    known: set[ir.Atom] = set(counters)
    for s in statements:
        if isinstance(s, ir.Let) and s.var.dtype == ir.INT and all(_is_known(a, known) for a in s.args):
            known.add(s.var)
    for r in function.results:
        if isinstance(r, ir.View):
            found.pop(r.buffer, None)
    for s in statements:
        for b in _unfit(s, known):
            found.pop(b, None)
    return found


def fields(function: ir.Function) -> set[tuple[ir.Buffer, int]]:
    """Return the axes of arrays on which some element is accessed by its number, as a field of a record is."""
    return {
        (s.buffer, axis)
        for s in ir.walk(function.body) if isinstance(s, (ir.Load, ir.Store))
        for axis, x in enumerate(s.index) if isinstance(x, ir.Const)
    }  # fmt: skip


def _is_small(s: ir.Alloc) -> bool:
    sizes = [n.value for n in s.shape if isinstance(n, ir.Const)]
    return len(sizes) == len(s.shape) and 0 < math.prod(sizes) <= MOST and all(n > 0 for n in sizes)


def _is_known(a: ir.Atom, known: set[ir.Atom]) -> bool:
    return isinstance(a, ir.Const) or a in known


def _unfit(s: ir.Statement, known: set[ir.Atom]) -> list[ir.Buffer]:
    """Return the arrays that a statement does something else with than to read or write an element."""
    match s:
        case ir.Load() | ir.Store():
            fits = all(_is_known(a, known) for a in s.index)
            same = isinstance(s, ir.Load) or s.value.dtype == s.buffer.dtype
            return [] if fits and same else [s.buffer]
        case ir.Alloc() | ir.Dim():
            return []
        case ir.While():
            return [b for t in ir.walk(s.head) for b in stored(t)]
        case ir.Grow():
            return [s.buffer]
        case ir.Alias():
            return [s.buffer, s.base]
    return [*loaded(s), *stored(s), *made(s), *[v.buffer for v in views_of(s)]]
