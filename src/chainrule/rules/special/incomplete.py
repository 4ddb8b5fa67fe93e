"""Incomplete gamma and beta functions and their inverses, by every argument (DLMF 8.8.13 and 8.17)."""

from __future__ import annotations

from typing import Any

import numpy as np
from scipy import special

from .._declare import elementwise
from .._domain import POSITIVE, Domain, array, case, edge
from .._row import Row
from .gamma import polygamma
from .truncated import incomplete_beta, incomplete_gamma

__all__ = ["beta_by_shapes", "beta_density", "gamma_by_shape", "gamma_density"]


# ---- Gamma ---------------------------------------------------------------------------------------------------------


def _shape(a: Any) -> Any:
    """Return a shape parameter, nan if it is negative: the functions are nan there."""
    return np.where(a < 0, np.nan, a)


def gamma_density(a: Any, x: Any) -> Any:
    """Return x^(a-1) exp(-x) / Γ(a); at x = 0 it is 0, 1 or infinite."""
    return np.exp(special.xlogy(a - 1, x) - x - special.gammaln(_shape(a)))


def _density_by_shape(n: int, a: Any, x: Any) -> Any:
    """Differentiate the density n times by `a`: it is a density times a polynomial in log x - digamma(a)."""
    slopes = [np.log(x) - special.digamma(a), *[-polygamma(i, a) for i in range(1, n)]]
    values: list[Any] = [gamma_density(a, x)]
    for k in range(n):
        values.append(sum(_binomial(k, i) * values[k - i] * slopes[i] for i in range(k + 1)))
    return values[n]


def _binomial(n: int, k: int) -> float:
    return float(special.binom(n, k))


# The n-th derivative of P(a, x) by a.
gamma_by_shape: Row = elementwise(
    incomplete_gamma, name="gammainc_by_shape", signature="n, a, x",
    a=lambda n, a, x: gamma_by_shape(n + 1, a, x), x=lambda n, a, x: _density_by_shape(n, a, x),
    domain=[case(1, array(4, of=POSITIVE), array(4, of=POSITIVE)), case(2, array(3, of=POSITIVE), array(of=POSITIVE))],
)  # fmt: skip

_SHAPES = (POSITIVE, POSITIVE)
_AT_ZERO = [
    edge(1.0, 0.0, x=1.0, a=0.0),
    edge(2.0, 0.0, x=0.0, a=0.0),
    edge(0.5, 0.0, x=np.inf),
    edge(2.0, np.inf, a=0.0),
]
gammainc = elementwise(
    special.gammainc, a=lambda a, x: gamma_by_shape(1, a, x), x=lambda a, x: gamma_density(a, x), domain=_SHAPES,
    edges=_AT_ZERO,
)  # fmt: skip
gammaincc = elementwise(
    special.gammaincc, a=lambda a, x: -gamma_by_shape(1, a, x), x=lambda a, x: -gamma_density(a, x), domain=_SHAPES,
    edges=[edge(1.0, 0.0, x=-1.0, a=0.0), edge(2.0, 0.0, x=0.0, a=0.0)],
)  # fmt: skip
_QUANTILES = (POSITIVE, Domain(((0.1, 0.9),)))
gammaincinv = elementwise(
    special.gammaincinv, a=lambda a, ans: -gamma_by_shape(1, a, ans) / gamma_density(a, ans),
    y=lambda a, ans: 1 / gamma_density(a, ans), domain=_QUANTILES,
)  # fmt: skip
gammainccinv = elementwise(
    special.gammainccinv, a=lambda a, ans: -gamma_by_shape(1, a, ans) / gamma_density(a, ans),
    y=lambda a, ans: -1 / gamma_density(a, ans), domain=_QUANTILES,
)  # fmt: skip


# ---- Beta ----------------------------------------------------------------------------------------------------------


def beta_density(a: Any, b: Any, x: Any) -> Any:
    """Return x^(a-1) (1-x)^(b-1) / B(a, b)."""
    return np.exp(special.xlogy(a - 1, x) + special.xlog1py(b - 1, -x) - special.betaln(_shape(a), _shape(b)))


