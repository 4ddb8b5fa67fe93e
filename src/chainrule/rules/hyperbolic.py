"""Hyperbolic functions and their inverses, element by element."""

from __future__ import annotations

import numpy as np

from ._declare import elementwise
from ._domain import REAL, UNIT, Domain, edge

__all__: list[str] = []

sinh = elementwise(np.sinh, x=lambda x: np.cosh(x), domain=REAL, complex=True)
cosh = elementwise(np.cosh, x=lambda x: np.sinh(x), domain=REAL, complex=True)
tanh = elementwise(np.tanh, x=lambda ans: 1 - ans * ans, domain=REAL, complex=True)
# Minus -1 and not plus 1: it keeps the sign of an imaginary part of zero, which tells the sides of a branch cut.
arcsinh = elementwise(np.arcsinh, x=lambda x: 1 / np.sqrt(x * x - -1), domain=REAL, complex=True)
# Two roots and not the root of the product: this is right on the whole complex plane.
arccosh = elementwise(
    np.arccosh, x=lambda x: 1 / (np.sqrt(x - 1) * np.sqrt(x - -1)), domain=Domain(((1.2, 3.0),)), complex=True,
    edges=[edge(1.0, x=np.inf)],
)  # fmt: skip
arctanh = elementwise(
    np.arctanh, x=lambda x: 1 / ((1 - x) * (1 + x)), domain=UNIT, complex=True,
    edges=[edge(1.0, x=np.inf), edge(-1.0, x=np.inf)],
)  # fmt: skip
