"""Emitted programs whose every operation is watched: the same Python, with each operation as a call of a `Watch`."""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterable
from typing import Any

__all__ = ["WATCH", "instrumented"]

WATCH = "__chainrule_watch__"
_SYMBOLS = {
    ast.Add: "+", ast.Sub: "-", ast.Mult: "*", ast.Div: "/", ast.Pow: "**", ast.FloorDiv: "//", ast.Mod: "%",
    ast.MatMult: "@",
}  # fmt: skip


def instrumented(body: str, names: Iterable[str], entry: str, namespace: dict[str, Any], watch: Any) -> Any:
    """Return the entry of a program with its operations watched.

    Parameters
    ----------
    body : str
        The text of its functions.
    names : iterable of str
        Those functions whose operations are watched; others are called as they are.
    entry : str
    namespace : dict
        What the functions find around them.
    watch : Watch
    """
    module = ast.parse(body)
    wanted = set(names)
    module.body = [x for x in module.body if isinstance(x, ast.FunctionDef) and x.name in wanted]
    _Instrument(wanted).visit(module)
    room = {**namespace, WATCH: watch}
    exec(compile(ast.fix_missing_locations(module), "<watched program>", "exec"), room)
    function: Callable[..., Any] = room[entry]
    return function


class _Instrument(ast.NodeTransformer):
    """Turns operations, reads and writes of elements, and calls into calls of the watch."""

    def __init__(self, own: set[str]) -> None:
        self.own = own

    def visit_BinOp(self, node: ast.BinOp) -> ast.AST:
        symbol, text = _SYMBOLS.get(type(node.op)), ast.unparse(node)
        if symbol is None:  # of bits
            return self.generic_visit(node)
        return self._call("binary", node, _text(symbol), _text(text), self.visit(node.left), self.visit(node.right))

    def visit_UnaryOp(self, node: ast.UnaryOp) -> ast.AST:
        if not isinstance(node.op, ast.USub) or isinstance(node.operand, ast.Constant):
            return self.generic_visit(node)
        return self._call("negative", node, self.visit(node.operand))

    def visit_Call(self, node: ast.Call) -> ast.AST:
        text, args = ast.unparse(node), [self.visit(x) for x in node.args]
        keywords = [ast.keyword(k.arg, self.visit(k.value)) for k in node.keywords]
        if isinstance(node.func, ast.Name) and node.func.id in self.own:
            return ast.copy_location(ast.Call(node.func, args, keywords), node)
        func = self.visit(node.func)
        receiver = func.value if isinstance(func, ast.Attribute) else ast.Constant(None)
        call = self._call("call", node, _text(text), func, receiver, *args)
        call.keywords = keywords
        return call

    def visit_Subscript(self, node: ast.Subscript) -> ast.AST:
        if not isinstance(node.ctx, ast.Load) or _is_shape(node.value):
            return self.generic_visit(node)
        return self._call("load", node, self.visit(node.value), self._index(node.slice))

    def visit_Assign(self, node: ast.Assign) -> ast.AST:
        target = node.targets[0]
        if len(node.targets) > 1 or not isinstance(target, ast.Subscript):
            return self.generic_visit(node)
        return self._store(node, target, self.visit(node.value))

    def visit_AugAssign(self, node: ast.AugAssign) -> ast.AST:
        if type(node.op) not in _SYMBOLS:
            return self.generic_visit(node)
        symbol, text = _text(_SYMBOLS[type(node.op)]), _text(ast.unparse(node))
        target, value = node.target, self.visit(node.value)
        if isinstance(target, ast.Subscript):
            old = self._call("load", node, self.visit(target.value), self._index(target.slice))
            return self._store(node, target, self._call("binary", node, symbol, text, old, value))
        assert isinstance(target, ast.Name)
        result = self._call("binary", node, symbol, text, ast.Name(target.id, ast.Load()), value)
        return ast.copy_location(ast.Assign([target], result), node)

    def _store(self, node: ast.stmt, target: ast.Subscript, value: ast.expr) -> ast.AST:
        call = self._call("store", node, self.visit(target.value), self._index(target.slice), value)
        return ast.copy_location(ast.Expr(call), node)

    def _index(self, index: ast.expr) -> ast.expr:
        """Return an index as a value: slices are written as calls."""
        if isinstance(index, ast.Tuple):
            return ast.Tuple([self._index(x) for x in index.elts], ast.Load())
        if isinstance(index, ast.Slice):
            ends = (index.lower, index.upper, index.step)
            parts = [ast.Constant(None) if x is None else self.visit(x) for x in ends]
            return ast.Call(ast.Name("slice", ast.Load()), parts, [])
        found: ast.expr = self.visit(index)
        return found

    def _call(self, method: str, node: ast.AST, *args: ast.expr) -> ast.Call:
        watch = ast.Attribute(ast.Name(WATCH, ast.Load()), method, ast.Load())
        line = ast.Constant(getattr(node, "lineno", 0))
        return ast.copy_location(ast.Call(watch, [line, *args], []), node)


def _text(text: str) -> ast.Constant:
    return ast.Constant(text)


def _is_shape(node: ast.expr) -> bool:
    return isinstance(node, ast.Attribute) and node.attr == "shape"
