"""Linear systems, inverses, powers and pseudo-inverses.

Formulas: M. Giles, "An extended collection of matrix derivative results" (2008); G. Golub and V. Pereyra, "The
differentiation of pseudo-inverses" (1973).
"""

from __future__ import annotations

import math
import operator
from typing import Any

import numpy as np

from .._declare import composite, general
from .._domain import UNIT, Array, array, case, invertible, separated, symmetric
from .._row import Row
from ..products import transposed
from ..shape import asarray
from ._matrix import adjoint, conjugate, mirrored

__all__ = ["pseudo_inverse", "solve_matrix"]

NOT_GIVEN: Any = np._NoValue


def spread_out(*shape: int) -> Array:
    """A random tensor that is an invertible matrix in other shape."""
    n = math.isqrt(math.prod(shape))
    return Array(shape, UNIT, lambda a: (a + 2.5 * np.eye(n).reshape(shape)).astype(a.dtype))


solve_matrix: Row = general(
    lambda a, b: np.linalg.solve(a, b), name="solve_matrix", signature="a, b", complex=True,
    jvp={"a": lambda t, ans, a: -solve_matrix(a, np.matmul(t, ans)), "b": lambda t, a: solve_matrix(a, t)},
    vjp={"a": lambda g, ans, a: -np.matmul(solve_matrix(transposed(a), g), transposed(ans)),
         "b": lambda g, a: solve_matrix(transposed(a), g)},
    domain=[
        case(invertible(3, 3), array(3, 2)), case(invertible(4, 2, 2), array(4, 2, 1)),
        case(invertible(2, 2), array(4, 2, 3)),
        case(invertible(4, 2, 2), array(2, 3)), case(np.eye(2), array(2, 2)), case(array(0, 0), array(0, 2)),
    ],
)  # fmt: skip


@composite(
    np.linalg.solve, complex=True,
    domain=[
        case(invertible(3, 3), array(3)), case(invertible(3, 3), array(3, 2)), case(invertible(4, 2, 2), array(2)),
        case(invertible(4, 2, 2), array(4, 2, 3)), case(invertible(2, 2), np.array([1.0, 2.0])),
    ],
)  # fmt: skip
def solve(a: Any, b: Any) -> Any:
    """Solve for vectors (`b` has one axis) or matrices."""
    b = asarray(b)
    return solve_matrix(a, b[:, None])[..., 0] if b.ndim == 1 else solve_matrix(a, b)


inv = general(
    np.linalg.inv, signature="a", complex=True,
    jvp={"a": lambda t, ans: -np.matmul(np.matmul(ans, t), ans)},
    vjp={"a": lambda g, ans: -np.matmul(np.matmul(transposed(ans), g), transposed(ans))},
    domain=[case(invertible(3, 3)), case(invertible(4, 2, 2)), case(invertible(1, 1)), case(array(0, 0))],
)  # fmt: skip


@composite(
    np.linalg.matrix_power, complex=True,
    domain=[
        case(array(2, 2), 5), case(array(2, 2), 1), case(array(2, 2), 0), case(invertible(2, 2), -3),
        case(array(4, 2, 2), 3),
    ],
)  # fmt: skip
def matrix_power(a: Any, n: int) -> Any:
    """Multiply repeated squares, those that the binary digits of `n` name."""
    a, n = asarray(a), operator.index(n)
    if n == 0:
        return np.zeros_like(a) + np.eye(a.shape[-1], dtype=a.dtype)
    if n < 0:
        a, n = np.linalg.inv(a), -n
    result = np.positive(a) if n % 2 else None
    while n := n // 2:
        a = np.matmul(a, a)
        if n % 2:
            result = a if result is None else np.matmul(result, a)
    return result


def _pinv_jvp(t: Any, a: Any, ans: Any) -> Any:
    """Golub and Pereyra (4.12): right wherever the rank is locally constant."""
    th, ph = adjoint(t), adjoint(ans)
    kernel = np.matmul(np.matmul(np.matmul(ans, ph), th), np.eye(a.shape[-2]) - np.matmul(a, ans))
    image = np.matmul(np.matmul(np.eye(a.shape[-1]) - np.matmul(ans, a), th), np.matmul(ph, ans))
    return kernel + image - np.matmul(np.matmul(ans, t), ans)


