"""Singular values and vectors, and what is computed from them.

The factorisation is one row, whose result holds everything in one array: a column for each singular value, with the
value above, then its left and its right vector. What NumPy returns are parts of it.

Functions that are smooth where singular values are equal or 0 have their exact derivatives there (see `ties`). A single
one among equal values, and one that is 0, has a kink. Backwards the vectors that NumPy returns define its derivative;
forwards it is the derivative in that direction.

Formulas: M. Giles, "An extended collection of matrix derivative results" (2008); Z. Wan and S. Zhang, "Automatic
differentiation for complex valued SVD" (2019).
"""

from __future__ import annotations

from typing import Any

import numpy as np

from .._declare import composite, constant, general
from .._domain import array, case, edge, separated, symmetric
from .._row import Row
from ..shape import asarray
from ._matrix import adjoint, conjugate, diagonal, hermitian, transposed
from .choice import SINGULAR_VALUES
from .ties import over_gaps, over_gaps_forwards, rounding_of

__all__ = ["singular_triplets"]

SVDResult = type(np.linalg.svd(np.eye(1)))


def _singular_triplets(a: Any, full: bool) -> Any:
    """Return s above u above the transpose of v'; the columns that one of them lacks are 0."""
    u, s, vh = np.linalg.svd(a, full)
    v = transposed(vh)
    width = max(u.shape[-1], v.shape[-1])
    rows = (s[..., None, :].astype(u.dtype), u, v)
    return np.concatenate([_widened(x, width) for x in rows], -2)


def _widened(x: Any, width: int) -> Any:
    """Add columns of 0."""
    lacking = width - x.shape[-1]
    return np.concatenate([x, np.zeros((*x.shape[:-1], lacking), x.dtype)], -1) if lacking else x


def _parts(packed: Any, m: int, full: bool) -> tuple[Any, Any, Any, Any, Any]:
    """Return s, u and the transpose of v', and the columns that complete u and v to square matrices."""
    n = packed.shape[-2] - 1 - m
    k = min(m, n)
    s, u, v = np.real(packed[..., 0, :k]), packed[..., 1 : m + 1, :k], packed[..., m + 1 :, :k]
    if not full:
        return s, u, v, None, None
    return s, u, v, packed[..., 1 : m + 1, k:m] if m > k else None, packed[..., m + 1 :, k:n] if n > k else None


def _outside(basis: Any, x: Any) -> Any:
    """Take away the part of x in the space of orthonormal columns."""
    return x - np.matmul(basis, np.matmul(adjoint(basis), x))


def _jvp(t: Any, ans: Any, full: bool) -> Any:
    m, n = t.shape[-2:]
    s, u, vc, more_u, more_v = _parts(ans, m, full)
    v = conjugate(vc)
    turned = np.matmul(np.matmul(adjoint(u), t), v)
    least = rounding_of(t)
    even = over_gaps_forwards(hermitian(turned), s, least)
    odd = over_gaps_forwards(0.5 * (turned - adjoint(turned)), s, least, "sum")
    du, dv = np.matmul(u, even + odd), np.matmul(v, even - odd)
    if m > n:
        du = du + over_gaps_forwards(_outside(u, np.matmul(t, v)), s, least, "one")
    if n > m:
        dv = dv + over_gaps_forwards(_outside(v, np.matmul(adjoint(t), u)), s, least, "one")
    ds = np.real(diagonal(turned))[..., None, :]
    dvc = conjugate(dv)
    du, dvc = _completed(du, u, more_u), _completed(dvc, vc, more_v)
    width = max(du.shape[-1], dvc.shape[-1])
    return np.concatenate([_widened(x, width) for x in (ds, du, dvc)], -2)


def _completed(change: Any, basis: Any, more: Any) -> Any:
    """Add the change of the columns that complete a basis: they stay orthogonal to it, and do not turn otherwise."""
    if more is None:
        return change
    return np.concatenate([change, -np.matmul(basis, np.matmul(adjoint(change), more))], -1)


def _gathered(g: Any, basis: Any, more: Any) -> Any:
    """Return the cotangent of a basis from that of a basis which `more` completes: the transpose of `_completed`."""
    if more is None:
        return g[..., : basis.shape[-1]]
    first, rest = g[..., : basis.shape[-1]], g[..., basis.shape[-1] : basis.shape[-1] + more.shape[-1]]
    return first - conjugate(np.matmul(more, np.matmul(transposed(rest), basis)))


