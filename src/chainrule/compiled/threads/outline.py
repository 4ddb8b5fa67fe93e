"""The text of a loop in threads: a function for a share of its iterations, and what stands where the loop stood."""

from __future__ import annotations

from collections.abc import Iterable
from copy import deepcopy
from dataclasses import replace
from itertools import count

from .. import ir
from ..build import Builder, Names
from ..emit.prepare import Shapes
from ..ops import COMPARISONS
from ..own import whole
from ..scan import atoms_of, defined, loaded, made, stored, views_of
from .cost import Work
from .independent import Plan, Sum

__all__ = ["Outliner"]

LEAST = 2_000_000  # work, some 50 microseconds: below that, a loop is not worth sharing
# Work for each element of a copy that a thread adds into: ten times what it takes, for it must be a trifle.
COPIED = 32
TERMS = 3  # of the formula for the work: the others are small beside them
UNDONE = "an array could not be made in a thread"

CHOICES = frozenset({*COMPARISONS, "logical_and", "logical_or", "logical_not", "select", ir.INT})

_ZERO, _ONE = ir.Const(0, ir.INT), ir.Const(1, ir.INT)


class Outliner:
    """Makes the parts of one function.

    Attributes
    ----------
    parts : list of Part
        Those that have been made.
    """

    def __init__(self, function: ir.Function, names: Names, threads: int, taken: set[str]) -> None:
        self.function, self.names, self.threads = function, names, threads
        self.shapes = Shapes(function)
        self.lets = {s.var: s for s in ir.walk(function.body) if isinstance(s, ir.Let)}
        self.swapped = {b for s in ir.walk(function.body) if isinstance(s, ir.Swap) for b in s.targets}
        self.shapes_of = {s.buffer: s.shape for s in ir.walk(function.body) if isinstance(s, (ir.Alloc, ir.Alias))}
        self.parts: list[ir.Part] = []
        taken = {*taken, function.name}
        self._numbers = (name for k in count(1) if (name := f"{function.name}_part_{k}") not in taken)

    def is_worth(self, work: Work) -> bool:
        """Tell whether a loop may do enough for threads."""
        return any(work) or work[()] >= LEAST

    def shared_out(self, loop: ir.For, plan: Plan, work: Work) -> list[ir.Statement]:
        """Return what stands where a loop stood."""
        return _SharedOut(self, loop, plan, work).statements()

    def name(self) -> str:
        return next(self._numbers)


