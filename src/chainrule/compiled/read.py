"""Read a function: find its source text and the node of its syntax tree."""

from __future__ import annotations

import ast
import functools
import inspect
import linecache
from dataclasses import dataclass
from types import CodeType, FunctionType, MethodType
from typing import Any

from ..errors import UnsupportedError, message

__all__ = ["Source", "place_text", "plain", "source_of"]

Definition = ast.FunctionDef | ast.Lambda


@dataclass(frozen=True, eq=False)
class Source:
    """The text of a function.

    Attributes
    ----------
    name : str
    file : str
        The name of the file, or what Python calls the text instead (``<ipython-input-3>``).
    node : ast.FunctionDef or ast.Lambda
    lines : tuple of str
        All lines of the file.
    """

    name: str
    file: str
    node: Definition
    lines: tuple[str, ...]

    def line(self, number: int) -> str:
        return self.lines[number - 1].rstrip() if 0 < number <= len(self.lines) else ""


def plain(f: Any) -> tuple[Any, tuple[Any, ...], dict[str, Any]]:
    """Take away what wraps a function: return it with the arguments that come before and beside the caller's.

    Jitted and cached functions, partial ones, bound methods and objects with ``__call__`` are looked into; a function
    made with `functools.wraps` is a function of its own.
    """
    if isinstance(f, functools.partial):
        inner, args, kwargs = plain(f.func)
        return inner, (*args, *f.args), {**kwargs, **f.keywords}
    if isinstance(f, MethodType):
        inner, args, kwargs = plain(f.__func__)
        return inner, (*args, f.__self__), kwargs
    if isinstance(f, (FunctionType, type)) or inspect.isbuiltin(f):
        return f, (), {}
    if hasattr(f, "__wrapped__") and (hasattr(f, "cache_info") or hasattr(type(f), "__chainrule_jit__")):
        return plain(f.__wrapped__)
    call = getattr(type(f), "__call__", None)  # noqa: B004
    if isinstance(call, FunctionType) and not type(f).__module__.startswith(("numpy", "chainrule.")):
        return call, (f,), {}
    return f, (), {}


def source_of(f: FunctionType) -> Source:
    """Return the source of a plain function.

    Raises
    ------
    UnsupportedError
        If there is none, or it does not fit the function.
    """
    code = f.__code__
    linecache.checkcache(code.co_filename)
    lines = linecache.getlines(code.co_filename, f.__globals__)
    if not lines:
        raise UnsupportedError(_not_found(f, "its source cannot be found"))
    node = _find(_definitions("".join(lines)), code)
    if node is None:
        raise UnsupportedError(_not_found(f, "the text there does not hold it (any more)"))
    return Source(code.co_name, code.co_filename, node, tuple(lines))


@functools.lru_cache(maxsize=64)
def _definitions(text: str) -> dict[str, list[Definition]]:
    """Return all functions of a text by the names that Python knows them by; none if it is no Python."""
    found: dict[str, list[Definition]] = {}
    try:
        tree = ast.parse(text)
    except SyntaxError:
        return found
    for node in ast.walk(tree):
        if isinstance(node, Definition):
            found.setdefault(node.name if isinstance(node, ast.FunctionDef) else "<lambda>", []).append(node)
    return found


def _not_found(f: FunctionType, reason: str) -> str:
    return message(
        f"The function {f.__qualname__} cannot be compiled: {reason}.",
        "Define it in a file or a notebook cell; text given to exec() can be entered in linecache.cache.",
        f"  {f.__code__.co_filename}:{f.__code__.co_firstlineno}, in {f.__name__}\n",
    )


def _find(definitions: dict[str, list[Definition]], code: CodeType) -> Definition | None:
    found = [node for node in definitions.get(code.co_name, []) if _fits(node, code)]
    if len(found) > 1:
        found = _around(found, code) or [node for node in found if _same_code(node, code)]
    return found[0] if found else None


def _fits(node: Definition, code: CodeType) -> bool:
    if isinstance(node, ast.FunctionDef):
        first = min([node.lineno, *[d.lineno for d in node.decorator_list]])
    else:
        first = node.lineno
    return first == code.co_firstlineno and parameters(node) == code.co_varnames[: _count(code)]


def _count(code: CodeType) -> int:
    """Return how many parameters a function has."""
    starred = bool(code.co_flags & inspect.CO_VARARGS) + bool(code.co_flags & inspect.CO_VARKEYWORDS)
    return code.co_argcount + code.co_kwonlyargcount + starred


def parameters(node: Definition) -> tuple[str, ...]:
    """Return the names of a function's parameters in the order in which Python stores them."""
    a = node.args
    names = [p.arg for p in (*a.posonlyargs, *a.args, *a.kwonlyargs)]
    return (*names, *[p.arg for p in (a.vararg, a.kwarg) if p is not None])


def _around(nodes: list[Definition], code: CodeType) -> list[Definition]:
    """Return the lambda that holds all instructions of a function: the innermost, of several on one line."""
    places = [(p[0], p[2], p[1], p[3]) for p in code.co_positions() if None not in p]
    written = [place for place in places if place[:2] != place[2:]]  # some instructions stand nowhere
    lambdas = [node for node in nodes if isinstance(node, ast.Lambda)] if written else []
    holding = [node for node in lambdas if all(_holds(node.body, place) for place in written)]
    return [*sorted(holding, key=lambda node: (node.body.lineno, node.body.col_offset))[-1:]]


def _holds(node: Any, place: tuple[Any, ...]) -> bool:
    start, end = (node.lineno, node.col_offset), (node.end_lineno, node.end_col_offset)
    return bool(start <= place[:2] and place[2:] <= end)


def _same_code(node: Definition, code: CodeType) -> bool:
    """Whether a node compiles to the same instructions (for lack of columns)."""
    expression = ast.Expression(node) if isinstance(node, ast.Lambda) else ast.Module([node], [])
    whole = compile(expression, "<function>", "eval" if isinstance(node, ast.Lambda) else "exec")
    made = next((c for c in whole.co_consts if isinstance(c, CodeType)), None)
    return made is not None and (made.co_code, made.co_names, made.co_consts) == (
        code.co_code,
        code.co_names,
        code.co_consts,
    )


def place_text(source: Source, node: ast.AST | None) -> str:
    """Return the lines of an error that show a node: file and line, the text, carets under it."""
    shown: Any = source.node if node is None or not hasattr(node, "lineno") else node
    head = f"  {source.file}:{shown.lineno}, in {source.name}\n"
    text = source.line(shown.lineno)
    stripped = text.lstrip()
    if not stripped:
        return head
    raw = text.encode()
    indent = len(text) - len(stripped)
    start = len(raw[: shown.col_offset].decode(errors="replace")) - indent
    same = shown.end_lineno == shown.lineno
    end = len(raw[: shown.end_col_offset].decode(errors="replace")) - indent if same else len(stripped)
    carets = " " * max(start, 0) + "^" * max(min(end, len(stripped)) - max(start, 0), 1)
    return f"{head}    {stripped}\n    {carets}\n"
