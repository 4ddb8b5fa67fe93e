"""Run a program on NumPy arrays, statement by statement, as the docstrings of `ir` say: slow, simple, strict."""

from __future__ import annotations

import builtins
import operator
from typing import Any

import numpy as np

from chainrule.compiled import ir
from chainrule.compiled.calls import CALLS
from chainrule.compiled.ops import CASTS, row_of

__all__ = ["run"]


def run(program: ir.Program | ir.Function, *args: Any) -> tuple[Any, ...]:
    """Return the results of a program for numbers and arrays (which it may write to)."""
    program = program if isinstance(program, ir.Program) else ir.Program(program)
    return _function(program, program.entry, args)


class Frame:
    """The values of one call's variables, buffers and stacks."""

    def __init__(self, program: ir.Program) -> None:
        self.program = program
        self.values: dict[Any, Any] = {}

    def atom(self, x: ir.Atom) -> Any:
        if isinstance(x, ir.Const):
            return np.dtype(x.dtype).type(x.value)
        return self.values[x]

    def define(self, var: ir.Var, value: Any) -> None:
        assert not isinstance(value, np.ndarray) or not value.ndim, var
        self.values[var] = np.dtype(var.dtype).type(value)

    def at(self, buffer: ir.Buffer, index: tuple[ir.Atom, ...]) -> tuple[int, ...]:
        where = tuple([int(self.atom(i)) for i in index])
        shape = self.values[buffer].shape
        assert len(where) == buffer.ndim == len(shape), buffer
        assert all(0 <= i < n for i, n in zip(where, shape, strict=True)), f"{buffer.name}{where} of {shape}"
        return where

    def operand(self, x: ir.Atom | ir.View | ir.Buffer) -> Any:
        if isinstance(x, ir.View):
            return self.view(x)
        return self.values[x] if isinstance(x, ir.Buffer) else self.atom(x)

    def view(self, view: ir.View) -> Any:
        """Return the part of an array that a view shows, as a view of NumPy's."""
        base = self.values[view.buffer]
        index: list[Any] = [None] * base.ndim
        for axis, at in view.fixed:
            index[axis] = int(self.atom(at))
            assert 0 <= index[axis] < base.shape[axis], view
        order = []
        for axis in view.axes:
            if axis.base is not None:
                index[axis.base] = self.part(axis, base.shape[axis.base])
                order.append(axis.base)
        assert all(i is not None for i in index), view
        shown = base[tuple(index)]
        kept = sorted(order)
        shown = shown.transpose([kept.index(b) for b in order])
        for place, axis in enumerate(view.axes):
            if axis.base is None:
                shown = np.expand_dims(shown, place)
        return np.broadcast_to(shown, [int(self.atom(a.size)) for a in view.axes]) if _stretched(view) else shown

    def part(self, axis: ir.Axis, length: int) -> slice:
        start, size = int(self.atom(axis.start)), int(self.atom(axis.size))
        step = axis.step if isinstance(axis.step, int) else int(self.atom(axis.step))
        if size <= 0:
            assert size == 0, axis
            return slice(0, 0)
        last = start + step * (size - 1)
        assert 0 <= start < length, (axis, length)
        assert 0 <= last < length, (axis, length)
        if step == 0:
            return slice(start, start + 1)
        stop = last + (1 if step > 0 else -1)
        return slice(start, None if stop < 0 else stop, step)


def _stretched(view: ir.View) -> bool:
    return any(axis.base is None or axis.step == 0 or not isinstance(axis.step, int) for axis in view.axes)


def _function(program: ir.Program, function: ir.Function, args: tuple[Any, ...]) -> tuple[Any, ...]:
    frame = Frame(program)
    for param, arg in zip(function.params, args, strict=True):
        if isinstance(param, ir.Var):
            frame.define(param, arg)
        else:
            assert (arg.dtype, arg.ndim) == (param.dtype, param.ndim), param
            frame.values[param] = arg
    for stack in function.stacks:
        frame.values[stack] = []
    with np.errstate(all="ignore"):
        _block(frame, function.body)
    return tuple([frame.operand(x) for x in function.results])


def _block(frame: Frame, body: list[ir.Statement]) -> None:
    for statement in body:
        _RUN[type(statement)](frame, statement)


def _let(frame: Frame, s: ir.Let) -> None:
    frame.define(s.var, apply(s.op, [frame.atom(a) for a in s.args]))


def apply(op: str, args: list[Any]) -> Any:
    """Compute an operation on NumPy scalars."""
    if op in CASTS:
        return np.dtype(op).type(args[0])
    if op in _OWN:
        return _OWN[op](*args)
    ufunc = getattr(np, op, None)
    if isinstance(ufunc, np.ufunc):
        return ufunc(*args)
    row = row_of(op)
    assert row is not None, op
    return row.compute(*args)


