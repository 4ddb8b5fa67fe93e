"""A program under test: its text in a real file, so that its source can be found, and its arguments."""

from __future__ import annotations

import importlib.util
import itertools
import warnings
from collections.abc import Callable
from copy import deepcopy
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

HEADER = "import math\n\nimport numpy as np\n"
LIMIT = 50.0
_NUMBERS = itertools.count()


LAYOUTS: dict[str, tuple[Callable[[Any], Any], str]] = {
    "in rows": (lambda a: a, "{}"),
    "in columns": (np.asfortranarray, "np.asfortranarray({})"),
    "every other": (lambda a: np.repeat(a, 2, axis=-1)[..., ::2], "np.repeat({}, 2, axis=-1)[..., ::2]"),
    "backwards": (lambda a: a[::-1].copy()[::-1], "{}[::-1].copy()[::-1]"),
}


class RejectedError(Exception):
    """A program that says nothing: it fails, or its values are not tame."""


@dataclass(frozen=True)
class Program:
    """Text that defines `f`, and what `f` is called with: arrays laid out in memory in one of the ways of `LAYOUTS`."""

    text: str
    args: tuple[Any, ...]
    layout: str = "in rows"

    @property
    def argnums(self) -> tuple[int, ...]:
        """Differentiate by all numbers and arrays of floats."""
        return tuple(i for i, a in enumerate(self.args) if np.asarray(a).dtype.kind == "f")

    def fresh(self) -> tuple[Any, ...]:
        return tuple(LAYOUTS[self.layout][0](a) if np.ndim(a) else a for a in deepcopy(self.args))

    def load(self, folder: Path) -> Any:
        """Write the text into a file of its own; return a module with `f`, and `of_floats`, `f` without integers."""
        path = folder / f"program_{next(_NUMBERS)}.py"
        path.write_text(self.text + self._of_floats())
        spec = importlib.util.spec_from_file_location(path.stem, path)
        module = importlib.util.module_from_spec(spec)
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            try:
                spec.loader.exec_module(module)
            except SyntaxError as error:
                raise RejectedError(str(error)) from error
        return module

    def _of_floats(self) -> str:
        names = [f"a{i}" for i in range(len(self.args))]
        wholes = [i for i in range(len(names)) if i not in self.argnums]
        takes = ", ".join(names[i] for i in self.argnums)
        lines = [f"INDEX_{i} = np.{self.args[i]!r}" for i in wholes if np.ndim(self.args[i])]
        gives = [f"INDEX_{i}" if np.ndim(a) else repr(a) for i, a in enumerate(self.args)]
        gives = [names[i] if i in self.argnums else given for i, given in enumerate(gives)]
        lines += [f"def of_floats({takes}):", f"    return f({', '.join(gives)})"]
        return "\n\n" + "\n".join(lines) + "\n"

    def runnable(self) -> str:
        """The program with its arguments, and calls that show values and derivatives, as text to be run."""
        layout = LAYOUTS[self.layout][1]
        values = ", ".join(layout.format(f"np.{a!r}") if np.ndim(a) else repr(a) for a in self.args)
        return (
            f"{self.text}\n\nimport chainrule as cr\n\n"
            f"args = lambda: ({values},)\n"
            f"gradient = cr.value_and_grad(f, argnums={self.argnums})\n"
            "print('plain   ', f(*args()))\n"
            "print('compiled', cr.jit(gradient, compile=False)(*args()))\n"
        )


def run(f: Callable[..., Any], program: Program) -> tuple[float, tuple[Any, ...]]:
    """Run plainly; return the value and the arguments as they were left. Refuse what is not tame."""
    args = program.fresh()
    with warnings.catch_warnings(), np.errstate(all="raise", under="ignore"):
        warnings.simplefilter("error")
        try:
            value = f(*args)
        except Exception as error:
            raise RejectedError(f"{type(error).__name__}: {error}") from error
    for part in (value, *args):
        if np.asarray(part).dtype.kind not in "fi" or not np.all(np.abs(part) < LIMIT):
            raise RejectedError("large, or not a number")
    if np.ndim(value):
        raise RejectedError("not a scalar")
    return float(value), args