def _vjp(g: Any, a: Any, ans: Any, full: bool) -> Any:
    m, n = a.shape[-2:]
    s, u, vc, more_u, more_v = _parts(ans, m, full)
    g_s = np.real(g[..., 0, : s.shape[-1]])
    g_u, g_v = _gathered(g[..., 1 : m + 1, :], u, more_u), _gathered(g[..., m + 1 :, :], vc, more_v)
    left, right = np.matmul(transposed(u), g_u), conjugate(np.matmul(transposed(vc), g_v))
    k = s.shape[-1]
    inner = over_gaps(left + right, ans, k) + over_gaps(left - right, ans, k, "sum")
    inner = inner + g_s[..., None, :] * np.eye(k, dtype=s.dtype)
    result = np.matmul(inner, adjoint(vc))
    if n > m:
        result = result + transposed(over_gaps(_outside(conjugate(vc), g_v), ans, k, "one", False))
    result = np.matmul(conjugate(u), result)
    if m > n:
        result = result + np.matmul(over_gaps(_outside(conjugate(u), g_u), ans, k, "one", False), adjoint(vc))
    return result


singular_triplets: Row = general(
    _singular_triplets, name="singular_triplets", signature="a, full=False",
    jvp={"a": lambda t, ans, full: _jvp(t, ans, full)}, vjp={"a": lambda g, a, ans, full: _vjp(g, a, ans, full)},
    domain=[
        case(separated(3, 3)), case(separated(4, 2)), case(separated(2, 4)), case(separated(5, 2, 3)),
        case(separated(3, 2), True), case(separated(2, 3), full=True), case(array(1, 1)),
    ],
)  # fmt: skip
singular_triplets.splits = SINGULAR_VALUES


@composite(
    np.linalg.svd,
    domain=[
        case(separated(3, 3)), case(separated(3, 2)), case(separated(5, 2, 3)), case(separated(4, 2), False),
        case(separated(4, 2, 4), full_matrices=False), case(separated(4, 2), compute_uv=False),
        case(symmetric(3, 3), hermitian=True), case(symmetric(4, 2, 2), compute_uv=False, hermitian=True),
    ],
)  # fmt: skip
def svd(a: Any, full_matrices: bool = True, compute_uv: bool = True, hermitian: bool = False) -> Any:
    a = asarray(a)
    if hermitian:
        return _svd_hermitian(a) if compute_uv else np.sort(np.absolute(np.linalg.eigvalsh(a)))[..., ::-1]
    m, n = a.shape[-2:]
    if not compute_uv:
        return svdvals(a)
    full = bool(full_matrices) and m != n
    packed = singular_triplets(a, full)
    k = min(m, n)
    u, v = packed[..., 1 : m + 1, : m if full else k], packed[..., m + 1 :, : n if full else k]
    return SVDResult(u, np.real(packed[..., 0, :k]), transposed(v))


def _svd_hermitian(a: Any) -> Any:
    """Take the sizes of the eigenvalues, the largest first; their signs go with the right vectors."""
    values, vectors = np.linalg.eigh(a)
    order = np.argsort(np.absolute(values))[..., ::-1]
    sign = np.copysign(1.0, np.take_along_axis(values, order, -1))
    u = np.take_along_axis(vectors, order[..., None, :], -1)
    s = np.take_along_axis(np.absolute(values), order, -1)
    return SVDResult(u, s, adjoint(u * sign[..., None, :]))


@composite(
    np.linalg.svdvals, complex=True,
    domain=[case(separated(3, 3)), case(separated(4, 2)), case(separated(5, 2, 3))],
    edges=[
        edge(np.eye(3), x=np.eye(3)), edge(np.diag([2.0, 2.0]), x=np.eye(2)),
    ],
)  # fmt: skip
def svdvals(x: Any, /) -> Any:
    x = asarray(x)
    return np.real(singular_triplets(x)[..., 0, : min(x.shape[-2:])])


constant(np.linalg.matrix_rank)


@composite(
    np.linalg.cond, complex=True,
    domain=[
        case(separated(3, 3)), case(separated(4, 2)), case(separated(4, 2, 2), -2), case(separated(3, 3), "fro"),
        case(separated(3, 3), 1), case(separated(3, 3), -1), case(separated(3, 3), np.inf),
        case(separated(3, 3), -np.inf), case(separated(3, 3), "nuc"), case(separated(4, 2, 2), 2),
    ],
    edges=[edge(np.array([[1.0, 2.0], [2.0, 4.0]]), 1, x=np.zeros((2, 2)))],
)  # fmt: skip
def cond(x: Any, p: Any = None) -> Any:
    """Divide by the smallest singular value, or multiply norms; of a singular matrix inf, which does not change."""
    x = asarray(x)
    if p is None or p in {2, -2}:
        s = np.linalg.svdvals(x)
        above, below = (s[..., -1], s[..., 0]) if p == -2 else (s[..., 0], s[..., -1])
        nothing = below == 0
        return np.where(nothing, np.inf, above / np.where(nothing, 1.0, below))
    singular = np.linalg.matrix_rank(x) < x.shape[-1]
    regular = np.where(singular[..., None, None], np.eye(x.shape[-1], dtype=x.dtype), x)
    product = np.linalg.norm(x, p, (-2, -1)) * np.linalg.norm(np.linalg.inv(regular), p, (-2, -1))
    return np.where(singular, np.inf, product)
