"""Whether what a statement read from a buffer is still there when the reverse sweep runs.

The reverse sweep writes no primal buffer, so an element can be read again unless a store may have overwritten it after
the reader ran: later in the text, or in a later iteration of a loop around both. Two accesses are kept apart by
comparing their indices as affine forms.

References
----------
The dependence test bounds affine differences over loop ranges, as Banerjee, *Dependence Analysis*, 1997, chapter 5.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from typing import Any

from .. import ir, scan
from ..activity import Classes
from .affine import Form, form_of, positive
from .layout import Layout, Loop, Region

__all__ = ["Access", "Memory"]

Access = list[
    tuple[Form, dict[Any, Form]]
]  # for each axis of the buffer: the index, and the largest value of extra symbols


class Memory:
    """The stores of a function, asked for what they may overwrite."""

    def __init__(self, layout: Layout, classes: Classes) -> None:
        self.layout = layout
        self.classes = classes
        self.writers: dict[ir.Buffer, list[ir.Statement]] = defaultdict(list)
        self.sharing: set[ir.Buffer] = set()  # classes with several buffers, whose indices cannot be compared
        for s in ir.walk(layout.root.body):
            for b in dict.fromkeys(scan.stored(s)):
                self.writers[classes.of(b)].append(s)
            if isinstance(s, ir.Alias):
                self.sharing.add(classes.of(s.buffer))
            if isinstance(s, ir.Swap):
                self.sharing.update(map(classes.of, s.targets))

    def kept(self, reader: ir.Statement, buffer: ir.Buffer, where: Access | None) -> bool:
        """Tell whether what `reader` read of a buffer (None: any of it) survives until the buffer dies."""
        group = self.classes.of(buffer)
        home = self.layout.home[buffer]
        return not any(self._spoils(w, reader, buffer, where, home) for w in self.writers[group])

    def met_later(self, store: ir.Store, other: ir.Statement) -> bool:
        """Tell whether another statement may access, later, the element that a store writes."""
        group = self.classes.of(store.buffer)
        home = self.layout.root if group in self.sharing else self.layout.home[store.buffer]
        common = self._common_loops(other, store, home)
        later = self.layout.order[id(other)] > self.layout.order[id(store)]
        if not common and (not later or self._exclusive(other, store)):
            return False
        if group in self.sharing or not isinstance(other, (ir.Load, ir.Store)):
            return True
        return not self._apart(self.elements(store.index), other, self.elements(other.index), common, later)

    def constant_in(self, structure: ir.Statement, buffer: ir.Buffer) -> bool:
        """Tell whether nothing inside a statement writes to a buffer."""
        group = self.classes.of(buffer)
        writers = set(map(id, self.writers[group]))
        return not any(id(s) in writers for s in ir.walk([structure]))

    def _spoils(self, writer: ir.Statement, reader: ir.Statement, buffer: ir.Buffer, where: Access | None,
                home: Region) -> bool:  # fmt: skip
        common = self._common_loops(writer, reader, home)
        later = self.layout.order[id(writer)] > self.layout.order[id(reader)]
        if not common and (not later or self._exclusive(writer, reader)):
            return False
        if where is None or self.classes.of(buffer) in self.sharing or not isinstance(writer, (ir.Store, ir.Call)):
            return True
        return not all(self._apart(where, writer, access, common, later) for access in self.writes(writer, buffer))

    def apart_in(self, index: tuple[ir.Atom, ...], other: tuple[ir.Atom, ...], equal: list[Loop]) -> bool:
        """Tell whether two accesses never meet while the loops `equal` are in one iteration, whatever others do."""
        return self._case_apart(self.elements(index), self.elements(other), equal, None)

    def apart_across(self, index: tuple[ir.Atom, ...], other: tuple[ir.Atom, ...], loop: Loop) -> bool:
        """Tell whether two accesses never meet in different iterations of a loop."""
        return self.apart_later(index, other, loop) and self.apart_later(other, index, loop)

    def apart_later(self, index: tuple[ir.Atom, ...], later: tuple[ir.Atom, ...], loop: Loop) -> bool:
        """Tell whether an access in one iteration of a loop never meets another in a later iteration."""
        outside = list(self.layout.place[id(loop)].loops)
        return self._case_apart(self.elements(index), self.elements(later), outside, loop)

    def parts_apart_across(self, part: Access, other: Access, loop: Loop) -> bool:
        """Tell whether two parts of a buffer never meet in different iterations of a loop."""
        outside = list(self.layout.place[id(loop)].loops)
        return self._case_apart(part, other, outside, loop) and self._case_apart(other, part, outside, loop)

    def within(self, index: tuple[ir.Atom, ...], shape: list[ir.Atom | None]) -> bool:
        """Tell whether an element certainly exists."""
        for i, length in zip(index, shape, strict=True):
            if length is None:
                return False
            form = form_of(self.layout, i)
            spare = form_of(self.layout, length).plus(form, -1)
            if not all(self._above_zero(f, {}, [], None) for f in (form.plus(Form({None: 1})), spare)):
                return False
        return True

    # ---- Where statements access

    def writes(self, writer: ir.Store | ir.Call, buffer: ir.Buffer) -> Iterator[Access]:
        if isinstance(writer, ir.Store):
            yield self.elements(writer.index)
        else:
            yield from [self.part(v) for v in writer.writes if v.buffer == buffer]

    def elements(self, index: tuple[ir.Atom, ...]) -> Access:
        return [(form_of(self.layout, i), {}) for i in index]

    def part(self, view: ir.View) -> Access:
        """Describe a view by one symbol for each axis, which runs from 0 to its size."""
        access: list[tuple[Form, dict[Any, Form]]] = [(Form(), {})] * view.buffer.ndim
        for base, at in view.fixed:
            access[base] = (form_of(self.layout, at), {})
        for axis in view.axes:
            if axis.base is not None:
                symbol = object()
                step = axis.step if isinstance(axis.step, int) else 1
                last = form_of(self.layout, axis.size).plus(Form({None: 1}), -1)
                access[axis.base] = (form_of(self.layout, axis.start).plus(Form({symbol: step})), {symbol: last})
        return access

    # ---- Order

    def _common_loops(self, a: ir.Statement, b: ir.Statement, home: Region) -> list[Loop]:
        """Return the loops around both statements, of those inside the region in which the buffer lives."""
        first, second = self.layout.place[id(a)].loops, self.layout.place[id(b)].loops
        common = [x for x, y in zip(first, second, strict=False) if x is y]
        return common[len(home.loops) :]

    def _exclusive(self, a: ir.Statement, b: ir.Statement) -> bool:
        """Tell whether two statements stand in different branches of one `If`."""
        branches = {id(r.owner): r for r in self._regions(a) if isinstance(r.owner, ir.If)}
        return any(branches.get(id(r.owner), r) is not r for r in self._regions(b) if isinstance(r.owner, ir.If))

    def _regions(self, s: ir.Statement) -> Iterator[Region]:
        region: Region | None = self.layout.place[id(s)]
        while region is not None:
            yield region
            region = region.parent

    # ---- Indices

    def _apart(self, read: Access, writer: ir.Statement, written: Access, common: list[Loop], later: bool) -> bool:
        """Tell whether no later write meets the element that was read, whichever loop makes it later."""
        cases = [(common[:m], common[m]) for m in range(len(common))]
        return all(self._case_apart(read, written, *case) for case in cases) and (
            not later or self._case_apart(read, written, common, None)
        )

    def _case_apart(self, read: Access, written: Access, equal: list[Loop], moved: Loop | None) -> bool:
        """Compare when the loops `equal` are in the same iteration for both, and `moved` in a later one for the writer;
        nothing is known of the loops inside that."""
        return any(self._axis_apart(r, w, equal, moved) for r, w in zip(read, written, strict=True))

    def _axis_apart(self, read: Any, written: Any, equal: list[Loop], moved: Loop | None) -> bool:
        first, extra = _tagged(read, "read")
        second, more = _tagged(written, "written")
        difference = self._joined(second.plus(first, -1), equal)
        bounds = {**extra, **more}
        return any(self._above_zero(d, bounds, equal, moved) for d in (difference, difference.times(-1)))

    def _joined(self, form: Form, equal: list[Loop]) -> Form:
        """Give one name to what is the same for the reader and the writer: counters of `equal` loops, and all else
        that does not change while they run."""
        inner = {id(loop) for loop in equal}
        result = Form()
        for symbol, coefficient in form.items():
            joined = symbol
            if isinstance(symbol, tuple) and isinstance(symbol[1], ir.Var) and self._shared(symbol[1], inner):
                joined = symbol[1]
            result = result.plus(Form({joined: coefficient}))
        return result

    def _shared(self, v: ir.Var, equal: set[int]) -> bool:
        home = self.layout.home[v]
        return all(id(loop) in equal for loop in home.loops)

    def _above_zero(self, form: Form, bounds: dict[Any, Form], equal: list[Loop], moved: Loop | None) -> bool:
        """Replace each counter by the end of its range that makes the form smallest; deepest loops first."""
        if moved is not None:
            form = self._advanced(form, moved)
        for _ in range(20):
            symbol = self._deepest(form, bounds)
            if symbol is None:
                return positive(form, self.layout)
            coefficient = form[symbol]
            lowest = self._lower_bound(symbol, coefficient, bounds)
            if lowest is None:
                return False
            form = self._joined(form.without(symbol).plus(lowest, coefficient), equal)
        return False

    def _advanced(self, form: Form, moved: Loop) -> Form:
        """Write the writer's counter of the loop that makes it later as the reader's plus a distance."""
        written, read = ("written", moved.counter), ("read", moved.counter)
        coefficient = form.get(written, 0)
        if not coefficient:
            return form
        backward = isinstance(moved, ir.For) and moved.backward
        distance = Form({read: 1, ("distance", moved.counter): -1 if backward else 1})
        return form.without(written).plus(distance, coefficient)

    def _deepest(self, form: Form, bounds: dict[Any, Form]) -> Any:
        """Return the symbol that has a range and stands in the most loops."""
        best, depth = None, -1
        for symbol in form:
            level = 1000 if symbol in bounds else self._level(symbol)
            if level > depth:
                best, depth = symbol, level
        return best if depth >= 0 else None

    def _level(self, symbol: Any) -> int:
        v = symbol[1] if isinstance(symbol, tuple) else symbol
        if not isinstance(v, ir.Var):
            return -1
        s = self.layout.origin.get(v)
        if isinstance(s, (ir.For, ir.While)) and v == s.counter:
            return 2 * len(self.layout.home[v].loops) + (isinstance(symbol, tuple) and symbol[0] == "distance")
        return 999 if isinstance(symbol, tuple) else -1  # an unknown that differs between the two: no bound

    def _lower_bound(self, symbol: Any, coefficient: int, bounds: dict[Any, Form]) -> Form | None:
        """Return the smallest (for a negative coefficient: the largest) value of a symbol."""
        if symbol in bounds:
            return Form() if coefficient > 0 else bounds[symbol]
        tag, v = symbol if isinstance(symbol, tuple) else (None, symbol)
        s = self.layout.origin.get(v)
        if not isinstance(s, (ir.For, ir.While)) or v != s.counter:
            return None
        if coefficient > 0:
            return Form({None: 1}) if tag == "distance" else Form()
        if isinstance(s, ir.While):
            return None
        last = form_of(self.layout, s.trip).plus(Form({None: 1}), -1)
        return last if tag is None else _tagged((last, {}), "read" if tag == "distance" else tag)[0]


def _tagged(access: tuple[Form, dict[Any, Form]], tag: str) -> tuple[Form, dict[Any, Form]]:
    """Mark the integers of one of two accesses, which may run in different iterations."""
    form, bounds = access
    return _tag(form, tag), {symbol: _tag(last, tag) for symbol, last in bounds.items()}


def _tag(form: Form, tag: str) -> Form:
    return Form({(tag, s) if isinstance(s, ir.Var) else s: c for s, c in form.items()})
