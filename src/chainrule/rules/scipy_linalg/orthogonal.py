"""SciPy's orthogonal factors, and what is said with them: products, rotations, angles between spaces."""

from __future__ import annotations

from typing import Any

import numpy as np
import scipy.linalg

from ...errors import MissingRuleError, message
from .._declare import composite, constant
from .._domain import array, case, separated
from .._table import lookup
from ..linalg import orthogonal_triangular
from ..linalg._matrix import adjoint, conjugate
from ..products import transposed
from ..shape import asarray
from .matrix_functions import polar

__all__: list[str] = []


@composite(
    scipy.linalg.qr, complex=True,
    domain=[case(separated(3, 3)), case(separated(4, 2), mode="economic"), case(separated(2, 3)),
            case(separated(4, 2), mode="r"), case(separated(3, 3), pivoting=True)],
)  # fmt: skip
def qr(
    a: Any, overwrite_a: bool = False, lwork: Any = None, mode: str = "full", pivoting: bool = False,
    check_finite: bool = True,
) -> Any:  # fmt: skip
    """Factor with the columns in the order that pivoting gives them, which is a constant."""
    a = asarray(a)
    if mode not in ("full", "economic", "r"):
        text = message(f"scipy.linalg.qr has no derivative for mode={mode!r}.", "Take full, economic or r.")
        raise MissingRuleError(text)
    more: tuple[Any, ...] = ()
    if pivoting:
        order = lookup(column_order)(a)
        a, more = a[..., order], (order,)
    m = a.shape[-2]
    packed = orthogonal_triangular(a, mode != "economic")
    q, r = packed[..., :m, :], np.triu(transposed(packed[..., m:, :]))
    return (r, *more) if mode == "r" else (q, r, *more)


def column_order(a: Any) -> Any:
    """Return the order in which pivoting takes the columns of a matrix."""
    return scipy.linalg.qr(np.asarray(a), mode="r", pivoting=True)[1]


constant(column_order)


@composite(
    scipy.linalg.rq, complex=True,
    domain=[case(separated(3, 3)), case(separated(4, 2), mode="economic"), case(separated(2, 3), mode="economic"),
            case(separated(2, 3), mode="r")],
)  # fmt: skip
def rq(a: Any, overwrite_a: bool = False, lwork: Any = None, mode: str = "full", check_finite: bool = True) -> Any:
    """Factor the matrix with its rows and its columns in reverse order, and take adjoints."""
    a = asarray(a)
    if mode not in ("full", "economic", "r"):
        msg = "Mode argument should be one of ['full', 'r', 'economic']"
        raise ValueError(msg)
    n = a.shape[-1]
    packed = orthogonal_triangular(adjoint(a[..., ::-1, ::-1]), mode != "economic")
    q, r = adjoint(packed[..., :n, :])[..., ::-1, ::-1], conjugate(packed[..., n:, :])[..., ::-1, ::-1]
    return r if mode == "r" else (r, q)


@composite(
    scipy.linalg.qr_multiply, complex=True,
    domain=[case(separated(3, 3), array(2, 3)), case(separated(4, 2), array(2, 3), "left"),
            case(separated(4, 2), array(4), conjugate=True), case(separated(3, 3), array(3), "left", True)],
)  # fmt: skip
def qr_multiply(
    a: Any, c: Any, mode: str = "right", pivoting: bool = False, conjugate: bool = False, overwrite_a: bool = False,
    overwrite_c: bool = False,
) -> Any:  # fmt: skip
    """Multiply a matrix or vector by q, from the right or from the left."""
    q, *rest = qr(a, mode="economic", pivoting=pivoting)
    q = np.conj(q) if conjugate else q
    return (np.matmul(c, q) if mode == "right" else np.matmul(q, c), *rest)


@composite(scipy.linalg.orthogonal_procrustes, complex=True, domain=[case(separated(3, 2), separated(3, 2))])
def orthogonal_procrustes(A: Any, B: Any, check_finite: bool = True) -> Any:
    """Return the unitary polar factor of ``A' B``, and the sum of its singular values."""
    product = np.matmul(adjoint(asarray(A)), asarray(B))
    return polar(product)[0], np.linalg.norm(product, "nuc")


@composite(
    scipy.linalg.subspace_angles, complex=True,
    domain=[case(separated(4, 2), array(4, 2)), case(array(4, 1), separated(4, 2)), case(separated(4, 2), array(4, 1))],
)  # fmt: skip
def subspace_angles(A: Any, B: Any) -> Any:
    """Take the larger angles by their cosines and the smaller ones by their sines (Knyazev and Argentati, 2002).

    The columns of each matrix have to be independent.
    """
    first, second = np.linalg.qr(A).Q, np.linalg.qr(B).Q
    if first.shape[1] < second.shape[1]:
        first, second = second, first
    along = np.matmul(adjoint(first), second)
    cosines = np.linalg.svdvals(along)[::-1]
    sines = np.linalg.svdvals(second - np.matmul(first, along))
    large = cosines**2 < 0.5
    by_sine = np.arcsin(np.where(large, 0.0, sines))
    return np.where(large, np.arccos(np.where(large, cosines, 0.0)), by_sine)
