"""Derivatives of rows that are called as they are.

A rule of the table is a text that computes with NumPy. It is run on arrays of the program, so that its operations
become statements, which have derivatives themselves. Where that cannot be (the text asks for the sizes of arrays, which
are known at run time only), the rule is called as it is, as another external function; that one has no derivative.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from ..calculus import Transpose, pulls, slope
from ..errors import MissingRuleError
from ..rules import Operand, Row
from . import ir
from .build import Builder
from .calls import CALLS, CallRule
from .external import Called, External, Inner, Slot, Unread, enter, filled, row_key
from .scalar import Scalar
from .shadow import shadow

__all__ = ["Outline", "call_external", "differentiated"]

# What the text of a rule raises where it wants to know more of its arguments than their types.
_WANTING = (AttributeError, AssertionError, IndexError, TypeError, ValueError)


class Outline:
    """The shape and type of an array, whose elements are not read."""

    def __init__(self, builder: Builder, sizes: tuple[ir.Atom, ...], kind: str) -> None:
        self.builder, self.sizes, self.kind = builder, sizes, kind

    dtype = property(lambda self: np.dtype(self.kind))
    ndim = property(lambda self: len(self.sizes))

    @property
    def shape(self) -> tuple[Any, ...]:
        from .lower.views import as_size

        return tuple([as_size(self.builder, n) for n in self.sizes])


def differentiated(key: str, external: External, row: Row, template: tuple[Any, Any]) -> None:
    """Enter an external function in the table of calls, with the derivatives of the row that it computes."""
    if key in CALLS:
        return
    if row.kind == "constant":
        CALLS[key] = CallRule(external.compute)
        return
    rules: _Rules | _Engine = _Rules(row, *template)
    if row.kind == "composite":
        operands, params = template
        call = Called("computed", (row_key(row), *operands), params)
        rules = _Engine(row, row.name, call, len(external.reads), external.order)
    CALLS[key] = CallRule(external.compute, rules.vjp, rules.jvp)


class _Rules:
    """The derivatives of one call of a row."""

    def __init__(self, row: Row, operands: tuple[Any, ...], params: dict[str, Any]) -> None:
        self.row, self.operands, self.params = row, operands, params

    def vjp(self, builder: Builder, reads: Any, answers: Any, cotangents: Any, which: int) -> Any:
        g = cotangents[0]
        if g is None or Slot(which) not in self.operands:
            return None
        position = self.operands.index(Slot(which))
        pull = pulls(self.row)[0 if self.row.variadic else position]
        ans = answers[0] if any(r.what == "ans" for r in pull.readers) else None
        read = {r.which for r in pull.readers if r.what == "value"}
        every = any(r.what == "values" for r in pull.readers)
        known = tuple([
            (reads[x.number] if every or p in read else reads.outline(x.number)) if isinstance(x, Slot) else x
            for p, x in enumerate(self.operands)
        ])  # fmt: skip
        params = filled(self.params, reads)

        def run() -> Any:
            saved = pull.gather(position, ans, known, params)
            return _summed(builder, _pulled(pull.fn, g, saved), known[position])

        made = _traced(builder, run)
        if made is not None:
            return made
        call = Called("cotangent", (row_key(self.row), position, g, ans, known, params), {})
        return call_external(builder, f"{self.row.name}_cotangent", call, _likeness(known[position]), self.row)

    def jvp(self, builder: Builder, reads: Any, answers: Any, tangents: Any) -> list[Any]:
        known = tuple([reads[x.number] if isinstance(x, Slot) else x for x in self.operands])
        dots = tuple([tangents[x.number] if isinstance(x, Slot) else None for x in self.operands])
        params, ans = filled(self.params, reads), answers[0]
        if all(t is None for t in dots):
            return [None if not isinstance(ans, Scalar) else _zero(builder, ans)]
        made = _traced(builder, lambda: self._slope(builder, ans, known, dots, params))
        if made is None:
            call = Called("tangent", (row_key(self.row), ans, known, dots, params), {})
            made = call_external(builder, f"{self.row.name}_tangent", call, _likeness(ans), self.row)
        return [made]

    def _slope(self, builder: Builder, ans: Any, known: Any, dots: Any, params: Any) -> Any:
        if self.row.kind == "linear":
            dots = tuple([_zero(builder, x) if t is None and isinstance(x, Operand) else t
                          for x, t in zip(known, dots, strict=True)])  # fmt: skip
        if self.row.kind == "elementwise":
            terms = [self._product(p, ans, known, t, params) for p, t in enumerate(dots) if t is not None]
            return _widened(builder, sum(terms[1:], terms[0]), ans)
        if self.row.kind == "general" and all(self.row.jvps):
            terms = [self._term(p, ans, known, t, params) for p, t in enumerate(dots) if t is not None]
            return _widened(builder, sum(terms[1:], terms[0]), ans)
        return _widened(builder, slope(self.row, ans, known, dots, params), ans)

    def _product(self, position: int, ans: Any, known: Any, dot: Any, params: Any) -> Any:
        pull = pulls(self.row)[position]
        return _pulled(pull.fn, dot, pull.gather(position, ans, known, params))

    def _term(self, position: int, ans: Any, known: Any, dot: Any, params: Any) -> Any:
        function = self.row.jvps[position]
        assert function is not None
        named = {**dict(zip(self.row.operands, known, strict=True)), **params, "ans": ans}
        return shadow(function.fn)(dot, *[named[name] for name in function.reads[1:]])


class _Engine:
    """The derivatives of a call that is differentiated as it runs."""

    def __init__(self, row: Row | None, name: str, call: Called, count: int, order: tuple[int, ...] = (0,)) -> None:
        self.row, self.name, self.inner, self.order = row, name, Inner(call, count), order

    def vjp(self, builder: Builder, reads: Any, answers: Any, cotangents: Any, which: int) -> Any:
        target = reads.outline(which)
        if target.dtype.kind != "f" or all(g is None for g in cotangents):
            return None
        values = tuple([reads[k] for k in range(self.inner.count)])
        given = tuple([g for _, g in sorted(zip(self.order, cotangents, strict=True), key=lambda pair: pair[0])])
        call = Called("pulled", (which, self.inner, values, given), {})
        return call_external(builder, f"{self.name}_pulled", call, _likeness(target), self.row)

    def jvp(self, builder: Builder, reads: Any, answers: Any, tangents: Any) -> list[Any]:
        values = tuple([reads[k] for k in range(self.inner.count)])
        results = []
        for k, answer in zip(self.order, answers, strict=True):
            if answer.dtype.kind != "f" or all(t is None for t in tangents):
                results.append(_zero(builder, answer) if isinstance(answer, Scalar) else None)
                continue
            output = k if len(answers) > 1 else -1
            call = Called("pushed", (output, self.inner, values, tuple(tangents)), {})
            results.append(call_external(builder, f"{self.name}_pushed", call, _likeness(answer), self.row))
        return results


def _pulled(fn: Any, g: Any, saved: tuple[Any, ...]) -> Any:
    if isinstance(fn, Transpose):
        return shadow(fn.fn)(g, *saved)
    return g * (shadow(fn)(*saved) if callable(fn) else saved[0] if fn is None else fn)


def _traced(builder: Builder, run: Callable[[], Any]) -> Any:
    """Return what the text of a rule makes of values of the program; None, and no statement, if it is too curious."""
    try:
        with builder.into([]) as block:
            result = run()
    except MissingRuleError:
        raise
    except _WANTING:
        return None
    builder.block.extend(block)
    return result


# ---- Shapes


def _likeness(x: Any) -> tuple[str, tuple[ir.Atom, ...]]:
    return (x.atom.dtype, ()) if isinstance(x, Scalar) else (x.kind, x.sizes)


def _zero(builder: Builder, x: Any) -> Any:
    from .lower.array import Array

    kind, sizes = _likeness(x)
    zero = ir.Const(0.0, kind)
    return Array.new(builder, "t", kind, sizes, zero) if sizes else Scalar(zero, builder)


def _summed(builder: Builder, g: Any, x: Any) -> Any:
    """Bring a cotangent to the shape of its operand: axes along which that was repeated are summed."""
    from .lower.array import Array, as_operand
    from .lower.broadcast import expect_equal

    kind, sizes = _likeness(x)
    g = as_operand(builder, g)
    if not sizes:
        return g if isinstance(g, Scalar) else as_operand(builder, np.sum(g))
    one = ir.Const(1, ir.INT)
    if isinstance(g, Scalar) or g.ndim < len(sizes):
        g = _widened(builder, g, x)
    extra = g.ndim - len(sizes)
    axes = [k for k in range(extra, g.ndim) if sizes[k - extra] == one and g.sizes[k] != one]
    if axes:
        g = np.sum(g, axis=tuple(axes), keepdims=True)
    if extra:
        g = np.sum(g, axis=tuple(range(extra)))
    assert isinstance(g, Array)
    for mine, theirs in zip(g.sizes, sizes, strict=True):
        expect_equal(builder, mine, theirs, "a cotangent differs in shape from what it belongs to")
    return (g if g.kind == kind else g.astype(np.dtype(kind))).materialise()


def _widened(builder: Builder, x: Any, like: Any) -> Any:
    """Repeat a value along the axes that another one has in addition."""
    from .lower.array import Array, as_operand

    kind, sizes = _likeness(like)
    x = as_operand(builder, x)
    if not sizes:
        return x if isinstance(x, Scalar) else Scalar(x.element(), builder)
    target = Array.new(builder, "t", kind, sizes)
    target[...] = x
    return target


# ---- The call


def call_external(builder: Builder, name: str, call: Called, result: tuple[str, tuple[ir.Atom, ...]],
                  row: Row | None = None) -> Any:  # fmt: skip
    """Append a call whose arguments hold values of the program; its result is a number or an array of known lengths."""
    from .lower.array import Array

    kind, sizes = result
    reads: list[ir.Atom | ir.View] = []
    slotted = Called(call.function, _slotted(call.args, reads), _slotted(call.kwargs, reads))
    given = [(x.dtype, x.ndim if isinstance(x, ir.View) else -1) for x in reads]
    made_kinds = [(kind, len(sizes) or -1)]
    key, external = enter(name, slotted, given, [] if sizes else made_kinds, made_kinds if sizes else [], row=row)
    if key not in CALLS:
        rules = _Engine(row, name, slotted, len(reads))
        CALLS[key] = CallRule(external.compute, rules.vjp, rules.jvp)
    if not sizes:
        var = builder.var("result", kind)
        builder.call(key, reads, outs=[var])
        return Scalar(var, builder)
    made = Array.new(builder, "result", kind, sizes)
    builder.call(key, reads, [made.view])
    return made


def _slotted(tree: Any, reads: list[ir.Atom | ir.View]) -> Any:
    """Return arguments with slots for the values of the program, which are appended to a list."""
    if type(tree) is dict:
        return {key: _slotted(part, reads) for key, part in tree.items()}
    if type(tree) in (tuple, list):
        return type(tree)([_slotted(part, reads) for part in tree])
    if isinstance(tree, Outline):
        first = len(reads)
        reads.extend(tree.sizes)
        return Unread(tree.kind, tuple([Slot(first + k) for k in range(tree.ndim)]))
    if isinstance(tree, Operand):
        reads.append(tree.atom if isinstance(tree, Scalar) else tree.view)
        return Slot(len(reads) - 1)
    return tree