class _SharedOut:
    """One loop: the call of its parts, and what is done before and after."""

    def __init__(self, outliner: Outliner, loop: ir.For, plan: Plan, work: Work) -> None:
        self.outliner, self.loop, self.plan, self.work = outliner, loop, plan, work
        self.builder = Builder(outliner.names)
        self.builder.place = loop.place
        self.notes = [s for s in ir.walk(loop.body) if isinstance(s, (ir.Check, ir.Alloc))]

    def statements(self) -> list[ir.Statement]:
        """Return the choice between the parts and the loop itself, where there is too little to do."""
        builder, shared, alone = self.builder, list[ir.Statement](), deepcopy(self.loop)
        enough = self._is_enough()
        if isinstance(enough, ir.Const):
            self._shared(self.plan.sums)
            return builder.block
        alone.carried = [self._renamed(c) for c in alone.carried]
        sums = [s._replace(carried=self._renamed(s.carried)) for s in self.plan.sums]
        with builder.into(shared):
            self._shared(sums)
        found = {s.carried.phi: s.carried.result for s in sums}
        merges = [ir.Merge(old.result, found[new.phi], new.result)
                  for old, new in zip(self.loop.carried, alone.carried, strict=True)]  # fmt: skip
        return [*builder.block, ir.If(enough, shared, [alone], merges, self.loop.place)]

    def _renamed(self, c: ir.Carried) -> ir.Carried:
        return replace(c, result=self.builder.var(c.result.hint, c.result.dtype))

    def _shared(self, sums: list[Sum]) -> None:
        """Emit the call of the parts, and what is done before and after."""
        builder, plan, parts = self.builder, self.plan, ir.Const(self.outliner.threads, ir.INT)
        totals = [builder.alloc(f"{v.hint}_parts", v.dtype, [parts]) for v in [s.carried.result for s in sums]]
        copies = {b: self._copies(b, parts) for b in plan.added}
        undone = ir.Const(-1, ir.INT)
        failed = builder.alloc("failed", ir.INT, [parts], undone) if self.notes else None
        made = _Share(self, totals, copies, failed).function(self.outliner.name())
        self.outliner.parts.append(made)
        with builder.loop(parts, "thread") as thread:
            given = [whole_or_self(builder, p) for p in made.params[2:]]
            written = [k for k, p in enumerate(made.params) if isinstance(p, ir.Buffer)]
            invoke = ir.Invoke(made.name, (thread, parts, *given), (), self.loop.place, frozenset(written))
            builder.add(invoke)
        self._hoisted(builder.block)
        if failed is not None:
            self._raise(failed, parts)
        for s, buffer in zip(sums, totals, strict=True):
            self._together(s, buffer, parts)
        for b, buffer in copies.items():
            self._add_up(b, buffer, parts)

    def _hoisted(self, block: list[ir.Statement]) -> None:
        """Let the last loop of a block be one over threads: its body is the call alone."""
        loop = block.pop()
        assert isinstance(loop, ir.For)
        block += loop.body[:-1]
        block.append(replace(loop, body=loop.body[-1:], threads=True))

    # ---- Whether threads are worth it

    def _is_enough(self) -> ir.Atom:
        """Emit whether there is enough to do for several threads."""
        builder = self.builder
        largest = sorted(self.work.items(), key=lambda item: -item[1] * 16.0 ** len(item[0]))[:TERMS]
        total = self._sum([(factor, lengths) for lengths, factor in largest])
        for b in self.plan.added:
            sizes = self._shape(b)
            total = builder.let("subtract", total, self._sum([(COPIED * self.outliner.threads, sizes)]))
        return builder.let("greater_equal", total, ir.Const(LEAST, ir.INT))

    def _sum(self, terms: Iterable[tuple[int, tuple[ir.Atom, ...]]]) -> ir.Atom:
        total: ir.Atom = _ZERO
        for factor, lengths in terms:
            product: ir.Atom = ir.Const(factor, ir.INT)
            for n in lengths:
                product = self.builder.let("multiply", product, n)
            total = self.builder.let("add", total, product)
        return total

    def _shape(self, b: ir.Buffer) -> tuple[ir.Atom, ...]:
        return self.outliner.shapes_of.get(b) or whole(self.builder, b).shape

    # ---- Before and after

    def _copies(self, b: ir.Buffer, parts: ir.Atom) -> ir.Buffer:
        """Emit zeros for all threads but the first, which adds into the array itself."""
        builder = self.builder
        others = builder.let("subtract", parts, _ONE)
        zero = ir.Const(0 if b.dtype == ir.INT else 0.0, b.dtype)
        return builder.alloc(f"{b.hint}_parts", b.dtype, [others, *self._shape(b)], zero)

    def _raise(self, failed: ir.Buffer, parts: ir.Atom) -> None:
        """Emit the error of the first part that has failed: the one that would have come without threads."""
        builder = self.builder
        with builder.loop(parts, "thread") as thread:
            number = builder.load(failed, [thread], hint="number")
            for k, (error, message, place) in enumerate(errors_of(self.loop), 1):
                builder.place = place
                builder.check(builder.let("not_equal", number, ir.Const(k, ir.INT)), error, message)
            builder.place = self.loop.place
            builder.check(builder.let("equal", number, _ZERO), "MemoryError", UNDONE)

    def _together(self, s: Sum, buffer: ir.Buffer, parts: ir.Atom) -> None:
        """Emit the result of the loop from those of the threads, in their order."""
        builder, c = self.builder, s.carried
        if s.op == "last":
            builder.add(ir.Load(c.result, buffer, (builder.let("subtract", parts, _ONE),), self.loop.place))
            return
        first = builder.load(buffer, [_ZERO], hint=c.result.hint)
        others = builder.let("subtract", parts, _ONE)
        thread, phi = builder.counter(others, "thread"), builder.var(c.result.hint, c.result.dtype)
        body: list[ir.Statement] = []
        with builder.into(body):
            one = builder.load(buffer, [builder.let("add", thread, _ONE)])
            total = builder.let(s.op, phi, one, hint=c.result.hint)
        builder.add(ir.For(thread, others, body, [ir.Carried(phi, first, total, c.result)], place=self.loop.place))

    def _add_up(self, b: ir.Buffer, buffer: ir.Buffer, parts: ir.Atom) -> None:
        builder, sizes = self.builder, self._shape(b)

        def nest(index: list[ir.Atom]) -> None:
            if len(index) == b.ndim + 1:
                builder.store(b, index[1:], builder.load(buffer, index), add=True)
                return
            trip = sizes[len(index) - 1] if index else builder.let("subtract", parts, _ONE)
            with builder.loop(trip, "i" if index else "thread", parallel=bool(index)) as counter:
                nest([*index, counter])

        nest([])


