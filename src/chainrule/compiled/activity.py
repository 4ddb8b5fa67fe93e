"""Which scalars and buffers take part in a derivative: those that vary with the inputs and influence the results.

Buffers that may be the same storage (`Alias`, `Swap`) form one class and are active together. Reading a shape is not
reading a value: `Dim` gives integers, which are never active.

References
----------
Hascoët, Naumann and Pascual, *"To be recorded" analysis in reverse-mode automatic differentiation*, 2005, section 2.
"""

from __future__ import annotations

from collections.abc import Iterable

from . import ir, scan
from .ops import row_of

__all__ = ["Activity", "Classes", "is_float", "slopes"]


def is_float(x: ir.Var | ir.Buffer | ir.Const | ir.Stack) -> bool:
    return x.dtype in (ir.FLOAT, ir.SINGLE)


class Classes:
    """Buffers by storage: those that an `Alias` or a `Swap` connects belong to one class.

    Without `swaps`, only those that may be the same storage at one time: a swap renames, and afterwards two names
    still are two arrays.
    """

    def __init__(self, body: list[ir.Statement], swaps: bool = True) -> None:
        self._parent: dict[ir.Buffer, ir.Buffer] = {}
        for s in ir.walk(body):
            if isinstance(s, ir.Alias):
                self._join(s.buffer, s.base)
            elif swaps and isinstance(s, ir.Swap):
                for other in s.targets[1:]:
                    self._join(s.targets[0], other)

    def of(self, buffer: ir.Buffer) -> ir.Buffer:
        """Return the buffer that stands for the class."""
        while buffer in self._parent:
            buffer = self._parent[buffer]
        return buffer

    def _join(self, a: ir.Buffer, b: ir.Buffer) -> None:
        a, b = self.of(a), self.of(b)
        if a != b:
            self._parent[a] = b


def slopes(s: ir.Let) -> list[ir.Atom]:
    """Return the arguments by which the result of an operation has a derivative that is not zero everywhere."""
    if s.op in ("gmul",):
        return list(s.args)
    if s.op in (ir.FLOAT, ir.SINGLE):
        return list(s.args)
    if s.op == "tie":
        return [s.args[1]]
    row = row_of(s.op)
    if row is None:
        return []
    if s.op == "select":
        return list(s.args[1:])
    return [a for a, p in zip(s.args, row.partials, strict=False) if callable(p.fn) or p.fn != 0]


Thing = ir.Var | ir.Buffer | ir.Stack


class Activity:
    """The active scalars, buffer classes and stacks of a function.

    Parameters
    ----------
    function : ir.Function
    wrt : iterable of Var or Buffer
        Parameters.
    results : iterable of Var or Buffer
        Scalars, and buffers whose final content counts.
    """

    def __init__(self, function: ir.Function, wrt: Iterable[ir.Var | ir.Buffer],
                 results: Iterable[ir.Var | ir.Buffer]) -> None:  # fmt: skip
        self.classes = Classes(function.body)
        edges = list(self._edges(function.body))
        varied = self._reach(map(self._thing, wrt), [(a, b) for a, b in edges])
        useful = self._reach(map(self._thing, results), [(b, a) for a, b in edges])
        self._active = varied & useful

    def __call__(self, x: ir.Atom | ir.Buffer | ir.Stack) -> bool:
        return not isinstance(x, ir.Const) and self._thing(x) in self._active

    def _thing(self, x: Thing) -> Thing:
        return self.classes.of(x) if isinstance(x, ir.Buffer) else x

    def _edges(self, body: list[ir.Statement]) -> Iterable[tuple[Thing, Thing]]:
        """Yield pairs (from, to) along which a derivative may flow."""
        for s in ir.walk(body):
            for a, b in _flows(s):
                if not isinstance(a, ir.Const) and is_float(a) and is_float(b):
                    yield self._thing(a), self._thing(b)

    @staticmethod
    def _reach(start: Iterable[Thing], edges: list[tuple[Thing, Thing]]) -> set[Thing]:
        following: dict[Thing, list[Thing]] = {}
        for a, b in edges:
            following.setdefault(a, []).append(b)
        reached, ahead = set(), [x for x in start if is_float(x)]
        while ahead:
            x = ahead.pop()
            if x not in reached:
                reached.add(x)
                ahead += following.get(x, [])
        return reached


def _flows(s: ir.Statement) -> Iterable[tuple[ir.Atom | Thing, Thing]]:
    match s:
        case ir.Let():
            yield from [(a, s.var) for a in slopes(s)]
        case ir.Load():
            yield s.buffer, s.var
        case ir.Store():
            yield s.value, s.buffer
        case ir.Alloc() if s.fill is not None:
            yield s.fill, s.buffer
        case ir.For() | ir.While():
            for c in s.carried:
                yield from [(c.init, c.phi), (c.next, c.phi), (c.phi, c.result)]
        case ir.If():
            for m in s.merges:
                yield from [(m.then, m.result), (m.orelse, m.result)]
        case ir.Push():
            yield s.value, s.stack
        case ir.Pop():
            yield s.stack, s.var
        case ir.Call() | ir.Invoke():
            yield from _call_flows(s)


def _call_flows(s: ir.Call | ir.Invoke) -> Iterable[tuple[ir.Atom | Thing, Thing]]:
    """Assume that everything a call writes depends on everything it reads."""
    operands = s.reads if isinstance(s, ir.Call) else s.args
    reads: list[ir.Atom | Thing] = [x for x in operands if not isinstance(x, ir.View)]
    reads += [view.buffer for view in scan.views_of(s)]
    writes = [*s.outs, *scan.stored(s)]
    yield from [(a, b) for a in reads for b in writes]
