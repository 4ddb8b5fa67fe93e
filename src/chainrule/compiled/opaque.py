"""Derivatives of calls on whole arrays, by the rules that the table of calls holds."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from typing import TYPE_CHECKING, Any

from . import ir
from .activity import is_float
from .adjoint.saves import element
from .build import Builder
from .calls import CALLS
from .scalar import Scalar

if TYPE_CHECKING:
    from .adjoint.needs import Needs
    from .adjoint.reverse import Reverse
    from .adjoint.sweep import Mirror
    from .tangent import Tangent

__all__ = ["add_into", "reverse_call", "tangent_call"]


class Lazy(Sequence[Any]):
    """Operands that are looked up when a rule reads them: what it does not read need not be saved.

    `kept` is for what a rule computes for the cotangent of one operand and uses for that of another.
    """

    def __init__(self, makers: list[Callable[[], Any]], outlines: Callable[[int], Any] | None = None) -> None:
        self.kept: dict[str, Any] = {}
        self._makers = makers
        self._made: dict[int, Any] = {}
        self._outlines = outlines

    def __len__(self) -> int:
        return len(self._makers)

    def __getitem__(self, i: Any) -> Any:
        if i not in self._made:
            self._made[i] = self._makers[i]()
        return self._made[i]

    def outline(self, i: int) -> Any:
        """Return the shape and type of an operand, for which nothing of it has to be saved."""
        return self[i] if self._outlines is None else self._outlines(i)


def reverse_call(reverse: Reverse, s: ir.Call, mirror: Mirror) -> None:
    """Emit the reverse of a call: the cotangents of what it read, from those of what it wrote."""
    builder, needs = mirror.main, reverse.needs
    reads = Lazy([_maker(builder, x, partial(_held, needs, s)) for x in s.reads], partial(_outline, builder, needs, s))
    made: list[ir.Atom | ir.View] = [*s.outs, *s.writes]
    answers = Lazy([_maker(builder, x, partial(_held, needs, s, after=True)) for x in made])
    shadows = [reverse.shadows.view(v) if reverse.active(v.buffer) else None for v in s.writes]
    cotangents: list[Any] = [Scalar(mirror.adjoints.pop(x, ir.Const(0.0, x.dtype)), builder) for x in s.outs]
    cotangents += [None if w is None else value_of(builder, w) for w in shadows]
    for i, x in enumerate(s.reads):
        if reverse.active(x.buffer if isinstance(x, ir.View) else x):
            result = CALLS[s.function].vjp(builder, reads, answers, cotangents, i)
            if result is not None:
                _gather(reverse, mirror, x, result)
    for w in shadows:
        if w is not None:
            _clear(builder, w)


def _gather(reverse: Reverse, mirror: Mirror, x: ir.Atom | ir.View, result: Any) -> None:
    """Add what a rule returns to the cotangents of an operand."""
    from .lower.array import fill

    if isinstance(x, ir.View):
        fill(mirror.main, reverse.shadows.view(x), result, add=True)
    else:
        reverse.gather(mirror, x, result.atom)


def _clear(builder: Builder, view: ir.View) -> None:
    """What a call wrote it wrote over: what was there before has no cotangent from after."""
    zero = ir.Const(0.0, view.dtype)
    each_position(builder, view, lambda k: builder.store(view.buffer, element(builder, view, k), zero))


def _held(needs: Needs, s: ir.Call, x: ir.Atom | ir.View, after: bool = False) -> ir.Atom | ir.View:
    return needs.view(x, s, after) if isinstance(x, ir.View) else needs.value(x)


def _outline(builder: Builder, needs: Needs, s: ir.Call, i: int) -> Any:
    from .external_rules import Outline

    x = s.reads[i]
    if not isinstance(x, ir.View):
        return Scalar(ir.Const(0.0, x.dtype), builder)  # which stands for any number
    return Outline(builder, tuple([needs.value(n) for n in x.shape]), x.dtype)


def _maker(builder: Builder, x: ir.Atom | ir.View, held: Callable[[Any], Any]) -> Callable[[], Any]:
    return lambda: value_of(builder, held(x))


def value_of(builder: Builder, x: ir.Atom | ir.View) -> Any:
    """Return an atom or a view as a value that a rule computes with."""
    from .lower.array import Array  # which imports the table of calls, and it this module's package

    return Array.from_view(builder, x) if isinstance(x, ir.View) else Scalar(x, builder)


def each_position(builder: Builder, view: ir.View, do: Callable[[list[ir.Atom]], None]) -> None:
    """Emit a parallel loop nest over the positions of a view."""

    def nest(k: list[ir.Atom]) -> None:
        if len(k) == view.ndim:
            do(k)
            return
        with builder.loop(view.shape[len(k)], "j", parallel=True) as counter:
            nest([*k, counter])

    nest([])


def add_into(builder: Builder, target: ir.View, source: ir.View) -> None:
    """Emit ``target += source`` for views of one shape."""

    def add(k: list[ir.Atom]) -> None:
        x = builder.load(source.buffer, element(builder, source, k))
        builder.store(target.buffer, element(builder, target, k), x, add=True)

    each_position(builder, target, add)


def copy_into(builder: Builder, target: ir.View, source: ir.View) -> None:
    """Emit ``target[...] = source`` for views of one shape."""

    def copy(k: list[ir.Atom]) -> None:
        x = builder.load(source.buffer, element(builder, source, k))
        builder.store(target.buffer, element(builder, target, k), x)

    each_position(builder, target, copy)


def tangent_call(forward: Tangent, s: ir.Call) -> None:
    """Emit the tangents of what a call writes."""
    from .lower.array import fill

    builder = forward.builder
    answers: list[ir.Var | ir.View] = [*s.outs, *s.writes]
    if not any(forward.active(x.buffer if isinstance(x, ir.View) else x) for x in answers):
        return
    values = Lazy([_maker(builder, x, partial(forward.held, s)) for x in s.reads])
    made = Lazy([_maker(builder, x, partial(forward.held, s, after=True)) for x in answers])
    results = CALLS[s.function].jvp(builder, values, made, [_tangent(forward, x) for x in s.reads])
    for x, result in zip(answers, results, strict=True):
        if isinstance(x, ir.Var):
            if is_float(x) and result is not None:
                forward.dots[x] = result.atom
        elif forward.active(x.buffer):
            target = forward.dots_of_view(x)
            if result is None:
                _clear(builder, target)
            else:
                fill(builder, target, result)


def _tangent(forward: Tangent, x: ir.Atom | ir.View) -> Any:
    """Return the tangent of an operand as a value, or None if it has none."""
    if isinstance(x, ir.View):
        return value_of(forward.builder, forward.dots_of_view(x)) if forward.active(x.buffer) else None
    return Scalar(forward.dots[x], forward.builder) if x in forward.dots else None
