"""What the rules of linear algebra say often: adjoints, diagonals, triangles of Hermitian matrices."""

from __future__ import annotations

from typing import Any

import numpy as np

from ..products import conjugate, transposed

__all__ = ["adjoint", "conjugate", "diagonal", "folded", "hermitian", "mirrored", "rounding", "transposed"]


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
    half = np.tril(a) if uplo.upper() == "L" else np.triu(a)
    return hermitian(half) + hermitian(half * (1 - np.eye(a.shape[-1], dtype=a.real.dtype)))


def folded(a: Any, uplo: str) -> Any:
    """Return the transpose of `mirrored`, applied to a Hermitian matrix: each element below counts its mirror image."""
    triangle = np.tril if uplo.upper() == "L" else np.triu
    return triangle(a) * (2 - np.eye(a.shape[-1], dtype=a.real.dtype))


def rounding(sizes: Any) -> Any:
    """Return how exact eigenvalues or singular values are, as they are computed: some eps times their sum.

    LAPACK's are, up to some hundreds of them, to a third of that.
    """
    return 16 * float(np.finfo(sizes.dtype).eps) * np.sum(np.absolute(sizes), axis=-1, keepdims=True)
