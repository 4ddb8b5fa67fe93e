"""The logarithm of a sum of exponentials, shifted by the largest: a function of memory speed and one exponential."""

from __future__ import annotations

from typing import Any

import numpy as np

TITLE = "log-sum-exp"
DIFFERENTIATED = "x"
ARGNUMS = 0
SMALL = {"n": 100}
SIZES = [{"n": 2500}, {"n": 40_000}, {"n": 640_000}]
HEADLINE = {"n": 640_000}
PUBLISHED = {"JAX": 1.2e-3, "manual": 2.4e-3, "PyTorch": 3.1e-3, "TensorFlow": 3.8e-3, "Enzyme": 4.0e-3}
TOLERANCE = 1e-7  # the largest's own derivative, a difference of ones, is rounded; the others are 1 / n
CHECK = "gradient"
NOT_EXPRESSED: dict[str, str] = {}


def data(n: int) -> tuple[Any, ...]:
    """Uniform numbers."""
    np.random.seed(31337)
    return (np.random.rand(n),)


def reference(x: np.ndarray) -> tuple[Any, Any]:
    """The softmax, in extended precision."""
    powers = np.exp(x.astype(np.longdouble))
    total = np.sum(powers)
    return float(np.log(total)), (powers / total).astype(float)
