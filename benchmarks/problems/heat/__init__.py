"""A plate whose temperature spreads, in place: how well the end fits what was measured, by the start and the rate."""

from __future__ import annotations

from typing import Any

import numpy as np

TITLE = "heat equation"
DIFFERENTIATED = "u, kappa"
ARGNUMS = (0, 1)
SMALL = {"n": 7, "steps": 5}
SIZES = [{"n": 32, "steps": 100}, {"n": 128, "steps": 100}, {"n": 512, "steps": 20}]
HEADLINE = {"n": 128, "steps": 100}
PUBLISHED: dict[str, float] = {}
TOLERANCE = 1e-11
CHECK = "gradient"
NOT_EXPRESSED: dict[str, str] = {}
MEMORY = [{"n": 128, "steps": 100}, {"n": 128, "steps": 200}, {"n": 128, "steps": 400}]


def data(n: int, steps: int) -> tuple[Any, ...]:
    """A random start, and a random measurement."""
    rng = np.random.default_rng(31337)
    return rng.uniform(0.0, 1.0, (n, n)), 0.2, rng.uniform(0.0, 1.0, (n, n)), steps


def spread(u: np.ndarray, kappa: float) -> np.ndarray:
    """What one step adds: the differences to the neighbours, summed edge by edge, where the target is inside."""
    change = np.zeros_like(u)
    down, right = kappa * np.diff(u, axis=0), kappa * np.diff(u, axis=1)
    change[:-1] += down
    change[1:] -= down
    change[:, :-1] += right
    change[:, 1:] -= right
    change[0] = change[-1] = change[:, 0] = change[:, -1] = 0.0
    return change


def gather(weight: np.ndarray, kappa: float) -> np.ndarray:
    """The transpose of `spread`."""
    inside = np.zeros_like(weight)
    inside[1:-1, 1:-1] = weight[1:-1, 1:-1]
    result = np.zeros_like(weight)
    down, right = kappa * np.diff(inside, axis=0), kappa * np.diff(inside, axis=1)
    result[:-1] += down
    result[1:] -= down
    result[:, :-1] += right
    result[:, 1:] -= right
    return result


def reference(u: np.ndarray, kappa: float, measured: np.ndarray, steps: int) -> tuple[Any, Any]:
    """Value and adjoint of the linear recurrence u <- (1 + kappa L) u; the derivative by kappa as a tangent."""
    tangent = np.zeros_like(u)
    for _ in range(steps):
        tangent = tangent + spread(tangent, kappa) + spread(u, 1.0)
        u = u + spread(u, kappa)
    miss = u - measured
    weight = miss
    for _ in range(steps):
        weight = weight + gather(weight, kappa)
    return 0.5 * np.sum(miss**2), (weight, np.sum(miss * tangent))
