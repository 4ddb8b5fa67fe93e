"""Scalar expressions: symbols, constants and calls of rows, each structure made once and shared.

Expressions never change. Equal structures are one object, which is found again in a table that does not keep it
alive. Its serial number, never used again, is its identity.
"""

from __future__ import annotations

import math
from itertools import count
from threading import RLock
from typing import Any
from weakref import ReferenceType, ref

import numpy as np

from ..rules import Operand, Row
from . import refusals
from .base import Symbolic

__all__ = [
    "FALSE",
    "ONE",
    "TRUE",
    "ZERO",
    "Call",
    "Constant",
    "Expr",
    "Symbol",
    "as_expr",
    "constant",
    "enter",
    "known",
    "symbol",
]

_SERIALS = count()
_TABLE: dict[tuple[Any, ...], _Entry] = {}
_LOCK = RLock()


class Expr(Symbolic):
    """A scalar expression: a symbol, a constant, or a function of other expressions.

    Arithmetic and NumPy functions of expressions give expressions. The same structure is always the same object, so
    ``x * y is x * y``, and ``is`` compares; ``==`` and the other comparisons give conditions for ``np.where``. Do not
    make expressions by hand: see `symbols` and `trace`.

    Examples
    --------
    >>> from chainrule import symbolic
    >>> x, y = symbolic.symbols("x y")
    >>> z = x**2 * y + y + 2
    >>> z
    x**2*y + y + 2
    >>> z.derivative(x)
    2*x*y
    >>> z(x=3, y=4)
    42.0
    >>> x * y is x * y
    True
    """

    __slots__ = ("__weakref__", "compiled", "operands", "serial")

    operands: tuple[Expr, ...]
    serial: int
    compiled: Any
    shape: tuple[int, ...] = ()
    ndim: int = 0
    size: int = 1
    row: Row | None = None
    params: dict[str, Any] = {}  # noqa: RUF012
    boolean = False

    __hash__ = object.__hash__  # type: ignore[assignment]

    @property
    def dtype(self) -> Any:
        return _BOOL if self.boolean else _FLOAT

    def roots(self) -> list[Expr]:
        return [self]

    def shaped(self, values: list[Any]) -> Any:
        return values[0]

    def __bool__(self) -> bool:
        return refusals.branch(str(self))

    def __float__(self) -> float:
        raise refusals.escape("a float", "Use the NumPy function (np.sin, not math.sin) and no float(...).")

    def __complex__(self) -> complex:
        raise refusals.escape("a complex number", "Use arithmetic and NumPy functions of real numbers.")

    def __int__(self) -> int:
        raise refusals.escape("an int", "Use np.floor for the number; counts cannot depend on symbols.")

    def __index__(self) -> int:
        return refusals.index()

    def __copy__(self) -> Expr:
        return self

    def __deepcopy__(self, memo: Any) -> Expr:
        return self

    def __reduce__(self) -> Any:
        raise refusals.escape("pickled data", "Keep the program instead: expression.python(temporaries=True).")


class Symbol(Expr):
    """A name that stands for a real number, or for one element of an array."""

    __slots__ = ("index", "name")

    name: str
    index: tuple[int, ...] | None


class Constant(Expr):
    """A number or truth value; it may become a Python number again."""

    __slots__ = ("value",)

    value: int | float | bool

    @property
    def boolean(self) -> bool:  # type: ignore[override]
        return type(self.value) is bool

    def __bool__(self) -> bool:
        return bool(self.value)

    def __float__(self) -> float:
        return float(self.value)

    def __int__(self) -> int:
        return int(self.value)

    def __index__(self) -> int:
        if isinstance(self.value, float):
            msg = f"{self.value} cannot be interpreted as an integer"
            raise TypeError(msg)
        return int(self.value)


class Call(Expr):
    """A row of the table, applied to expressions."""

    __slots__ = ("boolean", "params", "row")

    row: Row
    params: dict[str, Any]
    boolean: bool


class _Entry(ref):  # type: ignore[type-arg]
    """A weak reference that knows its key in the table."""

    __slots__ = ("key",)

    key: tuple[Any, ...]


def _forget(entry: ReferenceType[Any]) -> None:
    assert isinstance(entry, _Entry)
    with _LOCK:
        if _TABLE.get(entry.key) is entry:
            del _TABLE[entry.key]


def known(key: tuple[Any, ...]) -> Any:
    """Return the expression of this structure, or None if there is none."""
    entry = _TABLE.get(key)
    return None if entry is None else entry()


def enter(key: tuple[Any, ...], node: Any, operands: tuple[Expr, ...] = ()) -> Any:
    """Give a new expression its place in the table, unless another thread was faster."""
    with _LOCK:
        found = known(key)
        if found is not None:
            return found
        node.operands, node.compiled, node.serial = operands, None, next(_SERIALS)
        entry = _Entry(node, _forget)
        entry.key = key
        _TABLE[key] = entry
        return node


def symbol(name: str, index: tuple[int, ...] | None = None, level: int = 0) -> Symbol:
    """Return the symbol of this name, or of one element of the array of this name. Levels have symbols of their own."""
    key = ("symbol", name, index, level)
    found: Symbol | None = known(key)
    if found is None:
        found = Symbol()
        found.name, found.index = name, index
        found = enter(key, found)
    return found


def constant(value: Any) -> Constant:
    """Return the constant of a number; integral floats and integers are one, and -0.0 is another."""
    value = _normal(value)
    key = ("constant", repr(value))
    found: Constant | None = known(key)
    if found is None:
        found = Constant()
        found.value = value
        found = enter(key, found)
    return found


def _normal(value: Any) -> int | float | bool:
    if isinstance(value, (bool, np.bool_)):
        return bool(value)
    if isinstance(value, (int, np.integer)):
        return int(value) if abs(int(value)) <= _EXACT else float(value)
    found = float(value)
    if found.is_integer() and abs(found) <= _EXACT and (found or math.copysign(1.0, found) > 0):
        return int(found)
    return found


def as_expr(x: Any) -> Expr:
    """Return an expression for a number or for an array without axes; an expression as it is."""
    if isinstance(x, Expr):
        return x
    if isinstance(x, (bool, int, float, np.bool_, np.integer, np.floating)):
        return constant(x)
    if isinstance(x, np.ndarray) and not x.ndim:
        return as_expr(x[()])
    if isinstance(x, Symbolic) and not x.ndim:
        return x.roots()[0]
    return refusals.recorded() if isinstance(x, Operand) and not isinstance(x, Symbolic) else refusals.of_type(x)


_BOOL, _FLOAT = np.dtype(bool), np.dtype(np.float64)
_EXACT = 2**53
ZERO, ONE = constant(0), constant(1)
FALSE, TRUE = constant(False), constant(True)