class _Share:
    """The function for a share of the iterations."""

    def __init__(self, shared: _SharedOut, totals: list[ir.Buffer], copies: dict[ir.Buffer, ir.Buffer],
                 failed: ir.Buffer | None) -> None:  # fmt: skip
        self.loop, self.plan, self.outliner = shared.loop, shared.plan, shared.outliner
        self.totals, self.copies, self.failed = totals, copies, failed
        names = shared.outliner.names
        self.thread, self.parts = (ir.Var(names.fresh(hint), ir.INT) for hint in ("thread", "parts"))
        self.builder = Builder(names)
        self.builder.place = self.loop.place

    def function(self, name: str) -> ir.Part:
        scalars, buffers = self._read()
        buffers = [*buffers, *self.copies.values(), *self.totals, *([self.failed] if self.failed else [])]
        lengths = {(b, axis): self._lengths(b, axis) for b in buffers for axis in range(b.ndim)}
        scalars, choices = self._choices(scalars)
        dims = self._dims(scalars, lengths)
        self.builder.block += [*dims, *choices]
        for alloc in self.plan.own:
            self.builder.add(replace(alloc))
        self._body()
        known = {s.var for s in dims}
        given = [v for v in scalars if v not in known]
        params: list[ir.Var | ir.Buffer] = [self.thread, self.parts, *given, *buffers]
        return ir.Part(name, params, self.builder.block, [], lengths=lengths)

    def _read(self) -> tuple[list[ir.Var], list[ir.Buffer]]:
        """Return the scalars and the arrays that the loop takes from outside."""
        inside = [*ir.walk(self.loop.body)]
        arrays = self.plan.own
        local = {v for s in inside for v in defined(s)} | {self.loop.counter, *[c.phi for c in self.loop.carried]}
        read = [self.loop.trip, *[c.init for c in self.loop.carried]]
        read += [a for s in (*inside, *arrays) for a in atoms_of(s)]
        read += [c.next for c in self.loop.carried]
        scalars = dict.fromkeys([a for a in read if isinstance(a, ir.Var) and a not in local])
        own = {b for s in (*inside, *arrays) for b in made(s)}
        named = dict.fromkeys([b for s in inside for b in _buffers(s) if b not in own])
        return [*scalars], [*named]

    def _lengths(self, b: ir.Buffer, axis: int) -> set[ir.Atom]:
        return set() if b in self.outliner.swapped else self.outliner.shapes.lengths(b, axis)

    def _dims(self, scalars: list[ir.Var], lengths: dict[tuple[ir.Buffer, int], set[ir.Atom]]) -> list[ir.Dim]:
        """Return statements for the lengths among the scalars, which need not be passed."""
        found = []
        for v in scalars:
            place = next((key for key, known in lengths.items() if v in known), None)
            if place is not None:
                found.append(ir.Dim(v, *place, self.loop.place))
        return found

    def _choices(self, scalars: list[ir.Var]) -> tuple[list[ir.Var], list[ir.Let]]:
        """Return statements for what compares lengths and chooses by that, and the scalars that remain to be passed.

        A compiler that sees these knows as much in the part as in the loop: that two lengths are the same where a check
        has passed, and that an index is a multiple of 0 or 1, which is worth a loop for each.
        """
        made: dict[ir.Var, ir.Let] = {}
        left: dict[ir.Var, None] = {}

        def visit(v: ir.Var) -> None:
            let = self.outliner.lets.get(v)
            if v in made or let is None or not _is_choice(let):
                left.update({} if v in made else {v: None})
                return
            for a in let.args:
                if isinstance(a, ir.Var):
                    visit(a)
            made[v] = replace(let)

        for v in scalars:
            visit(v)
        return [*left], [*made.values()]

    def _body(self) -> None:
        """Emit the share: iterations from ``thread*trip // parts`` on."""
        builder, loop = self.builder, self.loop
        following = builder.let("add", self.thread, _ONE)
        start, stop = [
            builder.let("floor_divide", builder.let("multiply", k, loop.trip), self.parts, hint=hint)
            for k, hint in ((self.thread, "start"), (following, "stop"))
        ]
        trip = builder.let("subtract", stop, start, hint="n")
        sums = {id(s.carried): s for s in self.plan.sums}
        carried = [self._carried(c, sums[id(c)]) for c in loop.carried]
        own = {b: self._own(b) for b in self.plan.added}
        counter = builder.var("k", ir.INT)
        errors = {error[:2]: k for k, error in enumerate(errors_of(loop), 1)}
        body = _Noting(self.failed, self.thread, errors, own).block(loop.body)
        body.insert(0, ir.Let(loop.counter, "add", (start, counter), loop.place))
        builder.add(ir.For(counter, trip, body, carried, backward=loop.backward, place=loop.place))
        for buffer, c in zip(self.totals, carried, strict=True):
            builder.store(buffer, [self.thread], c.result)
        if self.failed is not None:
            builder.store(self.failed, [self.thread], _ZERO)

    def _carried(self, c: ir.Carried, s: Sum) -> ir.Carried:
        """Return a carried scalar that begins as the loop did in the first thread, and anew in the others."""
        init = c.init
        if s.start is not None:
            value = ir.Const(s.start if c.phi.dtype == ir.INT else float(s.start), c.phi.dtype)
            first = self.builder.let("equal", self.thread, _ZERO)
            init = self.builder.let("select", first, c.init, value, hint=c.phi.hint)
        return replace(c, init=init, result=self.builder.var(c.result.hint, c.result.dtype))

    def _own(self, b: ir.Buffer) -> ir.Buffer:
        mine = ir.Buffer(self.builder.names.fresh(b.hint), b.dtype, b.ndim)
        self.builder.add(ir.Own(mine, self.copies[b], (), self.loop.place, first=b, thread=self.thread))
        return mine


