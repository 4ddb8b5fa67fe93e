"""Sliding windows."""

from __future__ import annotations

from typing import Any

from ...rules.joining import window_axes
from .. import facts, ir
from ..build import Builder
from .array import Array, as_array
from .dispatch import lowers
from .lazy import Elements, Rule
from .nest import ONE, ZERO, Index
from .stand_in import stand_in
from .views import integer, minus, plus

__all__ = ["sliding_window_view"]


@lowers("sliding_window_view")
def sliding_window_view(builder: Builder, x: Any, window_shape: Any, axis: Any = None) -> Array:
    """Return all windows of an array, which NumPy gives as a view that cannot be written to."""
    source = as_array(builder, x)
    pairs = [(i, integer(n)) for i, n in window_axes(source.ndim, window_shape, axis)]
    lengths = [*source.sizes]
    for i, n in pairs:
        lengths[i] = _places(builder, lengths[i], n)

    def element(elements: Elements, index: Index) -> ir.Atom | None:
        at = [*index[: source.ndim]]
        for (i, _), moved in zip(pairs, index[source.ndim :], strict=True):
            before = at[i]
            at[i] = None if before is None or moved is None else plus(builder, before, moved)
        return elements.value(source, tuple(at))

    sizes = (*lengths, *[n for _, n in pairs])
    result = Array.lazy(builder, Rule(element, (source,)), sizes, source.kind)
    return stand_in(result.materialise(source.view.buffer.hint), source)


def _places(builder: Builder, length: ir.Atom, window: ir.Atom) -> ir.Atom:
    """Return at how many places a window fits."""
    _require(builder, ZERO, window, "`window_shape` cannot contain negative values")
    _require(builder, window, length, "window shape cannot be larger than input array shape")
    count = plus(builder, minus(builder, length, window), ONE)
    facts.known_size(builder, count)
    return count


def _require(builder: Builder, low: ir.Atom, high: ir.Atom, text: str) -> None:
    if not facts.prove(builder, low, high):
        builder.check(builder.let("less_equal", low, high, hint="inside"), "ValueError", text)
        facts.suppose(builder, low, high)
