"""Passes that leave the meaning of a program alone and make it shorter and faster."""

from __future__ import annotations

from dataclasses import replace

from .. import ir
from .abreast import abreast
from .apart import mark_apart
from .checks import settle_checks
from .cleared import assign_cleared
from .columns import sum_columns
from .dead import sweep
from .direct import write_directly
from .extremes import find_extremes
from .fission import split
from .flatten import flatten
from .fresh import assign_first
from .fuse import fuse
from .gathered import assign_gathered
from .hoist import hoist
from .in_place import in_place
from .inline import inline
from .instances import with_instances
from .jam import jam
from .nonzero import skip_zeros
from .order import straighten
from .registers import keep_in_registers
from .reuse import make_once
from .scalars import elements_as_scalars
from .share import share
from .sums import settle_sums
from .ties import without_ties
from .unroll import unroll
from .unseen import drop_unseen

__all__ = [
    "abreast",
    "assign_cleared",
    "assign_first",
    "assign_gathered",
    "finish",
    "flatten",
    "hoist",
    "keep_in_registers",
    "mark_apart",
    "prepare",
    "share",
    "split",
    "straighten",
    "sweep",
    "tidy",
    "without_ties",
]

UNROLLED_FIRST, UNROLLED = 160, 512  # statements that a loop may become, before a program is differentiated and after


def prepare(program: ir.Program) -> ir.Program:
    """Tidy a program before it is differentiated: less to save, and trip counts known outside the loops."""
    return _each(inline(program), lambda f: sweep(hoist(_written_out(share(f), False, UNROLLED_FIRST))))


def tidy(program: ir.Program, rough: bool = True) -> ir.Program:
    """Tidy a derivative; or, not `rough`, a user's own program, whose arithmetic keeps the signs of zeros."""
    return _each(_with_instances(inline(program), rough), lambda f: _tidied(f, rough))


def finish(program: ir.Program) -> ir.Program:
    """Do what comes after loops were shared out to threads, and is not differentiated."""
    return _each(program, _finished)


def _finished(function: ir.Function) -> ir.Function:
    if not isinstance(function, ir.Part):  # which has been freed of them before it was shared out
        function = without_ties(function)
    return make_once(in_place(find_extremes(skip_zeros(sum_columns(function)))))


def _with_instances(program: ir.Program, rough: bool) -> ir.Program:
    return inline(with_instances(_each(program, lambda f: share(f, rough)), rough)) if program.others else program


def _tidied(function: ir.Function, rough: bool) -> ir.Function:
    assign = (lambda f: assign_first(drop_unseen(assign_cleared(f)))) if rough else (lambda f: f)
    function = settle_checks(_written_out(_shared(function, rough), rough, UNROLLED))
    ordered = assign(straighten(keep_in_registers(assign(function))))
    joined = fuse(ordered)
    if joined is not ordered:
        joined = keep_in_registers(_shared(joined, rough))
    apart = assign(split(flatten(joined), gather=rough))
    apart = _jammed(write_directly(assign_gathered(apart) if rough else apart), rough)
    return sweep(settle_sums(_abreast(hoist(share(apart, rough)) if rough else apart, rough)))


def _jammed(function: ir.Function, rough: bool) -> ir.Function:
    changed = jam(function)
    return function if changed is function else share(changed, rough)


def _abreast(function: ir.Function, rough: bool) -> ir.Function:
    changed = abreast(function, rough)
    return function if changed is function else keep_in_registers(hoist(changed))


def _written_out(function: ir.Function, rough: bool, most: int) -> ir.Function:
    """Return the function with the elements of small arrays as scalars, and short loops over them written out."""
    changed = function
    for _ in range(2):  # what is written out may show more records
        unrolled = unroll(changed, most)
        if unrolled is not changed:
            changed = share(unrolled, rough)
    scalars = elements_as_scalars(changed)
    return function if scalars is function else _shared(sweep(scalars), rough)


def _shared(function: ir.Function, rough: bool) -> ir.Function:
    return share(hoist(share(function, rough)), rough)


def _each(program: ir.Program, change: object) -> ir.Program:
    assert callable(change)
    others = {name: replace(change(f), rule=f.rule) for name, f in program.others.items()}
    return ir.Program(change(program.entry), others)
