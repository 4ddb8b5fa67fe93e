"""Expressions typed by a user: arithmetic and NumPy functions, and nothing else that Python can do."""

from __future__ import annotations

import ast
import linecache
from collections.abc import Callable, Iterable
from typing import Any

import numpy as np

from ..rules import rows
from ._errors import UsageError, did_you_mean

__all__ = ["evaluate", "function_of", "names_in", "unknown_name"]

FILE = "<expression>"
_BUILTINS: dict[str, Any] = {"abs": abs, "max": max, "min": min, "round": round, "pow": pow}
_CONSTANTS = ("pi", "e", "inf", "nan", "euler_gamma")
_METHODS = frozenset(
    ("T", "dot", "max", "mean", "min", "prod", "ravel", "reshape", "shape", "size", "std", "sum", "var")
)
_ALLOWED = (
    ast.Expression, ast.BinOp, ast.UnaryOp, ast.BoolOp, ast.Compare, ast.IfExp, ast.Call, ast.keyword, ast.Name,
    ast.Attribute, ast.Constant, ast.Subscript, ast.Slice, ast.Tuple, ast.List, ast.Load, ast.operator, ast.unaryop,
    ast.boolop, ast.cmpop,
)  # fmt: skip


def evaluate(text: str, values: dict[str, Any]) -> Any:
    """Compute an expression of numbers."""
    tree = _parsed(text)
    _check(tree, set(values))
    return eval(compile(tree, FILE, "eval"), _names(), values)


def names_in(text: str) -> list[str]:
    """Return the names that an expression reads and that are not NumPy's, in order."""
    tree, known = _parsed(text), _names()
    names = [node.id for node in ast.walk(tree) if isinstance(node, ast.Name)]
    return list(dict.fromkeys(name for name in names if name not in known))


def function_of(text: str, arguments: Iterable[str], every: bool = True) -> Callable[..., Any]:
    """Return an expression as a function of these arguments, all of which it must use if `every` is true."""
    arguments = list(arguments)
    tree = _parsed(text)
    _check(tree, set(arguments))
    names = {node.id for node in ast.walk(tree) if isinstance(node, ast.Name)}
    unused = [name for name in arguments if name not in names]
    if unused and every:
        raise UsageError(f"--at gives {', '.join(unused)}, which {text!r} does not use.")
    source = f"lambda {', '.join(arguments)}: ({text.strip()})"
    linecache.cache[FILE] = (len(source), None, [source + "\n"], FILE)
    function: Callable[..., Any] = eval(compile(source, FILE, "eval"), _names())
    function.__name__ = function.__qualname__ = text.strip()
    return function


def _parsed(text: str) -> ast.Expression:
    try:
        return ast.parse(text.strip(), FILE, mode="eval")
    except (SyntaxError, ValueError, RecursionError, MemoryError) as error:
        reason = getattr(error, "msg", None) or str(error)
        raise UsageError(f"{text!r} is no expression: {reason}.") from error


def _check(tree: ast.Expression, arguments: set[str]) -> None:
    """Refuse everything but arithmetic on the arguments and NumPy's functions."""
    known = _names()
    for node in ast.walk(tree):
        if not isinstance(node, _ALLOWED):
            kind = type(node).__name__
            raise UsageError(f"Only arithmetic and NumPy functions are allowed in an expression, and no {kind}.")
        if isinstance(node, ast.BitXor):
            raise UsageError("A power is written **, as in x**2; ^ is something else in Python.")
        if isinstance(node, ast.Name) and node.id not in arguments and node.id not in known:
            raise UsageError(unknown_name(node.id, arguments))
        if isinstance(node, ast.Attribute):
            _check_attribute(node)
        if isinstance(node, ast.Constant) and not isinstance(node.value, (int, float, str, type(None))):
            raise UsageError(f"An expression holds real numbers, and not {node.value!r}.")


def unknown_name(name: str, arguments: Iterable[str]) -> str:
    """Return what is said of a name that means nothing."""
    hint = did_you_mean(name, {*arguments, *_names()})
    return f"{name} is neither an argument (--at {name}=VALUE) nor a NumPy function.{hint}"


def _check_attribute(node: ast.Attribute) -> None:
    """Allow ``np.sin`` and ``np.linalg.norm`` if they have a derivative rule, and a few methods of arrays."""
    root: ast.expr = node
    path: list[str] = []
    while isinstance(root, ast.Attribute):
        path.insert(0, root.attr)
        root = root.value
    if not (isinstance(root, ast.Name) and root.id in ("np", "numpy")):
        if node.attr not in _METHODS:
            raise UsageError(f"An expression may not use .{node.attr}; it may use {', '.join(sorted(_METHODS))}.")
        return
    if path == ["linalg"] or path[-1] in _CONSTANTS or (path[-1] in _METHODS and len(path) > 1):
        return
    found: Any = np
    for name in path:
        found = getattr(found, name, None)
    if found not in _functions().values():
        name = ".".join(path)
        raise UsageError(f"np.{name} has no derivative rule.{did_you_mean(name, _functions())}")


def _functions() -> dict[str, Any]:
    """Return the NumPy functions that have a rule, by name."""
    found = {}
    for row in rows(scipy=False):
        module = getattr(row.fn, "__module__", "numpy") or "numpy"
        if callable(row.fn) and (isinstance(row.fn, np.ufunc) or module.startswith("numpy")):
            found[getattr(row.fn, "__name__", row.name)] = row.fn
    aliases = {name: getattr(np, name) for name in ("asin", "acos", "atan", "atan2", "asinh", "acosh", "atanh")}
    return {**found, **{name: fn for name, fn in aliases.items() if fn in found.values()}}


def _names() -> dict[str, Any]:
    constants = {name: getattr(np, name) for name in _CONSTANTS}
    return {"__builtins__": {}, **_functions(), **constants, **_BUILTINS, "np": np, "numpy": np}
