"""Exponentials, logarithms and roots, element by element."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from ._declare import elementwise
from ._domain import POSITIVE, REAL, Domain, edge

__all__ = ["root"]

_LN2 = math.log(2.0)
_LN10 = math.log(10.0)

exp = elementwise(np.exp, x=lambda ans: ans, domain=REAL, complex=True)
exp2 = elementwise(np.exp2, x=lambda ans: _LN2 * ans, domain=REAL, complex=True)
expm1 = elementwise(np.expm1, x=lambda ans: ans + 1, domain=REAL, complex=True)
log = elementwise(np.log, x=lambda x: 1 / x, domain=POSITIVE, complex=True, edges=[edge(0.0, x=np.inf)])
log2 = elementwise(np.log2, x=lambda x: 1 / (_LN2 * x), domain=POSITIVE, complex=True)
log10 = elementwise(np.log10, x=lambda x: 1 / (_LN10 * x), domain=POSITIVE, complex=True)
log1p = elementwise(
    np.log1p, x=lambda x: 1 / (1 + x), domain=Domain(((-0.7, 2.0),)), complex=True, edges=[edge(-1.0, x=np.inf)]
)
sqrt = elementwise(np.sqrt, x=lambda ans: 0.5 / ans, domain=POSITIVE, complex=True, edges=[edge(0.0, x=np.inf)])
cbrt = elementwise(
    np.cbrt, x=lambda ans: 1 / (3 * ans * ans), domain=Domain(((-2.0, -0.3), (0.3, 2.0))), edges=[edge(0.0, x=np.inf)]
)

# The square root of a sum of squares: at 0 its slope is 0 instead of infinite, so that a norm at 0 and the standard
# deviation of a constant have derivative 0. Dividing by infinity says so in one step.
root = elementwise(
    lambda x: np.sqrt(x), name="root", x=lambda ans: 0.5 / np.where(ans == 0, np.inf, ans), domain=POSITIVE,
    complex=True, edges=[edge(0.0, x=0.0), edge(4.0, x=0.25)],
)  # fmt: skip


def _same_infinity(x: Any, y: Any) -> Any:
    return np.logical_and(np.isinf(x), x == y)


def _share(x: Any, y: Any) -> Any:
    """Return exp(x) / (exp(x) + exp(y)), which neither overflows nor is nan where both are the same infinity."""
    tie = _same_infinity(x, y)
    return np.exp(-np.logaddexp(0.0, np.where(tie, 0.0, y) - np.where(tie, 0.0, x)))


def _share2(x: Any, y: Any) -> Any:
    """Return 2**x / (2**x + 2**y) in the same way."""
    tie = _same_infinity(x, y)
    return np.exp2(-np.logaddexp2(0.0, np.where(tie, 0.0, y) - np.where(tie, 0.0, x)))


_INFINITE = [
    edge(-np.inf, -np.inf, x=0.5, y=0.5), edge(np.inf, 1.0, x=1.0, y=0.0), edge(-np.inf, 1.0, x=0.0, y=1.0),
    edge(1000.0, 0.0, x=1.0, y=0.0), edge(3.0, 3.0, x=0.5, y=0.5),
]  # fmt: skip
logaddexp = elementwise(
    np.logaddexp, x=lambda x, y: _share(x, y), y=lambda x, y: _share(y, x), domain=(REAL, REAL), edges=_INFINITE
)
logaddexp2 = elementwise(
    np.logaddexp2, x=lambda x, y: _share2(x, y), y=lambda x, y: _share2(y, x), domain=(REAL, REAL),
    edges=[*_INFINITE[:3], edge(2000.0, 0.0, x=1.0, y=0.0), _INFINITE[-1]],
)  # fmt: skip
