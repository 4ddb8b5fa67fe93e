"""A comparison for a terminal, drawn by rich."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any, Literal

from ._methods import METHODS
from ._result import Comparison, Row
from ._text import RIGHT_ALIGNED, cells, heading, notes

__all__ = ["render"]

GAP = 2  # columns of the terminal between those of the table
_ACCURACY = {method.name: method.accuracy for method in METHODS}
_LAYOUTS: Sequence[tuple[int, bool, set[str]]] = (  # digits, work told briefly, what is left out: until it fits
    (10, False, set()),
    (10, True, set()),
    (6, True, set()),
    (6, True, {"memory"}),
    (6, True, {"memory", "follows"}),
)


def render(comparison: Comparison) -> Any:
    """Return what `rich` prints: a table as wide as the terminal allows, with what is to be said above and below."""
    return _Rendered(comparison)


class _Rendered:
    def __init__(self, comparison: Comparison) -> None:
        self.comparison = comparison

    def __rich_console__(self, console: Any, options: Any) -> Iterator[Any]:
        from rich.text import Text

        yield Text(heading(self.comparison), style="bold")
        yield Text("")
        yield _table(self.comparison, options.max_width)
        yield Text("")
        for note in notes(self.comparison):
            yield Text(note, style=_tone(note))


def _table(comparison: Comparison, width: int) -> Any:
    from rich import box
    from rich.table import Table
    from rich.text import Text

    headers, rows, shown = _fitting(comparison, width)
    table = Table(box=box.SIMPLE_HEAD, show_edge=False, padding=(0, 1, 0, 0), pad_edge=False, header_style="bold")
    for at in shown:
        side: Literal["right", "left"] = "right" if headers[at] in RIGHT_ALIGNED else "left"
        table.add_column(headers[at], justify=side, no_wrap=headers[at] not in ("work", "derivative"))
    for row, line in zip(comparison.rows, rows, strict=True):
        table.add_row(*[Text(line[at], _style(headers[at], line[at], row)) for at in shown])
    return table


def _fitting(comparison: Comparison, width: int) -> tuple[list[str], list[list[str]], list[int]]:
    """Return the fullest table that fits the terminal, and which of its columns to show."""
    for digits, brief, without in _LAYOUTS:
        headers, rows = cells(comparison, digits, brief)
        shown = [at for at, header in enumerate(headers) if header not in without]
        needed = sum(max(len(line[at]) for line in (headers, *rows)) + GAP for at in shown) - GAP
        if needed <= width:
            break
    return headers, rows, shown


def _style(header: str, cell: str, row: Row) -> str:
    if header == "method":
        return "cyan"
    if header == "follows":
        return "green" if cell == "yes" else "red"
    if header == "error" and row.error is not None:
        expected = _ACCURACY.get(row.method, 1e-6)
        return "green" if row.error <= expected else "yellow" if row.error < 1e-3 else "red"
    return "" if row.matrix is not None else "dim"


def _tone(note: str) -> str:
    if note.startswith("The derivative by hand"):
        return "green" if note.endswith("right.") else "bold red"
    return "red" if note.startswith("  ") else "dim"
