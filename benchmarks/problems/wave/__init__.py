"""A wave through a medium, in three arrays that change places: how well the end fits what was heard, by the speed.

That is what seismologists do to see through the earth (full waveform inversion).
"""

from __future__ import annotations

from typing import Any

import numpy as np

from problems.heat import gather, spread

TITLE = "wave equation"
DIFFERENTIATED = "speed"
ARGNUMS = 0
SMALL = {"n": 8, "steps": 6}
SIZES = [{"n": 32, "steps": 100}, {"n": 128, "steps": 100}, {"n": 512, "steps": 20}]
HEADLINE = {"n": 128, "steps": 100}
PUBLISHED: dict[str, float] = {}
TOLERANCE = 1e-11
CHECK = "gradient"
NOT_EXPRESSED: dict[str, str] = {}


def data(n: int, steps: int) -> tuple[Any, ...]:
    """A smooth start, nothing at the edge; a speed for each place."""
    rng = np.random.default_rng(31337)
    speed = rng.uniform(0.3, 0.6, (n, n))
    bump = np.sin(np.linspace(0.0, np.pi, n)) ** 2
    bump[[0, -1]] = 0.0
    return speed, np.outer(bump, bump), rng.normal(size=(n, n)) * 0.1, steps


def reference(speed: np.ndarray, start: np.ndarray, heard: np.ndarray, steps: int) -> tuple[Any, Any]:
    """The adjoint of the recurrence u'' = 2 u' - u + speed^2 L u', which is linear in u."""
    states = [start, start]
    for _ in range(steps):
        states.append(2 * states[-1] - states[-2] + speed**2 * spread(states[-1], 1.0))
    miss = states[-1] - heard
    gradient, weight, later = np.zeros_like(speed), miss, np.zeros_like(miss)
    for state in states[-2:0:-1]:
        weight = weight * inside(len(speed))
        gradient += 2 * speed * weight * spread(state, 1.0)
        weight, later = 2 * weight - later + gather(speed**2 * weight, 1.0), weight
    return 0.5 * np.sum(miss**2), gradient


def inside(n: int) -> np.ndarray:
    """One inside, zero at the edge."""
    result = np.zeros((n, n))
    result[1:-1, 1:-1] = 1.0
    return result
