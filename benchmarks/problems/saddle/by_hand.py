"""By hand: the slopes of both searches in closed form.

The inner search has to run for the value alone: what it finds does not depend on where the outer one stands.
"""

from __future__ import annotations

import math

import numba
import numpy as np

SETTINGS = {"cache": True, "error_model": "numpy"}


@numba.njit(**SETTINGS)
def deepest(x0, x1, y0, y1):
    """The point that minimises y0^2 + y1^2 - (x0^2 + x1^2)."""
    rest = x0 * x0 + x1 * x1
    value = y0 * y0 + y1 * y1 - rest
    rate, successes = 1e-5, 0
    while 2.0 * math.sqrt(y0 * y0 + y1 * y1) > 1e-5:
        if successes == 10:
            rate, successes = 2.0 * rate, 0
        t0, t1 = y0 - rate * (2.0 * y0), y1 - rate * (2.0 * y1)
        if math.sqrt((t0 - y0) ** 2 + (t1 - y1) ** 2) <= 1e-5:
            break
        there = t0 * t0 + t1 * t1 - rest
        if there < value:
            y0, y1, value, successes = t0, t1, there, successes + 1
        else:
            rate, successes = rate / 2.0, 0
    return y0, y1


@numba.njit(**SETTINGS)
def highest(x0, x1, s0, s1):
    y0, y1 = deepest(x0, x1, s0, s1)
    return x0 * x0 + x1 * x1 - (y0 * y0 + y1 * y1)


@numba.njit(**SETTINGS)
def saddle(start):
    s0, s1 = start
    x0, x1 = s0, s1
    value = highest(x0, x1, s0, s1)
    rate, successes = 1e-5, 0
    while 2.0 * math.sqrt(x0 * x0 + x1 * x1) > 1e-5:
        if successes == 10:
            rate, successes = 2.0 * rate, 0
        t0, t1 = x0 - rate * (2.0 * x0), x1 - rate * (2.0 * x1)
        if math.sqrt((t0 - x0) ** 2 + (t1 - x1) ** 2) <= 1e-5:
            break
        there = highest(t0, t1, s0, s1)
        if there < value:
            x0, x1, value, successes = t0, t1, there, successes + 1
        else:
            rate, successes = rate / 2.0, 0
    y0, y1 = deepest(x0, x1, s0, s1)
    return np.array([x0, x1, y0, y1])


def prepare(data):
    return None, lambda: saddle(*data)
