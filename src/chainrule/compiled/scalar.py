"""Scalars of a program as values that rules and user code compute with: each operation becomes a statement."""

from __future__ import annotations

import operator
from typing import Any, ClassVar

import numpy as np

from ..errors import UnsupportedError, message
from ..rules import Operand, Row
from ..rules.selection import select
from .build import Builder, const
from .ir import BOOL, FLOAT, INT, SINGLE, Atom, Const, Var
from .ops import COMPARISONS, LOGIC, is_written, op_of, takes_integers, without_rule

__all__ = ["Scalar", "apply_scalar", "joint_dtype", "operand_dtype"]


class Scalar(Operand):
    """A scalar of the program that a builder makes.

    Attributes
    ----------
    atom : Atom
    builder : Builder
    weak : bool
        True for a Python number, whose type yields to an array's (NEP 50).
    """

    __slots__ = ("atom", "builder", "weak")
    __chainrule_priority__: ClassVar[int] = 50

    def __init__(self, atom: Atom, builder: Builder, weak: bool = False) -> None:
        self.atom = atom
        self.builder = builder
        self.weak = weak

    shape = property(lambda self: ())
    ndim = property(lambda self: 0)
    size = property(lambda self: 1)
    dtype = property(lambda self: np.dtype(self.atom.dtype))

    def __chainrule_apply__(self, row: Row, operands: tuple[Any, ...], params: dict[str, Any]) -> Any:
        return apply_scalar(self.builder, row, operands, params)

    def __array_ufunc__(self, ufunc: np.ufunc, method: str, *inputs: Any, **kwargs: Any) -> Any:
        row = without_rule(ufunc) if method == "__call__" and not kwargs else None
        if row is not None:
            return row(*inputs)
        return super().__array_ufunc__(ufunc, method, *inputs, **kwargs)

    def __bool__(self) -> bool:
        return bool(self._value("as a condition"))

    def __float__(self) -> float:
        return float(self._value("as a plain number"))

    def __int__(self) -> int:
        return int(self._value("as a plain number"))

    def __index__(self) -> int:
        return operator.index(self._value("as a plain number"))

    def __array__(self, *args: Any, **kwargs: Any) -> Any:
        return np.asarray(self._value("as an array"))

    def _value(self, use: str) -> Any:
        if isinstance(self.atom, Const):
            return self.atom.value
        text = f"A number that is known at run time only is used {use}, in a place that cannot be compiled."
        raise UnsupportedError(message(text, "Write it with what chainrule supports.", ""))

    def __repr__(self) -> str:
        return f"Scalar({self.atom.value!r})" if isinstance(self.atom, Const) else f"Scalar({self.atom.name})"


def apply_scalar(builder: Builder, row: Row, operands: tuple[Any, ...], params: dict[str, Any]) -> Any:
    """Apply an elementwise, select, constant or composite row to scalars of the program and numbers.

    Rows that act on the shape of an array (``sum``, ``reshape``) are the array's business, not a scalar's.
    """
    if row.kind == "composite":
        from .shadow import shadow

        return shadow(row)(*operands, **params)
    if (not is_written(row) or takes_integers(row, operands)) and row.kind == "elementwise":
        from .lower.dispatch import apply_row

        return apply_row(builder, row, operands, params)
    if not _is_scalar_row(row) or not all(map(_is_scalar, (*operands, *params.values()))):
        from .lower.dispatch import apply_row

        return apply_row(builder, row, operands, params)
    if row is select:
        test = _atom(params["condition"])
        dtype, weak = joint_dtype(operands)
        x, y = [builder.cast(_atom(v), dtype) for v in operands]
        return Scalar(builder.let("select", builder.cast(test, BOOL), x, y), builder, weak)
    if row.name in ("conjugate", "real"):  # of real numbers
        return operands[0]
    op, values = op_of(row), [*operands, *params.values()]
    dtype, weak = operand_dtype(op, values)
    atoms = [builder.cast(_atom(v), dtype) for v in values]
    return Scalar(builder.let(op, *atoms), builder, weak)


def _is_scalar_row(row: Row) -> bool:
    if row.name == "ldexp":  # its second argument is an integer
        return False
    return row.kind == "elementwise" or isinstance(row.fn, np.ufunc) or row is select or row.name == "real"


def _is_scalar(value: Any) -> bool:
    return isinstance(value, (Scalar, bool, int, float, np.generic)) or (
        isinstance(value, np.ndarray) and not value.ndim
    )


def joint_dtype(values: Any) -> tuple[str, bool]:
    """Return the type in which NumPy computes with some scalars, and whether it is still weak."""
    strong = {v.dtype.name for v in values if not _weak(v)}
    weak = {_dtype(v) for v in values if _weak(v)}
    if not strong:
        return _widest(weak), True
    joint = np.result_type(*strong).name
    if FLOAT in weak and joint in (INT, BOOL):
        return FLOAT, False
    return (INT if INT in weak and joint == BOOL else joint), False


def operand_dtype(op: str, values: Any) -> tuple[str, bool]:
    """Return the type to which an operation's arguments are cast."""
    dtype, weak = joint_dtype(values)
    if op in ("logical_and", "logical_or", "logical_xor", "logical_not"):
        return BOOL, weak
    if op in COMPARISONS or op in _ANY or op in LOGIC:
        return dtype, weak
    if dtype == BOOL:
        dtype = INT
    if op in _INTEGRAL:
        return dtype, weak
    return (FLOAT if dtype == INT else dtype), weak


_ANY = {"bitwise_and", "bitwise_count", "bitwise_or", "bitwise_xor", "invert"}
_INTEGRAL = {
    "add", "subtract", "multiply", "negative", "positive", "square", "absolute", "sign_real", "minimum", "maximum",
    "fmin", "fmax", "floor_divide", "remainder", "fmod", "sign", "left_shift", "right_shift", "power_constant",
    "power_general", "radd", "clamp", "floor", "ceil", "trunc", "gcd", "lcm",
}  # fmt: skip


def _weak(value: Any) -> bool:
    return (
        value.weak
        if isinstance(value, Scalar)
        else isinstance(value, (bool, int, float)) and not isinstance(value, np.generic)
    )


def _dtype(value: Any) -> str:
    return value.atom.dtype if isinstance(value, Scalar) else const(value).dtype


def _widest(dtypes: set[str]) -> str:
    return next((d for d in (FLOAT, SINGLE, INT) if d in dtypes), BOOL)


def _atom(value: Any) -> Atom:
    """Return the atom of a scalar, a Python number or a NumPy scalar."""
    if isinstance(value, Scalar):
        return value.atom
    if isinstance(value, np.generic) or (isinstance(value, np.ndarray) and not value.ndim):
        return Const(value.item(), value.dtype.name)
    if isinstance(value, (bool, int, float)):
        return const(value)
    msg = f"A rule computed with {value!r}, which is no scalar."
    raise TypeError(msg)


def var_of(value: Scalar) -> Var | None:
    return value.atom if isinstance(value.atom, Var) else None
