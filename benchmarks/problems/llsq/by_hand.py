"""By hand: 32 places at a time, whose powers are kept in registers and computed a second time for the way back."""

from __future__ import annotations

import numba
import numpy as np

WIDTH = 32
FAST = {"reassoc", "nsz", "contract"}


@numba.njit(cache=True, error_model="numpy", fastmath={"contract"})
def residuals(x, n, start, t, power, left):
    """Places from `start` on, and what is left of the step there; places after the last count as nothing left."""
    for v in range(WIDTH):
        t[v] = -1.0 + 2.0 * (start + v) / (n - 1)
        power[v] = 1.0
        left[v] = 1.0 if t[v] > 0.0 else -1.0 if t[v] < 0.0 else 0.0
    for j in range(x.shape[0]):
        for v in range(WIDTH):
            left[v] -= x[j] * power[v]
            power[v] *= t[v]
    for v in range(n - start, WIDTH):
        left[v] = 0.0


@numba.njit(cache=True, error_model="numpy", fastmath=FAST)
def sum_of_squares(left):
    total = 0.0
    for v in range(WIDTH):
        total += left[v] * left[v]
    return total


@numba.njit(cache=True, error_model="numpy")
def objective(x, n, t, power, left):
    total = 0.0
    for start in range(0, n, WIDTH):
        residuals(x, n, start, t, power, left)
        total += sum_of_squares(left)
    return 0.5 * total


@numba.njit(cache=True, error_model="numpy", fastmath={"contract"})
def accumulate(t, left, sums):
    """Add the powers, times what is left: `left` itself is multiplied by t again and again."""
    for j in range(sums.shape[0]):
        for v in range(WIDTH):
            sums[j, v] -= left[v]
            left[v] *= t[v]


@numba.njit(cache=True, error_model="numpy", fastmath=FAST)
def total_of(row):
    total = 0.0
    for v in range(WIDTH):
        total += row[v]
    return total


@numba.njit(cache=True, error_model="numpy")
def gradient(x, n, t, power, left, sums, x_bar):
    sums[:] = 0.0
    for start in range(0, n, WIDTH):
        residuals(x, n, start, t, power, left)
        accumulate(t, left, sums)
    for j in range(len(x)):
        x_bar[j] = total_of(sums[j])
    return x_bar


def prepare(data):
    x, n = data
    work = (np.empty(WIDTH), np.empty(WIDTH), np.empty(WIDTH))
    sums, x_bar = np.empty((len(x), WIDTH)), np.empty_like(x)
    return lambda: objective(x, n, *work), lambda: gradient(x, n, *work, sums, x_bar)
