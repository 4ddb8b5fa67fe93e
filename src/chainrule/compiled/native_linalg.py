"""Linear systems, inverses, determinants and factors, in the form that Numba compiles.

For a few equations a call of LAPACK takes longer than the arithmetic: arrays are allocated, checked and copied for it.
Small systems are eliminated here; and so are, of whatever order, those with a nan in them, for which Numba refuses to
call LAPACK where NumPy's answer is nan.

All of it is in one file, as Numba compiles a function anew if the file that it stands in has changed, and does not look
at those that it calls.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from numba import njit

__all__ = ["cholesky", "det", "inv", "slogdet", "solve"]

FEW = 24  # equations: then LAPACK is as fast with one right-hand side; with as many as equations, at 48


def solve(a: Any, b: Any, out: Any) -> None:
    if _is_short(a, b):
        _put(b, out)
        _eliminated(_copied(a), out)
    else:
        _put(_solved(_copied(a), _copied(b)), out)


def inv(a: Any, out: Any) -> None:
    if _is_short(a, a):
        _inverse(a, out)
    else:
        _put(_inverted(_copied(a)), out)


def det(a: Any) -> Any:
    return _determinant(a) if _is_short(a, a) else _lapack_determinant(_copied(a))


def slogdet(a: Any) -> Any:
    return _log_determinant(a) if _is_short(a, a) else _lapack_log_determinant(_copied(a))


def cholesky(a: Any, out: Any) -> None:
    if _is_short(a, a):
        _roots(a, out)
    else:
        _put(_factor(_copied(a)), out)


# ---- LAPACK, which takes Numba seconds for each combination of layouts: it sees contiguous arrays only


@njit(cache=True)
def _solved(a: Any, b: Any) -> Any:
    return np.linalg.solve(a, b)


@njit(cache=True)
def _inverted(a: Any) -> Any:
    return np.linalg.inv(a)


@njit(cache=True)
def _factor(a: Any) -> Any:
    return np.linalg.cholesky(a)


@njit(cache=True)
def _lapack_determinant(a: Any) -> Any:
    return np.linalg.det(a)


@njit(cache=True)
def _lapack_log_determinant(a: Any) -> Any:
    sign, logarithm = np.linalg.slogdet(a)
    return sign, logarithm


@njit(inline="always", error_model="numpy")
def _copied(a: Any) -> Any:
    """Return a contiguous copy; NumPy's own functions for it are slow to compile."""
    made = np.empty(a.shape, a.dtype)
    _put(a, made)
    return made


@njit(inline="always", error_model="numpy")
def _put(a: Any, out: Any) -> None:
    """Write a matrix into another."""
    for i in range(a.shape[0]):
        for j in range(a.shape[1]):
            out[i, j] = a[i, j]


# ---- Elimination, written into the functions that use its parts: a call with arrays takes as long as one equation


@njit(inline="always", error_model="numpy")
def _is_short(a: Any, b: Any) -> bool:
    """Tell whether a system of equations is small, or one that Numba does not call LAPACK for."""
    return a.shape[0] <= FEW or not (_is_finite(a) and _is_finite(b))


@njit(cache=True, error_model="numpy")
def _is_finite(a: Any) -> bool:
    for i in range(a.shape[0]):
        for j in range(a.shape[1]):
            if not np.isfinite(a[i, j]):
                return False
    return True


@njit(inline="always", error_model="numpy")
def _inverse(a: Any, out: Any) -> None:
    """Put the inverse of a matrix into another."""
    for i in range(a.shape[0]):
        for j in range(a.shape[0]):
            out[i, j] = 1.0 if i == j else 0.0
    _eliminated(_copied(a), out)


