"""Noncentral distributions, Tukey's lambda and Kolmogorov's distribution; normal parameters from a probability.

Sources: Johnson, Kotz and Balakrishnan, Continuous Univariate Distributions 2 (1995), chapters 29 and 30, for densities
and for the derivatives by the noncentrality; Kolmogorov's distribution is a theta function (DLMF 20.2 and 20.7.32).
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from scipy import special

from .._declare import composite, elementwise
from .._domain import POSITIVE, Domain, array, case, edge
from ._parts import RECENT, refuse_before_recent
from ._parts import by_differences_only as unknown
from .powers import exprel_moment

__all__: list[str] = []


# ---- Noncentral chi square -----------------------------------------------------------------------------------------


def _chi_density(x: Any, df: Any, nc: Any) -> Any:
    """Return the density: as a Bessel function, or where that would be 0/0 as a hypergeometric one."""
    large = nc * x > 1
    u, v = np.where(large, x, 1.0), np.where(large, nc, 1.0)
    root = np.sqrt(u * v)
    bessel = np.exp(-np.square(np.sqrt(u) - np.sqrt(v)) / 2) * np.power(u / v, df / 4 - 0.5)
    far = bessel * special.ive(df / 2 - 1, root) / 2
    s, t = np.where(large, 1.0, x), np.where(large, 1.0, nc)
    log = special.xlogy(df / 2 - 1, s) - (s + t) / 2 - df / 2 * math.log(2.0) - special.gammaln(df / 2)
    return np.where(large, far, np.exp(log) * special.hyp0f1(df / 2, s * t / 4))


chndtr = elementwise(
    special.chndtr, x=lambda x, df, nc: _chi_density(x, df, nc), df=unknown("chndtr", "df", 1),
    nc=lambda x, df, nc: -_chi_density(x, df + 2, nc), edges=[edge(0.0, 2.0, 1.0, x=0.5 * math.exp(-0.5), nc=0.0)],
    domain=[case(array(3, of=POSITIVE), 3.0, array(3, of=POSITIVE)), case(array(3, of=POSITIVE), 1.5, 0.2)],
)  # fmt: skip
chndtrix = elementwise(
    special.chndtrix, p=lambda df, nc, ans: 1 / _chi_density(ans, df, nc), df=unknown("chndtrix", "df", 1),
    nc=lambda df, nc, ans: _chi_density(ans, df + 2, nc) / _chi_density(ans, df, nc),
    domain=[case(array(3, of=Domain(((0.2, 0.8),))), 3.0, array(3, of=POSITIVE))],
)  # fmt: skip
chndtrinc = elementwise(
    special.chndtrinc, x=lambda x, df, ans: _chi_density(x, df, ans) / _chi_density(x, df + 2, ans),
    df=unknown("chndtrinc", "df", 1), p=lambda x, df, ans: -1 / _chi_density(x, df + 2, ans),
    domain=[case(array(3, of=Domain(((4.0, 5.0),))), 3.0, array(3, of=Domain(((0.3, 0.5),))))],
)  # fmt: skip


# ---- Noncentral F --------------------------------------------------------------------------------------------------


def _f_parts(m: Any, n: Any, f: Any) -> tuple[Any, Any]:
    """Return z = mf / (n + mf) and 1 - z."""
    return m * f / (n + m * f), n / (n + m * f)


def _f_density(m: Any, n: Any, nc: Any, f: Any) -> Any:
    z, rest = _f_parts(m, n, f)
    log = special.xlogy(m / 2 - 1, z) + (n / 2 + 1) * np.log(rest) - special.betaln(m / 2, n / 2) - nc / 2
    return m / n * np.exp(log) * special.hyp1f1((m + n) / 2, m / 2, nc * z / 2)


def _f_by_nc(m: Any, n: Any, nc: Any, f: Any) -> Any:
    z, rest = _f_parts(m, n, f)
    log = special.xlogy(m / 2, z) + n / 2 * np.log(rest) - special.betaln(m / 2, n / 2) - nc / 2
    return -np.exp(log) / m * special.hyp1f1((m + n) / 2, m / 2 + 1, nc * z / 2)


_MODERATE = array(3, of=Domain(((0.5, 1.5),)))
if RECENT:
    ncfdtr = elementwise(
        special.ncfdtr, dfn=unknown("ncfdtr", "dfn"), dfd=unknown("ncfdtr", "dfd", 1),
        nc=lambda dfn, dfd, nc, f: _f_by_nc(dfn, dfd, nc, f), f=lambda dfn, dfd, nc, f: _f_density(dfn, dfd, nc, f),
        domain=[case(3.0, 4.5, _MODERATE, _MODERATE)],
    )  # fmt: skip
    ncfdtri = elementwise(
        special.ncfdtri, dfn=unknown("ncfdtri", "dfn"), dfd=unknown("ncfdtri", "dfd", 1),
        nc=lambda dfn, dfd, nc, ans: -_f_by_nc(dfn, dfd, nc, ans) / _f_density(dfn, dfd, nc, ans),
        p=lambda dfn, dfd, nc, ans: 1 / _f_density(dfn, dfd, nc, ans),
        domain=[case(3.0, 4.5, _MODERATE, array(3, of=Domain(((0.3, 0.6),))))],
    )  # fmt: skip
else:
    refuse_before_recent(special.ncfdtr, special.ncfdtri)


# ---- Tukey's lambda: the inverse of (p^λ - (1-p)^λ) / λ ------------------------------------------------------------


def _tukey_density(p: Any, lmbda: Any) -> Any:
    return 1 / (np.power(p, lmbda - 1) + np.power(1 - p, lmbda - 1))


def _tukey_by_lambda(p: Any, lmbda: Any) -> Any:
    def curved(log: Any) -> Any:
        return np.square(log) * exprel_moment(1, lmbda * log)

    return -(curved(np.log(p)) - curved(np.log1p(-p))) * _tukey_density(p, lmbda)


tklmbda = elementwise(
    special.tklmbda, x=lambda lmbda, ans: _tukey_density(ans, lmbda),
    lmbda=lambda lmbda, ans: _tukey_by_lambda(ans, lmbda),
    domain=(Domain(((-0.8, 0.8),)), Domain(((-0.5, 0.9),))), edges=[edge(0.0, 1.0, x=0.5, lmbda=0.0)],
)  # fmt: skip


# ---- Kolmogorov's distribution -------------------------------------------------------------------------------------


def _kolmogorov_slope(y: Any) -> Any:
    """Differentiate one or the other series: each takes three terms where it is used."""
    low = y < 0.8
    small, large = np.where(low, np.where(y <= 0, 1e-3, y), 0.8), np.where(low, 0.8, np.minimum(y, 30.0))
    rates = [(2 * k - 1) ** 2 * math.pi**2 / 8 for k in (1, 2, 3)]
    below = sum(np.exp(-c / np.square(small)) * (1 - 2 * c / np.square(small)) for c in rates)
    above = sum((-1) ** k * k**2 * np.exp(-2 * k**2 * np.square(large)) for k in range(1, 7))
    return np.where(low, math.sqrt(2 * math.pi) / np.square(small) * below, 8 * large * above)


kolmogorov = elementwise(
    special.kolmogorov, y=lambda y: _kolmogorov_slope(y), domain=Domain(((0.4, 0.75), (0.85, 2.0))),
    edges=[edge(0.0, y=0.0), edge(-1.0, y=0.0), edge(np.inf, y=0.0)],
)  # fmt: skip
kolmogi = elementwise(special.kolmogi, p=lambda ans: 1 / _kolmogorov_slope(ans), domain=Domain(((0.05, 0.9),)))


# ---- Mean and deviation of a normal distribution from a probability ------------------------------------------------


@composite(special.nrdtrimn, domain=[case(array(3, of=Domain(((0.2, 0.8),))), array(3, of=POSITIVE), array(3))])
def nrdtrimn(p: Any, std: Any, x: Any) -> Any:
    return x - std * special.ndtri(p)


@composite(special.nrdtrisd, domain=[case(array(3), array(3, of=Domain(((0.6, 0.9),))), array(3))])
def nrdtrisd(mn: Any, p: Any, x: Any) -> Any:
    return (x - mn) / special.ndtri(p)
