"""Questions that every pass asks of statements: what they define, read and write; and copies with other names."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from typing import Any

from . import ir

__all__ = [
    "Renaming", "atoms_of", "defined", "free", "loaded", "named", "stored", "substitute", "views_of", "with_blocks",
]  # fmt: skip


def atoms_of(s: ir.Statement) -> Iterator[ir.Atom]:
    """Yield the atoms that a statement reads itself: those of a structure's head and ends, not of its blocks."""
    match s:
        case ir.Let():
            yield from s.args
        case ir.Load():
            yield from s.index
        case ir.Store():
            yield from s.index
            yield s.value
        case ir.Alloc() | ir.Alias():
            yield from s.shape
            if isinstance(s, ir.Alloc) and s.fill is not None:
                yield s.fill
        case ir.Grow():
            yield s.size
        case ir.For() | ir.While():
            yield from _loop_atoms(s)
        case ir.If():
            yield s.test
            for merge in s.merges:
                yield from (merge.then, merge.orelse)
        case ir.Call():
            yield from _operands((*s.reads, *s.writes))
        case ir.Invoke():
            yield from _operands(s.args)
        case ir.Push():
            yield s.value
        case ir.Check():
            yield s.test


def _loop_atoms(s: ir.For | ir.While) -> Iterator[ir.Atom]:
    yield s.trip if isinstance(s, ir.For) else s.test
    for carried in s.carried:
        yield from (carried.init, carried.next)
    if s.stop is not None:
        yield s.stop


def _operands(operands: Iterable[ir.Atom | ir.View]) -> Iterator[ir.Atom]:
    for x in operands:
        if isinstance(x, ir.View):
            yield from atoms_of_view(x)
        else:
            yield x


def atoms_of_view(view: ir.View) -> Iterator[ir.Atom]:
    for axis in view.axes:
        yield from (axis.start, axis.size)
        if isinstance(axis.step, ir.Var):
            yield axis.step
    for _, at in view.fixed:
        yield at


def views_of(s: ir.Statement) -> tuple[ir.View, ...]:
    """Return the views that a call is given to read."""
    if not isinstance(s, (ir.Call, ir.Invoke)):
        return ()
    operands = s.reads if isinstance(s, ir.Call) else s.args
    return tuple([x for x in operands if isinstance(x, ir.View)])


def defined(s: ir.Statement) -> Iterator[ir.Var]:
    """Yield the scalars that are known after a statement, and those that it gives to its own blocks."""
    if isinstance(s, (ir.Let, ir.Load, ir.Dim, ir.Pop)):
        yield s.var
    elif isinstance(s, (ir.For, ir.While)):
        yield from results(s)
        yield from inner(s)
    elif isinstance(s, ir.If):
        yield from results(s)
    elif isinstance(s, (ir.Call, ir.Invoke)):
        yield from [x for x in s.outs if isinstance(x, ir.Var)]


def results(s: ir.Statement) -> Iterator[ir.Var]:
    """Yield the scalars that a structure gives to the block it stands in."""
    if isinstance(s, (ir.For, ir.While)):
        yield from [c.result for c in s.carried]
        if s.count is not None:
            yield s.count
    elif isinstance(s, ir.If):
        yield from [m.result for m in s.merges]


def inner(s: ir.For | ir.While) -> Iterator[ir.Var]:
    """Yield the scalars that a loop gives to its own blocks."""
    yield s.counter
    yield from [c.phi for c in s.carried]


def loaded(s: ir.Statement) -> Iterator[ir.Buffer]:
    """Yield the buffers whose elements a statement reads itself."""
    if isinstance(s, ir.Load):
        yield s.buffer
    for view in views_of(s):
        yield view.buffer


def stored(s: ir.Statement) -> Iterator[ir.Buffer]:
    """Yield the buffers whose elements a statement writes itself, or a function that it invokes."""
    if isinstance(s, ir.Store):
        yield s.buffer
    elif isinstance(s, ir.Call):
        yield from [view.buffer for view in s.writes]
    elif isinstance(s, ir.Invoke):
        written = [x for i, x in enumerate(s.args) if s.writes is None or i in s.writes]
        yield from [x.buffer for x in written if isinstance(x, ir.View)]
    elif isinstance(s, ir.Swap):
        yield from s.targets


def made(s: ir.Statement) -> Iterator[ir.Buffer]:
    """Yield the buffers that a statement brings into being."""
    if isinstance(s, (ir.Alloc, ir.Alias)):
        yield s.buffer
    elif isinstance(s, ir.Invoke):
        yield from [x for x in s.outs if isinstance(x, ir.Buffer)]


def named(s: ir.Statement) -> set[ir.Buffer]:
    """Return the buffers that a statement itself reads, writes, makes or asks for a length."""
    buffers = {*loaded(s), *stored(s), *made(s), *[v.buffer for v in views_of(s)]}
    if isinstance(s, (ir.Dim, ir.Grow)):
        buffers.add(s.buffer)
    if isinstance(s, ir.Alias):
        buffers.add(s.base)
    return buffers


def free(body: list[ir.Statement]) -> dict[ir.Var, None]:
    """Return, in order, the scalars that a block reads and does not define."""
    known = {v for s in ir.walk(body) for v in defined(s)}
    return {a: None for s in ir.walk(body) for a in atoms_of(s) if isinstance(a, ir.Var) and a not in known}


def with_blocks(s: ir.Statement, change: Callable[[list[ir.Statement]], list[ir.Statement]]) -> ir.Statement:
    """Copy a structure with each of its blocks changed; a statement without blocks is returned as it is."""
    match s:
        case ir.For():
            return replace(s, body=change(s.body))
        case ir.While():
            return replace(s, head=change(s.head), body=change(s.body))
        case ir.If():
            return replace(s, then=change(s.then), orelse=change(s.orelse))
    return s


