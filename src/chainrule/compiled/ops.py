"""The functions of scalars that a program may apply: their names, result types, costs, and rows in the table."""

from __future__ import annotations

import math
import operator
from collections.abc import Callable
from functools import cache
from typing import Any, NamedTuple

import numpy as np

from ..errors import MissingRuleError
from ..rules import Row, lookup
from ..rules._row import Function, bind_nothing
from ..rules._table import find
from ..rules.arithmetic import power_constant, power_general
from ..rules.selection import clamp, select
from . import special
from .ir import BOOL, FLOAT, INT, SINGLE, Atom, Const

__all__ = ["CASTS", "COMPARISONS", "LOGIC", "Op", "enter_row", "fold", "is_written", "op_of", "result_dtype", "row_of",
           "takes_integers", "without_rule"]  # fmt: skip

COMPARISONS = ("less", "less_equal", "greater", "greater_equal", "equal", "not_equal")
LOGIC = ("logical_and", "logical_or", "logical_not", "logical_xor", "isnan", "isinf", "isfinite", "signbit")
CASTS = (BOOL, INT, SINGLE, FLOAT)

# Names that are not NumPy's:
#   wrap(i, n)          i, counted from the end if it is negative
#   radd(a, b)          a + b in a sum whose order is free (NumPy's own reductions)
#   gmul(g, p)          g*p, but 0 where g is 0, whatever p: a cotangent of zero annihilates
#   clip_index(i, n)    a slice bound i (already counted from the front) held to 0..n
#   stop(x)             x, with derivative zero: what a search compares
#   tie(m, s)           m, with the derivative of s: the extreme m of some elements and the sum s of the shares of those
#                       that are equal to it; where no derivative is asked for, it is m and s need not be computed
OWN = {"wrap": np.add, "radd": np.add, "gmul": np.multiply}


def _tie() -> Row:
    row = Row("tie", "elementwise", lambda m, s: m, bind_nothing, ("m", "s"), lambda m, s: m)
    row.partials = (Function(0, ()), Function(1, ()))
    return row


_ROWS: dict[str, Row] = {"select": select, "power_constant": power_constant, "power_general": power_general,
                         "clamp": clamp, "radd": lookup(np.add), "tie": _tie()}  # fmt: skip
_OTHER: dict[Row, str] = {}


class Op(NamedTuple):
    """What a pass wants to know of an operation by its name."""

    name: str
    row: Row | None
    cost: int


def op_of(row: Row) -> str:
    """Return the operation's name for an elementwise, select or constant row."""
    if row is select:
        return "select"
    if isinstance(row.fn, np.ufunc) and getattr(np, row.fn.__name__, None) is row.fn:
        return str(row.fn.__name__)
    name: str | None = (
        next((n for n, known in _ROWS.items() if known is row), None)
        or special.op_name(row.fn)
        or special.part_name(row.fn)
    )
    name = name or row.name
    if _ROWS.get(name) is not row:
        _ROWS[name] = row
        row_of.cache_clear()
    return name


def enter_row(hint: str, row: Row) -> str:
    """Enter a row under a name of its own, and return that."""
    name = hint if hint not in _ROWS else f"{hint}.{len(_ROWS)}"
    _ROWS[name] = row
    return name


# Rows that are no ufuncs, and for which there is text all the same.
_WRITTEN = {"clamp", "fraction", "power_constant", "power_general", "root", "sign_real"}


def is_written(row: Row) -> bool:
    """Tell whether there is text for a row of numbers."""
    if isinstance(row.fn, np.ufunc):
        return getattr(np, row.fn.__name__, None) is row.fn or special.op_name(row.fn) is not None
    own = str(getattr(row.fn, "__module__", "")).startswith("chainrule.rules.")
    return (row.name in _WRITTEN and own) or special.part_name(row.fn) is not None


def takes_integers(row: Row, operands: tuple[Any, ...]) -> bool:
    """Tell whether SciPy has code of its own for integers such as these: degrees, counts."""
    name = getattr(row.fn, "__name__", "")
    if not name.startswith(("eval_", "bdtr")) or not isinstance(row.fn, np.ufunc):
        return False
    return any((x.dtype if hasattr(x, "dtype") else np.asarray(x).dtype).kind in "iu" for x in operands)