def _pinv_vjp(g: Any, a: Any, ans: Any) -> Any:
    gt, ph = transposed(g), adjoint(ans)
    kernel = np.matmul(np.matmul(np.eye(a.shape[-2]) - np.matmul(a, ans), gt), np.matmul(ans, ph))
    image = np.matmul(np.matmul(ph, ans), np.matmul(gt, np.eye(a.shape[-1]) - np.matmul(ans, a)))
    return conjugate(kernel + image) - np.matmul(np.matmul(transposed(ans), g), transposed(ans))


pseudo_inverse: Row = general(
    lambda a, cut: np.linalg.pinv(a, cut), name="pseudo_inverse", signature="a, cut=1e-15", complex=True,
    jvp={"a": lambda t, a, ans: _pinv_jvp(t, a, ans)}, vjp={"a": lambda g, a, ans: _pinv_vjp(g, a, ans)},
    domain=[case(separated(3, 2)), case(separated(2, 3)), case(invertible(2, 2)), case(separated(2, 3, 2))],
)  # fmt: skip


def _cut(a: Any, rtol: Any) -> Any:
    """Return which singular values count as 0, in units of the largest."""
    return max(a.shape[-2:]) * float(np.finfo(a.real.dtype).eps) if rtol is None else rtol


@composite(
    np.linalg.pinv, complex=True,
    domain=[case(separated(3, 2)), case(invertible(2, 2), 1e-10), case(separated(2, 3, 2), rtol=None),
            case(symmetric(3, 3), hermitian=True)],
)  # fmt: skip
def pinv(a: Any, rcond: Any = None, hermitian: bool = False, *, rtol: Any = NOT_GIVEN) -> Any:
    a = asarray(a)
    if rcond is not None and rtol is not NOT_GIVEN:
        msg = "`rtol` and `rcond` can't be both set."
        raise ValueError(msg)
    cut = _cut(a, rtol) if rtol is not NOT_GIVEN else 1e-15 if rcond is None else rcond
    return pseudo_inverse(mirrored(a, "L") if hermitian else a, cut)


@composite(
    np.linalg.lstsq, complex=True,
    domain=[case(separated(4, 2), array(4)), case(separated(2, 3), array(2, 2)), case(invertible(3, 3), array(3)),
            case(separated(4, 2), array(4, 3), 1e-10)],
)  # fmt: skip
def lstsq(a: Any, b: Any, rcond: Any = None) -> Any:
    """Solve by the pseudo-inverse; the rank is a constant, and there are residuals if it is full and a is tall."""
    a, b = asarray(a), asarray(b)
    m, n = a.shape
    cut = _cut(a, rcond)
    s = np.linalg.svdvals(a)
    rank = np.sum(s > cut * s[:1]).astype(np.int32)
    x = np.matmul(pseudo_inverse(a, cut), b)
    if rank == n < m:
        short = b - np.matmul(a, x)
        return x, np.atleast_1d(np.real(np.sum(conjugate(short) * short, axis=0))), rank, s
    return x, np.zeros(0, s.dtype), rank, s


@composite(
    np.linalg.tensorsolve, complex=True,
    domain=[
        case(spread_out(2, 3, 6), array(2, 3)), case(spread_out(4, 2, 2), array(4)),
    ],
)  # fmt: skip
def tensorsolve(a: Any, b: Any, axes: Any = None) -> Any:
    a, b = asarray(a), asarray(b)
    if axes is not None:
        last = [axis % a.ndim for axis in axes]
        a = np.transpose(a, [*(i for i in range(a.ndim) if i not in last), *last])
    shape = a.shape[-(a.ndim - b.ndim) :]
    return np.reshape(np.linalg.solve(np.reshape(a, (b.size, -1)), np.ravel(b)), shape)


@composite(
    np.linalg.tensorinv, complex=True,
    domain=[case(spread_out(2, 3, 6)), case(spread_out(4, 2, 2), ind=1), case(spread_out(2, 2, 4), 2)],
)  # fmt: skip
def tensorinv(a: Any, ind: int = 2) -> Any:
    a = asarray(a)
    if ind <= 0:
        msg = "Invalid ind argument."
        raise ValueError(msg)
    inverse = np.linalg.inv(np.reshape(a, (math.prod(a.shape[ind:]), -1)))
    return np.reshape(inverse, (*a.shape[ind:], *a.shape[:ind]))
