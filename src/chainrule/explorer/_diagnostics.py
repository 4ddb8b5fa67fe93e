"""Where a run went wrong, and what in it was heavy."""

from __future__ import annotations

from collections import defaultdict
from typing import Any

from ._sources import Sources

__all__ = ["diagnostics"]

LISTED = 8


def diagnostics(told: dict[str, Any], sources: Sources) -> dict[str, Any]:
    """Return the first values and adjoints that are not finite, and the lines that took most time and memory."""
    seconds = [step["seconds"] for step in told["steps"]]
    return {
        "alarms": _alarms(told),
        "slow": _heaviest(told, sources, "seconds") if any(s is not None for s in seconds) else [],
        "large": _heaviest(told, sources, "bytes"),
        "bytes": sum(step["bytes"] for step in told["steps"]),
        "seconds": sum(s for s in seconds if s is not None),
    }


def _alarms(told: dict[str, Any]) -> list[dict[str, Any]]:
    """Return the steps that first made what is not finite: forwards, as a tangent, and on the way back."""
    found = told["diagnostics"]
    alarms = [{"sweep": "forward", "step": found["value"]["step"], "text": ""}] if found["value"] else []
    for kind in ("adjoints", "tangents"):
        for column, (trouble, values) in enumerate(zip(found[kind], told[kind], strict=True)):
            if trouble is not None:
                text = _edge(told, trouble, values) if kind == "adjoints" else ""
                alarms.append({"sweep": kind, "step": trouble["step"], "column": column, "text": text})
    return alarms


def _edge(told: dict[str, Any], trouble: dict[str, Any], values: dict[str, Any]) -> str:
    """Write out the edge along which a finite adjoint became one that is not."""
    inputs = told["inputs"]
    step = told["steps"][trouble["step"] - len(inputs)]
    terms = values["contributions"][trouble["step"] - len(inputs)]
    position = next(k for k, edge in enumerate(step["partials"]) if edge["operand"] == trouble["operand"])
    edge = step["partials"][position]
    name = (inputs + told["steps"])[edge["node"]]["name"]
    adjoint = _short(values["values"][step["id"]])
    return f"{adjoint} · ∂{step['name']}/∂{name} = {adjoint} · {_short(edge['value'])} = {_short(terms[position])}"


def _short(value: Any) -> str:
    if isinstance(value, dict):
        return str(value.get("text", ""))
    return "…" if value is None else f"{value:.4g}" if isinstance(value, float) else str(value)


def _heaviest(told: dict[str, Any], sources: Sources, key: str) -> list[dict[str, Any]]:
    """Add up what the operations of each line took, and return the lines with most."""
    folds = told["folds"]
    amounts: dict[tuple[int, str], list[Any]] = defaultdict(list)
    for step in told["steps"]:
        line = step["place"]["line"] if step["place"] else None
        place = sources.place(folds[step["fold"]]["file"], line)
        amounts[place, step["operation"]].append(step)
    rows = [
        {
            "place": place,
            "step": max(found, key=lambda step: step[key] or 0)["id"],
            "text": operation,
            "count": len(found),
            "amount": sum(step[key] or 0 for step in found),
        }
        for (place, operation), found in amounts.items()
    ]
    return sorted(rows, key=lambda row: -row["amount"])[:LISTED]
