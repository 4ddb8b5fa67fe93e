"""A program made one's own: copies that a pass may change, and parameters that it may write to."""

from __future__ import annotations

from . import ir
from .activity import Classes
from .build import Builder, Names
from .scan import Renaming, defined, made, stored

__all__ = ["own_names", "private", "whole"]


def own_names(program: ir.Program) -> Names:
    """Return a maker of names that are not in use in any function of a program."""
    names = Names()
    for function in (program.entry, *program.others.values()):
        for p in function.params:
            names.reserve(p.name)
        for s in ir.walk(function.body):
            for v in defined(s):
                names.reserve(v.name)
            for b in made(s):
                names.reserve(b.name)
            if isinstance(s, (ir.Push, ir.Pop)):
                names.reserve(s.stack.name)
    return names


def private(function: ir.Function, names: Names) -> tuple[ir.Function, list[ir.Statement], list[ir.Var | ir.Buffer]]:
    """Copy a function so that it writes none of its parameters.

    Returns
    -------
    function : Function
        The copy; a parameter that was written is replaced by a buffer that the prelude fills.
    prelude : list of Statement
    params : list
        The parameters for the prelude and the function together.
    """
    classes = Classes(function.body)
    written = {classes.of(b) for s in ir.walk(function.body) if not isinstance(s, ir.Swap) for b in stored(s)}
    builder = Builder(names, rough=True)
    copies: dict[ir.Buffer, ir.Buffer] = {}
    for p in function.params:
        if isinstance(p, ir.Buffer) and classes.of(p) in written:
            copies[p] = _copy(builder, p)
    rename = Renaming(lambda a: a, lambda b: copies.get(b, b))
    params = [copies.get(p, p) if isinstance(p, ir.Buffer) else p for p in function.params]
    results = [rename.view(r) if isinstance(r, ir.View) else r for r in function.results]
    inner = ir.Function(function.name, list(params), rename.body(function.body), results, list(function.stacks))
    return inner, builder.block, list(function.params)


def _copy(builder: Builder, p: ir.Buffer) -> ir.Buffer:
    view = whole(builder, p)
    copy = builder.alloc(p.hint, p.dtype, view.shape)

    def nest(k: list[ir.Atom]) -> None:
        if len(k) == p.ndim:
            builder.store(copy, k, builder.load(p, k))
            return
        with builder.loop(view.shape[len(k)], "j", parallel=True) as counter:
            nest([*k, counter])

    nest([])
    return copy


def whole(builder: Builder, buffer: ir.Buffer) -> ir.View:
    """Return the view of all of a buffer."""
    sizes = [builder.dim(buffer, axis) for axis in range(buffer.ndim)]
    return ir.View(buffer, tuple([ir.Axis(i, ir.Const(0, ir.INT), 1, size) for i, size in enumerate(sizes)]))
