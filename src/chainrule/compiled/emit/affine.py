"""Sums of integers, simplified: the bounds of ranges and slices."""

from __future__ import annotations

from .. import ir
from .inline import Inlined

__all__ = ["Affine", "affine"]


class Affine:
    """A constant plus multiples of atoms."""

    def __init__(self, constant: int = 0, terms: dict[ir.Var, int] | None = None) -> None:
        self.constant = constant
        self.terms = {x: c for x, c in (terms or {}).items() if c}

    def __add__(self, other: Affine) -> Affine:
        terms = dict(self.terms)
        for x, c in other.terms.items():
            terms[x] = terms.get(x, 0) + c
        return Affine(self.constant + other.constant, terms)

    def times(self, factor: int) -> Affine:
        return Affine(self.constant * factor, {x: c * factor for x, c in self.terms.items()})

    @property
    def is_constant(self) -> bool:
        return not self.terms

    @property
    def is_zero(self) -> bool:
        return not self.terms and not self.constant


def affine(x: ir.Atom, inlined: Inlined) -> Affine:
    """Return an integer as a sum, looking through what is written out in place."""
    if isinstance(x, ir.Const):
        return Affine(int(x.value))
    let = inlined.definitions.get(x)
    if not isinstance(let, ir.Let) or let.var.dtype != ir.INT:
        return Affine(0, {x: 1})
    if let.op in ("add", "subtract"):
        left, right = [affine(a, inlined) for a in let.args]
        return left + (right if let.op == "add" else right.times(-1))
    if let.op == "negative":
        return affine(let.args[0], inlined).times(-1)
    if let.op == "multiply":
        left, right = [affine(a, inlined) for a in let.args]
        if left.is_constant or right.is_constant:
            return left.times(right.constant) if right.is_constant else right.times(left.constant)
    return Affine(0, {x: 1})
