"""Polynomials as NumPy's older functions know them: arrays of coefficients, the highest power first."""

from __future__ import annotations

import operator
from typing import Any

import numpy as np

from ..errors import MissingRuleError, message
from ._declare import composite, constant, general
from ._domain import NONZERO, POSITIVE, REAL, UNIT, Array, array, case, edge
from ._row import Row
from ._table import lookup
from .convolution import convolution
from .creation import assembled

__all__: list[str] = []


def _coefficients(p: Any) -> Any:
    p = p.coeffs if isinstance(p, np.poly1d) else assembled(p)
    return np.reshape(p, (1,)) if np.ndim(p) == 0 else p


def leading_zeros(p: Any) -> Any:
    """Return how many coefficients before the first one that is not zero."""
    nonzero = np.flatnonzero(p)
    return int(nonzero[0]) if nonzero.size else len(p)


def trailing_zeros(p: Any) -> Any:
    """Return how many coefficients after the last one that is not zero."""
    return leading_zeros(p[::-1])


constant(leading_zeros, trailing_zeros)

# ---- Values, sums and products -------------------------------------------------------------------------------------

_ADDED = [case(array(3), array(3)), case(array(2), array(4)), case(array(4), array(2)), case(array(2), [1.0, 2.0, 3.0])]


@composite(
    np.polyval, complex=True,
    domain=[case(array(4), array()), case(array(3), array(2, 3)), case([2.0, -1.0, 3.0], array(3)),
            case(array(3), np.array([1.0, 2.0])), case(array(1), array(2))],
)  # fmt: skip
def polyval(p: Any, x: Any) -> Any:
    """Horner's scheme; also where `x` is a polynomial, whose polynomial it then returns."""
    p = assembled(p)
    x = x if isinstance(x, np.poly1d) else assembled(x)
    y: Any = np.poly1d(0) if isinstance(x, np.poly1d) else np.zeros_like(x)
    for i in range(len(p)):
        y = y * x + p[i]
    return y


def _padded(p: Any, length: int) -> Any:
    return np.concatenate([np.zeros(length - p.shape[0], p.dtype), p]) if length > p.shape[0] else p


def _aligned(a1: Any, a2: Any) -> tuple[Any, Any]:
    a1, a2 = _coefficients(a1), _coefficients(a2)
    length = max(a1.shape[0], a2.shape[0])
    return _padded(a1, length), _padded(a2, length)


@composite(np.polyadd, complex=True, domain=_ADDED)
def polyadd(a1: Any, a2: Any) -> Any:
    a1, a2 = _aligned(a1, a2)
    return a1 + a2


@composite(np.polysub, complex=True, domain=_ADDED)
def polysub(a1: Any, a2: Any) -> Any:
    a1, a2 = _aligned(a1, a2)
    return a1 - a2


@composite(
    np.polymul, complex=True, domain=_ADDED,
    edges=[edge(np.array([0.0, 1.0]), np.array([1.0, 2.0]), a1=np.array([2.0, 3.0]), a2=np.array([1.0, 1.0]))],
)  # fmt: skip
def polymul(a1: Any, a2: Any) -> Any:
    """Convolve; NumPy leaves out leading coefficients of zero, which still move the coefficients that remain."""
    a1, a2 = _coefficients(a1), _coefficients(a2)
    skipped = [lookup(leading_zeros)(a) for a in (a1, a2)]
    if skipped[0] == a1.shape[0] or skipped[1] == a2.shape[0]:
        return convolution(a1, a2, "full")[a1.shape[0] + a2.shape[0] - 2 :]
    return convolution(a1, a2, "full")[sum(skipped) :]


def _divisor(length: int) -> Array:
    """A random polynomial that starts with 2, by which numbers are divided without rounding."""
    return Array((length,), REAL, lambda p: np.concatenate([np.full(1, 2.0, p.dtype), p[1:]]))


@composite(
    np.polydiv, complex=True,
    domain=[case(array(4), _divisor(2)), case(array(3), _divisor(3)), case(array(2), _divisor(3)),
            case(array(5), np.array([2.0, 1.0, -1.0]))],
)  # fmt: skip
def polydiv(u: Any, v: Any) -> Any:
    """Divide by hand: each step takes a multiple of the divisor off the front of the remainder."""
    u, v = _coefficients(u) + 0.0, _coefficients(v) + 0.0
    steps, n = u.shape[0] - v.shape[0] + 1, v.shape[0] - 1
    scale, quotient, front = 1.0 / v[0], [], []
    rest = u + 0.0 * v[0]
    for _ in range(steps):
        factor = scale * rest[0]
        quotient.append(factor)
        front.append(rest[0] - factor * v[0])  # zero, but for rounding
        rest = np.concatenate([rest[1 : n + 1] - factor * v[1:], rest[n + 1 :]])
    rest = np.concatenate([np.stack(front), rest]) if front else rest
    start = 0
    while start < rest.shape[0] - 1 and np.allclose(rest[start], 0, rtol=1e-14):
        start += 1
    return np.stack(quotient) if quotient else np.zeros(1, rest.dtype), rest[start:]


