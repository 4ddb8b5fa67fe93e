"""Systems of structured matrices, and least squares."""

from __future__ import annotations

import operator
from typing import Any

import numpy as np
import scipy.linalg

from ...errors import MissingRuleError, message
from .._declare import composite, general
from .._domain import UNIT, Array, array, case, invertible, positive_definite, separated
from .._row import Row
from ..linalg import cholesky_lower, pseudo_inverse
from ..linalg._matrix import adjoint, conjugate, mirrored
from ..products import transposed
from ..shape import asarray
from .special_matrices import circulant, toeplitz
from .triangular import cho_solve

__all__ = ["banded_solution"]

BAND = Array((3, 4), UNIT, lambda a: (a + 2.5 * (np.arange(3) == 1)[:, None]).astype(a.dtype))
BAND_ABOVE = Array((3, 4), UNIT, lambda a: (a.real + 6.0 * (np.arange(3) == 2)[:, None]).astype(a.dtype))
BAND_BELOW = Array((3, 4), UNIT, lambda a: (a.real + 6.0 * (np.arange(3) == 0)[:, None]).astype(a.dtype))
SPIKE = Array((3,), UNIT, lambda a: (a + 4.0 * (np.arange(3) == 0)).astype(a.dtype))

# ---- Matrices of one structure -------------------------------------------------------------------------------------


def _structured(a: Any, structure: Any, lower: bool) -> Any:
    """Return what SciPy reads of a matrix that has a structure."""
    uplo = "L" if lower else "U"
    if structure in (None, "gen", "general"):
        return a
    if structure in ("her", "hermitian", "pos", "positive definite"):
        return mirrored(a, uplo)
    if structure in ("sym", "symmetric"):
        half = np.tril(a) if lower else np.triu(a)
        return half + transposed(half) * (1 - np.eye(a.shape[-1], dtype=a.real.dtype))
    if structure in ("upper triangular", "lower triangular"):
        return np.triu(a) if structure[0] == "u" else np.tril(a)
    if structure in ("diagonal", "tridiagonal", "banded"):
        width = {"diagonal": 0, "tridiagonal": 1, "banded": a.shape[-1]}[structure]
        return np.tril(np.triu(a, -width), width)
    msg = f"{structure} is not a recognized matrix structure"
    raise ValueError(msg)


@composite(
    scipy.linalg.solve, complex=True,
    domain=[
        case(invertible(3, 3), array(3)), case(invertible(3, 3), array(3, 2), assume_a="gen"),
        case(invertible(3, 3), array(3), assume_a="sym"), case(positive_definite(3, 3), array(3, 2), assume_a="pos"),
        case(invertible(3, 3), array(3), True, assume_a="her"),
        case(invertible(3, 3), array(3), assume_a="tridiagonal"),
        case(invertible(3, 3), array(3), assume_a="upper triangular"),
    ],
)  # fmt: skip
def solve(
    a: Any, b: Any, lower: bool = False, overwrite_a: bool = False, overwrite_b: bool = False,
    check_finite: bool = True, assume_a: Any = None, transposed: bool = False,
) -> Any:  # fmt: skip
    """Solve a system; what lies outside of the structure that is assumed is not read, and has the derivative 0."""
    a = _structured(asarray(a), assume_a, lower)
    return np.linalg.solve(np.swapaxes(a, -1, -2) if transposed else a, b)


@composite(
    scipy.linalg.inv, complex=True, domain=[case(invertible(3, 3)), case(invertible(3, 3), assume_a="sym", lower=True)],
)  # fmt: skip
def inv(
    a: Any, overwrite_a: bool = False, check_finite: bool = True, *, assume_a: Any = None, lower: bool = False
) -> Any:
    return np.linalg.inv(_structured(asarray(a), assume_a, lower))


@composite(scipy.linalg.det, complex=True, domain=[case(array(3, 3)), case(array(4, 2, 2))])
def det(a: Any, overwrite_a: bool = False, check_finite: bool = True) -> Any:
    return np.linalg.det(a)


