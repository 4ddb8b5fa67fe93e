"""A Kalman filter: how unlikely observations are, by the matrices of the model and the sizes of its noise."""

from __future__ import annotations

from typing import Any

import numpy as np

TITLE = "Kalman filter"
DIFFERENTIATED = "motion, view, log variances"
ARGNUMS = (0, 1, 2, 3)
SMALL = {"states": 3, "seen": 2, "steps": 5}
SIZES = [{"states": 4, "seen": 2, "steps": 1000}, {"states": 8, "seen": 4, "steps": 500}]
HEADLINE = SIZES[0]
PUBLISHED: dict[str, float] = {}
TOLERANCE = 1e-9
CHECK = "gradient"
NOT_EXPRESSED: dict[str, str] = {}


def data(states: int, seen: int, steps: int) -> tuple[Any, ...]:
    """A motion that turns slowly and dies away, seen with noise."""
    rng = np.random.default_rng(31337)
    motion = 0.95 * np.linalg.qr(np.eye(states) + 0.2 * rng.normal(size=(states, states)))[0]
    view = rng.normal(size=(seen, states))
    q, r = rng.uniform(-2.0, -1.0, states), rng.uniform(-1.0, 0.0, seen)
    x, observed = np.zeros(states), np.empty((steps, seen))
    for t in range(steps):
        x = motion @ x + np.exp(q / 2) * rng.normal(size=states)
        observed[t] = view @ x + np.exp(r / 2) * rng.normal(size=seen)
    return motion, view, q, r, observed


def unlikeliness(motion: Any, view: Any, q: Any, r: Any, observed: Any) -> Any:
    """For many models at a time, in information form: the inverse of the covariance is what is carried along."""
    states, seen = motion.shape[-1], view.shape[-2]
    noise, precision = np.exp(q)[..., None] * np.eye(states), np.exp(-r)[..., None] * np.eye(seen)
    x = np.zeros((*motion.shape[:-1], 1))
    p, total = np.broadcast_to(np.eye(states), motion.shape), 0.0
    weighted = np.swapaxes(view, -1, -2) @ precision
    for y in observed[:, :, None]:
        x = motion @ x
        p = motion @ p @ np.swapaxes(motion, -1, -2) + noise
        miss = y - view @ x
        after = np.linalg.inv(np.linalg.inv(p) + weighted @ view)
        # S has the inverse R' - R' H P H' R' (R' the precision), and the determinant |R| |P before| / |P after|.
        known = np.swapaxes(miss, -1, -2) @ precision @ miss
        known = known - np.swapaxes(miss, -1, -2) @ np.swapaxes(weighted, -1, -2) @ after @ weighted @ miss
        total = total + 0.5 * known[..., 0, 0] + 0.5 * (np.log(np.linalg.det(p)) - np.log(np.linalg.det(after)))
        x, p = x + after @ weighted @ miss, after
    return total + 0.5 * len(observed) * (np.sum(r, axis=-1) + seen * np.log(2 * np.pi))


def reference(motion: Any, view: Any, q: Any, r: Any, observed: Any) -> tuple[Any, Any]:
    """Complex steps by all numbers at a time, of an equal filter."""
    parts = motion, view, q, r
    count = sum(part.size for part in parts)
    directions, start = 1e-30j * np.eye(count), 0
    shifted = []
    for part in parts:
        shifted.append(part + directions[:, start : start + part.size].reshape(count, *part.shape))
        start += part.size
    slopes = unlikeliness(*shifted, observed).imag / 1e-30
    ends = np.cumsum([part.size for part in parts])[:-1]
    found = [s.reshape(part.shape) for s, part in zip(np.split(slopes, ends), parts, strict=True)]
    return unlikeliness(*parts, observed), tuple(found)
