"""Functions that emitted programs call, as NumPy runs them.

Numba compiles the same text, unless `native` has a function of the same name for it. Functions that fill arrays are
given them last.
"""

from __future__ import annotations

import math
from functools import cache
from typing import Any

import numpy as np

__all__ = [
    "argsort", "cholesky", "cofactors", "cofactors_slope", "det", "exponent", "fraction", "grow", "heaviside", "inv",
    "machine_form", "matmul", "radd", "searchsorted_left", "searchsorted_right", "slogdet", "solve", "wrap",
]  # fmt: skip


def radd(a: Any, b: Any) -> Any:
    """Return a + b in a sum whose order is free."""
    return a + b


def wrap(i: Any, n: Any) -> Any:
    """Return an index, counted from the end if it is negative."""
    return i + n if i < 0 else i


def grow(array: Any, size: Any) -> Any:
    """Return an array whose first axis is at least so long; what was there is kept."""
    if array.shape[0] >= size:
        return array
    made = np.empty((max(size, 2 * array.shape[0]), *array.shape[1:]), array.dtype)
    made[: array.shape[0]] = array
    return made


def heaviside(x: Any, y: Any) -> Any:
    """Return 0 for a negative number, 1 for a positive one, and y for zero."""
    return y if x == 0.0 else x if np.isnan(x) else 1.0 if x > 0.0 else 0.0


def fraction(x: Any) -> Any:
    """Return what is left of a number without its integer part; it has the sign of the number."""
    return np.copysign(x - np.trunc(x) if np.isfinite(x) else x if np.isnan(x) else 0.0, x)


def exponent(x: Any) -> Any:
    """Return the power of two in x: x is that power and a number in 0.5..1."""
    return math.frexp(x)[1]


def matmul(a: Any, b: Any, out: Any) -> None:
    """Put the product of two vectors or matrices, of which one is a matrix, into an array."""
    out[...] = np.dot(np.ascontiguousarray(a), np.ascontiguousarray(b))


def argsort(a: Any, out: Any) -> None:
    """Put the order of a vector into an array; equal elements keep theirs."""
    out[...] = np.argsort(a, kind="mergesort")


def searchsorted_left(a: Any, v: Any) -> Any:
    """Return the first place where a number can be inserted into a sorted vector."""
    return np.searchsorted(a, v, side="left")


def searchsorted_right(a: Any, v: Any) -> Any:
    """Return the last place where a number can be inserted into a sorted vector."""
    return np.searchsorted(a, v, side="right")


def solve(a: Any, b: Any, out: Any) -> None:
    """Put the solution of ``a @ x == b`` into an array."""
    out[...] = np.linalg.solve(np.ascontiguousarray(a), np.ascontiguousarray(b))


def inv(a: Any, out: Any) -> None:
    """Put the inverse of a matrix into an array."""
    out[...] = np.linalg.inv(np.ascontiguousarray(a))


def det(a: Any) -> Any:
    """Return the determinant of a matrix."""
    return np.linalg.det(np.ascontiguousarray(a))


def slogdet(a: Any) -> Any:
    """Return the sign of the determinant of a matrix and the logarithm of its absolute value."""
    sign, logarithm = np.linalg.slogdet(np.ascontiguousarray(a))
    return sign, logarithm


def cofactors(a: Any, out: Any) -> None:
    """Put the matrix of signed minors, the gradient of the determinant, into an array."""
    a = np.ascontiguousarray(a)
    d = np.linalg.det(a)
    if d != 0.0:
        inverse = np.linalg.inv(a)
        if np.abs(a).sum() * np.abs(inverse).sum() <= 1e5:
            out[...] = d * inverse.T
            return
    u, s, vh = np.linalg.svd(a)
    others = np.ones_like(s)
    for i in range(s.size):
        for j in range(s.size):
            if i != j:
                others[i] *= s[j]
    out[...] = np.linalg.det(u) * np.linalg.det(vh) * np.dot(u * others, vh)


def cofactors_slope(a: Any, t: Any, out: Any) -> None:
    """Put the tangent of `cofactors` into an array.

    With ``a = u s v'`` and ``e = u' t v``, the adjugate of ``diag(s) + e`` is, to first order in ``e``: off the
    diagonal ``-e[i, j]`` times the product of the s other than i and j, and on it the sum over k of ``e[k, k]`` times
    the product of the s other than i and k.
    """
    u, s, vh = np.linalg.svd(np.ascontiguousarray(a))
    e = np.dot(np.dot(np.ascontiguousarray(u.T), np.ascontiguousarray(t)), np.ascontiguousarray(vh.T))
    slope = np.zeros_like(e)
    for i in range(s.size):
        for j in range(s.size):
            rest = 1.0
            for k in range(s.size):
                if k not in (i, j):
                    rest *= s[k]
            if i != j:
                slope[i, j] -= rest * e[i, j]
                slope[i, i] += rest * e[j, j]
    sign = np.linalg.det(u) * np.linalg.det(vh)
    product = np.dot(np.dot(np.ascontiguousarray(vh.T), slope), np.ascontiguousarray(u.T))
    out[...] = sign * product.T


def cholesky(a: Any, out: Any) -> None:
    """Put the lower triangular factor of a positive definite matrix into an array."""
    out[...] = np.linalg.cholesky(np.ascontiguousarray(a))


OPTIONS: dict[str, dict[str, Any]] = {"radd": {"fastmath": {"reassoc", "nsz"}}}


@cache
def machine_form(name: str) -> Any:
    """Return a function of this module for Numba's use; its machine code is kept on disk where that can be."""
    import numba

    from . import native

    function = getattr(native, name, None) or globals()[name]
    options = {"error_model": "numpy", **OPTIONS.get(name, {})}
    try:
        return numba.njit(cache=True, **options)(function)
    except RuntimeError:  # Numba finds no place for its cache
        return numba.njit(**options)(function)