@composite(np.polyder, complex=True, domain=[case(array(4)), case(array(4), 2), case(array(2), 3), case(array(3), 0)])
def polyder(p: Any, m: Any = 1) -> Any:
    p, m = _coefficients(p), operator.index(m)
    if m < 0:
        msg = "Order of derivative must be positive (see polyint)"
        raise ValueError(msg)
    for _ in range(m):
        p = p[:-1] * np.arange(p.shape[0] - 1, 0, -1)
    return p


@composite(
    np.polyint, complex=True,
    domain=[case(array(3)), case(array(3), 2), case(array(3), 1, array()), case(array(2), 2, array(2)),
            case(array(2), 0)],
)  # fmt: skip
def polyint(p: Any, m: Any = 1, k: Any = None) -> Any:
    p, m = _coefficients(p), operator.index(m)
    if m < 0:
        msg = "Order of integral must be positive (see polyder)"
        raise ValueError(msg)
    constants = np.zeros(m) if k is None else _coefficients(k)
    if constants.shape[0] == 1 and m > 1:
        constants = np.ones(m) * constants
    if constants.shape[0] < m:
        msg = "k must be a scalar or a rank-1 array of length 1 or >m."
        raise ValueError(msg)
    for i in range(m):
        p = np.concatenate([p / np.arange(p.shape[0], 0, -1), constants[i : i + 1]])
    return p


# ---- Powers, fits, roots -------------------------------------------------------------------------------------------


@composite(np.vander, complex=True, domain=[case(array(3)), case(array(3), 4), case(array(2), 3, increasing=True)])
def vander(x: Any, N: int | None = None, increasing: bool = False) -> Any:
    x = assembled(x)
    powers = np.arange(x.shape[0] if N is None else N)
    return np.power(x[:, None], powers if increasing else powers[::-1]).astype(np.result_type(x.dtype, int))


def column_lengths(a: Any) -> Any:
    """Return the lengths of a matrix's columns: any other scale gives the same fit, so it has no derivative."""
    return np.sqrt((a * a).sum(axis=0))


constant(column_lengths)
_ABSCISSAE = np.array([-1.0, -0.4, 0.1, 0.8, 1.5, 2.0])


@composite(
    np.polyfit,
    domain=[case(array(6), array(6), 1), case(_ABSCISSAE, array(6), 2), case(_ABSCISSAE, array(6, 2), 1),
            case(_ABSCISSAE, array(6), 2, w=array(6, of=POSITIVE)), case(_ABSCISSAE, array(6), 1, cov=True),
            case(_ABSCISSAE, array(6), 1, cov="unscaled"), case(_ABSCISSAE, array(6, 2), 2, w=array(6, of=POSITIVE))],
)  # fmt: skip
def polyfit(x: Any, y: Any, deg: Any, rcond: Any = None, full: bool = False, w: Any = None, cov: Any = False) -> Any:
    """Fit by least squares, with the columns of powers scaled to length one."""
    if full or np.ndim(deg):
        raise MissingRuleError(
            message("np.polyfit has no derivative rule for full=True nor for a sequence of degrees.",
                    "Give one degree, and write the residuals with np.polyval.")
        )  # fmt: skip
    x, y = assembled(x) + 0.0, assembled(y) + 0.0
    powers, weights = np.vander(x, operator.index(deg) + 1), None if w is None else assembled(w) + 0.0
    if weights is not None:
        powers = powers * weights[:, None]
        y = np.transpose(np.transpose(y) * weights)
    scale = lookup(column_lengths)(powers)
    rcond = x.shape[0] * np.finfo(x.dtype).eps if rcond is None else rcond
    inverse = np.linalg.pinv(powers / scale, rcond) / scale[:, None]
    found = np.matmul(inverse, y)
    return (found, _covariance(powers, y, found, inverse, cov)) if cov else found


