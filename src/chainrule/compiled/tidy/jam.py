"""A short loop around a long one goes inside it, where its iterations share what they read.

The rows of a matrix that has three of them, each computed from the same long vectors: row by row, the vectors pass
through the processor three times. If the iterations of both loops are independent, one long loop can do all rows.

References
----------
Unroll-and-jam: Allen and Kennedy, *Optimizing Compilers for Modern Architectures*, 2001, section 8.4.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TypeGuard

from .. import ir
from ..own import own_names
from ..scan import atoms_of, defined, with_blocks
from .unroll import Copy

__all__ = ["jam"]

_SHORT, _MOST = 4, 128  # iterations that are written out, and statements that they may become
_SHARED = 2  # loads that all iterations have in common, from which on it is worth it


def jam(function: ir.Function) -> ir.Function:
    """Return the function with short outer loops written out inside the long ones."""
    if not any(_fits(s) for s in ir.walk(function.body)):
        return function
    jamming = _Jamming(function)
    return replace(function, body=jamming.block(function.body))


def _fits(s: ir.Statement) -> bool:
    """Tell whether a statement is a short loop around a long one whose iterations are all independent."""
    if not _is_plain(s) or not isinstance(s.trip, ir.Const) or not 2 <= s.trip.value <= _SHORT:
        return False
    *before, inner = s.body or [s]
    if not _is_plain(inner) or not all(isinstance(t, (ir.Let, ir.Load, ir.Dim)) for t in before):
        return False
    changing = {v for t in ir.walk([s]) for v in defined(t)}
    return inner.trip not in changing and not isinstance(inner.trip, ir.Const) and _is_worth_it(s, inner, changing)


def _is_plain(s: ir.Statement) -> TypeGuard[ir.For]:
    """Tell whether a statement is a loop of independent iterations that carries nothing and runs to its end."""
    return isinstance(s, ir.For) and s.parallel and not s.carried and s.stop is None and not s.threads


def _is_worth_it(outer: ir.For, inner: ir.For, changing: set[ir.Var]) -> bool:
    """Tell whether the inner loop is straight, and loads enough that does not depend on the outer counter."""
    if not all(isinstance(t, (ir.Let, ir.Load, ir.Store, ir.Dim)) for t in inner.body):
        return False
    assert isinstance(outer.trip, ir.Const)
    if outer.trip.value * len(inner.body) > _MOST:
        return False
    alike: set[ir.Atom] = {inner.counter}
    for t in inner.body:
        same = all(isinstance(a, ir.Const) or a not in changing or a in alike for a in atoms_of(t))
        if same and isinstance(t, (ir.Let, ir.Load)):
            alike.add(t.var)
    return sum(isinstance(t, ir.Load) and t.var in alike and inner.counter in t.index for t in inner.body) >= _SHARED


class _Jamming:
    def __init__(self, function: ir.Function) -> None:
        self.names = own_names(ir.Program(function))

    def block(self, body: list[ir.Statement]) -> list[ir.Statement]:
        result: list[ir.Statement] = []
        for s in body:
            result += self._jammed(s) if isinstance(s, ir.For) and _fits(s) else [with_blocks(s, self.block)]
        return result

    def _jammed(self, outer: ir.For) -> list[ir.Statement]:
        """Return what precedes the inner loop for each outer iteration, and then that loop for all of them."""
        assert isinstance(outer.trip, ir.Const)
        *before, inner = outer.body
        assert isinstance(inner, ir.For)
        first: list[ir.Statement] = []
        inside: list[ir.Statement] = []
        for k in range(int(outer.trip.value)):
            copy = Copy(self.names, set())
            copy.values[outer.counter] = ir.Const(k, ir.INT)
            first += copy.body(before)
            inside += copy.body(inner.body)
        return [*first, replace(inner, body=inside)]
