"""Calls of functions that do not call themselves give way to what the functions do.

Then every other pass sees through them, nothing is allocated for arguments and results, and a derivative of the caller
need not run the callee again.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from .. import ir
from ..build import Builder, Names
from ..opaque import copy_into
from ..own import own_names, whole
from ..scan import Renaming, stored, with_blocks

__all__ = ["inline"]

_ZERO = ir.Const(0, ir.INT)


def inline(program: ir.Program) -> ir.Program:
    """Return a program in which only functions that call themselves, or have a rule of their own, are called."""
    if not program.others:
        return program
    functions = {**program.others, program.entry.name: program.entry}
    able: dict[str, ir.Function] = {}
    done: dict[str, ir.Function] = {}
    for name in _callees_first(functions, program.entry.name):
        done[name] = _inlined(functions[name], able)
        if functions[name].rule is None and name not in _reached(functions, name):
            able[name] = done[name]
    entry = done[program.entry.name]
    kept = _reached(done, entry.name) - {entry.name}
    return ir.Program(entry, {name: f for name, f in done.items() if name in kept})


# ---- Who calls whom


def _calls(function: ir.Function) -> Iterator[str]:
    yield from [s.function for s in ir.walk(function.body) if isinstance(s, ir.Invoke)]
    if function.rule is not None:
        yield from [name for name in function.rule if name is not None]


def _reached(functions: dict[str, ir.Function], name: str) -> set[str]:
    """Return the functions that may run when one of these is called."""
    found: set[str] = set()
    waiting = list(_calls(functions[name]))
    while waiting:
        other = waiting.pop()
        if other not in found:
            found.add(other)
            waiting += _calls(functions[other])
    return found


def _callees_first(functions: dict[str, ir.Function], entry: str) -> list[str]:
    """Return the names of functions, those that are called before their callers where that is possible."""
    order: list[str] = []
    seen: set[str] = set()

    def visit(name: str) -> None:
        if name not in seen:
            seen.add(name)
            for other in _calls(functions[name]):
                visit(other)
            order.append(name)

    visit(entry)
    return order


# ---- One function


def _inlined(function: ir.Function, able: dict[str, ir.Function]) -> ir.Function:
    """Return a function with the bodies of those that it calls, as far as these are `able` to be inlined."""
    if not any(isinstance(s, ir.Invoke) and s.function in able for s in ir.walk(function.body)):
        return function
    inliner = _Inliner(function, able)
    body = inliner.block(function.body)
    final = Renaming(inliner.final, lambda b: b)
    results = [final.operand(r) for r in function.results]
    return replace(function, body=final.body(body), results=results, stacks=[*function.stacks, *inliner.stacks])


class _Inliner:
    def __init__(self, function: ir.Function, able: dict[str, ir.Function]) -> None:
        self.able = able
        self.names: Names = own_names(ir.Program(function))
        self.values: dict[ir.Atom, ir.Atom] = {}  # what calls returned
        self.stacks: list[ir.Stack] = []

    def final(self, a: ir.Atom) -> ir.Atom:
        while a in self.values:
            a = self.values[a]
        return a

    def block(self, body: list[ir.Statement]) -> list[ir.Statement]:
        result: list[ir.Statement] = []
        for s in body:
            match s:
                case ir.Invoke() if s.function in self.able:
                    result += self.call(s, self.able[s.function])
                case _:
                    result.append(with_blocks(s, self.block))
        return result

    def call(self, s: ir.Invoke, function: ir.Function) -> list[ir.Statement]:
        """Return what a function does, for the arguments of a call."""
        builder = Builder(self.names, rough=True)
        builder.place = s.place
        fresh = _Fresh(self.names)
        written = _written(function)
        for p, x in zip(function.params, s.args, strict=True):
            if not isinstance(p, ir.Buffer):
                assert not isinstance(x, ir.View)
                fresh.values[p] = x
                continue
            assert isinstance(x, ir.View)
            if not _is_plain(x, p, function):
                if p in written:
                    return [s]
                x = _copied(builder, x)
            fresh.buffers[p] = x.buffer
            fresh.shapes[p] = x.shape
        body = fresh.body(function.body)
        self.stacks += [fresh.stack(stack) for stack in function.stacks]
        returned = [fresh.operand(r) for r in function.results]
        return [*builder.block, *self.returning(s, body, returned)]

    def returning(self, s: ir.Invoke, body: list[ir.Statement], returned: list[ir.Atom | ir.View]
                  ) -> list[ir.Statement]:  # fmt: skip
        """Let the results of a call be what the body has computed."""
        allocs = {t.buffer: t for t in body if isinstance(t, ir.Alloc)}
        builder = Builder(self.names, rough=True)
        builder.place = s.place
        renamed: dict[ir.Buffer, ir.Buffer] = {}
        for out, result in zip(s.outs, returned, strict=True):
            if isinstance(out, ir.Var):
                assert not isinstance(result, ir.View)
                self.values[out] = result
                continue
            assert isinstance(result, ir.View)
            alloc = allocs.get(result.buffer)
            if alloc is not None and result.buffer not in renamed and _is_whole(result, alloc.shape):
                renamed[result.buffer] = out
                continue
            builder.add(ir.Alloc(out, result.shape, None, s.place))
            builder.note_shape(out, result.shape)
            copy_into(builder, whole(builder, out), result)
        rename = Renaming(lambda a: a, lambda b: renamed.get(b, b))
        return rename.body([*body, *builder.block])


class _Fresh(Renaming):
    """Copies a body under names that are not in use, with arguments for parameters."""

    def __init__(self, names: Names) -> None:
        self.names = names
        self.values: dict[ir.Atom, ir.Atom] = {}
        self.buffers: dict[ir.Buffer, ir.Buffer] = {}
        self.shapes: dict[ir.Buffer, tuple[ir.Atom, ...]] = {}
        self.renamed: dict[ir.Stack, ir.Stack] = {}
        super().__init__(lambda a: self.values.get(a, a), self.known, self.define)

    def known(self, b: ir.Buffer) -> ir.Buffer:
        if b not in self.buffers:
            self.buffers[b] = replace(b, name=self.names.fresh(b.name))
        return self.buffers[b]

    def define(self, v: ir.Var) -> ir.Var:
        fresh = ir.Var(self.names.fresh(v.name), v.dtype)
        self.values[v] = fresh
        return fresh

    def stack(self, stack: ir.Stack) -> ir.Stack:
        if stack not in self.renamed:
            self.renamed[stack] = replace(stack, name=self.names.fresh(stack.name))
        return self.renamed[stack]

    def body(self, body: list[ir.Statement]) -> list[ir.Statement]:
        result: list[ir.Statement] = []
        for s in body:
            if isinstance(s, ir.Dim) and s.buffer in self.shapes:
                self.values[s.var] = self.shapes[s.buffer][s.axis]
            elif isinstance(s, (ir.Push, ir.Pop)):
                moved = self.statement(s)
                assert isinstance(moved, (ir.Push, ir.Pop))
                result.append(replace(moved, stack=self.stack(s.stack)))
            else:
                result.append(self.statement(s))
        return result


def _written(function: ir.Function) -> set[ir.Buffer]:
    return {b for s in ir.walk(function.body) for b in stored(s)}


def _is_plain(x: ir.View, p: ir.Buffer, function: ir.Function) -> bool:
    """Tell whether the argument's buffer can stand for the parameter: element k of one is element k of the other."""
    same = not x.fixed and all(a.base == k and a.start == _ZERO and a.step == 1 for k, a in enumerate(x.axes))
    renamed = any(isinstance(s, (ir.Alias, ir.Swap, ir.Grow)) and _names(s, p) for s in ir.walk(function.body))
    return same and len(x.axes) == x.buffer.ndim and not renamed


def _names(s: ir.Alias | ir.Swap | ir.Grow, p: ir.Buffer) -> bool:
    return p in s.targets if isinstance(s, ir.Swap) else p in (s.buffer, getattr(s, "base", None))


def _is_whole(view: ir.View, shape: tuple[ir.Atom, ...]) -> bool:
    plain = all(a.base == k and a.start == _ZERO and a.step == 1 for k, a in enumerate(view.axes))
    return plain and not view.fixed and view.shape == shape


def _copied(builder: Builder, view: ir.View) -> ir.View:
    copy = whole(builder, builder.alloc(view.buffer.hint, view.dtype, view.shape))
    copy_into(builder, copy, view)
    return copy
