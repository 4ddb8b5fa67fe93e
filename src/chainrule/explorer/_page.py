"""One HTML file out of the parts in ``page/`` and the data of a function."""

from __future__ import annotations

import json
import os
import tempfile
import webbrowser
from functools import cache
from html import escape
from importlib.resources import files
from pathlib import Path
from typing import Any

__all__ = ["Page"]

SCRIPTS = (
    "steps", "markup", "texts", "fold", "layout", "graph", "rule", "source", "table", "walk", "formula", "compiled",
    "methods", "diagnostics", "main",
)  # fmt: skip
LIBRARIES = ("dagre.min.js", "d3-parts.min.js")
LICENCES = ("LICENSE-dagre", "LICENSE-d3")


class Page:
    """A page that steps through a function and its derivative; made by `explore`.

    Attributes
    ----------
    data : dict
        What the page shows: the steps, formulas, compiled programs, measurements and diagnostics.

    Examples
    --------
    >>> import chainrule as cr
    >>> page = cr.explore(lambda x: x * x, 3.0)
    >>> page.data["adjoints"][0]["values"]
    [6.0, 1.0]
    >>> page.html.startswith("<!DOCTYPE html>")
    True
    """

    def __init__(self, data: dict[str, Any]) -> None:
        self.data = data
        self._html: str | None = None

    @property
    def html(self) -> str:
        """The text of the page."""
        if self._html is None:
            self._html = _filled(self.data)
        return self._html

    def save(self, path: str | os.PathLike[str]) -> Path:
        """Write the page to a file and return its path."""
        file = Path(path)
        file.write_text(self.html, encoding="utf-8")
        return file

    def show(self) -> None:
        """Open the page in the web browser."""
        with tempfile.NamedTemporaryFile(
            "w", suffix=".html", prefix="chainrule-", delete=False, encoding="utf-8"
        ) as file:
            file.write(self.html)
        webbrowser.open(Path(file.name).as_uri())

    def _repr_html_(self) -> str:
        frame = 'style="width:100%;height:820px;border:1px solid #ccc;border-radius:6px" sandbox="allow-scripts"'
        return f'<iframe title="{escape(self.data["call"])}" {frame} srcdoc="{escape(self.html)}"></iframe>'

    def __repr__(self) -> str:
        ran = len(self.data["steps"]["value"]) - self.data["steps"]["inputs"]
        size = f"{len(self.html.encode()) / 1000:.0f} kB"
        return f"<page of {self.data['call']} = {self.data['value']}: {ran} step{'' if ran == 1 else 's'}, {size}>"


def _filled(data: dict[str, Any]) -> str:
    """Put everything in its place in the template."""
    parts = {
        "version": escape(data["chainrule"]),
        "title": escape(data["call"]),
        "style": _read("style.css"),
        "licences": escape("\n\n".join(_read(f"vendor/{name}") for name in LICENCES)),
        "texts": _as_script(json.loads(_read("texts.json"))),
        "scripts": _scripts(),
        "data": _as_script(data),
    }
    pieces = _read("template.html").split("@")
    return "".join([parts.get(piece, f"@{piece}@") if i % 2 else piece for i, piece in enumerate(pieces)])


def _as_script(data: Any) -> str:
    """Return JSON that can stand in a script element."""
    text = json.dumps(data, ensure_ascii=False, allow_nan=False, separators=(",", ":"))
    return text.replace("<", "\\u003c").replace("\u2028", "\\u2028").replace("\u2029", "\\u2029")


@cache
def _scripts() -> str:
    """Return the libraries, and the page's own scripts in a scope of their own."""
    libraries = [_read(f"vendor/{name}") for name in LIBRARIES]
    own = "\n".join(_read(f"scripts/{name}.js") for name in SCRIPTS)
    return "\n".join([*libraries, f'(() => {{\n"use strict";\n{own}\n}})();'])


@cache
def _read(name: str) -> str:
    return files(__package__).joinpath("page", *name.split("/")).read_text(encoding="utf-8")
