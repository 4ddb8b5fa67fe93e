"""A trace as JSON: plain dicts, lists, strings and numbers."""

from __future__ import annotations

import inspect
import linecache
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

import numpy as np

from ._costs import Cost, costs
from ._diagnose import Trouble, first_adjoint, first_tangent, first_value
from ._folds import Fold
from ._names import index_text, short

if TYPE_CHECKING:
    from ._model import Place, Step
    from ._trace import Trace

__all__ = ["as_dict", "encode"]

VERSION = 1
COLUMNS = 8  # tangents and adjoints are given for as many numbers, if nothing else is asked for


def as_dict(
    trace: Trace, inputs: Iterable[int | str] | None, outputs: Iterable[int | str] | None, limit: int, measure: bool
) -> dict[str, Any]:
    """Return all of a trace; see `Trace.to_json`."""
    folds = list(trace.folds.walk())
    numbers = {id(fold): i for i, fold in enumerate(folds)}
    measured = costs(trace) if measure else [None] * len(trace.steps)
    pairs = zip(trace.steps, measured, strict=True)
    by = _names([(x.name, x.value) for x in trace.inputs]) if inputs is None else list(inputs)
    of = _names([(x.label, x.value) for x in trace.outputs]) if outputs is None else list(outputs)
    moved = [(name, trace.tangents(name)) for name in by]
    pulled = [(label, trace.adjoints(label)) for label in of]
    return {
        "format": "chainrule.trace",
        "version": VERSION,
        "function": trace.function,
        "file": trace.file,
        "source": {"first_line": trace.source[0], "text": trace.source[1]},
        "functions": _functions(folds),
        "arguments": {name: short(value) for name, value in trace.arguments.items()},
        "value": short(trace.value, 10),
        "inputs": [{"id": x.id, "name": x.name, "value": encode(x.value, limit)} for x in trace.inputs],
        "steps": [_step(trace, step, numbers[id(step.fold)], cost, limit) for step, cost in pairs],
        "outputs": [{"label": x.label, "node": x.node, "value": encode(x.value, limit)} for x in trace.outputs],
        "folds": [_fold(fold, i, numbers) for i, fold in enumerate(folds)],
        "tangents": [{"input": name, "values": [encode(t, limit) for t in found]} for name, found in moved],
        "adjoints": [_adjoints(trace, label, found, limit) for label, found in pulled],
        "diagnostics": {
            "value": _trouble(first_value(trace)),
            "tangents": [_trouble(first_tangent(trace, found)) for _, found in moved],
            "adjoints": [_trouble(first_adjoint(trace, found)) for _, found in pulled],
        },
    }


def encode(value: Any, limit: int = 64) -> Any:
    """Return a number as JSON has it, and an array as a dict; what JSON cannot hold is a string or a dict."""
    if value is None or isinstance(value, (str, bool)):
        return value
    array = np.asarray(value)
    if array.ndim:
        return _array(array, limit)
    kind = array.dtype.kind
    if kind == "b":
        return bool(array)
    if kind in "iu":
        return int(array)
    if kind == "c":
        return {"real": encode(array.real), "imag": encode(array.imag)}
    if kind != "f":
        return str(value)
    number = float(array)
    return number if np.isfinite(number) else str(number)


def _array(array: Any, limit: int) -> dict[str, Any]:
    told = {"shape": list(array.shape), "dtype": str(array.dtype), "text": short(array)}
    if array.size <= limit:
        return told | {"data": [encode(x) for x in array.ravel()]}
    if array.dtype.kind not in "fc":
        return told
    finite = np.abs(array[np.isfinite(array)])
    return told | {
        "largest": encode(finite.max(initial=0.0)),
        "norm": encode(np.sqrt(np.sum(finite**2))),
        "nonfinite": int(array.size - finite.size),
    }


def _step(trace: Trace, step: Step, fold: int, cost: Cost | None, limit: int) -> dict[str, Any]:
    return {
        "id": step.id,
        "name": step.name,
        "operation": step.operation,
        "kind": step.kind,
        "text": trace.expression(step),
        "operands": [{"value": encode(x.value, limit)} if x.node is None else {"node": x.node} for x in step.operands],
        "params": {name: index_text(x) if name == "index" else short(x) for name, x in step.params.items()},
        "value": encode(step.value, limit),
        "partials": [
            {
                "operand": edge.position,
                "node": edge.node,
                "kind": edge.kind,
                "value": _partial(trace, step, edge, limit),
            }
            for edge in trace.edges(step)
        ],
        "place": _place(step.place),
        "fold": fold,
        "bytes": int(np.asarray(step.value).nbytes),
        "seconds": None if cost is None else cost.seconds,
    }


def _partial(trace: Trace, step: Step, edge: Any, limit: int) -> Any:
    """Return a partial; one that is larger than what may be shown is not computed."""
    big = edge.kind == "gradient" and np.size(step.operands[edge.position].value) > limit
    return None if big else encode(trace.partial(step, edge), limit)


def _place(place: Place | None) -> dict[str, Any] | None:
    """Return where in its line a step is; the fold tells the file."""
    return None if place is None else {"line": place.line, "start": place.start, "end": place.end}


def _fold(fold: Fold, number: int, numbers: dict[int, int]) -> dict[str, Any]:
    return {
        "id": number,
        "parent": None if fold.parent is None else numbers[id(fold.parent)],
        "kind": fold.kind,
        "label": fold.label,
        "file": fold.file,
        "line": fold.line,
        "iteration": fold.iteration,
        "first": fold.first,
        "last": fold.last,
    }


def _functions(folds: list[Fold]) -> list[dict[str, Any]]:
    """Return the source of every function that was called."""
    called = {(fold.file, fold.line): fold.label for fold in folds if fold.kind == "call" and fold.file}
    return [
        {"name": name, "file": file, "first_line": line, "text": _block(file or "", line or 1)}
        for (file, line), name in called.items()
    ]


def _block(file: str, first: int) -> str:
    lines = linecache.getlines(file)[first - 1 :]
    try:
        return "".join(inspect.getblock(lines)) if lines else ""
    except (SyntaxError, IndentationError):  # a part of a line, such as a lambda
        return lines[0]


def _names(nodes: list[tuple[str, Any]]) -> list[int | str]:
    """Name every number among some values if they are few; else the values, an array standing for all its elements."""
    if sum(np.size(value) for _, value in nodes) > COLUMNS:
        return [name for name, _ in nodes[:COLUMNS]]
    return [
        f"{name}[{', '.join(map(str, index))}]" if index else name
        for name, value in nodes
        for index in np.ndindex(np.shape(value))
    ]


def _trouble(found: Trouble | None) -> dict[str, Any] | None:
    if found is None:
        return None
    return {"step": found.step.id, "operand": None if found.edge is None else found.edge.position}


def _adjoints(trace: Trace, label: int | str, found: list[Any], limit: int) -> dict[str, Any]:
    terms = [
        None if found[step.id] is None else [encode(x, limit) for _, x in trace.contributions(step, found[step.id])]
        for step in trace.steps
    ]
    return {"output": label, "values": [encode(g, limit) for g in found], "contributions": terms}
