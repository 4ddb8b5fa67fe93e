"""Triangular systems, and Cholesky and LU factors with the systems that they solve.

Formulas: M. Giles, "An extended collection of matrix derivative results" (2008); for LU, F. de Hoog, R. Anderssen and
M. Lukas, "Differentiation of matrix functionals using triangular factorization" (2011).
"""

from __future__ import annotations

from typing import Any

import numpy as np
import scipy.linalg

from .._declare import composite, constant, general
from .._domain import array, case, invertible, positive_definite, separated
from .._row import Row
from .._table import lookup
from ..linalg import cholesky_lower
from ..linalg._matrix import adjoint, conjugate
from ..products import transposed
from ..shape import asarray

__all__ = ["packed_lu", "solve_lower"]


def by_columns(solve: Any, a: Any, b: Any) -> Any:
    """Solve for a vector, which has one axis, as for a matrix with one column."""
    b = asarray(b)
    return solve(a, b[:, None])[..., 0] if b.ndim == 1 else solve(a, b)


def _solve_lower(a: Any, b: Any) -> Any:
    if a.ndim == b.ndim == 2:
        return scipy.linalg.solve_triangular(a, b, lower=True, check_finite=False)
    return np.linalg.solve(np.tril(a), b)


def _solve_upper(a: Any, b: Any) -> Any:
    """Solve with the transpose of a lower triangular matrix."""
    return solve_lower(a[..., ::-1, ::-1].swapaxes(-1, -2), b[..., ::-1, :])[..., ::-1, :]


# Back substitution, in a matrix whose lower triangle is read. An upper triangular matrix is one with its rows and
# columns in reverse order, so one row does for both.
solve_lower: Row = general(
    _solve_lower, name="solve_lower", signature="a, b", complex=True,
    jvp={"a": lambda t, ans, a: -solve_lower(a, np.matmul(np.tril(t), ans)), "b": lambda t, a: solve_lower(a, t)},
    vjp={"a": lambda g, ans, a: -np.tril(np.matmul(_solve_upper(a, g), transposed(ans))),
         "b": lambda g, a: _solve_upper(a, g)},
    domain=[case(invertible(3, 3), array(3, 2)), case(invertible(4, 2, 2), array(4, 2, 1))],
)  # fmt: skip


def substituted(a: Any, b: Any, lower: Any) -> Any:
    """Solve with one triangle of a matrix."""
    return solve_lower(a, b) if lower else solve_lower(a[..., ::-1, ::-1], b[..., ::-1, :])[..., ::-1, :]


def _with_unit_diagonal(a: Any) -> Any:
    eye = np.eye(a.shape[-1], dtype=a.real.dtype)
    return a * (1 - eye) + eye


@composite(
    scipy.linalg.solve_triangular, complex=True,
    domain=[
        case(invertible(3, 3), array(3)), case(invertible(3, 3), array(3, 2), lower=True),
        case(invertible(3, 3), array(3, 2), 1, True), case(invertible(2, 2), array(2), "C"),
        case(invertible(3, 3), array(3), unit_diagonal=True),
    ],
)  # fmt: skip
def solve_triangular(
    a: Any, b: Any, trans: Any = 0, lower: bool = False, unit_diagonal: bool = False, overwrite_b: bool = False,
    check_finite: bool = True,
) -> Any:  # fmt: skip
    a = asarray(a)
    if unit_diagonal:
        a = _with_unit_diagonal(a)
    if trans in (2, "C"):
        a = conjugate(a)
    if trans not in (0, "N"):
        a, lower = transposed(a), not lower
    return by_columns(lambda a, b: substituted(a, b, lower), a, b)


# ---- Cholesky ------------------------------------------------------------------------------------------------------


@composite(
    scipy.linalg.cholesky, complex=True,
    domain=[case(positive_definite(3, 3)), case(positive_definite(3, 3), lower=True), case(positive_definite(4, 2, 2))],
)  # fmt: skip
def cholesky(a: Any, lower: bool = False, overwrite_a: bool = False, check_finite: bool = True) -> Any:
    """Factor a positive definite matrix; SciPy reads the upper triangle unless told otherwise."""
    return cholesky_lower(a) if lower else adjoint(cholesky_lower(adjoint(asarray(a))))


