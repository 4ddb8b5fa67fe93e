"""What every program must be, whatever it computes: each scalar defined once, before it is used, and of one type."""

from __future__ import annotations

from collections.abc import Iterable

from chainrule.compiled import ir, scan
from chainrule.compiled.ops import CASTS, result_dtype

__all__ = ["require_wellformed"]

KINDS = {ir.BOOL: bool, ir.INT: int, ir.FLOAT: float, ir.SINGLE: float}


def require_wellformed(program: ir.Program) -> None:
    """Raise AssertionError, with the statement, where a program breaks a rule of `ir`."""
    for function in (program.entry, *program.others.values()):
        _Checker(function, program).run()


class _Checker:
    def __init__(self, function: ir.Function, program: ir.Program) -> None:
        self.function = function
        self.program = program
        self.ever: set[ir.Var | ir.Buffer] = set()
        self.known: list[set[ir.Var | ir.Buffer]] = [set()]

    def run(self) -> None:
        for param in self.function.params:
            self.define(param, None)
        self.block(self.function.body)
        for result in self.function.results:
            self.operand(result, None)

    # ---- What is in scope

    def define(self, x: ir.Var | ir.Buffer, s: ir.Statement | None) -> None:
        assert x not in self.ever, f"{x.name} is defined twice, by {s}"
        self.ever.add(x)
        self.known[-1].add(x)

    def atom(self, x: ir.Atom, dtype: str | None, s: ir.Statement | None) -> None:
        if isinstance(x, ir.Const):
            assert type(x.value) is KINDS[x.dtype], f"{x} in {s}"
        else:
            assert any(x in scope for scope in self.known), f"{x.name} is not defined where it is used: {s}"
        assert dtype is None or x.dtype == dtype, f"{x} is no {dtype} in {s}"

    def buffer(self, x: ir.Buffer, s: ir.Statement | None) -> None:
        assert any(x in scope for scope in self.known), f"{x.name} is not made where it is used: {s}"

    def operand(self, x: ir.Atom | ir.View, s: ir.Statement | None) -> None:
        if not isinstance(x, ir.View):
            self.atom(x, None, s)
            return
        self.buffer(x.buffer, s)
        for atom in scan.atoms_of_view(x):
            self.atom(atom, ir.INT, s)
        bases = sorted([a.base for a in x.axes if a.base is not None] + [base for base, _ in x.fixed])
        assert bases == list(range(x.buffer.ndim)), f"{x} in {s}"

    def indices(self, buffer: ir.Buffer, index: tuple[ir.Atom, ...], s: ir.Statement) -> None:
        self.buffer(buffer, s)
        assert len(index) == buffer.ndim, s
        for k in index:
            self.atom(k, ir.INT, s)

    # ---- Statements

    def block(self, body: list[ir.Statement]) -> None:
        for s in body:
            self.statement(s)

    def statement(self, s: ir.Statement) -> None:
        match s:
            case ir.Let():
                self.let(s)
            case ir.Load(var, buffer, index):
                self.indices(buffer, index, s)
                assert var.dtype == buffer.dtype, s
                self.define(var, s)
            case ir.Dim(var, buffer, axis):
                self.buffer(buffer, s)
                assert var.dtype == ir.INT, s
                assert axis < buffer.ndim, s
                self.define(var, s)
            case ir.Store(buffer, index, value):
                self.indices(buffer, index, s)
                self.atom(value, buffer.dtype, s)
            case ir.Alloc(buffer, shape, fill):
                self.new(buffer, shape, s)
                if fill is not None:
                    self.atom(fill, buffer.dtype, s)
            case ir.Own(buffer, base):
                self.buffer(base, s)
                self.buffer(s.first, s)
                self.atom(s.thread, ir.INT, s)
                assert base.ndim == s.first.ndim + 1 == buffer.ndim + 1, s
                self.define(buffer, s)
            case ir.Alias(buffer, base, shape):
                self.buffer(base, s)
                self.new(buffer, shape, s)
            case ir.Grow(buffer, size):
                self.buffer(buffer, s)
                self.atom(size, ir.INT, s)
            case ir.Swap(targets, sources):
                self.swap(targets, sources, s)
            case ir.For() | ir.While():
                self.loop(s)
            case ir.If():
                self.branch(s)
            case ir.Call() | ir.Invoke():
                self.call(s)
            case ir.Push(stack, value):
                self.atom(value, stack.dtype, s)
            case ir.Pop(var, stack):
                assert var.dtype == stack.dtype, s
                self.define(var, s)
            case ir.Check(test):
                self.atom(test, ir.BOOL, s)
                if s.note is not None:
                    self.indices(s.note[0], (s.note[1],), s)

    def let(self, s: ir.Let) -> None:
        for k, x in enumerate(s.args):
            same = s.op not in CASTS and not (s.op == "select" and k == 0)
            self.atom(x, (s.args[-1].dtype if same else None), s)
        assert s.var.dtype == result_dtype(s.op, s.args), s
        self.define(s.var, s)

    def new(self, buffer: ir.Buffer, shape: tuple[ir.Atom, ...], s: ir.Statement) -> None:
        assert len(shape) == buffer.ndim, s
        for n in shape:
            self.atom(n, ir.INT, s)
        self.define(buffer, s)

    def swap(self, targets: Iterable[ir.Buffer], sources: Iterable[ir.Buffer], s: ir.Statement) -> None:
        targets, sources = list(targets), list(sources)
        assert len(set(targets)) == len(targets), s
        assert set(targets) == set(sources), s
        for buffer in targets:
            self.buffer(buffer, s)
        assert len({(b.dtype, b.ndim) for b in targets}) == 1, s

    def inside(self, bodies: Iterable[list[ir.Statement]], before: Iterable[ir.Var], s: ir.Statement,
               ends: Iterable[tuple[ir.Atom, str]]) -> None:  # fmt: skip
        """Check blocks that follow each other in one scope, and what is read at their end."""
        self.known.append(set())
        for x in before:
            self.define(x, s)
        for body in bodies:
            self.block(body)
        for atom, dtype in ends:
            self.atom(atom, dtype, s)
        self.known.pop()

    def loop(self, s: ir.For | ir.While) -> None:
        ends = [(c.next, c.phi.dtype) for c in s.carried] + ([] if s.stop is None else [(s.stop, ir.BOOL)])
        for c in s.carried:
            self.atom(c.init, c.phi.dtype, s)
            assert c.phi.dtype == c.result.dtype, s
        before = [s.counter, *[c.phi for c in s.carried]]
        if isinstance(s, ir.For):
            self.atom(s.trip, ir.INT, s)
            assert (s.stop is None) == (s.count is None), s
            assert s.stop is None or not s.backward, s
            self.inside([s.body], before, s, ends)
        else:
            self.inside([s.head, s.body], before, s, [*ends, (s.test, ir.BOOL)])
        for x in [c.result for c in s.carried] + ([] if s.count is None else [s.count]):
            self.define(x, s)

    def branch(self, s: ir.If) -> None:
        self.atom(s.test, ir.BOOL, s)
        self.inside([s.then], [], s, [(m.then, m.result.dtype) for m in s.merges])
        self.inside([s.orelse], [], s, [(m.orelse, m.result.dtype) for m in s.merges])
        for m in s.merges:
            self.define(m.result, s)

    def call(self, s: ir.Call | ir.Invoke) -> None:
        operands = (*s.reads, *s.writes) if isinstance(s, ir.Call) else s.args
        for x in operands:
            self.operand(x, s)
        if isinstance(s, ir.Invoke):
            assert s.function in self.program.others, s
        for out in s.outs:
            self.define(out, s)
