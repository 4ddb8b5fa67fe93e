"""The construction of a loop whose iterations run abreast: scalars become arrays with an element for each."""

from __future__ import annotations

from dataclasses import dataclass, field, replace

from .. import ir
from ..build import Names
from ..scan import Renaming, defined

__all__ = ["LANES", "Plan", "in_lanes"]

LANES = 64
_ROOM = 1 << 17  # elements: what the arrays may take together, so that they stay in the cache

_ZERO = ir.Const(0, ir.INT)


@dataclass(slots=True)
class Plan:
    """What is known of a loop that is to run abreast.

    Attributes
    ----------
    chains : list of list of Let
        For each carried scalar the additions to it, in order.
    private : dict
        The arrays that each iteration needs one of, and where they are made.
    varying : set
        The scalars that may differ between iterations.
    """

    chains: list[list[ir.Let]]
    private: dict[ir.Buffer, ir.Alloc]
    varying: set[ir.Atom]


def in_lanes(loop: ir.For, plan: Plan, names: Names) -> list[ir.Statement]:
    """Return the statements that do what a loop does: blocks of iterations abreast, then those that are left."""
    return _Lanes(loop, plan, names).statements()


@dataclass(slots=True)
class _Segment:
    """A short loop over a block of iterations: what it takes from arrays, what it does, what it puts into arrays."""

    loop: ir.For
    taken: dict[ir.Var, ir.Var] = field(default_factory=dict)
    head: list[ir.Statement] = field(default_factory=list)
    body: list[ir.Statement] = field(default_factory=list)
    tail: list[ir.Statement] = field(default_factory=list)
    kept: set[ir.Var] = field(default_factory=set)


