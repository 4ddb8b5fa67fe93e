"""The trace in columns, as the page reads it: small enough for ten thousand steps."""

from __future__ import annotations

import math
from typing import Any

from ._sources import Sources

__all__ = ["columns", "groups", "packed", "steps"]


def packed(value: Any) -> Any:
    """Return a value of a trace as the page shows it: of an array its shape, its norm, and its elements if few.

    Examples
    --------
    >>> packed({"shape": [2], "dtype": "float64", "text": "...", "data": [3.0, 4.0]})
    {'shape': [2], 'norm': 5.0, 'data': [3.0, 4.0]}
    """
    if not isinstance(value, dict):
        return value
    if "shape" not in value:
        return _complex(value)
    if "data" in value:
        told = {"shape": value["shape"], "norm": _norm(value["data"]), "data": [packed(x) for x in value["data"]]}
        broken = any(_is_broken(x) for x in value["data"])
    else:
        told = {"shape": value["shape"], "norm": value.get("norm")}
        broken = value.get("nonfinite", 0) > 0
    return told | ({"broken": True} if broken else {})


def _complex(value: dict[str, Any]) -> str:
    real, imag = float(value["real"]), float(value["imag"])
    return f"{real:.10g} {'-' if math.copysign(1, imag) < 0 else '+'} {abs(imag):.10g}i"


def _norm(elements: list[Any]) -> Any:
    """Return the norm of the finite elements; a string where JSON has no word for it."""
    parts = [part for x in elements for part in (x.values() if isinstance(x, dict) else [x])]
    norm = math.hypot(*[x for x in parts if isinstance(x, (int, float))])
    return norm if math.isfinite(norm) else str(norm)


def _is_broken(element: Any) -> bool:
    return any(map(_is_broken, element.values())) if isinstance(element, dict) else isinstance(element, str)


def steps(told: dict[str, Any], sources: Sources) -> dict[str, Any]:
    """Return a list for each property, the inputs first."""
    inputs, ran, folds = told["inputs"], told["steps"], told["folds"]
    none: list[Any] = [[] for _ in inputs]
    edges = [_edges(step) for step in ran]
    places = [_place(step, folds, sources) for step in ran]
    sources.note_steps(places)
    return {
        "inputs": len(inputs),
        "name": [x["name"] for x in inputs] + [step["name"] for step in ran],
        "text": [""] * len(inputs) + [step["text"] for step in ran],
        "value": [packed(x["value"]) for x in inputs] + [packed(step["value"]) for step in ran],
        "args": none + [[node for node, _ in pairs] for pairs in edges],
        "partial": none + [[partial for _, partial in pairs] for pairs in edges],
        "place": [-1] * len(inputs) + places,
    }


def _edges(step: dict[str, Any]) -> list[tuple[int, Any]]:
    """Return each operand that is a node, with the local partial by it, or None if nothing flows there."""
    partials = {edge["operand"]: edge for edge in step["partials"]}
    return [
        (operand["node"], _partial(partials.get(position)))
        for position, operand in enumerate(step["operands"])
        if "node" in operand
    ]


def _partial(edge: dict[str, Any] | None) -> Any:
    if edge is None:
        return None
    return "map" if edge["value"] is None else packed(edge["value"])


def _place(step: dict[str, Any], folds: list[dict[str, Any]], sources: Sources) -> int:
    return -1 if step["place"] is None else sources.place(folds[step["fold"]]["file"], step["place"]["line"])


def groups(told: dict[str, Any], sources: Sources) -> list[Any]:
    """Return the calls, loops and iterations: kind, place, first step, last + 1, group around it (or -1), number, name.

    Outer ones come before those in them. Empty ones are left out, and so are lines: a step stands in its line anyway.
    The list is flat, for calls may lie in each other deeper than JSON is read and written.
    """
    shift = len(told["inputs"])
    number_of: dict[int | None, int] = {None: -1}
    found: list[Any] = []
    for fold in told["folds"]:
        around = number_of[fold["parent"]]
        if fold["kind"] in ("trace", "line") or fold["first"] > fold["last"]:
            number_of[fold["id"]] = around
            continue
        number_of[fold["id"]] = len(found)
        kind = "call" if fold["kind"] == "within" else fold["kind"]
        place = sources.place(fold["file"], fold["line"])
        group = [kind, place, fold["first"] + shift, fold["last"] + 1 + shift, around, fold["iteration"] or 0]
        found.append([*group, fold["label"]] if kind == "call" else group)
    return found


def columns(told: dict[str, Any]) -> dict[str, Any]:
    """Return the tangents by each input and the adjoints of each output that the trace tells."""
    nodes = {x["label"]: x["node"] for x in told["outputs"]}
    tangents = [{"name": str(x["input"]), "values": [packed(v) for v in x["values"]]} for x in told["tangents"]]
    adjoints = []
    for x in told["adjoints"]:
        node = nodes.get(x["output"], nodes.get(str(x["output"]).partition("[")[0]))
        if node is not None:
            adjoints.append({"name": str(x["output"]), "node": node, "values": [packed(v) for v in x["values"]]})
    return {"tangents": tangents, "adjoints": adjoints}