class _Noting:
    """Copies a body whose checks leave the part, and which adds into the thread's own arrays."""

    def __init__(self, failed: ir.Buffer | None, thread: ir.Var, errors: dict[tuple[str, str], int],
                 own: dict[ir.Buffer, ir.Buffer]) -> None:  # fmt: skip
        self.failed, self.thread, self.errors, self.own = failed, thread, errors, own

    def block(self, body: list[ir.Statement]) -> list[ir.Statement]:
        return [self.statement(s) for s in body]

    def statement(self, s: ir.Statement) -> ir.Statement:
        match s:
            case ir.Check(_, error, message):
                assert self.failed is not None
                return replace(s, note=(self.failed, self.thread, self.errors[error, message]))
            case ir.Store(buffer) | ir.Dim(_, buffer) if buffer in self.own:
                return replace(s, buffer=self.own[buffer])
            case ir.For():
                return replace(s, body=self.block(s.body))
            case ir.While():
                return replace(s, head=self.block(s.head), body=self.block(s.body))
            case ir.If():
                return replace(s, then=self.block(s.then), orelse=self.block(s.orelse))
        return s


def _is_choice(s: ir.Let) -> bool:
    """Tell whether a statement compares whole numbers, or chooses one of them."""
    whole = all(a.dtype in (ir.BOOL, ir.INT) for a in (s.var, *s.args))
    return whole and s.op in CHOICES


def errors_of(loop: ir.For) -> list[tuple[str, str, ir.Place | None]]:
    """Return the errors that a loop can raise, each once, with the first place of each."""
    found: dict[tuple[str, str], ir.Place | None] = {}
    for s in ir.walk(loop.body):
        if isinstance(s, ir.Check):
            found.setdefault((s.error, s.message), s.place)
    return [(error, message, place) for (error, message), place in found.items()]


def whole_or_self(builder: Builder, p: ir.Var | ir.Buffer) -> ir.Atom | ir.View:
    return whole(builder, p) if isinstance(p, ir.Buffer) else p


def _buffers(s: ir.Statement) -> Iterable[ir.Buffer]:
    yield from loaded(s)
    yield from stored(s)
    yield from [view.buffer for view in views_of(s)]
    if isinstance(s, ir.Dim):
        yield s.buffer
    if isinstance(s, ir.Alias):
        yield s.base
