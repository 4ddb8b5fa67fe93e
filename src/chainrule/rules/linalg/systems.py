"""Linear systems, inverses, powers and pseudo-inverses.

Formulas: M. Giles, "An extended collection of matrix derivative results" (2008); G. Golub and V. Pereyra, "The
differentiation of pseudo-inverses" (1973).
"""

from __future__ import annotations

import operator
from typing import Any

import numpy as np

from .._declare import composite, general
from .._domain import array, case, invertible
from .._row import Row
from ..products import transposed
from ..shape import asarray
from ._matrix import adjoint, conjugate

__all__ = ["solve_matrix"]

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


pinv = general(
    np.linalg.pinv, signature="a, rcond=None, hermitian=False", complex=True,
    jvp={"a": lambda t, a, ans: _pinv_jvp(t, a, ans)}, vjp={"a": lambda g, a, ans: _pinv_vjp(g, a, ans)},
    domain=[case(array(3, 2)), case(array(2, 3)), case(invertible(2, 2)), case(array(2, 3, 2))],
)  # fmt: skip
