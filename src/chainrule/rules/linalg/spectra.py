"""Eigenvalues and eigenvectors.

Each factorisation is one row, whose result holds everything in one array: a column for each eigenvalue, with the
eigenvalue above and its eigenvector below. What NumPy returns are parts of it.

At repeated eigenvalues, functions that are smooth there have their exact derivatives (see `ties`). The derivative of a
single one among equal eigenvalues does not exist. Backwards it is defined by the eigenvectors that NumPy returns, so
that the derivatives of equal eigenvalues add up to that of their sum; forwards it is the derivative in that direction.

Formulas: J. Magnus, "On differentiating eigenvalues and eigenvectors" (1985); M. Giles, "An extended collection of
matrix derivative results" (2008).
"""

from __future__ import annotations

from typing import Any

import numpy as np

from .._declare import composite, general
from .._domain import array, case, edge, separated, symmetric
from .._row import Row
from ..shape import asarray
from ._matrix import adjoint, conjugate, diagonal, folded, hermitian, mirrored, transposed
from .choice import EIGENVALUES, PLAIN_EIGENVALUES
from .systems import solve_matrix
from .ties import over_gaps, over_gaps_forwards, rounding_of

__all__ = ["eigen_hermitian", "eigen_hermitian_jvp", "eigen_hermitian_vjp", "eigen_pairs", "packed_pairs"]

EigResult = type(np.linalg.eig(np.eye(1)))
EighResult = type(np.linalg.eigh(np.eye(1)))


def packed_pairs(values: Any, vectors: Any) -> Any:
    return np.concatenate([values[..., None, :].astype(vectors.dtype), vectors], -2)


# ---- Hermitian matrices --------------------------------------------------------------------------------------------


def _eigen_hermitian(a: Any, uplo: Any) -> Any:
    return packed_pairs(*np.linalg.eigh(a, uplo))


def eigen_hermitian_jvp(t: Any, ans: Any, uplo: str) -> Any:
    """Eigenvectors turn among each other; their phases stay. One triangle of the matrix counts."""
    values, vectors = np.real(ans[..., 0, :]), ans[..., 1:, :]
    turned = np.matmul(np.matmul(adjoint(vectors), mirrored(t, uplo)), vectors)
    return np.concatenate(
        [
            np.real(diagonal(turned))[..., None, :],
            np.matmul(vectors, over_gaps_forwards(turned, values, rounding_of(t))),
        ],
        -2,
    )


def eigen_hermitian_vjp(g: Any, ans: Any, uplo: str) -> Any:
    values, vectors = np.real(ans[..., 0, :]), ans[..., 1:, :]
    inner = over_gaps(np.matmul(transposed(vectors), g[..., 1:, :]), ans, values.shape[-1])
    inner = inner + np.real(g[..., 0, :])[..., None, :] * np.eye(values.shape[-1], dtype=values.dtype)
    return folded(hermitian(np.matmul(np.matmul(conjugate(vectors), inner), transposed(vectors))), uplo)


eigen_hermitian: Row = general(
    _eigen_hermitian, name="eigen_hermitian", signature="a, uplo='L'",
    jvp={"a": lambda t, ans, uplo: eigen_hermitian_jvp(t, ans, uplo)},
    vjp={"a": lambda g, ans, uplo: eigen_hermitian_vjp(g, ans, uplo)},
    domain=[case(symmetric(3, 3)), case(symmetric(4, 2, 2)), case(array(1, 1)), case(array(0, 0))],
)  # fmt: skip
eigen_hermitian.splits = EIGENVALUES


def _pairs(a: Any, uplo: str) -> Any:
    a = asarray(a)
    if uplo.upper() not in ("L", "U"):
        msg = "UPLO argument must be 'L' or 'U'"
        raise ValueError(msg)
    return eigen_hermitian(a, uplo)


@composite(
    np.linalg.eigh,
    domain=[case(symmetric(3, 3)), case(symmetric(3, 3), "U"), case(symmetric(4, 2, 2)), case(array(1, 1))],
)  # fmt: skip
def eigh(a: Any, UPLO: str = "L") -> Any:
    """Factor a Hermitian matrix, of which one triangle is read; the derivative by the other is 0."""
    pairs = _pairs(a, UPLO)
    return EighResult(np.real(pairs[..., 0, :]), pairs[..., 1:, :])


