"""Which steps of a trace are shown one by one, and which are folded."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from typing import NamedTuple

from ._folds import Fold

__all__ = ["Entry", "Unfold", "outline"]

Unfold = bool | int | Collection[int]
AT_THE_START, AT_THE_END = 2, 1  # as many iterations of a long loop are shown


class Entry(NamedTuple):
    """A line of the outline.

    Attributes
    ----------
    kind : str
        ``"step"``: one step. ``"folded"``: all steps of a fold. ``"open"``: the heading of a fold whose parts follow.
    depth : int
    first, last : int
        The steps that it stands for, as indices into `Trace.steps`.
    fold : Fold
    repeated : int
        Of folded iterations, how many; else 1.
    """

    kind: str
    depth: int
    first: int
    last: int
    fold: Fold
    repeated: int = 1


def outline(root: Fold, rows: int, unfold: Unfold = False) -> list[Entry]:
    """Return what to show in about so many rows: outer folds are opened before inner ones.

    Parameters
    ----------
    unfold
        True shows all steps; a line number, or several, the steps of these lines.
    """
    lines = set() if isinstance(unfold, bool) else {unfold} if isinstance(unfold, int) else set(unfold)
    opened = _opened(root, rows, unfold is True)
    for fold in root.walk() if lines else ():
        if fold.kind == "line" and fold.line in lines:
            _open_all_around(fold, opened)
    return list(_entries(root, opened, unfold is True, lines))


def _opened(root: Fold, rows: int, everything: bool) -> set[int]:
    """Choose the folds to open, breadth first, as long as the rows suffice."""
    opened: set[int] = set()
    count, level = 1, [root]
    while level:
        deeper = []
        for fold in level:
            parts = _parts(fold, everything)
            more = len(parts) - 1 + (1 if _has_heading(fold) else 0) if fold.children else len(fold) - 1
            if everything or count + more <= rows:
                count += more
                opened.add(id(fold))
                deeper += [part for part in parts if isinstance(part, Fold)]
        level = deeper
    return opened


def _open_all_around(fold: Fold | None, opened: set[int]) -> None:
    while fold is not None:
        opened.add(id(fold))
        fold = fold.parent


def _has_heading(fold: Fold) -> bool:
    """Tell whether an open fold is announced; lines are told beside their steps, and the outermost call above all."""
    outermost = fold.kind == "call" and fold.parent is not None and fold.parent.kind == "trace"
    return fold.kind not in ("trace", "line") and not outermost


def _parts(fold: Fold, everything: bool, lines: Collection[int] = ()) -> list[Fold | list[Fold] | int]:
    """Return what a fold consists of: folds, lists of iterations that are left out, and steps."""
    if fold.kind == "loop" and len(fold.children) > AT_THE_START + AT_THE_END + 1 and not everything and not lines:
        head, tail = fold.children[:AT_THE_START], fold.children[-AT_THE_END:]
        return [*head, fold.children[AT_THE_START:-AT_THE_END], *tail]
    parts: list[Fold | list[Fold] | int] = []
    at = fold.first
    for child in fold.children:
        parts += range(at, child.first)
        parts.append(child)
        at = child.last + 1
    return [*parts, *range(at, fold.last + 1)]


def _entries(root: Fold, opened: set[int], everything: bool, lines: Collection[int]) -> Iterator[Entry]:
    """Yield the lines, in order; folds may lie in each other as deep as a program calls itself."""
    waiting: list[tuple[Fold, Fold | list[Fold] | int, int]] = [(root, root, 0)]
    while waiting:
        around, part, depth = waiting.pop()
        if isinstance(part, int):
            yield Entry("step", depth, part, part, around)
        elif isinstance(part, list):
            yield Entry("folded", depth, part[0].first, part[-1].last, part[0], len(part))
        elif len(part) > 1 and not _is_opened(part, opened):
            yield Entry("folded", depth, part.first, part.last, part)
        elif len(part):
            if _has_heading(part) and len(part) > 1:
                yield Entry("open", depth, part.first, part.last, part)
                depth += 1
            waiting += [(part, inner, depth) for inner in reversed(_parts(part, everything, lines))]


def _is_opened(fold: Fold, opened: set[int]) -> bool:
    """Tell whether a fold is open; one with a heading, and nothing but a folded one below it, is not."""
    if id(fold) not in opened:
        return False
    only = fold.children[0] if len(fold.children) == 1 and len(fold.children[0]) == len(fold) else None
    return only is None or id(only) in opened or not _has_heading(fold)
