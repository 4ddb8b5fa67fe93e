"""Functions that emitted programs call, in the form that Numba compiles.

They are compiled once and kept: whole-array syntax and linear algebra (`native_linalg`) are what Numba takes seconds
for.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numba import njit
from numba.extending import overload

from .native_linalg import cholesky, det, inv, slogdet, solve

__all__ = [
    "argsort", "cholesky", "det", "grow", "highest", "inv", "lowest", "matmul", "slogdet", "solve",
]  # fmt: skip

# Multiplications, up to which loops are faster than a call of BLAS (measured): loops that run along the rows of both
# operands, those over operands that BLAS would want copied, and others.
ALONG, COPIED, OTHERS = 1500, 1000, 300
BLOCK = 1024  # numbers that stay in the nearest cache


def _dense(a: Any) -> Any:
    """Return an array that BLAS can read: itself, or a copy."""
    return np.ascontiguousarray(a)


@overload(_dense)
def _overload_dense(a: Any) -> Any:
    def same(a: Any) -> Any:
        return a

    def copied(a: Any) -> Any:
        return np.ascontiguousarray(a)

    return same if a.layout in "CF" else copied


def _product(a: Any, b: Any, out: Any) -> None:
    """Multiply with BLAS."""
    np.dot(_dense(a), _dense(b), out)


@overload(_product)
def _overload_product(a: Any, b: Any, out: Any) -> Any:
    def at_once(a: Any, b: Any, out: Any) -> None:
        np.dot(_dense(a), _dense(b), out)

    def through_copy(a: Any, b: Any, out: Any) -> None:
        _put(np.dot(_dense(a), _dense(b)), out)

    return at_once if out.layout == "C" else through_copy


def _is_quick(a: Any, b: Any) -> Any:
    """Tell whether a product is done without BLAS."""
    return False


@overload(_is_quick, inline="always")
def _overload_is_quick(a: Any, b: Any) -> Any:
    if a.ndim == b.ndim == 2:
        along, dense = a.layout == "C" and b.layout == "F", a.layout in "CF" and b.layout in "CF"
        few = ALONG if along else OTHERS if dense else COPIED
    else:
        few = ALONG if (a if b.ndim == 1 else b).layout == "C" else COPIED

    def by_matrix(a: Any, b: Any) -> Any:
        return a.size * b.shape[1] <= few

    def by_vector(a: Any, b: Any) -> Any:
        return a.size <= few

    return by_vector if b.ndim == 1 else by_matrix


def _loops(a: Any, b: Any, out: Any) -> None:
    """Multiply without BLAS."""
    out[...] = a @ b


@overload(_loops, inline="always")
def _overload_loops(a: Any, b: Any, out: Any) -> Any:
    if a.ndim == b.ndim == 2:
        return _sums if a.layout == "C" and b.layout == "F" else _four_columns
    if b.ndim == 1:
        return _combined_columns if a.layout == "F" else _sums_of_rows
    return _sums_of_columns if b.layout == "F" else _combined_rows


def _sums(a: Any, b: Any, out: Any) -> None:
    for i in range(a.shape[0]):
        for j in range(b.shape[1]):
            total = a.dtype.type(0.0)
            for k in range(a.shape[1]):
                total += a[i, k] * b[k, j]
            out[i, j] = total


def _four_columns(a: Any, b: Any, out: Any) -> None:
    """Compute four elements of a row at a time, in registers, then those that are left."""
    zero, blocks = a.dtype.type(0.0), b.shape[1] // 4
    for i in range(a.shape[0]):
        for block in range(blocks):
            j = 4 * block
            first = second = third = fourth = zero
            for k in range(a.shape[1]):
                x = a[i, k]
                first += x * b[k, j]
                second += x * b[k, j + 1]
                third += x * b[k, j + 2]
                fourth += x * b[k, j + 3]
            out[i, j], out[i, j + 1], out[i, j + 2], out[i, j + 3] = first, second, third, fourth
        for j in range(4 * blocks, b.shape[1]):
            total = zero
            for k in range(a.shape[1]):
                total += a[i, k] * b[k, j]
            out[i, j] = total


def _sums_of_rows(a: Any, b: Any, out: Any) -> None:
    for i in range(a.shape[0]):
        total = a.dtype.type(0.0)
        for k in range(a.shape[1]):
            total += a[i, k] * b[k]
        out[i] = total


def _sums_of_columns(a: Any, b: Any, out: Any) -> None:
    for j in range(b.shape[1]):
        total = a.dtype.type(0.0)
        for k in range(b.shape[0]):
            total += a[k] * b[k, j]
        out[j] = total


def _combined_columns(a: Any, b: Any, out: Any) -> None:
    for i in range(a.shape[0]):
        out[i] = 0.0
    for k in range(a.shape[1]):
        x = b[k]
        for i in range(a.shape[0]):
            out[i] += a[i, k] * x


def _combined_rows(a: Any, b: Any, out: Any) -> None:
    for j in range(b.shape[1]):
        out[j] = 0.0
    for k in range(a.shape[0]):
        x = a[k]
        for j in range(b.shape[1]):
            out[j] += x * b[k, j]


def matmul(a: Any, b: Any, out: Any) -> None:
    if _is_quick(a, b):
        _loops(a, b, out)
    else:
        _product(a, b, out)


def grow(array: Any, size: Any) -> Any:
    if array.shape[0] >= size:
        return array
    made = np.empty((max(size, 2 * array.shape[0]),) + array.shape[1:], array.dtype)  # noqa: RUF005  Numba's tuples
    made[: array.shape[0]] = array
    return made


@njit(cache=True, error_model="numpy")
def _has_nan(a: Any) -> bool:
    count = 0
    for i in range(a.size):
        count += a[i] != a[i]
    return count > 0


def _extreme(pick: Any) -> Any:
    """Return a function for the extreme of numbers that are no nan: it compares eight at a time."""

    @njit(cache=True, error_model="numpy", fastmath={"nnan", "nsz", "reassoc"})
    def extreme(a: Any, start: Any) -> Any:
        x0 = x1 = x2 = x3 = x4 = x5 = x6 = x7 = start
        blocks = a.size // 8
        for block in range(blocks):
            i = 8 * block
            x0, x1, x2, x3 = pick(x0, a[i]), pick(x1, a[i + 1]), pick(x2, a[i + 2]), pick(x3, a[i + 3])
            x4, x5, x6, x7 = pick(x4, a[i + 4]), pick(x5, a[i + 5]), pick(x6, a[i + 6]), pick(x7, a[i + 7])
        for i in range(8 * blocks, a.size):
            x0 = pick(x0, a[i])
        return pick(pick(pick(x0, x1), pick(x2, x3)), pick(pick(x4, x5), pick(x6, x7)))

    return extreme


_lowest, _highest = _extreme(min), _extreme(max)


def lowest(a: Any, start: Any) -> Any:
    low = a.dtype.type(start)
    for first in range(0, a.size, BLOCK):
        part = a[first : first + BLOCK]
        if low != low or _has_nan(part):
            return a.dtype.type(np.nan)
        low = _lowest(part, low)
    return low


def highest(a: Any, start: Any) -> Any:
    high = a.dtype.type(start)
    for first in range(0, a.size, BLOCK):
        part = a[first : first + BLOCK]
        if high != high or _has_nan(part):
            return a.dtype.type(np.nan)
        high = _highest(part, high)
    return high


def argsort(a: Any, out: Any) -> None:
    order = np.argsort(a, kind="mergesort")
    for i in range(order.size):
        out[i] = order[i]


def _put(a: Any, out: Any) -> None:
    """Write an array into another."""
    out[...] = a


@overload(_put)
def _overload_put(a: Any, out: Any) -> Any:
    def vector(a: Any, out: Any) -> None:
        for i in range(a.shape[0]):
            out[i] = a[i]

    def matrix(a: Any, out: Any) -> None:
        for i in range(a.shape[0]):
            for j in range(a.shape[1]):
                out[i, j] = a[i, j]

    return vector if a.ndim == 1 else matrix
