"""Legendre's elliptic integrals and Jacobi's elliptic functions, of the parameter m = k².

The derivatives by m are integrals of one sign, written with Carlson's R_D (DLMF 19.25): the usual formulas, such as
(E - (1-m) K) / (2m(1-m)), subtract numbers that are nearly equal where m is small.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from scipy import special

from .._declare import composite, elementwise
from .._domain import REAL, Domain, array, case, edge
from .._row import Row
from ._parts import part

__all__: list[str] = []

_MODULUS = Domain(((-1.5, 0.9),))

ellipk = elementwise(
    special.ellipk, m=lambda m: special.elliprd(0.0, 1.0, 1 - m) / 6, domain=_MODULUS,
    edges=[edge(1.0, m=np.inf)],
)  # fmt: skip
ellipkm1 = elementwise(
    special.ellipkm1, p=lambda p: -special.elliprd(0.0, 1.0, p) / 6, domain=Domain(((0.1, 2.0),)),
    edges=[edge(0.0, p=-np.inf)],
)  # fmt: skip
ellipe = elementwise(
    special.ellipe, m=lambda m: -special.elliprd(0.0, 1 - m, 1.0) / 6, domain=_MODULUS, edges=[edge(1.0, m=-np.inf)]
)


def _within(phi: Any) -> tuple[Any, Any]:
    """Return the number of half turns in an angle, and what remains of it."""
    turns = np.rint(phi / math.pi)
    return turns, phi - turns * math.pi


def _by_parameter_f(phi: Any, m: Any) -> Any:
    turns, rest = _within(phi)
    s, c = np.sin(rest), np.cos(rest)
    part = s**3 * special.elliprd(1.0, c * c, 1 - m * s * s)
    # Full turns are counted only where there are any: with m = 1 they are infinite.
    whole = np.where(turns == 0, 0.0, special.elliprd(0.0, 1.0, np.where(turns == 0, 1.0, 1 - m)))
    return (part + 2 * turns * whole) / 6


def _by_parameter_e(phi: Any, m: Any) -> Any:
    turns, rest = _within(phi)
    s, c = np.sin(rest), np.cos(rest)
    part = s**3 * special.elliprd(c * c, 1 - m * s * s, 1.0)
    whole = np.where(turns == 0, 0.0, special.elliprd(0.0, np.where(turns == 0, 1.0, 1 - m), 1.0))
    return -(part + 2 * turns * whole) / 6


_PLANE = (Domain(((-6.0, 6.0),)), Domain(((-1.5, 0.8),)))
ellipkinc = elementwise(
    special.ellipkinc, phi=lambda phi, m: 1 / np.sqrt(1 - m * np.square(np.sin(phi))),
    m=lambda phi, m: _by_parameter_f(phi, m), domain=_PLANE, edges=[edge(0.0, 0.5, phi=1.0, m=0.0)],
)  # fmt: skip
ellipeinc = elementwise(
    special.ellipeinc, phi=lambda phi, m: np.sqrt(1 - m * np.square(np.sin(phi))),
    m=lambda phi, m: _by_parameter_e(phi, m), domain=_PLANE, edges=[edge(0.0, 0.5, phi=1.0, m=0.0)],
)  # fmt: skip


# ---- Jacobi's functions: sn = sin(am), cn = cos(am), dn = am'. The amplitude inverts F(am, m) = u --------------------


def _amplitude_by_m(u: Any, m: Any) -> Any:
    return -dn(u, m) * _by_parameter_f(amplitude(u, m), m)


def _jacobi(k: int, name: str, u: Any, m: Any) -> Row:
    return elementwise(part(special.ellipj, k), name=name, u=u, m=m, domain=(REAL, Domain(((0.1, 0.9),))))


sn: Row = _jacobi(0, "ellipj_sn", lambda u, m: cn(u, m) * dn(u, m), lambda u, m: cn(u, m) * _amplitude_by_m(u, m))
cn: Row = _jacobi(1, "ellipj_cn", lambda u, m: -sn(u, m) * dn(u, m), lambda u, m: -sn(u, m) * _amplitude_by_m(u, m))
dn: Row = _jacobi(
    2, "ellipj_dn", lambda u, m: -m * sn(u, m) * cn(u, m),
    lambda u, m, ans: -sn(u, m) * (sn(u, m) / 2 + m * cn(u, m) * _amplitude_by_m(u, m)) / ans,
)  # fmt: skip
amplitude: Row = _jacobi(3, "ellipj_amplitude", lambda u, m: dn(u, m), lambda u, m: _amplitude_by_m(u, m))


@composite(special.ellipj, domain=[case(array(3), 0.5), case(array(3), array(3, of=Domain(((0.1, 0.9),))))])
def ellipj(u: Any, m: Any) -> Any:
    return sn(u, m), cn(u, m), dn(u, m), amplitude(u, m)
