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
        "forward": _first_value(told),
        "backward": [found for column in told["adjoints"] if (found := _first_adjoint(told, column)) is not None],
        "slow": _heaviest(told, sources, "seconds") if any(s is not None for s in seconds) else [],
        "large": _heaviest(told, sources, "bytes"),
        "bytes": sum(step["bytes"] for step in told["steps"]),
        "seconds": sum(s for s in seconds if s is not None),
    }


def _broken(value: Any) -> bool:
    """Tell whether a number or array of a trace holds a nan or an infinity."""
    if isinstance(value, str):
        return value in ("nan", "inf", "-inf")
    if isinstance(value, dict):
        return any(map(_broken, value.get("data", ()))) or bool(value.get("nonfinite"))
    return False


def _first_value(told: dict[str, Any]) -> dict[str, Any] | None:
    found = next((step for step in told["steps"] if _broken(step["value"])), None)
    return None if found is None else {"step": found["id"], "text": ""}


def _first_adjoint(told: dict[str, Any], column: dict[str, Any]) -> dict[str, Any] | None:
    """Return the step whose reverse rule first made something that is not finite of a finite adjoint."""
    for step, terms in zip(reversed(told["steps"]), reversed(column["contributions"]), strict=True):
        if terms is None or _broken(column["values"][step["id"]]):
            continue
        for edge, term in zip(step["partials"], terms, strict=True):
            if _broken(term):
                name = told["inputs"] + told["steps"]
                operand = name[edge["node"]]["name"]
                return {
                    "step": step["id"],
                    "text": f"∂{step['name']}/∂{operand}: {_short(edge['value'])} → {_short(term)}",
                }
    return None


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
