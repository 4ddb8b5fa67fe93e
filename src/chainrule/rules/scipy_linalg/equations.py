"""Linear and quadratic matrix equations.

The derivative of a Sylvester equation solves the same equation with another right-hand side; that of a Riccati
equation is a Lyapunov equation for the system with feedback. Formulas: T.-C. Kao and G. Hennequin, "Automatic
differentiation of Sylvester, Lyapunov, and algebraic Riccati equations" (2020).
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import scipy.linalg

from ...errors import MissingRuleError, message
from .._declare import composite, general
from .._domain import array, case, invertible, positive_definite
from .._row import Row
from ..linalg._matrix import adjoint, conjugate, hermitian
from ..products import transposed
from ..shape import asarray

__all__ = ["sylvester"]

# ---- Sylvester and Lyapunov equations ------------------------------------------------------------------------------


def _sylvester_turned(a: Any, b: Any, g: Any) -> Any:
    return sylvester(transposed(a), transposed(b), g)


# a x + x b = q
sylvester: Row = general(
    scipy.linalg.solve_sylvester, name="solve_sylvester", signature="a, b, q", complex=True,
    jvp={"a": lambda t, a, b, ans: -sylvester(a, b, np.matmul(t, ans)),
         "b": lambda t, a, b, ans: -sylvester(a, b, np.matmul(ans, t)),
         "q": lambda t, a, b: sylvester(a, b, t)},
    vjp={"a": lambda g, a, b, ans: -np.matmul(_sylvester_turned(a, b, g), transposed(ans)),
         "b": lambda g, a, b, ans: -np.matmul(transposed(ans), _sylvester_turned(a, b, g)),
         "q": lambda g, a, b: _sylvester_turned(a, b, g)},
    domain=[case(invertible(3, 3), invertible(2, 2), array(3, 2)),
            case(invertible(1, 1), invertible(2, 2), array(1, 2))],
)  # fmt: skip


@composite(
    scipy.linalg.solve_continuous_lyapunov, complex=True, also=(scipy.linalg.solve_lyapunov,),
    domain=[case(invertible(3, 3), array(3, 3))],
)  # fmt: skip
def solve_continuous_lyapunov(a: Any, q: Any) -> Any:
    """Solve ``a x + x a' = q``."""
    a = asarray(a)
    return sylvester(a, adjoint(a), q)


@composite(
    scipy.linalg.solve_discrete_lyapunov, complex=True,
    domain=[case(array(3, 3), array(3, 3)), case(array(2, 2), array(2, 2), method="bilinear")],
)  # fmt: skip
def solve_discrete_lyapunov(a: Any, q: Any, method: Any = None) -> Any:
    """Solve ``a x a' - x + q = 0``, for small matrices as one system, for others by the bilinear transformation."""
    a, q = asarray(a), asarray(q)
    n = a.shape[0]
    eye = np.eye(n, dtype=a.real.dtype)
    if method == "direct" or (method is None and n < 10):
        system = np.eye(n * n, dtype=a.real.dtype) - np.kron(a, conjugate(a))
        return np.reshape(np.linalg.solve(system, np.ravel(q)), (n, n))
    turned = np.linalg.inv(adjoint(a) + eye)
    b = np.matmul(adjoint(a) - eye, turned)
    right = 2 * np.matmul(np.matmul(np.linalg.inv(a + eye), q), turned)
    return sylvester(adjoint(b), b, -right)


# ---- Riccati equations ---------------------------------------------------------------------------------------------


def _with_adjoint(x: Any) -> Any:
    return x + adjoint(x)


def _continuous(a: Any, b: Any, r: Any, x: Any) -> tuple[Any, Any]:
    """Return the gain, and the matrix of the system that it controls."""
    gain = np.linalg.solve(hermitian(r), np.matmul(adjoint(b), x))
    return gain, a - np.matmul(b, gain)


def _by_lyapunov(closed: Any, change: Any) -> Any:
    return sylvester(adjoint(closed), closed, -change)


def _continuous_by_b(t: Any, a: Any, b: Any, r: Any, x: Any) -> Any:
    gain, closed = _continuous(a, b, r, x)
    return _by_lyapunov(closed, -_with_adjoint(np.matmul(np.matmul(x, t), gain)))


