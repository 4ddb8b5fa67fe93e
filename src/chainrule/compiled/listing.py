"""Emitted Python as a text that notebooks show in colours."""

from __future__ import annotations

__all__ = ["Listing"]


class Listing(str):
    r"""A text of Python. It is a string; at a prompt it shows its lines, and in a notebook they are coloured.

    Examples
    --------
    >>> Listing("x = 1\ny = 2")
    x = 1
    y = 2
    """

    __slots__ = ()

    def __repr__(self) -> str:
        return str(self).rstrip("\n")

    def _repr_html_(self) -> str | None:
        """Return the text in colours, if Pygments is there, as in every notebook."""
        try:
            from pygments import highlight
            from pygments.formatters import HtmlFormatter
            from pygments.lexers import PythonLexer
        except ImportError:
            return None
        shown: str = highlight(self, PythonLexer(), HtmlFormatter(noclasses=True, nobackground=True))
        return shown
