"""A chain of differential equations, y0' = x0 and yi' = xi y(i-1), up to t = 2 by the classical Runge-Kutta method.

What is differentiated is the last of the y. It depends on all the x, as a product: from n = 1000 on it underflows, and
from n > 4 steps on the method has not got there, so that only the smaller sizes test the derivative.
"""

from __future__ import annotations

from typing import Any

import numpy as np

TITLE = "differential equations"
DIFFERENTIATED = "x"
ARGNUMS = 0
SMALL = {"n": 4, "steps": 3}
SIZES = [{"n": 30, "steps": 10}, {"n": 1000, "steps": 10}, {"n": 10_000, "steps": 10}, {"n": 1000, "steps": 100}]
HEADLINE = {"n": 10_000, "steps": 10}
PUBLISHED = {"Enzyme": 0.29e-3, "JAX": 0.54e-3, "CoDiPack": 1.7e-3}
TOLERANCE = 1e-10
CHECK = "gradient"
NOT_EXPRESSED: dict[str, str] = {}
MEMORY = [{"n": 10_000, "steps": steps} for steps in (10, 20, 40, 80)]


def data(n: int, steps: int) -> tuple[Any, ...]:
    """Uniform factors."""
    np.random.seed(31337)
    return np.random.rand(n), steps


def reference(x: np.ndarray, steps: int) -> tuple[Any, Any]:
    """What the method computes is a number times the product of the x, and this number is a coefficient.

    The system is linear, y' = A y + b, so that after each step y is a polynomial of A times b; and the i-th power of A
    takes b to the product of the first x in the i-th place.
    """
    coefficient = _coefficients(len(x), steps)[-1]
    before = np.concatenate([[1.0], np.cumprod(x[:-1], dtype=np.longdouble)])
    after = np.concatenate([np.cumprod(x[:0:-1], dtype=np.longdouble)[::-1], [1.0]])
    return float(coefficient * before[-1] * x[-1]), (coefficient * before * after).astype(float)


def _coefficients(n: int, steps: int) -> np.ndarray:
    """The coefficients of y, as a polynomial of the matrix, up to the power n - 1."""
    h = np.longdouble(2) / steps
    growth = np.array([1, h, h**2 / 2, h**3 / 6, h**4 / 24])
    source = h * np.array([1, h / 2, h**2 / 6, h**3 / 24])
    polynomial = np.zeros(1, np.longdouble)
    for _ in range(steps):
        polynomial = np.polynomial.polynomial.polyadd(np.convolve(polynomial, growth), source)
    return np.concatenate([polynomial, np.zeros(n)])[:n]
