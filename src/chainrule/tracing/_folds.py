"""The steps of a trace in folds: by call, loop, iteration, line, and function of NumPy's that consists of others."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

__all__ = ["Fold"]


class Fold:
    """Steps that follow each other and belong together.

    Attributes
    ----------
    kind : str
        ``"trace"`` (all), ``"call"``, ``"loop"``, ``"iteration"``, ``"line"`` or ``"within"`` (a function that consists
        of others, or the sweep of a derivative that the program takes).
    label : str
        The function's name, ``for`` or ``while``, the number of the iteration, or the text of the line.
    file, line
        Where it stands, as far as that is known; of an iteration, the loop's.
    iteration : int or None
    parent : Fold or None
    children : list of Fold
    first, last : int
        The first and the last of its steps, as indices into `Trace.steps`.
    """

    __slots__ = ("children", "file", "first", "iteration", "kind", "label", "last", "line", "mark", "parent")

    def __init__(
        self, parent: Fold | None, kind: str, label: str, file: str | None = None, line: int | None = None,
        iteration: int | None = None, mark: Any = None,
    ) -> None:  # fmt: skip
        self.parent, self.kind, self.label, self.line, self.iteration = parent, kind, label, line, iteration
        self.file: str | None = file if file is not None or parent is None else parent.file
        self.mark = mark
        self.children: list[Fold] = []
        self.first = self.last = -1

    def __repr__(self) -> str:
        return f"<{self.kind} {self.label}: {len(self)} steps>"

    def __len__(self) -> int:
        return self.last - self.first + 1 if self.first >= 0 else 0

    def new(self, kind: str, label: str, **rest: Any) -> Fold:
        """Begin another fold inside this one."""
        self.children.append(Fold(self, kind, label, **rest))
        return self.children[-1]

    def child(self, kind: str, label: str, **rest: Any) -> Fold:
        """Return the fold inside this one that goes on, or begin another."""
        if self.children:
            last = self.children[-1]
            same = (last.kind, last.line, last.iteration, last.mark)
            if same == (kind, rest.get("line"), rest.get("iteration"), rest.get("mark")) and last.label == label:
                return last
        return self.new(kind, label, **rest)

    def walk(self) -> Iterator[Fold]:
        """Yield this fold and all inside it, each before what is in it."""
        stack = [self]
        while stack:
            fold = stack.pop()
            yield fold
            stack.extend(reversed(fold.children))
