"""Making expressions: conditions become numbers and numbers conditions where needed, constants are folded."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from functools import reduce
from typing import Any

import numpy as np

from ..rules import Row
from . import refusals
from .expression import FALSE, ONE, ZERO, Call, Constant, Expr, as_expr, enter, known
from .rows import AND, LARGEST, NOT, NOT_EQUAL, OR, SELECT, SMALLEST

__all__ = ["as_written", "call", "choice", "compute_of", "condition", "number"]

_AS_WRITTEN: ContextVar[bool] = ContextVar("chainrule_symbolic_as_written", default=False)


def call(row: Row, operands: tuple[Expr, ...], params: dict[str, Any] | None = None) -> Expr:
    """Return the expression ``row(*operands, **params)``, in a simpler form where there is one at once."""
    if row.name in LOGIC:
        operands = tuple(map(condition, operands))
    elif any(x.boolean for x in operands):
        if row.name in BOTH and all(x.boolean for x in operands):
            return call(BOTH[row.name], operands)
        operands = tuple(map(number, operands))
    return _simplified(row, operands, params or {})


def choice(test: Expr, x: Expr, y: Expr) -> Expr:
    """Return the piecewise expression ``where(test, x, y)``."""
    test = condition(test)
    if x is y or type(test) is Constant:
        return x if test is not FALSE else y
    if x.boolean and y.boolean:
        other = call(AND, (call(NOT, (test,)), y))
        return call(OR, (call(AND, (test, x)), other))
    return _simplified(SELECT, (test, number(x), number(y)), {})


def condition(x: Expr) -> Expr:
    """Return an expression as a truth value: a number is true unless it is 0."""
    return x if x.boolean else call(NOT_EQUAL, (x, ZERO))


def number(x: Expr) -> Expr:
    """Return a truth value as 1 or 0."""
    return choice(x, ONE, ZERO) if x.boolean else x


def compute_of(row: Row) -> Callable[..., Any]:
    """Return the function that computes a row on the values of its operands."""
    return _COMPUTE.get(row, row.compute)


@contextmanager
def as_written() -> Iterator[None]:
    """Make expressions as the rules write them, with all their ones: what a textbook has before it simplifies."""
    token = _AS_WRITTEN.set(True)
    try:
        yield
    finally:
        _AS_WRITTEN.reset(token)


def _simplified(row: Row, operands: tuple[Expr, ...], params: dict[str, Any]) -> Expr:
    if _AS_WRITTEN.get() and not all(type(x) is Constant and type(x.value) is bool for x in operands):
        return _made(row, operands, params)
    if all(type(x) is Constant for x in operands):
        return _folded(row, operands, params)
    simpler = _SIMPLER.get(row.name)
    found: Expr | None = simpler(*operands, **params) if simpler is not None else None
    return _made(row, operands, params) if found is None else found


def _folded(row: Row, operands: tuple[Any, ...], params: dict[str, Any]) -> Expr:
    values = [x.value if x.boolean else np.float64(x.value) for x in operands]
    with np.errstate(all="ignore"):
        return as_expr(compute_of(row)(*values, **params))


def _made(row: Row, operands: tuple[Expr, ...], params: dict[str, Any]) -> Expr:
    serials = [x.serial for x in operands]
    if row.name in SYMMETRIC:
        serials.sort()
    key = (row, *serials, *params.items())
    try:
        found: Call | None = known(key)
    except TypeError:  # a parameter that cannot be hashed
        refusals.values_needed(row.name)
    if found is None:
        found = Call()
        found.row, found.params, found.boolean = row, params, row.name in CONDITIONS
        found = enter(key, found, operands)
    return found


def _chosen(test: Any, x: Any, y: Any) -> Any:
    return np.where(test, x, y)[()]


def _largest(*values: Any) -> Any:
    return reduce(np.maximum, values)


def _smallest(*values: Any) -> Any:
    return reduce(np.minimum, values)


_COMPUTE: dict[Row, Callable[..., Any]] = {SELECT: _chosen, LARGEST: _largest, SMALLEST: _smallest}

BOTH = {"add": OR, "multiply": AND}  # of two truth values
LOGIC = frozenset({"logical_and", "logical_or", "logical_not", "logical_xor"})
CONDITIONS = LOGIC | {
    "equal", "not_equal", "less", "less_equal", "greater", "greater_equal", "isfinite", "isinf", "isnan", "isneginf",
    "isposinf", "signbit",
}  # fmt: skip
# Conditions that are found again with their operands exchanged. Sums and products are not: they keep the order in which
# they were written, whatever other expressions there are.
SYMMETRIC = frozenset({"equal", "not_equal", "logical_and", "logical_or", "logical_xor"})

from .tidy import RULES as _SIMPLER  # noqa: E402
