"""The modified Bessel function of order zero and the window that is made of it.

I0 is the mean of exp(x cos t) over all angles t, and its k-th derivative the mean of cos(t)**k exp(x cos t) (DLMF
10.32.1). The integrand is periodic and smooth, so that the mean over equally spaced angles converges faster than any
power of their number.
"""

from __future__ import annotations

import operator
from typing import Any

import numpy as np

from ._declare import composite, elementwise
from ._domain import REAL, Domain, array, case, edge
from ._row import Row

__all__ = ["i0_derivative"]

_ANGLES = 272  # enough for arguments up to 700, where the function is larger than any number
_COSINES = np.cos(np.arange(_ANGLES // 4 + 1) * (2 * np.pi / _ANGLES))
_SHARES = np.full(len(_COSINES), 4.0 / _ANGLES)
_SHARES[0] = _SHARES[-1] = 2.0 / _ANGLES


def _mean(x: Any, k: int) -> Any:
    """Average over a quarter of the circle; the other quarters follow by symmetry."""
    x = np.asarray(x)
    wave = np.sinh if k % 2 else np.cosh
    means = np.matmul(wave(x[..., None] * _COSINES), _COSINES**k * _SHARES)
    return means.astype(np.result_type(x, np.float32), copy=False)[()]


# The k-th derivative of I0.
i0_derivative: Row = elementwise(
    _mean, name="i0_derivative", signature="x, k", x=lambda x, k: i0_derivative(x, k + 1),
    domain=[case(array(3), 1), case(array(2, 2), 2), case(array(3, of=Domain(((20.0, 30.0),))), 0), case(array(), 1)],
    edges=[edge(0.0, 1, x=0.5), edge(0.0, 2, x=0.0), edge(0.0, 3, x=0.375)],
)  # fmt: skip

i0: Row = elementwise(np.i0, x=lambda x: i0_derivative(x, 1), domain=REAL, edges=[edge(0.0, x=0.0)])


@composite(np.kaiser, domain=[case(5, array(of=Domain(((0.5, 9.0),)))), case(4, 14.0), case(1, array()), case(0, 2.0)])
def kaiser(M: Any, beta: Any) -> Any:
    """Return the window; differentiable in its shape `beta`."""
    M = operator.index(M)
    if M <= 1:
        return np.ones(max(M, 0)) + 0.0 * beta
    place = np.arange(M) * (2.0 / (M - 1)) - 1.0
    return np.i0(beta * np.sqrt(1 - place * place)) / np.i0(beta)