def _log_density(i: int, j: int, a: Any, b: Any, x: Any) -> Any:
    """Return the derivative of order i by `a` and j by `b` of the logarithm of the density."""
    logs = (np.log(x), 0.0) if i else (0.0, np.log1p(-x))
    of_sum = polygamma(i + j - 1, a + b)
    if i and j:
        return of_sum
    first = logs[0] if i else logs[1]
    return of_sum - polygamma(i + j - 1, a if i else b) + (first if i + j == 1 else 0.0)


def _density_by_shapes(m: int, n: int, a: Any, b: Any, x: Any) -> Any:
    if m == n == 0:
        return beta_density(a, b, x)
    i, j = (1, 0) if m else (0, 1)
    total: Any = 0.0
    for k in range(m - i + 1):
        for r in range(n - j + 1):
            weight = _binomial(m - i, k) * _binomial(n - j, r)
            total = total + weight * _density_by_shapes(m - i - k, n - j - r, a, b, x) * _log_density(
                k + i, r + j, a, b, x
            )
    return total


# The derivative of order m by a and n by b of I(x; a, b).
beta_by_shapes: Row = elementwise(
    incomplete_beta, name="betainc_by_shapes", signature="m, n, a, b, x",
    a=lambda m, n, a, b, x: beta_by_shapes(m + 1, n, a, b, x),
    b=lambda m, n, a, b, x: beta_by_shapes(m, n + 1, a, b, x),
    x=lambda m, n, a, b, x: _density_by_shapes(m, n, a, b, x),
    domain=[case(1, 0, *[array(3, of=POSITIVE)] * 2, array(3, of=Domain(((0.1, 0.9),)))),
            case(1, 1, *[array(3, of=POSITIVE)] * 2, array(of=Domain(((0.1, 0.9),))))],
)  # fmt: skip

_WITHIN = (POSITIVE, POSITIVE, Domain(((0.1, 0.9),)))
betainc = elementwise(
    special.betainc, a=lambda a, b, x: beta_by_shapes(1, 0, a, b, x), b=lambda a, b, x: beta_by_shapes(0, 1, a, b, x),
    x=lambda a, b, x: beta_density(a, b, x), domain=_WITHIN,
    edges=[edge(1.0, 2.0, 0.0, a=0.0, b=0.0, x=2.0), edge(2.0, 1.0, 1.0, a=0.0, b=0.0, x=2.0),
           edge(0.5, 1.0, 0.0, x=np.inf)],
    also=[getattr(special, name) for name in ("btdtr",) if hasattr(special, name)],  # its old name, until SciPy 1.14
)  # fmt: skip
betaincinv = elementwise(
    special.betaincinv, a=lambda a, b, ans: -beta_by_shapes(1, 0, a, b, ans) / beta_density(a, b, ans),
    b=lambda a, b, ans: -beta_by_shapes(0, 1, a, b, ans) / beta_density(a, b, ans),
    y=lambda a, b, ans: 1 / beta_density(a, b, ans), domain=_WITHIN,
    also=[getattr(special, name) for name in ("btdtri",) if hasattr(special, name)],
)  # fmt: skip
betaincc = elementwise(
    special.betaincc, a=lambda a, b, x: -beta_by_shapes(1, 0, a, b, x),
    b=lambda a, b, x: -beta_by_shapes(0, 1, a, b, x), x=lambda a, b, x: -beta_density(a, b, x), domain=_WITHIN,
    edges=[edge(1.0, 2.0, 0.0, a=0.0, b=0.0, x=-2.0)],
)  # fmt: skip
betainccinv = elementwise(
    special.betainccinv, a=lambda a, b, ans: -beta_by_shapes(1, 0, a, b, ans) / beta_density(a, b, ans),
    b=lambda a, b, ans: -beta_by_shapes(0, 1, a, b, ans) / beta_density(a, b, ans),
    y=lambda a, b, ans: -1 / beta_density(a, b, ans), domain=_WITHIN,
)  # fmt: skip
