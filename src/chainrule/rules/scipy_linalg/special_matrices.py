"""Matrices that are made of few numbers: which element stands where is written down once, as an array of places."""

from __future__ import annotations

from typing import Any

import numpy as np
import scipy.linalg

from ...errors import MissingRuleError, message
from .._declare import composite, constant
from .._domain import POSITIVE, array, case
from ..linalg._matrix import conjugate
from ..shape import asarray

__all__ = ["circulant", "toeplitz"]

constant(scipy.linalg.bandwidth, scipy.linalg.ishermitian, scipy.linalg.issymmetric)


def _vector(x: Any) -> Any:
    x = asarray(x)
    if x.ndim > 1:
        raise MissingRuleError(message("Matrices of several vectors have no derivative rule.", "Stack them yourself."))
    return np.reshape(x, (-1,))


@composite(
    scipy.linalg.toeplitz, complex=True, domain=[case(array(3)), case(array(3), array(2)), case(array(2), array(4))]
)
def toeplitz(c: Any, r: Any = None) -> Any:
    c = _vector(c)
    r = conjugate(c) if r is None else _vector(r)
    values = np.concatenate([c[::-1], r[1:]])
    return values[np.arange(c.shape[0])[::-1, None] + np.arange(r.shape[0])]


@composite(scipy.linalg.circulant, complex=True, domain=[case(array(3)), case(array(1))])
def circulant(c: Any) -> Any:
    c = _vector(c)
    n = c.shape[0]
    return c[(np.arange(n)[:, None] - np.arange(n)) % n]


@composite(scipy.linalg.hankel, complex=True, domain=[case(array(3)), case(array(3), array(2))])
def hankel(c: Any, r: Any = None) -> Any:
    c = _vector(c)
    r = np.zeros_like(c) if r is None else _vector(r)
    return np.concatenate([c, r[1:]])[np.arange(c.shape[0])[:, None] + np.arange(r.shape[0])]


@composite(scipy.linalg.companion, complex=True, domain=[case(array(4)), case(array(2))])
def companion(a: Any) -> Any:
    a = _vector(a)
    n = a.shape[0] - 1
    return np.concatenate([(-a[1:] / a[0])[None], np.eye(n - 1, n, dtype=a.dtype)])


def _fiedler_places(n: int) -> tuple[Any, Any]:
    """Return where ones and where the coefficients with a minus stand (M. Fiedler, 2003), 0 for nowhere."""
    ones, coefficients = np.zeros((n, n)), np.zeros((n, n), int)
    ones[range(3, n, 2), range(1, n - 2, 2)] = 1
    coefficients[range(2, n, 2), range(1, n - 1, 2)] = range(3, n + 1, 2)
    ones[range(0, n - 2, 2), range(2, n, 2)] = 1
    coefficients[range(0, n - 1, 2), range(1, n, 2)] = range(2, n + 1, 2)
    ones[1, 0], coefficients[0, 0] = 1, 1
    return ones, coefficients


@composite(
    scipy.linalg.fiedler_companion,
    complex=True,
    domain=[case(array(6, of=POSITIVE)), case(array(5, of=POSITIVE)), case(array(2, of=POSITIVE))],
)
def fiedler_companion(a: Any) -> Any:
    a = _vector(a)
    a = a / a[0]
    if a.shape[0] <= 2:
        return -a[1:, None]
    ones, coefficients = _fiedler_places(a.shape[0] - 1)
    return np.where(coefficients > 0, -a[coefficients], ones)


@composite(scipy.linalg.leslie, complex=True, domain=[case(array(3), array(2))])
def leslie(f: Any, s: Any) -> Any:
    f, s = _vector(f), _vector(s)
    below = np.concatenate([np.diag(s), np.zeros((s.shape[0], 1), s.dtype)], 1)
    return np.concatenate([f[None], below])


@composite(scipy.linalg.fiedler, domain=[case(array(3))])
def fiedler(a: Any) -> Any:
    a = _vector(a)
    return np.absolute(a[:, None] - a)


@composite(
    scipy.linalg.convolution_matrix, complex=True,
    domain=[case(array(3), 4), case(array(2), 3, "valid"), case(array(3), 4, mode="same")],
)  # fmt: skip
def convolution_matrix(a: Any, n: int, mode: str = "full") -> Any:
    a = _vector(a)
    m = a.shape[0]
    place = np.arange(m + n - 1)[:, None] - np.arange(n)
    full = np.where((place >= 0) & (place < m), a[np.clip(place, 0, m - 1)], 0.0)
    if mode == "full":
        return full
    start = min(m, n) - 1 if mode == "valid" else (min(m, n) - 1) // 2
    length = max(m, n) - min(m, n) + 1 if mode == "valid" else max(m, n)
    return full[start : start + length]


@composite(
    scipy.linalg.block_diag, complex=True,
    domain=[case(array(2, 2), array(1, 3)), case(array(2), array(2, 1)), case(array(2, 3))],
)  # fmt: skip
def block_diag(*arrs: Any) -> Any:
    """Put matrices on the diagonal; a vector is a matrix with one row."""
    blocks = [np.atleast_2d(asarray(x)) for x in arrs] or [np.zeros((1, 0))]
    width, rows, left = sum(x.shape[-1] for x in blocks), [], 0
    for x in blocks:
        right = width - left - x.shape[-1]
        around = [np.zeros((*x.shape[:-1], k), x.dtype) for k in (left, right)]
        rows.append(np.concatenate([around[0], x, around[1]], -1))
        left += x.shape[-1]
    return np.concatenate(rows, -2)


@composite(
    scipy.linalg.khatri_rao, complex=True, domain=[case(array(2, 3), array(4, 3)), case(array(1, 2), array(2, 2))]
)
def khatri_rao(a: Any, b: Any) -> Any:
    """Multiply columns by columns as `numpy.kron` does."""
    a, b = asarray(a), asarray(b)
    product = a[..., :, None, :] * b[..., None, :, :]
    return np.reshape(product, (*product.shape[:-3], a.shape[-2] * b.shape[-2], a.shape[-1]))


@composite(scipy.linalg.diagsvd, complex=True, domain=[case(array(2), 2, 3), case(array(2), 3, 2)])
def diagsvd(s: Any, M: int, N: int) -> Any:
    square = np.diag(_vector(s))
    lacking = np.zeros((M, N - square.shape[1]) if N > M else (M - square.shape[0], N), square.dtype)
    return np.concatenate([square, lacking], 1 if N > M else 0)
