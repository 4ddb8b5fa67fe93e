"""The distinct elements of arrays, and sets of them; sorting into complex numbers, trimming zeros.

Which elements are selected depends on the values, and does not change with small changes of them. An element that
stands for several equal ones moves with their mean, so that no place is preferred and the shares add up to 1.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from ._declare import composite, constant, general
from ._domain import UNIT, Array, array, case, edge
from ._row import Row
from ._table import lookup
from .creation import assembled
from .indexing import add_at

__all__: list[str] = []


def groups(a: Any, axis: Any = None, equal_nan: bool = True) -> Any:
    """Return the indices, inverse and counts of NumPy's unique."""
    return np.unique(a, True, True, True, axis, equal_nan=equal_nan)[1:]


def hashed_order(a: Any, equal_nan: bool = True) -> Any:
    """Return for each element of an unsorted unique its place in the sorted one."""
    options: dict[str, Any] = {"equal_nan": equal_nan, "sorted": False}
    return np.argsort(np.argsort(np.unique(a, **options)))


def _columns(counts: Any, ndim: int) -> Any:
    return np.reshape(counts, (-1,) + (1,) * (ndim - 1))


def _mean_of_groups(t: Any, inverse: Any, counts: Any) -> Any:
    zeros = np.zeros((len(counts), *t.shape[1:]), t.dtype)
    return add_at(zeros, t, inverse) / _columns(counts, t.ndim)


distinct: Row = general(
    lambda x, first, inverse, counts: x[first], name="distinct", signature="x, first, inverse, counts", complex=True,
    jvp={"x": lambda t, inverse, counts: _mean_of_groups(t, inverse, counts)},
    vjp={"x": lambda g, inverse, counts: (g / _columns(counts, g.ndim))[inverse]},
    domain=[case(array(3), np.array([2, 0, 1]), np.array([1, 2, 0]), np.ones(3, int)),
            case(array(3, 2), np.array([2, 0, 1]), np.array([1, 2, 0]), np.ones(3, int))],
)  # fmt: skip

constant(groups, hashed_order)


def _in_front(a: Any, axis: int | None) -> Any:
    """Bring the axis whose slices are compared to the front; without an axis, flatten."""
    return np.reshape(a, (-1,)) if axis is None else np.moveaxis(a, axis, 0)


def _found(a: Any, axis: int | None, equal_nan: bool) -> tuple[Any, ...]:
    """Return the distinct elements with their indices, inverse and counts."""
    first, inverse, counts = lookup(groups)(a, axis, equal_nan)
    values = distinct(_in_front(a, axis), first, np.reshape(inverse, -1), counts)
    return values if axis is None else np.moveaxis(values, 0, axis), first, inverse, counts


def _apart(*shape: int, start: float = 0.0) -> Array:
    """A random array whose elements keep away from each other, as do those of another that starts elsewhere."""
    return Array(shape, UNIT, lambda a: (0.2 * a + np.arange(a.size)[::-1].reshape(shape) + start).astype(a.dtype))


_TIES = edge(np.array([2.0, 1.0, 2.0]), ar=np.array([0.5, 1.0, 0.5]))
_ONE = [case(_apart(4)), case(_apart(2, 3))]


@composite(np.unique, complex=True, domain=[*_ONE, case(array(3), True, True, True), case(array(3, 2), axis=0),
                                            case(array(2, 3), axis=-1)], edges=[_TIES])  # fmt: skip
def unique(
    ar: Any, return_index: bool = False, return_inverse: bool = False, return_counts: bool = False,
    axis: int | None = None, *, equal_nan: bool = True, sorted: bool = True,
) -> Any:  # fmt: skip
    a = assembled(ar)
    values, *others = _found(a, axis, equal_nan)
    chosen = [x for x, asked in zip(others, (return_index, return_inverse, return_counts), strict=True) if asked]
    if not sorted and axis is None and not chosen:
        values = values[lookup(hashed_order)(a, equal_nan)]
    return (values, *chosen) if chosen else values


def _result(fn: Any) -> Any:
    """Return the type of a named tuple that NumPy returns."""
    return type(fn(np.zeros(1)))


_ALL, _COUNTS, _INVERSE = map(_result, (np.unique_all, np.unique_counts, np.unique_inverse))


@composite(np.unique_all, complex=True, domain=_ONE)
def unique_all(x: Any) -> Any:
    return _ALL(*_found(assembled(x), None, False))


@composite(np.unique_counts, complex=True, domain=_ONE)
def unique_counts(x: Any) -> Any:
    values, _, _, counts = _found(assembled(x), None, False)
    return _COUNTS(values, counts)


