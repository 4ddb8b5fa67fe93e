"""The gamma function and its relatives. Derivatives: DLMF 5.2, 5.5 and 5.15."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from scipy import special

from .._declare import composite, constant, elementwise
from .._domain import POSITIVE, Domain, array, case, edge
from .._row import Row
from ._parts import counts

__all__ = ["polygamma", "polygamma_difference"]

constant(special.gammasgn)

_BERNOULLI = [1 / 6, -1 / 30, 1 / 42, -1 / 30, 5 / 66, -691 / 2730, 7 / 6, -3617 / 510, 43867 / 798, -174611 / 330]
_SHIFT = 18.0  # from here on the asymptotic series (DLMF 5.15.8) has full precision


def _tail(n: int, z: Any) -> Any:
    """Sum the asymptotic series of the n-th derivative of digamma, n > 0, for a large argument."""
    inverse = 1 / z
    total = math.factorial(n - 1) + math.factorial(n) * inverse / 2
    for k, b in enumerate(_BERNOULLI, 1):
        total = total + b * math.factorial(2 * k + n - 1) / math.factorial(2 * k) * inverse ** (2 * k)
    return (-1) ** (n - 1) * total * inverse**n


def _complex_polygamma(n: int, z: Any) -> Any:
    """Add up the recurrence (DLMF 5.15.5) as far as the asymptotic series needs, for complex numbers."""
    z = np.array(z, np.complex128)
    total = np.zeros(z.shape, np.complex128)
    while np.any(low := (z.real < _SHIFT) & (np.abs(z.imag) < _SHIFT)):
        total = total + np.where(low, (-1) ** (n + 1) * math.factorial(n) / np.where(low, z, 1) ** (n + 1), 0)
        z = np.where(low, z + 1, z)
    return total + _tail(n, z)


def _polygamma(n: Any, x: Any) -> Any:
    if not np.iscomplexobj(x):
        return special.polygamma(n, x)
    if not np.ndim(n):
        return (special.psi(x) if n == 0 else _complex_polygamma(int(n), x))[()]
    result = np.zeros(np.broadcast_shapes(np.shape(n), np.shape(x)), np.complex128)
    for order in np.unique(n):
        result = np.where(np.equal(n, order), _polygamma(order, x), result)
    return result


# SciPy's function is for real numbers; of complex ones the derivatives of `digamma` are computed here.
polygamma: Row = elementwise(
    special.polygamma, n=counts("polygamma", "n"), x=lambda n, x: polygamma(n + 1, x), compute=_polygamma, complex=True,
    domain=[case(0, array(3, of=POSITIVE)), case(1, array(4, of=POSITIVE)),
            case(np.array([[1], [2]]), array(of=POSITIVE))],
    edges=[edge(1, 0.0, x=-np.inf), edge(0, 1.0, x=math.pi**2 / 6)],
)  # fmt: skip
_OFF_POLES = Domain(((-1.8, -1.2), (-0.8, -0.2), (0.3, 4.0)))
digamma = elementwise(
    special.digamma, x=lambda x: polygamma(1, x), domain=_OFF_POLES, complex=True,
    also=() if special.psi is special.digamma else (special.psi,),
)  # fmt: skip
gamma = elementwise(
    special.gamma, x=lambda ans, x: ans * special.digamma(x), domain=_OFF_POLES, complex=True,
    edges=[edge(1.0, x=-0.5772156649015329), edge(0.0, x=-np.inf), edge(np.inf, x=np.inf)],
)  # fmt: skip
gammaln = elementwise(
    special.gammaln, x=lambda x: special.digamma(x), domain=_OFF_POLES, edges=[edge(0.0, x=-np.inf)],
)  # fmt: skip
loggamma = elementwise(special.loggamma, x=lambda x: special.digamma(x), domain=POSITIVE, complex=True)


def _rgamma_slope(x: Any, ans: Any) -> Any:
    """Differentiate Γ(1-x) sin(πx) / π on the left, where digamma has poles and 1/Γ has none."""
    left = np.real(x) < 0.5
    near, far = np.where(left, x, 0.0), np.where(left, 1.0, x)
    turn = np.cos(math.pi * near) - np.sin(math.pi * near) / math.pi * special.digamma(1 - near)
    return np.where(left, special.gamma(1 - near) * turn, -ans * special.digamma(far))


rgamma = elementwise(
    special.rgamma, x=lambda x, ans: _rgamma_slope(x, ans), domain=Domain(((-2.5, 4.0),)), complex=True,
    edges=[edge(0.0, x=1.0), edge(-1.0, x=-1.0), edge(-2.0, x=2.0)],
)  # fmt: skip


# ---- Differences of digamma, without subtracting what is nearly equal ----------------------------------------------


def _polygamma_difference(a: Any, b: Any, n: int) -> Any:
    """Return the n-th derivative of digamma at a + b less that at a.

    Of positive numbers it is a sum of terms of one sign: those of the recurrence, and those of the asymptotic series.
    """
    kept = np.result_type(a, b, 0.0)
    a, b = np.broadcast_arrays(np.asarray(a, np.float64), np.asarray(b, np.float64))
    plain = ~((a > 0) & (a + b > 0))
    x, d = np.where(plain, 1.0, a), np.where(plain, 1.0, b)
    with np.errstate(all="ignore"):
        total = np.zeros(x.shape)
        for _ in range(int(_SHIFT)):
            total = total - (-1) ** n * math.factorial(n) * _power_difference(x, d, n + 1)
            x = x + 1
        if n == 0:
            total = total + np.log1p(d / x) - _power_difference(x, d, 1) / 2
            total = total - sum(w / (2 * k) * _power_difference(x, d, 2 * k) for k, w in enumerate(_BERNOULLI, 1))
        else:
            series = math.factorial(n - 1) * _power_difference(x, d, n)
            series = series + math.factorial(n) / 2 * _power_difference(x, d, n + 1)
            for k, w in enumerate(_BERNOULLI, 1):
                weight = w * math.factorial(2 * k + n - 1) / math.factorial(2 * k)
                series = series + weight * _power_difference(x, d, n + 2 * k)
            total = total + (-1) ** (n - 1) * series
        other = special.polygamma(n, a + b) - special.polygamma(n, a)
    return np.where(plain, other, total).astype(kept)[()]


def _power_difference(x: Any, d: Any, k: int) -> Any:
    """Return (x + d)^-k - x^-k."""
    return np.expm1(-k * np.log1p(d / x)) / x**k


polygamma_difference: Row = elementwise(
    _polygamma_difference, name="polygamma_difference", signature="n, a, b",
    a=lambda n, a, b: polygamma_difference(n + 1, a, b), b=lambda n, a, b: polygamma(n + 1, a + b),
    domain=[case(0, array(3, of=POSITIVE), array(3, of=POSITIVE)), case(2, array(3, of=POSITIVE), array(of=POSITIVE))],
)  # fmt: skip


# ---- Quotients and products of gamma functions ---------------------------------------------------------------------

poch = elementwise(
    special.poch, z=lambda ans, z, m: ans * polygamma_difference(0, z, m),
    m=lambda ans, z, m: ans * special.digamma(z + m), domain=(POSITIVE, POSITIVE), edges=[edge(2.0, 0.0, z=0.0)],
)  # fmt: skip
binom = elementwise(
    special.binom,
    n=lambda ans, n, k: ans * polygamma_difference(0, n - k + 1, k),
    k=lambda ans, n, k: ans * (special.digamma(n - k + 1) - special.digamma(k + 1)),
    domain=(Domain(((3.0, 6.0),)), Domain(((0.3, 2.5),))), edges=[edge(5.0, 0.0, n=0.0), edge(4.0, 2.0, k=0.0)],
)  # fmt: skip
betaln = elementwise(
    special.betaln, a=lambda a, b: -polygamma_difference(0, a, b), b=lambda a, b: -polygamma_difference(0, b, a),
    domain=(POSITIVE, POSITIVE), edges=[edge(1.0, 1.0, a=-1.0, b=-1.0)],
)  # fmt: skip
beta = elementwise(
    special.beta, a=lambda ans, a, b: -ans * polygamma_difference(0, a, b),
    b=lambda ans, a, b: -ans * polygamma_difference(0, b, a), domain=(POSITIVE, POSITIVE),
)  # fmt: skip


@composite(special.multigammaln, domain=[case(array(3, of=Domain(((3.0, 5.0),))), 3), case(array(of=POSITIVE), 1)])
def multigammaln(a: Any, d: int) -> Any:
    return d * (d - 1) / 4 * math.log(math.pi) + sum(special.gammaln(a - j / 2) for j in range(d))


_COUNTED = Domain(((3.1, 6.0),))


@composite(
    special.comb, domain=[case(array(3, of=_COUNTED), array(3)), case(array(3, of=_COUNTED), 2, repetition=True)]
)
def comb(N: Any, k: Any, *, exact: bool = False, repetition: bool = False) -> Any:
    if repetition:
        return comb(N + k - 1, k)
    counted = np.logical_and(np.less_equal(k, N), np.logical_and(np.greater_equal(N, 0), np.greater_equal(k, 0)))
    return np.where(counted, special.binom(N, k), 0.0)


@composite(special.perm, domain=[case(array(3, of=_COUNTED), 2), case(array(3, of=_COUNTED), array(3, of=POSITIVE))])
def perm(N: Any, k: Any, exact: bool = False) -> Any:
    counted = np.logical_and(np.less_equal(k, N), np.logical_and(np.greater_equal(N, 0), np.greater_equal(k, 0)))
    return np.where(counted, special.poch(N - k + 1, k), 0.0)


@composite(
    special.factorial, domain=[case(array(3, of=POSITIVE))], edges=[edge(np.array([0.0]), n=[-0.5772156649015329])]
)
def factorial(n: Any, exact: bool = False, **options: Any) -> Any:
    return np.where(np.greater_equal(n, 0), special.gamma(n + 1), 0.0)
