"""The text of a module: its imports, and one function for each function of a program."""

from __future__ import annotations

import itertools
import re
from collections.abc import Sequence
from dataclasses import replace
from typing import NamedTuple

from .. import ir, loops, runtime, special
from ..external import EXTERNALS
from ..kernels import KERNELS
from .names import TAKEN
from .writer import Writer

__all__ = ["Emitted", "emit"]

_APART = re.compile(r"^( *for \w+ in )range\(")


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
    externals : tuple of (str, str)
        The functions that are called as they are: their names in the text and their keys in `external.EXTERNALS`.
    kernels : tuple of str
        The functions of numbers that stand before the others.
    places : tuple of Place or None
        The user's line that each line of the body comes from.
    parts : tuple of str
        Those of the functions that run in threads.
    apart : frozenset of int
        The numbers of the lines of the body, from 0 on, that are heads of loops whose iterations never meet in memory.
    """

    body: str
    helpers: tuple[str, ...]
    functions: tuple[str, ...]
    special: tuple[str, ...] = ()
    externals: tuple[tuple[str, str], ...] = ()
    kernels: tuple[str, ...] = ()
    places: tuple[ir.Place | None, ...] = ()
    parts: tuple[str, ...] = ()
    apart: frozenset[int] = frozenset()

    @property
    def entry(self) -> str:
        return self.functions[-1]

    @property
    def imports(self) -> list[str]:
        """The lines that import SciPy's functions."""
        modules: dict[str, list[str]] = {}
        for name in self.special:
            modules.setdefault(str(special.module_of(name)), []).append(name)
        plain = sorted({EXTERNALS[key].call.imports for _, key in self.externals} - {""})
        lines = [f"from {module} import {', '.join(names)}" for module, names in sorted(modules.items())]
        return [*[f"import {module}" for module in plain], *lines]

    @property
    def text(self) -> str:
        """The module: NumPy, the helpers, the functions."""
        return self._headed(self.body)

    @property
    def machine_text(self) -> str:
        """The module with its loops marked for the machine; it does the same."""
        marked = [_APART.sub(rf"\1{loops.APART}(", line) if k in self.apart else line
                  for k, line in enumerate(self.body.split("\n"))]  # fmt: skip
        text = self._headed("\n".join(marked))
        return f"from builtins import range as {loops.APART}\n{text}" if self.apart else text

    def _headed(self, body: str) -> str:
        lines = [*(["import numpy as np"] if "np." in body else []), *self.imports]
        if self.helpers:
            lines += [*([""] if lines else []), f"from chainrule.compiled.runtime import {', '.join(self.helpers)}"]
        return "\n".join([*lines, *(["", ""] if lines else []), body])


def emit(
    program: ir.Program, names: Sequence[str] | None = None, doc: str = "", boundscheck: bool = True,
    by_line: bool = False,
) -> Emitted:  # fmt: skip
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
    by_line : bool
        Whether operations from different lines of the user's stay apart: a longer text, whose `places` are exact.
    """
    functions = [*program.others.values(), program.entry]
    taken = [f.name for f in functions]
    names_of = _named(functions, taken)
    kernels = [replace(KERNELS[key], name=name) for key, name in names_of.items() if key in KERNELS]
    externals = {key: name for key, name in names_of.items() if key in EXTERNALS}
    lines = [line for key, name in externals.items() for line in (EXTERNALS[key].definition(name), "")]
    helpers: set[str] = {helper for key in externals for helper in EXTERNALS[key].helpers}
    functions_of_scipy: set[str] = set()
    for function in [*kernels, *functions]:
        entry = function is program.entry
        params = names if entry and names is not None else [p.hint for p in function.params]
        writer = Writer(function, params, taken, boundscheck, names_of, by_line)
        lines += [*writer.write(doc if entry else ""), "", ""]
        helpers |= writer.helpers
        functions_of_scipy |= writer.special
    by_place = [line for text in lines for line in _split(text)]
    return Emitted(
        "\n".join(lines).rstrip() + "\n", tuple(sorted(helpers)), tuple(taken), tuple(sorted(functions_of_scipy)),
        tuple([(name, key) for key, name in externals.items()]), tuple([kernel.name for kernel in kernels]),
        tuple([getattr(line, "place", None) for line in by_place]),
        tuple([f.name for f in functions if isinstance(f, ir.Part)]),
        frozenset([k for k, line in enumerate(by_place) if getattr(line, "apart", False)]),
    )  # fmt: skip


def _split(text: str) -> list[str]:
    """Return the lines of a piece of the body; that of an external function has several."""
    return text.split("\n") if "\n" in text else [text]


def _named(functions: Sequence[ir.Function], taken: Sequence[str]) -> dict[str, str]:
    """Return names for the external functions and the kernels that a program calls, by their keys."""
    found: dict[str, str] = {}
    for key in _called(functions, set()):
        hint = EXTERNALS[key].name if key in EXTERNALS else KERNELS[key].name
        free = hint.isidentifier() and hint not in TAKEN and not hasattr(runtime, hint)
        hint = hint if free and special.module_of(hint) is None else f"{hint}_of"
        names = (f"{hint}_{k}" if k else hint for k in itertools.count())
        found[key] = next(n for n in names if n not in taken and n not in found.values())
    return found


def _called(functions: Sequence[ir.Function], known: set[str]) -> list[str]:
    """Return the keys of external functions and of kernels, each after those that it calls itself."""
    found = []
    for s in [s for function in functions for s in ir.walk(function.body)]:
        key = s.function if isinstance(s, ir.Call) else s.op if isinstance(s, ir.Let) else ""
        if key in known or not (key in EXTERNALS or key in KERNELS):
            continue
        known.add(key)
        found += [*(_called([KERNELS[key]], known) if key in KERNELS else []), key]
    return found
