"""Integers as affine forms of what they are computed from, and their bounds: for proofs about indices."""

from __future__ import annotations

from collections.abc import Hashable
from typing import Any

from .. import ir
from ..build import Builder
from .layout import Layout

__all__ = ["Form", "bound", "bounded", "form_of", "positive"]


class Form(dict[Any, int]):
    """``sum(coefficient * symbol)``; the constant stands under None."""

    def plus(self, other: Form, factor: int = 1) -> Form:
        result = Form(self)
        for symbol, coefficient in other.items():
            result[symbol] = result.get(symbol, 0) + factor * coefficient
        return Form({s: c for s, c in result.items() if c})

    def times(self, factor: int) -> Form:
        return Form({s: c * factor for s, c in self.items() if c * factor})

    def without(self, symbol: Hashable) -> Form:
        return Form({s: c for s, c in self.items() if s != symbol})

    @property
    def constant(self) -> int | None:
        """The value, if it does not depend on any symbol."""
        return self.get(None, 0) if not self.keys() - {None} else None


def form_of(layout: Layout, x: ir.Atom) -> Form:
    """Return an integer as an affine form of loop counters and of other integers that cannot be taken apart."""
    if isinstance(x, ir.Const):
        return Form({None: int(x.value)}) if x.value else Form()
    s = layout.origin.get(x)
    if isinstance(s, ir.Let) and x.dtype == ir.INT:
        form = _of_let(layout, s)
        if form is not None:
            return form
    return Form({x: 1})


def _of_let(layout: Layout, s: ir.Let) -> Form | None:
    if s.op in ("add", "subtract"):
        a, b = (form_of(layout, x) for x in s.args)
        return a.plus(b, 1 if s.op == "add" else -1)
    if s.op == "negative":
        return form_of(layout, s.args[0]).times(-1)
    if s.op == "multiply":
        a, b = (form_of(layout, x) for x in s.args)
        for constant, other in ((a.constant, b), (b.constant, a)):
            if constant is not None:
                return other.times(constant)
    return None


def positive(form: Form, layout: Layout) -> bool:
    """Tell whether a form of sizes (which are not negative) and constants is certainly above zero."""
    for symbol, coefficient in form.items():
        if symbol is not None and (coefficient < 0 or not isinstance(layout.origin.get(symbol), ir.Dim)):
            return False
    return form.get(None, 0) > 0


def bounded(layout: Layout, x: ir.Atom, largest: bool = True) -> bool:
    """Tell whether an integer has a bound that is known outside all loops and branches."""
    return bound(layout, None, x, largest) is not None


def bound(layout: Layout, builder: Builder | None, x: ir.Atom, largest: bool = True) -> ir.Atom | None:
    """Emit the largest (or smallest) value that an integer takes, from what is known at the top level, or return None.

    Counters of loops are replaced by the ends of their ranges. Without a builder nothing is emitted: then the result
    only says whether there is a bound.
    """
    if isinstance(x, ir.Const) or layout.home[x] is layout.root:
        return x
    s = layout.origin[x]
    if isinstance(s, ir.For) and x == s.counter:
        return _of_counter(layout, builder, s, largest)
    if not isinstance(s, ir.Let) or x.dtype != ir.INT:
        return None
    if s.op == "multiply":
        return _of_product(layout, builder, s, largest)
    sides = _SIDES.get(s.op)
    if sides is None:
        return None
    args = [bound(layout, builder, a, largest == side) for a, side in zip(s.args, sides, strict=True)]
    return None if None in args else _let(builder, s.op, *[a for a in args if a is not None])


_SIDES = {
    "add": (True, True), "subtract": (True, False), "maximum": (True, True), "minimum": (True, True),
    "negative": (False,), "clip_index": (True, True),
}  # fmt: skip
_ONE, _ZERO = ir.Const(1, ir.INT), ir.Const(0, ir.INT)


def _let(builder: Builder | None, op: str, *args: ir.Atom) -> ir.Atom:
    return _ZERO if builder is None else builder.let(op, *args, hint="n")


def _of_counter(layout: Layout, builder: Builder | None, s: ir.For, largest: bool) -> ir.Atom | None:
    if not largest:
        return _ZERO
    trip = bound(layout, builder, s.trip)
    return None if trip is None else _let(builder, "maximum", _let(builder, "subtract", trip, _ONE), _ZERO)


def _of_product(layout: Layout, builder: Builder | None, s: ir.Let, largest: bool) -> ir.Atom | None:
    """Bound a product with a constant."""
    constant, other = s.args if isinstance(s.args[0], ir.Const) else s.args[::-1]
    if not isinstance(constant, ir.Const):
        return None
    end = bound(layout, builder, other, largest == (constant.value >= 0))
    return None if end is None else _let(builder, "multiply", end, constant)