class _Lanes:
    def __init__(self, loop: ir.For, plan: Plan, names: Names) -> None:
        self.loop = loop
        self.plan = plan
        self.names = names
        self.before: list[ir.Statement] = []
        self.start = self.integer("start")
        self.arrays: dict[ir.Var, ir.Buffer] = {}  # where a scalar's values are
        self.made_in: dict[ir.Var, _Segment] = {}
        self.segments: list[_Segment] = []
        self.private: dict[ir.Buffer, ir.Buffer] = {}
        self.summing = {id(s) for chain in plan.chains for s in chain}

    def integer(self, hint: str) -> ir.Var:
        return ir.Var(self.names.fresh(hint), ir.INT)

    def let(self, op: str, *args: ir.Atom, hint: str = "n") -> ir.Var:
        var = self.integer(hint)
        self.before.append(ir.Let(var, op, args, self.loop.place))
        return var

    # ---- The whole

    def statements(self) -> list[ir.Statement]:
        loop, lanes = self.loop, ir.Const(LANES, ir.INT)
        blocks: ir.Atom = self.let("maximum", self.let("floor_divide", loop.trip, lanes), _ZERO)
        blocks = self.private_arrays(blocks)
        body: list[ir.Statement] = []
        counter = self.integer("block")
        body.append(ir.Let(self.start, "multiply", (counter, lanes), loop.place))
        self.block(loop.body, body, [])
        carried = []
        for c, chain in zip(loop.carried, self.plan.chains, strict=True):
            phi, after, result = (ir.Var(self.names.fresh(c.phi.name), c.phi.dtype) for _ in range(3))
            self.sum(c, chain, phi, after, body)
            carried.append(ir.Carried(phi, c.init, after, result))
        for segment in self.segments:
            segment.loop.body = [*segment.head, *segment.body, *segment.tail]
        main = ir.For(counter, blocks, body, carried, place=loop.place)
        done = ir.Let(self.integer("done"), "multiply", (blocks, lanes), loop.place)
        return [*self.before, main, done, *self.rest(done.var, [c.result for c in carried])]

    def private_arrays(self, blocks: ir.Atom) -> ir.Atom:
        """Make the arrays that each iteration needs one of; none are run abreast if these are too large."""
        total: ir.Atom = _ZERO
        for s in self.plan.private.values():
            size: ir.Atom = ir.Const(1, ir.INT)
            for length in s.shape:
                size = self.let("multiply", size, length)
            total = self.let("add", total, size)
        lanes: ir.Atom = ir.Const(LANES, ir.INT)
        if self.plan.private:
            fits = ir.Var(self.names.fresh("fits"), ir.BOOL)
            self.before.append(ir.Let(fits, "less_equal", (total, ir.Const(_ROOM // LANES, ir.INT)), self.loop.place))
            blocks = self.let("select", fits, blocks, _ZERO)
            lanes = self.let("select", fits, lanes, _ZERO)
        for b, s in self.plan.private.items():
            larger = ir.Buffer(self.names.fresh(b.name), b.dtype, b.ndim + 1)
            self.before.append(ir.Alloc(larger, (*s.shape, lanes), None, s.place))
            self.private[b] = larger
        return blocks

    def rest(self, done: ir.Var, starts: list[ir.Var]) -> list[ir.Statement]:
        """Return the loop over the iterations that do not fill a block."""
        loop = self.loop
        left = ir.Let(self.integer("n"), "subtract", (loop.trip, done), loop.place)
        results = {c.result for c in loop.carried}
        fresh: dict[ir.Atom, ir.Var] = {}
        buffers = {b: ir.Buffer(self.names.fresh(b.name), b.dtype, b.ndim) for b in self.plan.private
                   if any(isinstance(s, ir.Alloc) and s.buffer == b for s in loop.body)}  # fmt: skip

        def define(v: ir.Var) -> ir.Var:
            if v in results:
                return v
            fresh[v] = ir.Var(self.names.fresh(v.name), v.dtype)
            return fresh[v]

        at, counter = self.integer(loop.counter.hint), self.integer(loop.counter.hint)
        shifted = ir.Let(at, "add", (done, counter), loop.place)
        carried = [replace(c, init=start) for c, start in zip(loop.carried, starts, strict=True)]
        copied = Renaming(lambda a: fresh.get(a, a), lambda b: buffers.get(b, b), define).statement(
            replace(loop, trip=left.var, carried=carried)
        )
        assert isinstance(copied, ir.For)
        body = Renaming(lambda a: at if a == copied.counter else a, lambda b: b).body(copied.body)
        return [left, replace(copied, counter=counter, body=[shifted, *body])]

    # ---- The body, a segment at a time

    def block(self, body: list[ir.Statement], out: list[ir.Statement],
              ends: list[tuple[ir.Buffer, ir.Atom]]) -> None:  # fmt: skip
        """Append what a block does for all iterations abreast; at its end, values go into arrays all at once."""
        segment: _Segment | None = None
        for s in body:
            if isinstance(s, ir.Alloc) or id(s) in self.summing:
                continue
            if isinstance(s, (ir.Let, ir.Load)) and s.var not in self.plan.varying:
                # What is the same for all goes in front of the segment: it reads nothing that the loop writes.
                out.insert(len(out) - (segment is not None), s)
            elif isinstance(s, ir.For):
                self.inner(s, out, segment)
                segment = None
            else:
                segment = segment or self.segment(out)
                self.statement(s, segment)
        if ends:
            segment = segment or self.segment(out)
            for array, value in ends:
                self.put(segment, array, self.value(value, segment))

    def inner(self, s: ir.For, out: list[ir.Statement], segment: _Segment | None) -> None:
        varying = [c for c in s.carried if c.phi in self.plan.varying]
        if varying:
            segment = segment or self.segment(out)
        ends = []
        for c in varying:
            assert segment is not None
            array = self.array(c.phi)
            self.arrays[c.phi] = self.arrays[c.result] = array
            self.put(segment, array, self.value(c.init, segment))
            ends.append((array, c.next))
        inside: list[ir.Statement] = []
        self.block(s.body, inside, ends)
        out.append(replace(s, body=inside, carried=[c for c in s.carried if c not in varying], parallel=False))

    def segment(self, out: list[ir.Statement]) -> _Segment:
        counter = self.integer("lane")
        loop = ir.For(counter, ir.Const(LANES, ir.INT), [], parallel=True, place=self.loop.place)
        out.append(loop)
        self.segments.append(_Segment(loop))
        return self.segments[-1]

    def statement(self, s: ir.Statement, segment: _Segment) -> None:
        def read(a: ir.Atom) -> ir.Atom:
            return self.value(a, segment)

        assert isinstance(s, (ir.Let, ir.Load, ir.Store))
        copied = Renaming(read, lambda b: self.private.get(b, b)).statement(s)
        assert isinstance(copied, (ir.Let, ir.Load, ir.Store))
        if not isinstance(copied, ir.Let) and isinstance(s, (ir.Load, ir.Store)) and s.buffer in self.private:
            copied.index = (*copied.index, segment.loop.counter)
        segment.body.append(copied)
        for v in defined(s):
            self.made_in[v] = segment

    # ---- Values

    def value(self, a: ir.Atom, segment: _Segment) -> ir.Atom:
        """Return what a scalar is in a segment: itself, or what is taken from the array of its values."""
        if isinstance(a, ir.Const) or a not in self.plan.varying or self.made_in.get(a) is segment:
            return a
        if a not in segment.taken:
            segment.taken[a] = fresh = ir.Var(self.names.fresh(a.name), a.dtype)
            lane = segment.loop.counter
            if a == self.loop.counter:
                segment.head.append(ir.Let(fresh, "add", (self.start, lane), self.loop.place))
            else:
                segment.head.append(ir.Load(fresh, self.kept(a), (lane,), self.loop.place))
        return segment.taken[a]

    def kept(self, a: ir.Var) -> ir.Buffer:
        """Return the array of a scalar's values; the segment that computes them fills it."""
        if a not in self.arrays:
            self.arrays[a] = self.array(a)
            self.put(self.made_in[a], self.arrays[a], a)
        return self.arrays[a]

    def array(self, a: ir.Var) -> ir.Buffer:
        buffer = ir.Buffer(self.names.fresh(a.name), a.dtype, 1)
        self.before.append(ir.Alloc(buffer, (ir.Const(LANES, ir.INT),), None, self.loop.place))
        return buffer

    def put(self, segment: _Segment, array: ir.Buffer, value: ir.Atom) -> None:
        segment.tail.append(ir.Store(array, (segment.loop.counter,), value, place=self.loop.place))

    # ---- Sums over the iterations

    def sum(self, c: ir.Carried, chain: list[ir.Let], start: ir.Var, end: ir.Var, out: list[ir.Statement]) -> None:
        """Append the loop that adds, in order, what the iterations of a block contribute to a carried scalar."""
        segment = self.segment(out)
        segment.loop.parallel = False
        phi, last = ir.Var(self.names.fresh(c.phi.name), c.phi.dtype), c.phi
        renamed: dict[ir.Atom, ir.Atom] = {c.phi: phi}
        for s in chain:
            last = ir.Var(self.names.fresh(s.var.name), s.var.dtype)
            args = (renamed[s.args[0]], self.value(s.args[1], segment))
            segment.body.append(ir.Let(last, s.op, args, s.place))
            renamed[s.var] = last
        segment.loop.carried = [ir.Carried(phi, start, last, end)]
