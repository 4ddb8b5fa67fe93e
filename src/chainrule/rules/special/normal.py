"""The normal distribution: its function, logarithm and inverse; Owen's T.

Slopes of logarithms go through `erfcx`, which has neither overflow nor cancellation in the lower tail (the Mills
ratio). Owen's T: D. B. Owen, Tables for computing bivariate normal probabilities (1956).
"""

from __future__ import annotations

import math

import numpy as np
from scipy import special

from .._declare import elementwise
from .._domain import REAL, Domain, edge

__all__: list[str] = []

_ROOT2 = math.sqrt(2)
_PEAK = 1 / math.sqrt(2 * math.pi)
_HALF = math.sqrt(math.pi / 2)

ndtr = elementwise(
    special.ndtr, x=lambda x: _PEAK * np.exp(-np.square(x) / 2), domain=REAL, complex=True,
    edges=[edge(0.0, x=_PEAK), edge(np.inf, x=0.0), edge(-np.inf, x=0.0)],
)  # fmt: skip
log_ndtr = elementwise(
    special.log_ndtr, x=lambda x: 1 / (_HALF * special.erfcx(-x / _ROOT2)), domain=REAL, complex=True,
    edges=[edge(0.0, x=1 / _HALF), edge(np.inf, x=0.0)],
)  # fmt: skip
ndtri = elementwise(
    special.ndtri, y=lambda ans: np.exp(np.square(ans) / 2) / _PEAK, domain=Domain(((0.05, 0.95),)),
    edges=[edge(0.5, y=1 / _PEAK), edge(0.0, y=np.inf), edge(1.0, y=np.inf)],
)  # fmt: skip
ndtri_exp = elementwise(
    special.ndtri_exp, y=lambda ans: _HALF * special.erfcx(-ans / _ROOT2), domain=Domain(((-3.0, -0.05),)),
    edges=[edge(0.0, y=np.inf)],
)  # fmt: skip
owens_t = elementwise(
    special.owens_t,
    h=lambda h, a: -_PEAK / 2 * np.exp(-np.square(h) / 2) * special.erf(a * h / _ROOT2),
    a=lambda h, a: np.exp(-np.square(h) * (1 + np.square(a)) / 2) / (2 * math.pi * (1 + np.square(a))),
    domain=(REAL, REAL), edges=[edge(0.0, 1.0, h=0.0, a=1 / (4 * math.pi)), edge(1.0, 0.0, h=0.0)],
)  # fmt: skip
