"""Primal values in the reverse sweep: computed again, read again from memory, or saved by the forward sweep.

Nothing is restored: the reverse sweep never writes primal memory. A scalar of a loop is found again for each iteration
that is reversed. The order of preference: what is known outside all loops; loop counters; cheap operations on what is
available; memory that is provably not overwritten; a copy that the program itself stored; and last a saved value.

References
----------
Moses and Churavy, *Instead of rewriting foreign code for machine learning, automatically synthesize fast gradients*,
2020, section 3.3 (cache of values that the reverse pass cannot recompute).
"""

from __future__ import annotations

from collections import defaultdict

from .. import ir
from ..ops import cost_of
from ..scan import Renaming
from .affine import form_of
from .layout import Layout, Region
from .memory import Memory
from .saves import Saves
from .sweep import Mirror

__all__ = ["Copy", "Needs"]

Copy = tuple[str, str, tuple[tuple[int, ir.Atom], ...]]  # an array, a loop's counter, and the axes held at one index

_EXPENSIVE = 20
_ZERO = ir.Const(0, ir.INT)


class Needs:
    """Answers where a primal scalar is to be found while the reverse sweep is written.

    Attributes
    ----------
    wanted : set of Buffer
        Arrays made anew in each iteration, whose content the reverse sweep could read if every iteration kept its own.
    copied : set of Copy
        The parts of arrays that are copied before a loop, for the reverse sweep to read.
    """

    def __init__(self, layout: Layout, memory: Memory, saves: Saves, mirrors: dict[Region, Mirror],
                 copies: set[Copy]) -> None:  # fmt: skip
        self.layout = layout
        self.memory = memory
        self.saves = saves
        self.mirrors = mirrors
        self.wanted: set[ir.Buffer] = set()
        self.copies = copies  # those that there will be in any case
        self.copied: set[Copy] = set()
        self._lengths: dict[tuple[ir.Buffer, int], ir.Var] = {}
        self.stores: dict[ir.Atom, list[ir.Store]] = defaultdict(list)
        for s in ir.walk(layout.root.body):
            if isinstance(s, ir.Store) and not s.add:
                self.stores[s.value].append(s)

    def value(self, x: ir.Atom) -> ir.Atom:
        """Return the atom that holds a primal scalar where the reverse sweep stands now."""
        if isinstance(x, ir.Const) or self.layout.home[x] is self.layout.root:
            return x
        mirror = self.mirrors[self.layout.home[x]]
        if x not in mirror.values:
            mirror.values[x] = self._provide(x, mirror)
        return mirror.values[x]

    def _provide(self, x: ir.Var, mirror: Mirror) -> ir.Atom:
        s = self.layout.origin[x]
        if isinstance(s, (ir.For, ir.While)) and x == s.counter:
            assert mirror.counter is not None
            return mirror.counter
        if self._recomputes(x, saves=0):
            return self._recomputed(x, mirror)
        copy = self._stored_copy(x)
        if copy is not None:
            return mirror.prologue.load(copy.buffer, [self.value(i) for i in copy.index], hint=x.hint)
        if self._recomputes(x, saves=1):
            return self._recomputed(x, mirror)
        if isinstance(s, ir.Load):
            nest = self._constant_nest(s)
            if nest is not None:
                return self._from_snapshot(s, nest, mirror)
        return self.saves.fetch(x, mirror, self.value)

    # ---- Arrays

    def view(self, view: ir.View, at: ir.Statement, after: bool = False) -> ir.View:
        """Return a view that holds, in the reverse sweep, what a view held before (or after) a statement ran."""
        if self._view_remains(view, at):
            return self.moved(view)
        return self.saves.snapshot(view, at, self.mirrors, self.value, after)

    def returned(self, buffer: ir.Buffer, shape: tuple[ir.Atom, ...], call: ir.Invoke) -> ir.View:
        """Return a view, in the reverse sweep, of an array that a call of the forward sweep has come to return too."""
        view = ir.View(buffer, tuple([ir.Axis(i, _ZERO, 1, size) for i, size in enumerate(shape)]))
        if self.layout.place[id(call)] is self.layout.root:
            return self.moved(view)
        return self.saves.snapshot(view, call, self.mirrors, self.value, after=True)

    def returned_number(self, x: ir.Var, call: ir.Invoke) -> ir.Atom:
        """Return, in the reverse sweep, a number that a call of the forward sweep has come to return too."""
        self.layout.home[x], self.layout.origin[x] = self.layout.place[id(call)], call
        return self.value(x)

    def moved(self, view: ir.View) -> ir.View:
        """Return the same part of the same buffer, as the reverse sweep names it."""
        return Renaming(self.value, lambda b: b).view(view)

    def _view_remains(self, view: ir.View, at: ir.Statement) -> bool:
        if not self.memory.kept(at, view.buffer, self.memory.part(view)):
            return False
        if self.layout.home[view.buffer] is not self.layout.root:
            self.wanted.add(view.buffer)
            return False
        return True

    def _constant_nest(self, s: ir.Load) -> ir.Statement | None:
        """Return the outermost loop around a load in which nothing writes to its buffer.

        A copy of the part that the loop may read, made before it, then serves all loads in it. That is worth while if
        the loop visits the array: every axis is either held at one index or followed by some loop inside.
        """
        found, inner = None, self.layout.place[id(s)]
        home = self.layout.home[s.buffer]
        while inner.parent is not None and inner is not home:
            owner = inner.owner
            assert owner is not None
            if not self.memory.constant_in(owner, s.buffer):
                break
            if isinstance(owner, (ir.For, ir.While)):
                found = owner
            inner = inner.parent
        if found is None or not self._visits(s, found):
            return None
        return found

    def _visits(self, s: ir.Load, nest: ir.Statement) -> bool:
        varying = [i for i in s.index if self._varies(i, nest)]
        counters = {loop.counter for loop in self._loops_inside(s, nest)}
        return bool(varying) and all(self._follows(i, counters) for i in varying)

    def _varies(self, i: ir.Atom, nest: ir.Statement) -> bool:
        region = self.layout.place[id(nest)]
        return not isinstance(i, ir.Const) and not region.within(self.layout.home[i])

    def _loops_inside(self, s: ir.Statement, nest: ir.Statement) -> list[ir.For | ir.While]:
        return list(self.layout.place[id(s)].loops[len(self.layout.place[id(nest)].loops) :])

    def _follows(self, i: ir.Atom, counters: set[ir.Var]) -> bool:
        form = form_of(self.layout, i)
        return any(form.get(c) in (1, -1) for c in counters)

    def _from_snapshot(self, s: ir.Load, nest: ir.Statement, mirror: Mirror) -> ir.Atom:
        axes, fixed, position = [], [], []
        for base, i in enumerate(s.index):
            if self._varies(i, nest):
                axes.append(ir.Axis(base, _ZERO, 1, self._length(s.buffer, base)))
                position.append(i)
            else:
                fixed.append((base, i))
        self.copied.add(self._copy_of(s, nest))
        view = ir.View(s.buffer, tuple(axes), tuple(fixed))
        copy = self.saves.snapshot(view, nest, self.mirrors, self.value)
        index = [at for _, at in copy.fixed] + [self.value(i) for i in position]
        return mirror.prologue.load(copy.buffer, index, hint=s.var.hint)

    def _copy_of(self, s: ir.Load, nest: ir.Statement) -> Copy:
        assert isinstance(nest, (ir.For, ir.While))
        held = tuple([(base, i) for base, i in enumerate(s.index) if not self._varies(i, nest)])
        return s.buffer.name, nest.counter.name, held

    def could_do_without(self) -> bool:
        """Tell whether, given all that is copied now, some scalar need not have been saved."""
        if self.copied <= self.copies:
            return False
        self.copies = self.copied
        saved = [(x, self.layout.origin[x]) for x in self.saves.known]
        cheap = [(x, s) for x, s in saved if isinstance(s, ir.Let) and cost_of(s.op) < _EXPENSIVE]
        return any(self._leaves_of(x, s, 12) == set() for x, s in cheap)

    def _length(self, buffer: ir.Buffer, axis: int) -> ir.Atom:
        """Return the length of an axis, as an atom that is known wherever the buffer is."""
        made = self.layout.origin.get(buffer)
        if isinstance(made, (ir.Alloc, ir.Alias)):
            return made.shape[axis]
        key = (buffer, axis)
        if key not in self._lengths:
            self._lengths[key] = self.saves.dim_at_start(buffer, axis)
            self.layout.home[self._lengths[key]] = self.layout.root
        return self._lengths[key]

    # ---- Computing again

    def _recomputes(self, x: ir.Var, saves: int) -> bool:
        """Decide between computing a scalar again and saving it.

        Computing it may need other saves. If that is a single one, others are likely to need it too; if there are
        more, saving the result itself is cheaper.
        """
        if x in self.saves.known:
            return False
        s = self.layout.origin[x]
        if isinstance(s, ir.Let) and cost_of(s.op) >= _EXPENSIVE and x.dtype != ir.INT:
            return False
        if isinstance(s, ir.Load) and not self._readable(s):
            return False
        leaves = self._leaves_of(x, s, 12)
        return leaves is not None and x not in leaves and len(leaves) <= saves

    def _leaves(self, x: ir.Atom, depth: int) -> set[ir.Var] | None:
        """Return what would have to be saved to have a scalar again, or None if its recomputation is too deep."""
        if isinstance(x, ir.Const) or self.layout.home[x] is self.layout.root or x in self.saves.known:
            return set()
        mirror = self.mirrors.get(self.layout.home[x])
        if (mirror is not None and x in mirror.values) or self._stored_copy(x) is not None:
            return set()
        if not depth:
            return None
        return self._leaves_of(x, self.layout.origin[x], depth - 1)

    def _leaves_of(self, x: ir.Var, s: ir.Statement, depth: int) -> set[ir.Var] | None:
        if isinstance(s, (ir.For, ir.While)) and x == s.counter:
            return set()
        parts = self._parts(x, s)
        if parts is None and isinstance(s, ir.Load) and self.copies:
            nest = self._constant_nest(s)
            if nest is not None and self._copy_of(s, nest) in self.copies:
                return set()
        if parts is None:
            return {x}
        leaves: set[ir.Var] = set()
        for part in parts:
            more = self._leaves(part, depth)
            if more is None:
                return None
            leaves |= more
        return leaves if len(leaves) <= 1 else {x}

    def _parts(self, x: ir.Var, s: ir.Statement) -> tuple[ir.Atom, ...] | None:
        """Return the atoms from which a scalar can be computed again, or None if it has to be saved."""
        match s:
            case ir.Let() if cost_of(s.op) < _EXPENSIVE or x.dtype == ir.INT:
                return s.args
            case ir.Load() if self._readable(s):
                return s.index
            case ir.Dim():
                return self._size(s)
            case ir.For() | ir.While():
                step = _step(x, s)
                return None if step is None else (*step, s.counter)
            case ir.If():
                return self._choice(x, s)
        return None

    def _size(self, s: ir.Dim) -> tuple[ir.Atom, ...]:
        made = self.layout.origin.get(s.buffer)
        return (made.shape[s.axis],) if isinstance(made, (ir.Alloc, ir.Alias)) else ()

    def _choice(self, x: ir.Var, s: ir.If) -> tuple[ir.Atom, ...] | None:
        """A merge of values that are known outside the branches is a selection."""
        merge = next(m for m in s.merges if m.result == x)
        here = self.layout.home[x]
        outside = [isinstance(a, ir.Const) or here.within(self.layout.home[a]) for a in (merge.then, merge.orelse)]
        return (s.test, merge.then, merge.orelse) if all(outside) else None

    def _recomputed(self, x: ir.Var, mirror: Mirror) -> ir.Atom:
        s = self.layout.origin[x]
        parts = self._parts(x, s)
        assert parts is not None
        atoms = [self.value(a) for a in parts]
        builder = mirror.prologue
        match s:
            case ir.Let():
                return builder.let(s.op, *atoms, hint=x.hint)
            case ir.Load():
                return builder.load(s.buffer, atoms, hint=x.hint)
            case ir.Dim():
                return atoms[0] if atoms else builder.dim(s.buffer, s.axis)
            case ir.If():
                return builder.let("select", *atoms, hint=x.hint)
        init, step, counter = atoms
        return builder.let("add", init, builder.let("multiply", counter, step), hint=x.hint)

    # ---- Reading again

    def _readable(self, s: ir.Load) -> bool:
        """Tell whether a load can be done again in the reverse sweep."""
        return self._remains(s, s.buffer, s.index)

    def _remains(self, s: ir.Statement, buffer: ir.Buffer, index: tuple[ir.Atom, ...]) -> bool:
        if not self.memory.kept(s, buffer, self.memory.elements(index)):
            return False
        if self.layout.home[buffer] is not self.layout.root:
            self.wanted.add(buffer)
            return False
        return True

    def _stored_copy(self, x: ir.Var) -> ir.Store | None:
        """Return a store of this scalar whose copy in memory is still there."""
        home = self.layout.home[x]
        for s in self.stores[x]:
            known = all(isinstance(i, ir.Const) or home.within(self.layout.home[i]) for i in s.index)
            if known and self.layout.place[id(s)] is home and self._remains(s, s.buffer, s.index):
                return s
        return None


def _step(x: ir.Var, s: ir.For | ir.While) -> tuple[ir.Atom, ir.Atom] | None:
    """Return the first value and the step of an integer that a loop counts up by a constant."""
    carried = next((c for c in s.carried if c.phi == x), None)
    if carried is None or x.dtype != ir.INT:
        return None
    block = s.body if isinstance(s, ir.For) else [*s.head, *s.body]
    for t in block:
        if isinstance(t, ir.Let) and t.var == carried.next and t.op in ("add", "subtract") and t.args[0] == x:
            step = t.args[1]
            if isinstance(step, ir.Const):
                return carried.init, step if t.op == "add" else ir.Const(-step.value, ir.INT)
    return None