@composite(
    scipy.linalg.cho_factor, complex=True,
    domain=[case(positive_definite(3, 3)), case(positive_definite(3, 3), lower=True)],
)  # fmt: skip
def cho_factor(a: Any, lower: bool = False, overwrite_a: bool = False, check_finite: bool = True) -> Any:
    """Factor for `cho_solve`, which does not read the other triangle; SciPy leaves that of the matrix there."""
    a = asarray(a)
    return cholesky(a, lower) + (np.triu(a, 1) if lower else np.tril(a, -1)), lower


@composite(
    scipy.linalg.cho_solve, complex=True,
    domain=[case((invertible(3, 3), True), array(3)), case((invertible(3, 3), False), array(3, 2))],
)  # fmt: skip
def cho_solve(c_and_lower: Any, b: Any, overwrite_b: bool = False, check_finite: bool = True) -> Any:
    c, lower = c_and_lower
    first, second = (c, adjoint(asarray(c))) if lower else (adjoint(asarray(c)), c)
    return by_columns(lambda _, b: substituted(second, substituted(first, b, True), False), None, b)


# ---- LU ------------------------------------------------------------------------------------------------------------


def _pivots(a: Any) -> tuple[Any, Any, Any]:
    """Return the order that pivoting gives to the rows, and the factors."""
    p, lower, upper = scipy.linalg.lu(a, p_indices=True, check_finite=False)
    return np.argsort(p, axis=-1), lower, upper


def row_order(a: Any) -> Any:
    """Return the order that pivoting gives to the rows of a matrix."""
    return _pivots(np.asarray(a))[0]


constant(row_order)


def _packed_lu(a: Any, order: Any) -> Any:
    """Return the unit lower triangular factor below the upper triangular one."""
    _, lower, upper = _pivots(a)
    m, n = a.shape[-2:]
    k = min(m, n)
    packed = np.tril(lower, -1)
    if n > k:
        return np.concatenate([packed + upper[..., :k], upper[..., k:]], -1)
    return np.concatenate([packed[..., :k, :] + upper, packed[..., k:, :]], -2)


def _unpacked(packed: Any) -> tuple[Any, Any]:
    m, n = packed.shape[-2:]
    k = min(m, n)
    return np.tril(packed[..., :k], -1) + np.eye(m, k, dtype=packed.real.dtype), np.triu(packed[..., :k, :])


def _rearranged(a: Any, order: Any) -> Any:
    return np.take_along_axis(a, order[..., None], -2)


def _packed_lu_jvp(t: Any, ans: Any, order: Any) -> Any:
    m, n = t.shape[-2:]
    k = min(m, n)
    lower, upper = _unpacked(ans)
    top, square = lower[..., :k, :], upper[..., :k]
    t = _rearranged(t, order)
    inner = solve_lower(top, t[..., :k, :k])
    inner = transposed(solve_lower(transposed(square), transposed(inner)))
    d_square = np.matmul(np.triu(inner), square)
    result = np.matmul(top, np.tril(inner, -1)) + d_square
    if m > k:
        below = t[..., k:, :] - np.matmul(lower[..., k:, :], d_square)
        below = transposed(solve_lower(transposed(square), transposed(below)))
        return np.concatenate([result, below], -2)
    if n > k:
        beside = t[..., k:] - np.matmul(np.matmul(top, np.tril(inner, -1)), upper[..., k:])
        return np.concatenate([result, solve_lower(top, beside)], -1)
    return result


