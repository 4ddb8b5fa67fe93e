"""A comparison in plain text and in HTML."""

from __future__ import annotations

from html import escape
from typing import Any

import numpy as np

from ._result import Comparison, Row, Verdict

__all__ = ["cells", "heading", "html", "notes", "plain"]

SEPARATE = 3  # as many components have columns of their own
WRONG = 8  # as many wrong components are listed
RIGHT_ALIGNED = ("error", "time", "memory")


def heading(comparison: Comparison) -> str:
    """Return the call and its value, on one line."""
    given = ", ".join(f"{name}={short(value)}" for name, value in comparison.arguments.items())
    name, value = comparison.function, short(comparison.value)
    if name.isidentifier() or name == "<lambda>":
        return f"{name if name != '<lambda>' else 'f'}({given}) = {value}"
    return f"{name} = {value} at {given}"


def cells(comparison: Comparison, digits: int = 10, brief: bool = False) -> tuple[list[str], list[list[str]]]:
    """Return the headers of the table, and its rows as text; numbers have some digits, work may be told briefly."""
    components = comparison.components()
    separate = len(components) <= SEPARATE
    headers = ["method", *(components if separate else ["derivative"]), "error", "work", "time", "memory", "follows"]
    rows = []
    for row in comparison.rows:
        if row.matrix is None:
            values = ["-"] * (len(headers) - 6)
        elif separate:
            values = [f"{x:.{digits}g}" for x in row.matrix.ravel()]
        else:
            values = [short(row.matrix if len(comparison.outputs) > 1 else row.matrix[0])]
        rows.append([row.method, *values, error_text(row, comparison), *_price(row, brief)])
    return headers, rows


def _price(row: Row, brief: bool) -> list[str]:
    if row.matrix is None:
        return ["-", "-", "-", "no"]
    return [row.work.brief() if brief else str(row.work), duration(row.seconds), size(row.peak_bytes), "yes"]


def error_text(row: Row, comparison: Comparison) -> str:
    """Return a row's error; where the reference is no better than that, return the reference's own."""
    if row.error is None:
        return "-"
    reference = comparison.reference
    if reference.kind == "richardson" and row.error <= reference.error:
        return f"<{reference.error:.0e}"
    return f"{row.error:.0e}" if row.error > 1e-25 else "0"


def notes(comparison: Comparison) -> list[str]:
    """Return what is to be said below the table."""
    reference = comparison.reference
    lines = []
    if reference.matrix is not None:
        own = f"itself right to {reference.error:.0e}" if reference.error else "exact here"
        own = own if reference.error < 1e-6 else f"itself known to {reference.error:.0e} only"
        lines.append(f"Errors are relative to {reference.source}, {own}.")
    else:
        lines.append("There is no reference to measure errors against.")
    lines += [reference.note] if reference.note else []
    judged = comparison.manual is not None
    lines += [f"{row.method}: {row.reason}" for row in comparison.rows[judged:] if row.reason]
    return lines + (_verdict(comparison.manual) if comparison.manual is not None else [])


def _verdict(verdict: Verdict) -> list[str]:
    if verdict.right is None:
        return [f"The derivative by hand cannot be judged: {verdict.reason}"]
    if verdict.right:
        return ["The derivative by hand is right."]
    if not verdict.differences:
        return [f"The derivative by hand is wrong: {verdict.reason}"]
    count = len(verdict.differences)
    lines = [f"The derivative by hand is wrong in {count} component{'s' if count > 1 else ''}:"]
    lines += [f"  {d.component} is {d.expected:.10g}, given {d.given:.10g}" for d in verdict.differences[:WRONG]]
    return lines + (["  ..."] if count > WRONG else [])


def plain(comparison: Comparison) -> str:
    """Return the whole comparison as text in columns."""
    headers, rows = cells(comparison)
    widths = [max(map(len, column)) for column in zip(headers, *rows, strict=True)]
    lines = [_line(headers, headers, widths), "  ".join("-" * width for width in widths)]
    lines += [_line(row, headers, widths) for row in rows]
    return "\n".join([heading(comparison), "", *lines, "", *notes(comparison)])


def _line(row: list[str], headers: list[str], widths: list[int]) -> str:
    aligned = [
        cell.rjust(width) if header in RIGHT_ALIGNED else cell.ljust(width)
        for cell, header, width in zip(row, headers, widths, strict=True)
    ]
    return "  ".join(aligned).rstrip()


def html(comparison: Comparison) -> str:
    """Return the comparison as an HTML table."""
    headers, rows = cells(comparison)
    head = "".join(f"<th>{escape(header)}</th>" for header in headers)
    body = "".join("<tr>" + "".join(f"<td>{escape(cell)}</td>" for cell in row) + "</tr>" for row in rows)
    below = "<br>".join(escape(note) for note in notes(comparison))
    return f"<p><code>{escape(heading(comparison))}</code></p><table><tr>{head}</tr>{body}</table><p>{below}</p>"


def short(value: Any) -> str:
    """Return a value in little room."""
    if isinstance(value, (float, np.floating)):
        return f"{value:.10g}"
    if isinstance(value, np.ndarray):
        return _short_array(value) if value.ndim else short(value[()])
    if isinstance(value, dict):
        return "{" + ", ".join(f"{key!r}: {short(part)}" for key, part in value.items()) + "}"
    if type(value) in (list, tuple):
        inside = ", ".join(map(short, value))
        return f"[{inside}]" if isinstance(value, list) else f"({inside}{',' if len(value) == 1 else ''})"
    return str(value)


def _short_array(array: Any) -> str:
    """Return the first and the last elements, and all of them where there are few."""
    if not array.ndim:
        return f"{array:.5g}" if array.dtype.kind == "f" else str(array)
    few = 4 if array.ndim == 1 else 2
    head, tail = (array, array[:0]) if len(array) <= few else (array[: few - 1], array[-1:])
    parts = [*map(_short_array, head), *(["..."] if len(tail) else []), *map(_short_array, tail)]
    return f"[{', '.join(parts)}]"


def duration(seconds: float | None) -> str:
    """Return a time with three digits and its unit."""
    if seconds is None:
        return "-"
    for unit, scale in (("s", 1.0), ("ms", 1e-3), ("µs", 1e-6)):
        if seconds >= scale:
            return f"{_three(seconds / scale)} {unit}"
    return f"{seconds / 1e-9:.0f} ns"


def size(count: int | None) -> str:
    """Return a number of bytes with its unit."""
    if count is None:
        return "-"
    for unit, scale in (("GiB", 2**30), ("MiB", 2**20), ("KiB", 2**10)):
        if count >= scale:
            return f"{_three(count / scale)} {unit}"
    return f"{count} B"


def _three(x: float) -> str:
    return f"{x:.2f}" if x < 10 else f"{x:.1f}" if x < 100 else f"{x:.0f}"
