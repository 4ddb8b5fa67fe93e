"""Products with logarithms, entropies and robust losses.

``xlogy`` and its relatives take 0 log 0 as 0; their derivatives at such points are the limits along the arguments
that keep the function finite.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from scipy import special

from .._declare import elementwise
from .._domain import NONZERO, POSITIVE, REAL, Domain, edge
from .._row import Row

__all__ = ["ratio"]

# x / y, and 0 where x is 0, even if y is 0 too.
ratio: Row = elementwise(
    lambda x, y: x / np.where(x == 0, 1.0, y), name="ratio", x=lambda y: 1 / y, y=lambda ans, y: -ratio(ans, y),
    domain=(REAL, NONZERO), complex=True, edges=[edge(0.0, 0.0, x=np.inf, y=0.0), edge(0.0, 2.0, x=0.5, y=0.0)],
)  # fmt: skip

xlogy = elementwise(
    special.xlogy, x=lambda y: np.log(y), y=lambda x, y: ratio(x, y), domain=(REAL, POSITIVE), complex=True,
    edges=[edge(0.0, 0.0, x=-np.inf, y=0.0), edge(0.0, 1.0, x=0.0, y=0.0), edge(2.0, 0.0, x=-np.inf, y=np.inf)],
)  # fmt: skip
xlog1py = elementwise(
    special.xlog1py, x=lambda y: np.log1p(y), y=lambda x, y: ratio(x, 1 + y), domain=(REAL, POSITIVE), complex=True,
    edges=[edge(0.0, -1.0, x=-np.inf, y=0.0), edge(0.0, 1.0, y=0.0), edge(2.0, -1.0, x=-np.inf, y=np.inf)],
)  # fmt: skip
entr = elementwise(special.entr, x=lambda x: -1 - np.log(x), domain=POSITIVE, edges=[edge(0.0, x=np.inf)])


def _log_ratio(x: Any, y: Any) -> Any:
    """Return log(x / y), which keeps its digits where x and y are close; infinite where y is 0."""
    close = np.absolute(x - y) < 0.5 * y
    inside, low = np.where(close, x, 1.0), np.where(close, y, 1.0)
    apart = np.where(close, 1.0, x) / np.where(np.logical_or(close, y == 0), 1.0, y)
    return np.where(y == 0, np.inf, np.where(close, np.log1p((inside - low) / low), np.log(apart)))


_INFINITE = [edge(0.0, 0.0, x=np.inf, y=0.0), edge(0.0, 1.0, x=-np.inf), edge(1.0, 0.0, x=np.inf, y=-np.inf)]
rel_entr = elementwise(
    special.rel_entr, x=lambda x, y: 1 + _log_ratio(x, y), y=lambda x, y: -ratio(x, y), domain=(POSITIVE, POSITIVE),
    edges=[*_INFINITE, edge(1.0, 1.0, x=1.0, y=-1.0)],
)  # fmt: skip
kl_div = elementwise(
    special.kl_div, x=lambda x, y: _log_ratio(x, y), y=lambda x, y: np.where(x == 0, 1.0, -ratio(x - y, y)),
    domain=(POSITIVE, POSITIVE), edges=[edge(0.0, 1.0, x=-np.inf, y=1.0), edge(1.0, 0.0, x=np.inf, y=-np.inf),
                                        edge(0.0, 0.0, x=np.inf, y=1.0), edge(1.0, 1.0, x=0.0, y=0.0)],
)  # fmt: skip

_INSIDE = Domain(((-0.9, -0.1), (0.1, 0.9), (1.6, 2.0)))
huber = elementwise(
    special.huber,
    delta=lambda delta, r: np.where(np.absolute(r) <= delta, 0.0, np.absolute(r) - delta),
    r=lambda delta, r: np.where(np.absolute(r) <= delta, r, delta * np.sign(r)),
    domain=(Domain(((1.0, 1.5),)), _INSIDE),
    edges=[edge(1.0, 1.0, delta=0.0, r=1.0), edge(1.0, -3.0, delta=2.0, r=-1.0), edge(0.0, 0.0, delta=0.0, r=0.0)],
)  # fmt: skip


def _slant(delta: Any, r: Any) -> tuple[Any, Any]:
    """Return u = r / delta, and the square root of 1 + u²."""
    u = r / np.where(delta == 0, np.inf, delta)
    return u, np.hypot(1.0, u)


def _pseudo_huber_by_delta(delta: Any, r: Any) -> Any:
    """Differentiate delta² (√(1 + u²) - 1), without subtracting what is nearly equal."""
    u, root = _slant(delta, r)
    excess = u * (u / (1 + root))
    return delta * excess * (excess / root)


def _pseudo_huber_by_r(delta: Any, r: Any) -> Any:
    u, root = _slant(delta, r)
    return delta * (u / root)


pseudo_huber = elementwise(
    special.pseudo_huber, delta=lambda delta, r: _pseudo_huber_by_delta(delta, r),
    r=lambda delta, r: _pseudo_huber_by_r(delta, r), domain=(POSITIVE, NONZERO),
    edges=[edge(1.0, 0.0, delta=0.0, r=0.0), edge(0.0, 2.0, delta=0.0, r=0.0), edge(1.0, 1e200, r=1.0)],
)  # fmt: skip
