"""From SymPy objects back to expressions, so that what SymPy simplified can be evaluated and differentiated."""

from __future__ import annotations

from collections.abc import Callable
from functools import reduce
from typing import Any

import numpy as np

from ..errors import SymbolicError, message
from ..rules import rows
from .build import call, choice
from .expression import Expr, as_expr
from .rows import ADD, AND, DIVIDE, MAXIMUM, MINIMUM, MULTIPLY, NEGATIVE, NOT, OR
from .to_sympy import FORMS, SAME, sympy_module, sympy_of, sympy_symbol
from .walk import symbols_in

__all__ = ["from_sympy", "simplify"]


def simplify(root: Expr) -> Expr:
    """Return an expression as SymPy simplifies it."""
    sp = sympy_module()
    known = {sympy_symbol(sp, s): s for s in symbols_in([root])}
    return from_sympy(sp.simplify(sympy_of(root)), known)


def from_sympy(x: Any, symbols: dict[Any, Any]) -> Expr:
    """Return the expression of a SymPy object.

    Parameters
    ----------
    x : sympy object
    symbols : dict
        The expression for each SymPy symbol.
    """
    sp = sympy_module()
    made: dict[Any, Expr] = dict(symbols)
    for node in sp.postorder_traversal(x):
        if node not in made and not isinstance(node, (sp.Tuple, sp.functions.elementary.piecewise.ExprCondPair)):
            made[node] = _made(sp, node, made)
    return made[x]


def _made(sp: Any, node: Any, made: dict[Any, Expr]) -> Expr:
    if node in (sp.true, sp.false):
        return as_expr(bool(node))
    if node.is_number and node.is_real is not False:
        return as_expr(int(node) if node.is_Integer else float(node))
    if isinstance(node, sp.Piecewise):
        return _piecewise(sp, node, made)
    operands = [made[arg] for arg in node.args if arg in made]
    for kind, build in _forms(sp).items():
        if isinstance(node, kind):
            return build(*operands)
    row = _rows_by_name().get(_NAMES.get(type(node).__name__, type(node).__name__ if node.is_Function else ""))
    if row is None or row.name in FORMS or len(operands) != len(node.args):
        raise SymbolicError(
            message(f"SymPy's {node} is no function of the table.", "Use sympy() and go on with SymPy.")
        )
    names = _PARAMS.get(row.name, ())
    count = len(operands) - len(names)
    params = {name: getattr(x, "value", x) for name, x in zip(names, operands[count:], strict=True)}
    return call(row, tuple(operands[:count]), params)


def _piecewise(sp: Any, node: Any, made: dict[Any, Expr]) -> Expr:
    result = as_expr(np.nan)
    for value, test in reversed(node.args):
        result = made[value] if test is sp.true else choice(made[test], made[value], result)
    return result


def _forms(sp: Any) -> dict[Any, Callable[..., Expr]]:
    return {
        sp.Add: _sum, sp.Mul: _product, sp.Pow: _power, sp.Max: _folded(MAXIMUM), sp.Min: _folded(MINIMUM),
        sp.And: _folded(AND), sp.Or: _folded(OR), sp.Not: lambda x: call(NOT, (x,)),
        sp.Mod: lambda x, y: x % y, sp.sinc: lambda x: np.sinc(x / np.pi),
    }  # fmt: skip


def _folded(row: Any) -> Callable[..., Expr]:
    return lambda *operands: reduce(lambda x, y: call(row, (x, y)), operands)


def _sum(*operands: Expr) -> Expr:
    """Add the terms, those with a minus sign last."""
    ordered = sorted(operands, key=lambda x: x.row is NEGATIVE)
    return reduce(lambda x, y: call(ADD, (x, y)), ordered)


def _product(*operands: Expr) -> Expr:
    """Multiply the factors, and divide by those that are reciprocals."""
    above = [x for x in operands if not _is_reciprocal(x)]
    below = [x.operands[1] for x in operands if _is_reciprocal(x)]
    product: Expr = reduce(lambda x, y: call(MULTIPLY, (x, y)), above) if above else as_expr(1)
    return call(DIVIDE, (product, reduce(lambda x, y: call(MULTIPLY, (x, y)), below))) if below else product


def _is_reciprocal(x: Expr) -> bool:
    return x.row is DIVIDE and x.operands[0] is as_expr(1)


def _power(x: Expr, y: Expr) -> Expr:
    value = getattr(y, "value", None)
    if value == 0.5:
        return as_expr(np.sqrt(x))
    if isinstance(value, (int, float)) and value < 0:
        return call(DIVIDE, (as_expr(1), _power(x, as_expr(-value))))
    return as_expr(x**y if value is None else x**value)


_PARAMS = {"round": ("decimals",)}  # what `to_sympy` writes behind the operands
_NAMES = {theirs: ours for ours, theirs in reversed(SAME.items())}
_NAMES |= {"StrictLessThan": "less", "LessThan": "less_equal", "StrictGreaterThan": "greater",
           "GreaterThan": "greater_equal", "Equality": "equal", "Unequality": "not_equal"}  # fmt: skip


def _rows_by_name() -> dict[str, Any]:
    return {row.name: row for row in reversed([*rows(scipy=False)])}  # of two with one name, NumPy's
