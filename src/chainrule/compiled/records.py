"""Rows of tables that are records: their elements are accessed by their numbers, as fields.

A row of up to four numbers is taken for a record in any case: loops over it are written out. A longer one may be a
vector, whose elements do better side by side in a register; its length is made use of only if the program accesses
some element of it by its number.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from . import ir
from .spec import ArraySpec, Static
from .tidy.small import FEW, fields

__all__ = ["rows_as_records", "vague"]


def vague(spec: Any) -> Any:
    """Return what a program is made for if rows of more than a few numbers are vectors."""
    if not isinstance(spec, ArraySpec) or max(spec.lengths, default=0) <= FEW:
        return spec
    return replace(spec, lengths=tuple([n if n <= FEW else 0 for n in spec.lengths]))


def rows_as_records(function: ir.Function, specs: Sequence[Any]) -> set[int]:
    """Return the positions of those specs whose rows a function accesses as records.

    Copies of a row count as the row.
    """
    places = [k for k, s in enumerate(specs) if not isinstance(s, Static)]
    wide = {
        p: k for p, k in zip(function.params, places, strict=False)
        if isinstance(p, ir.Buffer) and vague(specs[k]) is not specs[k]
    }  # fmt: skip
    if not wide:
        return set()
    rows = {(p, p.ndim - 1): k for p, k in wide.items()}
    statements = list(ir.walk(function.body))
    lengths = {
        s.var: rows[s.buffer, s.axis] for s in statements if isinstance(s, ir.Dim) and (s.buffer, s.axis) in rows
    }
    for s in statements:
        if isinstance(s, ir.Alloc):
            rows.update({(s.buffer, axis): lengths[n] for axis, n in enumerate(s.shape) if n in lengths})
    return {rows[place] for place in fields(function) & rows.keys()}
