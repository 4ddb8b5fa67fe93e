"""The distribution of the one-sided Kolmogorov-Smirnov statistic.

Its complement is a sum of positive terms (Z. W. Birnbaum and F. H. Tingey, One-sided confidence contours for
probability distribution functions, 1951), which are differentiated as power series.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from scipy import special

from .._declare import elementwise
from .._domain import Domain, array, case, edge
from .._row import Row
from ._parts import counts

__all__: list[str] = []


def _power_series(base: Any, sign: float, power: Any, order: int) -> list[Any]:
    """Return the coefficients of (base + sign e)^power in e."""
    found, weight = [], np.ones(base.shape)
    for j in range(order + 1):
        found.append(np.where(weight == 0, 0.0, weight * np.where(weight == 0, 1.0, base) ** (power - j)))
        weight = weight * sign * (power - j) / (j + 1)
    return found


def _product(p: list[Any], q: list[Any]) -> list[Any]:
    return [sum(p[i] * q[k - i] for i in range(k + 1)) for k in range(len(p))]


def _smirnov_by(n: Any, d: Any, k: int) -> Any:
    """Differentiate (1-d)ⁿ + d Σ C(n, v) (d + v/n)^(v-1) (1 - d - v/n)^(n-v), v from 1 to n(1-d), k times by d."""
    kept = np.result_type(n, d, 0.0)
    n, d = np.broadcast_arrays(np.floor(np.asarray(n, np.float64)), np.asarray(d, np.float64))
    with np.errstate(all="ignore"):
        total = _power_series(1 - d, -1.0, n, k)[k]
        for v in range(1, int(np.max(n, initial=0)) + 1):
            counted = v <= n * (1 - d)
            m, x = np.where(counted, n, v), np.where(counted, d, 0.0)
            series = _product(
                _power_series(x + v / m, 1.0, np.full(x.shape, v - 1.0), k),
                _power_series(1 - x - v / m, -1.0, m - v, k),
            )
            series = _product([x, np.ones(x.shape), *[np.zeros(x.shape)] * k][: k + 1], series)
            total = total + np.where(counted, special.binom(m, v) * series[k], 0.0)
    return np.where((d < 0) | (d > 1), 0.0, math.factorial(k) * total).astype(kept)[()]


_DEVIATION = array(3, of=Domain(((0.05, 0.2), (0.26, 0.45), (0.55, 0.7))))

# The k-th derivative by d.
smirnov_by: Row = elementwise(
    _smirnov_by, name="smirnov_by", signature="k, n, d", n=counts("smirnov", "n"),
    d=lambda k, n, d: smirnov_by(k + 1, n, d), domain=[case(1, np.array(4), _DEVIATION)],
)  # fmt: skip
smirnov = elementwise(
    special.smirnov, n=counts("smirnov", "n"), d=lambda n, d: smirnov_by(1, n, d),
    domain=[case(np.array(4), _DEVIATION)], edges=[edge(1, 0.5, d=-1.0)],
)  # fmt: skip
smirnovi = elementwise(
    special.smirnovi, n=counts("smirnovi", "n"), p=lambda n, ans: 1 / smirnov_by(1, n, ans),
    domain=[case(np.array(4), array(3, of=Domain(((0.1, 0.3),))))],
)  # fmt: skip
