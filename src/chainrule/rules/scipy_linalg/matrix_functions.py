"""Functions of matrices.

The function of a block matrix [[a, t], [0, a]] has the derivative along t in its corner: R. Mathias, "A chain rule for
matrix functions and applications" (1996). It holds at repeated eigenvalues, for defective matrices too, and as often as
one likes. The transposed derivative at a is that at the transpose of a. The exponential has a faster way to its first
derivative: A. Al-Mohy and N. Higham, "Computing the Fréchet derivative of the matrix exponential" (2009).
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import scipy.linalg

from .._declare import composite, general
from .._domain import UNIT, Array, array, case, positive_definite, separated
from .._row import Row
from ..linalg import singular_triplets
from ..linalg._matrix import adjoint, hermitian
from ..products import transposed
from ..shape import asarray
from .equations import sylvester

__all__ = ["expm", "frechet"]


def _blocks(a: Any, t: Any) -> Any:
    """Return [[a, t], [0, a]]."""
    zero = np.zeros_like(t)
    above, below = np.concatenate([a + zero, t], -1), np.concatenate([zero, a + zero], -1)
    return np.concatenate([above, below], -2)


def _corner(a: Any) -> Any:
    n = a.shape[-1] // 2
    return a[..., :n, n:]


def _along(function: Callable[[Any], Any], a: Any, t: Any) -> Any:
    """Return the derivative of a function of a matrix along t."""
    return _corner(function(_blocks(a, t)))


# ---- Exponential and trigonometric functions -----------------------------------------------------------------------


def _frechet(a: Any, e: Any) -> Any:
    """Return the derivative of the exponential at a along e."""
    if a.ndim == e.ndim == 2 and a.size:
        return scipy.linalg.expm_frechet(a, e, compute_expm=False, check_finite=False)
    return _along(scipy.linalg.expm, a, e)


def _frechet_along(a: Any, e: Any, t: Any) -> Any:
    """Return the second derivative of the exponential at a along e and t."""
    zero = np.zeros_like(e)
    return _corner(frechet(_blocks(a, t), np.concatenate([np.concatenate([e, zero], -1),
                                                          np.concatenate([zero, e], -1)], -2)))  # fmt: skip


frechet: Row = general(
    _frechet, name="frechet", signature="a, e", complex=True,
    jvp={"a": lambda t, a, e: _frechet_along(a, e, t), "e": lambda t, a: frechet(a, t)},
    vjp={"a": lambda g, a, e: _frechet_along(transposed(a), transposed(e), g),
         "e": lambda g, a: frechet(transposed(a), g)},
    domain=[case(array(2, 2), array(2, 2)), case(array(2, 1, 1), array(2, 1, 1))],
)  # fmt: skip

expm: Row = general(
    scipy.linalg.expm, signature="A", complex=True,
    jvp={"A": lambda t, A: frechet(A, t)}, vjp={"A": lambda g, A: frechet(transposed(A), g)},
    domain=[case(array(3, 3)), case(array(2, 2, 2)), case(array(1, 1))],
)  # fmt: skip


@composite(
    scipy.linalg.expm_frechet, complex=True,
    domain=[case(array(2, 2), array(2, 2))],
)  # fmt: skip
def expm_frechet(A: Any, E: Any, method: Any = None, compute_expm: bool = True, check_finite: bool = True) -> Any:
    A, E = asarray(A), asarray(E)
    return (expm(A), frechet(A, E)) if compute_expm else frechet(A, E)


def _turning(a: Any) -> Any:
    """Return the exponential of i times a matrix."""
    return expm(a * np.result_type(a.dtype, np.complex64).type(1j))


@composite(scipy.linalg.cosm, complex=True, domain=[case(array(2, 2))])
def cosm(A: Any) -> Any:
    A = asarray(A)
    return 0.5 * (_turning(A) + _turning(-A)) if A.dtype.kind == "c" else np.real(_turning(A))


@composite(scipy.linalg.sinm, complex=True, domain=[case(array(2, 2))])
def sinm(A: Any) -> Any:
    A = asarray(A)
    return -0.5j * (_turning(A) - _turning(-A)) if A.dtype.kind == "c" else np.imag(_turning(A))


@composite(scipy.linalg.tanm, complex=True, domain=[case(array(2, 2, of=UNIT)), case(array(1, 1, of=UNIT))])
def tanm(A: Any) -> Any:
    return np.linalg.solve(cosm(A), sinm(A))


@composite(scipy.linalg.coshm, complex=True, domain=[case(array(2, 2))])
def coshm(A: Any) -> Any:
    return 0.5 * (expm(A) + expm(np.negative(A)))


@composite(scipy.linalg.sinhm, complex=True, domain=[case(array(2, 2))])
def sinhm(A: Any) -> Any:
    return 0.5 * (expm(A) - expm(np.negative(A)))


@composite(scipy.linalg.tanhm, complex=True, domain=[case(array(2, 2))])
def tanhm(A: Any) -> Any:
    return np.linalg.solve(coshm(A), sinhm(A))


NEGATIVE = Array((2, 2), UNIT, lambda a: (0.4 * a + np.diag([2.0, -3.0])).astype(a.dtype))

# ---- Logarithm and roots -------------------------------------------------------------------------------------------


def _logm(a: Any) -> Any:
    """Take the logarithm, of numbers in single precision in double: SciPy warns of the error of single precision."""
    if a.dtype.char not in "fF":
        return scipy.linalg.logm(a)
    result = scipy.linalg.logm(a.astype(np.result_type(a.dtype, np.float64)))
    return result.astype(np.result_type(np.float32, np.complex64 if result.dtype.kind == "c" else np.float32))


logm: Row = general(
    lambda A: _logm(A), name="logm", signature="A", complex=True, also=(scipy.linalg.logm,),
    jvp={"A": lambda t, A: _along(logm, A, t)}, vjp={"A": lambda g, A: _along(logm, transposed(A), g)},
    domain=[case(separated(2, 2)), case(separated(1, 1))],
)  # fmt: skip

# x x = a, so that the derivative solves a Sylvester equation.
sqrtm: Row = general(
    lambda A: scipy.linalg.sqrtm(A), name="sqrtm", signature="A", complex=True, also=(scipy.linalg.sqrtm,),
    jvp={"A": lambda t, ans: sylvester(ans, ans, t)},
    vjp={"A": lambda g, ans: sylvester(transposed(ans), transposed(ans), g)},
    domain=[case(separated(3, 3)), case(positive_definite(2, 2)), case(separated(1, 1))],
)  # fmt: skip


# SciPy calls the exponent t, which is what rules call a tangent.
matrix_root: Row = general(
    lambda a, p: scipy.linalg.fractional_matrix_power(a, p), name="matrix_root", signature="a, p", complex=True,
    jvp={"a": lambda t, a, p: _along(lambda x: matrix_root(x, p), a, t),
         "p": lambda t, a, ans: t * np.matmul(logm(a), ans)},
    vjp={"a": lambda g, a, p: _along(lambda x: matrix_root(x, p), transposed(a), g),
         "p": lambda g, a, ans: np.sum(g * np.matmul(logm(a), ans))},
    domain=[case(separated(2, 2), 0.4)],
)  # fmt: skip


@composite(
    scipy.linalg.fractional_matrix_power, complex=True,
    domain=[case(separated(1, 1), 0.5), case(separated(2, 2), 3)],
)  # fmt: skip
def fractional_matrix_power(A: Any, t: Any) -> Any:
    return np.linalg.matrix_power(A, t) if isinstance(t, int) else matrix_root(A, t)


@composite(scipy.linalg.signm, complex=True, domain=[case(separated(3, 3)), case(NEGATIVE)])
def signm(A: Any) -> Any:
    """Divide a matrix by the square root of its square."""
    A = asarray(A)
    return np.linalg.solve(sqrtm(np.matmul(A, A)), A)


@composite(
    scipy.linalg.polar, complex=True,
    domain=[case(separated(3, 3)), case(separated(4, 2)), case(separated(2, 3), side="left")],
)  # fmt: skip
def polar(a: Any, side: str = "right") -> Any:
    """Multiply the singular vectors; the other factor follows without dividing by differences of singular values."""
    a = asarray(a)
    if side not in ("right", "left"):
        msg = "`side` must be either 'right' or 'left'"
        raise ValueError(msg)
    packed, m = singular_triplets(a), a.shape[-2]
    u = np.matmul(packed[..., 1 : m + 1, :], transposed(packed[..., m + 1 :, :]))
    product = np.matmul(adjoint(u), a) if side == "right" else np.matmul(a, adjoint(u))
    return u, hermitian(product)
