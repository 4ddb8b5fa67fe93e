"""Integers that are not negative: lengths of arrays, and of slices."""

from __future__ import annotations

from .. import ir

__all__ = ["lengths_of"]

_ZERO = ir.Const(0, ir.INT)


def lengths_of(function: ir.Function) -> set[ir.Var]:
    """Return the scalars of a function that are certainly not negative: a slice could not end elsewhere."""
    return {s.var for s in ir.walk(function.body) if isinstance(s, (ir.Let, ir.Dim)) and _is_length(s)}


def _is_length(s: ir.Let | ir.Dim) -> bool:
    return isinstance(s, ir.Dim) or (s.op == "maximum" and _ZERO in s.args)