def _continuous_by_r(t: Any, a: Any, b: Any, r: Any, x: Any) -> Any:
    gain, closed = _continuous(a, b, r, x)
    return _by_lyapunov(closed, np.matmul(np.matmul(adjoint(gain), hermitian(t)), gain))


# a' x + x a - x b inv(r) b' x + q = 0
continuous_riccati: Row = general(
    lambda a, b, q, r: scipy.linalg.solve_continuous_are(a, b, hermitian(q), hermitian(r)),
    name="continuous_riccati", signature="a, b, q, r", complex=True,
    jvp={"a": lambda t, a, b, r, ans: _by_lyapunov(_continuous(a, b, r, ans)[1], _with_adjoint(np.matmul(ans, t))),
         "b": lambda t, a, b, r, ans: _continuous_by_b(t, a, b, r, ans),
         "q": lambda t, a, b, r, ans: _by_lyapunov(_continuous(a, b, r, ans)[1], hermitian(t)),
         "r": lambda t, a, b, r, ans: _continuous_by_r(t, a, b, r, ans)},
    domain=[case(array(2, 2), array(2, 2), positive_definite(2, 2), positive_definite(2, 2))],
)  # fmt: skip


def _discrete(a: Any, b: Any, r: Any, x: Any) -> tuple[Any, Any]:
    weighted = np.matmul(adjoint(b), x)
    gain = np.linalg.solve(hermitian(r) + np.matmul(weighted, b), np.matmul(weighted, a))
    return gain, a - np.matmul(b, gain)


def _discrete_change(a: Any, b: Any, r: Any, x: Any, change: Callable[[Any, Any], Any]) -> Any:
    gain, closed = _discrete(a, b, r, x)
    return solve_discrete_lyapunov(adjoint(closed), change(gain, closed))


def _through(closed: Any, x: Any, t: Any) -> Any:
    return _with_adjoint(np.matmul(np.matmul(adjoint(closed), x), t))


# a' x a - x - a' x b inv(r + b' x b) b' x a + q = 0
discrete_riccati: Row = general(
    lambda a, b, q, r: scipy.linalg.solve_discrete_are(a, b, hermitian(q), hermitian(r)),
    name="discrete_riccati", signature="a, b, q, r", complex=True,
    jvp={"a": lambda t, a, b, r, ans: _discrete_change(a, b, r, ans, lambda k, c: _through(c, ans, t)),
         "b": lambda t, a, b, r, ans: _discrete_change(a, b, r, ans, lambda k, c: -_through(c, ans, np.matmul(t, k))),
         "q": lambda t, a, b, r, ans: _discrete_change(a, b, r, ans, lambda k, c: hermitian(t)),
         "r": lambda t, a, b, r, ans: _discrete_change(
             a, b, r, ans, lambda k, c: np.matmul(np.matmul(adjoint(k), hermitian(t)), k))},
    domain=[case(array(2, 2), array(2, 2), positive_definite(2, 2), positive_definite(2, 2))],
)  # fmt: skip


def _refuse_general(e: Any, s: Any) -> None:
    if e is not None or s is not None:
        raise MissingRuleError(message("Riccati equations with e or s have no derivative rule.", "Reduce them first."))


@composite(
    scipy.linalg.solve_continuous_are, complex=True,
    domain=[case(array(2, 2), array(2, 1), np.eye(2), np.eye(1))],
)  # fmt: skip
def solve_continuous_are(a: Any, b: Any, q: Any, r: Any, e: Any = None, s: Any = None, balanced: bool = True) -> Any:
    _refuse_general(e, s)
    return continuous_riccati(asarray(a), asarray(b), asarray(q), asarray(r))


@composite(
    scipy.linalg.solve_discrete_are, complex=True, domain=[case(array(2, 2), array(2, 1), np.eye(2), np.eye(1))],
)  # fmt: skip
def solve_discrete_are(a: Any, b: Any, q: Any, r: Any, e: Any = None, s: Any = None, balanced: bool = True) -> Any:
    _refuse_general(e, s)
    return discrete_riccati(asarray(a), asarray(b), asarray(q), asarray(r))
