"""The error function and its relatives. Derivatives: DLMF 7.2 and 7.10."""

from __future__ import annotations

import math

import numpy as np
from scipy import special

from .._declare import elementwise
from .._domain import REAL, edge

__all__: list[str] = []

_SLOPE = 2 / math.sqrt(math.pi)

erf = elementwise(
    special.erf, x=lambda x: _SLOPE * np.exp(-np.square(x)), domain=REAL, complex=True, edges=[edge(0.0, x=_SLOPE)]
)
erfc = elementwise(
    special.erfc, x=lambda x: -_SLOPE * np.exp(-np.square(x)), domain=REAL, complex=True, edges=[edge(0.0, x=-_SLOPE)]
)
