"""Derivatives of single operations, as statements: the table's partials run on scalars of the program."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from .. import ir
from ..activity import slopes
from ..build import Builder
from ..ops import row_of
from ..scalar import Scalar

__all__ = ["PAIRED", "is_singular", "partial", "product"]

# Operations whose partial may be infinite or nan where nothing else is, or where what is made of it is finite again, as
# 1/(1 + exp(1000)) is; and those where an operand is or nearly is.
POLES = {
    "divide", "true_divide", "reciprocal", "power_constant", "power_general", "log", "log2", "log10", "log1p", "sqrt",
    "cbrt", "arcsin", "arccos", "arccosh", "arctanh", "arctan2", "hypot", "root",
    "exp", "exp2", "expm1", "sinh", "cosh", "tan",
}  # fmt: skip
LARGE = {"multiply", "square", "gmul"}
_REGULAR = {"clamp", "fraction", "radd", "select", "tie"}


def is_singular(op: str, chooses: bool) -> bool:
    """Tell whether a cotangent of zero has to annihilate the partial of an operation, which may not be finite.

    Such a cotangent comes to elements that a program does not use, and, where it `chooses` between values, to what was
    computed with numbers of any size. Of functions that are not NumPy's, all partials may be infinite.
    """
    return op in POLES or (chooses and op in LARGE) or not (op in LARGE or op in _REGULAR or hasattr(np, op))


# Operations that cost little more together with their partial: the machine computes a sine and a cosine at once.
PAIRED = {"sin", "cos"}


def partial(builder: Builder, s: ir.Let, i: int, value: Callable[[ir.Atom], ir.Atom]) -> ir.Atom:
    """Emit the partial derivative of an operation by its argument number i.

    Parameters
    ----------
    value : callable
        Gives the atom that holds a primal scalar where the statements go.
    """
    row = row_of(s.op)
    assert row is not None, s.op
    function = row.partials[i]
    names = (*row.operands, *row.params)
    if not callable(function.fn):
        return ir.Const(float(function.fn), s.var.dtype)
    known = dict(zip(names, s.args, strict=True))
    reads = [s.var if name == "ans" else known[name] for name in function.reads]
    result = function.fn(*[Scalar(value(x), builder) for x in reads])
    return atom_of(builder, result, s.var.dtype)


def atom_of(builder: Builder, x: Any, dtype: str) -> ir.Atom:
    """Return what a rule computed as an atom of a type."""
    return builder.cast(x.atom, dtype) if isinstance(x, Scalar) else ir.Const(float(x), dtype)


def product(builder: Builder, g: ir.Atom, p: ir.Atom, guarded: bool, hint: str = "t") -> ir.Atom:
    """Multiply a cotangent or tangent by a partial.

    Guarded, a zero annihilates: the partial of what was not chosen, or not used, may be infinite.
    """
    if isinstance(p, ir.Const) and p.value == -1:
        return builder.let("negative", g, hint=hint)
    known = isinstance(p, ir.Const) or (isinstance(g, ir.Const) and g.value != 0)
    op = "gmul" if guarded and not known else "multiply"
    return builder.let(op, g, p, hint=hint)


def flows(s: ir.Let) -> list[int]:
    """Return the positions of the arguments by which an operation has a slope."""
    sloping = slopes(s)
    if s.op == "select":
        return [1, 2]
    if s.op == "tie":
        return [1]
    row = row_of(s.op)
    if row is None:
        return list(range(len(sloping)))
    return [i for i, p in enumerate(row.partials) if i < len(s.args) and (callable(p.fn) or p.fn != 0)]
