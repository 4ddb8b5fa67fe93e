"""A comparison for a terminal, drawn by rich."""

from __future__ import annotations

from typing import Any

from ._methods import METHODS
from ._result import Comparison, Row
from ._text import RIGHT_ALIGNED, cells, heading, notes

__all__ = ["render"]

_ACCURACY = {method.name: method.accuracy for method in METHODS}


def render(comparison: Comparison) -> Any:
    """Return a table that `rich` prints, with what is to be said above and below."""
    from rich.console import Group
    from rich.table import Table
    from rich.text import Text

    headers, rows = cells(comparison)
    table = Table(header_style="bold", pad_edge=False)
    for header in headers:
        numeric = header in RIGHT_ALIGNED
        table.add_column(header, justify="right" if numeric else "left", no_wrap=numeric or header == "method")
    for row, line in zip(comparison.rows, rows, strict=True):
        table.add_row(
            *[Text(cell, style=_style(header, cell, row)) for header, cell in zip(headers, line, strict=True)]
        )
    below = [Text(note, style=_tone(note)) for note in notes(comparison)]
    return Group(Text(heading(comparison), style="bold"), table, *below)


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
