"""The plots: what a derivative costs beside the primal and with other tools, memory, and first calls."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import FuncFormatter

from harness.problem import label, problem
from harness.tables import Row, arrange, published
from harness.tools import TOOLS

COLORS = {
    "chainrule": "#0072b2", "by_hand": "#000000", "jax": "#d55e00", "torch": "#cc79a7", "autograd": "#e69f00",
    "casadi": "#009e73", "published": "#7f7f7f",
}  # fmt: skip
MARKERS = {
    "chainrule": "o", "by_hand": "|", "jax": "s", "torch": "D", "autograd": "^", "casadi": "v", "published": "x",
}  # fmt: skip
Points = dict[str, list[tuple[float, int]]]  # by tool: values, each with the number of its line


def draw(results: dict[str, Any], folder: Path) -> None:
    """Draw what there are figures for, as SVG files."""
    folder.mkdir(parents=True, exist_ok=True)
    least = min((row["threads"] for row in results["medians"]), default=1)
    rows = [row for row in results["medians"] if row["threads"] == least and headline(row)]
    if rows:
        save(lines(rows, relative, "derivative, relative to chainrule's"), folder / "derivatives.svg")
        save(lines(rows, own_ratio, "derivative / primal, each tool's own"), folder / "ratios.svg")
    if results["first"]:
        save(first_calls(results["first"]), folder / "first-calls.svg")
    if results["memory"]:
        save(memory(results["memory"]), folder / "memory.svg")


def save(figure: Figure, path: Path) -> None:
    """Write a figure so that the same figures give the same file."""
    figure.savefig(path, metadata={"Date": None}, bbox_inches="tight")


def headline(row: Row) -> bool:
    """Whether a row is of the size that stands for its problem."""
    return row["size"] == label(problem(row["problem"]).HEADLINE)


def relative(name: str, size: str, row: dict[str, Row]) -> dict[str, float]:
    """Times of derivatives over ours, with the best published."""
    ours = row.get("chainrule", {}).get("derivative")
    if not ours:
        return {}
    found = {tool: part["derivative"] / ours for tool, part in row.items() if part.get("derivative")}
    best = published(name, size)
    return found | ({"published": best[1] / ours} if best else {})


def own_ratio(name: str, size: str, row: dict[str, Row]) -> dict[str, float]:
    """Each tool's derivative over its primal."""
    return {
        t: part["derivative"] / part["primal"]
        for t, part in row.items()
        if part.get("primal", 0) and "derivative" in part
    }


def lines(rows: list[Row], values: Callable[[str, str, dict[str, Row]], dict[str, float]], title: str) -> Figure:
    """A line for each problem, and a mark on it for each tool."""
    cells = list(arrange(rows).items())
    figure, axes = _figure(7.5, 0.9 + 0.28 * len(cells), title)
    points: Points = {}
    for line, ((name, size), row) in enumerate(reversed(cells)):
        for tool, value in values(name, size, row).items():
            points.setdefault(tool, []).append((value, line))
    for tool in [*TOOLS, "published"]:
        if tool in points:
            across, up = zip(*points[tool], strict=True)
            axes.plot(
                across,
                up,
                MARKERS[tool],
                color=COLORS[tool],
                label=_title(tool),
                markersize=7 + 4 * (tool == "by_hand"),
            )
    axes.axvline(1.0, color="#cccccc", zorder=0)
    axes.set_xscale("log")
    axes.set_yticks(range(len(cells)), [name for (name, _), _ in reversed(cells)])
    axes.grid(axis="y", color="#eeeeee")
    axes.xaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:g}"))
    axes.legend(loc="upper left", bbox_to_anchor=(1.0, 1.0), frameon=False)
    return figure


def first_calls(rows: list[Row]) -> Figure:
    """Seconds to the first derivative: a bar for each tool, with and without machine code that was kept."""
    names = list(dict.fromkeys(row["problem"] for row in rows))
    kinds = list(dict.fromkeys((row["tool"], row["state"]) for row in rows))
    times = {(row["problem"], row["tool"], row["state"]): row.get("first", 0.0) for row in rows}
    figure, axes = _figure(7.5, 0.9 + 0.16 * len(names) * len(kinds), "seconds to the first derivative")
    height = 0.8 / len(kinds)
    for i, (tool, state) in enumerate(kinds):
        up = [line + 0.4 - height * (i + 0.5) for line in range(len(names))]
        across = [times.get((name, tool, state), 0.0) for name in reversed(names)]
        axes.barh(
            up,
            across,
            height,
            color=COLORS[tool],
            alpha=1.0 if state == "cold" else 0.45,
            label=f"{_title(tool)}, {state}",
        )
    axes.set_yticks(range(len(names)), list(reversed(names)))
    axes.legend(loc="upper left", bbox_to_anchor=(1.0, 1.0), frameon=False)
    return figure


def memory(rows: list[Row]) -> Figure:
    """The peak of the derivative, against the size, for each problem that has such figures."""
    names = list(dict.fromkeys(row["problem"] for row in rows))
    figure = Figure(figsize=(3.6 * len(names), 3.0), layout="constrained")
    for axes, name in zip(figure.subplots(1, len(names), squeeze=False)[0], names, strict=True):
        own = [row for row in rows if row["problem"] == name and row.get("derivative")]
        places = {label(size): list(size.values())[-1] for size in problem(name).MEMORY}
        for tool in TOOLS:
            points = [(places[row["size"]], row["derivative"] / 1e6) for row in own if row["tool"] == tool]
            if points:
                axes.plot(
                    *zip(*points, strict=True), MARKERS[tool], linestyle="-", color=COLORS[tool], label=_title(tool)
                )
        axes.set(title=name, xlabel=list(problem(name).MEMORY[0])[-1], ylabel="MB at the peak of a derivative", ylim=0)
        _bare(axes)
    figure.axes[0].legend(frameon=False)
    return figure


def _figure(width: float, height: float, title: str) -> tuple[Figure, Axes]:
    figure = Figure(figsize=(width, height), layout="constrained")
    axes = figure.subplots()
    axes.set_xlabel(title)
    _bare(axes)
    return figure, axes


def _bare(axes: Axes) -> None:
    axes.spines[["top", "right"]].set_visible(False)


def _title(tool: str) -> str:
    return "best published" if tool == "published" else TOOLS[tool].title