_OWN: dict[str, Any] = {
    "wrap": lambda i, n: i + n if i < 0 else i,
    "radd": operator.add,
    "gmul": lambda g, p: g * p if g else g,
    "clip_index": lambda i, n: min(max(i, 0), n),
    "select": lambda c, a, b: a if c else b,
    "stop": lambda x: x,
    "tie": lambda value, slope: value,
    "exponent": lambda x: np.frexp(x)[1],
}


def _alloc(frame: Frame, s: ir.Alloc) -> None:
    shape = [int(frame.atom(n)) for n in s.shape]
    assert all(n >= 0 for n in shape), s
    undefined = {"bool": True, "int64": -(2**40)}.get(s.buffer.dtype, np.nan)
    frame.values[s.buffer] = np.full(shape, undefined if s.fill is None else frame.atom(s.fill), s.buffer.dtype)


def _load(frame: Frame, s: ir.Load) -> None:
    frame.define(s.var, frame.values[s.buffer][frame.at(s.buffer, s.index)])


def _store(frame: Frame, s: ir.Store) -> None:
    array, at, value = frame.values[s.buffer], frame.at(s.buffer, s.index), frame.atom(s.value)
    assert s.value.dtype == s.buffer.dtype, s
    array[at] = array[at] + value if s.add else value


def _alias(frame: Frame, s: ir.Alias) -> None:
    base = frame.values[s.base]
    assert base.flags.c_contiguous, s
    frame.values[s.buffer] = base.reshape([int(frame.atom(n)) for n in s.shape])


def _grow(frame: Frame, s: ir.Grow) -> None:
    old, size = frame.values[s.buffer], int(frame.atom(s.size))
    if size > len(old):
        frame.values[s.buffer] = np.empty((size, *old.shape[1:]), old.dtype)
        frame.values[s.buffer][: len(old)] = old


def _swap(frame: Frame, s: ir.Swap) -> None:
    sources = [frame.values[b] for b in s.sources]
    frame.values.update(zip(s.targets, sources, strict=True))


def _carried(frame: Frame, carried: list[ir.Carried], what: str) -> None:
    values = [frame.atom(getattr(c, what)) for c in carried]
    for c, value in zip(carried, values, strict=True):
        frame.define(c.phi, value)
        frame.define(c.result, value)


def _for(frame: Frame, s: ir.For) -> None:
    _carried(frame, s.carried, "init")
    trip, ran = int(frame.atom(s.trip)), 0
    for k in reversed(range(trip)) if s.backward else range(trip):
        frame.define(s.counter, k)
        _block(frame, s.body)
        ran += 1
        _carried(frame, s.carried, "next")
        if s.stop is not None and frame.atom(s.stop):
            break
    if s.count is not None:
        frame.define(s.count, ran)


def _while(frame: Frame, s: ir.While) -> None:
    _carried(frame, s.carried, "init")
    ran = 0
    while True:
        frame.define(s.counter, ran)
        _block(frame, s.head)
        if not frame.atom(s.test):
            break
        _block(frame, s.body)
        ran += 1
        _carried(frame, s.carried, "next")
        if s.stop is not None and frame.atom(s.stop):
            break
    frame.define(s.count, ran)


def _if(frame: Frame, s: ir.If) -> None:
    test = bool(frame.atom(s.test))
    _block(frame, s.then if test else s.orelse)
    for merge in s.merges:
        frame.define(merge.result, frame.atom(merge.then if test else merge.orelse))


def _call(frame: Frame, s: ir.Call) -> None:
    results = CALLS[s.function].compute(*[frame.operand(x) for x in s.reads])
    results = results if isinstance(results, tuple) else (results,)
    assert len(results) == len(s.outs) + len(s.writes), s
    for var, value in zip(s.outs, results, strict=False):
        frame.define(var, value)
    for view, value in zip(s.writes, results[len(s.outs) :], strict=True):
        target = frame.view(view)
        assert target.shape == np.shape(value), (s, target.shape, np.shape(value))
        target[...] = value


def _invoke(frame: Frame, s: ir.Invoke) -> None:
    results = _function(frame.program, frame.program.others[s.function], tuple([frame.operand(x) for x in s.args]))
    for out, value in zip(s.outs, results, strict=True):
        frame.values[out] = value


def _check(frame: Frame, s: ir.Check) -> None:
    if not frame.atom(s.test):
        kind = getattr(builtins, s.error, None) or getattr(np.linalg, s.error)
        raise kind(s.message)


_RUN: dict[type, Any] = {
    ir.Let: _let, ir.Load: _load, ir.Store: _store, ir.Alloc: _alloc, ir.Alias: _alias, ir.Grow: _grow,
    ir.Dim: lambda frame, s: frame.define(s.var, frame.values[s.buffer].shape[s.axis]), ir.Swap: _swap, ir.For: _for,
    ir.While: _while, ir.If: _if, ir.Call: _call, ir.Invoke: _invoke, ir.Check: _check,
    ir.Push: lambda frame, s: frame.values[s.stack].append(frame.atom(s.value)),
    ir.Pop: lambda frame, s: frame.define(s.var, frame.values[s.stack].pop()),
}  # fmt: skip
