"""Trigonometric functions and their inverses, element by element."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from ._declare import elementwise
from ._domain import NONZERO, REAL, UNIT, edge

__all__: list[str] = []

sin = elementwise(np.sin, x=lambda x: np.cos(x), domain=REAL, complex=True)
cos = elementwise(np.cos, x=lambda x: -np.sin(x), domain=REAL, complex=True)
tan = elementwise(np.tan, x=lambda ans: 1 + ans * ans, domain=UNIT, complex=True)


def _over_cosine(x: Any) -> Any:
    """Return 1 / sqrt(1 - x**2), in a form that keeps the sign of an imaginary part of zero.

    That sign tells the sides of the branch cut, and would be lost in 1 - x and x + 1.
    """
    return (-(x - 1) * (x - -1)) ** -0.5


arcsin = elementwise(
    np.arcsin, x=lambda x: _over_cosine(x), domain=UNIT, complex=True,
    edges=[edge(1.0, x=np.inf), edge(-1.0, x=np.inf)],
)  # fmt: skip
arccos = elementwise(
    np.arccos, x=lambda x: -_over_cosine(x), domain=UNIT, complex=True,
    edges=[edge(1.0, x=-np.inf), edge(-1.0, x=-np.inf)],
)  # fmt: skip
arctan = elementwise(np.arctan, x=lambda x: 1 / (1 + x * x), domain=REAL, complex=True)


def _along(x: Any, y: Any) -> Any:
    """Return x / (x**2 + y**2), and 0 at the origin, where the angle has no derivative."""
    r = np.hypot(x, y)
    r = np.where(r == 0, np.inf, r)
    return x / r / r


arctan2 = elementwise(
    np.arctan2, y=lambda y, x: _along(x, y), x=lambda y, x: -_along(y, x), domain=(NONZERO, NONZERO),
    edges=[edge(0.0, 0.0, y=0.0, x=0.0), edge(0.0, -2.0, y=-0.5, x=0.0), edge(1e-200, 0.0, y=0.0, x=-1e200)],
)  # fmt: skip
hypot = elementwise(
    np.hypot,
    x=lambda ans, x: x / np.where(ans == 0, np.inf, ans), y=lambda ans, y: y / np.where(ans == 0, np.inf, ans),
    domain=(NONZERO, NONZERO), edges=[edge(0.0, 0.0, x=0.0, y=0.0), edge(3e200, 4e200, x=0.6, y=0.8)],
)  # fmt: skip

degrees = elementwise(np.degrees, x=180 / math.pi, domain=REAL)
rad2deg = elementwise(np.rad2deg, x=180 / math.pi, domain=REAL)
radians = elementwise(np.radians, x=math.pi / 180, domain=REAL)
deg2rad = elementwise(np.deg2rad, x=math.pi / 180, domain=REAL)


def _bessel(z: Any) -> Any:
    """Return (sin(z) - z cos(z)) / z**2, the spherical Bessel function of order one, accurately near 0 as well.

    Below 1/2 it is its Taylor series, so that derivatives of every order exist at 0.
    """
    near = np.absolute(z) < 0.5
    small, large = np.where(near, z, 0.0), np.where(near, 1.0, z)
    square, series = small * small, 0.0
    for coefficient in _TAYLOR:
        series = coefficient + square * series
    return np.where(near, small * series, (np.sin(large) / large - np.cos(large)) / large)


_TAYLOR = [(-1) ** k * (2 * k + 2) / math.factorial(2 * k + 3) for k in reversed(range(9))]
sinc = elementwise(
    np.sinc, x=lambda x: -math.pi * _bessel(math.pi * x), domain=REAL, complex=True,
    edges=[edge(0.0, x=0.0), edge(1.0, x=-1.0), edge(0.5, x=-4 / math.pi)],
)  # fmt: skip
