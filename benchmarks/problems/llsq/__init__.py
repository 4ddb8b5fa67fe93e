"""Least squares: a polynomial of m coefficients x through a step, at n places between -1 and 1."""

from __future__ import annotations

from typing import Any

import numpy as np

TITLE = "least squares"
DIFFERENTIATED = "x"
ARGNUMS = 0
SMALL = {"n": 16, "m": 5}
SIZES = [{"n": 64, "m": 128}, {"n": 4096, "m": 128}, {"n": 16392, "m": 128}]
HEADLINE = {"n": 4096, "m": 128}
PUBLISHED = {"Enzyme": 0.41e-3, "manual": 0.77e-3, "JAX": 1.4e-3, "CoDiPack": 2.9e-3}
TOLERANCE = 1e-10
CHECK = "gradient"
NOT_EXPRESSED: dict[str, str] = {}


def data(n: int, m: int) -> tuple[Any, ...]:
    """Uniform coefficients."""
    np.random.seed(31337)
    return np.random.rand(m), n


def reference(x: np.ndarray, n: int) -> tuple[Any, Any]:
    """The normal equations, with all powers, in extended precision."""
    t = -1 + 2 * np.arange(n, dtype=np.longdouble) / (n - 1)
    powers = np.vander(t, len(x), increasing=True)
    residuals = np.sign(t) - powers @ x
    return float(0.5 * residuals @ residuals), (-residuals @ powers).astype(float)