class Renaming:
    """Copies statements, with other atoms and buffers for those they name."""

    def __init__(self, atom: Callable[[ir.Atom], ir.Atom], buffer: Callable[[ir.Buffer], ir.Buffer],
                 var: Callable[[ir.Var], ir.Var] = lambda v: v) -> None:  # fmt: skip
        self.atom = atom
        self.buffer = buffer
        self.var = var  # what is defined

    def body(self, body: list[ir.Statement]) -> list[ir.Statement]:
        return [self.statement(s) for s in body]

    def view(self, view: ir.View) -> ir.View:
        axes = tuple(map(self._axis, view.axes))
        return ir.View(self.buffer(view.buffer), axes, tuple([(b, self.atom(at)) for b, at in view.fixed]))

    def _axis(self, axis: ir.Axis) -> ir.Axis:
        step = axis.step
        if isinstance(step, ir.Var):
            changed = self.atom(step)
            step = changed if isinstance(changed, ir.Var) else int(changed.value)
        return ir.Axis(axis.base, self.atom(axis.start), step, self.atom(axis.size))

    def operand(self, x: Any) -> Any:
        if isinstance(x, ir.View):
            return self.view(x)
        return self.buffer(x) if isinstance(x, ir.Buffer) else self.atom(x)

    def atoms(self, atoms: Iterable[ir.Atom]) -> tuple[ir.Atom, ...]:
        return tuple(map(self.atom, atoms))

    def statement(self, s: ir.Statement) -> ir.Statement:
        """Copy one statement and all inside it."""
        match s:
            case ir.Let():  # those that are most common without `replace`, which takes three times as long
                args = self.atoms(s.args)
                return ir.Let(self.var(s.var), s.op, args, s.place)
            case ir.Load():
                index = self.atoms(s.index)
                return ir.Load(self.var(s.var), self.buffer(s.buffer), index, s.place)
            case ir.Dim():
                return replace(s, buffer=self.buffer(s.buffer), var=self.var(s.var))
            case ir.Store():
                index = self.atoms(s.index)
                return ir.Store(self.buffer(s.buffer), index, self.atom(s.value), s.add, s.place)
            case ir.Alloc():
                fill = None if s.fill is None else self.atom(s.fill)
                return replace(s, buffer=self.buffer(s.buffer), shape=self.atoms(s.shape), fill=fill)
            case ir.Alias():
                shape = self.atoms(s.shape)
                return replace(s, buffer=self.buffer(s.buffer), base=self.buffer(s.base), shape=shape)
            case ir.Grow():
                return replace(s, buffer=self.buffer(s.buffer), size=self.atom(s.size))
            case ir.Swap():
                targets, sources = map(self.buffer, s.targets), map(self.buffer, s.sources)
                return replace(s, targets=tuple(targets), sources=tuple(sources))
            case ir.Push():
                return replace(s, value=self.atom(s.value))
            case ir.Pop():
                return replace(s, var=self.var(s.var))
            case ir.Check():
                return replace(s, test=self.atom(s.test))
        return self._structure(s)

    def _structure(self, s: ir.For | ir.While | ir.If | ir.Call | ir.Invoke) -> ir.Statement:
        if isinstance(s, ir.Call):
            reads, writes = tuple(map(self.operand, s.reads)), tuple(map(self.view, s.writes))
            return replace(s, outs=tuple(map(self.var, s.outs)), reads=reads, writes=writes)
        if isinstance(s, ir.Invoke):
            outs = tuple([self.var(x) if isinstance(x, ir.Var) else self.buffer(x) for x in s.outs])
            return replace(s, outs=outs, args=tuple(map(self.operand, s.args)))
        if isinstance(s, ir.If):
            test = self.atom(s.test)
            then, orelse = self.body(s.then), self.body(s.orelse)
            merges = [ir.Merge(self.var(m.result), self.atom(m.then), self.atom(m.orelse)) for m in s.merges]
            return replace(s, test=test, then=then, orelse=orelse, merges=merges)
        return self._loop(s)

    def _loop(self, s: ir.For | ir.While) -> ir.Statement:
        trip = self.atom(s.trip) if isinstance(s, ir.For) else None
        inits = [self.atom(c.init) for c in s.carried]
        counter, phis = self.var(s.counter), [self.var(c.phi) for c in s.carried]
        blocks = [self.body(block) for block in ir.blocks(s)]
        carried = [
            ir.Carried(phi, init, self.atom(c.next), self.var(c.result))
            for c, phi, init in zip(s.carried, phis, inits, strict=True)
        ]
        stop = None if s.stop is None else self.atom(s.stop)
        if isinstance(s, ir.For):
            assert trip is not None
            count = None if s.count is None else self.var(s.count)
            return replace(s, counter=counter, trip=trip, body=blocks[0], carried=carried, stop=stop, count=count)
        test, count = self.atom(s.test), self.var(s.count)
        head, body = blocks
        return replace(s, counter=counter, head=head, test=test, body=body, carried=carried, stop=stop, count=count)


def substitute(body: list[ir.Statement], atoms: dict[ir.Atom, ir.Atom],
               buffers: dict[ir.Buffer, ir.Buffer] | None = None) -> list[ir.Statement]:  # fmt: skip
    """Copy a block with some atoms and buffers replaced where they are read (and buffers where they are made)."""
    known = buffers or {}
    return Renaming(lambda a: atoms.get(a, a), lambda b: known.get(b, b)).body(body)
