"""The tables that are printed."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable
from typing import Any

from rich.console import Console
from rich.table import Table

from harness.problem import label, problem
from harness.tools import PEERS, TOOLS

Row = dict[str, Any]
Cells = dict[tuple[str, str], dict[str, Row]]  # by problem and size, then by tool


def seconds(value: float | None) -> str:
    """A time in a unit that suits it."""
    if value is None:
        return ""
    for unit, size in (("s", 1.0), ("ms", 1e-3), ("µs", 1e-6)):
        if value >= size:
            return f"{value / size:.3g} {unit}"
    return f"{value * 1e9:.3g} ns"


def megabytes(value: float | None) -> str:
    return "" if value is None else f"{value / 1e6:.1f} MB"


def ratio(value: float | None) -> str:
    return "" if value is None else f"{value:.2f}"


def quotient(a: float | None, b: float | None) -> float | None:
    return a / b if a is not None and b else None


def arrange(rows: Iterable[Row]) -> Cells:
    """Rows by problem and size, and by tool."""
    cells: Cells = {}
    for row in rows:
        cells.setdefault((row["problem"], row["size"]), {})[row["tool"]] = row
    return cells


def best_peer(row: dict[str, Row], what: str = "derivative") -> float | None:
    """The least time of another tool."""
    return min((row[t][what] for t in PEERS if row.get(t, {}).get(what) is not None), default=None)


def published(name: str, size: str) -> tuple[str, float] | None:
    """The best published time for a size, and whose it is."""
    module = problem(name)
    if not module.PUBLISHED or size != label(module.HEADLINE):
        return None
    return min(module.PUBLISHED.items(), key=lambda item: item[1])


def medians(rows: list[Row], what: str) -> Table:
    """The medians of all tools, and for the derivatives the best published one."""
    cells, tools = arrange(rows), _tools(rows)
    table = _table(f"{what}: median of a call", ["problem", "size", *(TOOLS[t].title for t in tools), "best published"])
    for (name, size), row in cells.items():
        best = published(name, size) if what == "derivative" else None
        others = "" if best is None else f"{best[0]} {seconds(best[1])}"
        table.add_row(name, size, *(_median(row.get(t, {}), what) for t in tools), others)
    return table


def _median(row: Row, what: str) -> str:
    status = row.get("status", "")
    return seconds(row.get(what)) or {"wrong": "WRONG", "failed": "failed", "slow": "too slow"}.get(status, "")


def own_ratios(rows: list[Row]) -> Table:
    """Derivative over primal, for each tool."""
    tools = _tools(rows)
    table = _table("derivative over primal", ["problem", "size", *(TOOLS[t].title for t in tools)])
    for (name, size), row in arrange(rows).items():
        parts = [row.get(t, {}) for t in tools]
        table.add_row(name, size, *(ratio(quotient(p.get("derivative"), p.get("primal"))) for p in parts))
    return table


def comparisons(rows: list[Row]) -> Table:
    """Our derivative's time over that of the others, and the geometric means."""
    cells = arrange(rows)
    table = _table("derivative by chainrule over that of", ["problem", "size", *QUOTIENTS])
    for (name, size), row in cells.items():
        table.add_row(name, size, *(ratio(f(name, size, row)) for f in QUOTIENTS.values()))
    table.add_section()
    means = [geometric_mean(f(n, s, row) for (n, s), row in cells.items()) for f in QUOTIENTS.values()]
    table.add_row("geometric mean", "", *map(ratio, means))
    return table


def over_best_peer(name: str, size: str, row: dict[str, Row]) -> float | None:
    """Our derivative's time over that of the fastest other tool."""
    return quotient(row.get("chainrule", {}).get("derivative"), best_peer(row))


def over_hand(name: str, size: str, row: dict[str, Row]) -> float | None:
    """Our derivative's time over that of the adjoint that was written by hand."""
    return quotient(row.get("chainrule", {}).get("derivative"), row.get("by_hand", {}).get("derivative"))


def over_published(name: str, size: str, row: dict[str, Row]) -> float | None:
    """Our derivative's time over the best one published."""
    best = published(name, size)
    return quotient(row.get("chainrule", {}).get("derivative"), best[1] if best else None)


QUOTIENTS: dict[str, Callable[[str, str, dict[str, Row]], float | None]] = {
    "best other tool here": over_best_peer,
    "by hand": over_hand,
    "best published": over_published,
}


def geometric_mean(values: Iterable[float | None]) -> float | None:
    """The geometric mean of what there is."""
    there = [math.log(v) for v in values if v]
    return math.exp(sum(there) / len(there)) if there else None


def speedups(rows: list[Row]) -> Table:
    """One thread over several."""
    counts = sorted({row["threads"] for row in rows})
    times = {(r["problem"], r["size"], r["tool"], r["threads"]): r.get("derivative") for r in rows}
    table = _table("derivative with more threads", ["problem", "size", "tool", *map(str, counts), "speed-up"])
    for name, size, tool in dict.fromkeys((r["problem"], r["size"], r["tool"]) for r in rows if r["threads"] > 1):
        own = [times.get((name, size, tool, count)) for count in counts]
        if own[-1] is not None:
            table.add_row(name, size, TOOLS[tool].title, *map(seconds, own), ratio(quotient(own[0], own[-1])))
    return table


def first_calls(rows: list[Row]) -> Table:
    """Times to the first derivative."""
    columns = list(dict.fromkeys((row["tool"], row["state"]) for row in rows))
    titles = [f"{TOOLS[tool].title} {state}" for tool, state in columns]
    table = _table("first derivative in a new process", ["problem", "size", *titles])
    cells: dict[tuple[str, str], dict[tuple[str, str], Row]] = {}
    for row in rows:
        cells.setdefault((row["problem"], row["size"]), {})[row["tool"], row["state"]] = row
    for (name, size), own in cells.items():
        table.add_row(name, size, *(seconds(own.get(column, {}).get("first")) for column in columns))
    return table


def memory(rows: list[Row]) -> Table:
    """The peaks of primal and derivative."""
    tools = _tools(rows)
    columns = [f"{TOOLS[t].title} {what}" for t in tools for what in ("primal", "derivative")]
    table = _table("memory that a call needs", ["problem", "size", *columns])
    for (name, size), row in arrange(rows).items():
        values = [row.get(t, {}).get(what) for t in tools for what in ("primal", "derivative")]
        table.add_row(name, size, *map(megabytes, values))
    return table


def notes(console: Console, rows: list[Row]) -> None:
    """Say why cells are blank."""
    reasons: dict[tuple[str, str, str], list[str]] = {}
    for row in rows:
        if row["status"] != "right":
            text = row.get("note") or f"largest relative error {row.get('error'):.1e}"
            reasons.setdefault((row["problem"], row["tool"], f"{row['status']}: {text}"), []).append(row["size"])
    for (name, tool, text), sizes in reasons.items():
        where = "" if "not expressed" in text or "missing" in text else f" ({'; '.join(dict.fromkeys(sizes))})"
        console.print(f"{name}, {TOOLS[tool].title}{where}: {text}", highlight=False, markup=False)


def _tools(rows: list[Row]) -> list[str]:
    return [tool for tool in TOOLS if any(row["tool"] == tool for row in rows)]


def _table(title: str, columns: list[str]) -> Table:
    table = Table(title=title, title_justify="left", box=None, pad_edge=False)
    for i, column in enumerate(columns):
        table.add_column(column, justify="left" if i < 2 else "right", overflow="fold")
    return table