def _packed_lu_vjp(g: Any, ans: Any, order: Any) -> Any:
    m, n = ans.shape[-2:]
    k = min(m, n)
    lower, upper = _unpacked(ans)
    top, square = lower[..., :k, :], upper[..., :k]
    g_lower, g_upper = np.tril(g[..., :k, :k], -1), np.triu(g[..., :k, :k])
    rest: Any = None
    if m > k:
        rest = _over_upper(g[..., k:, :], square)
        g_upper = g_upper - np.matmul(transposed(lower[..., k:, :]), rest)
    if n > k:
        rest = _solve_upper(top, g[..., k:])
        g_lower = g_lower - np.matmul(rest, transposed(upper[..., k:]))
    inner = np.triu(np.matmul(g_upper, transposed(square))) + np.tril(np.matmul(transposed(top), g_lower), -1)
    result = _over_upper(_solve_upper(top, inner), square)
    if rest is not None:
        result = np.concatenate([result, rest], -2 if m > k else -1)
    return _rearranged(result, np.argsort(order, axis=-1))


def _over_upper(x: Any, upper: Any) -> Any:
    """Divide from the right by the transpose of an upper triangular matrix."""
    return transposed(substituted(upper, transposed(x), False))


packed_lu: Row = general(
    _packed_lu, name="packed_lu", signature="a, order", complex=True, discrete=("order",),
    jvp={"a": lambda t, ans, order: _packed_lu_jvp(t, ans, order)},
    vjp={"a": lambda g, ans, order: _packed_lu_vjp(g, ans, order)},
    domain=[
        case(invertible(3, 3), np.array([0, 1, 2])), case(separated(4, 2), np.arange(4)),
        case(separated(2, 4), np.arange(2)),
    ],
)  # fmt: skip


@composite(
    scipy.linalg.lu, complex=True,
    domain=[case(separated(3, 3)), case(separated(4, 2)), case(separated(2, 4), True),
            case(separated(3, 3), p_indices=True)],
)  # fmt: skip
def lu(
    a: Any, permute_l: bool = False, overwrite_a: bool = False, check_finite: bool = True, p_indices: bool = False
) -> Any:
    a = asarray(a)
    order = lookup(row_order)(a)
    lower, upper = _unpacked(packed_lu(a, order))
    places = np.argsort(order, axis=-1)
    if permute_l:
        return _rearranged(lower, places), upper
    eye = np.eye(a.shape[-2], dtype=a.real.dtype)
    return (places if p_indices else eye[places]), lower, upper


@composite(
    scipy.linalg.lu_factor, complex=True, domain=[case(separated(3, 3)), case(separated(4, 2))],
)  # fmt: skip
def lu_factor(a: Any, overwrite_a: bool = False, check_finite: bool = True) -> Any:
    a = asarray(a)
    order = lookup(row_order)(a)
    return packed_lu(a, order), _exchanges(order, min(a.shape[-2:]))


def _exchanges(order: Any, count: int) -> Any:
    """Return with which row each row is exchanged in turn, to bring rows into an order."""
    rows, result = list(range(len(order))), []
    for i, row in enumerate(order[:count]):
        j = rows.index(row)
        rows[i], rows[j] = rows[j], rows[i]
        result.append(j)
    return np.array(result, np.int32)


def _order_after(exchanges: Any) -> Any:
    rows = list(range(len(exchanges)))
    for i, j in enumerate(exchanges):
        rows[i], rows[j] = rows[j], rows[i]
    return np.array(rows)


@composite(
    scipy.linalg.lu_solve, complex=True,
    domain=[
        case((invertible(3, 3), np.array([2, 1, 2])), array(3)),
        case((invertible(3, 3), np.array([1, 1, 2])), array(3, 2), 1),
        case((invertible(2, 2), np.array([1, 1])), array(2), trans=2),
    ],
)  # fmt: skip
def lu_solve(lu_and_piv: Any, b: Any, trans: int = 0, overwrite_b: bool = False, check_finite: bool = True) -> Any:
    packed, exchanges = lu_and_piv
    order = _order_after(exchanges)

    def solve(packed: Any, b: Any) -> Any:
        lower = _with_unit_diagonal(packed)
        if not trans:
            return substituted(packed, substituted(lower, b[order], True), False)
        turn = transposed if trans == 1 else adjoint
        return substituted(turn(lower), substituted(turn(packed), b, True), False)[np.argsort(order)]

    return by_columns(solve, asarray(packed), b)
