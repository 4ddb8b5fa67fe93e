"""Hypergeometric functions and Wright's Bessel function, by their argument (DLMF 13.3, 15.5, 16.3).

No derivative by a parameter is known in closed form.
"""

from __future__ import annotations

import numpy as np
from scipy import special

from .._declare import elementwise
from .._domain import POSITIVE, UNIT, array, case, edge
from ._parts import RECENT
from ._parts import by_differences_only as unknown

__all__: list[str] = []

hyp0f1 = elementwise(
    special.hyp0f1, v=unknown("hyp0f1", "v"), z=lambda v, z: special.hyp0f1(v + 1, z) / v, complex=True,
    domain=[case(0.7, array(3)), case(np.array([[1.0], [2.5]]), array(3))], edges=[edge(2.0, 0.0, z=0.5)],
)  # fmt: skip
hyp1f1 = elementwise(
    special.hyp1f1, a=unknown("hyp1f1", "a"), b=unknown("hyp1f1", "b", 1),
    x=lambda a, b, x: a / b * special.hyp1f1(a + 1, b + 1, x), complex=RECENT,
    domain=[case(0.7, 1.2, array(3)), case(-2.0, 2.5, array(3))], edges=[edge(1.0, 2.0, 0.0, x=0.5)],
)  # fmt: skip
hyp2f1 = elementwise(
    special.hyp2f1, a=unknown("hyp2f1", "a"), b=unknown("hyp2f1", "b", 1), c=unknown("hyp2f1", "c", 2),
    z=lambda a, b, c, z: a * b / c * special.hyp2f1(a + 1, b + 1, c + 1, z), complex=True,
    domain=[case(0.7, 1.2, 2.1, array(3, of=UNIT)), case(-2.0, 0.5, 1.5, array(3))],
    edges=[edge(1.0, 2.0, 4.0, 0.0, z=0.5)],
)  # fmt: skip
hyperu = elementwise(
    special.hyperu, a=unknown("hyperu", "a"), b=unknown("hyperu", "b", 1),
    x=lambda a, b, x: -a * special.hyperu(a + 1, b + 1, x),
    domain=[case(0.7, 1.2, array(3, of=POSITIVE)), case(1.5, 0.3, array(3, of=POSITIVE))],
)  # fmt: skip

if hasattr(special, "wright_bessel"):  # its terms are x^k / (k! Γ(ak + b))
    wright_bessel = elementwise(
        special.wright_bessel, a=unknown("wright_bessel", "a"), b=unknown("wright_bessel", "b", 1),
        x=lambda a, b, x: special.wright_bessel(a, a + b, x), domain=[case(0.7, 1.2, array(3, of=POSITIVE))],
    )  # fmt: skip
if hasattr(special, "log_wright_bessel"):  # since SciPy 1.14
    log_wright_bessel = elementwise(
        special.log_wright_bessel, a=unknown("log_wright_bessel", "a"), b=unknown("log_wright_bessel", "b", 1),
        x=lambda a, b, x, ans: np.exp(special.log_wright_bessel(a, a + b, x) - ans),
        domain=[case(0.7, 1.2, array(3, of=POSITIVE))],
    )  # fmt: skip
