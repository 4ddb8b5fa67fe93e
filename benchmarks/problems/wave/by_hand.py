"""By hand: every step writes the next record; on the way back, a pass over each and one that gathers.

The square of the speed is computed once. Weights are zero at the edge, which never moves.
"""

from __future__ import annotations

import numba
import numpy as np

SETTINGS = {"cache": True, "error_model": "numpy", "fastmath": {"contract"}}


@numba.njit(**SETTINGS)
def step(before, now, factor, after):
    for i in range(1, len(now) - 1):
        above, here, below, row = now[i - 1][1:-1], now[i], now[i + 1][1:-1], after[i][1:-1]
        left, middle, right, old, f = here[:-2], here[1:-1], here[2:], before[i][1:-1], factor[i][1:-1]
        for j in range(len(row)):
            laplacian = below[j] + above[j] + right[j] + left[j] - 4.0 * middle[j]
            row[j] = 2.0 * middle[j] - old[j] + f[j] * laplacian


@numba.njit(cache=True, error_model="numpy", fastmath={"contract", "reassoc", "nsz"})
def misfit(now, heard):
    total = 0.0
    for i in range(len(now)):
        for j in range(len(now)):
            miss = now[i, j] - heard[i, j]
            total += miss * miss
    return 0.5 * total


@numba.njit(**SETTINGS)
def objective(speed, start, heard, steps, factor, before, now, after):
    factor[:] = speed * speed
    before[:] = start
    now[:] = start
    for _ in range(steps):
        step(before, now, factor, after)
        before, now, after = now, after, before
    return misfit(now, heard)


@numba.njit(**SETTINGS)
def weigh(now, weight, factor, scaled, slope):
    """What a step gives to the slope, and the weights of its Laplacian."""
    for i in range(1, len(now) - 1):
        above, here, below, w, row = now[i - 1][1:-1], now[i], now[i + 1][1:-1], weight[i][1:-1], slope[i][1:-1]
        left, middle, right = here[:-2], here[1:-1], here[2:]
        for j in range(len(row)):
            row[j] += w[j] * (below[j] + above[j] + right[j] + left[j] - 4.0 * middle[j])
        f, out = factor[i][1:-1], scaled[i][1:-1]
        for j in range(len(out)):
            out[j] = f[j] * w[j]


@numba.njit(**SETTINGS)
def gather(scaled, weight, later):
    """The weights of one time earlier, in place of those of one later."""
    for i in range(1, len(weight) - 1):
        above, here, below, row = scaled[i - 1][1:-1], scaled[i], scaled[i + 1][1:-1], later[i][1:-1]
        left, middle, right, w = here[:-2], here[1:-1], here[2:], weight[i][1:-1]
        for j in range(len(row)):
            row[j] = 2.0 * w[j] - row[j] + (below[j] + above[j] + right[j] + left[j] - 4.0 * middle[j])


@numba.njit(**SETTINGS)
def gradient(speed, start, heard, steps, factor, record, weight, later, scaled, slope):
    factor[:] = speed * speed
    record[0] = start
    record[1] = start
    for t in range(steps):
        step(record[t], record[t + 1], factor, record[t + 2])
    weight[1:-1, 1:-1] = record[steps + 1, 1:-1, 1:-1] - heard[1:-1, 1:-1]
    later[:] = 0.0
    slope[:] = 0.0
    for t in range(steps, 0, -1):
        weigh(record[t], weight, factor, scaled, slope)
        gather(scaled, weight, later)
        weight, later = later, weight
    slope *= 2.0 * speed
    return slope


def prepare(data):
    speed, *_, steps = data
    factor, a, b, c, weight, later, scaled, slope = (np.zeros_like(speed) for _ in range(8))
    record = np.zeros((steps + 2, *speed.shape))  # the edges stay zero
    return (
        lambda: objective(*data, factor, a, b, c),
        lambda: gradient(*data, factor, record, weight, later, scaled, slope),
    )
