"""Triangular factors: Cholesky and QR."""

from __future__ import annotations

from typing import Any

import numpy as np

from ...errors import MissingRuleError, message
from .._declare import composite, general
from .._domain import array, case, edge, positive_definite, separated
from .._row import Row
from ..products import conjugate, transposed
from ..shape import asarray
from ._matrix import adjoint
from .systems import solve_matrix

__all__ = ["cholesky_lower", "orthogonal_triangular"]

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


# ---- QR ------------------------------------------------------------------------------------------------------------
#
# One row, whose result holds q above the transpose of r. Formulas: S. Walter, L. Lehmann and R. Lamour, "On evaluating
# higher-order derivatives of the QR decomposition of tall matrices with full column rank" (2012); for wide matrices
# the leading square part is factored and the other columns follow. The leading columns have to be independent.

QRResult = type(np.linalg.qr(np.eye(1)))


def _orthogonal_triangular(a: Any, complete: bool) -> Any:
    q, r = np.linalg.qr(a, "complete" if complete else "reduced")
    return np.concatenate([q, transposed(r)], -2)


def _skew(x: Any) -> Any:
    """Return the skew-Hermitian matrix with the strict lower triangle, and the imaginary diagonal, of x."""
    lower = _half_lower(x)
    return lower - adjoint(lower)


def _parts(packed: Any, m: int) -> tuple[Any, Any, Any, Any]:
    """Return q and r of the reduced factorisation, the leading square part of r, and what completes q."""
    n = packed.shape[-2] - m
    k = min(m, n)
    r = transposed(packed[..., m:, :k])
    return packed[..., :m, :k], r, r[..., :k], packed[..., :m, k:]


def _over(x: Any, r: Any) -> Any:
    """Divide by a matrix from the right."""
    return transposed(solve_matrix(transposed(r), transposed(x)))


def _qr_jvp(t: Any, ans: Any) -> Any:
    m, n = t.shape[-2:]
    q, r, lead, more = _parts(ans, m)
    scaled = _over(t[..., : lead.shape[-1]], lead)
    inner = np.matmul(adjoint(q), scaled)
    turn = _skew(inner)
    dr = np.triu(np.matmul(adjoint(q), t) - np.matmul(turn, r))
    dq = np.matmul(q, turn)
    if m > n:
        dq = dq + scaled - np.matmul(q, inner)
    if more.shape[-1]:
        dq = np.concatenate([dq, -np.matmul(q, np.matmul(adjoint(dq), more))], -1)
        dr = np.concatenate([dr, np.zeros_like(transposed(more)[..., :n])], -2)
    return np.concatenate([dq, transposed(dr)], -2)


def _qr_vjp(g: Any, a: Any, ans: Any) -> Any:
    m, n = a.shape[-2:]
    q, r, lead, more = _parts(ans, m)
    k = lead.shape[-1]
    g_q, g_r = g[..., :m, :k], np.triu(transposed(g[..., m:, :k]))
    if more.shape[-1]:
        g_q = g_q - conjugate(np.matmul(more, np.matmul(transposed(g[..., :m, k:]), q)))
    along = np.matmul(transposed(q), g_q)
    turn = along - np.matmul(g_r, transposed(r))
    scaled = np.matmul(conjugate(q), _half_lower(turn - adjoint(turn)))
    if m > n:
        scaled = scaled + g_q - np.matmul(conjugate(q), along)
    leading = transposed(solve_matrix(lead, transposed(scaled)))
    if n > k:
        leading = np.concatenate([leading, np.zeros_like(a[..., k:])], -1)
    return leading + np.matmul(conjugate(q), g_r)


orthogonal_triangular: Row = general(
    _orthogonal_triangular, name="orthogonal_triangular", signature="a, complete=False", complex=True,
    jvp={"a": lambda t, ans: _qr_jvp(t, ans)}, vjp={"a": lambda g, a, ans: _qr_vjp(g, a, ans)},
    domain=[
        case(separated(3, 3)), case(separated(4, 2)), case(separated(2, 4)), case(separated(5, 3, 2)),
        case(separated(2, 3), True),
    ],
)  # fmt: skip


@composite(
    np.linalg.qr, complex=True,
    domain=[
        case(separated(3, 3)), case(separated(4, 2)), case(separated(2, 4)), case(separated(5, 3, 2)),
        case(separated(4, 2), "r"), case(separated(2, 3), mode="complete"),
    ],
)  # fmt: skip
def qr(a: Any, mode: str = "reduced") -> Any:
    a = asarray(a)
    if mode not in ("reduced", "complete", "r"):
        raise MissingRuleError(message(f"qr has no derivative for mode={mode!r}.", "Take reduced, complete or r."))
    m = a.shape[-2]
    packed = orthogonal_triangular(a, mode == "complete")
    q, r = packed[..., :m, :], transposed(packed[..., m:, :])
    return np.triu(r) if mode == "r" else QRResult(q, r)
