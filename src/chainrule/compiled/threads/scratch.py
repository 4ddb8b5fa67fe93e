"""Arrays that an iteration uses for itself, though they were made before the loop: each thread can have its own.

Either an iteration sets every element before it reads it, or it leaves the array as it found it, filled with one number
(the seeds of a Jacobian).

References
----------
Tu and Padua, *Automatic array privatization*, 1994.
"""

from __future__ import annotations

from collections.abc import Iterator

from .. import ir
from ..adjoint.affine import Form, form_of
from ..adjoint.memory import Memory
from ..scan import loaded, made, stored, views_of

__all__ = ["Scratch"]

Found = Iterator[tuple[ir.Statement, tuple[ir.Statement, ...]]]


class Scratch:
    """The arrays of one function of which an iteration of a loop may have its own."""

    def __init__(self, function: ir.Function, memory: Memory) -> None:
        self.function, self.memory, self.layout = function, memory, memory.layout
        self.shown = {r.buffer for r in function.results if isinstance(r, ir.View)}

    def of(self, buffer: ir.Buffer, loop: ir.For) -> ir.Alloc | None:
        """Return what makes an array, if each iteration can have one made for itself; None if not."""
        origin = self.layout.origin.get(buffer)
        if not isinstance(origin, ir.Alloc) or self.memory.classes.of(buffer) in self.memory.sharing:
            return None
        own = self._is_restored(origin, loop) or (self._is_alone(buffer, loop) and self._is_filled_first(origin, loop))
        return origin if own else None

    # ---- Left as it was found

    def _is_restored(self, origin: ir.Alloc, loop: ir.For) -> bool:
        """Tell whether all that is ever written are elements that the body sets, in the open, and sets back at last."""
        inside = set(map(id, loop.body))
        writers = self.memory.writers[self.memory.classes.of(origin.buffer)]
        if not isinstance(origin.fill, ir.Const) or any(id(s) not in inside for s in writers):
            return False
        last: dict[tuple[ir.Atom, ...], ir.Atom] = {}
        for s in loop.body:
            if any(s is w for w in writers):
                if not isinstance(s, ir.Store) or s.add:
                    return False
                last[s.index] = s.value
        return all(repr(value) == repr(origin.fill) for value in last.values())

    # ---- Filled before it is read

    def _is_alone(self, buffer: ir.Buffer, loop: ir.For) -> bool:
        """Tell whether an array is accessed inside a loop only."""
        inside = set(map(id, ir.walk(loop.body)))
        users = [s for s in ir.walk(self.function.body) if _uses(s, buffer)]
        return buffer not in self.shown and all(id(s) in inside for s in users)

    def _is_filled_first(self, origin: ir.Alloc, loop: ir.For) -> bool:
        """Tell whether each iteration sets an element before it reads it.

        The first access is a store in a nest of loops, at their counters. If these run over the whole array, whatever
        comes after the nest finds it filled; if not, what reads must stand in loops that run as far.
        """
        buffer = origin.buffer
        if any(_uses(s, buffer) and not isinstance(s, (ir.Load, ir.Store, ir.Call)) for s in ir.walk(loop.body)):
            return False
        if self._is_put_first(buffer, loop, origin):
            return True
        users = [(s, around) for s, around in _walk(loop.body, ()) if _uses(s, buffer)]
        first, around = users[0]
        if not isinstance(first, ir.Store) or first.add or not all(isinstance(t, ir.For) for t in around):
            return False
        if len(around) != len(first.index) or any(t.stop is not None for t in around if isinstance(t, ir.For)):
            return False  # a loop more around the store may have no iteration
        filled = self._reach(first, around)
        if filled is None:
            return False
        if filled == [form_of(self.layout, n) for n in origin.shape]:
            return all(not _same_nest(path, around) or _same_place(s, first) for s, path in users[1:])
        return all(
            _same_place(s, first) if _same_nest(path, around) else self._reach(s, path) == filled
            for s, path in users[1:]
        )

    def _is_put_first(self, buffer: ir.Buffer, loop: ir.For, origin: ir.Alloc) -> bool:
        """Tell whether the first to access an array is a call, not in a branch, that writes all of it."""
        first = next(s for s in loop.body if any(_uses(t, buffer) for t in ir.walk([s])))
        if not isinstance(first, ir.Call) or any(v.buffer == buffer for v in views_of(first)):
            return False
        views = [v for v in first.writes if v.buffer == buffer]
        return any(
            not v.fixed and all(a.step == 1 and a.start == ir.Const(0, ir.INT) and a.base is not None
                                and a.size == origin.shape[a.base] for a in v.axes)
            for v in views
        )  # fmt: skip

    def _reach(self, s: ir.Statement, around: tuple[ir.Statement, ...]) -> list[Form] | None:
        """Return how far each index of an access runs, if each is a counter of another loop around it."""
        if not isinstance(s, (ir.Load, ir.Store)):
            return None
        trips = {t.counter: form_of(self.layout, t.trip) for t in around if isinstance(t, ir.For)}
        if len(set(s.index)) < len(s.index) or any(i not in trips for i in s.index):
            return None
        return [trips[i] for i in s.index if isinstance(i, ir.Var)]


def _same_nest(path: tuple[ir.Statement, ...], other: tuple[ir.Statement, ...]) -> bool:
    return bool(path) and path[0] is other[0]


def _same_place(s: ir.Statement, first: ir.Store) -> bool:
    return isinstance(s, (ir.Load, ir.Store)) and s.index == first.index


def _uses(s: ir.Statement, buffer: ir.Buffer) -> bool:
    """Tell whether a statement itself names an array, other than to make it or to ask for its shape."""
    named = [*loaded(s), *stored(s), *[v.buffer for v in views_of(s)]]
    if isinstance(s, ir.Alias):
        named.append(s.base)
    if isinstance(s, ir.Grow):
        named.append(s.buffer)
    return buffer in named and buffer not in made(s)


def _walk(body: list[ir.Statement], around: tuple[ir.Statement, ...]) -> Found:
    """Yield every statement with those around it, outermost first."""
    for s in body:
        yield s, around
        for block in ir.blocks(s):
            yield from _walk(block, (*around, s))
