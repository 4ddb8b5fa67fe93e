"""Where a cotangent counts: below a choice, only where the condition selected that branch.

A cotangent of a branch is kept as it is, beside its guard: outside of the guard it counts as zero, whatever it would
evaluate to there. So ``where(x > 0, log(x), 2 * x)`` has the derivative 2 at 0, and no 0 times infinity.
"""

from __future__ import annotations

from .build import call, choice
from .expression import FALSE, TRUE, ZERO, Constant, Expr
from .rows import ADD, AND, DIVIDE, MULTIPLY, NEGATIVE, NOT, OR, SELECT

__all__ = ["Branches", "Guard", "Guards", "branches", "total"]

Branches = list[tuple[tuple[tuple[Expr, bool], ...], Expr]]  # paths of (condition, outcome), and a value for each


class Guard:
    """A condition and its outcome, within another guard; None guards nothing."""

    __slots__ = ("condition", "depth", "full", "holds", "parent")

    def __init__(self, parent: Guard | None, condition: Expr, holds: bool) -> None:
        self.parent, self.condition, self.holds = parent, condition, holds
        self.depth: int = 1 if parent is None else parent.depth + 1
        literal = condition if holds else call(NOT, (condition,))
        self.full: Expr = literal if parent is None else call(AND, (parent.full, literal))


class Guards:
    """The guards met in one sweep; equal ones are one object."""

    def __init__(self) -> None:
        self._known: dict[tuple[int, int, bool], Guard] = {}

    def within(self, parent: Guard | None, condition: Expr, holds: bool) -> Guard | None:
        """Return the guard that also asks for an outcome of a condition."""
        if condition.row is NOT:
            condition, holds = condition.operands[0], not holds
        if type(condition) is Constant or (parent and parent.condition is condition and parent.holds is holds):
            return parent
        key = (id(parent), condition.serial, holds)
        if key not in self._known:
            self._known[key] = Guard(parent, condition, holds)
        return self._known[key]

    def settle(self, parts: dict[Guard | None, Expr]) -> dict[Guard | None, Expr]:
        """Join cotangents of one expression under as few guards as possible, and no more than two."""
        if len(parts) > 1 and None not in parts:
            self._join_opposites(parts)
        if len(parts) <= _SEPARATE and (len(parts) == 1 or None not in parts):
            return parts
        live: Expr = TRUE if None in parts else FALSE
        for guard in parts:
            live = live if guard is None else call(OR, (live, guard.full))
        return {self.within(None, live, True): self._joined(parts)}

    def closed(self, parts: dict[Guard | None, Expr]) -> Expr:
        """Return one expression that is zero outside of the guards."""
        if len(parts) == 1:
            ((guard, value),) = parts.items()
            return value if guard is None else choice(guard.full, value, ZERO)
        return self._joined(parts)

    def _join_opposites(self, parts: dict[Guard | None, Expr]) -> None:
        waiting = sorted([g for g in parts if g is not None], key=lambda g: g.depth)
        while waiting:
            guard = waiting.pop()
            if guard in parts and self._opposite(guard) in parts:
                parent = self._join(guard, parts)
                if parent is not None:
                    waiting.append(parent)

    def _joined(self, parts: dict[Guard | None, Expr]) -> Expr:
        """Take the conditions into the expression, from the innermost outwards."""
        parts = dict(parts)
        by_depth: dict[int, list[Guard]] = {}
        for guard in parts:
            if guard is not None:
                by_depth.setdefault(guard.depth, []).append(guard)
        for depth in range(max(by_depth, default=0), 0, -1):
            for guard in by_depth.get(depth, ()):
                if guard in parts:
                    parent = self._join(guard, parts)
                    if parent is not None and parent not in by_depth.setdefault(depth - 1, []):
                        by_depth[depth - 1].append(parent)
        return parts[None]

    def _join(self, guard: Guard, parts: dict[Guard | None, Expr]) -> Guard | None:
        """Replace a guard, and its opposite if it is there, by the guard in which it lies."""
        opposite = self._opposite(guard)
        value, other = parts.pop(guard), parts.pop(opposite, ZERO)
        merged = choice(guard.condition, *((value, other) if guard.holds else (other, value)))
        total(parts, guard.parent, merged)
        return guard.parent

    def _opposite(self, guard: Guard) -> Guard:
        return self._known.get((id(guard.parent), guard.condition.serial, not guard.holds), _NOWHERE)


_SEPARATE = 2
_MANY = 4
_DEEP = 4
_NOWHERE = Guard(None, FALSE, True)


def total(parts: dict[Guard | None, Expr], guard: Guard | None, value: Expr) -> None:
    """Add a cotangent to those of the same guard."""
    parts[guard] = call(ADD, (parts[guard], value)) if guard in parts else value


def branches(partial: Expr) -> Branches:
    """Split a partial that is zero on a branch into the branches on which it is not.

    Examples
    --------
    >>> import numpy as np
    >>> from chainrule import symbolic
    >>> x = symbolic.symbols("x")
    >>> branches(np.where(x > 0, 2 * x, 0))
    [(((x > 0, True),), 2*x)]
    """
    found = _split(partial, 0)
    live = [(path, value) for path, value in found if value is not ZERO]
    return live if len(live) < len(found) and len(live) <= _MANY else [((), partial)]


def _split(partial: Expr, depth: int) -> Branches:
    if depth == _DEEP or partial.row not in (SELECT, DIVIDE, NEGATIVE, MULTIPLY):
        return [((), partial)]
    if partial.row is SELECT:
        test, x, y = partial.operands
        return [
            (((test, holds), *path), value)
            for holds, branch in ((True, x), (False, y))
            for path, value in _split(branch, depth + 1)
        ]
    first, *rest = partial.operands
    found = _split(first, depth + 1)
    if partial.row is MULTIPLY and len(found) == 1:
        rest, found = [first], _split(rest[0], depth + 1)
    if len(found) == 1:
        return [((), partial)]
    return [(path, value if value is ZERO else call(partial.row, (value, *rest))) for path, value in found]
