"""Functions of numbers that rows define by a text: the text becomes a small function of the emitted module.

A row such as ``ratio`` (a quotient that is 0 where its numerator is) is computed by a few operations, but its
derivative is that of its rule, not that of these operations. So it stays one operation until the program is written.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from ..errors import UnsupportedError, message
from ..rules import Row
from ..rules._row import Function, bind_nothing
from . import ir, special
from .build import Builder
from .ops import enter_row
from .scalar import Scalar
from .shadow import shadow

__all__ = ["KERNELS", "kernel_op"]

KERNELS: dict[str, ir.Function] = {}
_MOST = 300  # statements, above which a text is called and not written out
_known: dict[Any, str | None] = {}


def kernel_op(row: Row, operands: tuple[Any, ...], params: dict[str, Any]) -> tuple[str, list[Any]] | None:
    """Return the operation that a row is, and its arguments; None if its text cannot be written for numbers.

    Parameters, and operands that are whole numbers in the text that calls the row, become part of the operation.
    """
    if row.kind != "elementwise" or isinstance(row.compute, np.ufunc):
        return None
    fixed = {**params, **{n: x for n, x in zip(row.operands, operands, strict=True) if type(x) is int}}
    key = (row, tuple(fixed.items()))
    try:
        if key not in _known:
            _known[key] = None  # for the text itself, should it call the row
            _known[key] = _made(row, fixed)
    except TypeError:  # a parameter that cannot be hashed
        return None
    op = _known[key]
    return None if op is None else (op, [x for n, x in zip(row.operands, operands, strict=True) if n not in fixed])


def _made(row: Row, fixed: dict[str, Any]) -> str | None:
    names = [n for n in row.operands if n not in fixed]
    builder = Builder()
    params = [builder.var(n, ir.FLOAT) for n in names]
    builder.parameters.update(params)
    given = dict(zip(names, [Scalar(p, builder) for p in params], strict=True))
    try:
        result = _computed(row, {**given, **fixed})
        atom = builder.cast(result.atom, ir.FLOAT) if isinstance(result, Scalar) else ir.Const(float(result), ir.FLOAT)
    except Exception:  # the text wants a number
        return None
    if len(builder.block) > _MOST or any(not isinstance(s, ir.Let) for s in ir.walk(builder.block)):
        return None
    values = "".join([f"_{x}" for x in fixed.values() if type(x) is int])
    op = enter_row(f"row.{row.name}{values}", _narrowed(row, names, fixed))
    KERNELS[op] = ir.Function(f"{row.name}{values}", list(params), builder.block, [atom])
    return op


def _computed(row: Row, named: dict[str, Any]) -> Any:
    if row.name in _TEXTS:
        return _TEXTS[row.name](**named)
    operands = [named[n] for n in row.operands]
    return shadow(row.compute)(*operands, **{n: named[n] for n in row.params})


def _narrowed(row: Row, names: list[str], fixed: dict[str, Any]) -> Row:
    """Return the row as a function of some of its operands."""

    def compute(*values: Any) -> Any:
        named = {**dict(zip(names, values, strict=True)), **fixed}
        return row.compute(*[named[n] for n in row.operands], **{n: named[n] for n in row.params})

    narrow = Row(row.name, "elementwise", compute, bind_nothing, tuple(names), compute)
    partials = dict(zip(row.operands, row.partials, strict=True))
    narrow.partials = tuple([_bound(partials[n], fixed) for n in names])
    return narrow


def _bound(function: Function, fixed: dict[str, Any]) -> Function:
    if not callable(function.fn):
        return function
    reads = tuple([n for n in function.reads if n not in fixed])

    def partial(*values: Any) -> Any:
        named = {**dict(zip(reads, values, strict=True)), **fixed}
        return shadow(function.fn)(*[named[n] for n in function.reads])

    return Function(partial, reads)


# ---- Texts for numbers, where the row's own is for arrays


def _polygamma(n: int, x: Any) -> Any:
    """Return DLMF 5.15.1; SciPy's Hurwitz zeta function has no row for its first argument."""
    if n == 0:
        return Scalar(x.builder.let("special.psi", x.atom), x.builder)
    if special.module_of("_zeta") is None:
        what = "This SciPy has no Hurwitz zeta function for numbers."
        raise UnsupportedError(message(what, "", ""))
    order = ir.Const(float(n + 1), ir.FLOAT)
    zeta = Scalar(x.builder.let("special._zeta", order, x.atom), x.builder)
    return (-1) ** (n + 1) * math.factorial(n) * zeta


_TEXTS: dict[str, Any] = {"polygamma": _polygamma}
