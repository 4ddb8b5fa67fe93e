"""The text of a module: its imports, and one function for each function of a program."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from .. import ir, special
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
    special : tuple of str
        The functions of SciPy that they call.
    """

    body: str
    helpers: tuple[str, ...]
    functions: tuple[str, ...]
    special: tuple[str, ...] = ()

    @property
    def entry(self) -> str:
        return self.functions[-1]

    @property
    def imports(self) -> list[str]:
        """The lines that import SciPy's functions."""
        modules: dict[str, list[str]] = {}
        for name in self.special:
            modules.setdefault(str(special.module_of(name)), []).append(name)
        return [f"from {module} import {', '.join(names)}" for module, names in sorted(modules.items())]

    @property
    def text(self) -> str:
        """The module: NumPy, the helpers, the functions."""
        lines = [*(["import numpy as np"] if "np." in self.body else []), *self.imports]
        if self.helpers:
            lines += [*([""] if lines else []), f"from chainrule.compiled.runtime import {', '.join(self.helpers)}"]
        return "\n".join([*lines, *(["", ""] if lines else []), self.body])


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
    functions_of_scipy: set[str] = set()
    for function in functions:
        entry = function is program.entry
        params = names if entry and names is not None else [p.hint for p in function.params]
        writer = Writer(function, params, taken, boundscheck)
        lines += [*writer.write(doc if entry else ""), "", ""]
        helpers |= writer.helpers
        functions_of_scipy |= writer.special
    body = "\n".join(lines).rstrip() + "\n"
    return Emitted(body, tuple(sorted(helpers)), tuple(taken), tuple(sorted(functions_of_scipy)))
