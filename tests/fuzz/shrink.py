"""Make a failing program small: as long as it fails the same way, statements, expressions and inputs are taken away."""

from __future__ import annotations

import ast
import itertools
from collections.abc import Callable, Iterator
from copy import deepcopy
from dataclasses import replace
from typing import Any

import numpy as np

from .program import HEADER, Program

Fails = Callable[[Program], bool]


def shrink(program: Program, fails: Fails, budget: int = 1500) -> Program:
    """Return a smaller program for which `fails` still holds, after at most `budget` trials."""
    trials = itertools.count()
    improved = True
    while improved:
        improved = False
        for candidate in _candidates(program):
            if next(trials) >= budget:
                return program
            if fails(candidate):
                program, improved = candidate, True
                break
    return program


def _candidates(program: Program) -> Iterator[Program]:
    """Propose smaller programs, the boldest first."""
    for text in itertools.chain(_fewer_statements(program.text), _unwrapped(program.text), _simpler(program.text)):
        yield replace(program, text=text)
    if program.layout != "in rows":
        yield replace(program, layout="in rows")
    yield from _fewer_parameters(program)
    yield from _smaller_inputs(program)


def _tree(text: str) -> ast.Module:
    tree = ast.parse(text)
    tree.body = [s for s in tree.body if not isinstance(s, ast.Import)]
    return tree


def _text(tree: ast.Module) -> str:
    return HEADER + "\n\n" + ast.unparse(ast.fix_missing_locations(tree)) + "\n"


def _blocks(tree: ast.AST) -> list[list[ast.stmt]]:
    """All lists of statements of a program, in the same order each time."""
    found = []
    for node in ast.walk(tree):
        for name in ("body", "orelse"):
            block = getattr(node, name, None)
            if isinstance(block, list) and block:
                found.append(block)
    return found


def _changed(text: str, change: Callable[[list[list[ast.stmt]]], None]) -> str:
    tree = _tree(text)
    change(_blocks(tree))
    for node in ast.walk(tree):
        if hasattr(node, "body") and isinstance(node.body, list) and not node.body:
            node.body = [ast.Pass()]
    return _text(tree)


def _fewer_statements(text: str) -> Iterator[str]:
    """Leave out halves of blocks, then single statements, the last ones first."""
    blocks = _blocks(_tree(text))
    for length in (4, 2, 1):
        for b, block in enumerate(blocks):
            if len(block) == 1 and isinstance(block[0], ast.Pass):
                continue
            for start in range(len(block) - length, -1, -1):

                def cut(all_blocks: list[list[ast.stmt]], b: int = b, start: int = start) -> None:
                    del all_blocks[b][start : start + length]  # noqa: B023

                yield _changed(text, cut)


def _unwrapped(text: str) -> Iterator[str]:
    """Put the statements of a compound one in its place; a loop keeps the first value of its counter."""
    for b, block in enumerate(_blocks(_tree(text))):
        for s, statement in enumerate(block):
            if not isinstance(statement, (ast.For, ast.While, ast.If)):
                continue
            for part in ("body", "orelse"):
                if getattr(statement, part):

                    def hoist(all_blocks: list[list[ast.stmt]], b: int = b, s: int = s, part: str = part) -> None:
                        whole = all_blocks[b][s]
                        start = [] if not isinstance(whole, ast.For) else [ast.Assign([whole.target], ast.Constant(0))]
                        all_blocks[b][s : s + 1] = start + getattr(whole, part)

                    yield _changed(text, hoist)


def _simpler(text: str) -> Iterator[str]:
    """Replace expressions by parts of them, or by constants."""
    count = sum(1 for node in ast.walk(_tree(text)) if _replaceable(node))
    for i in range(count):
        for choice in itertools.count():
            new = _replaced(text, i, choice)
            if new is None:
                break
            if new != text:
                yield new


def _replaceable(node: ast.AST) -> bool:
    if isinstance(node, (ast.Attribute, ast.Slice, ast.Tuple)):
        return False
    return isinstance(node, ast.expr) and not isinstance(getattr(node, "ctx", ast.Load()), (ast.Store, ast.Del))


def _replaced(text: str, i: int, choice: int) -> str | None:
    tree = _tree(text)
    nodes = [node for node in ast.walk(tree) if _replaceable(node)]
    options = _options(nodes[i])
    if choice >= len(options):
        return None

    class Replace(ast.NodeTransformer):
        def visit(self, node: ast.AST) -> Any:
            return options[choice] if node is nodes[i] else self.generic_visit(node)

    return _text(Replace().visit(tree))


def _options(node: ast.expr) -> list[ast.expr]:
    """What may stand for an expression: its parts, then a constant."""
    if isinstance(node, ast.Constant):
        value = node.value
        if isinstance(value, bool) or not isinstance(value, (int, float)) or value in (0, 1):
            return []
        return [ast.Constant(type(value)(1)), *([ast.Constant(value - 1)] if isinstance(value, int) else [])]
    parts = [part for part in ast.iter_child_nodes(node) if isinstance(part, ast.expr)]
    if isinstance(node, ast.Call):
        parts = list(node.args) + ([node.func.value] if isinstance(node.func, ast.Attribute) else [])
        parts = [part for part in parts if not (isinstance(part, ast.Name) and part.id in ("np", "math"))]
    if isinstance(node, ast.Name):
        return [] if node.id in ("np", "math", "range", "len") else [ast.Constant(1.0)]
    return [deepcopy(part) for part in parts if not isinstance(part, ast.Slice)] + [ast.Constant(1.0)]


def _fewer_parameters(program: Program) -> Iterator[Program]:
    """Drop a parameter of `f` with its argument."""
    for i in range(len(program.args)):
        tree = _tree(program.text)
        f = next(s for s in tree.body if isinstance(s, ast.FunctionDef) and s.name == "f")
        if len(program.args) > 1:
            del f.args.args[i]
            yield replace(program, text=_text(tree), args=program.args[:i] + program.args[i + 1 :])


def _smaller_inputs(program: Program) -> Iterator[Program]:
    """Shorten all axes of one length, or one array; round values."""
    lengths = sorted({n for a in program.args for n in np.shape(a)}, reverse=True)
    for n in lengths:
        if n > 1:
            yield replace(program, args=tuple(_shortened(a, n) for a in program.args))
    for i, a in enumerate(program.args):
        if np.ndim(a) and max(a.shape) > 1:
            yield replace(program, args=(*program.args[:i], _shortened(a, max(a.shape)), *program.args[i + 1 :]))
        for digits in (0, 1):
            new = _rounded(a, digits)
            if np.any(np.asarray(new) != np.asarray(a)):
                yield replace(program, args=(*program.args[:i], new, *program.args[i + 1 :]))


def _shortened(a: Any, n: int) -> Any:
    if not np.ndim(a):
        return a
    return a[tuple(slice(0, m - 1 if m == n else m) for m in a.shape)].copy()


def _rounded(a: Any, digits: int) -> Any:
    if np.asarray(a).dtype.kind != "f":
        return a
    return np.round(a, digits) + 0.0 if np.ndim(a) else round(float(a), digits)
