"""Functions on whole arrays that programs call as they are: rows of the table for which there are no loops.

Each is an entry of `calls.CALLS` under a key of its own. The emitted module has a function for it, which computes it
with NumPy or SciPy and writes the result into arrays that it is given. Machine code calls that function back: see
`callback`.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from ..errors import UnsupportedError, message
from ..rules import Row, rows
from .runtime import PYTHON_ONLY

__all__ = [
    "EXTERNALS",
    "Called",
    "External",
    "Inner",
    "Slot",
    "Unread",
    "enter",
    "filled",
    "literal",
    "public_name",
    "row_key",
]


@dataclass(frozen=True)
class Slot:
    """The place of a value of the program among the arguments of a call."""

    number: int


@dataclass(frozen=True)
class Unread:
    """The place of an array of which only the shape and the type are read; the values there are its lengths."""

    dtype: str
    sizes: tuple[Slot, ...]


@dataclass(frozen=True)
class Inner:
    """A call as an argument of another one, to which it is a function of everything that it reads."""

    call: Called
    count: int


@dataclass(frozen=True)
class Called:
    """A call of a function with values of the program in the slots of its arguments.

    Attributes
    ----------
    function : str
        A name in `runtime`, or the public name of a function of NumPy or SciPy.
    args : tuple
    kwargs : dict
    """

    function: str
    args: tuple[Any, ...]
    kwargs: dict[str, Any]

    def text(self, names: Sequence[str]) -> str:
        """Return the text of the call, with names in the slots."""
        parts = [literal(x, names) for x in self.args]
        parts += [f"{key}={literal(x, names)}" for key, x in self.kwargs.items()]
        return f"{self.function}({', '.join(parts)})"

    def __call__(self, *values: Any) -> Any:
        """Do the call, with values in the slots."""
        return self.target()(*filled(self.args, values), **filled(self.kwargs, values))

    def target(self) -> Any:
        from . import runtime

        module, _, name = self.function.rpartition(".")
        return getattr(sys.modules[module.replace("np", "numpy", 1)] if module else runtime, name)

    @property
    def imports(self) -> str:
        """The module of SciPy that has the function, if one has."""
        module = self.function.rpartition(".")[0]
        return module if module.startswith("scipy") else ""


Kinds = list[tuple[str, int]]


class External:
    """A function that a program calls as it is.

    Attributes
    ----------
    name : str
        What it is to be called in the text.
    call : Called
        What it does.
    reads, outs, writes : list of (str, int)
        The dtypes and numbers of axes of what it reads, of its results that are numbers, and of those that are arrays,
        which come after them. A number has -1 axes.
    order : tuple of int
        Which result of the call each of these is.
    """

    def __init__(self, name: str, call: Called, reads: Kinds, outs: Kinds, writes: Kinds,
                 order: tuple[int, ...] = (0,)) -> None:  # fmt: skip
        self.name, self.call, self.reads, self.outs, self.writes = name, call, reads, outs, writes
        self.order = order

    def compute(self, *values: Any) -> Any:
        """Return the result, or the tuple of results, those that are numbers first."""
        result = self.call(*values)
        return tuple([result[k] for k in self.order]) if len(self.order) > 1 else result

    def definition(self, name: str) -> str:
        """Return the text of a function of this name that does the call."""
        given = [f"x{k}" for k in range(len(self.reads))]
        targets = [f"out{k}" for k in range(len(self.writes))]
        value = self.call.text(given)
        if len(self.order) == 1:
            lines = [f"put({value}, out0)" if targets else f"return {value}"]
        else:
            made = [f"y{k}" for k in self.order]
            arrays = made[len(self.outs) :]
            lines = [f"{', '.join(sorted(made))} = {value}"]
            lines += [f"put({y}, {target})" for y, target in zip(arrays, targets, strict=True)]
            lines += [f"return {', '.join(made[: len(self.outs)])}"] if self.outs else []
        return "\n    ".join([f"def {name}({', '.join([*given, *targets])}):", *lines]) + "\n"

    @property
    def helpers(self) -> set[str]:
        """The functions of `runtime` that the text calls."""
        text = self.definition("")
        return {name for name in PYTHON_ONLY if f"{name}(" in text}


EXTERNALS: dict[str, External] = {}


def enter(name: str, call: Called, reads: Kinds, outs: Kinds, writes: Kinds,
          order: tuple[int, ...] = (0,), row: Row | None = None) -> tuple[str, External]:  # fmt: skip
    """Enter an external function in the table, unless it is there (for the same row); return its key too."""
    text = call.text([f"x{k}" for k in range(len(reads))])
    key = f"{name} {'' if row is None else id(row)}: {text} of {reads}, {outs}, {writes}"
    if key not in EXTERNALS:
        EXTERNALS[key] = External(name, call, reads, outs, writes, order)
    return key, EXTERNALS[key]


# ---- Arguments with slots


def filled(tree: Any, values: Sequence[Any]) -> Any:
    """Return arguments with values in their slots."""
    if isinstance(tree, Slot):
        return values[tree.number]
    if isinstance(tree, Unread):
        from . import runtime

        return runtime.unread(tuple([int(values[n.number]) for n in tree.sizes]), tree.dtype)
    if isinstance(tree, Inner):
        return tree.call
    if type(tree) is dict:
        return {key: filled(part, values) for key, part in tree.items()}
    if type(tree) in (tuple, list):
        return type(tree)([filled(part, values) for part in tree])
    return tree


def literal(tree: Any, names: Sequence[str]) -> str:
    """Return the text of arguments, with names in their slots."""
    if isinstance(tree, Slot):
        return names[tree.number]
    if isinstance(tree, Unread):
        return f"unread({literal(tree.sizes, names)}, {tree.dtype!r})"
    if isinstance(tree, Inner):
        inner_names = [f"y{k}" for k in range(tree.count)]
        return f"lambda {', '.join(inner_names)}: {tree.call.text(inner_names)}"
    if type(tree) is dict:
        return "{" + ", ".join([f"{literal(k, names)}: {literal(part, names)}" for k, part in tree.items()]) + "}"
    if type(tree) in (tuple, list):
        inner = ", ".join([literal(part, names) for part in tree])
        return f"[{inner}]" if type(tree) is list else f"({inner},)" if len(tree) == 1 else f"({inner})"
    return _constant(tree)


def _constant(value: Any) -> str:
    if value is None or type(value) in (bool, int, str):
        return repr(value)
    if isinstance(value, (float, np.floating)):
        return repr(float(value)) if np.isfinite(value) else f"float({str(float(value))!r})"
    if isinstance(value, (np.bool_, np.integer)):
        return repr(value.item())
    if isinstance(value, slice):
        return f"slice({_constant(value.start)}, {_constant(value.stop)}, {_constant(value.step)})"
    if value is Ellipsis:
        return "..."
    if isinstance(value, (type, np.dtype)) and value is not object:
        try:
            return f"np.dtype({np.dtype(value).str!r})"
        except TypeError:
            pass
    what = f"A {type(value).__name__} cannot be passed to this function in a compiled program."
    raise UnsupportedError(message(what, "Pass numbers, texts and arrays.", ""))


# ---- Names of what is computed

_PUBLIC = ("numpy", "numpy.linalg", "numpy.fft", "scipy.linalg", "scipy.special")


def public_name(function: Any) -> str | None:
    """Return how a text calls a function of NumPy or SciPy; None if it is none that users may call."""
    name = getattr(function, "__name__", "")
    for module in _PUBLIC:
        if name and getattr(sys.modules.get(module), name, None) is function:
            return f"{module.replace('numpy', 'np', 1)}.{name}"
    return None


def row_key(row: Row) -> str:
    """Return a name by which `runtime` finds a row again."""
    same = [r for r in rows(scipy=False) if r.name == row.name]
    if row not in same:
        what = f"{row.name} is not in the table of rules, and cannot be called in a compiled program."
        raise UnsupportedError(message(what, "Declare it with chainrule.rules.", ""))
    return row.name if same[0] is row else f"{row.name}#{same.index(row)}"
