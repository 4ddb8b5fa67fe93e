"""A program for one point turned into one for a batch: a loop around it, with a row of each array in each turn."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from . import ir
from .build import Builder, Names
from .errors_at import unsupported
from .opaque import copy_into
from .own import own_names, private
from .scan import Renaming, defined
from .tidy.hoist import hoist

__all__ = ["batch"]


def batch(program: ir.Program, batched: Sequence[bool]) -> ir.Program:
    """Return the program that runs another for each row of some of its parameters.

    Parameters
    ----------
    batched : sequence of bool
        Which parameters have a leading axis more; at least one. The others are the same for every row.

    Returns
    -------
    Program
        Each result has a leading axis more, of the length of the batch.
    """
    names = own_names(program)
    inner, prelude, params = private(program.entry, names)
    if prelude:
        copied = [p for p, q in zip(params, inner.params, strict=True) if p != q]
        unsupported(
            f"The batched function writes into its argument {copied[0].hint}.", "Let it work on a copy.", None
        )  # fmt: skip
    before = Builder(names)
    rows = _Rows(names, inner.params, batched)
    trip = _length(before, rows.given)
    counter = before.counter(trip, "row")
    body = Builder(names)
    rows.begin(body, counter)
    body.block += rows.body(inner.body)
    results = [rows.operand(r) for r in inner.results]
    loop = ir.For(counter, trip, body.block, parallel=not inner.stacks)
    made = hoist(ir.Function(f"{inner.name}_batch", rows.params, [*before.block, loop], [], list(inner.stacks)))
    made.results = _collect(made, names, trip, results)
    return ir.Program(made, dict(program.others))


def _length(builder: Builder, given: list[ir.Buffer]) -> ir.Atom:
    """Emit the length of the batch, which all batched parameters must have."""
    trip = builder.dim(given[0], 0)
    for buffer in given[1:]:
        same = builder.let("equal", builder.dim(buffer, 0), trip)
        builder.check(same, "ValueError", "the batched arguments have different lengths")
    return trip


class _Rows(Renaming):
    """Reads row number `counter` wherever a program reads a batched parameter."""

    def __init__(self, names: Names, params: list[ir.Var | ir.Buffer], batched: Sequence[bool]) -> None:
        self.scalars: dict[ir.Atom, ir.Atom] = {}
        self.arrays: dict[ir.Buffer, ir.Buffer] = {}
        super().__init__(lambda a: self.scalars.get(a, a), lambda b: self.arrays.get(b, b))
        self.params: list[ir.Var | ir.Buffer] = []
        self.sources: list[tuple[ir.Var, ir.Buffer]] = []
        self.given: list[ir.Buffer] = []
        self.counter: ir.Atom = ir.Const(0, ir.INT)
        for p, is_batched in zip(params, batched, strict=True):
            self.params.append(self._batched(names, p) if is_batched else p)

    def _batched(self, names: Names, p: ir.Var | ir.Buffer) -> ir.Buffer:
        buffer = ir.Buffer(names.fresh(p.hint), p.dtype, p.ndim + 1 if isinstance(p, ir.Buffer) else 1)
        self.given.append(buffer)
        if isinstance(p, ir.Buffer):
            self.arrays[p] = buffer
        else:
            self.sources.append((p, buffer))
        return buffer

    def begin(self, body: Builder, counter: ir.Var) -> None:
        """Load the scalars of a row."""
        self.counter = counter
        for p, buffer in self.sources:
            self.scalars[p] = body.load(buffer, [counter], hint=p.hint)

    def statement(self, s: ir.Statement) -> ir.Statement:
        row = isinstance(s, (ir.Load, ir.Store, ir.Dim)) and s.buffer in self.arrays
        changed = super().statement(s)
        if row and isinstance(changed, (ir.Load, ir.Store)):
            changed.index = (self.counter, *changed.index)
        elif row and isinstance(changed, ir.Dim):
            changed.axis += 1
        elif isinstance(s, ir.Alias) and s.base in self.arrays:
            unsupported("The batched function reshapes an argument.", "Reshape a copy: x.copy().reshape(...).", s.place)
        return changed

    def view(self, view: ir.View) -> ir.View:
        changed = super().view(view)
        if view.buffer not in self.arrays:
            return changed
        axes = tuple([ir.Axis(None if a.base is None else a.base + 1, a.start, a.step, a.size) for a in changed.axes])
        fixed = ((0, self.counter), *[(base + 1, at) for base, at in changed.fixed])
        return ir.View(changed.buffer, axes, tuple(fixed))


def _collect(function: ir.Function, names: Names, trip: ir.Atom, results: list[Any]) -> list[ir.Atom | ir.View]:
    """Let the loop, the last statement of a function, store each result in its row of a new array."""
    loop = function.body.pop()
    assert isinstance(loop, ir.For)
    known = {v for s in ir.walk(function.body) for v in defined(s)}
    known |= {p for p in function.params if isinstance(p, ir.Var)}
    before, inside = Builder(names), Builder(names)
    before.block, inside.block = function.body, loop.body
    collected: list[ir.Atom | ir.View] = []
    for r in results:
        sizes = list(r.shape) if isinstance(r, ir.View) else []
        if any(isinstance(n, ir.Var) and n not in known for n in sizes):
            unsupported(
                "The batched function returns an array whose size depends on the values in a row.",
                "Return arrays of one size.", None,
            )  # fmt: skip
        out = before.alloc("rows", r.dtype, [trip, *sizes])
        axes = tuple([ir.Axis(i, ir.Const(0, ir.INT), 1, n) for i, n in enumerate([trip, *sizes])])
        collected.append(ir.View(out, axes))
        if isinstance(r, ir.View):
            row = axes[1:]
            copy_into(inside, ir.View(out, row, ((0, loop.counter),)), r)
        else:
            inside.store(out, [loop.counter], r)
    function.body.append(loop)
    return collected
