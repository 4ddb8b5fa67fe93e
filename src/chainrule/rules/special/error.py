"""The error function and its relatives; Fresnel integrals; the Voigt profile.

Derivatives: DLMF 7.2, 7.10 and 7.18; the Faddeeva function's are those of its differential equation w' = -2zw + 2i/√π.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from scipy import special

from .._declare import composite, elementwise
from .._domain import POSITIVE, REAL, UNIT, Domain, array, case, edge
from .._row import Row
from ._parts import RECENT, horner, part, refuse_before_recent

__all__ = ["faddeeva"]

_PI = math.sqrt(math.pi)
_SLOPE = 2 / _PI

erf = elementwise(
    special.erf, x=lambda x: _SLOPE * np.exp(-np.square(x)), domain=REAL, complex=True, edges=[edge(0.0, x=_SLOPE)]
)
erfc = elementwise(
    special.erfc, x=lambda x: -_SLOPE * np.exp(-np.square(x)), domain=REAL, complex=True, edges=[edge(0.0, x=-_SLOPE)]
)
erfi = elementwise(special.erfi, x=lambda x: _SLOPE * np.exp(np.square(x)), domain=REAL, complex=True)
erfinv = elementwise(
    special.erfinv, y=lambda ans: _PI / 2 * np.exp(np.square(ans)), domain=UNIT,
    edges=[edge(0.0, y=_PI / 2), edge(1.0, y=np.inf), edge(-1.0, y=np.inf)],
)  # fmt: skip
erfcinv = elementwise(
    special.erfcinv, y=lambda ans: -_PI / 2 * np.exp(np.square(ans)), domain=Domain(((0.1, 1.9),)),
    edges=[edge(1.0, y=-_PI / 2), edge(0.0, y=-np.inf), edge(2.0, y=-np.inf)],
)  # fmt: skip


# ---- The Faddeeva function w(z) = exp(-z²) erfc(-iz), and its derivatives -----------------------------------------
#
# Far from 0 the differential equation subtracts numbers that are nearly equal. There, the asymptotic series
# (DLMF 7.12.1), differentiated term by term, has full precision.

_FAR = 8.0
_RISING = [math.prod(0.5 + i for i in range(m)) for m in range(24)]  # (1/2)_m


def _far(n: int, z: Any) -> Any:
    """Sum the n-th derivative of w(z) ~ i/√π Σ (1/2)_m z^(-2m-1), and in the lower half plane that of 2 exp(-z²)."""
    weights = [c * math.prod(2 * m + 1 + i for i in range(n)) for m, c in enumerate(_RISING)]
    series = 1j / _PI * (-1) ** n * horner(weights, 1 / z**2) / z ** (n + 1)
    gauss = np.exp(np.where(z.imag < 0, -(z**2), -np.inf))
    return series + 2 * (-1) ** n * _hermite(n, z) * gauss


def _hermite(n: int, z: Any) -> Any:
    before, value = 0 * z, 1 + 0 * z
    for k in range(n):
        before, value = value, 2 * z * value - 2 * k * before
    return value


def _near(n: int, z: Any) -> Any:
    value = special.wofz(z)
    if n == 0:
        return value
    before, value = value, -2 * z * value + 2j / _PI
    for k in range(1, n):
        before, value = value, -2 * z * value - 2 * k * before
    return value


def _faddeeva(z: Any, n: int) -> Any:
    z = np.asarray(z, np.result_type(z, 0j))
    far = np.abs(z) > _FAR
    wide = z.astype(np.complex128)
    with np.errstate(all="ignore"):
        value = np.where(far, _far(n, np.where(far, wide, _FAR)), _near(n, np.where(far, 0, wide)))
    return value.astype(z.dtype)[()]


_PLANE = [case(n, array(4, of=of)) for n in (1, 2) for of in (REAL, Domain(((9.0, 30.0),)))]

# The n-th derivative of w(z).
faddeeva: Row = elementwise(
    _faddeeva, name="faddeeva", signature="n, z", z=lambda n, z: faddeeva(n + 1, z), complex=True, domain=_PLANE
)
wofz = elementwise(special.wofz, z=lambda z: faddeeva(1, z), domain=REAL, complex=True)

# Real and imaginary part of the n-th derivative at x + iy, as functions of real numbers.
faddeeva_real: Row = elementwise(
    lambda x, y, n: np.real(_faddeeva(x + 1j * y, n)), name="faddeeva_real", signature="n, x, y",
    x=lambda n, x, y: faddeeva_real(n + 1, x, y), y=lambda n, x, y: -faddeeva_imag(n + 1, x, y),
    domain=[case(1, array(4), array(4, of=POSITIVE))],
)  # fmt: skip
faddeeva_imag: Row = elementwise(
    lambda x, y, n: np.imag(_faddeeva(x + 1j * y, n)), name="faddeeva_imag", signature="n, x, y",
    x=lambda n, x, y: faddeeva_imag(n + 1, x, y), y=lambda n, x, y: faddeeva_real(n + 1, x, y),
    domain=[case(1, array(4), array(4, of=POSITIVE))],
)  # fmt: skip


# erfcx(x) = w(ix) and dawsn(x) = √π/2 Im w(x): their slopes lose digits in the same way.
_SCALED = [(-1) ** (m + 1) * c * (2 * m + 1) / _PI for m, c in enumerate(_RISING)]
_DAWSON = [-c * (2 * m + 1) / 2 for m, c in enumerate(_RISING)]


def _erfcx_slope(x: Any, ans: Any) -> Any:
    far = np.real(x) > _FAR
    tail = np.square(1 / np.where(far, x, _FAR))
    return np.where(far, tail * horner(_SCALED, tail), 2 * np.where(far, 0.0, x) * ans - _SLOPE)


def _dawson_slope(x: Any, ans: Any) -> Any:
    far = np.logical_and(np.absolute(np.real(x)) > _FAR, np.absolute(np.imag(x)) < 1)
    tail = np.square(1 / np.where(far, x, _FAR))
    return np.where(far, tail * horner(_DAWSON, tail), 1 - 2 * np.where(far, 0.0, x) * ans)


erfcx = elementwise(
    special.erfcx, x=lambda x, ans: _erfcx_slope(x, ans), complex=True, domain=Domain(((-2.0, 2.0), (9.0, 12.0))),
    edges=[edge(0.0, x=-_SLOPE), edge(np.inf, x=0.0)],
)  # fmt: skip
dawsn = elementwise(
    special.dawsn, x=lambda x, ans: _dawson_slope(x, ans), complex=True,
    domain=Domain(((-12.0, -9.0), (-2.0, 2.0), (9.0, 12.0))), edges=[edge(0.0, x=1.0), edge(np.inf, x=0.0)],
)  # fmt: skip


# ---- The Voigt profile: Re w(z) / (σ√2π) with z = (x + iγ) / (σ√2) -------------------------------------------------


def _voigt_slope(part: Row, n: int, x: Any, sigma: Any, gamma: Any) -> Any:
    """Return the real or imaginary part of the derivative of order n, of what has V as its real part."""
    scale = math.sqrt(2) * sigma
    return part(n, x / scale, gamma / scale) / (_PI * scale ** (n + 1))


# A convolution with a Gaussian solves the heat equation, hence the derivative by σ.
voigt_profile = elementwise(
    special.voigt_profile,
    x=lambda x, sigma, gamma: _voigt_slope(faddeeva_real, 1, x, sigma, gamma),
    sigma=lambda x, sigma, gamma: sigma * _voigt_slope(faddeeva_real, 2, x, sigma, gamma),
    gamma=lambda x, sigma, gamma: -_voigt_slope(faddeeva_imag, 1, x, sigma, gamma),
    domain=(REAL, POSITIVE, POSITIVE),
)  # fmt: skip


# ---- Fresnel integrals ---------------------------------------------------------------------------------------------

fresnel_s = elementwise(
    part(special.fresnel, 0),
    name="fresnel_s",
    z=lambda z: np.sin(math.pi / 2 * np.square(z)),
    domain=REAL,
    complex=True,
)
fresnel_c = elementwise(
    part(special.fresnel, 1),
    name="fresnel_c",
    z=lambda z: np.cos(math.pi / 2 * np.square(z)),
    domain=REAL,
    complex=True,
)


@composite(special.fresnel, domain=[case(array(3))], complex=True)
def fresnel(z: Any) -> Any:
    return fresnel_s(z), fresnel_c(z)


def _modified(ufunc: Any, sign: complex) -> Row:
    """Declare F±(x) = ∫ exp(±it²) dt from x to infinity, and K±(x) = exp(∓i(x² + π/4)) F±(x) / √π."""
    name = ufunc.__name__
    integral = elementwise(
        part(ufunc, 0), name=f"{name}_integral", x=lambda x: -np.exp(sign * np.square(x)), domain=POSITIVE
    )
    factor = np.exp(-sign * math.pi / 4) / _PI
    auxiliary = elementwise(
        part(ufunc, 1), name=f"{name}_auxiliary", x=lambda x, ans: -2 * sign * x * ans - factor, domain=POSITIVE
    )

    @composite(ufunc, domain=[case(array(3, of=POSITIVE))])
    def modified(x: Any) -> Any:
        return integral(x), auxiliary(x)

    return modified


if RECENT:  # even so, the imaginary part at negative arguments is not right
    modfresnelp = _modified(special.modfresnelp, 1j)
    modfresnelm = _modified(special.modfresnelm, -1j)
else:
    refuse_before_recent(special.modfresnelp, special.modfresnelm)
