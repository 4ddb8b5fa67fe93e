"""Checks that have been passed already are left out, and those that a loop repeats move in front of it.

A derivative runs its function more than once (forwards for the shapes, then in every direction), with the same checks
each time. What stands in the way of joining two loops is often nothing but such a check.
"""

from __future__ import annotations

from dataclasses import replace

from .. import ir
from ..scan import defined

__all__ = ["settle_checks"]

Passed = set[ir.Atom]


def settle_checks(function: ir.Function) -> ir.Function:
    """Return the function in which a test is checked once, and before the loops that it does not depend on."""
    if not any(isinstance(s, ir.Check) for s in ir.walk(function.body)):
        return function
    return replace(function, body=_block(function.body, set()))


def _block(body: list[ir.Statement], passed: Passed) -> list[ir.Statement]:
    """Return a block without the checks that are known to be passed; `passed` grows by those that it makes."""
    result: list[ir.Statement] = []
    for s in body:
        match s:
            case ir.Check():
                if s.test not in passed or s.note is not None:
                    result.append(s)
                    passed.add(s.test)
            case ir.For():
                result += _loop(s, passed)
            case ir.While():
                head = _block(s.head, passed)
                result.append(replace(s, head=head, body=_block(s.body, passed | {s.test})))
            case ir.If():
                then, orelse = passed | {s.test}, set(passed)
                result.append(replace(s, then=_block(s.then, then), orelse=_block(s.orelse, orelse)))
                passed |= then & orelse
            case _:
                result.append(s)
    return result


def _loop(loop: ir.For, passed: Passed) -> list[ir.Statement]:
    """Return a loop, after the checks of its body that are the same in each iteration, if there surely is one."""
    inside = set(passed)
    runs = isinstance(loop.trip, ir.Const) and loop.trip.value > 0
    if not runs:
        return [replace(loop, body=_block(loop.body, inside))]
    own = {v for s in ir.walk([loop]) for v in defined(s)}
    moved = [s for s in loop.body if isinstance(s, ir.Check) and s.note is None and s.test not in own]
    before = _block(list(moved), passed)
    body = _block([s for s in loop.body if s not in moved], inside | passed)
    return [*before, replace(loop, body=body)]
