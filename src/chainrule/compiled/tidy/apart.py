"""Innermost loops whose iterations never meet in memory are marked, for the machine to run them in vector registers.

A compiler that does not know this compares the places of all arrays before each run of a loop, which for short rows
takes longer than the loop, or gives up.
"""

from __future__ import annotations

from dataclasses import replace

from .. import ir
from ..activity import Classes
from ..adjoint.affine import form_of
from ..adjoint.layout import Layout
from ..adjoint.memory import Memory
from ..scan import with_blocks
from .order import distinct

__all__ = ["is_apart", "mark_apart"]

_PLAIN = (ir.Let, ir.Load, ir.Store, ir.Dim, ir.If)


def mark_apart(program: ir.Program) -> ir.Program:
    """Return the program with `For.apart` set where that is proven."""
    others = {name: f if isinstance(f, ir.Part) else _marked(f, False) for name, f in program.others.items()}
    return ir.Program(_marked(program.entry, True), others)


def _marked(function: ir.Function, entry: bool) -> ir.Function:
    """Return a function with its loops marked.

    That arguments which are written overlap no others is seen to where a program is entered. In a function that the
    program calls, they may be parts of one array.
    """
    memory = Memory(Layout(function), Classes(function.body, swaps=False))
    shared = set() if entry else {memory.classes.of(p) for p in function.params if isinstance(p, ir.Buffer)}

    def block(body: list[ir.Statement]) -> list[ir.Statement]:
        return [marked(s) for s in body]

    def marked(s: ir.Statement) -> ir.Statement:
        if isinstance(s, ir.For) and is_apart(s, memory, shared):
            return replace(s, apart=True)
        return with_blocks(s, block)

    return replace(function, body=block(function.body))


def is_apart(loop: ir.For, memory: Memory, shared: set[ir.Buffer] = frozenset()) -> bool:  # type: ignore[assignment]
    """Tell whether no iteration of an innermost loop accesses an element that another writes.

    Other than for `ir.For.parallel`, additions into one element are such writes.

    Parameters
    ----------
    loop : For
    memory : Memory
        That of the function that the loop stands in.
    shared : set of Buffer
        Classes of arrays that may be parts of each other.
    """
    inside = list(ir.walk(loop.body))
    if loop.stop is not None or loop.threads or not all(isinstance(s, _PLAIN) for s in inside):
        return False
    accesses = [s for s in inside if isinstance(s, (ir.Load, ir.Store))]
    writers = [s for s in accesses if isinstance(s, ir.Store)]
    groups = [memory.classes.of(w.buffer) for w in writers]
    if not shared.isdisjoint(groups) or any(_steps_unknown(i, loop, memory) for s in accesses for i in s.index):
        return False
    return all(
        _never_meet(s, writer, loop, memory)
        for writer, group in zip(writers, groups, strict=True)
        for s in accesses
        if memory.classes.of(s.buffer) == group
    )


def _steps_unknown(index: ir.Atom, loop: ir.For, memory: Memory) -> bool:
    """Tell whether an index moves by a number that is known at run time only.

    Often that is 1, and a compiler that was told nothing asks for it and takes following elements side by side.
    """
    origins = {v: memory.layout.origin.get(v) for v in form_of(memory.layout, index) if isinstance(v, ir.Var)}
    return any(
        isinstance(s, ir.Let) and s.op == "multiply" and any(s is t for t in loop.body) for s in origins.values()
    )


def _never_meet(s: ir.Load | ir.Store, writer: ir.Store, loop: ir.For, memory: Memory) -> bool:
    if s.buffer != writer.buffer:
        return False
    same = s.index == writer.index and distinct(s.index, loop)
    return same or memory.apart_across(s.index, writer.index, loop)
