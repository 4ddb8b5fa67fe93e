"""Sums, means and products along axes."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from ._declare import composite, general, linear
from ._domain import array, case, edge
from .running import before
from .selection import expand

__all__ = ["count", "gathered", "kept", "normal_axes"]

_REDUCED = [
    case(array(4)), case(array(2, 3), axis=0), case(array(2, 3), axis=-1, keepdims=True), case(array()),
    case(array(2, 3, 2), axis=(0, -1)), case(array(2, 3), keepdims=True), case(array(2, 3), axis=()),
    case(array(2, 3), 1, None, None, True), case(array(0, 3), axis=1),
]  # fmt: skip


_REDUCE: Any = np.add.reduce


def _add(a: Any, axis: Any, keepdims: bool) -> Any:
    return _REDUCE(a, axis=axis, keepdims=keepdims)


def _repeated(g: Any, a: Any, axis: Any, keepdims: bool) -> Any:
    return np.broadcast_to(expand(g, axis, a.ndim, keepdims), a.shape)


def count(shape: tuple[int, ...], axis: Any) -> int:
    """Return how many elements are summed into one."""
    if axis is None:
        return math.prod(shape)
    return math.prod(shape[i] for i in (axis if isinstance(axis, tuple) else (axis,)) if shape)


sum_ = linear(
    np.sum, signature="a, axis=None, dtype=None, out=None, keepdims=False", compute=_add,
    a=lambda g, a, axis, keepdims: _repeated(g, a, axis, keepdims),
    domain=[*_REDUCED, case(array(0, 3), axis=0), case(array(0))],
)  # fmt: skip
mean = linear(
    np.mean, signature="a, axis=None, dtype=None, out=None, keepdims=False",
    a=lambda g, a, axis, keepdims: _repeated(g / max(count(a.shape, axis), 1), a, axis, keepdims),
    domain=_REDUCED,
)  # fmt: skip


def _others(a: Any) -> Any:
    """Return for each element the product of all _others on the last axis."""
    return before(a) * before(a[..., ::-1])[..., ::-1]


product = general(
    lambda a: np.multiply.reduce(a, axis=-1), name="product", signature="a", complex=True,
    jvp={"a": lambda t, a: np.sum(_others(a) * t, axis=-1)},
    vjp={"a": lambda g, a: _others(a) * np.expand_dims(g, -1)},
    domain=[case(array(5)), case(array(2, 3)), case(array(1)), case(array(0))],
    edges=[edge(np.array([2.0, 0.0, 3.0]), a=np.array([0.0, 6.0, 0.0])),
           edge(np.array([0.0, 0.0, 3.0]), a=np.array([0.0, 0.0, 0.0]))],
)  # fmt: skip


def normal_axes(axis: Any, ndim: int) -> tuple[int, ...]:
    """Return axes as a tuple of numbers from zero."""
    axes = axis if isinstance(axis, tuple) else (axis,)
    return tuple([i + ndim if i < 0 else i for i in axes])


def gathered(a: Any, axis: Any) -> Any:
    """Move the axes of a reduction to the end and join them into one."""
    ndim, shape = np.ndim(a), np.shape(a)
    if axis is None or not ndim:
        return np.reshape(a, (-1,))
    axes = normal_axes(axis, ndim)
    kept = tuple([i for i in range(ndim) if i not in axes])
    moved = a if (*kept, *axes) == tuple(range(ndim)) else np.transpose(a, (*kept, *axes))
    return moved if len(axes) == 1 else np.reshape(moved, (*[shape[i] for i in kept], count(shape, axes)))


def kept(result: Any, a: Any, axis: Any, keepdims: bool, lead: tuple[int, ...] = ()) -> Any:
    """Give the result of a reduction its axes back, if they are to be kept, behind the axes `lead`."""
    if not keepdims:
        return result
    axes = range(np.ndim(a)) if axis is None else normal_axes(axis, np.ndim(a))
    return np.reshape(result, (*lead, *[1 if i in axes else n for i, n in enumerate(np.shape(a))]))


@composite(
    np.prod, complex=True, domain=_REDUCED,
    edges=[edge(np.array([2.0, 0.0, 3.0]), a=np.array([0.0, 6.0, 0.0])), edge(np.array([0.0, 2.0, 0.0]), a=np.zeros(3)),
           edge(np.zeros((1, 1)), a=np.ones((1, 1)))],
)  # fmt: skip
def prod(a: Any, axis: Any = None, dtype: None = None, out: None = None, keepdims: bool = False) -> Any:
    return kept(product(gathered(a, axis)), a, axis, keepdims)
