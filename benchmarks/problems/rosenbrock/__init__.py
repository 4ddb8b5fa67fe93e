"""Rosenbrock's function, whose valley minimisers have to follow: from ten variables to a million."""

from __future__ import annotations

from typing import Any

import numpy as np

TITLE = "Rosenbrock's function"
DIFFERENTIATED = "x"
ARGNUMS = 0
SMALL = {"n": 10}
SIZES = [{"n": 10}, {"n": 1000}, {"n": 100_000}, {"n": 1_000_000}]
HEADLINE = {"n": 100_000}
PUBLISHED: dict[str, float] = {}
TOLERANCE = 1e-13
CHECK = "gradient"
NOT_EXPRESSED: dict[str, str] = {}


def data(n: int) -> tuple[Any, ...]:
    """Points around the valley."""
    return (np.random.default_rng(31337).uniform(-2.0, 2.0, n),)


def reference(x: np.ndarray) -> tuple[Any, Any]:
    """The closed form, in extended precision."""
    x = x.astype(np.longdouble)
    misses = x[1:] - x[:-1] ** 2
    gradient = np.zeros_like(x)
    gradient[:-1] = -400 * x[:-1] * misses - 2 * (1 - x[:-1])
    gradient[1:] += 200 * misses
    return float(np.sum(100 * misses**2 + (1 - x[:-1]) ** 2)), gradient.astype(float)