@composite(
    scipy.linalg.lstsq, complex=True,
    domain=[case(separated(4, 2), array(4)), case(separated(2, 3), array(2, 2)), case(separated(4, 2), array(4, 3))],
)  # fmt: skip
def lstsq(
    a: Any, b: Any, cond: Any = None, overwrite_a: bool = False, overwrite_b: bool = False, check_finite: bool = True,
    lapack_driver: Any = None,
) -> Any:  # fmt: skip
    """Solve by the pseudo-inverse; the rank is a constant, and there are residuals if it is full and a is tall."""
    a, b = asarray(a), asarray(b)
    m, n = a.shape
    cut = float(np.finfo(a.real.dtype).eps) if cond is None else cond
    s = np.linalg.svdvals(a)
    rank = int(np.sum(s > cut * s[:1]))
    x = np.matmul(pseudo_inverse(a, cut), b)
    residues = np.zeros(0, x.dtype)
    if rank == n < m:
        short = b - np.matmul(a, x)
        residues = np.real(np.sum(conjugate(short) * short, axis=0))
    return x, residues, rank, s


# ---- Banded matrices -----------------------------------------------------------------------------------------------
#
# Row u + i - j of `ab` holds the element (i, j) of the matrix, in column j.


def _band_transposed(ab: Any, below: int, above: int) -> Any:
    """Return the band of the transpose: each diagonal moves along by its distance from the main one."""
    n = ab.shape[-1]
    offset = np.arange(above, -below - 1, -1)
    column = np.arange(n) + offset[:, None]
    rows = np.arange(above + below + 1)[:, None]
    moved = np.where((column >= 0) & (column < n), ab[rows, np.clip(column, 0, n - 1)], 0.0)
    return moved[::-1]


def _band_product(ab: Any, x: Any, below: int, above: int) -> Any:
    """Multiply a banded matrix by one without a band, a diagonal at a time."""
    n = x.shape[0]
    total = np.zeros_like(x)
    for d in range(-above, below + 1):
        if abs(d) < n:
            part = ab[above + d, max(0, -d) : n - max(0, d), None] * x[max(0, -d) : n - max(0, d)]
            zeros = np.zeros_like(x[: abs(d)])
            total = total + np.concatenate([zeros, part] if d > 0 else [part, zeros])
    return total


def _band_of_product(left: Any, right: Any, below: int, above: int) -> Any:
    """Return the band of ``left right'``."""
    n = left.shape[0]
    row = np.arange(n) + np.arange(-above, below + 1)[:, None]
    inside = (row >= 0) & (row < n)
    return np.where(inside, np.sum(left[np.clip(row, 0, n - 1)] * right, axis=-1), 0.0)


def _banded_solution(ab: Any, b: Any, below: int, above: int) -> Any:
    return scipy.linalg.solve_banded((below, above), ab, b, check_finite=False)


def _solve_turned(ab: Any, g: Any, below: int, above: int) -> Any:
    return banded_solution(_band_transposed(ab, below, above), g, above, below)


def _banded_change(t: Any, ab: Any, ans: Any, below: int, above: int) -> Any:
    return -banded_solution(ab, _band_product(t, ans, below, above), below, above)


def _banded_pull(g: Any, ab: Any, ans: Any, below: int, above: int) -> Any:
    return -_band_of_product(_solve_turned(ab, g, below, above), ans, below, above)


banded_solution: Row = general(
    _banded_solution, name="banded_solution", signature="ab, b, below, above", complex=True,
    jvp={"ab": lambda t, ab, ans, below, above: _banded_change(t, ab, ans, below, above),
         "b": lambda t, ab, below, above: banded_solution(ab, t, below, above)},
    vjp={"ab": lambda g, ab, ans, below, above: _banded_pull(g, ab, ans, below, above),
         "b": lambda g, ab, below, above: _solve_turned(ab, g, below, above)},
    domain=[case(BAND, array(4, 2), 1, 1), case(BAND, array(4, 2), 2, 0), case(BAND, array(4, 2), 0, 2)],
)  # fmt: skip


@composite(
    scipy.linalg.solve_banded, complex=True, domain=[case((1, 1), BAND, array(4)), case((1, 1), BAND, array(4, 2))],
)  # fmt: skip
def solve_banded(
    l_and_u: Any, ab: Any, b: Any, overwrite_ab: bool = False, overwrite_b: bool = False, check_finite: bool = True
) -> Any:
    below, above = map(operator.index, l_and_u)
    ab, b = asarray(ab), asarray(b)
    return banded_solution(ab, b, below, above) if b.ndim > 1 else banded_solution(ab, b[:, None], below, above)[:, 0]


