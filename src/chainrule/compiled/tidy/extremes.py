"""The smallest or largest element of a row, by a helper.

A loop ``low = np.minimum(low, x[i])`` waits in each turn for the one before. Where the order is free, as it is here, a
helper keeps several of them at a time; the machine does not do so by itself, as a nan counts in any place.
"""

from __future__ import annotations

from dataclasses import replace
from functools import partial

from .. import ir
from ..activity import is_float
from ..scan import with_blocks
from .lengths import lengths_of

__all__ = ["find_extremes"]

HELPERS = {"minimum": "lowest", "maximum": "highest"}
SHORT = 8  # elements, for which a call would take longer
ZERO = ir.Const(0, ir.INT)


def find_extremes(function: ir.Function) -> ir.Function:
    """Return the function with calls in the place of loops that look for an extreme.

    This comes last: the calls have no derivative.
    """
    return replace(function, body=_block(lengths_of(function), function.body))


def _block(lengths: set[ir.Var], body: list[ir.Statement]) -> list[ir.Statement]:
    result: list[ir.Statement] = []
    for s in body:
        call = _call(s, lengths) if isinstance(s, ir.For) else None
        result.append(with_blocks(s, partial(_block, lengths)) if call is None else call)
    return result


def _call(s: ir.For, lengths: set[ir.Var]) -> ir.Call | None:
    """Return a call in the place of a loop that does nothing but look for the extreme of a row."""
    is_long = s.trip.value >= SHORT if isinstance(s.trip, ir.Const) else s.trip in lengths
    if not is_long or s.stop is not None or s.count is not None or len(s.carried) != 1:
        return None
    held = s.carried[0]
    found = _compared(s, held)
    if found is None:
        return None
    load, op = found
    *fixed, last = load.index
    if last != s.counter or s.counter in fixed:
        return None
    row = ir.View(load.buffer, (ir.Axis(len(fixed), ZERO, 1, s.trip),), tuple(enumerate(fixed)))
    return ir.Call(HELPERS[op], (held.result,), (row, held.init), place=s.place)


def _compared(s: ir.For, held: ir.Carried) -> tuple[ir.Load, str] | None:
    """Return what a loop reads and by which operation it compares it with what it holds, if it does only that."""
    load, *stops, let = s.body if len(s.body) > 1 else [None, None]
    if not isinstance(load, ir.Load) or not isinstance(let, ir.Let) or let.op not in HELPERS:
        return None
    value = load.var
    for stop in stops:  # which means something to derivatives only
        if not isinstance(stop, ir.Let) or stop.op != "stop" or stop.args != (value,):
            return None
        value = stop.var
    if set(let.args) != {held.phi, value} or held.next != let.var or not is_float(let.var):
        return None
    return load, let.op
