"""Real and imaginary parts, conjugation, and changes of the dtype.

These functions are linear over the real numbers, with the product <a, b> = Re(sum(a * b)).
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from ._declare import composite, constant, linear
from ._domain import NONZERO, array, case
from ._table import lookup

__all__: list[str] = []

_SHAPES = [case(array(3)), case(array(2, 3)), case(array()), case(array(0))]

real = linear(np.real, signature="val", val=lambda g: g, view=True, domain=_SHAPES)
imag = linear(np.imag, signature="val", val=lambda g: g * -1j, view=True, domain=_SHAPES)
conjugate = linear(np.conjugate, signature="x", x=lambda g: np.conjugate(g), domain=_SHAPES)
copy = linear(np.copy, signature="a, order='K', subok=False", a=lambda g: g, domain=_SHAPES)


def _to_integers(x: Any, dtype: Any) -> Any:
    return x.astype(dtype)


constant(_to_integers)
cast = linear(
    lambda x, dtype: x.astype(dtype), name="cast", signature="x, dtype", x=lambda g: g,
    domain=[case(array(3), float), case(array(3), np.float32), case(array(2, 3), complex)],
)  # fmt: skip


def _astype(x: Any, dtype: Any, /, *, copy: bool = True, device: Any = None) -> Any:
    return cast(x, dtype) if np.dtype(dtype).kind in "fc" else lookup(_to_integers)(x, dtype)


# NumPy has the function since 2.1; before, only the method arrives here.
astype = composite(
    getattr(np, "astype", _astype), name="astype", complex=True,
    domain=[case(array(3), float), case(array(3), np.float32), case(array(2, 3), complex)],
)(_astype)  # fmt: skip


@composite(np.angle, complex=True, domain=[case(array(3, of=NONZERO)), case(array(3, of=NONZERO), deg=True)])
def angle(z: Any, deg: bool = False) -> Any:
    radians = np.arctan2(np.imag(z), np.real(z))
    return radians * (180 / math.pi) if deg else radians


@composite(np.real_if_close, complex=True, domain=[case(array(3)), case(array(3), tol=1000)])
def real_if_close(a: Any, tol: float = 100) -> Any:
    if tol > 1:
        tol = tol * float(np.finfo(a.dtype).eps)
    return np.real(a) if np.all(np.absolute(np.imag(a)) < tol) else a
