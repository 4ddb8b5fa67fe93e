"""Rounding, remainders with their quotients, and the parts of a floating-point number."""

from __future__ import annotations

from typing import Any

import numpy as np

from ._declare import composite, constant, elementwise
from ._domain import NONZERO, Domain, array, case, edge
from ._table import lookup

__all__: list[str] = []

constant(np.floor, np.ceil, np.trunc, np.rint, np.round, np.around, np.fix, np.floor_divide, np.spacing, np.signbit)

_AWAY = Domain(((-1.8, -1.2), (0.2, 0.8), (1.2, 1.8)))

_BINADES = Domain(((-3.9, -2.1), (0.55, 0.95), (1.1, 1.9)))

sign_real = elementwise(lambda x: np.sign(x), name="sign_real", x=0, domain=NONZERO, edges=[edge(0.0, x=0.0)])


@composite(np.sign, domain=[case(array(3, of=NONZERO))], edges=[edge(0.0, x=0.0)], complex=True)
def sign(x: Any) -> Any:
    """Return the sign; of a complex number, the point of the unit circle in its direction."""
    if getattr(x, "dtype", None) is None or x.dtype.kind != "c":
        return sign_real(x)
    size = np.absolute(x)
    return x / np.where(size == 0, np.inf, size)


heaviside = elementwise(
    np.heaviside, x1=0, x2=lambda x1: np.where(x1 == 0, 1.0, 0.0), domain=(NONZERO, NONZERO),
    edges=[edge(0.0, 0.5, x1=0.0, x2=1.0)],
)  # fmt: skip
copysign = elementwise(
    np.copysign, x1=lambda x1, x2: np.sign(x1) * np.copysign(1.0, x2), x2=0, domain=(NONZERO, NONZERO),
    edges=[edge(0.0, -1.0, x1=0.0, x2=0.0)],
)  # fmt: skip
nextafter = elementwise(np.nextafter, x1=1, x2=0, domain=(NONZERO, NONZERO))
ldexp = elementwise(
    np.ldexp, signature="x, n", x=lambda n: np.ldexp(1.0, n), compute=lambda x, n: np.ldexp(x, n),
    domain=[case(array(3), 2), case(array(2, 3), np.array([1, 0, -3]))],
)  # fmt: skip


fraction = elementwise(lambda x: np.modf(x)[0], name="fraction", x=1, domain=_AWAY)


def exponent(x: Any) -> Any:
    """Return the power of two by which `np.frexp` divides."""
    return np.frexp(x)[1]


constant(exponent)


@composite(np.modf, domain=[case(array(3, of=_AWAY))])
def modf(x: Any) -> Any:
    return fraction(x), np.trunc(x)


@composite(np.frexp, domain=[case(array(3, of=_BINADES))], edges=[edge(0.0, x=1.0), edge(-12.0, x=0.0625)])
def frexp(x: Any) -> Any:
    power = lookup(exponent)(x)
    return np.ldexp(x, -power), power


@composite(np.divmod, domain=[case(array(3, of=_AWAY), array(3, of=Domain(((2.2, 2.9),))))])
def divmod_(x1: Any, x2: Any) -> Any:
    return np.floor_divide(x1, x2), np.remainder(x1, x2)
