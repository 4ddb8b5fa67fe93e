"""Determinants, at singular matrices too.

The gradient of det is the matrix of cofactors, det(a) inv(a)' where a is regular. The determinant is a polynomial, so
its derivatives exist at singular matrices too: there, the singular values give them without a division. Formulas: K.
Petersen and M. Pedersen, "The Matrix Cookbook" (2012).
"""

from __future__ import annotations

from typing import Any

import numpy as np

from .._declare import composite, constant, general
from .._domain import array, case, edge, invertible
from .._row import Row
from .._table import lookup
from ..products import transposed
from ..shape import asarray
from ._matrix import adjoint
from .systems import solve_matrix

__all__ = ["SlogdetResult", "cofactors", "cofactors_slope", "logdet"]


def _products_of_others(s: Any) -> Any:
    """For each number along the last axis, multiply all the others."""
    ones = np.ones((*s.shape[:-1], 1), s.dtype)
    before = np.cumprod(np.concatenate([ones, s[..., :-1]], -1), -1)
    after = np.cumprod(np.concatenate([ones, s[..., :0:-1]], -1), -1)[..., ::-1]
    return before * after


def _singular(a: Any) -> tuple[Any, Any, Any, Any]:
    """Return u, s, v' of the singular value decomposition, and the determinant of u v'."""
    u, s, vh = np.linalg.svd(a)
    return u, s, vh, (np.linalg.det(u) * np.linalg.det(vh))[..., None, None]


def _cofactors(a: Any) -> Any:
    a = np.asarray(a)
    try:
        inverse = np.linalg.inv(a)
        size = np.abs(a).sum(-1).max(-1, initial=0.0) * np.abs(inverse).sum(-1).max(-1, initial=0.0)
        if not np.any(size > 1e5):
            return np.linalg.det(a)[..., None, None] * transposed(inverse)
    except np.linalg.LinAlgError:
        pass
    u, s, vh, sign = _singular(a)
    return sign * np.matmul(np.conj(u) * _products_of_others(s)[..., None, :], np.conj(vh))


def _cofactors_slope(a: Any, d: Any) -> Any:
    """Return the derivative of the cofactors along `d`.

    With ``a = u s v'`` and ``e = u' d v``, the adjugate of ``diag(s) + e`` is, to first order in ``e``: off the
    diagonal ``-e[i, j]`` times the product of the s other than i and j, and on it the sum over k of ``e[k, k]`` times
    the product of the s other than i and k.
    """
    a, d = np.broadcast_arrays(a, d)
    u, s, vh, sign = _singular(a)
    e = np.matmul(np.matmul(adjoint(u), d), adjoint(vh))
    n = s.shape[-1]
    rest = _products_of_others(np.where(np.eye(n, dtype=bool), 1.0, s[..., None, :])) * (1 - np.eye(n))
    on_diagonal = np.matmul(rest, np.diagonal(e, 0, -2, -1)[..., None])
    slope = np.eye(n) * on_diagonal - rest * e
    return sign * transposed(np.matmul(np.matmul(adjoint(vh), slope), adjoint(u)))


def _cofactors_curve(a: Any, s: Any, t: Any) -> Any:
    """Return the second derivative of the cofactors along `s` and `t`, at a regular matrix."""
    x = np.linalg.inv(a)
    xs, xt = np.matmul(x, s), np.matmul(x, t)
    xsx, xtx = np.matmul(xs, x), np.matmul(xt, x)
    cross = np.matmul(xs, xtx) + np.matmul(xt, xsx)
    both = _trace(xs) * _trace(xt) - _trace(np.matmul(xs, xt))
    inner = both * x - _trace(xt) * xsx - _trace(xs) * xtx + cross
    return np.linalg.det(a)[..., None, None] * transposed(inner)


def _trace(a: Any) -> Any:
    return np.trace(a, axis1=-2, axis2=-1)[..., None, None]


# These are the derivatives of one function, so each is symmetric in its directions: a vjp is a jvp.
cofactors_slope: Row = general(
    _cofactors_slope, name="cofactors_slope", signature="a, d", complex=True,
    jvp={"a": lambda t, a, d: _cofactors_curve(a, t, d), "d": lambda t, a: cofactors_slope(a, t)},
    vjp={"a": lambda g, a, d: _cofactors_curve(a, g, d), "d": lambda g, a: cofactors_slope(a, g)},
    domain=[case(invertible(3, 3), array(3, 3)), case(invertible(4, 2, 2), array(4, 2, 2)),
            case(invertible(1, 1), array(1, 1))],
)  # fmt: skip

cofactors: Row = general(
    _cofactors, name="cofactors", signature="a", complex=True,
    jvp={"a": lambda t, a: cofactors_slope(a, t)}, vjp={"a": lambda g, a: cofactors_slope(a, g)},
    domain=[case(invertible(3, 3)), case(invertible(4, 2, 2)), case(array(2, 2)), case(array(1, 1))],
    edges=[edge(np.zeros((2, 2)), a=np.array([[1.0, -1.0], [-1.0, 1.0]])), edge(np.zeros((3, 3)), a=np.zeros((3, 3)))],
)  # fmt: skip

det = general(
    np.linalg.det, signature="a", complex=True,
    jvp={"a": lambda t, a: np.sum(cofactors(a) * t, axis=(-2, -1))},
    vjp={"a": lambda g, a: g[..., None, None] * cofactors(a)},
    domain=[case(array(3, 3)), case(array(4, 2, 2)), case(array(1, 1)), case(array(0, 0))],
    edges=[
        edge(np.array([[1.0, 2.0], [2.0, 4.0]]), a=np.array([[4.0, -2.0], [-2.0, 1.0]])),
        edge(np.zeros((3, 3)), a=np.zeros((3, 3))), edge(np.diag([2.0, 3.0, 0.0]), a=np.diag([0.0, 0.0, 6.0])),
    ],
)  # fmt: skip


def _logdet(a: Any) -> Any:
    sign, logarithm = np.linalg.slogdet(a)
    return logarithm if np.isrealobj(sign) else logarithm + 1j * np.angle(sign)


def sign_of_det(a: Any) -> Any:
    """Return the sign of the determinant."""
    return np.linalg.slogdet(a)[0]


constant(sign_of_det)

# The logarithm of det; of its absolute value, for real matrices. Its derivative exists at regular matrices only.
logdet: Row = general(
    _logdet, name="logdet", signature="a", complex=True,
    jvp={"a": lambda t, a: np.trace(solve_matrix(a, t), axis1=-2, axis2=-1)},
    vjp={"a": lambda g, a: g[..., None, None] * transposed(np.linalg.inv(a))},
    domain=[case(invertible(3, 3)), case(invertible(4, 2, 2)), case(invertible(1, 1))],
)  # fmt: skip

SlogdetResult = type(np.linalg.slogdet(np.eye(1)))


@composite(np.linalg.slogdet, complex=True, domain=[case(invertible(3, 3)), case(invertible(4, 2, 2))])
def slogdet(a: Any) -> Any:
    """Return the sign of the determinant and the logarithm of its absolute value; a real sign is a constant."""
    a = asarray(a)
    logarithm, sign = logdet(a), lookup(sign_of_det)(a)
    if a.dtype.kind != "c":
        return SlogdetResult(sign, logarithm)
    turn = np.where(sign == 0, 0.0, np.exp(np.imag(logarithm) * 1j))
    return SlogdetResult(turn, np.real(logarithm))
