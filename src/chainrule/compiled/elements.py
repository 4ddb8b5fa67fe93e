"""Loops and elements of arrays in a form that Numba compiles in less time.

For each element that a function reads or writes, Numba emits some fifty instructions: copies of all that it knows of
the array, and steps for an index that may be negative; for each loop over a range, a hundred. Most of the time of
compiling goes into taking them away again. In emitted programs no index is negative, and every loop counts. So before a
module is compiled, ``x[i, j]`` becomes the call of a function with instructions of its own, see `instructions`,
``for i in range(n)`` becomes a ``while``, and arrays are made by functions that are kept compiled. The text on disk
stays as it is, and the lines too.
"""

from __future__ import annotations

import ast
from collections.abc import Collection
from types import ModuleType
from typing import Any

from . import instructions, runtime
from .instructions import PART, PUT, TAKE

__all__ = ["attach", "with_calls"]

_MADE = "chainrule_"  # before the name of a function that makes an array


def with_calls(text: str, names: Collection[str]) -> ast.Module:
    """Return a module whose functions of these names read and write elements by calls."""
    module, change = ast.parse(text), _Calls()
    for function in module.body:
        if isinstance(function, ast.FunctionDef) and function.name in names:
            change.visit(function)
    return ast.fix_missing_locations(module)


def attach(module: ModuleType, functions: Collection[str]) -> None:
    """Put what these functions call in place of elements into their module."""
    for name in {name for function in functions for name in _called(module.__dict__[function])}:
        if name.startswith((TAKE, PUT, PART)):
            module.__dict__[name] = instructions.machine_form(name)
        elif name.startswith(_MADE):
            module.__dict__[name] = runtime.machine_form(name.removeprefix(_MADE))


def _called(function: Any) -> tuple[str, ...]:
    names: tuple[str, ...] = getattr(function, "py_func", function).__code__.co_names
    return names


class _Calls(ast.NodeTransformer):
    """Loops become others, elements of arrays become calls."""

    def __init__(self) -> None:
        self.depth = 0

    def visit_For(self, node: ast.For) -> ast.stmt | list[ast.stmt]:
        self.depth += 1
        self.generic_visit(node)
        self.depth -= 1
        bounds = _bounds(node.iter)
        if bounds is None or not isinstance(node.target, ast.Name) or node.orelse:
            return node
        start, stop, step = bounds
        following, end = f"chainrule_next_{self.depth}", f"chainrule_end_{self.depth}"
        index, sign = node.target.id, "<" if step == "+" else ">"
        text = f"while {following} {sign} {end}:\n    {index} = {following}\n    {following} = {index} {step} 1"
        loop = ast.parse(text).body[0]
        assert isinstance(loop, ast.While)
        for part in ast.walk(loop):
            ast.copy_location(part, node)
        loop.body += node.body
        before = [ast.Assign([ast.Name(name, ast.Store())], x) for name, x in ((following, start), (end, stop))]
        return [*[_placed(s, node) for s in before], loop]

    def visit_Call(self, node: ast.Call) -> ast.Call:
        self.generic_visit(node)
        what = node.func.attr if isinstance(node.func, ast.Attribute) else ""
        if what not in ("empty", "zeros") or len(node.args) > 1:
            return node
        sizes = node.args[0].elts if isinstance(node.args[0], ast.Tuple) else node.args
        return ast.Call(ast.Name(f"{_MADE}{what}_{len(sizes)}", ast.Load()), sizes, []) if len(sizes) < 5 else node

    def visit_Subscript(self, node: ast.Subscript) -> ast.expr:
        self.generic_visit(node)
        if not isinstance(node.ctx, ast.Load):
            return node
        index, part = _index(node), _part(node)
        if part is not None:
            return self._call(PART, node, part)
        return node if index is None else self._call(TAKE, node, index)

    def visit_Assign(self, node: ast.Assign) -> ast.stmt:
        self.generic_visit(node)
        target = node.targets[0]
        index = _index(target) if len(node.targets) == 1 else None
        if index is None:
            return node
        return _placed(ast.Expr(self._call(PUT, target, index, node.value)), node)

    def visit_AugAssign(self, node: ast.AugAssign) -> ast.stmt:
        self.generic_visit(node)
        index = _index(node.target)
        if index is None:
            return node
        before = self._call(TAKE, node.target, index)
        value = ast.BinOp(before, node.op, node.value)
        return _placed(ast.Expr(self._call(PUT, node.target, index, value)), node)

    def _call(self, what: str, node: Any, index: list[ast.expr], *value: ast.expr) -> ast.Call:
        array = ast.Name(node.value.id, ast.Load())
        return ast.Call(ast.Name(f"{what}_{len(index)}", ast.Load()), [array, *index, *value], [])


def _bounds(node: ast.expr) -> tuple[ast.expr, ast.expr, str] | None:
    """Return start, stop, and the sign of a step of one, of a range."""
    if not isinstance(node, ast.Call) or not isinstance(node.func, ast.Name) or node.func.id != "range":
        return None
    start, stop = node.args[:2] if len(node.args) > 1 else (ast.Constant(0), node.args[0])
    sign = {"1": "+", "-1": "-"}.get(ast.unparse(node.args[2]) if len(node.args) == 3 else "1")
    return None if sign is None else (start, stop, sign)


def _placed(node: ast.stmt, place: ast.stmt) -> ast.stmt:
    """Let what has no line yet stand in the line of another statement."""
    for part in ast.walk(node):
        if not hasattr(part, "lineno"):
            ast.copy_location(part, place)
    return node


def _index(node: ast.expr) -> list[ast.expr] | None:
    """Return the index of an element of an array that has a name; None if it is something else."""
    if not isinstance(node, ast.Subscript) or not isinstance(node.value, ast.Name):
        return None
    parts = node.slice.elts if isinstance(node.slice, ast.Tuple) else [node.slice]
    plain = not any(isinstance(p, ast.Slice) or (isinstance(p, ast.Constant) and p.value is None) for p in parts)
    return parts if plain and parts else None


def _part(node: ast.Subscript) -> list[ast.expr] | None:
    """Return the index of a part of an array: of its first axes; the others are whole."""
    if not isinstance(node.value, ast.Name) or not isinstance(node.slice, ast.Tuple):
        return None
    index = [p for p in node.slice.elts if not isinstance(p, ast.Slice)]
    slices = node.slice.elts[len(index) :]
    whole = all(isinstance(p, ast.Slice) and p.lower is None and p.upper is None and p.step is None for p in slices)
    plain = not any(isinstance(p, ast.Constant) and p.value is None for p in index)
    return index if whole and plain and index and slices else None
