"""What statements read and write: for the question whether a load may be moved past them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from .. import ir

__all__ = ["Effects", "atoms_of", "defined_by", "structure_atoms"]


def atoms_of(s: ir.Statement) -> Iterator[ir.Atom]:
    """Yield the scalars that a statement itself reads (of a structure: those read before it is entered)."""
    match s:
        case ir.Let(_, _, args):
            yield from args
        case ir.Load(_, _, index):
            yield from index
        case ir.Store(_, index, value):
            yield from (*index, value)
        case ir.Alloc(_, shape, fill):
            yield from shape if fill is None else (*shape, fill)
        case ir.Alias(_, _, shape):
            yield from shape
            if isinstance(s, ir.Own):
                yield s.thread
        case ir.Grow(_, size):
            yield size
        case ir.Push(_, value):
            yield value
        case ir.Check(test):
            yield test
            if s.note is not None:
                yield s.note[1]
        case ir.Call(_, _, reads, writes):
            yield from _view_atoms((*reads, *writes))
        case ir.Invoke(_, args):
            yield from _view_atoms(args)
        case _:
            yield from structure_atoms(s)


def structure_atoms(s: ir.Statement) -> Iterator[ir.Atom]:
    """Yield what a structure reads before it is entered."""
    match s:
        case ir.For():
            yield s.trip
            yield from (c.init for c in s.carried)
        case ir.While():
            yield from (c.init for c in s.carried)
        case ir.If():
            yield s.test


def _view_atoms(operands: Iterable[ir.Atom | ir.View]) -> Iterator[ir.Atom]:
    for x in operands:
        if isinstance(x, ir.View):
            yield from view_atoms(x)
        else:
            yield x


def view_atoms(view: ir.View) -> Iterator[ir.Atom]:
    """Yield the scalars that an index map holds."""
    for axis in view.axes:
        yield axis.start
        yield axis.size
        if isinstance(axis.step, ir.Var):
            yield axis.step
    for _, at in view.fixed:
        yield at


def defined_by(s: ir.Statement) -> tuple[ir.Var, ...]:
    """Return the scalars that a leaf statement defines."""
    match s:
        case ir.Let(var) | ir.Load(var) | ir.Dim(var) | ir.Pop(var):
            return (var,)
        case ir.Call(_, outs):
            return outs
        case ir.Invoke(_, _, outs):
            return tuple([x for x in outs if isinstance(x, ir.Var)])
    return ()


class Effects:
    """Which memory each statement of a function may write. Buffers that share storage, at any time, are one class."""

    def __init__(self, function: ir.Function) -> None:
        self._parent: dict[ir.Buffer, ir.Buffer] = {}
        self._written: dict[int, frozenset[ir.Buffer]] = {}
        for s in ir.walk(function.body):
            if isinstance(s, ir.Alias):
                self._join(s.buffer, s.base)
                if isinstance(s, ir.Own):
                    self._join(s.buffer, s.first)
            elif isinstance(s, ir.Swap):
                for target, source in zip(s.targets, s.sources, strict=True):
                    self._join(target, source)

    def storage(self, buffer: ir.Buffer) -> ir.Buffer:
        """Return the buffer that stands for all that may share its storage."""
        while buffer in self._parent:
            buffer = self._parent[buffer]
        return buffer

    def _join(self, a: ir.Buffer, b: ir.Buffer) -> None:
        a, b = self.storage(a), self.storage(b)
        if a is not b and a != b:
            self._parent[a] = b

    def written(self, s: ir.Statement) -> frozenset[ir.Buffer]:
        """Return the storage that a statement, or one inside it, may write, rename or resize."""
        known = self._written.get(id(s))
        if known is None:
            inner = [self.written(part) for block in ir.blocks(s) for part in block]
            own = frozenset([self.storage(b) for b in _written(s)])
            known = self._written[id(s)] = own.union(*inner)
        return known


def _written(s: ir.Statement) -> list[ir.Buffer]:
    match s:
        case ir.Store(buffer) | ir.Alloc(buffer) | ir.Alias(buffer) | ir.Grow(buffer):
            return [buffer]
        case ir.Swap(targets, sources):
            return [*targets, *sources]
        case ir.Call(_, _, _, writes):
            return [view.buffer for view in writes]
        case ir.Invoke(_, args, outs):
            buffers = [x.buffer for x in args if isinstance(x, ir.View)]
            return buffers + [x for x in outs if isinstance(x, ir.Buffer)]
    return []
