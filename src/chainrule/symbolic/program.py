"""Evaluation: an expression's graph as one straight-line program, run step by step or compiled to a function."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from typing import Any

import numpy as np

from ..errors import SymbolicError, message
from .array import Array
from .build import compute_of
from .expression import Constant, Expr, Symbol
from .notation import assignments, is_name
from .walk import subexpressions, symbols_in

__all__ = ["common_dtype", "evaluate", "function", "run"]


def run(roots: Sequence[Expr], values: dict[int, Any]) -> list[Any]:
    """Compute expressions once, each distinct part once, for values of symbols by serial number."""
    known = dict(values)
    for node in subexpressions(roots):
        if isinstance(node, Constant):
            known[node.serial] = node.value
        elif node.row is not None:
            known[node.serial] = compute_of(node.row)(*[known[x.serial] for x in node.operands], **node.params)
        elif node.serial not in known:
            raise SymbolicError(message(f"The symbol {node} has no value here.", "Make it an argument."))
    return [known[root.serial] for root in roots]


def evaluate(x: Any, values: dict[str, Any]) -> Any:
    """Return the value of an expression or array for numbers and arrays by the names of symbols."""
    names = tuple(dict.fromkeys([s.name for s in x.symbols]))
    missing = [name for name in names if name not in values]
    if missing:
        raise SymbolicError(
            message(f"No value was given for {', '.join(missing)}.", f"The expression depends on {', '.join(names)}.")
        )
    key = tuple([root.serial for root in x.roots()])
    if x.compiled is None or x.compiled[0] != key:
        x.compiled = (key, function(names, x))
    return x.compiled[1](*[values[name] for name in names])


def function(symbols: Any, x: Any) -> Callable[..., Any]:
    """Compile an expression, or an array of them, to a Python function of its symbols.

    The function computes with NumPy: numbers give a number, arrays give an array, element by element.

    Parameters
    ----------
    symbols : sequence
        What the function takes, in this order: names, symbols, or arrays of symbols.
    x : Expr or Array

    Returns
    -------
    callable
        Its text is in the attribute ``__source__``.

    Raises
    ------
    SymbolicError
        If `x` depends on a symbol that is not listed.

    Examples
    --------
    >>> import numpy as np
    >>> from chainrule import symbolic
    >>> x, y = symbolic.symbols("x y")
    >>> f = symbolic.function([x, y], np.sin(x) * y + np.sin(x))
    >>> f(0.0, 2.0)
    0.0
    >>> print(f.__source__)
    def expression(x, y):
        t0 = np.sin(x)
        return t0*y + t0
    """
    given = [_name_of(s) for s in symbols]
    arguments = [name if is_name(name) else f"argument{i}" for i, name in enumerate(given)]
    renamed = dict(zip(given, arguments, strict=True))
    roots = x.roots()
    names = {s.serial: _place(s, renamed) for s in symbols_in(roots)}
    lines, results = assignments(roots, names)
    returned = results[0] if not x.shape else f"[{', '.join(results)}]"
    text = "\n    ".join([f"def expression({', '.join(arguments)}):", *lines, f"return {returned}"])
    return _callable(text, roots, x.shape)


def _name_of(s: Any) -> str:
    if isinstance(s, Array):
        s = s.roots()[0] if s.size else ""
    return s.name if isinstance(s, Symbol) else str(s)


def _place(s: Symbol, renamed: dict[str, str]) -> str:
    if s.name not in renamed:
        raise SymbolicError(
            message(f"The expression depends on {s.name}, which is not given.", "List all its symbols.")
        )
    return renamed[s.name] if s.index is None else f"{renamed[s.name]}[{', '.join(map(str, s.index))}]"


def _callable(text: str, roots: list[Expr], shape: tuple[int, ...]) -> Callable[..., Any]:
    """Compile the text of a function, and let it take numbers and return arrays of a shape."""
    own = {node.row.name: partial(compute_of(node.row), **node.params) for node in subexpressions(roots) if node.row}
    namespace: dict[str, Any] = {**{name: fn for name, fn in own.items() if not hasattr(np, name)}, "np": np}
    exec(compile(text, "<expression>", "exec"), namespace)
    raw = namespace["expression"]

    def compiled(*values: Any) -> Any:
        plain = all(type(v) in (int, float) for v in values)
        with np.errstate(all="ignore"):
            result = raw(*map(_floating, values))
            return _arranged(result, shape) if shape else _number(result, values, plain)

    compiled.__source__ = text  # type: ignore[attr-defined]
    return compiled


def _floating(value: Any) -> Any:
    array = np.asarray(value)
    return (array if array.dtype.kind == "f" else array.astype(np.float64))[()]


def _number(result: Any, values: Sequence[Any], plain: bool) -> Any:
    """Return a Python number where numbers were given, and an array for a constant where arrays were."""
    if plain:
        return bool(result) if isinstance(result, (bool, np.bool_)) else float(result)
    return result if isinstance(result, (np.ndarray, np.generic)) else np.asarray(result, np.float64)[()]


def _arranged(results: list[Any], shape: tuple[int, ...]) -> Any:
    """Arrange the values of elements, themselves numbers or arrays, in the shape of the array of expressions."""
    if not results:
        return np.zeros(shape)
    parts = np.broadcast_arrays(*results)
    return np.stack(parts).astype(common_dtype(results)).reshape(shape + parts[0].shape)


def common_dtype(values: Sequence[Any], default: Any = np.float64) -> Any:
    """Return the dtype of computed values; Python numbers, which constants leave, adapt to the others."""
    found = {np.asarray(x).dtype for x in values if type(x) not in (int, float)}
    dtype = np.result_type(*found) if found else np.dtype(default)
    if dtype.kind in "biu" and len(found) and any(type(x) is float for x in values):
        return np.dtype(default)  # integers and truth values do not hold a float that stands beside them
    return dtype