@composite(
    scipy.linalg.solveh_banded, complex=True,
    domain=[case(BAND_ABOVE, array(4)), case(BAND_BELOW, array(4, 2), lower=True)],
)  # fmt: skip
def solveh_banded(
    ab: Any, b: Any, overwrite_ab: bool = False, overwrite_b: bool = False, lower: bool = False,
    check_finite: bool = True,
) -> Any:  # fmt: skip
    ab = asarray(ab)
    width = ab.shape[0] - 1
    if lower:
        above = conjugate(_band_transposed(ab, width, 0))[:width]
        full = np.concatenate([above, np.real(ab[:1]) + 0 * ab[:1], ab[1:]])
    else:
        below = conjugate(_band_transposed(ab, 0, width))[1:]
        full = np.concatenate([ab[:width], np.real(ab[width:]) + 0 * ab[width:], below])
    return solve_banded((width, width), full, b)


@composite(
    scipy.linalg.solve_toeplitz, complex=True,
    domain=[case((SPIKE, array(3)), array(3)), case(SPIKE, array(3, 2))],
)  # fmt: skip
def solve_toeplitz(c_or_cr: Any, b: Any, check_finite: bool = True) -> Any:
    """Solve with the whole matrix, at the cost of one without structure."""
    c, r = c_or_cr if isinstance(c_or_cr, tuple) else (c_or_cr, None)
    return np.linalg.solve(toeplitz(c, r), b)


@composite(
    scipy.linalg.matmul_toeplitz, complex=True,
    domain=[case((array(3), array(3)), array(3)), case(array(3), array(3, 2))],
)  # fmt: skip
def matmul_toeplitz(c_or_cr: Any, x: Any, check_finite: bool = False, workers: Any = None) -> Any:
    c, r = c_or_cr if isinstance(c_or_cr, tuple) else (c_or_cr, None)
    return np.matmul(toeplitz(c, r), x)


@composite(scipy.linalg.solve_circulant, complex=True, domain=[case(SPIKE, array(3)), case(SPIKE, array(3, 2))])
def solve_circulant(
    c: Any, b: Any, singular: str = "raise", tol: Any = None, caxis: int = -1, baxis: int = 0, outaxis: int = 0
) -> Any:
    c, b = asarray(c), asarray(b)
    if c.ndim != 1 or singular != "raise" or (caxis, baxis, outaxis) != (-1, 0, 0):
        raise MissingRuleError(
            message("solve_circulant has a derivative for one vector c only.", "Solve with circulant(c) instead.")
        )
    return np.linalg.solve(circulant(c), b)


def _dense(ab: Any, below: int, above: int) -> Any:
    """Write out a banded matrix."""
    n = ab.shape[-1]
    row = above + np.arange(n)[:, None] - np.arange(n)
    inside = (row >= 0) & (row < below + above + 1)
    return np.where(inside, ab[np.clip(row, 0, below + above), np.arange(n)], 0.0)


@composite(
    scipy.linalg.cholesky_banded, complex=True, domain=[case(BAND_ABOVE), case(BAND_BELOW, lower=True)],
)  # fmt: skip
def cholesky_banded(ab: Any, overwrite_ab: bool = False, lower: bool = False, check_finite: bool = True) -> Any:
    """Factor the whole matrix, and take the band of the factor; SciPy leaves what lies outside of it as it was."""
    ab = asarray(ab)
    width, n = ab.shape[0] - 1, ab.shape[1]
    if lower:
        factor = cholesky_lower(_dense(ab, width, 0))
        row = np.arange(n) + np.arange(width + 1)[:, None]
    else:
        factor = adjoint(cholesky_lower(adjoint(_dense(ab, 0, width))))
        row = np.arange(n) - np.arange(width, -1, -1)[:, None]
    return np.where((row >= 0) & (row < n), factor[np.clip(row, 0, n - 1), np.arange(n)], ab)


@composite(
    scipy.linalg.cho_solve_banded, complex=True,
    domain=[case((BAND_ABOVE, False), array(4)), case((BAND_BELOW, True), array(4, 2))],
)  # fmt: skip
def cho_solve_banded(cb_and_lower: Any, b: Any, overwrite_b: bool = False, check_finite: bool = True) -> Any:
    cb, lower = cb_and_lower
    cb = asarray(cb)
    width = cb.shape[0] - 1
    factor = _dense(cb, width, 0) if lower else _dense(cb, 0, width)
    return cho_solve((factor, lower), b)
