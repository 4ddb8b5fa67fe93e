"""The formulas of the page: the function and its derivatives, before and after simplification, with their sizes."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from .. import symbolic, tree
from ..comparison import Program
from ..symbolic import refusals
from ..symbolic.array import wrap
from ..symbolic.build import as_written
from ..symbolic.mathml import mathml
from ..symbolic.walk import subexpressions, tree_size
from ._methods import counted
from ._sources import told

__all__ = ["formulas"]

STEPS = 20_000  # of a longer run no formula is made
READABLE = 260  # a formula of more parts is not written out
WRITTEN = 1000  # distinct parts: of what is larger the rules' own text is not made
SIMPLE = 90  # SymPy is not asked to simplify what is larger: it may take minutes
DRAWN_TREE, DRAWN_DAG = 70, 120  # nodes
DERIVATIVES = 6
PARTS = 20_000  # of large formulas fewer derivatives are made: all together are to differentiate as many parts
NUMBERS = 60  # inputs and outputs: of more there is no formula that one would read


def formulas(
    f: Callable[..., Any], args: tuple[Any, ...], kwargs: dict[str, Any], by: Any, ran: int = 0
) -> dict[str, Any]:
    """Return the formula of a function that ran some steps, and of its derivatives, or why there is none."""
    if ran > STEPS:
        return {"ok": False, "reason": f"The run has {ran} steps: too many for a formula.", "hint": None}
    try:
        return _formulas(Program(f, args, kwargs, by))
    except Exception as error:  # of a function that was never meant for symbols
        hint = "no_formula_branch" if "branch" in str(error) else None
        return {"ok": False, "reason": told(error), "hint": hint}


def _formulas(program: Program) -> dict[str, Any]:
    if program.n > NUMBERS or program.m > NUMBERS:
        reason = f"{program.name} has {program.m} × {program.n} partial derivatives: too many for formulas to be read."
        return {"ok": False, "reason": reason, "hint": None}
    plain, written = _traced(program), None
    parts = len(subexpressions(plain.roots()))
    if parts <= WRITTEN:
        with as_written():
            written = _traced(program)
    symbols = _symbols(program)
    shown = symbols[: min(DERIVATIVES, max(1, PARTS // max(parts, 1)))]
    return {
        "ok": True,
        "expression": _stage("function", plain),
        "derivatives": [_derivative(plain, written, s) for s in shown],
        "left": len(symbols) - len(shown),
        "graph": _graph(plain),
    }


def _symbols(program: Program) -> list[Any]:
    """Return a symbol for each number that goes in, named as its argument."""
    found: list[Any] = []
    for leaf in program.leaves:
        made = symbolic.symbols([leaf.argument + leaf.path], np.shape(leaf.value))
        found += made.roots()
    return found


def _traced(program: Program) -> Any:
    leaves = [symbolic.symbols([leaf.argument + leaf.path], np.shape(leaf.value)) for leaf in program.leaves]
    with refusals.revealed():
        found = program.call(*leaves)
    roots = [root for part in tree.flatten(found)[0] for root in _roots(part)]
    return roots[0] if len(roots) == 1 else symbolic.Array(_objects(roots))


def _roots(part: Any) -> Sequence[Any]:
    found = part if hasattr(part, "roots") else wrap(np.asarray(part, object))
    roots: Sequence[Any] = found.roots()
    return roots


def _objects(roots: list[Any]) -> Any:
    array = np.empty(len(roots), object)
    array[:] = roots
    return array


def _derivative(plain: Any, written: Any, by: Any) -> dict[str, Any]:
    """Return the derivative as the rules write it, as it is built, and as SymPy simplifies it, where one would look."""
    tidy = symbolic.derivative(plain, by)
    stages = [_stage("tidy", tidy)]
    if written is not None:
        with as_written():
            stages.insert(0, _stage("rules", symbolic.derivative(written, by)))
    simple = _simplified(tidy) if tree_size(tidy.roots()) <= SIMPLE else None
    if simple is tidy:
        stages[-1]["kind"] = "simplest"
    elif simple is not None:
        stages.append(_stage("sympy", simple))
    return {"name": str(by), "stages": stages}


def _simplified(x: Any) -> Any:
    try:
        return x.simplify()
    except Exception:  # SymPy is not installed, does not know a function, or fails in ways of its own
        return None


def _stage(kind: str, x: Any) -> dict[str, Any]:
    size = tree_size(x.roots())
    readable = size <= READABLE
    made = {
        "kind": kind,
        "text": str(x) if readable else "",
        "tree": counted(size),
        "dag": str(len(subexpressions(x.roots()))),
    }
    return made | ({"mathml": mathml(x)} if readable else {})


# ---- The picture


def _graph(x: Any) -> dict[str, Any] | None:
    roots = x.roots()
    nodes = subexpressions(roots)
    if len(roots) != 1 or len(nodes) > DRAWN_DAG:
        return None
    place = {node.serial: i for i, node in enumerate(nodes)}
    labels = [_label(node) for node in nodes]
    operands = [[place[x.serial] for x in node.operands] for node in nodes]
    whole = _unrolled(len(nodes) - 1, labels, operands) if tree_size(roots) <= DRAWN_TREE else None
    return {"dag": {"labels": labels, "operands": operands}, "tree": whole}


def _unrolled(root: int, labels: list[str], operands: list[list[int]]) -> dict[str, Any]:
    """Draw each use of a part again."""
    found: dict[str, Any] = {"labels": [], "operands": []}

    def add(node: int) -> int:
        at = len(found["labels"])
        found["labels"].append(labels[node])
        found["operands"].append([])
        found["operands"][at] = [add(operand) for operand in operands[node]]
        return at

    add(root)
    return found


_SIGNS = {
    "add": "+",
    "subtract": "−",
    "multiply": "×",
    "divide": "÷",
    "negative": "−",
    "square": "( )²",
    "select": "where",
}


def _label(node: Any) -> str:
    if node.row is None:
        return str(node)
    if node.row.name == "power_constant":
        return f"( )^{node.params['n']}"
    name: str = node.row.name
    return _SIGNS.get(name, name)
