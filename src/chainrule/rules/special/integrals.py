"""Exponential, sine and cosine integrals, the dilogarithm and Lambert's W.

Derivatives: DLMF 6.2, 8.19.13, 25.12.2 and 4.13.4.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from scipy import special

from .._declare import composite, elementwise
from .._domain import NONZERO, POSITIVE, REAL, Domain, array, case, edge
from ._parts import by_differences_only, part, private
from .powers import log1p_moment
from .spherical import i_n, j_n

__all__: list[str] = []

exp1 = elementwise(
    special.exp1, z=lambda z: -np.exp(-z) / z, domain=POSITIVE, complex=True, edges=[edge(0.0, z=-np.inf)]
)
expi = elementwise(special.expi, x=lambda x: np.exp(x) / x, domain=NONZERO, complex=True)


def _expn_slope(n: Any, x: Any) -> Any:
    """Return -E_(n-1)(x); SciPy does not have that of order -1, which is exp(-x) (1 + x) / x²."""
    first = np.equal(n, 0)
    inside = np.where(first, x, 1.0)
    below = np.exp(-inside) * (1 + inside) / np.square(inside)
    return -np.where(first, below, special.expn(np.where(first, 1, np.subtract(n, 1)), x))


expn = elementwise(
    special.expn, n=by_differences_only("expn", "n"), x=lambda n, x: _expn_slope(n, x),
    domain=[case(n, array(3, of=POSITIVE)) for n in (0, 1, 4)], edges=[edge(3, 0.0, x=-1.0), edge(2, 0.0, x=-np.inf)],
)  # fmt: skip

# sinh(x) / x and sin(x) / x are spherical Bessel functions, which have all derivatives at 0.
_shi = elementwise(part(special.shichi, 0), name="shichi_shi", x=lambda x: i_n(0, x), domain=REAL, complex=True)
_chi = elementwise(
    part(special.shichi, 1), name="shichi_chi", x=lambda x: np.cosh(x) / x, domain=POSITIVE, complex=True
)
_si = elementwise(part(special.sici, 0), name="sici_si", x=lambda x: j_n(0, x), domain=REAL, complex=True)
_ci = elementwise(part(special.sici, 1), name="sici_ci", x=lambda x: np.cos(x) / x, domain=POSITIVE, complex=True)


@composite(special.shichi, domain=[case(array(3, of=POSITIVE))], complex=True)
def shichi(x: Any) -> Any:
    return _shi(x), _chi(x)


@composite(special.sici, domain=[case(array(3, of=POSITIVE))], complex=True)
def sici(x: Any) -> Any:
    return _si(x), _ci(x)


spence = elementwise(
    special.spence, z=lambda z: -log1p_moment(0, z - 1), domain=POSITIVE, complex=True,
    edges=[edge(1.0, z=-1.0), edge(0.0, z=-np.inf)],
)  # fmt: skip

# W = z exp(-W), so that W' = exp(-W) / (1 + W), which is 1 at 0 and infinite at the branch point -1/e.
lambertw = elementwise(
    special.lambertw, signature="z, k=0, tol=1e-8", z=lambda ans: np.exp(-ans) / (1 + ans), complex=True,
    domain=[case(array(3, of=POSITIVE)), case(array(3, of=Domain(((-0.3, -0.1),))), -1)],
    also=private("_lambertw"),
)  # fmt: skip
wrightomega = elementwise(
    special.wrightomega, z=lambda ans: ans / (1 + ans), domain=REAL, complex=True, edges=[edge(1.0, z=0.5)]
)
