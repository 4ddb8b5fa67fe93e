"""Derivatives of expressions: the chain rule from the result back to the symbols, each expression visited once."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from typing import Any

import numpy as np

from ..calculus import Transpose, is_constant, pulls
from ..errors import SymbolicError, message
from .array import Array, elements_of
from .build import call
from .expression import ONE, ZERO, Expr, Symbol, as_expr
from .guards import Guard, Guards, branches, total
from .rows import LARGEST, MULTIPLY, SELECT, SMALLEST
from .walk import subexpressions, symbols_in

__all__ = ["derivative", "derivatives_of", "gradient", "hessian", "jacobian"]

Parts = dict[Guard | None, Expr]
Path = tuple[tuple[Expr, bool], ...]
Steps = list[tuple[Expr, Path, Expr]]


def derivatives_of(root: Expr, by: Collection[Expr]) -> dict[Expr, Expr]:
    """Return the derivatives of an expression by some symbols: one sweep for all of them.

    The cotangents of an expression are complete when it is met, because whatever uses it has been met before.
    """
    depending = _depending(root, by)
    parts: dict[Expr, Parts] = {root: {None: ONE}}
    guards = Guards()
    for node in reversed(depending.values()):
        if not node.operands or node not in parts:
            continue
        settled = guards.settle(parts.pop(node))
        for operand, path, partial in _steps(node, depending):
            below = parts.setdefault(operand, {})
            for guard, value in settled.items():
                for test, holds in path:
                    guard = guards.within(guard, test, holds)
                total(below, guard, call(MULTIPLY, (partial, value)))
    return {x: guards.closed(parts[x]) if x in parts else ZERO for x in by}


def _depending(root: Expr, by: Collection[Expr]) -> dict[int, Expr]:
    """Return, by serial number, the expressions in a root that depend on some symbols, operands first."""
    depending = {x.serial: x for x in by}
    for node in subexpressions([root]):
        if node.row is not None and not is_constant(node.row) and any(x.serial in depending for x in node.operands):
            depending[node.serial] = node
    return depending


def _steps(node: Expr, depending: dict[int, Expr]) -> Iterator[tuple[Expr, Path, Expr]]:
    """Yield each operand that depends on the symbols, the conditions under which it counts, and the partial by it."""
    if node.row is SELECT:
        test, x, y = node.operands
        steps: Steps = [(x, ((test, True),), ONE), (y, ((test, False),), ONE)]
    elif node.row in (LARGEST, SMALLEST):
        steps = [(x, path, p) for x, q in zip(node.operands, _shares(node), strict=True) for path, p in branches(q)]
    else:
        steps = _elementwise_steps(node, depending)
    return iter([step for step in steps if step[0].serial in depending and step[2] is not ZERO])


def _elementwise_steps(node: Expr, depending: dict[int, Expr]) -> Steps:
    assert node.row is not None
    steps: Steps = []
    for i, pull in enumerate(pulls(node.row)):
        operand = node.operands[i]
        if operand.serial in depending:
            saved = pull.gather(i, node, node.operands, node.params)
            partial = pull.fn(*saved) if callable(pull.fn) else saved[0] if pull.fn is None else pull.fn
            steps += [(operand, path, p) for path, p in branches(as_expr(partial))]
    return steps


def _shares(node: Expr) -> list[Expr]:
    """Return the partials of a maximum or minimum of many, as its row shares ties."""
    assert node.row is not None
    pull = pulls(node.row)[0]
    assert isinstance(pull.fn, Transpose)
    values = np.empty(len(node.operands), object)
    values[:] = node.operands
    found: Array = pull.fn.fn(ONE, *pull.gather(0, node, (Array(values),), {"axis": None, "keepdims": False}))
    return found.roots()


# ---- For users -----------------------------------------------------------------------------------------------------


def derivative(x: Any, by: Symbol) -> Any:
    """Return the derivative of an expression, or of each element of an array of them, by one symbol.

    Raises
    ------
    SymbolicError
        If `by` is no symbol.

    Examples
    --------
    >>> from chainrule import symbolic
    >>> x = symbolic.symbols("x")
    >>> symbolic.derivative(x**3, x)
    3*x**2
    """
    by = _symbol(by)
    found = [derivatives_of(root, (by,))[by] for root in _roots(x)]
    return x.shaped(found) if hasattr(x, "shaped") else found[0]


def gradient(x: Any, by: Any = None) -> Array:
    """Return the derivatives of a scalar expression as an array, for the cost of one sweep over its graph.

    Parameters
    ----------
    x : Expr
    by : symbol, array of symbols or list of symbols, optional
        What to differentiate by; without it all symbols of `x`, sorted by name.

    Returns
    -------
    Array
        Of the shape of `by`.

    Examples
    --------
    >>> from chainrule import symbolic
    >>> x, y = symbolic.symbols("x y")
    >>> symbolic.gradient(x**2 * y + y + 2)
    [2*x*y, x**2 + 1]
    """
    if getattr(x, "shape", ()):
        raise SymbolicError(message("gradient takes one expression, not an array of them.", "Use symbolic.jacobian."))
    return jacobian(x, by)


def jacobian(x: Any, by: Any = None) -> Array:
    """Return the derivatives of each element by each symbol, an array of shape ``x.shape + by.shape``.

    Examples
    --------
    >>> import numpy as np
    >>> from chainrule import symbolic
    >>> w = symbolic.symbols("w", shape=2)
    >>> symbolic.jacobian(np.exp(w), w)
    [[exp(w[0]), 0],
     [0, exp(w[1])]]
    """
    roots = _roots(x)
    symbols = _symbols(by, roots)
    wanted = [_symbol(s) for s in symbols.flat]
    rows = [derivatives_of(root, wanted) for root in roots]
    result = np.empty(getattr(x, "shape", ()) + symbols.shape, object)
    result.reshape(-1)[:] = [row[s] for row in rows for s in wanted]
    return Array(result)


def hessian(x: Any, by: Any = None) -> Array:
    """Return the second derivatives of a scalar expression, an array of shape ``by.shape + by.shape``.

    Examples
    --------
    >>> from chainrule import symbolic
    >>> x, y = symbolic.symbols("x y")
    >>> symbolic.hessian(x**2 * y)
    [[2*y, 2*x],
     [2*x, 0]]
    """
    by = Array(_symbols(by, _roots(x)))
    return jacobian(gradient(x, by), by)


def _roots(x: Any) -> list[Expr]:
    return x.roots() if isinstance(x, (Expr, Array)) else [as_expr(x)]


def _symbols(by: Any, roots: Sequence[Expr]) -> Any:
    if by is None:
        by = symbols_in(roots)
    if isinstance(by, (list, tuple)):
        elements = np.empty(len(by), object)
        elements[:] = by
        return elements
    return elements_of(by)


def _symbol(x: Any) -> Symbol:
    if isinstance(x, Symbol):
        return x
    raise SymbolicError(
        message(
            f"A derivative by {x} was asked for, which is no symbol.", "Differentiate by what symbols(...) returned."
        )
    )
