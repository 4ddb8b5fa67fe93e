"""The loops in the source of a function."""

from __future__ import annotations

import ast
import linecache
from types import CodeType
from typing import NamedTuple

__all__ = ["Loop", "loops_of", "loops_of_file"]


class Loop(NamedTuple):
    """A ``for`` or ``while``.

    Attributes
    ----------
    kind : str
    first, body, last : int
        The first line, that of the body, and the last line.
    head : int
        A line that is passed before each iteration: once, or more often if the header has several lines.
    """

    kind: str
    first: int
    body: int
    last: int
    head: int


def loops_of(code: CodeType, loops: tuple[Loop, ...]) -> tuple[Loop, ...]:
    """Return which loops of a file are those of a function."""
    return tuple([loop for loop in loops if _belongs(loop, code)])


def _belongs(loop: Loop, code: CodeType) -> bool:
    lines = [line for _, _, line in code.co_lines() if line is not None]
    return bool(lines) and loop.head in lines and min(lines) <= loop.first and loop.last <= max(lines)


def loops_of_file(filename: str) -> tuple[Loop, ...]:
    """Return the loops of a file, outer ones first; none if there is no source."""
    try:
        tree = ast.parse("".join(linecache.getlines(filename)))
    except (SyntaxError, ValueError):
        return ()
    found = []
    for node in ast.walk(tree):
        if isinstance(node, (ast.For, ast.While)):
            head = node.iter.lineno if isinstance(node, ast.For) else node.test.lineno
            kind = "for" if isinstance(node, ast.For) else "while"
            found.append(Loop(kind, node.lineno, node.body[0].lineno, _last_line(node), head))
    return tuple(sorted(found, key=lambda loop: (loop.first, -loop.last)))


def _last_line(node: ast.For | ast.While) -> int:
    """Return the last line of a loop's body; ``else`` belongs to it no more."""
    last = node.body[-1]
    return last.end_lineno or last.lineno
