"""Derivatives of special functions against mpmath, at small, moderate and large arguments, to second order."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np
import pytest

import chainrule as cr

special = pytest.importorskip("scipy.special")
mp = pytest.importorskip("mpmath")


class Entry(NamedTuple):
    """A function, the same in mpmath, and points (a column for each argument); differentiated by one argument."""

    f: Callable[..., Any]
    exact: Callable[..., Any]
    points: tuple[Any, ...]
    argnum: int = 0
    first: float = 1e-11
    second: float = 1e-9


WIDE = [-20.0, -1.3, 1e-4, 0.7, 5.0, 26.0]
RIGHT = [1e-6, 0.02, 0.7, 4.0, 35.0, 900.0]
UNIT = [1e-8, 0.03, 0.4, 0.93]


def phi(x):
    return mp.ncdf(x)


TABLE = {
    "erf": Entry(special.erf, mp.erf, ([-5.0, -1.3, 1e-6, 0.7, 5.0],)),
    "erfc": Entry(special.erfc, mp.erfc, ([-3.0, 1e-6, 0.7, 20.0],)),
    "erfcx": Entry(special.erfcx, lambda x: mp.exp(x**2) * mp.erfc(x), ([-3.0, 0.1, 4.0, 7.9, 8.1, 500.0, 1e6],)),
    "erfi": Entry(special.erfi, mp.erfi, ([-3.0, 1e-6, 0.7, 5.0],)),
    "erfinv": Entry(special.erfinv, mp.erfinv, ([-0.9999, 1e-6, 0.7],)),
    "dawsn": Entry(
        special.dawsn, lambda x: mp.sqrt(mp.pi) / 2 * mp.exp(-(x**2)) * mp.erfi(x), ([0.1, 4.0, 7.9, 8.1, 2000.0],)
    ),
    "fresnel_s": Entry(lambda x: special.fresnel(x)[0], mp.fresnels, ([-2.9, 0.1, 1.9],)),
    "fresnel_c": Entry(lambda x: special.fresnel(x)[1], mp.fresnelc, ([-2.9, 0.1, 1.9],)),
    "gamma": Entry(special.gamma, mp.gamma, ([-3.7, -0.2, 1e-6, 0.7, 30.0],)),
    "gammaln": Entry(special.gammaln, mp.loggamma, (RIGHT,)),
    "rgamma": Entry(special.rgamma, mp.rgamma, ([-3.7, -3.0, 1e-6, 0.7, 30.0],)),
    "digamma": Entry(special.digamma, mp.digamma, ([-3.7, 1e-6, 0.7, 900.0],)),
    "polygamma": Entry(lambda x: cr.scipy.special.polygamma(2, x), lambda x: mp.psi(2, x), ([0.01, 0.7, 90.0],)),
    "betaln": Entry(special.betaln, lambda a, b: mp.log(mp.beta(a, b)), ([1e-3, 2.0, 1e6, 3e8], [0.3, 1e3, 1e-3, 2.0])),
    "beta": Entry(special.beta, mp.beta, ([0.3, 5.0, 12.0], [0.2, 9.0, 0.01]), 1),
    "poch": Entry(special.poch, mp.rf, ([0.3, 5.0, 200.0], [0.2, 3.5, 1e-4])),
    "binom": Entry(special.binom, mp.binomial, ([3.5, 40.0, 9.0], [1.2, 17.0, 8.0]), 1),
    "jv": Entry(special.jv, mp.besselj, ([0, 0.5, 2.5, 30.0, -1.5], [1e-3, 0.7, 40.0, 25.0, 3.0]), 1),
    "yv": Entry(special.yv, mp.bessely, ([0, 0.5, 2.5, 30.0], [1e-3, 0.7, 40.0, 25.0]), 1),
    "iv": Entry(special.iv, mp.besseli, ([0, 0.5, 2.5, 30.0], [1e-3, 0.7, 40.0, 25.0]), 1),
    "kv": Entry(special.kv, mp.besselk, ([0, 0.5, 2.5, 30.0], [1e-3, 0.7, 40.0, 25.0]), 1),
    "ive": Entry(
        special.ive, lambda v, z: mp.besseli(v, z) * mp.exp(-z), ([0, 2.5, 2.5, 9.0], [1e-3, 0.7, 90.0, 1e7]), 1
    ),
    "kve": Entry(
        special.kve, lambda v, z: mp.besselk(v, z) * mp.exp(z), ([0, 2.5, 2.5, 9.0], [1e-3, 0.7, 90.0, 1e7]), 1
    ),
    "i0e": Entry(special.i0e, lambda x: mp.besseli(0, x) * mp.exp(-x), ([1e-3, 3.0, 90.0, 1e7],)),
    "k1e": Entry(special.k1e, lambda x: mp.besselk(1, x) * mp.exp(x), ([3.0, 90.0],)),
    "j1": Entry(special.j1, lambda x: mp.besselj(1, x), ([-3.0, 1e-6, 0.7, 30.0],)),
    "y1": Entry(special.y1, lambda x: mp.bessely(1, x), ([1e-3, 0.7, 30.0],)),
    "spherical_jn": Entry(
        lambda z: cr.scipy.special.spherical_jn(2, z), lambda z: mp.sqrt(mp.pi / 2 / z) * mp.besselj(2.5, z),
        ([1e-2, 0.7, 30.0],), 0, 1e-11, 1e-8,
    ),
    "struve": Entry(special.struve, mp.struveh, ([0.0, 1.5, 2.5, 2.5], [0.1, 3.0, 20.0, 900.0]), 1),
    "modstruve": Entry(special.modstruve, mp.struvel, ([0.0, 1.5, 2.5], [0.1, 3.0, 20.0]), 1),
    "airy_ai": Entry(lambda z: special.airy(z)[0], mp.airyai, ([-8.0, -1.0, 1e-6, 4.0],)),
    "airy_bi": Entry(lambda z: special.airy(z)[2], mp.airybi, ([-8.0, -1.0, 1e-6, 4.0],)),
    "airye ai": Entry(
        lambda z: special.airye(z)[0], lambda z: mp.airyai(z) * mp.exp(2 * z**1.5 / 3), ([0.1, 5.9, 6.1, 900.0],)
    ),
    "airye ai'": Entry(
        lambda z: special.airye(z)[1], lambda z: mp.airyai(z, derivative=1) * mp.exp(2 * z * mp.sqrt(z) / 3),
        ([0.1, 5.9, 6.1, 900.0],),
    ),
    "airye bi": Entry(
        lambda z: special.airye(z)[2], lambda z: mp.airybi(z) * mp.exp(-2 * z**1.5 / 3), ([0.1, 5.9, 6.1, 90.0],)
    ),
    "hankel1e": Entry(
        lambda z: np.real(special.hankel1e(1.5, z)), lambda z: mp.re(mp.hankel1(1.5, z) * mp.exp(-1j * z)),
        ([0.1, 3.0, 90.0, 1e7],),
    ),
    "ker": Entry(special.ker, lambda x: mp.ker(0, x), ([0.1, 2.0, 9.0],), 0, 1e-9, 1e-8),
    "bei": Entry(special.bei, lambda x: mp.bei(0, x), ([0.1, 2.0, 9.0],), 0, 1e-9, 1e-8),
    "ellipk": Entry(special.ellipk, mp.ellipk, ([-50.0, -1e-9, 1e-9, 0.5, 0.9999],)),
    "ellipe": Entry(special.ellipe, mp.ellipe, ([-50.0, -1e-9, 1e-9, 0.5, 0.9999],)),
    "ellipkinc": Entry(
        special.ellipkinc, mp.ellipf, ([0.01, 1.2, -5.0, 9.0, 1.57], [0.3, 0.99, 0.5, -3.0, 1e-9]), 1
    ),
    "ellipeinc": Entry(
        special.ellipeinc, mp.ellipe, ([0.01, 1.2, -5.0, 9.0, 1.57], [0.3, 0.99, 0.5, -3.0, 1e-9]), 1
    ),
    "ellipj_sn": Entry(
        lambda u, m: special.ellipj(u, m)[0], lambda u, m: mp.ellipfun("sn", u, m=m),
        ([0.1, 2.0, -7.0], [0.3, 0.9, 0.5]), 1, 1e-10, 1e-8,
    ),
    "elliprj": Entry(
        special.elliprj, mp.elliprj, ([0.0, 2.0, 1e-3], [1.0, 3.0, 50.0], [2.0, 0.1, 2.0], [0.4, 7.0, 1e3]), 3
    ),
    "elliprg": Entry(special.elliprg, mp.elliprg, ([0.5, 2.0, 1e-3], [1.0, 3.0, 50.0], [2.0, 0.1, 2.0])),
    "elliprc": Entry(special.elliprc, mp.elliprc, ([0.5, 2.0, 1e-3], [1.0, 3.0, 50.0]), 1),
    "hyp1f1": Entry(special.hyp1f1, mp.hyp1f1, ([0.7, 3.0], [1.2, 0.4], [-3.0, 8.0]), 2, 1e-9, 1e-8),
    "hyp2f1": Entry(special.hyp2f1, mp.hyp2f1, ([0.7, 3.0], [1.2, 0.4], [2.1, 2.3], [-0.9, 0.7]), 3, 1e-9, 1e-8),
    "eval_legendre": Entry(special.eval_legendre, mp.legendre, ([3.0, 7.0, 2.5], [0.99, -0.2, 0.6]), 1),
    "eval_gegenbauer": Entry(special.eval_gegenbauer, mp.gegenbauer, ([3.0, 7.0], [0.4, 2.5], [0.99, -0.2]), 2),
    "lpmv": Entry(
        lambda x: special.lpmv(1, 3.5, x), lambda x: mp.legenp(3.5, 1, x), ([-0.5, 0.3, 0.95],), 0, 1e-10, 1e-8
    ),
    "zeta": Entry(
        lambda x, q: cr.scipy.special.zeta(x, q), mp.zeta, ([1.0001, 2.0, 40.0, 3.5], [0.3, 1.0, 1.0, 600.0]), 0, 1e-10
    ),
    "zeta by q": Entry(lambda x, q: cr.scipy.special.zeta(x, q), mp.zeta, ([1.1, 2.0, 3.5], [0.3, 1.0, 600.0]), 1),
    "zetac": Entry(special.zetac, mp.zeta, ([-4.3, -0.2, 0.4, 7.0],)),
    "exp1": Entry(special.exp1, mp.e1, (RIGHT[:-1],)),
    "expi": Entry(special.expi, mp.ei, ([-9.0, 1e-4, 0.7, 30.0],)),
    "expn": Entry(lambda x: special.expn(1, x), lambda x: mp.expint(1, x), (RIGHT[:-1],)),
    "si": Entry(lambda x: special.sici(x)[0], mp.si, ([-9.0, 1e-4, 0.7, 30.0],), 0, 1e-11, 1e-8),
    "chi": Entry(lambda x: special.shichi(x)[1], mp.chi, ([1e-4, 0.7, 30.0],)),
    "spence": Entry(special.spence, lambda z: mp.polylog(2, 1 - z), ([1e-6, 0.3, 0.999999, 1.3, 1.99],)),
    "lambertw": Entry(lambda z: np.real(cr.scipy.special.lambertw(z)), mp.lambertw, ([-0.3, 1e-9, 3.0, 1e9],)),
    "expit": Entry(special.expit, lambda x: 1 / (1 + mp.exp(-x)), ([-700.0, *WIDE],)),
    "logit": Entry(special.logit, lambda p: mp.log(p / (1 - p)), (UNIT,)),
    "log_expit": Entry(special.log_expit, lambda x: -mp.log1p(mp.exp(-x)), (WIDE,)),
    "log_ndtr": Entry(special.log_ndtr, lambda x: mp.log(phi(x)), ([-300.0, -20.0, -1.3, 0.7, 9.0],)),
    "ndtri": Entry(special.ndtri, lambda p: mp.sqrt(2) * mp.erfinv(2 * p - 1), ([1e-3, 0.03, 0.4, 0.93],)),
    "owens_t": Entry(
        special.owens_t,
        lambda h, a: mp.quad(lambda t: mp.exp(-(h**2) * (1 + t**2) / 2) / (1 + t**2), [0, a]) / 2 / mp.pi,
        ([0.3, -1.5], [0.7, 3.0]),
    ),
    "xlogy": Entry(special.xlogy, lambda x, y: x * mp.log(y), ([0.0, 1e-3, 7.0], [1e-5, 3.0, 1e9]), 1),
    "rel_entr": Entry(special.rel_entr, lambda x, y: x * mp.log(x / y), ([1e-3, 7.0], [3.0, 7.5])),
    "kl_div": Entry(special.kl_div, lambda x, y: x * mp.log(x / y) - x + y, ([1e-3, 7.0], [3.0, 7.0001])),
    "pseudo_huber": Entry(
        special.pseudo_huber, lambda d, r: d**2 * (mp.sqrt(1 + (r / d) ** 2) - 1), ([1e3, 1.0, 0.1], [1e-2, -2.0, 50.0])
    ),
    "boxcox": Entry(
        special.boxcox, lambda x, p: (x**p - 1) / p, ([0.3, 2.0, 9.0, 1e-9], [1e-9, 3.0, -2.0, 0.5]), 1
    ),
    "inv_boxcox": Entry(
        special.inv_boxcox, lambda y, p: (1 + p * y) ** (1 / p), ([0.3, 2.0, 9.0], [1e-7, 3.0, -0.1]), 1
    ),
    "exprel": Entry(special.exprel, lambda x: mp.expm1(x) / x, ([-50.0, -19.0, 1e-5, 0.7, 19.9, 20.1, 300.0],)),
    "agm": Entry(special.agm, mp.agm, ([0.3, 2.0, 1e-5], [0.7, 2.0, 3.0])),
    "gammainc by a": Entry(special.gammainc, lambda a, x: mp.gammainc(a, 0, x, True),
                           ([1e-3, 0.4, 2.5, 2.5, 60.0, 3e3], [0.3, 9.0, 1e-4, 2.6, 90.0, 2.9e3])),
    "gammaincc by x": Entry(special.gammaincc, lambda a, x: mp.gammainc(a, x, mp.inf, True),
                            ([0.4, 2.5, 60.0], [9.0, 1e-4, 90.0]), 1),
    "gammaincinv": Entry(special.gammaincinv, lambda a, p: mp.findroot(
        lambda x: mp.gammainc(a, 0, x, True) - p, float(special.gammaincinv(float(a), float(p)))),
        ([0.7, 9.0], [0.2, 0.9]), 0, 1e-10, 1e-8),
    "betainc by a": Entry(special.betainc, lambda a, b, x: mp.betainc(a, b, 0, x, True),
                          ([1e-2, 0.4, 2.5, 60.0, 3.0], [0.3, 1e-2, 80.0, 2.0, 0.5], [0.2, 0.999, 0.01, 0.97, 1e-5])),
    "betainc by b": Entry(special.betainc, lambda a, b, x: mp.betainc(a, b, 0, x, True),
                          ([1e-2, 0.4, 2.5, 60.0], [0.3, 1e-2, 80.0, 2.0], [0.2, 0.999, 0.01, 0.97]), 1),
    "stdtr by df": Entry(special.stdtr, lambda n, t: mp.mpf(1) / 2 + mp.sign(t) * mp.betainc(
        mp.mpf(1) / 2, n / 2, 0, t**2 / (n + t**2), True) / 2, ([1.5, 3.0, 30.0, 2.0], [0.01, -2.0, 3.0, 90.0])),
    "fdtr by dfn": Entry(special.fdtr, lambda m, n, x: mp.betainc(m / 2, n / 2, 0, m * x / (n + m * x), True),
                         ([3.0, 8.0], [5.0, 2.0], [0.4, 3.0])),
    "chdtr by v": Entry(special.chdtr, lambda v, x: mp.gammainc(v / 2, 0, x / 2, True), ([3.0, 80.0], [0.4, 90.0])),
}  # fmt: skip


def voigt(x, sigma, gamma):
    z = (x + 1j * gamma) / (sigma * mp.sqrt(2))
    return mp.re(mp.exp(-(z**2)) * mp.erfc(-1j * z)) / (sigma * mp.sqrt(2 * mp.pi))


def noncentral_chi(x, df, nc):
    terms = [
        mp.exp(-nc / 2) * (nc / 2) ** j / mp.factorial(j) * mp.gammainc(df / 2 + j, 0, x / 2, True) for j in range(90)
    ]
    return mp.fsum(terms)


def smirnov(n, d):
    terms = [
        mp.binomial(n, v) * (d + v / n) ** (v - 1) * (1 - d - v / n) ** (n - v) for v in range(int(n * (1 - d)) + 1)
    ]
    return d * mp.fsum(terms)


WIDTHS = ([0.3, 40.0, 2.0, 500.0], [1.0, 0.1, 2.0, 1.0], [0.5, 0.2, 3.0, 1e-3])
MORE = {
    "voigt by x": Entry(special.voigt_profile, voigt, WIDTHS),
    "voigt by sigma": Entry(special.voigt_profile, voigt, WIDTHS, 1),
    "voigt by gamma": Entry(special.voigt_profile, voigt, WIDTHS, 2),
    "hyperu": Entry(special.hyperu, mp.hyperu, ([0.7, 3.0], [1.2, 0.4], [0.2, 8.0]), 2, 1e-9, 1e-8),
    "hyp0f1": Entry(special.hyp0f1, mp.hyp0f1, ([0.7, 3.0], [-3.0, 8.0]), 1),
    "pbdv": Entry(lambda v, x: special.pbdv(v, x)[0], mp.pcfd, ([1.3, 0.5], [0.4, 1.9]), 1, 1e-9, 1e-8),
    "wrightomega": Entry(special.wrightomega, lambda x: mp.lambertw(mp.exp(x)), ([-30.0, 0.3, 1e3],)),
    "kolmogorov": Entry(
        special.kolmogorov, lambda y: -2 * mp.fsum([(-1) ** k * mp.exp(-2 * k**2 * y**2) for k in range(1, 60)]),
        ([0.4, 0.79, 0.81, 3.0],),
    ),
    "chndtr by x": Entry(special.chndtr, noncentral_chi, ([0.4, 9.0, 3.0], [3.0, 1.5, 6.0], [1.0, 12.0, 1e-3])),
    "chndtr by nc": Entry(special.chndtr, noncentral_chi, ([0.4, 9.0, 3.0], [3.0, 1.5, 6.0], [1.0, 12.0, 1e-3]), 2),
    "elliprd": Entry(special.elliprd, mp.elliprd, ([0.5, 2.0, 1e-3], [1.0, 3.0, 50.0], [2.0, 0.1, 2.0])),
    "elliprf": Entry(special.elliprf, mp.elliprf, ([0.5, 2.0, 1e-3], [1.0, 3.0, 50.0], [2.0, 0.1, 2.0]), 1),
    "ellipj_dn": Entry(
        lambda u, m: special.ellipj(u, m)[2], lambda u, m: mp.ellipfun("dn", u, m=m), ([0.1, 2.0], [0.3, 0.9]), 1,
        1e-10, 1e-8,
    ),
    "smirnov": Entry(lambda d: special.smirnov(30, d), lambda d: smirnov(mp.mpf(30), d), ([0.05, 0.21, 0.7],)),
    "eval_jacobi": Entry(special.eval_jacobi, mp.jacobi, ([3.0, 7.5], [0.4, 2.5], [1.0, 0.3], [0.99, -0.2]), 3),
    "eval_hermite": Entry(lambda x: special.eval_hermite(5, x), lambda x: mp.hermite(5, x), ([0.3, -4.0],)),
    "eval_genlaguerre": Entry(special.eval_genlaguerre, mp.laguerre, ([3.0, 7.0], [0.4, 2.5], [0.9, 11.0]), 2),
    "eval_chebyu": Entry(special.eval_chebyu, mp.chebyu, ([3.0, 7.0], [0.4, -0.95]), 1),
    "spherical_kn": Entry(
        lambda z: cr.scipy.special.spherical_kn(2, z), lambda z: mp.sqrt(mp.pi / 2 / z) * mp.besselk(2.5, z),
        ([0.1, 3.0, 40.0],),
    ),
    "bdtr": Entry(lambda p: special.bdtr(3.0, 8, p), lambda p: mp.betainc(5, 4, 0, 1 - p, True), ([1e-4, 0.3, 0.98],)),
    "inv_boxcox1p": Entry(
        special.inv_boxcox1p, lambda y, p: (1 + p * y) ** (1 / p) - 1, ([0.3, 2.0], [1e-7, 3.0]), 1
    ),
    "betaincinv": Entry(special.betaincinv, lambda a, b, p: mp.findroot(
        lambda x: mp.betainc(a, b, 0, x, True) - p, float(special.betaincinv(float(a), float(b), float(p)))),
        ([0.7, 9.0], [2.0, 0.5], [0.2, 0.9]), 1, 1e-10, 1e-8),
    "struve near 0": Entry(special.struve, mp.struveh, ([0.0, 2.0], [1e-6, 1e-3]), 1),
    "sindg": Entry(special.sindg, lambda x: mp.sin(x * mp.pi / 180), ([0.3, 200.0],)),
    "modfresnelp": Entry(
        lambda x: np.real(special.modfresnelp(x)[0]),
        lambda x: mp.sqrt(mp.pi / 8) - mp.sqrt(mp.pi / 2) * mp.fresnelc(x * mp.sqrt(2 / mp.pi)), ([0.3, 2.0],),
    ),
}  # fmt: skip
if not hasattr(special, "legendre_p"):  # SciPy before 1.15
    del MORE["modfresnelp"]
TABLE |= MORE
SLOW = {"k1e", "lpmv", "yv", "owens_t", "y1", "kv"}  # in mpmath


def exact(entry: Entry, order: int) -> np.ndarray:
    """Differentiate in mpmath, with 30 digits, at each point."""
    found = []
    with mp.workdps(30):
        for point in zip(*entry.points, strict=True):
            values = [mp.mpf(x) for x in point]

            def moved(x, values=values):
                return entry.exact(*values[: entry.argnum], x, *values[entry.argnum + 1 :])

            found.append(mp.diff(moved, values[entry.argnum], order, h=mp.mpf(10) ** -14 * _size(values[entry.argnum])))
    return np.array([float(mp.re(x)) for x in found])


def _size(x: Any) -> Any:
    return max(abs(x), mp.mpf("1e-3")) if x else mp.mpf(1)


@pytest.mark.filterwarnings("ignore::RuntimeWarning")
@pytest.mark.parametrize("name", [pytest.param(n, marks=[pytest.mark.slow] * (n in SLOW)) for n in TABLE])
def test_first_and_second_derivatives(name: str) -> None:
    entry = TABLE[name]
    points = [np.array(x, float) for x in entry.points]
    slope = cr.elementwise_grad(entry.f, entry.argnum)
    np.testing.assert_allclose(slope(*points), exact(entry, 1), rtol=entry.first, atol=1e-300)
    curvature = cr.elementwise_grad(slope, entry.argnum)
    np.testing.assert_allclose(curvature(*points), exact(entry, 2), rtol=entry.second, atol=1e-300)
