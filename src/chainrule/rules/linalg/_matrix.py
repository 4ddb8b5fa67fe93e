"""What the rules of linear algebra say often: adjoints, diagonals, reciprocals that are 0 where they do not exist."""

from __future__ import annotations

from typing import Any

import numpy as np

from ..products import conjugate, transposed

__all__ = [
    "adjoint",
    "conjugate",
    "diagonal",
    "folded",
    "hermitian",
    "mirrored",
    "reciprocal",
    "rounding",
    "transposed",
]


def adjoint(a: Any) -> Any:
    """Return the conjugate transpose."""
    return conjugate(transposed(a))


def diagonal(a: Any) -> Any:
    """Return the diagonals of a stack of matrices."""
    return np.diagonal(a, 0, -2, -1)


def hermitian(a: Any) -> Any:
    """Return the nearest Hermitian matrix."""
    return 0.5 * (a + adjoint(a))


def mirrored(a: Any, uplo: str) -> Any:
    """Return the Hermitian matrix of which one triangle is given; of the diagonal, the real part counts."""
    triangle = np.tril if uplo.upper() == "L" else np.triu
    half = triangle(a) if a.dtype.kind != "c" else triangle(a) - 0.5j * np.imag(a) * np.eye(a.shape[-1])
    return hermitian(half) + hermitian(half * (1 - np.eye(a.shape[-1], dtype=a.real.dtype)))


def folded(a: Any, uplo: str) -> Any:
    """Return the transpose of `mirrored`, applied to a Hermitian matrix: each element below counts its mirror image."""
    triangle = np.tril if uplo.upper() == "L" else np.triu
    return triangle(a) * (2 - np.eye(a.shape[-1], dtype=a.real.dtype))


def rounding(sizes: Any) -> Any:
    """Return how exact eigenvalues or singular values are, as they are computed: some eps times their sum."""
    return 4 * float(np.finfo(sizes.dtype).eps) * np.sum(np.absolute(sizes), axis=-1, keepdims=True)


def reciprocal(x: Any, least: Any) -> Any:
    """Return 1/x, and 0 where x is no larger than `least`."""
    nothing = np.absolute(x) <= least
    return np.where(nothing, 0.0, 1 / np.where(nothing, 1.0, x))