def _covariance(powers: Any, y: Any, found: Any, inverse: Any, cov: Any) -> Any:
    """Return the covariance of the coefficients: (A'A)^-1 is the product of the pseudo-inverse with its transpose."""
    base = np.matmul(inverse, np.transpose(inverse))
    freedom = powers.shape[0] - powers.shape[1]
    if cov == "unscaled":
        factor: Any = 1.0
    elif freedom <= 0:
        msg = "the number of data points must exceed order to scale the covariance matrix"
        raise ValueError(msg)
    else:
        factor = np.sum(np.square(y - np.matmul(powers, found)), axis=0) / freedom
    return base * factor if np.ndim(y) == 1 else base[:, :, None] * factor


def _series_of_inverse(q: Any, length: int) -> Any:
    """Return the first terms of the power series of 1 / q, whose coefficients are given from the lowest."""
    terms = [1.0 / q[0]]
    for k in range(1, length):
        low = [q[j] * terms[k - j] for j in range(1, min(k, q.shape[0] - 1) + 1)]
        terms.append(-terms[0] * sum(low))
    return np.stack(terms)


def _root_slopes(p: Any, ans: Any) -> Any:
    """Return the derivative of each root by each coefficient: minus its power of the root, divided by p'(root).

    The roots that are exactly zero, m of them at the end, come from m coefficients of zero. A small change splits them
    in directions that depend on it, but moves their mean smoothly: each is given the derivative of the mean, which is
    the residue of t / p at zero divided by -m, for a change t of the polynomial p.
    """
    zeros = lookup(trailing_zeros)(p)
    n = ans.shape[0] - zeros
    r = ans[:n]
    others = -np.vander(r, p.shape[0]) / np.polyval(np.polyder(p), r)[:, None]
    if not zeros:
        return others
    series = _series_of_inverse(p[: p.shape[0] - zeros][::-1], zeros)
    at_zero = np.concatenate([np.zeros(p.shape[0] - zeros, series.dtype), series]) / -zeros
    return np.concatenate([others, np.broadcast_to(at_zero, (zeros, p.shape[0]))])


def _quadratic() -> Array:
    """A random polynomial x**2 + ... with two real roots, one of each sign."""
    return Array((3,), UNIT, lambda p: p + np.array([2.0, 0.0, -4.0]).astype(p.dtype))


_roots: Row = general(
    np.roots, signature="p", complex=True,
    jvp={"p": lambda t, p, ans: np.matmul(_root_slopes(p, ans), t)},
    vjp={"p": lambda g, p, ans: np.matmul(g, _root_slopes(p, ans))},
    domain=[case(_quadratic()), case(np.array([4.0, 1.0, -16.0, 2.0])), case(array(2, of=NONZERO))],
    edges=[edge(np.array([1.0, 0.0]), p=np.array([0.0, -1.0])),
           edge(np.array([1.0, 0.0, 0.0]), p=np.array([0.0, -1.0, 0.0])),
           edge(np.array([1.0, -1.0, 0.0, 0.0]), p=np.array([-1.0, -1.0, 0.0, 0.0])),
           edge(np.array([0.0, 2.0, -4.0]), p=np.array([-2.0, -1.0, -0.5]))],
)  # fmt: skip


def _characteristic(a: Any) -> Any:
    """Return the characteristic polynomial by Faddeev and Le Verrier, smooth where eigenvalues are repeated."""
    n = a.shape[0]
    coefficients, m = [np.ones((), a.dtype)], np.eye(n, dtype=a.dtype)
    for k in range(1, n + 1):
        product = np.matmul(a, m)
        coefficients.append(-np.trace(product) / k)
        m = product + coefficients[-1] * np.eye(n, dtype=a.dtype)
    return np.stack(coefficients)


def in_pairs(seq: Any) -> Any:
    """Tell whether each complex number comes with its conjugate."""
    return np.array_equal(np.sort_complex(seq), np.sort_complex(np.conj(seq)))


constant(in_pairs)


@composite(np.poly, complex=True, domain=[case(array(3)), case(array(1)), case(array(2, 2)), case(array(3, 3))])
def poly(seq_of_zeros: Any) -> Any:
    """Multiply (x - zero) for each zero; a square matrix stands for its eigenvalues."""
    zeros = assembled(seq_of_zeros)
    if np.ndim(zeros) == 2 and zeros.shape[0] == zeros.shape[1] and zeros.shape[0]:
        return _characteristic(zeros)
    if np.ndim(zeros) != 1:
        msg = "input must be 1d or non-empty square 2d array."
        raise ValueError(msg)
    result: Any = np.ones(1, zeros.dtype)
    for i in range(zeros.shape[0]):
        factor = np.stack([np.ones((), zeros.dtype), -zeros[i]])
        result = convolution(result, factor, "full")
    if zeros.dtype.kind == "c" and lookup(in_pairs)(zeros):
        return np.real(result)
    return result