@composite(
    np.linalg.eigvalsh, complex=True,
    domain=[case(symmetric(3, 3)), case(symmetric(3, 3), UPLO="U"), case(symmetric(4, 2, 2)), case(array(1, 1))],
    edges=[edge(np.eye(3), a=np.eye(3)), edge(np.zeros((2, 2)), a=np.eye(2))],
)  # fmt: skip
def eigvalsh(a: Any, UPLO: str = "L") -> Any:
    return np.real(_pairs(a, UPLO)[..., 0, :])


# ---- General matrices ----------------------------------------------------------------------------------------------


def _eigen_pairs(a: Any) -> Any:
    values, vectors = np.linalg.eig(a)
    return packed_pairs(values, vectors.astype(np.result_type(vectors, np.complex64)))


def _largest(vectors: Any) -> Any:
    """Mark the largest component of each vector, which LAPACK makes real."""
    size = np.square(np.real(vectors)) + np.square(np.imag(vectors))
    if not np.size(size):
        return np.zeros(np.shape(size), bool)
    return np.argmax(size, axis=-2)[..., None, :] == np.arange(vectors.shape[-2])[:, None]


def _eigen_pairs_jvp(t: Any, ans: Any) -> Any:
    """What keeps the norm at 1 and the largest component real is added to each vector as a multiple of itself."""
    values, vectors = ans[..., 0, :], ans[..., 1:, :]
    turned = solve_matrix(vectors, np.matmul(t, vectors))
    change = np.matmul(vectors, over_gaps_forwards(turned, values, rounding_of(turned)))
    largest = _largest(vectors)
    along = np.sum(conjugate(vectors) * change, axis=-2, keepdims=True)
    phase = np.sum(np.where(largest, change / np.where(largest, vectors, 1.0), 0.0), axis=-2, keepdims=True)
    scale = np.real(along) + 1j * np.imag(phase)
    return np.concatenate([diagonal(turned)[..., None, :], change - vectors * scale], -2)


def _eigen_pairs_vjp(g: Any, ans: Any) -> Any:
    values, vectors = ans[..., 0, :], ans[..., 1:, :]
    g_vectors, largest = g[..., 1:, :], _largest(vectors)
    scale = np.sum(g_vectors * vectors, axis=-2, keepdims=True)
    phase = np.where(largest, 1j * np.imag(scale) / np.where(largest, vectors, 1.0), 0.0)
    g_change = g_vectors - np.real(scale) * conjugate(vectors) - phase
    inner = over_gaps(np.matmul(transposed(vectors), g_change), ans, values.shape[-1], skew=False)
    inner = inner + g[..., 0, :][..., None, :] * np.eye(values.shape[-1], dtype=vectors.real.dtype)
    return np.matmul(solve_matrix(transposed(vectors), inner), transposed(vectors))


eigen_pairs: Row = general(
    _eigen_pairs, name="eigen_pairs", signature="a", complex=True,
    jvp={"a": lambda t, ans: _eigen_pairs_jvp(t, ans)}, vjp={"a": lambda g, ans: _eigen_pairs_vjp(g, ans)},
    domain=[case(separated(2, 2)), case(separated(4, 2, 2)), case(array(1, 1)), case(array(0, 0))],
)  # fmt: skip
eigen_pairs.splits = PLAIN_EIGENVALUES


def _all_real(a: Any, values: Any) -> bool:
    """Tell whether NumPy returns real numbers: if the matrix is real, and all of its eigenvalues."""
    return a.dtype.kind != "c" and not np.any(np.imag(values) != 0)


@composite(
    np.linalg.eig, complex=True, domain=[case(separated(2, 2)), case(separated(4, 2, 2)), case(array(1, 1))],
)  # fmt: skip
def eig(a: Any) -> Any:
    a = asarray(a)
    pairs = eigen_pairs(a)
    if _all_real(a, pairs[..., 0, :]):
        pairs = np.real(pairs)
    return EigResult(pairs[..., 0, :], pairs[..., 1:, :])


@composite(
    np.linalg.eigvals, complex=True, domain=[case(separated(2, 2)), case(separated(4, 2, 2)), case(array(1, 1))],
    edges=[edge(np.eye(3), a=np.eye(3)), edge(np.diag([1.0, 2.0]), a=np.eye(2))],
)  # fmt: skip
def eigvals(a: Any) -> Any:
    a = asarray(a)
    values = eigen_pairs(a)[..., 0, :]
    return np.real(values) if _all_real(a, values) else values
