"""Distribution functions of statistics and their inverses.

Each is an incomplete gamma or beta function, or an integral with a known density. An inverse x = Q(p) with F(x, θ) = p
has the derivatives 1 / F_x by p and -F_θ / F_x by θ. Counts are rounded down by SciPy and have no derivative.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from scipy import special

from .._declare import elementwise
from .._domain import NONZERO, POSITIVE, Domain, array, case, edge
from ._parts import counts
from .incomplete import beta_by_shapes, beta_density, gamma_by_shape, gamma_density

__all__: list[str] = []

_SHARE = Domain(((0.1, 0.9),))
_TWO, _THREE = (POSITIVE, POSITIVE), (POSITIVE, POSITIVE, POSITIVE)

# ---- Gamma: gdtr(a, b, x) = P(b, ax) -------------------------------------------------------------------------------

gdtr = elementwise(
    special.gdtr, a=lambda a, b, x: x * gamma_density(b, a * x), b=lambda a, b, x: gamma_by_shape(1, b, a * x),
    x=lambda a, b, x: a * gamma_density(b, a * x), domain=_THREE, edges=[edge(2.0, 1.0, 0.0, x=2.0, a=0.0, b=0.0)],
)  # fmt: skip
gdtrc = elementwise(
    special.gdtrc, a=lambda a, b, x: -x * gamma_density(b, a * x), b=lambda a, b, x: -gamma_by_shape(1, b, a * x),
    x=lambda a, b, x: -a * gamma_density(b, a * x), domain=_THREE, edges=[edge(2.0, 1.0, 0.0, x=-2.0, a=0.0, b=0.0)],
)  # fmt: skip


def _gamma_quantile(a: Any, b: Any, x: Any) -> Any:
    """Return the derivative by b of what keeps P(b, ax) the same, in units of ax."""
    return -gamma_by_shape(1, b, a * x) / gamma_density(b, a * x)


gdtrix = elementwise(
    special.gdtrix, a=lambda a, ans: -ans / a, b=lambda a, b, ans: _gamma_quantile(a, b, ans) / a,
    p=lambda a, b, ans: 1 / (a * gamma_density(b, a * ans)), domain=(POSITIVE, POSITIVE, _SHARE),
)  # fmt: skip
gdtria = elementwise(
    special.gdtria, p=lambda b, x, ans: 1 / (x * gamma_density(b, ans * x)),
    b=lambda b, x, ans: _gamma_quantile(ans, b, x) / x, x=lambda x, ans: -ans / x, domain=(_SHARE, POSITIVE, POSITIVE),
)  # fmt: skip
gdtrib = elementwise(
    special.gdtrib, a=lambda a, x, ans: x / _gamma_quantile(a, ans, x),
    p=lambda a, x, ans: 1 / gamma_by_shape(1, ans, a * x),
    x=lambda a, x, ans: a / _gamma_quantile(a, ans, x), domain=(POSITIVE, _SHARE, POSITIVE),
)  # fmt: skip

# ---- Chi square: chdtr(v, x) = P(v/2, x/2) -------------------------------------------------------------------------

chdtr = elementwise(
    special.chdtr, v=lambda v, x: gamma_by_shape(1, v / 2, x / 2) / 2, x=lambda v, x: gamma_density(v / 2, x / 2) / 2,
    domain=_TWO, edges=[edge(2.0, 0.0, x=0.5, v=0.0)],
)  # fmt: skip
chdtrc = elementwise(
    special.chdtrc, v=lambda v, x: -gamma_by_shape(1, v / 2, x / 2) / 2,
    x=lambda v, x: -gamma_density(v / 2, x / 2) / 2, domain=_TWO, edges=[edge(2.0, 0.0, x=-0.5, v=0.0)],
)  # fmt: skip
chdtri = elementwise(
    special.chdtri, v=lambda v, ans: _gamma_quantile(0.5, v / 2, ans),
    p=lambda v, ans: -2 / gamma_density(v / 2, ans / 2),
    domain=(POSITIVE, _SHARE),
)  # fmt: skip
chdtriv = elementwise(
    special.chdtriv, p=lambda x, ans: 2 / gamma_by_shape(1, ans / 2, x / 2),
    x=lambda x, ans: 1 / _gamma_quantile(0.5, ans / 2, x),
    domain=(_SHARE, POSITIVE),
)  # fmt: skip


# ---- Poisson: pdtr(k, m) = Q(k + 1, m) -----------------------------------------------------------------------------


def _poisson(k: Any, m: Any) -> Any:
    return gamma_density(np.floor(k) + 1, m)


_COUNT = array(3, of=POSITIVE)
pdtr = elementwise(
    special.pdtr, k=counts("pdtr", "k"), m=lambda k, m: -_poisson(k, m), domain=[case(2.0, _COUNT), case(0.0, _COUNT)],
    edges=[edge(0.0, 0.0, m=-1.0)],
)  # fmt: skip
pdtrc = elementwise(
    special.pdtrc, k=counts("pdtrc", "k"), m=lambda k, m: _poisson(k, m), domain=[case(2.0, _COUNT), case(0.0, _COUNT)]
)
pdtri = elementwise(
    special.pdtri, k=counts("pdtri", "k"), y=lambda k, ans: -1 / _poisson(k, ans), domain=[case(2, array(3, of=_SHARE))]
)
pdtrik = elementwise(
    special.pdtrik, p=lambda m, ans: -1 / gamma_by_shape(1, ans + 1, m),
    m=lambda m, ans: -gamma_density(ans + 1, m) / gamma_by_shape(1, ans + 1, m),
    domain=(Domain(((0.5, 0.9),)), Domain(((2.0, 5.0),))),
)  # fmt: skip


# ---- Binomial and negative binomial: bdtr(k, n, p) = I(1-p; n-k, k+1), nbdtr(k, n, p) = I(p; n, k+1) -----------------


def _binomial(k: Any, n: Any, p: Any) -> Any:
    k = np.floor(k)
    return beta_density(k + 1, n - k, p)


def _negative_binomial(k: Any, n: Any, p: Any) -> Any:
    return beta_density(n, np.floor(k) + 1, p)


def _of_counts(ufunc: Any, p: Any, name: str = "p") -> None:
    whole: Any = {x: counts(ufunc.__name__, x) for x in ("k", "n")}
    elementwise(
        ufunc,
        **whole,
        **{name: p},
        domain=[case(k, np.array(n), array(3, of=_SHARE)) for k, n in ((2.0, 5), (0.0, 3))],
    )


_of_counts(special.bdtr, lambda k, n, p: -_binomial(k, n, p))
_of_counts(special.bdtrc, lambda k, n, p: _binomial(k, n, p))
_of_counts(special.bdtri, lambda k, n, ans: -1 / _binomial(k, n, ans), "y")
_of_counts(special.nbdtr, lambda k, n, p: _negative_binomial(k, n, p))
_of_counts(special.nbdtrc, lambda k, n, p: -_negative_binomial(k, n, p))
_of_counts(special.nbdtri, lambda k, n, ans: 1 / _negative_binomial(k, n, ans), "y")


def _binomial_slopes(k: Any, n: Any, p: Any) -> tuple[Any, Any, Any]:
    """Return the derivatives of 1 - I(p; k+1, n-k) by k, n and p."""
    by_a, by_b = (beta_by_shapes(*order, k + 1, n - k, p) for order in ((1, 0), (0, 1)))
    return by_b - by_a, -by_b, -beta_density(k + 1, n - k, p)


def _negative_binomial_slopes(k: Any, n: Any, p: Any) -> tuple[Any, Any, Any]:
    by_n, by_k = (beta_by_shapes(*order, n, k + 1, p) for order in ((1, 0), (0, 1)))
    return by_k, by_n, beta_density(n, k + 1, p)


def _inverse(slopes: tuple[Any, Any, Any], of: int, by: int) -> Any:
    """Return the derivative of argument number `of` by number `by`, where the function keeps its value."""
    return -slopes[by] / slopes[of]


_NUMBER = Domain(((6.0, 9.0),))
bdtrik = elementwise(
    special.bdtrik, y=lambda n, p, ans: 1 / _binomial_slopes(ans, n, p)[0],
    n=lambda n, p, ans: _inverse(_binomial_slopes(ans, n, p), 0, 1),
    p=lambda n, p, ans: _inverse(_binomial_slopes(ans, n, p), 0, 2),
    domain=(Domain(((0.5, 0.9),)), _NUMBER, Domain(((0.3, 0.6),))),
)  # fmt: skip
bdtrin = elementwise(
    special.bdtrin, k=lambda k, p, ans: _inverse(_binomial_slopes(k, ans, p), 1, 0),
    y=lambda k, p, ans: 1 / _binomial_slopes(k, ans, p)[1],
    p=lambda k, p, ans: _inverse(_binomial_slopes(k, ans, p), 1, 2),
    domain=(Domain(((2.0, 4.0),)), _SHARE, Domain(((0.3, 0.6),))),
)  # fmt: skip
nbdtrik = elementwise(
    special.nbdtrik, y=lambda n, p, ans: 1 / _negative_binomial_slopes(ans, n, p)[0],
    n=lambda n, p, ans: _inverse(_negative_binomial_slopes(ans, n, p), 0, 1),
    p=lambda n, p, ans: _inverse(_negative_binomial_slopes(ans, n, p), 0, 2),
    domain=(Domain(((0.5, 0.9),)), _NUMBER, Domain(((0.3, 0.6),))),
)  # fmt: skip
nbdtrin = elementwise(
    special.nbdtrin, k=lambda k, p, ans: _inverse(_negative_binomial_slopes(k, ans, p), 1, 0),
    y=lambda k, p, ans: 1 / _negative_binomial_slopes(k, ans, p)[1],
    p=lambda k, p, ans: _inverse(_negative_binomial_slopes(k, ans, p), 1, 2),
    domain=(Domain(((2.0, 4.0),)), _SHARE, Domain(((0.3, 0.6),))),
)  # fmt: skip

# ---- Beta ----------------------------------------------------------------------------------------------------------

btdtria = elementwise(
    special.btdtria, p=lambda b, x, ans: 1 / beta_by_shapes(1, 0, ans, b, x),
    b=lambda b, x, ans: -beta_by_shapes(0, 1, ans, b, x) / beta_by_shapes(1, 0, ans, b, x),
    x=lambda b, x, ans: -beta_density(ans, b, x) / beta_by_shapes(1, 0, ans, b, x), domain=(_SHARE, POSITIVE, _SHARE),
)  # fmt: skip
btdtrib = elementwise(
    special.btdtrib, a=lambda a, x, ans: -beta_by_shapes(1, 0, a, ans, x) / beta_by_shapes(0, 1, a, ans, x),
    p=lambda a, x, ans: 1 / beta_by_shapes(0, 1, a, ans, x),
    x=lambda a, x, ans: -beta_density(a, ans, x) / beta_by_shapes(0, 1, a, ans, x), domain=(POSITIVE, _SHARE, _SHARE),
)  # fmt: skip


# ---- F: fdtr(m, n, x) = I(z; m/2, n/2) with z = mx / (n + mx) --------------------------------------------------------


def _f_density(m: Any, n: Any, x: Any) -> Any:
    """Return the density of the F distribution, with 1 - z computed by itself."""
    log = special.xlogy(m / 2 - 1, m * x / (n + m * x)) + (n / 2 + 1) * np.log(n / (n + m * x))
    return m / n * np.exp(log - special.betaln(m / 2, n / 2))


def _f_by_m(m: Any, n: Any, x: Any) -> Any:
    return beta_by_shapes(1, 0, m / 2, n / 2, m * x / (n + m * x)) / 2 + x / m * _f_density(m, n, x)


def _f_by_n(m: Any, n: Any, x: Any) -> Any:
    return beta_by_shapes(0, 1, m / 2, n / 2, m * x / (n + m * x)) / 2 - x / n * _f_density(m, n, x)


fdtr = elementwise(
    special.fdtr, dfn=lambda dfn, dfd, x: _f_by_m(dfn, dfd, x), dfd=lambda dfn, dfd, x: _f_by_n(dfn, dfd, x),
    x=lambda dfn, dfd, x: _f_density(dfn, dfd, x), domain=_THREE, edges=[edge(2.0, 3.0, 0.0, dfn=0.0, dfd=0.0, x=1.0)],
)  # fmt: skip
fdtrc = elementwise(
    special.fdtrc, dfn=lambda dfn, dfd, x: -_f_by_m(dfn, dfd, x), dfd=lambda dfn, dfd, x: -_f_by_n(dfn, dfd, x),
    x=lambda dfn, dfd, x: -_f_density(dfn, dfd, x), domain=_THREE,
)  # fmt: skip
fdtri = elementwise(
    special.fdtri, dfn=lambda dfn, dfd, ans: -_f_by_m(dfn, dfd, ans) / _f_density(dfn, dfd, ans),
    dfd=lambda dfn, dfd, ans: -_f_by_n(dfn, dfd, ans) / _f_density(dfn, dfd, ans),
    p=lambda dfn, dfd, ans: 1 / _f_density(dfn, dfd, ans), domain=(POSITIVE, POSITIVE, _SHARE),
)  # fmt: skip
fdtridfd = elementwise(
    special.fdtridfd, dfn=lambda dfn, x, ans: -_f_by_m(dfn, ans, x) / _f_by_n(dfn, ans, x),
    p=lambda dfn, x, ans: 1 / _f_by_n(dfn, ans, x),
    x=lambda dfn, x, ans: -_f_density(dfn, ans, x) / _f_by_n(dfn, ans, x),
    domain=(Domain(((1.5, 2.0),)), Domain(((0.45, 0.5),)), Domain(((0.95, 1.05),))),
)  # fmt: skip


# ---- Student's t: 1/2 + sign(t)/2 I(y; 1/2, n/2) with y = t² / (n + t²) ----------------------------------------------


def _t_density(n: Any, t: Any) -> Any:
    return np.exp(-(n + 1) / 2 * np.log1p(np.square(t) / n) - special.betaln(n / 2, 0.5)) / np.sqrt(n)


def _t_by_n(n: Any, t: Any) -> Any:
    """Differentiate by n: by the shape of the beta distribution, whose tail is computed from its own end, and by y."""
    small = np.square(t) < n
    near, far = np.where(small, t, 0.0), np.where(small, 1.0, t)
    inner = beta_by_shapes(0, 1, 0.5, n / 2, np.square(near) / (n + np.square(near)))
    outer = -beta_by_shapes(1, 0, n / 2, 0.5, n / (n + np.square(far)))
    return np.sign(t) / 4 * np.where(small, inner, outer) - t / (2 * n) * _t_density(n, t)


stdtr = elementwise(
    special.stdtr, df=lambda df, t: _t_by_n(df, t), t=lambda df, t: _t_density(df, t), domain=(POSITIVE, NONZERO),
    edges=[edge(1.0, 0.0, t=1 / math.pi, df=0.0)],
)  # fmt: skip
stdtrit = elementwise(
    special.stdtrit, df=lambda df, ans: -_t_by_n(df, ans) / _t_density(df, ans),
    p=lambda df, ans: 1 / _t_density(df, ans),
    domain=(Domain(((1.5, 4.0),)), Domain(((0.1, 0.4), (0.6, 0.9)))),
)  # fmt: skip
stdtridf = elementwise(
    special.stdtridf, p=lambda t, ans: 1 / _t_by_n(ans, t), t=lambda t, ans: -_t_density(ans, t) / _t_by_n(ans, t),
    domain=(Domain(((0.76, 0.79),)), Domain(((1.5, 1.6),))),
)  # fmt: skip
