"""Reading and writing parts of arrays."""

from __future__ import annotations

from typing import Any

import numpy as np

from ...errors import UnsupportedError, message
from ...rules import Row
from .. import facts, ir
from ..build import Builder
from ..scalar import Scalar
from . import views
from .array import Array, as_operand, fill
from .broadcast import apply, expect_equal, steps_to
from .lazy import Apply, leaves, root_of, settle, spoil
from .nest import ONE, element_index
from .stand_in import refuse_behind, watch

__all__ = ["read", "store", "update", "write"]

_SHAPE = "could not broadcast input array into the shape of the part that is written"


def is_basic(part: Any) -> bool:
    return part is None or part is Ellipsis or isinstance(part, slice) or views.is_integer(part)


def _parts(index: Any) -> list[Any]:
    return list(index) if isinstance(index, tuple) else [index]


def read(array: Array, index: Any) -> Any:
    """Return ``array[index]``: a scalar, a view, or new elements gathered."""
    watch(array)
    if not all(map(is_basic, _parts(index))):
        from .gather import gather

        return gather(array, index)
    builder = array.builder
    view = views.take(builder, array.view, views.expanded(index, array.ndim))
    if not view.axes and Ellipsis not in _parts(index):
        return Scalar(load(builder, view), builder)
    return array.showing(view)


def load(builder: Builder, view: ir.View) -> ir.Atom:
    """Load the only element of a view without axes."""
    return builder.load(view.buffer, _whole_index(builder, view), view.buffer.hint)


def _whole_index(builder: Builder, view: ir.View) -> list[ir.Atom]:
    return [k for k in element_index(builder, view, ()) if k is not None]


def write(array: Array, index: Any, value: Any) -> None:
    """Do ``array[index] = value``."""
    if not all(map(is_basic, _parts(index))):
        from .gather import scatter

        scatter(array, index, value)
        return
    builder = array.builder
    view = views.take(builder, array.view, views.expanded(index, array.ndim))
    store(array.showing(view), value)


def store(target: Array, value: Any, add: bool = False) -> None:
    """Write into every element of an array, as if the value had been computed before."""
    builder = target.builder
    operand = as_operand(builder, value)
    view = target.view
    ready_to_write(target)
    if isinstance(operand, Array) and not operand.ndim:
        operand = Scalar(operand.element(), builder)
    if isinstance(operand, Scalar):
        settle(builder, view.buffer)
        return _store_scalar(target, builder.cast(operand.atom, target.kind), add)
    fitted = fit(operand, target.sizes)
    if _overlaps(builder, view, fitted):
        fitted = fitted.fresh_copy()
    parts = list(leaves(fitted))
    settle(builder, view.buffer, frozenset(map(id, parts)))
    fill(builder, view, fitted, add)
    return spoil(builder, view.buffer, parts)


def ready_to_write(target: Array) -> None:
    """Refuse to write where NumPy would refuse, or where a copy stands for what NumPy has as a view."""
    if target.locked:
        raise UnsupportedError(message(target.locked, "Copy it first, with .copy().", ""))
    refuse_behind(target.builder, target.view.buffer)


def _store_scalar(target: Array, atom: ir.Atom, add: bool) -> None:
    builder, view = target.builder, target.view
    if not target.ndim:
        return builder.store(view.buffer, _whole_index(builder, view), atom, add)
    source = Array(builder, Apply("positive", (atom,), atom.dtype, [()]), target.sizes, atom.dtype)
    return fill(builder, view, source, add)


def fit(value: Array, sizes: tuple[ir.Atom, ...]) -> Array:
    """Broadcast an array to a shape that it must not enlarge."""
    builder = value.builder
    while value.ndim > len(sizes):
        expect_equal(builder, value.sizes[0], ONE, _SHAPE)
        value = Array.from_view(builder, views.take(builder, value.view, [0, *[slice(None)] * (value.ndim - 1)]))
    target = sizes[len(sizes) - value.ndim :]
    for size, wanted in zip(value.sizes, target, strict=True):
        if size not in (ONE, wanted) and not facts.equal(builder, size, wanted):
            _expect_fit(builder, size, wanted)
    if value.ndim == len(sizes) and all(
        a == b or facts.equal(builder, a, b) for a, b in zip(value.sizes, sizes, strict=True)
    ):
        return value
    return Array.lazy(
        builder, Apply("positive", (value,), value.kind, [steps_to(builder, value.sizes, sizes)]), sizes, value.kind
    )


def _expect_fit(builder: Builder, size: ir.Atom, wanted: ir.Atom) -> None:
    from .broadcast import never_one, supposed_equal

    if never_one(builder, size):
        return expect_equal(builder, size, wanted, _SHAPE)
    if supposed_equal(builder, size, wanted):
        return None
    same = builder.let("equal", size, wanted, hint="same")
    return builder.check(builder.let("logical_or", same, builder.let("equal", size, ONE)), "ValueError", _SHAPE)


def _overlaps(builder: Builder, target: ir.View, value: Array) -> bool:
    """Tell whether computing element by element could read what has been overwritten already."""
    if isinstance(value.source, ir.View):
        return _conflicts(builder, target, value, False)
    moved: set[int] = set()
    for x in leaves(value):
        if not isinstance(x.source, ir.View):
            apart = not isinstance(x.source, Apply) or id(x) in moved
            moved.update([id(part) for part in x.source.parts if apart or part.sizes != x.sizes])
    return any(_conflicts(builder, target, x, id(x) in moved) for x in leaves(value) if isinstance(x.source, ir.View))


def _conflicts(builder: Builder, target: ir.View, leaf: Array, moved: bool) -> bool:
    view = leaf.view
    if root_of(builder, view.buffer) != root_of(builder, target.buffer) or views.disjoint(builder, target, view):
        return False
    same = views.same_view(builder, target, view) and all(
        map(facts.equal, [builder] * view.ndim, view.shape, target.shape)
    )
    return moved or not same


def update(target: Array, row: Row, value: Any) -> None:
    """Do ``target += value`` or the like: the type stays, and the shape."""
    builder = target.builder
    operand = as_operand(builder, value)
    _require_kind(target, row, operand)
    adds = row.name in ("add", "subtract") and target.kind != ir.BOOL and operand.dtype.kind in "fi"
    if adds and (getattr(operand, "weak", False) or operand.dtype == target.dtype):
        return store(target, operand if row.name == "add" else apply(builder, "negative", [operand]), add=True)
    return store(target, row(target, operand))


def _require_kind(target: Array, row: Row, operand: Any) -> None:
    weak = getattr(operand, "weak", False)
    made: Any = np.result_type(
        target.dtype, 1.0 if operand.dtype.kind == "f" else 1 if operand.dtype.kind == "i" else False
    )
    if not weak:
        made = np.result_type(target.dtype, operand.dtype)
    if row.name in ("true_divide", "divide") and made.kind != "f":
        made = np.dtype(np.float64)
    if not np.can_cast(made, target.dtype, "same_kind"):
        msg = f"Cannot cast ufunc '{row.name}' output from {made!r} to {target.dtype!r} with casting rule 'same_kind'"
        raise TypeError(msg)
