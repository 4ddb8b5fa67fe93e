"""Functions that emitted programs call, in the form that Numba compiles.

They are compiled once and kept: whole-array syntax and linear algebra are what Numba takes seconds for.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numba import njit
from numba.extending import overload

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


# LAPACK takes Numba seconds for each combination of layouts: these see contiguous arrays only.


@njit(cache=True)
def _solved(a: Any, b: Any) -> Any:
    return np.linalg.solve(a, b)


@njit(cache=True)
def _inverse(a: Any) -> Any:
    return np.linalg.inv(a)


@njit(cache=True)
def _factor(a: Any) -> Any:
    return np.linalg.cholesky(a)


@njit(cache=True)
def _determinant(a: Any) -> Any:
    return np.linalg.det(a)


@njit(cache=True)
def _log_determinant(a: Any) -> Any:
    return np.linalg.slogdet(a)


def _copied(a: Any) -> Any:
    """Return a contiguous copy; NumPy's own functions for it are slow to compile."""
    return np.array(a)


@overload(_copied)
def _overload_copied(a: Any) -> Any:
    def vector(a: Any) -> Any:
        made = np.empty(a.shape[0], a.dtype)
        for i in range(a.shape[0]):
            made[i] = a[i]
        return made

    def matrix(a: Any) -> Any:
        made = np.empty((a.shape[0], a.shape[1]), a.dtype)
        for i in range(a.shape[0]):
            for j in range(a.shape[1]):
                made[i, j] = a[i, j]
        return made

    return vector if a.ndim == 1 else matrix


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


def _column(b: Any) -> Any:
    """Return a contiguous matrix, of one column for a vector."""
    return np.array(b).reshape(len(b), -1)


@overload(_column)
def _overload_column(b: Any) -> Any:
    def vector(b: Any) -> Any:
        made = np.empty((b.shape[0], 1), b.dtype)
        for i in range(b.shape[0]):
            made[i, 0] = b[i]
        return made

    def matrix(b: Any) -> Any:
        return _copied(b)

    return vector if b.ndim == 1 else matrix


def _put_columns(a: Any, out: Any) -> None:
    """Write a matrix into another, or its only column into a vector."""
    out[...] = a.reshape(out.shape)


@overload(_put_columns)
def _overload_put_columns(a: Any, out: Any) -> Any:
    def vector(a: Any, out: Any) -> None:
        for i in range(a.shape[0]):
            out[i] = a[i, 0]

    def matrix(a: Any, out: Any) -> None:
        _put(a, out)

    return vector if out.ndim == 1 else matrix


def solve(a: Any, b: Any, out: Any) -> None:
    _put_columns(_solved(_copied(a), _column(b)), out)


def inv(a: Any, out: Any) -> None:
    _put(_inverse(_copied(a)), out)


def det(a: Any) -> Any:
    return _determinant(_copied(a))


def slogdet(a: Any) -> Any:
    sign, logarithm = _log_determinant(_copied(a))
    return sign, logarithm


def cholesky(a: Any, out: Any) -> None:
    _put(_factor(_copied(a)), out)
