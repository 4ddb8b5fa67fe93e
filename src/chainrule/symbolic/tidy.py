"""Simplifications made while an expression is built: cheap, local, and exact but for ``x*0 = 0`` and ``x/x = 1``.

Each function takes the operands of one row and returns a simpler expression, or None if it knows none. Constants are
gathered where that costs no accuracy: they come first in products and last in sums, and integers are joined.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from .build import call, choice
from .expression import FALSE, ONE, TRUE, ZERO, Constant, Expr, constant
from .rows import ABSOLUTE, ADD, AND, DIVIDE, MULTIPLY, NEGATIVE, NOT, OR, POWER, SELECT, SQUARE, SUBTRACT

__all__ = ["RULES"]

MINUS_ONE = constant(-1)


def _is_integer(x: Expr) -> bool:
    return type(x) is Constant and type(x.value) is int


def _is_scaled(x: Expr) -> bool:
    """Tell whether an expression is an integer times something."""
    return x.row is MULTIPLY and _is_integer(x.operands[0])


def add(x: Expr, y: Expr) -> Expr | None:
    if x is ZERO or y is ZERO:
        return y if x is ZERO else x
    if x is y:
        return call(MULTIPLY, (constant(2), x))
    if type(x) is Constant:
        return call(ADD, (y, x))
    if y.row is NEGATIVE:
        return call(SUBTRACT, (x, y.operands[0]))
    if x.row is NEGATIVE:
        return call(SUBTRACT, (y, x.operands[0]))
    if _is_integer(y) and x.row is ADD and _is_integer(x.operands[1]):
        return call(ADD, (x.operands[0], call(ADD, (x.operands[1], y))))
    return None


def subtract(x: Expr, y: Expr) -> Expr | None:
    if x is ZERO or y is ZERO:
        return call(NEGATIVE, (y,)) if x is ZERO else x
    if x is y:
        return ZERO
    if type(y) is Constant or y.row is NEGATIVE:
        return call(ADD, (x, call(NEGATIVE, (y,))))
    return None


def multiply(x: Expr, y: Expr) -> Expr | None:
    if x is ZERO or y is ZERO:
        return ZERO
    if x is ONE or y is ONE:
        return y if x is ONE else x
    if type(y) is Constant:
        return call(MULTIPLY, (y, x))
    if x is MINUS_ONE:
        return call(NEGATIVE, (y,))
    if x.row is NEGATIVE or y.row is NEGATIVE:
        return _signed_product(x, y)
    if x.row is DIVIDE and x.operands[0] is ONE:
        return call(DIVIDE, (y, x.operands[1]))
    if y.row is DIVIDE and y.operands[0] is ONE:
        return call(DIVIDE, (x, y.operands[1]))
    return _gathered_product(x, y)


def _signed_product(x: Expr, y: Expr) -> Expr:
    """Take the sign out of a product."""
    if x.row is NEGATIVE and y.row is NEGATIVE:
        return call(MULTIPLY, (x.operands[0], y.operands[0]))
    plain = (x.operands[0], y) if x.row is NEGATIVE else (x, y.operands[0])
    return call(NEGATIVE, (call(MULTIPLY, plain),))


def _gathered_product(x: Expr, y: Expr) -> Expr | None:
    """Multiply integers with each other, and let a factor with an integer come first."""
    if not _is_scaled(y) or _is_scaled(x):
        return None
    if type(x) is not Constant:
        return call(MULTIPLY, (y, x))
    return call(MULTIPLY, (call(MULTIPLY, (x, y.operands[0])), y.operands[1])) if _is_integer(x) else None


def divide(x: Expr, y: Expr) -> Expr | None:
    if y is ONE:
        return x
    if y is MINUS_ONE:
        return call(NEGATIVE, (x,))
    if x is ZERO:
        return ZERO
    if x is y:
        return ONE
    if x.row is NEGATIVE:
        return call(NEGATIVE, (call(DIVIDE, (x.operands[0], y)),))
    if y.row is NEGATIVE:
        return call(NEGATIVE, (call(DIVIDE, (x, y.operands[0])),))
    return None


def negative(x: Expr) -> Expr | None:
    if x.row is NEGATIVE:
        return x.operands[0]
    if x.row is SUBTRACT:
        return call(SUBTRACT, x.operands[::-1])
    if x.row in (MULTIPLY, DIVIDE) and type(x.operands[0]) is Constant:
        assert x.row is not None
        return call(x.row, (call(NEGATIVE, x.operands[:1]), x.operands[1]))
    return None


def positive(x: Expr) -> Expr:
    return x


def square(x: Expr) -> Expr | None:
    return call(SQUARE, x.operands) if x.row in (NEGATIVE, ABSOLUTE) else None


def power(x: Expr, n: Any) -> Expr | None:
    """Raise to a constant power; derivatives arrive here with exponents that have functions of their own."""
    if n == 0:
        return ONE
    if n == 1:
        return x
    if n == 2:
        return call(SQUARE, (x,))
    plain = int(n) if float(n).is_integer() else float(n)
    return None if type(n) is type(plain) else call(POWER, (x,), {"n": plain})


def power_general(x: Expr, y: Expr) -> Expr | None:
    return call(POWER, (x,), {"n": y.value}) if type(y) is Constant else None


def logical_not(x: Expr) -> Expr | None:
    return x.operands[0] if x.row is NOT else None


def logical_and(x: Expr, y: Expr) -> Expr | None:
    if x is y or x is TRUE or y is FALSE:
        return y
    return x if y is TRUE or x is FALSE else None


def logical_or(x: Expr, y: Expr) -> Expr | None:
    if x is y or x is FALSE or y is TRUE:
        return y
    return x if y is FALSE or x is TRUE else None


def select(test: Expr, x: Expr, y: Expr) -> Expr | None:
    """Join the conditions of nested choices one of whose branches is 0."""
    if test.row is NOT:
        return choice(test.operands[0], y, x)
    if y is ZERO and x.row is SELECT and x.operands[2] is ZERO:
        return choice(call(AND, (test, x.operands[0])), x.operands[1], ZERO)
    if x is ZERO and y.row is SELECT and y.operands[1] is ZERO:
        return choice(call(OR, (test, y.operands[0])), ZERO, y.operands[2])
    return None


RULES: dict[str, Callable[..., Expr | None]] = {
    "add": add, "subtract": subtract, "multiply": multiply, "divide": divide, "negative": negative,
    "positive": positive, "square": square, "power_constant": power, "power_general": power_general,
    "logical_not": logical_not, "logical_and": logical_and, "logical_or": logical_or, "select": select,
}  # fmt: skip
