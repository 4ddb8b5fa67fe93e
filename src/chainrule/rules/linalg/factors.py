"""Triangular factors: Cholesky and QR."""

from __future__ import annotations

from typing import Any

import numpy as np

from .._declare import composite, general
from .._domain import array, case, edge, positive_definite
from .._row import Row
from ..products import transposed
from ._matrix import adjoint
from .systems import solve_matrix

__all__ = ["cholesky_lower"]

# ---- Cholesky ------------------------------------------------------------------------------------------------------


def _half_lower(a: Any) -> Any:
    """Keep the lower triangle and half of the diagonal."""
    return 0.5 * (np.tril(a) + np.tril(a, -1))


def _cholesky_jvp(t: Any, ans: Any) -> Any:
    """Murray (8), for the Hermitian matrix whose lower triangle is `t`."""
    t = _half_lower(t)
    inner = solve_matrix(ans, adjoint(solve_matrix(ans, t + adjoint(t))))
    return np.matmul(ans, _half_lower(inner))


def _cholesky_vjp(g: Any, ans: Any) -> Any:
    """Murray (10): what falls on the upper triangle is added to the lower one, which alone is read."""
    inner = solve_matrix(transposed(ans), _half_lower(np.matmul(transposed(ans), g)))
    full = transposed(solve_matrix(adjoint(ans), transposed(inner)))
    return _half_lower(full + adjoint(full))


# NumPy reads the lower triangle only, and so the derivative by the upper triangle is 0 and that by an element below
# the diagonal counts its mirror image too. `np.linalg.cholesky((a + a.T) / 2)` has the symmetric derivative.
cholesky_lower: Row = general(
    lambda a: np.linalg.cholesky(a), name="cholesky_lower", signature="a", complex=True,
    jvp={"a": lambda t, ans: _cholesky_jvp(t, ans)}, vjp={"a": lambda g, ans: _cholesky_vjp(g, ans)},
    domain=[case(positive_definite(3, 3)), case(positive_definite(4, 2, 2)), case(positive_definite(1, 1)),
            case(array(0, 0))],
    edges=[edge(np.diag([4.0, 1.0]), a=np.array([[0.25, 0.0], [0.5, 0.5]]))],
)  # fmt: skip


@composite(
    np.linalg.cholesky, complex=True,
    domain=[case(positive_definite(3, 3)), case(positive_definite(3, 3), upper=True), case(positive_definite(4, 2, 2))],
)  # fmt: skip
def cholesky(a: Any, /, *, upper: bool = False) -> Any:
    """Factor a positive definite matrix, of which one triangle is read; the derivative by the other is 0."""
    return adjoint(cholesky_lower(adjoint(a))) if upper else cholesky_lower(a)
