"""By hand: one pass, in which each element of the gradient is gathered."""

from __future__ import annotations

import numba
import numpy as np


@numba.njit(cache=True, error_model="numpy", fastmath={"contract", "reassoc", "nsz"})
def objective(x):
    left, right = x[:-1], x[1:]
    total = 0.0
    for i in range(len(left)):
        miss = right[i] - left[i] * left[i]
        total += 100.0 * miss * miss + (1.0 - left[i]) * (1.0 - left[i])
    return total


@numba.njit(cache=True, error_model="numpy", fastmath={"contract"})
def gradient(x, result):
    before, here, after, inner = x[:-2], x[1:-1], x[2:], result[1:-1]
    for i in range(len(here)):
        a, b, c = before[i], here[i], after[i]
        inner[i] = 200.0 * (b - a * a) - 400.0 * b * (c - b * b) - 2.0 * (1.0 - b)
    result[0] = -400.0 * x[0] * (x[1] - x[0] * x[0]) - 2.0 * (1.0 - x[0])
    result[-1] = 200.0 * (x[-1] - x[-2] * x[-2])
    return result


def prepare(data):
    (x,) = data
    result = np.empty_like(x)
    return lambda: objective(x), lambda: gradient(x, result)
