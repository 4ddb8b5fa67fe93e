"""Walks over expressions: all iterative, so that a chain of any length can be walked."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

from .build import call, choice
from .expression import Expr, Symbol, as_expr
from .rows import SELECT

__all__ = ["dag_size", "rebuild", "subexpressions", "substitute", "symbols_in", "tree_size", "uses"]


def subexpressions(roots: Iterable[Expr]) -> list[Expr]:
    """Return every distinct expression of which the roots consist, operands before what is made of them.

    The order follows from the roots alone, not from what was computed before.
    """
    order: list[Expr] = []
    seen: set[int] = set()
    stack: list[tuple[Expr, bool]] = [(root, False) for root in roots][::-1]
    while stack:
        node, complete = stack.pop()
        if complete:
            order.append(node)
        elif node.serial not in seen:
            seen.add(node.serial)
            if node.operands:
                stack.append((node, True))
                stack.extend([(x, False) for x in node.operands[::-1] if x.serial not in seen])
            else:
                order.append(node)
    return order


def symbols_in(roots: Iterable[Expr]) -> tuple[Symbol, ...]:
    """Return the symbols that occur, sorted by name and index."""
    found = [x for x in subexpressions(roots) if isinstance(x, Symbol)]
    return tuple(sorted(found, key=lambda x: (x.name, x.index or ())))


def dag_size(roots: Iterable[Expr]) -> int:
    """Return the number of distinct subexpressions."""
    return len(subexpressions(roots))


def tree_size(roots: Iterable[Expr]) -> int:
    """Return the number of symbols, constants and calls when every shared subexpression is repeated."""
    roots = list(roots)
    sizes: dict[int, int] = {}
    for node in subexpressions(roots):
        sizes[node.serial] = 1 + sum([sizes[x.serial] for x in node.operands])
    return sum([sizes[root.serial] for root in roots])


def uses(nodes: Iterable[Expr]) -> dict[int, int]:
    """Count, by serial number, how often each expression is an operand."""
    counts: dict[int, int] = {}
    for node in nodes:
        for x in node.operands:
            counts[x.serial] = counts.get(x.serial, 0) + 1
    return counts


def rebuild(roots: Iterable[Expr], leaf: Callable[[Expr], Any], inner: Callable[[Expr, list[Any]], Any]) -> list[Any]:
    """Compute something for each expression from leaves upwards, and forget it when nothing needs it any more."""
    roots = list(roots)
    nodes = subexpressions(roots)
    left = uses(nodes)
    for root in roots:
        left[root.serial] = left.get(root.serial, 0) + 1
    made: dict[int, Any] = {}
    for node in nodes:
        made[node.serial] = inner(node, [made[x.serial] for x in node.operands]) if node.operands else leaf(node)
        for x in node.operands:
            left[x.serial] -= 1
            if not left[x.serial]:
                made.pop(x.serial, None)
    return [made[root.serial] for root in roots]


def substitute(roots: Iterable[Expr], replacements: dict[Symbol, Any]) -> list[Expr]:
    """Return the roots with other expressions in the place of symbols."""
    known = {old.serial: as_expr(new) for old, new in replacements.items()}
    return rebuild(roots, lambda node: known.get(node.serial, node), _same_call)


def _same_call(node: Expr, operands: list[Expr]) -> Expr:
    assert node.row is not None
    if node.row is SELECT:
        return choice(*operands)
    return call(node.row, tuple(operands), node.params)
