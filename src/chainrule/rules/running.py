"""Running sums and products, differences, and the trapezoidal rule."""

from __future__ import annotations

from typing import Any

import numpy as np

from ._declare import composite, general, linear
from ._domain import array, case, edge
from ._row import Row

__all__ = ["along", "before", "recurrence", "running_product"]


def _cumsum_transposed(g: Any, a: Any, axis: Any) -> Any:
    if axis is None:
        return np.reshape(np.flip(np.cumsum(np.flip(g))), a.shape)
    return np.flip(np.cumsum(np.flip(g, axis), axis), axis)


_RUNNING = [case(array(4)), case(array(2, 3)), case(array(2, 3), 0), case(array(2, 3), axis=-1), case(array(0))]
cumsum = linear(
    np.cumsum, signature="a, axis=None, dtype=None, out=None", a=_cumsum_transposed, domain=[*_RUNNING, case(array())]
)


def _scan(c: Any, b: Any) -> Any:
    """Compute ``y[i] = c[i] * y[i-1] + b[i]`` along the last axis, composing neighbours, then pairs, then fours."""
    c, y = (np.array(x) for x in np.broadcast_arrays(c, b * np.ones((), np.result_type(c, b))))
    step = 1
    while step < y.shape[-1]:
        y[..., step:] += c[..., step:] * y[..., :-step]
        c[..., step:] = c[..., step:] * c[..., :-step]
        step *= 2
    return y


def _shift(y: Any, first: float = 0.0) -> Any:
    """Move the elements along the last axis by one place; the free place holds `first`."""
    start = np.full((*y.shape[:-1], min(1, y.shape[-1])), first, y.dtype)
    return np.concatenate((start, y[..., :-1]), axis=-1)


def _adjoint(g: Any, c: Any) -> Any:
    """Solve the recurrence backwards: ``z[i] = g[i] + c[i+1] * z[i+1]``."""
    return recurrence(_shift(c[..., ::-1]), g[..., ::-1])[..., ::-1]


# It gives running products exact derivatives where factors are zero, of every order, in log2(n) array operations.
recurrence: Row = general(
    _scan, name="recurrence", signature="c, b", complex=True,
    jvp={"c": lambda t, c, ans: recurrence(c, t * _shift(ans)), "b": lambda t, c: recurrence(c, t)},
    vjp={"c": lambda g, c, ans: _adjoint(g, c) * _shift(ans), "b": lambda g, c: _adjoint(g, c)},
    domain=[case(array(5), array(5)), case(array(2, 3), array(2, 3)), case(array(1), array(1)),
            case(array(0), array(0))],
)  # fmt: skip


def before(a: Any) -> Any:
    """Return for each element the product of those before it on the last axis."""
    return _shift(running_product(a), 1.0)


running_product = general(
    lambda a: np.cumprod(a, axis=-1), name="running_product", signature="a", complex=True,
    jvp={"a": lambda t, a: recurrence(a, before(a) * t)},
    vjp={"a": lambda g, a: before(a) * _adjoint(g, a)},
    domain=[case(array(5)), case(array(2, 3)), case(array(1)), case(array(0))],
    edges=[edge(np.array([2.0, 0.0, 3.0]), a=np.array([1.0, 8.0, 0.0])),
           edge(np.array([0.0, 0.0, 3.0]), a=np.array([1.0, 0.0, 0.0]))],
)  # fmt: skip


@composite(np.cumprod, complex=True, domain=_RUNNING)
def cumprod(a: Any, axis: Any = None, dtype: None = None, out: None = None) -> Any:
    if axis is None or not np.ndim(a):
        return running_product(np.reshape(a, (-1,)))
    return np.swapaxes(running_product(np.swapaxes(a, axis, -1)), axis, -1)


def _with_first(result: Any, axis: int, first: float) -> Any:
    shape = list(result.shape)
    shape[axis] = 1
    return np.concatenate((np.full(shape, first, result.dtype), result), axis=axis)


