"""Names of the text for variables, buffers and stacks."""

from __future__ import annotations

import keyword
from collections import Counter
from collections.abc import Iterable, Sequence

from .. import ir
from ..allocation import ADVISE
from ..vector import NAMES
from .coalesce import ANONYMOUS, Classes

__all__ = ["Naming"]

TAKEN = frozenset({
    "abs", "bool", "float", "gmul", "int", "len", "max", "min", "np", "prange", "radd", "range", "wrap", "IndexError",
    "ValueError", *keyword.kwlist, *NAMES, ADVISE,
})  # fmt: skip


class Naming:
    """Gives each class of variables, each buffer and each stack a name of its own, the user's if it is free."""

    def __init__(self, function: ir.Function, classes: Classes, params: Sequence[str], taken: Iterable[str]) -> None:
        self.classes = classes
        self._taken = TAKEN | set(taken)
        self._used: Counter[str] = Counter()
        self._names: dict[ir.Var | ir.Buffer | ir.Stack, str] = {}
        for param, name in zip(function.params, params, strict=True):
            key = classes.find(param) if isinstance(param, ir.Var) else param
            self._names[key] = self._fresh(name)
        for first, members in classes.members.items():
            if first not in self._names:
                self._names[first] = self._fresh(_hint(members))

    def __call__(self, x: ir.Var | ir.Buffer | ir.Stack) -> str:
        key = self.classes.find(x) if isinstance(x, ir.Var) else x
        if key not in self._names:
            self._names[key] = self._fresh(key.name.partition(".")[0])
        return self._names[key]

    def _fresh(self, hint: str) -> str:
        if not hint.isidentifier() or not hint.strip("_"):  # _ is for what nobody reads
            hint = "t" if hint.strip("_") else "k"
        number = self._used[hint]
        while True:
            name = hint if not number else f"{hint}_{number}"
            number += 1
            if name not in self._taken and not self._used[name]:
                break
        self._used[hint] = max(number, 1)
        self._used[name] = max(self._used[name], 1)
        return name


def _hint(members: list[ir.Var]) -> str:
    """Return the name that most of a class's variables bear, a user's own before one that was made up."""
    count = Counter([m.hint for m in members])
    return max(count, key=lambda hint: (hint not in ANONYMOUS, count[hint]))
