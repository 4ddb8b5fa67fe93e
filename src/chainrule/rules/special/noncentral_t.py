"""The noncentral t distribution, by its argument and by the noncentrality.

With s the root of a chi square variable over its degrees of freedom, F(t) is the mean of Φ(ts - δ) over s; so its
derivatives are means of sᵏ φ(ts - δ). Their integrands have one peak in log s and fall exponentially on both sides,
where the trapezoidal rule converges exponentially fast.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from scipy import special

from .._declare import elementwise
from .._domain import Domain, array, case, edge
from .._row import Row
from ._parts import by_differences_only as unknown

__all__: list[str] = []


def _mean(df: Any, nc: Any, t: Any, k: int) -> Any:
    kept = np.result_type(df, nc, t, 0.0)
    df, nc, t = np.broadcast_arrays(*[np.asarray(x, np.float64) for x in (df, nc, t)])
    with np.errstate(all="ignore"):
        result = _integral(np.where(df > 0, df, np.nan), nc, t, k)
    return result.astype(kept)[()]


def _integral(df: Any, nc: Any, t: Any, k: int) -> Any:
    """Integrate over log s, around the peak of the integrand."""
    weight = df + t * t
    peak = (t * nc + np.sqrt(np.square(t * nc) + 4 * weight * (df + k))) / (2 * weight)
    width = 1 / np.sqrt(weight * peak * peak + df + k)
    start = -9 * width - 45 / (df + k)
    count = int(np.nanmax((9 * width - start) / np.minimum(0.3 * width, 0.1), initial=1.0)) + 1
    step = (9 * width - start) / count
    constant = df / 2 * np.log(df / 2) - special.gammaln(df / 2) + math.log(2 / math.sqrt(2 * math.pi))
    total = np.zeros(df.shape)
    for i in range(count + 1):
        y = np.log(peak) + start + i * step
        s = np.exp(y)
        total = total + np.exp(constant + (df + k) * y - df * s * s / 2 - np.square(t * s - nc) / 2)
    return total * step


# The mean of sᵏ φ(ts - δ).
nct_mean: Row = elementwise(
    _mean, name="nct_mean", signature="k, df, nc, t", df=unknown("nctdtr", "df"),
    nc=lambda k, df, nc, t: t * nct_mean(k + 1, df, nc, t) - nc * nct_mean(k, df, nc, t),
    t=lambda k, df, nc, t: nc * nct_mean(k + 1, df, nc, t) - t * nct_mean(k + 2, df, nc, t),
    domain=[case(1, 2.5, array(3), array(3))],
)  # fmt: skip

_SHARE = array(3, of=Domain(((0.3, 0.7),)))
nctdtr = elementwise(
    special.nctdtr, df=unknown("nctdtr", "df"), nc=lambda df, nc, t: -nct_mean(0, df, nc, t),
    t=lambda df, nc, t: nct_mean(1, df, nc, t), domain=[case(2.5, array(3, of=Domain(((0.2, 1.5),))), array(3))],
    edges=[edge(1.0, 0.0, 0.0, t=1 / math.pi)],
)  # fmt: skip
nctdtrit = elementwise(
    special.nctdtrit, df=unknown("nctdtrit", "df"),
    nc=lambda df, nc, ans: nct_mean(0, df, nc, ans) / nct_mean(1, df, nc, ans),
    p=lambda df, nc, ans: 1 / nct_mean(1, df, nc, ans),
    domain=[case(2.5, array(3, of=Domain(((0.2, 1.5),))), _SHARE)],
)  # fmt: skip
nctdtrinc = elementwise(
    special.nctdtrinc, df=unknown("nctdtrinc", "df"), p=lambda df, t, ans: -1 / nct_mean(0, df, ans, t),
    t=lambda df, t, ans: nct_mean(1, df, ans, t) / nct_mean(0, df, ans, t),
    domain=[case(2.5, _SHARE, array(3, of=Domain(((1.0, 1.6),))))],
)  # fmt: skip
