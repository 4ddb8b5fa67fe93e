"""The tangent of a program: each statement is followed by its derivative in one direction.

References
----------
Griewank and Walther, *Evaluating Derivatives*, 2nd ed. 2008, section 3.1.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from . import ir
from .activity import Activity, is_float
from .adjoint.partials import flows, partial, product
from .build import Builder
from .opaque import tangent_call
from .own import own_names, private, whole
from .recursion import Family, tangent_invoke
from .scan import Renaming

__all__ = ["Tangent", "tangent", "tangent_of"]


def tangent(program: ir.Program, wrt: Sequence[int]) -> ir.Program:
    """Return the program that computes, beside the results of another, their tangents.

    Parameters
    ----------
    wrt : sequence of int
        Positions of the parameters (floating-point scalars or buffers) that have a tangent.

    Returns
    -------
    Program
        Its parameters are those of `program` and then a tangent for each of `wrt`. It returns the results and then the
        tangent of each floating-point result.
    """
    family = Family(program.others)
    entry = tangent_of(program.entry, wrt, family)
    return ir.Program(entry, family.all())


def tangent_of(original: ir.Function, wrt: Sequence[int], family: Family) -> ir.Function:
    """Return the tangent of one function; those of the functions it calls join the family."""
    names = own_names(ir.Program(original))
    function, prelude, params = private(original, names)
    builder = Builder(names, rough=True)
    inner = [function.params[i] for i in wrt]
    results = [r for r in function.results if is_float(r.buffer if isinstance(r, ir.View) else r)]
    ends = [r.buffer if isinstance(r, ir.View) else r for r in results if not isinstance(r, ir.Const)]
    forward = Tangent(builder, Activity(function, inner, ends), family)
    tangents = [forward.parameter(x, params[i]) for i, x in zip(wrt, inner, strict=True)]
    forward.without_tangent([p for p in function.params if isinstance(p, ir.Buffer)])
    forward.block(function.body)
    dots = [forward.result(r) for r in results]
    body = [*prelude, *builder.block]
    stacks = list(dict.fromkeys([s.stack for s in ir.walk(body) if isinstance(s, (ir.Push, ir.Pop))]))
    return ir.Function(f"{function.name}_tangent", [*params, *tangents], body, [*function.results, *dots], stacks)


class Tangent:
    """Writes the tangent of a function's body.

    Attributes
    ----------
    dots : dict
        The tangent of each active scalar, buffer and stack.
    """

    def __init__(self, builder: Builder, active: Activity, family: Family) -> None:
        self.builder = builder
        self.family = family
        self.active = active
        self.dots: dict[Any, Any] = {}

    def parameter(self, x: ir.Var | ir.Buffer, param: ir.Var | ir.Buffer) -> ir.Var | ir.Buffer:
        """Make the parameter for a tangent; where the function has its own copy of `x`, the tangent is copied too."""
        name = self.builder.names.fresh(f"{x.hint}_dot")
        if isinstance(x, ir.Var):
            self.dots[x] = dot = ir.Var(name, x.dtype)
            return dot
        given = ir.Buffer(name, x.dtype, x.ndim)
        if not self.active(x):
            return given
        if x == param:
            self.dots[x] = given
            return given
        view = whole(self.builder, given)
        copy = self.dots[x] = self.builder.alloc(f"{x.hint}_dot", x.dtype, view.shape)
        self._copy(given, copy, view.shape, [])
        return given

    def _copy(self, source: ir.Buffer, target: ir.Buffer, shape: Sequence[ir.Atom], k: list[ir.Atom]) -> None:
        if len(k) == len(shape):
            self.builder.store(target, k, self.builder.load(source, k))
            return
        with self.builder.loop(shape[len(k)], "j", parallel=True) as counter:
            self._copy(source, target, shape, [*k, counter])

    def result(self, r: ir.Atom | ir.View) -> ir.Atom | ir.View:
        if not isinstance(r, ir.View):
            return self.dot(r)
        if self.active(r.buffer):
            return ir.View(self.dot_of(r.buffer), r.axes, r.fixed)
        zero = ir.Const(0.0, r.dtype)
        return whole(self.builder, self.builder.alloc(f"{r.buffer.hint}_dot", r.dtype, r.shape, zero))

    def without_tangent(self, params: list[ir.Buffer]) -> None:
        """Give tangents of zero to active buffers that came without (they are written, or swapped with others)."""
        for p in params:
            if self.active(p) and p not in self.dots:
                shape = whole(self.builder, p).shape
                self.dots[p] = self.builder.alloc(f"{p.hint}_dot", p.dtype, shape, ir.Const(0.0, p.dtype))

    # ---- Tangents of what there is

    def dot(self, x: ir.Atom) -> ir.Atom:
        """Return the tangent of a scalar: zero if it is not active."""
        found: ir.Atom = self.dots.get(x, ir.Const(0.0, x.dtype))
        return found

    def dot_of(self, x: ir.Buffer) -> ir.Buffer:
        """Return the buffer of tangents of a buffer."""
        if x not in self.dots:
            self.dots[x] = ir.Buffer(self.builder.names.fresh(f"{x.hint}_dot"), x.dtype, x.ndim)
        found: ir.Buffer = self.dots[x]
        return found

    def new(self, x: ir.Var) -> ir.Var:
        var = self.builder.var(f"{x.hint}_dot", x.dtype)
        self.dots[x] = var
        return var

    # ---- Statements

    def value(self, x: ir.Atom) -> ir.Atom:
        """Return what holds a primal scalar where the tangent is written."""
        return x

    def held(self, s: ir.Call, x: ir.Atom | ir.View, after: bool = False) -> ir.Atom | ir.View:
        """Return an operand of a call as it was before (or after) the call, where the tangent is written."""
        return x

    def dots_of_view(self, view: ir.View) -> ir.View:
        """Return the same part of the tangents of a view's buffer."""
        return Renaming(self.value, self.dot_of).view(view)

    def slope(self, s: ir.Let, i: int) -> ir.Atom:
        """Return the partial derivative of an operation by its argument number i."""
        return partial(self.builder, s, i, self.value)

    def block(self, body: list[ir.Statement]) -> None:
        for s in body:
            self.builder.place = s.place
            self.statement(s)

    def statement(self, s: ir.Statement) -> None:
        match s:
            case ir.For() | ir.While():
                self._loop(s)
            case ir.If():
                self._if(s)
            case ir.Call():
                self.primal(s)
                tangent_call(self, s)
            case ir.Invoke():
                tangent_invoke(self, s)
            case _:
                self.primal(s)
                self.follow(s)

    def primal(self, s: ir.Statement) -> None:
        """Write a statement of the function itself, before its tangent."""
        self.builder.add(s)

    def follow(self, s: ir.Statement) -> None:
        """Write the tangent of a statement that has no others inside."""
        builder = self.builder
        match s:
            case ir.Let() if self.active(s.var):
                self.dots[s.var] = self._let(s)
            case ir.Load() if self.active(s.var) and self.active(s.buffer):
                dots = self.dot_of(s.buffer)
                self.dots[s.var] = builder.load(dots, self._values(s.index), hint=f"{s.var.hint}_dot")
            case ir.Store() if self.active(s.buffer):
                builder.store(self.dot_of(s.buffer), self._values(s.index), self.dot(s.value), s.add)
            case ir.Alloc() if self.active(s.buffer):
                fill = None if s.fill is None else self.dot(s.fill)
                builder.add(ir.Alloc(self.dot_of(s.buffer), self._values(s.shape), fill, s.place))
            case ir.Alias() if self.active(s.buffer):
                builder.add(ir.Alias(self.dot_of(s.buffer), self.dot_of(s.base), self._values(s.shape), s.place))
            case ir.Grow() if self.active(s.buffer):
                builder.add(ir.Grow(self.dot_of(s.buffer), self.value(s.size), s.place))
            case ir.Swap() if self.active(s.targets[0]):
                targets, sources = (tuple(map(self.dot_of, side)) for side in (s.targets, s.sources))
                builder.add(ir.Swap(targets, sources, s.place))
            case ir.Push() if self.active(s.stack):
                builder.push(self._stack(s.stack), self.dot(s.value))
            case ir.Pop() if self.active(s.stack):
                self.dots[s.var] = builder.pop(self._stack(s.stack), hint=f"{s.var.hint}_dot")

    def _values(self, atoms: Sequence[ir.Atom]) -> tuple[ir.Atom, ...]:
        return tuple(map(self.value, atoms))

    def _stack(self, stack: ir.Stack) -> ir.Stack:
        if stack not in self.dots:
            name = self.builder.names.fresh(f"{stack.name.partition('.')[0]}_dot")
            self.dots[stack] = ir.Stack(name, stack.dtype)
        found: ir.Stack = self.dots[stack]
        return found

    def _let(self, s: ir.Let) -> ir.Atom:
        builder = self.builder
        if s.op == "select":
            test = self.value(s.args[0])
            return builder.let("select", test, self.dot(s.args[1]), self.dot(s.args[2]), hint=f"{s.var.hint}_dot")
        terms = [self._term(s, i) for i in flows(s) if s.args[i] in self.dots]
        total = terms[0]
        for term in terms[1:]:
            op = "radd" if s.op == "radd" else "add"
            total = builder.let(op, total, term, hint=f"{s.var.hint}_dot")
        return total

    def _term(self, s: ir.Let, i: int) -> ir.Atom:
        t = self.dots[s.args[i]]
        hint = f"{s.var.hint}_dot"
        if s.op in (ir.FLOAT, ir.SINGLE):
            return self.builder.cast(t, s.op)
        if s.op == "tie":
            found: ir.Atom = t
            return found
        if s.op == "gmul":
            sides = (t, self.value(s.args[1])) if i == 0 else (self.value(s.args[0]), t)
            return self.builder.let("gmul", *sides, hint=hint)
        return product(self.builder, t, self.slope(s, i), False, hint)

    # ---- Structures

    def _if(self, s: ir.If) -> None:
        blocks: list[list[ir.Statement]] = []
        for body in (s.then, s.orelse):
            with self.builder.into([]) as block:
                self.block(body)
            blocks.append(block)
        merges = list(s.merges)
        active = [m for m in s.merges if self.active(m.result)]
        merges += [ir.Merge(self.new(m.result), self.dot(m.then), self.dot(m.orelse)) for m in active]
        self.builder.add(ir.If(s.test, blocks[0], blocks[1], merges, s.place))

    def _loop(self, s: ir.For | ir.While) -> None:
        active = [c for c in s.carried if self.active(c.phi)]
        inits = [self.dot(c.init) for c in active]
        phis = [self.new(c.phi) for c in active]
        blocks: list[list[ir.Statement]] = []
        for body in ir.blocks(s):
            with self.builder.into([]) as block:
                self.block(body)
            blocks.append(block)
        carried = list(s.carried)
        for c, phi, init in zip(active, phis, inits, strict=True):
            carried.append(ir.Carried(phi, init, self.dot(c.next), self.new(c.result)))
        if isinstance(s, ir.For):
            parallel = s.parallel and not carried
            loop: ir.Statement = ir.For(s.counter, s.trip, blocks[0], carried, s.stop, s.count, parallel, s.backward,
                                        s.place)  # fmt: skip
        else:
            loop = ir.While(s.counter, blocks[0], s.test, blocks[1], s.count, carried, s.stop, s.place)
        self.builder.add(loop)
