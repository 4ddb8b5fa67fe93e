"""Functions that emitted programs call, in the form that Numba compiles.

They are compiled once and kept: whole-array syntax and linear algebra (`native_linalg`) are what Numba takes seconds
for.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numba.extending import overload

from .native_linalg import cholesky, det, inv, slogdet, solve

__all__ = [
    "argsort", "cholesky", "det", "grow", "inv", "matmul", "slogdet", "solve",
]  # fmt: skip

SMALL = 1000  # multiplications, below which a call of BLAS costs more than it saves


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


def _loops(a: Any, b: Any, out: Any) -> None:
    """Multiply without BLAS."""
    out[...] = a @ b


@overload(_loops)
def _overload_loops(a: Any, b: Any, out: Any) -> Any:
    def matrix_matrix(a: Any, b: Any, out: Any) -> None:
        for i in range(a.shape[0]):
            for j in range(b.shape[1]):
                out[i, j] = 0.0
            for k in range(a.shape[1]):
                x = a[i, k]
                for j in range(b.shape[1]):
                    out[i, j] += x * b[k, j]

    def matrix_vector(a: Any, b: Any, out: Any) -> None:
        for i in range(a.shape[0]):
            total = a.dtype.type(0.0)
            for k in range(a.shape[1]):
                total += a[i, k] * b[k]
            out[i] = total

    def vector_matrix(a: Any, b: Any, out: Any) -> None:
        for j in range(b.shape[1]):
            out[j] = 0.0
        for k in range(a.shape[0]):
            for j in range(b.shape[1]):
                out[j] += a[k] * b[k, j]

    return {(2, 2): matrix_matrix, (2, 1): matrix_vector, (1, 2): vector_matrix}[a.ndim, b.ndim]


def matmul(a: Any, b: Any, out: Any) -> None:
    if a.size * b.shape[-1] <= SMALL:
        _loops(a, b, out)
    else:
        _product(a, b, out)


def grow(array: Any, size: Any) -> Any:
    if array.shape[0] >= size:
        return array
    made = np.empty((max(size, 2 * array.shape[0]),) + array.shape[1:], array.dtype)  # noqa: RUF005  Numba's tuples
    made[: array.shape[0]] = array
    return made


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
