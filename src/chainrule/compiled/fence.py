"""Refuse what cannot be compiled, before anything is made: each with its place, the reason and the repair."""

from __future__ import annotations

import ast

from ..errors import UnsupportedError, message
from .read import Source, place_text

__all__ = ["fence"]

# Kinds of syntax that are refused: what to call them, why, and what to write instead.
REFUSED: dict[type[ast.AST], tuple[str, str]] = {
    ast.With: ("A with statement", "Do what it guards before or after the function that is compiled."),
    ast.AsyncWith: ("A with statement", "Do what it guards before or after the function that is compiled."),
    ast.Try: ("A try statement", "Test for the condition with `if` before it arises."),
    ast.Yield: ("A generator", "Return a list or an array."),
    ast.YieldFrom: ("A generator", "Return a list or an array."),
    ast.Await: ("An asynchronous function", "Compile a plain function and await outside of it."),
    ast.AsyncFor: ("An asynchronous loop", "Compile a plain function and await outside of it."),
    ast.AsyncFunctionDef: ("An asynchronous function", "Compile a plain function and await outside of it."),
    ast.ClassDef: ("A class defined inside a function", "Define the class in the module."),
    ast.Global: ("A global statement", "Pass the value as an argument and return the new one."),
    ast.Nonlocal: ("A nonlocal statement", "Pass the value as an argument and return the new one."),
    ast.Match: ("A match statement", "Write it as if and elif."),
}
STAR = getattr(ast, "TryStar", None)
if STAR is not None:
    REFUSED[STAR] = REFUSED[ast.Try]
IMPORTS = ("numpy", "math")


def fence(source: Source) -> None:
    """Raise UnsupportedError for the first thing in a function that is never supported."""
    body = source.node.body if isinstance(source.node.body, list) else [source.node.body]
    for top in body:
        for node in ast.walk(top):
            _look(source, node)


def _look(source: Source, node: ast.AST) -> None:
    refused = REFUSED.get(type(node))
    if refused is not None and not is_errstate(node):
        what, repair = refused
        refuse(source, node, f"{what} cannot be compiled.", repair)
    if isinstance(node, (ast.Import, ast.ImportFrom)):
        _imports(source, node)
    if isinstance(node, ast.Delete) and not all(isinstance(t, ast.Name) for t in node.targets):
        refuse(source, node, "Deleting elements cannot be compiled.", "Make a new list or array without them.")
    if isinstance(node, (ast.ListComp, ast.GeneratorExp, ast.SetComp, ast.DictComp)):
        for part in node.generators:
            if part.is_async:
                refuse(source, part.iter, "An asynchronous loop cannot be compiled.", "Write a plain one.")


def is_errstate(node: ast.AST) -> bool:
    """Whether this is ``with np.errstate(...):``, which changes no value."""
    calls = [item.context_expr for item in node.items] if isinstance(node, ast.With) else []
    names = [c.func.attr for c in calls if isinstance(c, ast.Call) and isinstance(c.func, ast.Attribute)]
    return bool(calls) and names == ["errstate"] * len(calls)


def _imports(source: Source, node: ast.Import | ast.ImportFrom) -> None:
    names = [a.name for a in node.names] if isinstance(node, ast.Import) else [node.module or ""]
    for name in names:
        if name.partition(".")[0] not in IMPORTS:
            refuse(source, node, f"The import of {name} inside a function cannot be compiled.",
                   "Import it at the top of the module.")  # fmt: skip


def refuse(source: Source, node: ast.AST | None, what: str, repair: str) -> None:
    raise UnsupportedError(message(what, repair, place_text(source, node)))
