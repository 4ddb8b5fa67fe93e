"""Choosing between values: where, maximum and minimum, clip, absolute values, sorting."""

from __future__ import annotations

from typing import Any

import numpy as np

from ._declare import composite, elementwise, general, linear
from ._domain import NONZERO, REAL, Domain, array, case, edge
from ._row import Row

__all__ = ["clamp", "expand", "permute", "select"]

# It selects and does not multiply by a mask: what was not chosen contributes nothing, not even nan.
select = linear(
    lambda x, y, condition: np.where(condition, x, y), name="select", signature="condition, x, y",
    discrete=("condition",),
    x=lambda g, condition: np.where(condition, g, 0),
    y=lambda g, condition: np.where(condition, 0, g),
    domain=[
        case(np.array([True, False, True]), array(3), array(3)), case(np.array([True, False]), array(3, 1), array()),
        case(True, array(2), array(3, 2)), case(np.zeros(0, bool), array(), array(0)),
    ],
)  # fmt: skip


@composite(
    np.where, complex=True,
    domain=[case(np.array([True, False, True]), array(3), array(3)), case(np.array([True, False, True]), array(), 0.0)],
)  # fmt: skip
def where(condition: Any, x: Any = None, y: Any = None) -> Any:
    return np.nonzero(condition) if x is None and y is None else select(condition, x, y)


absolute = elementwise(
    np.absolute, x=lambda x: np.conj(np.sign(x)), domain=NONZERO, complex=True, edges=[edge(0.0, x=0.0)]
)
fabs = elementwise(np.fabs, x=lambda x: np.sign(x), domain=NONZERO, edges=[edge(0.0, x=0.0)])


def _greater(x: Any, y: Any) -> Any:
    """Return the slope of the larger of two numbers in the first; a nan counts as the larger."""
    return np.where(x == y, 0.5, np.where(np.logical_or(x > y, np.isnan(x)), 1.0, 0.0))


def _smaller(x: Any, y: Any) -> Any:
    """Return the slope of the smaller of two numbers in the first; a nan counts as the smaller."""
    return np.where(x == y, 0.5, np.where(np.logical_or(x < y, np.isnan(x)), 1.0, 0.0))


def _chosen(ans: Any, x: Any, y: Any) -> Any:
    """Return the slope of ``fmax`` and ``fmin``, which pass over nan, in the first argument."""
    return np.where(x == y, 0.5, np.where(x == ans, 1.0, 0.0))


_APART = (Domain(((-2.0, -1.2), (0.1, 0.9))), Domain(((-1.1, -0.1), (1.0, 2.0))))
_TIES = [edge(1.5, 1.5, x=0.5, y=0.5), edge(1.0, 2.0, x=0.0, y=1.0)]
_TIES_MIN = [edge(1.5, 1.5, x=0.5, y=0.5), edge(1.0, 2.0, x=1.0, y=0.0)]
maximum = elementwise(
    np.maximum, x=lambda x, y: _greater(x, y), y=lambda x, y: _greater(y, x), domain=_APART,
    edges=[*_TIES, edge(1.0, np.nan, x=0.0, y=1.0)],
)  # fmt: skip
minimum = elementwise(
    np.minimum, x=lambda x, y: _smaller(x, y), y=lambda x, y: _smaller(y, x), domain=_APART,
    edges=[*_TIES_MIN, edge(1.0, np.nan, x=0.0, y=1.0)],
)  # fmt: skip
fmax = elementwise(
    np.fmax, x=lambda ans, x, y: _chosen(ans, x, y), y=lambda ans, x, y: _chosen(ans, y, x), domain=_APART,
    edges=[*_TIES, edge(1.0, np.nan, x=1.0, y=0.0)],
)  # fmt: skip
fmin = elementwise(
    np.fmin, x=lambda ans, x, y: _chosen(ans, x, y), y=lambda ans, x, y: _chosen(ans, y, x), domain=_APART,
    edges=[*_TIES_MIN, edge(1.0, np.nan, x=1.0, y=0.0)],
)  # fmt: skip

# At a bound it does not bind: the slope in x is 1 there, and 0 only outside.
clamp = elementwise(
    lambda x, low, high: np.clip(x, low, high), name="clamp",
    x=lambda x, low, high: np.where(np.logical_or(x < low, x > high), 0.0, 1.0),
    low=lambda x, low, high: np.where(np.logical_and(x < low, low <= high), 1.0, 0.0),
    high=lambda x, low, high: np.where(np.logical_or(x > high, low > high), 1.0, 0.0),
    domain=(Domain(((-1.9, -1.2), (-0.8, 0.8), (1.2, 1.9))), Domain(((-1.1, -0.9),)), Domain(((0.9, 1.1),))),
    edges=[edge(1.0, 1.0, 2.0, x=1.0, low=0.0, high=0.0), edge(0.0, 1.0, 2.0, x=0.0, low=1.0, high=0.0),
           edge(1.5, 2.0, 1.0, x=0.0, low=0.0, high=1.0)],
)  # fmt: skip


_BY_NAME = [case(array(4), min=-0.5)] if hasattr(np, "cumulative_sum") else []  # NumPy knows these names since 2.1


