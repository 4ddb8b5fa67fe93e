"""Elements that a loop comes back to in every iteration are kept in a scalar while it runs.

``for j: x[i] -= a[i, j]*x[j]`` reads and writes ``x[i]`` in each iteration, and no machine may vectorise a loop around
such a store. If no other access of the loop can meet the element, it is read before the loop and written after it. What
is only added into is summed up from zero, in any order.

References
----------
The transformation is scalar replacement: Callahan, Carr and Kennedy, *Improving register allocation for subscripted
variables*, 1990.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, replace

from .. import ir
from ..activity import Classes
from ..adjoint.layout import Layout
from ..adjoint.memory import Memory
from ..build import Names
from ..own import own_names
from ..scan import Renaming, defined, loaded, made, stored, with_blocks

__all__ = ["keep_in_registers"]

_PASSES = 3  # an element that an inner loop has given up to the loop around it may rest there as well
_SUMMED = (ir.FLOAT, ir.SINGLE)


def keep_in_registers(function: ir.Function) -> ir.Function:
    """Return the function with elements that loops come back to held in scalars."""
    for _ in range(_PASSES):
        promoter = _Promoter(function)
        body = promoter.block(function.body)
        if not promoter.changed:
            break
        function = replace(function, body=body)
    return function


@dataclass(slots=True)
class _Element:
    """An element of a buffer that a loop accesses in its own body, at an index that does not change there."""

    buffer: ir.Buffer
    index: tuple[ir.Atom, ...]
    accesses: list[ir.Load | ir.Store]
    unordered: bool

    @property
    def summed(self) -> bool:
        """Whether the element is only added into, in a loop whose order is free or nobody's: a reverse sweep's."""
        return self.unordered and all(isinstance(s, ir.Store) and s.add for s in self.accesses)

    @property
    def read_only(self) -> bool:
        return all(isinstance(s, ir.Load) for s in self.accesses)


class _Inside:
    """The statements in a loop: all of them, those that touch a class of buffers, and whether one is a check."""

    def __init__(self, loop: ir.For, classes: Classes) -> None:
        self.statements = list(ir.walk(loop.body))
        self.checked = any(isinstance(s, ir.Check) for s in self.statements)
        self.touching: dict[ir.Buffer, list[ir.Statement]] = defaultdict(list)
        for s in self.statements:
            touched = [*loaded(s), *stored(s), *([s.buffer] if isinstance(s, ir.Grow) else [])]
            for group in {classes.of(b) for b in touched}:
                self.touching[group].append(s)


class _Promoter:
    """One walk over a function; `changed` tells whether it found anything to do."""

    def __init__(self, function: ir.Function) -> None:
        self.layout = Layout(function)
        self.classes = Classes(function.body, swaps=False)
        self.memory = Memory(self.layout, self.classes)
        self.names: Names = own_names(ir.Program(function))
        self.lengths = {(s.buffer, s.axis): s.var for s in ir.walk(function.body) if isinstance(s, ir.Dim)}
        self.changed = False

    def block(self, body: list[ir.Statement]) -> list[ir.Statement]:
        result: list[ir.Statement] = []
        for at, s in enumerate(body):
            match s:
                case ir.For():
                    elements = self._elements(s, body, at)
                    inside = replace(s, body=self.block(s.body))
                    result += self._promoted(s, inside, elements) if elements else [inside]
                case _:
                    result.append(with_blocks(s, self.block))
        return result

    # ---- What can be kept

    def _elements(self, loop: ir.For, around: list[ir.Statement], at: int) -> list[_Element]:
        """Return the elements that a loop can keep in scalars."""
        inside = _Inside(loop, self.classes)
        changing = {v for s in ir.walk([loop]) for v in defined(s)}
        local = {b for s in inside.statements for b in made(s)}
        unordered = loop.parallel or loop.backward
        found: dict[tuple[ir.Buffer, tuple[ir.Atom, ...]], _Element] = {}
        for s in loop.body:
            if isinstance(s, (ir.Load, ir.Store)) and s.buffer not in local and not changing & set(s.index):
                found.setdefault((s.buffer, s.index), _Element(s.buffer, s.index, [], unordered)).accesses.append(s)
        return [e for e in found.values() if self._fits(e, loop, inside) and self._in_range(e, loop, around, at)]

    def _fits(self, e: _Element, loop: ir.For, inside: _Inside) -> bool:
        """Tell whether no other access of the loop meets the element, and scalars hold what the array would."""
        own = set(map(id, e.accesses))
        if not e.read_only and inside.checked:
            return False  # an error leaves the array as the user's program would
        if any(isinstance(a, ir.Store) and a.value.dtype != e.buffer.dtype for a in e.accesses):
            return False
        for s in inside.touching[self.classes.of(e.buffer)]:
            if id(s) in own or (e.read_only and isinstance(s, ir.Load)):
                continue
            if not isinstance(s, (ir.Load, ir.Store)) or s.buffer != e.buffer or not self._apart(e, s, loop):
                return False
        return True

    def _apart(self, e: _Element, other: ir.Load | ir.Store, loop: ir.For) -> bool:
        """Tell whether an access is to another element in every iteration."""
        outside = list(self.layout.place[id(loop)].loops)
        return self.memory.apart_in(e.index, other.index, outside)

    def _in_range(self, e: _Element, loop: ir.For, around: list[ir.Statement], at: int) -> bool:
        """Tell whether the element exists even if the loop runs no iteration at all."""
        if isinstance(loop.trip, ir.Const) and loop.trip.value > 0:
            first = next(i for i, s in enumerate(loop.body) if s is e.accesses[0])
            return not any(isinstance(s, ir.Check) for s in ir.walk(loop.body[:first]))
        return self._accessed_nearby(e, around, at) or self.memory.within(e.index, self._shape(e.buffer))

    def _shape(self, buffer: ir.Buffer) -> list[ir.Atom | None]:
        made = self.layout.origin.get(buffer)
        if isinstance(made, ir.Alloc):
            return list(made.shape)
        known = buffer.lengths or (0,) * buffer.ndim
        return [ir.Const(n, ir.INT) if n else self.lengths.get((buffer, axis)) for axis, n in enumerate(known)]

    def _accessed_nearby(self, e: _Element, around: list[ir.Statement], at: int) -> bool:
        """Tell whether the statements beside a loop access the element too, whatever happens."""
        after: list[ir.Statement] = []
        for s in around[at + 1 :]:
            if any(isinstance(t, (ir.Check, ir.Call, ir.Invoke)) for t in ir.walk([s])):
                break
            after.append(s)
        beside = [*around[:at], *after]
        return any(isinstance(s, (ir.Load, ir.Store)) and s.buffer == e.buffer and s.index == e.index for s in beside)

    # ---- How

    def _promoted(self, loop: ir.For, inside: ir.For, elements: list[_Element]) -> list[ir.Statement]:
        before: list[ir.Statement] = []
        after: list[ir.Statement] = []
        carried = list(loop.carried)
        body = inside.body
        renamed: dict[ir.Atom, ir.Atom] = {}
        for e in elements:
            self.changed = True
            place = e.accesses[0].place
            start = self._start(e, before, place)
            if e.read_only:
                renamed.update({s.var: start for s in e.accesses if isinstance(s, ir.Load)})
                body = [s for s in body if not any(s is x for x in e.accesses)]
                continue
            phi, result = self._new(e), self._new(e)
            body, last = self._replayed(e, body, phi, renamed)
            carried.append(ir.Carried(phi, start, last, result))
            after.append(ir.Store(e.buffer, e.index, result, e.summed, place))
        loop = replace(
            inside, body=body, carried=carried, parallel=inside.parallel and len(carried) == len(loop.carried)
        )
        return [*before, _substituted(loop, renamed), *after]

    def _start(self, e: _Element, before: list[ir.Statement], place: ir.Place | None) -> ir.Atom:
        if e.summed:
            return ir.Const(0.0 if e.buffer.dtype in _SUMMED else 0, e.buffer.dtype)
        start = self._new(e)
        before.append(ir.Load(start, e.buffer, e.index, place))
        return start

    def _replayed(self, e: _Element, body: list[ir.Statement], now: ir.Atom,
                  renamed: dict[ir.Atom, ir.Atom]) -> tuple[list[ir.Statement], ir.Atom]:  # fmt: skip
        """Return a body in which the element is a scalar, first `now`, and what it is at the end."""
        result: list[ir.Statement] = []
        for s in body:
            if not any(s is x for x in e.accesses):
                result.append(s)
            elif isinstance(s, ir.Load):
                renamed[s.var] = now
            elif isinstance(s, ir.Store) and s.add:
                total = self._new(e)
                result.append(ir.Let(total, "radd" if e.summed else "add", (now, s.value), s.place))
                now = total
            elif isinstance(s, ir.Store):
                now = s.value
        return result, now

    def _new(self, e: _Element) -> ir.Var:
        return ir.Var(self.names.fresh(f"{e.buffer.hint}_kept"), e.buffer.dtype)


def _substituted(loop: ir.For, renamed: dict[ir.Atom, ir.Atom]) -> ir.Statement:
    """Put other scalars for those that a loop reads no more."""
    if not renamed:
        return loop

    def final(a: ir.Atom) -> ir.Atom:
        while a in renamed:
            a = renamed[a]
        return a

    return Renaming(final, lambda b: b).statement(loop)