@njit(inline="always", error_model="numpy")
def _eliminated(a: Any, x: Any) -> None:
    """Turn right-hand sides into the solutions; the matrix is not needed any more."""
    if _eliminate(a, x) == 0:
        raise np.linalg.LinAlgError("Singular matrix")
    n, columns = x.shape
    for k in range(n - 1, -1, -1):
        for i in range(k + 1, n):
            factor = a[k, i]
            for j in range(columns):
                x[k, j] -= factor * x[i, j]
        pivot = a[k, k]
        for j in range(columns):
            x[k, j] /= pivot


@njit(inline="always", error_model="numpy")
def _eliminate(a: Any, x: Any) -> int:
    """Make a matrix triangular, by partial pivoting, and do to right-hand sides what is done to its rows.

    Returns
    -------
    int
        The sign of the permutation of the rows; 0 where a pivot is 0.
    """
    n, columns = a.shape[0], x.shape[1]
    sign = 1
    for k in range(n):
        best = _place_of_pivot(a, k)
        if a[best, k] == 0.0:
            return 0
        if best != k:
            sign = -sign
            for j in range(k, n):
                a[k, j], a[best, j] = a[best, j], a[k, j]
            for j in range(columns):
                x[k, j], x[best, j] = x[best, j], x[k, j]
        pivot = a[k, k]
        for i in range(k + 1, n):
            factor = a[i, k] / pivot
            for j in range(k + 1, n):
                a[i, j] -= factor * a[k, j]
            for j in range(columns):
                x[i, j] -= factor * x[k, j]
    return sign


@njit(inline="always", error_model="numpy")
def _place_of_pivot(a: Any, k: int) -> int:
    """Return the row of the largest element of a column, from the diagonal on; nan if there are only that and zeros."""
    best, largest = k, abs(a[k, k])
    for i in range(k + 1, a.shape[0]):
        size = abs(a[i, k])
        if size > largest:
            best, largest = i, size
    if largest == 0.0:
        for i in range(k + 1, a.shape[0]):
            if np.isnan(a[i, k]):
                return i
    return best


@njit(inline="always", error_model="numpy")
def _log_determinant(a: Any) -> Any:
    """Return the sign of a determinant and the logarithm of its absolute value."""
    work = _copied(a)
    sign = _eliminate(work, work[:, :0])
    if sign == 0:
        return a.dtype.type(0.0), a.dtype.type(-np.inf)
    sign, product, logarithm = _product_of_pivots(work, sign)
    return a.dtype.type(sign), a.dtype.type(logarithm + math.log(product))


@njit(inline="always", error_model="numpy")
def _determinant(a: Any) -> Any:
    """Return the determinant of a matrix."""
    work = _copied(a)
    sign = _eliminate(work, work[:, :0])
    if sign == 0:
        return a.dtype.type(0.0)
    sign, product, logarithm = _product_of_pivots(work, sign)
    return a.dtype.type(sign * product if logarithm == 0.0 else sign * math.exp(logarithm + math.log(product)))


@njit(inline="always", error_model="numpy")
def _product_of_pivots(work: Any, sign: int) -> tuple[int, float, float]:
    """Return the sign, the product of the absolute pivots, and the logarithm of what would make it overflow."""
    product, logarithm = 1.0, 0.0
    for k in range(work.shape[0]):
        pivot = float(work[k, k])
        if pivot < 0.0:
            sign, pivot = -sign, -pivot
        if 1e-100 < pivot < 1e100 and 1e-200 < product < 1e200:
            product *= pivot
        else:
            logarithm += math.log(pivot)
    return sign, product, logarithm


@njit(cache=True, error_model="numpy")
def _roots(a: Any, out: Any) -> None:
    """Put the lower triangular factor of a positive definite matrix into another; its lower half is read."""
    n = a.shape[0]
    for j in range(n):
        for i in range(j):
            out[i, j] = 0.0
        for i in range(j, n):
            total = a[i, j]
            for k in range(j):
                total -= out[i, k] * out[j, k]
            if i > j:
                out[i, j] = total / out[j, j]
            elif total <= 0.0:
                raise np.linalg.LinAlgError("Matrix is not positive definite")
            else:
                out[j, j] = math.sqrt(total)