@composite(
    np.clip,
    domain=[case(array(4), -0.5, 0.5), case(array(2, 3), None, 0.5), *_BY_NAME,
            case(array(4), array(), array(of=Domain(((2, 3),)))), case(array(2, 3), array(3), None)],
    edges=[edge(0.5, -0.5, 0.5, a=1.0), edge(-0.5, -0.5, 0.5, a=1.0), edge(0.7, -0.5, 0.5, a=0.0)],
)  # fmt: skip
def clip(a: Any, a_min: Any = None, a_max: Any = None, out: None = None, *, min: Any = None, max: Any = None) -> Any:
    low, high = a_min if min is None else min, a_max if max is None else max
    return clamp(a, -np.inf if low is None else low, np.inf if high is None else high)


nan_to_num = elementwise(
    np.nan_to_num, signature="x, copy=True, nan=0.0, posinf=None, neginf=None",
    x=lambda x: np.where(np.isfinite(x), 1.0, 0.0), domain=REAL, complex=True,
    compute=lambda x, copy, nan, posinf, neginf: np.nan_to_num(x, nan=nan, posinf=posinf, neginf=neginf),
    edges=[edge(np.nan, x=0.0), edge(np.inf, x=0.0)],
)  # fmt: skip


def expand(g: Any, axis: Any, ndim: int, keepdims: bool) -> Any:
    """Give a reduced array its axes back, with length one."""
    return g if keepdims or axis is None or not ndim else np.expand_dims(g, axis)


def _shares(a: Any, ans: Any, axis: Any, keepdims: bool) -> Any:
    """Return 1 / m where one of m elements is the extreme one, and 0 elsewhere; a nan is extreme."""
    chosen = np.logical_or(a == expand(ans, axis, a.ndim, keepdims), np.isnan(a))
    return chosen / np.maximum(np.sum(chosen, axis=axis, keepdims=True), 1)


def _pushed(t: Any, a: Any, ans: Any, axis: Any, keepdims: bool) -> Any:
    return np.sum(t * _shares(a, ans, axis, keepdims), axis=axis, keepdims=keepdims)


def _pulled(g: Any, a: Any, ans: Any, axis: Any, keepdims: bool) -> Any:
    return expand(g, axis, a.ndim, keepdims) * _shares(a, ans, axis, keepdims)


_REDUCED = [
    case(array(4)), case(array(2, 3), axis=0), case(array(2, 3), axis=-1, keepdims=True), case(array()),
    case(array(2, 3, 2), axis=(0, -1)), case(array(2, 3), keepdims=True), case(array(2, 3), axis=()),
    case(array(0, 3), axis=1),
]  # fmt: skip
max_ = general(
    np.max, also=(np.amax,), jvp={"a": _pushed}, vjp={"a": _pulled},
    signature="a, axis=None, out=None, keepdims=False", domain=_REDUCED,
    edges=[edge(np.array([1.0, 3.0, 3.0]), a=np.array([0.0, 0.5, 0.5])), edge(np.zeros(4), a=np.full(4, 0.25))],
)  # fmt: skip
min_ = general(
    np.min, also=(np.amin,), jvp={"a": _pushed}, vjp={"a": _pulled},
    signature="a, axis=None, out=None, keepdims=False", domain=_REDUCED,
    edges=[edge(np.array([1.0, 1.0, 3.0]), a=np.array([0.5, 0.5, 0.0])), edge(np.zeros(4), a=np.full(4, 0.25))],
)  # fmt: skip


@composite(np.ptp, domain=_REDUCED[:7])
def ptp(a: Any, axis: Any = None, out: None = None, keepdims: bool = False) -> Any:
    return np.max(a, axis=axis, keepdims=keepdims) - np.min(a, axis=axis, keepdims=keepdims)


def _reordered(x: Any, order: Any, axis: int) -> Any:
    """Return the elements of `x` in an order along one axis."""
    index = list(np.ogrid[tuple(slice(n) for n in order.shape)])
    index[axis] = order
    return x[tuple(index)]


# A permutation along one axis; its transpose is the inverse permutation.
permute: Row = linear(
    lambda a, order, axis: _reordered(a, order, axis), name="permute", signature="a, order, axis",
    a=lambda g, order, axis: permute(g, np.argsort(order, axis=axis), axis),
    domain=[case(array(3), np.array([1, 2, 0]), 0), case(array(2, 3), np.array([[1, 2, 0], [0, 2, 1]]), -1),
            case(array(3, 2), np.array([[1, 2], [2, 0], [0, 1]]), 0)],
)  # fmt: skip


@composite(
    np.sort, complex=True,
    domain=[case(array(5)), case(array(2, 3)), case(array(3, 2), axis=0), case(array(2, 3), None)],
    edges=[edge(np.array([2.0, 2.0, 1.0]), a=np.ones(3))],
)  # fmt: skip
def sort(a: Any, axis: Any = -1, kind: Any = None, order: None = None, *, stable: Any = None) -> Any:
    a, axis = (np.reshape(a, (-1,)), 0) if axis is None else (a, axis)
    return permute(a, np.argsort(a, axis=axis, kind=kind, stable=stable), axis)


@composite(np.partition, complex=True, domain=[case(array(5), 2), case(array(2, 3), 1), case(array(3, 2), 1, axis=0)])
def partition(a: Any, kth: Any, axis: Any = -1, kind: Any = "introselect", order: None = None) -> Any:
    a, axis = (np.reshape(a, (-1,)), 0) if axis is None else (a, axis)
    return permute(a, np.argpartition(a, kth, axis=axis, kind=kind), axis)
