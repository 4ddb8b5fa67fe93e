"""Lines of the text, and what is known of each."""

from __future__ import annotations

from .. import ir

__all__ = ["Line", "outdented"]


class Line(str):
    """A line of the text, the user's line that it comes from, and whether it heads an `ir.For.apart`."""

    __slots__ = ("apart", "place")
    place: ir.Place | None
    apart: bool

    def __new__(cls, text: str, place: ir.Place | None, apart: bool = False) -> Line:
        line = super().__new__(cls, text)
        line.place, line.apart = place, apart
        return line


def outdented(line: str) -> Line:
    """Return a line one level further out."""
    return Line(line[4:], getattr(line, "place", None), getattr(line, "apart", False))
