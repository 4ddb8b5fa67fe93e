"""Bessel functions of real order and their scaled forms, by the recurrences of DLMF 10.6 and 10.29.

No derivative by the order is known in closed form.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np
from scipy import special

from .._declare import composite, elementwise
from .._domain import POSITIVE, REAL, Domain, array, case, edge
from .._row import Row
from .._table import lookup
from ._parts import by_differences_only, counts, real_only
from .scaled import scaled_hankel1, scaled_hankel2, scaled_i, scaled_k

__all__: list[str] = []

_ORDERS = [
    case(0, array(3, of=POSITIVE)),
    case(2.5, array(3, of=POSITIVE)),
    case(np.array([[-0.3], [1.0]]), array(2, of=POSITIVE)),
]


def _bessel(ufunc: Any, z: Callable[..., Any], complex: bool = True, edges: Any = ()) -> Row:
    """Declare a function of an order, which it cannot be differentiated by, and an argument."""
    return elementwise(
        ufunc, v=by_differences_only(ufunc.__name__, "the order v"), z=z, complex=complex, domain=_ORDERS, edges=edges
    )


jv = _bessel(
    special.jv, lambda v, z: (special.jv(v - 1, z) - special.jv(v + 1, z)) / 2,
    edges=[edge(0, 0.0, z=0.0), edge(1, 0.0, z=0.5), edge(0.5, 0.0, z=np.inf), edge(2.5, 0.0, z=0.0)],
)  # fmt: skip
yv = _bessel(special.yv, lambda v, z: (special.yv(v - 1, z) - special.yv(v + 1, z)) / 2, edges=[edge(0, 0.0, z=np.inf)])
iv = _bessel(
    special.iv, lambda v, z: (special.iv(v - 1, z) + special.iv(v + 1, z)) / 2,
    edges=[edge(0, 0.0, z=0.0), edge(1, 0.0, z=0.5)],
)  # fmt: skip
kv = _bessel(
    special.kv, lambda v, z: -(special.kv(v - 1, z) + special.kv(v + 1, z)) / 2, edges=[edge(0, 0.0, z=-np.inf)]
)
hankel1 = _bessel(special.hankel1, lambda v, z: (special.hankel1(v - 1, z) - special.hankel1(v + 1, z)) / 2)
hankel2 = _bessel(special.hankel2, lambda v, z: (special.hankel2(v - 1, z) - special.hankel2(v + 1, z)) / 2)

# Scaled by exp(-|Im z|), which is 1 for real z; by exp(-|Re z|), exp(z), exp(-iz), exp(iz).
jve = _bessel(
    special.jve, lambda v, z: (special.jve(v - 1, real_only(z, "jve")) - special.jve(v + 1, z)) / 2, complex=False
)
yve = _bessel(
    special.yve, lambda v, z: (special.yve(v - 1, real_only(z, "yve")) - special.yve(v + 1, z)) / 2, complex=False
)
ive = _bessel(special.ive, lambda v, z: scaled_i(1, v, real_only(z, "ive")), complex=False, edges=[edge(0, 0.0, z=0.0)])
kve = _bessel(special.kve, lambda v, z: scaled_k(1, v, z), edges=[edge(0, 0.0, z=-np.inf)])
hankel1e = _bessel(special.hankel1e, lambda v, z: scaled_hankel1(1, v, z))
hankel2e = _bessel(special.hankel2e, lambda v, z: scaled_hankel2(1, v, z))

_WHOLE = [case(0, array(3, of=POSITIVE)), case(3, array(3, of=POSITIVE))]
yn = elementwise(
    special.yn, n=counts("yn", "n"), x=lambda n, x: (special.yv(n - 1, x) - special.yv(n + 1, x)) / 2, domain=_WHOLE
)
kn = elementwise(
    special.kn, n=counts("kn", "n"), x=lambda n, x: -(special.kv(n - 1, x) + special.kv(n + 1, x)) / 2, domain=_WHOLE,
    edges=[edge(0, 0.0, x=-np.inf), edge(2, 0.0, x=-np.inf)],
)  # fmt: skip

# Orders 0 and 1.
j0 = elementwise(special.j0, x=lambda x: -special.j1(x), domain=REAL, edges=[edge(0.0, x=0.0)])
j1 = elementwise(special.j1, x=lambda x: (special.j0(x) - special.jv(2, x)) / 2, domain=REAL, edges=[edge(0.0, x=0.5)])
y0 = elementwise(special.y0, x=lambda x: -special.y1(x), domain=POSITIVE, edges=[edge(0.0, x=np.inf)])
y1 = elementwise(special.y1, x=lambda x: (special.y0(x) - special.yv(2, x)) / 2, domain=POSITIVE)
i0 = elementwise(special.i0, x=lambda x: special.i1(x), domain=REAL, edges=[edge(0.0, x=0.0)])
i1 = elementwise(special.i1, x=lambda x: (special.i0(x) + special.iv(2, x)) / 2, domain=REAL, edges=[edge(0.0, x=0.5)])
k0 = elementwise(special.k0, x=lambda x: -special.k1(x), domain=POSITIVE, edges=[edge(0.0, x=-np.inf)])
k1 = elementwise(
    special.k1, x=lambda x: -(special.k0(x) + special.kv(2, x)) / 2, domain=POSITIVE, edges=[edge(0.0, x=-np.inf)]
)
_TWO_SIDES = Domain(((-2.0, -0.3), (0.3, 2.0), (40.0, 50.0)))
i0e = elementwise(special.i0e, x=lambda x: scaled_i(1, 0, x), domain=_TWO_SIDES, edges=[edge(0.0, x=0.0)])
i1e = elementwise(special.i1e, x=lambda x: scaled_i(1, 1, x), domain=_TWO_SIDES, edges=[edge(0.0, x=0.5)])
k0e = elementwise(special.k0e, x=lambda x: scaled_k(1, 0, x), domain=POSITIVE, edges=[edge(0.0, x=-np.inf)])
k1e = elementwise(special.k1e, x=lambda x: scaled_k(1, 1, x), domain=POSITIVE, edges=[edge(0.0, x=-np.inf)])


# ---- Derivatives of a given order: DLMF 10.6.7 and 10.29.5 ---------------------------------------------------------


def _derivative(fn: Any, of: Any, sign: int, overall: int = 1) -> Row:
    @composite(fn, complex=True, domain=[case(1.5, array(3, of=POSITIVE)), case(0, array(3, of=POSITIVE), 2)])
    def derivative(v: Any, z: Any, n: int = 1) -> Any:
        row = lookup(of)
        if n == 0:
            return row(v, z)
        return overall**n * sum(sign**k * math.comb(n, k) * row(v - n + 2 * k, z) for k in range(n + 1)) / 2**n

    return derivative


jvp = _derivative(special.jvp, special.jv, -1)
yvp = _derivative(special.yvp, special.yv, -1)
ivp = _derivative(special.ivp, special.iv, 1)
kvp = _derivative(special.kvp, special.kv, 1, -1)
h1vp = _derivative(special.h1vp, special.hankel1, -1)
h2vp = _derivative(special.h2vp, special.hankel2, -1)
