"""By hand: of each step only its start is kept, since its stages are soon computed again.

The loops over the chain are short of work and long of loads, so that each stage is one loop, forwards and backwards.
"""

from __future__ import annotations

import numba
import numpy as np

FAST = {"reassoc", "nsz", "contract"}


@numba.njit(cache=True, error_model="numpy", fastmath=FAST)
def stages(x, y, h, second, third, fourth):
    """Where the slopes of a step are taken."""
    n = x.shape[0]
    second[0], third[0], fourth[0] = y[0] + h / 2 * x[0], y[0] + h / 2 * x[0], y[0] + h * x[0]
    for i in range(1, n):
        second[i] = y[i] + h / 2 * x[i] * y[i - 1]
    for i in range(1, n):
        third[i] = y[i] + h / 2 * x[i] * second[i - 1]
    for i in range(1, n):
        fourth[i] = y[i] + h * x[i] * third[i - 1]


@numba.njit(cache=True, error_model="numpy", fastmath=FAST)
def step(x, y, h, second, third, fourth, result):
    stages(x, y, h, second, third, fourth)
    result[0] = y[0] + h * x[0]
    for i in range(1, x.shape[0]):
        slopes = y[i - 1] + 2.0 * second[i - 1] + 2.0 * third[i - 1] + fourth[i - 1]
        result[i] = y[i] + h / 6 * x[i] * slopes


@numba.njit(cache=True, error_model="numpy")
def objective(x, steps, y, result, second, third, fourth):
    h = 2.0 / steps
    y[:] = 0.0
    for _ in range(steps):
        step(x, y, h, second, third, fourth, result)
        y, result = result, y
    return y[-1]


@numba.njit(cache=True, error_model="numpy", fastmath=FAST)
def step_back(x, y, h, stage, y_bar, bars, x_bar):
    """Take `y_bar` back by a step.

    The bar of a stage at i - 1 comes from the slopes after it at i: that of the fourth from the result alone, that of
    the third from the fourth too, and so on.
    """
    second, third, fourth = stage
    second_bar, third_bar, fourth_bar = bars
    n = x.shape[0]
    fourth_bar[n - 1], third_bar[n - 1], second_bar[n - 1] = 0.0, 0.0, 0.0
    for i in range(1, n):
        fourth_bar[i - 1] = h / 6 * x[i] * y_bar[i]
    for i in range(1, n):
        third_bar[i - 1] = x[i] * (h / 3 * y_bar[i] + h * fourth_bar[i])
    for i in range(1, n):
        second_bar[i - 1] = x[i] * (h / 3 * y_bar[i] + h / 2 * third_bar[i])
    for i in range(1, n):
        x_bar[i] += (
            h / 6 * y_bar[i] * (y[i - 1] + 2.0 * second[i - 1] + 2.0 * third[i - 1] + fourth[i - 1])
            + h * fourth_bar[i] * third[i - 1]
            + h / 2 * (third_bar[i] * second[i - 1] + second_bar[i] * y[i - 1])
        )
    x_bar[0] += h * (y_bar[0] + fourth_bar[0]) + h / 2 * (third_bar[0] + second_bar[0])
    for i in range(1, n):
        by_slope = x[i] * (h / 6 * y_bar[i] + h / 2 * second_bar[i])
        y_bar[i - 1] += by_slope + second_bar[i - 1] + third_bar[i - 1] + fourth_bar[i - 1]


@numba.njit(cache=True, error_model="numpy")
def gradient(x, steps, record, stage, bars, y_bar, x_bar):
    h = 2.0 / steps
    record[0] = 0.0
    for s in range(steps - 1):
        step(x, record[s], h, stage[0], stage[1], stage[2], record[s + 1])
    y_bar[:], x_bar[:] = 0.0, 0.0
    y_bar[-1] = 1.0
    for s in range(steps - 1, -1, -1):
        stages(x, record[s], h, stage[0], stage[1], stage[2])
        step_back(x, record[s], h, stage, y_bar, bars, x_bar)
    return x_bar


def prepare(data):
    x, steps = data
    arrays = [np.empty_like(x) for _ in range(10)]
    record = np.empty((steps, len(x)))
    stage, bars = tuple(arrays[:3]), tuple(arrays[3:6])
    return (
        lambda: objective(x, steps, arrays[6], arrays[7], *stage),
        lambda: gradient(x, steps, record, stage, bars, arrays[8], arrays[9]),
    )
