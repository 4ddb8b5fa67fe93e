"""The text of a module: its imports, and one function for each function of a program."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from .. import ir
from .writer import Writer

__all__ = ["Emitted", "emit"]


class Emitted(NamedTuple):
    """The text of a program.

    Attributes
    ----------
    body : str
        The functions, the entry last.
    helpers : tuple of str
        The functions of `chainrule.compiled.runtime` that they call.
    functions : tuple of str
        The names of the functions, the entry's last.
    """

    body: str
    helpers: tuple[str, ...]
    functions: tuple[str, ...]

    @property
    def entry(self) -> str:
        return self.functions[-1]

    @property
    def text(self) -> str:
        """The module: NumPy, the helpers, the functions."""
        lines = ["import numpy as np"]
        if self.helpers:
            lines += ["", f"from chainrule.compiled.runtime import {', '.join(self.helpers)}"]
        return "\n".join([*lines, "", "", self.body])


def emit(program: ir.Program, names: Sequence[str] | None = None, doc: str = "", boundscheck: bool = True) -> Emitted:
    """Return the text of a program.

    Parameters
    ----------
    program : Program
    names : sequence of str, optional
        What the parameters of its entry are to be called; by default what the program calls them.
    doc : str
        The docstring of the entry.
    boundscheck : bool
        Whether an index that may be out of range is checked.
    """
    functions = [*program.others.values(), program.entry]
    taken = [f.name for f in functions]
    lines: list[str] = []
    helpers: set[str] = set()
    for function in functions:
        entry = function is program.entry
        params = names if entry and names is not None else [p.hint for p in function.params]
        writer = Writer(function, params, taken, boundscheck)
        lines += [*writer.write(doc if entry else ""), "", ""]
        helpers |= writer.helpers
    return Emitted("\n".join(lines).rstrip() + "\n", tuple(sorted(helpers)), tuple(taken))
