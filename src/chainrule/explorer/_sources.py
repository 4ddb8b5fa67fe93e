"""The user's source on the page: the functions that were called, highlighted, and the lines in them."""

from __future__ import annotations

import re
from html import escape
from pathlib import Path
from typing import Any

from ..errors import ChainruleError

__all__ = ["Sources", "highlighted", "told"]

_FILE_AND_LINE = re.compile(r"\S*[\\/]([^\\/\s]+:\d+)")


class Sources:
    """The functions of a trace, and the places in them, each with a number.

    Attributes
    ----------
    functions : list of dict
        Name, file, number of the first line, and lines.
    places : list of (int, int)
        Function and line.
    only : str or None
        The line on which all steps are, if that is one.
    """

    def __init__(self, told: dict[str, Any]) -> None:
        self.functions = [_function(entry) for entry in told["functions"]]
        self.places: list[tuple[int, int]] = []
        self.only: str | None = None
        self._numbers: dict[tuple[int, int], int] = {}

    def place(self, file: str | None, line: int | None) -> int:
        """Return the number of a line of a file, or -1 if it is in no function that the page shows."""
        if file is None or line is None:
            return -1
        for number, function in enumerate(self.functions):
            if function["path"] == file and 0 <= line - function["first"] < len(function["texts"]):
                at = (number, line)
                if at not in self._numbers:
                    self._numbers[at] = len(self.places)
                    self.places.append(at)
                return self._numbers[at]
        return -1

    def note_steps(self, places: list[int]) -> None:
        """Take note of the places of all steps."""
        if len(set(places)) == 1 and places[0] >= 0:
            number, line = self.places[places[0]]
            self.only = f"{number}:{line}"

    def alike(self, text: str) -> str | None:
        """Return the only line with this text, if there is one."""
        found = [
            f"{number}:{function['first'] + k}"
            for number, function in enumerate(self.functions)
            for k, line in enumerate(function["texts"])
            if line.strip() == text
        ]
        return found[0] if len(found) == 1 else None

    def find(self, line: int, text: str) -> str | None:
        """Return ``"function:line"`` for a line of this number and text."""
        for number, function in enumerate(self.functions):
            k = line - function["first"]
            if 0 <= k < len(function["texts"]) and function["texts"][k].strip() == text:
                return f"{number}:{line}"
        return None

    def as_dict(self) -> dict[str, Any]:
        """Return what the page needs."""
        listed = [
            {"name": x["name"], "file": Path(x["path"] or "").name, "first": x["first"], "lines": x["lines"]}
            for x in self.functions
        ]
        return {"sources": listed, "places": self.places}


def _function(entry: dict[str, Any]) -> dict[str, Any]:
    text = _dedented(entry["text"])
    return {
        "name": entry["name"],
        "path": entry["file"],
        "first": entry["first_line"] or 1,
        "texts": text.splitlines(),
        "lines": highlighted(text),
    }


def _dedented(text: str) -> str:
    """Take out the indentation of the first line, where the other lines have it too."""
    first = text[: len(text) - len(text.lstrip(" "))]
    return "\n".join([line.removeprefix(first) for line in text.splitlines()])


def told(error: Exception) -> str:
    """Return the text of an error, which names files without the folders on the disk of whoever made the page.

    Examples
    --------
    >>> told(ValueError("in /home/me/model.py:12, in loss"))
    'ValueError: in model.py:12, in loss'
    """
    text = str(error) if isinstance(error, ChainruleError) else f"{type(error).__name__}: {error}"
    return _FILE_AND_LINE.sub(r"\1", text)


def highlighted(text: str) -> list[str]:
    """Return the lines of some Python as HTML, coloured if Pygments is installed.

    Examples
    --------
    >>> highlighted("x < y")
    ['...x...&lt;...y...']
    """
    if not text:
        return []
    try:
        from pygments import highlight
        from pygments.formatters import HtmlFormatter
        from pygments.lexers import PythonLexer
    except ImportError:
        return [escape(line) for line in text.splitlines()]
    made = highlight(text, PythonLexer(stripnl=False), HtmlFormatter(nowrap=True))
    lines: list[str] = made.rstrip("\n").split("\n")
    return _closed(lines)


def _closed(lines: list[str]) -> list[str]:
    """Close at the end of each line what is open there, such as the colour of a long string, and open it again."""
    result, carried = [], ""
    for line in lines:
        whole = carried + line
        opened = whole.rfind("<span")
        is_open = whole.count("<span") > whole.count("</span>")
        carried = whole[opened : whole.index(">", opened) + 1] if is_open else ""
        result.append(whole + ("</span>" if is_open else ""))
    return result
