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


def _is_quick(a: Any, b: Any) -> bool:
    """Tell whether a product is done without BLAS."""
    return False


@overload(_is_quick, inline="always")
def _overload_is_quick(a: Any, b: Any) -> Any:
    if a.ndim == b.ndim == 2:
        along, dense = a.layout == "C" and b.layout == "F", a.layout in "CF" and b.layout in "CF"
        few = ALONG if along else OTHERS if dense else COPIED
    else:
        few = ALONG if (a if b.ndim == 1 else b).layout == "C" else COPIED

    def by_matrix(a: Any, b: Any) -> bool:
        return a.size * b.shape[1] <= few

    def by_vector(a: Any, b: Any) -> bool:
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


# Of numbers that are no nan, the machine takes several at a time.
WITHOUT_NAN = {"cache": True, "error_model": "numpy", "fastmath": {"nnan", "nsz", "reassoc"}}


@njit(cache=True, error_model="numpy")
def _nans(a: Any) -> int:
    count = 0
    for i in range(a.size):
        count += a[i] != a[i]
    return count


@njit(**WITHOUT_NAN)
def _lowest(a: Any, start: Any) -> Any:
    low = start
    for i in range(a.size):
        low = a[i] if a[i] < low else low
    return low


@njit(**WITHOUT_NAN)
def _highest(a: Any, start: Any) -> Any:
    high = start
    for i in range(a.size):
        high = a[i] if a[i] > high else high
    return high


def lowest(a: Any, start: Any) -> Any:
    kind = a.dtype.type
    return kind(np.nan) if start != start or _nans(a) else _lowest(a, kind(start))


def highest(a: Any, start: Any) -> Any:
    kind = a.dtype.type
    return kind(np.nan) if start != start or _nans(a) else _highest(a, kind(start))


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
