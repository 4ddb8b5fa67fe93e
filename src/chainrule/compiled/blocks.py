"""Programs around a program: its result as one number, the sum of its results, and matrices of derivatives."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import partial
from typing import Any

from .. import tree
from ..errors import DerivativeError, message
from . import ir
from .activity import is_float
from .adjoint import adjoint
from .build import Builder, Names
from .linear import linearized
from .opaque import copy_into, each_position
from .own import own_names, whole
from .spec import Lowered, Result
from .tangent import tangent
from .tidy import prepare, tidy

__all__ = ["jacobian_program", "one_number", "same_shapes", "summed", "with_numbers"]

ZERO, ONE = ir.Const(0, ir.INT), ir.Const(1, ir.INT)


def one_number(base: Lowered, result: Any, f: Any) -> tuple[int, ir.Program]:
    """Return the number of the result that is differentiated, and the program in which it is a scalar."""
    if not isinstance(result, Result):
        _refuse(f, f"a {type(result).__name__}")
    entry = base.program.entry
    out = entry.results[result.index]
    if not isinstance(out, ir.View):
        return result.index, base.program
    if any(size != ONE for size in out.shape):
        _refuse(f, f"an array with {out.ndim} {'axis' if out.ndim == 1 else 'axes'}")
    builder = Builder(own_names(base.program))
    number = _only_element(builder, out)
    results = [number if k == result.index else r for k, r in enumerate(entry.results)]
    entry = replace(entry, body=[*entry.body, *builder.block], results=results)
    return result.index, ir.Program(entry, base.program.others)


def _only_element(builder: Builder, view: ir.View) -> ir.Var:
    index: list[ir.Atom] = [ZERO] * view.buffer.ndim
    for axis in view.axes:
        if axis.base is not None:
            index[axis.base] = axis.start
    for at, x in view.fixed:
        index[at] = x
    return builder.load(view.buffer, index, hint="value")


def with_numbers(program: ir.Program) -> ir.Program:
    """Return the program that gives numbers for arrays without axes, as derivatives do."""
    entry = program.entry
    if not any(isinstance(r, ir.View) and not r.axes for r in entry.results):
        return program
    builder = Builder(own_names(program))
    results = [_only_element(builder, r) if isinstance(r, ir.View) and not r.axes else r for r in entry.results]
    return ir.Program(replace(entry, body=[*entry.body, *builder.block], results=results), program.others)


def _refuse(f: Any, what: str) -> None:
    raise DerivativeError(
        message(
            f"{getattr(f, '__name__', 'The function')} returned {what}; grad needs one number.",
            "Sum the result, take jacobian (or elementwise_grad) instead, or pass has_aux=True for (value, extra).",
        )
    )


def summed(base: Lowered) -> ir.Program:
    """Return the program whose only result is the sum of all numbers that another returns."""
    entry = base.program.entry
    builder = Builder(own_names(base.program), rough=True)
    total: ir.Atom = ir.Const(0.0, ir.FLOAT)
    for r in tree.flatten(base.result, Result)[0]:
        out = entry.results[r.index]
        if is_float(out.buffer if isinstance(out, ir.View) else out):
            one = _sum_of(builder, out) if isinstance(out, ir.View) else out
            total = builder.let("add", total, builder.cast(one, ir.FLOAT), hint="total")
    entry = replace(entry, body=[*entry.body, *builder.block], results=[total])
    return ir.Program(entry, base.program.others)


def _sum_of(builder: Builder, view: ir.View) -> ir.Atom:
    """Emit the sum of a view: one accumulator through a nest of loops."""
    from .adjoint.saves import element

    def nest(k: list[ir.Atom], start: ir.Atom) -> ir.Atom:
        if len(k) == view.ndim:
            x = builder.load(view.buffer, element(builder, view, k))
            return builder.let("radd", start, builder.cast(x, ir.FLOAT), hint="total")
        size = view.shape[len(k)]
        counter, phi = builder.counter(size, "j"), builder.var("total", ir.FLOAT)
        body: list[ir.Statement] = []
        with builder.into(body):
            end = nest([*k, counter], phi)
        result = builder.var("total", ir.FLOAT)
        builder.add(ir.For(counter, size, body, [ir.Carried(phi, start, end, result)]))
        return result

    return nest([], ir.Const(0.0, ir.FLOAT))


def same_shapes(program: ir.Program, pairs: Sequence[tuple[int, int]], what: str) -> ir.Program:
    """Let a program check first that some of its parameters have the shapes of others."""
    entry = program.entry
    builder = Builder(own_names(program))
    for i, j in pairs:
        a, b = entry.params[i], entry.params[j]
        if isinstance(a, ir.Buffer) and isinstance(b, ir.Buffer):
            for axis in range(a.ndim):
                same = builder.let("equal", builder.dim(a, axis), builder.dim(b, axis))
                builder.check(same, "ValueError", f"{what} does not have the shape of its argument")
    entry = replace(entry, body=[*builder.block, *entry.body])
    return ir.Program(entry, program.others)


# ---- Jacobians


class _Caller:
    """A program in the making that calls other functions."""

    def __init__(self, base: Lowered, keep: bool) -> None:
        entry = base.program.entry
        self.base = prepare(base.program)
        self.names = Names()
        self.builder = Builder(self.names, rough=True)
        self.params = [_renamed(self.names, p) for p in entry.params]
        self.others = dict(base.program.others)
        self.others[entry.name] = self.base.entry
        self.values = self.call(self.base.entry, [])
        self.results: list[ir.Atom | ir.View] = [self.whole(v) for v in self.values] if keep else []

    def whole(self, value: ir.Var | ir.Buffer) -> ir.Atom | ir.View:
        return whole(self.builder, value) if isinstance(value, ir.Buffer) else value

    def call(self, function: ir.Function, more: Sequence[ir.Atom | ir.View]) -> list[Any]:
        args = [whole(self.builder, p) if isinstance(p, ir.Buffer) else p for p in self.params]
        outs = [_fresh(self.names, r) for r in function.results]
        self.builder.add(ir.Invoke(function.name, (*args, *more), tuple(outs)))
        return outs

    def add(self, program: ir.Program, name: str) -> ir.Function:
        entry = replace(program.entry, name=name)
        self.others |= {**program.others, name: entry}
        return entry

    def one_hot(self, x: ir.Var | ir.Buffer, do: Callable[[ir.Atom | ir.View, list[ir.Atom]], None]) -> None:
        """Emit something for each element of a value, with a seed that is one there and zero elsewhere."""
        if isinstance(x, ir.Var):
            do(ir.Const(1.0, x.dtype), [])
            return
        view = whole(self.builder, x)
        seed = self.builder.alloc("seed", x.dtype, view.shape, ir.Const(0.0, x.dtype))

        def at(k: list[ir.Atom]) -> None:
            self.builder.store(seed, k, ir.Const(1.0, x.dtype))
            do(whole(self.builder, seed), k)
            self.builder.store(seed, k, ir.Const(0.0, x.dtype))

        each_position(self.builder, view, at)

    def block(self, rows: ir.Var | ir.Buffer, columns: ir.Var | ir.Buffer) -> ir.View | None:
        """Make room for the derivatives of one value by another; None if that is a number."""
        shapes = [whole(self.builder, x).shape if isinstance(x, ir.Buffer) else () for x in (rows, columns)]
        if not shapes[0] and not shapes[1]:
            return None
        made = self.builder.alloc("jacobian", columns.dtype, [*shapes[0], *shapes[1]])
        axes = [ir.Axis(k, ZERO, 1, size) for k, size in enumerate([*shapes[0], *shapes[1]])]
        return ir.View(made, tuple(axes))

    def put(self, block: ir.View, first: int, index: list[ir.Atom], value: ir.Var | ir.Buffer) -> None:
        """Emit the copy of a part into a block, at an index of the axes from `first` on."""
        held = range(first, first + len(index))
        fixed = tuple(zip(held, index, strict=True))
        if isinstance(value, ir.Buffer):
            target = ir.View(block.buffer, tuple([a for k, a in enumerate(block.axes) if k not in held]), fixed)
            copy_into(self.builder, target, whole(self.builder, value))
        else:
            self.builder.store(block.buffer, index, value)

    def program(self, name: str) -> ir.Program:
        return tidy(ir.Program(ir.Function(name, self.params, self.builder.block, self.results), self.others))


def _renamed(names: Names, p: ir.Var | ir.Buffer) -> ir.Var | ir.Buffer:
    return replace(p, name=names.fresh(p.hint))


def _fresh(names: Names, r: ir.Atom | ir.View) -> ir.Var | ir.Buffer:
    if isinstance(r, ir.View):
        return ir.Buffer(names.fresh(r.buffer.hint), r.dtype, r.ndim)
    return ir.Var(names.fresh(r.hint if isinstance(r, ir.Var) else "t"), r.dtype)


def jacobian_program(base: Lowered, wrt: Sequence[int], outs: Sequence[int], method: str | None,
                     keep: bool = False) -> ir.Program:  # fmt: skip
    """Return the program that computes the derivatives of some results by some parameters.

    Its results are those of the function (with `keep`), then a block for each result and parameter, row by row.

    Parameters
    ----------
    method : {None, "forward", "reverse"}
        *forward* runs the tangent for each element of a parameter, *reverse* the adjoint for each element of a result.
        None takes the one that is likely cheaper.
    """
    caller = _Caller(base, keep)
    reverse = method == "reverse" or (method is None and _few_results(caller.base.entry, wrt, outs))
    blocks: dict[tuple[int, int], ir.Atom | ir.View | None] = {
        (i, j): caller.block(caller.values[i], caller.params[j]) for i in outs for j in wrt
    }
    (_by_rows if reverse else _by_columns)(caller, list(wrt), list(outs), blocks)
    for i in outs:
        for j in wrt:
            block = blocks[i, j]
            caller.results.append(ir.Const(0.0, ir.FLOAT) if block is None else block)
    return caller.program(f"{base.program.entry.name}_jacobian")


def _few_results(entry: ir.Function, wrt: Sequence[int], outs: Sequence[int]) -> bool:
    if all(isinstance(entry.params[j], ir.Var) for j in wrt):
        return False
    sizes = [size for i in outs if isinstance(r := entry.results[i], ir.View) for size in r.shape]
    return all(isinstance(size, ir.Const) for size in sizes)


def _by_rows(caller: _Caller, wrt: list[int], outs: list[int], blocks: dict[Any, Any]) -> None:
    for i in outs:
        if not is_float(caller.values[i]):
            _nothing(caller, [(i, j) for j in wrt], blocks)
            continue
        back = caller.add(adjoint(caller.base, wrt, seeds=[i], keep=False), f"{caller.base.entry.name}_row_{i}")

        def row(seed: ir.Atom | ir.View, k: list[ir.Atom], i: int = i, back: ir.Function = back) -> None:
            for j, part in zip(wrt, caller.call(back, [seed]), strict=True):
                if blocks[i, j] is None:
                    blocks[i, j] = part
                else:
                    caller.put(blocks[i, j], 0, k, part)

        caller.one_hot(caller.values[i], row)


def _by_columns(caller: _Caller, wrt: list[int], outs: list[int], blocks: dict[Any, Any]) -> None:
    floats = [k for k in range(len(caller.values)) if is_float(caller.values[k])]
    for j in wrt:
        ahead, kept = _ahead(caller, j)

        def column(seed: ir.Atom | ir.View, k: list[ir.Atom], j: int = j, ahead: ir.Function = ahead,
                   kept: list[ir.Atom | ir.View] = kept) -> None:  # fmt: skip
            for i, part in zip(floats, caller.call(ahead, [*kept, seed]), strict=True):
                if i not in outs:
                    continue
                if blocks[i, j] is None:
                    blocks[i, j] = part
                else:
                    first = caller.values[i].ndim if isinstance(caller.values[i], ir.Buffer) else 0
                    caller.put(blocks[i, j], first, k, part)

        caller.one_hot(caller.params[j], column)
        _nothing(caller, [(i, j) for i in outs if i not in floats], blocks)


def _ahead(caller: _Caller, j: int) -> tuple[ir.Function, list[ir.Atom | ir.View]]:
    """Return the function that moves a direction along, and what it takes from a run of the function before."""
    name, results = f"{caller.base.entry.name}_column_{j}", caller.base.entry.results
    apart = linearized(caller.base, j) if isinstance(caller.params[j], ir.Buffer) else None
    if apart is None:
        ahead = caller.add(tangent(caller.base, [j]), name)
        ahead.results = ahead.results[len(results) :]
        return ahead, []
    forward = caller.add(ir.Program(apart.forward), f"{name}_forward")
    kept = caller.call(forward, [])[len(results) :]
    return caller.add(ir.Program(apart.ahead), name), list(map(caller.whole, kept))


def _nothing(caller: _Caller, pairs: list[tuple[int, int]], blocks: dict[Any, Any]) -> None:
    """Fill the blocks of results that are no floats with zeros."""
    for i, j in pairs:
        block = blocks[i, j]
        if block is not None:
            store = partial(caller.builder.store, block.buffer, value=ir.Const(0.0, block.dtype))
            each_position(caller.builder, block, store)