def _cumulative(fn: Any, first: float, x: Any, axis: Any, include_initial: bool) -> Any:
    if axis is None and np.ndim(x) > 1:
        msg = "axis is required for arrays of more than one dimension"
        raise ValueError(msg)
    axis = 0 if axis is None else axis
    result = fn(x, axis=axis)
    return _with_first(result, axis, first) if include_initial else result


if hasattr(np, "cumulative_sum"):  # since NumPy 2.1
    _CUMULATIVE = [
        case(array(4)),
        case(array(2, 3), axis=-1, include_initial=True),
        case(array(3), include_initial=True),
    ]

    @composite(np.cumulative_sum, complex=True, domain=_CUMULATIVE)
    def cumulative_sum(
        x: Any, *, axis: Any = None, dtype: None = None, out: None = None, include_initial: bool = False
    ) -> Any:
        return _cumulative(np.cumsum, 0.0, x, axis, include_initial)

    @composite(np.cumulative_prod, complex=True, domain=_CUMULATIVE)
    def cumulative_prod(
        x: Any, *, axis: Any = None, dtype: None = None, out: None = None, include_initial: bool = False
    ) -> Any:
        return _cumulative(np.cumprod, 1.0, x, axis, include_initial)


def along(axis: int, ndim: int, part: slice) -> tuple[Any, ...]:
    """Return the index that takes a slice along one axis."""
    index: list[Any] = [slice(None)] * ndim
    index[axis] = part
    return tuple(index)


def _end(value: Any, a: Any, axis: int) -> Any:
    """Broadcast a scalar that is put before or after an array to one slice of it."""
    if np.ndim(value):
        return value
    shape = list(np.shape(a))
    shape[axis] = 1
    return np.broadcast_to(value, shape)


@composite(
    np.diff, complex=True,
    domain=[case(array(4)), case(array(4), 2), case(array(2, 3), axis=0), case(array(4), prepend=array()),
            case(array(2, 3), append=array(2, 2)), case(array(3), 0), case(array(2), 3)],
)  # fmt: skip
def diff(a: Any, n: int = 1, axis: int = -1, prepend: Any = None, append: Any = None) -> Any:
    if n == 0:
        return a
    ends = [None if end is None else _end(end, a, axis) for end in (prepend, append)]
    parts = [part for part in (ends[0], a, ends[1]) if part is not None]
    result = np.concatenate(parts, axis=axis) if len(parts) > 1 else a
    after, before = along(axis, result.ndim, slice(1, None)), along(axis, result.ndim, slice(None, -1))
    for _ in range(n):
        result = result[after] - result[before]
    return result


@composite(
    np.trapezoid, complex=True, also=[vars(np)[name] for name in ("trapz",) if name in vars(np)],
    domain=[case(array(4)), case(array(4), dx=0.5), case(array(4), array(4)), case(array(2, 3), array(3)),
            case(array(3, 2), array(3, 2), axis=0), case(array(3, 2), np.array([0.0, 0.5, 2.0]), axis=0)],
)  # fmt: skip
def trapezoid(y: Any, x: Any = None, dx: Any = 1.0, axis: int = -1) -> Any:
    y = y if hasattr(y, "shape") else np.asarray(y)
    if x is not None:
        dx = np.diff(x) if np.ndim(x) == 1 else np.diff(x, axis=axis)
        if np.ndim(x) == 1:
            dx = np.reshape(dx, tuple([-1 if i == axis % y.ndim else 1 for i in range(y.ndim)]))
    after, before = along(axis, y.ndim, slice(1, None)), along(axis, y.ndim, slice(None, -1))
    return np.sum(dx * (y[after] + y[before]) / 2.0, axis=axis)


@composite(np.ediff1d, complex=True, domain=[case(array(4)), case(array(2, 2), to_end=array(2), to_begin=0.5)])
def ediff1d(ary: Any, to_end: Any = None, to_begin: Any = None) -> Any:
    flat = np.reshape(ary, (-1,))
    ends = [() if end is None else (np.reshape(end, (-1,)).astype(flat.dtype),) for end in (to_begin, to_end)]
    steps = flat[1:] - flat[:-1]
    return np.concatenate((*ends[0], steps, *ends[1])) if any(ends) else steps
