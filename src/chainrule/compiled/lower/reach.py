"""Which functions may come to call themselves, by the names that they use."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from types import FunctionType
from typing import Any

from ..read import plain, source_of
from .context import Context

__all__ = ["may_recur"]

DEPTH = 60
LIBRARIES = ("numpy", "math", "functools")


def may_recur(ctx: Context, function: Any) -> bool:
    node = function.source.node if hasattr(function, "source") else source_of(function).node
    if node not in ctx.recurs:
        ctx.recurs[node] = _reaches(function, node, set(), 0)
    found: bool = ctx.recurs[node]
    return found


def _reaches(function: Any, goal: ast.AST, seen: set[int], depth: int) -> bool:
    """Whether a function may get to a call of the one with a given syntax tree."""
    for called_ in _callees(function):
        inner = plain(called_)[0]
        if id(inner) in seen or depth > DEPTH:
            continue
        seen.add(id(inner))
        node = _node(inner)
        if node is goal or (node is not None and _reaches(inner, goal, seen, depth + 1)):
            return True
    return False


def _node(function: Any) -> ast.AST | None:
    if hasattr(function, "source"):
        node: ast.AST = function.source.node
        return node
    if not isinstance(function, FunctionType) or (function.__module__ or "").split(".")[0] in (
        "numpy",
        "math",
        "functools",
    ):
        return None
    try:
        return source_of(function).node
    except Exception:
        return None


def _callees(function: Any) -> Iterator[Any]:
    """Yield the functions that a function names."""
    node = _node(function)
    if node is None:
        return
    names = {n.id for n in ast.walk(node) if isinstance(n, ast.Name)}
    attributes = {n.attr for n in ast.walk(node) if isinstance(n, ast.Attribute)}
    for name in names:
        value = _look_up(function, name)
        if callable(value):
            yield value
    if isinstance(function, FunctionType):
        owner = function.__globals__.get(function.__qualname__.split(".")[0])
        for name in attributes if isinstance(owner, type) else ():
            if isinstance(vars(owner).get(name), FunctionType):
                yield vars(owner)[name]


def _look_up(function: Any, name: str) -> Any:
    if isinstance(function, FunctionType):
        if name in function.__code__.co_freevars:
            try:
                return (function.__closure__ or ())[function.__code__.co_freevars.index(name)].cell_contents
            except ValueError:
                return None
        return function.__globals__.get(name)
    frame = function.frame
    while frame is not None:
        if name in frame.names:
            return frame.names[name]
        if frame.outer is None:
            cell = frame.cells.get(name)
            return cell.cell_contents if cell is not None else frame.namespace.get(name)
        frame = frame.outer
    return None
