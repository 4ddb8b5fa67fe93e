"""New arrays that are filled from recorded values."""

from __future__ import annotations

import operator
from typing import Any

import numpy as np

from ._declare import composite
from ._domain import POSITIVE, array, case

__all__ = ["assembled"]


def _is_recorded(value: Any) -> bool:
    return hasattr(value, "__chainrule_apply__")


def assembled(value: Any) -> Any:
    """Return an array or recorded value as it is, and nested lists of recorded and plain values as one array."""
    return value if _is_recorded(value) or isinstance(value, np.ndarray) else _assemble(value)


def _assemble(value: Any) -> Any:
    """Turn nested lists of recorded and plain values into one new array."""
    if _is_recorded(value):
        return np.copy(value)
    parts = [_assemble(part) for part in value] if isinstance(value, (list, tuple)) else []
    return np.stack(parts) if any(map(_is_recorded, parts)) else np.array(value)


# Reached by np.array([x, y], like=x) only: without like=, NumPy does not ask the elements of a list.
@composite(np.array, complex=True, domain=[case(array(3)), case(array(2, 3)), case(array()), case(array(0))])
def array_(
    object: Any, dtype: None = None, *, copy: Any = True, order: Any = "K", subok: Any = False, ndmin: int = 0
) -> Any:
    result = _assemble(object)
    missing = ndmin - np.ndim(result)
    return np.reshape(result, (1,) * missing + np.shape(result)) if missing > 0 else result


@composite(
    np.asarray,
    complex=True,
    also=(np.asanyarray, np.ascontiguousarray, np.asfortranarray),
    domain=[case(array(3)), case(array())],
)
def asarray(a: Any, dtype: None = None, order: Any = None, *, device: Any = None, copy: Any = None) -> Any:
    return a if _is_recorded(a) and not copy else _assemble(a)


@composite(np.asarray_chkfinite, complex=True, domain=[case(array(3))])
def asarray_chkfinite(a: Any, dtype: None = None, order: Any = None) -> Any:
    result = assembled(a)
    if not np.all(np.isfinite(result)):
        msg = "array must not contain infs or NaNs"
        raise ValueError(msg)
    return result


@composite(
    np.full, complex=True, domain=[case((2, 3), array()), case((2, 3), array(3)), case(4, array()), case((), array())]
)
def full(shape: Any, fill_value: Any, dtype: None = None, order: str = "C", *, device: Any = None) -> Any:
    return np.copy(np.broadcast_to(fill_value, shape))


@composite(np.full_like, domain=[case(array(2, 3), array()), case(array(2, 3), array(3)), case(array(2, 3), 1.5)])
def full_like(
    a: Any, fill_value: Any, dtype: None = None, order: str = "K", subok: bool = True, shape: Any = None,
    *, device: Any = None,
) -> Any:  # fmt: skip
    empty = np.zeros_like(a, shape=shape)
    return (empty + np.broadcast_to(fill_value, empty.shape)).astype(empty.dtype)


@composite(np.arange, domain=[case(array(), 3.05), case(array(), 3.05, 0.5), case(0.1, 3.05, array(of=POSITIVE))])
def arange(start: Any, stop: Any = None, step: Any = 1, dtype: None = None, *, device: Any = None) -> Any:
    if stop is None:
        start, stop = 0, start
    count = np.ceil((stop - start) / step).astype(np.int64)
    return start + step * np.arange(max(int(count), 0))


@composite(
    np.linspace, complex=True,
    domain=[case(array(), array(), 5), case(array(), 2.0, 4, endpoint=False), case(array(3), array(3), 4, axis=-1),
            case(array(2, 3), array(3), 4, axis=1), case(array(), 1.0, 1), case(array(), array(), 0)],
)  # fmt: skip
def linspace(
    start: Any, stop: Any, num: Any = 50, endpoint: bool = True, retstep: bool = False, dtype: None = None,
    axis: int = 0, *, device: Any = None,
) -> Any:  # fmt: skip
    num = operator.index(num)
    steps = num - 1 if endpoint else num
    at = (np.arange(num) / max(steps, 1)).astype(np.result_type(start, stop, 0.0))
    at = np.reshape(at, (num,) + (1,) * max(np.ndim(start), np.ndim(stop)))
    result = (1 - at) * start + at * stop
    result = np.moveaxis(result, 0, axis) if axis else result
    return (result, (stop - start) / steps if steps > 0 else np.nan) if retstep else result


@composite(np.logspace, domain=[case(array(), array(), 5), case(array(3), 1.0, 4, base=2.0, axis=1)])
def logspace(
    start: Any, stop: Any, num: Any = 50, endpoint: bool = True, base: Any = 10.0, dtype: None = None, axis: int = 0
) -> Any:
    return np.power(base, np.linspace(start, stop, num, endpoint=endpoint, axis=axis))


@composite(
    np.geomspace, complex=True,
    domain=[case(array(of=POSITIVE), array(of=POSITIVE), 5), case(array(of=POSITIVE), 8.0, 4, endpoint=False),
            case(-1.0, -8.0, 4), case(array(2, of=POSITIVE), array(2, of=POSITIVE), 3, axis=-1),
            case(array(of=POSITIVE), 1.0, 1)],
)  # fmt: skip
def geomspace(start: Any, stop: Any, num: Any = 50, endpoint: bool = True, dtype: None = None, axis: int = 0) -> Any:
    """Multiply by equal steps: the logarithm of the ratio, in equal parts."""
    start, stop, num = assembled(start), assembled(stop), operator.index(num)
    steps = num - 1 if endpoint else num
    at = np.reshape(np.arange(num) / max(steps, 1), (num,) + (1,) * max(np.ndim(start), np.ndim(stop)))
    result = start * np.exp(at * np.log(stop / start))
    return np.moveaxis(result, 0, axis) if axis else result