@cache
def without_rule(ufunc: np.ufunc) -> Row | None:
    """Return a row for a special function that has none: its derivative is refused when it is asked for."""
    if ufunc.nout > 1 or special.op_name(ufunc) is None or find(ufunc) is not None:
        return None

    def refuse(*values: Any) -> Any:
        return lookup(ufunc)  # which says that there is none

    names = tuple([f"x{k}" for k in range(ufunc.nin)])
    row = Row(ufunc.__name__, "elementwise", ufunc, lambda *args: (args, {}), names, ufunc)
    row.partials = (Function(refuse, ()),) * ufunc.nin
    return row


@cache
def row_of(op: str) -> Row | None:
    """Return the row that holds the partials of an operation, or None if its derivative is zero."""
    if op in CASTS or op in ("wrap", "gmul", "clip_index", "stop"):
        return None
    row = _ROWS.get(op)
    if row is None:
        try:
            row = lookup(getattr(np, op))
        except (AttributeError, MissingRuleError):
            return None
    return None if row.kind == "constant" else row


def result_dtype(op: str, args: tuple[Atom, ...]) -> str:
    """Return the type of ``op(*args)``, whose arguments have one type already."""
    if op in COMPARISONS or op in LOGIC:
        return BOOL
    if op in CASTS:
        return op
    if op == "exponent":
        return INT
    return args[1].dtype if op == "select" else args[0].dtype


CHEAP = {
    "add", "subtract", "multiply", "negative", "square", "radd", "gmul", "select", "wrap", "minimum", "maximum",
    "absolute", "fabs", "positive", "clip_index", "clamp", "sign", "stop", "tie", *COMPARISONS, *LOGIC, *CASTS,
}  # fmt: skip
MEDIUM = {"true_divide", "divide", "sqrt", "reciprocal", "floor_divide", "remainder", "floor", "ceil", "trunc", "rint"}


def cost_of(op: str) -> int:
    """Return roughly how many additions an operation costs."""
    return 1 if op in CHEAP else 4 if op in MEDIUM else 20


_FOLDS: dict[str, Callable[..., Any]] = {
    "add": operator.add, "subtract": operator.sub, "multiply": operator.mul, "negative": operator.neg,
    "radd": operator.add, "less": operator.lt, "less_equal": operator.le, "greater": operator.gt,
    "greater_equal": operator.ge, "equal": operator.eq, "not_equal": operator.ne,
    "logical_not": operator.not_, "logical_and": lambda a, b: bool(a) and bool(b),
    "logical_or": lambda a, b: bool(a) or bool(b), "logical_xor": lambda a, b: bool(a) != bool(b),
    "wrap": lambda i, n: i + n if i < 0 else i, "clip_index": lambda i, n: min(max(i, 0), n),
    "select": lambda c, a, b: a if c else b, "stop": lambda a: a, "tie": lambda a, b: a, "square": lambda a: a * a,
}  # fmt: skip


def fold(op: str, args: tuple[Atom, ...], dtype: str) -> Const | None:
    """Compute an operation on constants; None if that is left to the run."""
    if not all(isinstance(a, Const) for a in args):
        return None
    values = [a.value for a in args if isinstance(a, Const)]
    if op in CASTS:
        return _cast(values[0], op)
    if dtype == SINGLE:
        return None  # its rounding is the machine's business
    if op in _FOLDS:
        return Const(_FOLDS[op](*values), dtype)
    return _integer(op, values) if dtype == INT else _ufunc(op, values, dtype)


def _cast(value: Any, dtype: str) -> Const | None:
    if dtype == INT and isinstance(value, float) and not math.isfinite(value):
        return None
    made = np.dtype(dtype).type(value)
    return Const(float(made) if dtype in (FLOAT, SINGLE) else made.item(), dtype)


def _integer(op: str, values: list[Any]) -> Const | None:
    if op in ("floor_divide", "remainder") and values[1] != 0:
        return Const(values[0] // values[1] if op == "floor_divide" else values[0] % values[1], INT)
    if op in ("minimum", "maximum"):
        return Const((min if op == "minimum" else max)(values), INT)
    return None


def _ufunc(op: str, values: list[Any], dtype: str) -> Const | None:
    ufunc = getattr(np, op, None)
    if not isinstance(ufunc, np.ufunc):
        return None
    with np.errstate(all="ignore"):
        return Const(ufunc(*map(np.float64, values)).item(), dtype)