@composite(np.unique_inverse, complex=True, domain=_ONE)
def unique_inverse(x: Any) -> Any:
    values, _, inverse, _ = _found(assembled(x), None, False)
    return _INVERSE(values, inverse)


def order_of_values(x: Any) -> Any:
    """Return for each element of NumPy's unique_values, which need not be sorted, its place among the sorted ones."""
    return np.argsort(np.argsort(np.unique_values(x)))


constant(order_of_values)


@composite(
    np.unique_values, complex=True, domain=[case(array(1))], edges=[edge(np.array([2.0, 2.0]), x=np.array([0.5, 0.5]))]
)
def unique_values(x: Any) -> Any:
    x = assembled(x)
    return _found(x, None, False)[0][lookup(order_of_values)(x)]


# ---- Sets ----------------------------------------------------------------------------------------------------------


_TWO = [case(_apart(3), _apart(4, start=0.5)), case(_apart(2, 2), [0.5, 7.0]), case(_apart(3), [0.5])]


def _set(x: Any, already: bool) -> Any:
    x = np.reshape(assembled(x), (-1,))
    return x if already else np.unique(x)


@composite(np.union1d, complex=True, domain=_TWO)
def union1d(ar1: Any, ar2: Any) -> Any:
    return np.unique(np.concatenate([_set(ar1, True), _set(ar2, True)]))


@composite(np.setdiff1d, complex=True, domain=_TWO)
def setdiff1d(ar1: Any, ar2: Any, assume_unique: bool = False) -> Any:
    first = _set(ar1, assume_unique)
    return first[np.isin(first, _set(ar2, assume_unique), assume_unique=True, invert=True)]


@composite(np.setxor1d, complex=True, domain=_TWO)
def setxor1d(ar1: Any, ar2: Any, assume_unique: bool = False) -> Any:
    both = np.concatenate([_set(ar1, assume_unique), _set(ar2, assume_unique)])
    values, _, _, counts = _found(both, None, True)
    return values[counts == 1]


@composite(
    np.intersect1d, complex=True, domain=[case(_apart(3), [0.5]), case(_apart(3), _apart(2, start=0.5))],
    edges=[edge(np.array([1.0, 2.0]), np.array([2.0, 3.0]), ar1=np.array([0.0, 0.5]), ar2=np.array([0.5, 0.0]))],
)  # fmt: skip
def intersect1d(ar1: Any, ar2: Any, assume_unique: bool = False, return_indices: bool = False) -> Any:
    """Return what both have: it moves by half with the one and by half with the other."""
    first, second = (np.reshape(assembled(x), (-1,)) for x in (ar1, ar2))
    both = np.concatenate([_set(first, assume_unique), _set(second, assume_unique)])
    values, _, _, counts = _found(both, None, True)
    values = values[counts > 1]
    if not return_indices:
        return values
    places = [lookup(places_of)(x, values, assume_unique) for x in (first, second)]
    return (values, *places)


def places_of(x: Any, values: Any, assume_unique: bool) -> Any:
    """Return the index of the first element of `x` that is equal to each value."""
    order = np.argsort(x, kind="stable")
    return order[np.searchsorted(x[order], values)]


constant(places_of)

# ---- Others --------------------------------------------------------------------------------------------------------


@composite(np.sort_complex, complex=True, domain=[case(array(4)), case(array(2, 3))])
def sort_complex(a: Any) -> Any:
    a = np.sort(assembled(a))
    if a.dtype.kind == "c":
        return a
    return a.astype({"b": "F", "h": "F", "B": "F", "H": "F", "g": "G"}.get(a.dtype.char, "D"))


@composite(
    np.trim_zeros, complex=True, domain=[case(array(4)), case(array(4), "b")],
    edges=[edge(np.array([0.0, 2.0, 0.0, 3.0, 0.0]), filt=np.array([0.0, 1.0, 1.0, 1.0, 0.0]))],
)  # fmt: skip
def trim_zeros(filt: Any, trim: str = "fb", axis: Any = None) -> Any:
    filt, trim = assembled(filt), trim.lower()
    places = np.argwhere(filt)
    axes = range(filt.ndim) if axis is None else [i % filt.ndim for i in (axis if isinstance(axis, tuple) else (axis,))]
    index = [slice(None)] * filt.ndim
    for i in axes:
        if not len(places):
            index[i] = slice(0, 0)
            continue
        start, stop = places[:, i].min(), places[:, i].max() + 1
        index[i] = slice(int(start) if "f" in trim else None, int(stop) if "b" in trim else None)
    return filt[tuple(index)]
