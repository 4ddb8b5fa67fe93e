"""By hand: of each step only its start is kept, since its stages are soon computed again.

A stage at i needs the one before at i - 1 only. So the stages go through the chain together, a block at a time that
stays in the cache; and the way back does, from the end. All arrays have an element in front, where the source is: with
y = 1 there, the first equation is like the others.
"""

from __future__ import annotations

import numba
import numpy as np

BLOCK = 512
FAST = {"reassoc", "nsz", "contract"}


@numba.njit(cache=True, error_model="numpy", fastmath=FAST)
def stage(x, y, before, h, out):
    for i in range(x.shape[0]):
        out[i] = y[i] + h * x[i] * before[i]


@numba.njit(cache=True, error_model="numpy", fastmath=FAST)
def combine(x, y, first, second, third, fourth, h, out):
    for i in range(x.shape[0]):
        out[i] = y[i] + h / 6 * x[i] * (first[i] + 2.0 * (second[i] + third[i]) + fourth[i])


@numba.njit(cache=True, error_model="numpy")
def stages(x, y, h, places, low, high):
    """Where the slopes of a step are taken, from `low` to before `high`."""
    now, before = slice(low, high), slice(low - 1, high - 1)
    stage(x[now], y[now], y[before], h / 2, places[0, now])
    stage(x[now], y[now], places[0, before], h / 2, places[1, now])
    stage(x[now], y[now], places[1, before], h, places[2, now])


@numba.njit(cache=True, error_model="numpy")
def step(x, y, h, places, result):
    for low in range(1, len(x), BLOCK):
        high = min(low + BLOCK, len(x))
        now, before = slice(low, high), slice(low - 1, high - 1)
        stages(x, y, h, places, low, high)
        second, third, fourth = places[0, before], places[1, before], places[2, before]
        combine(x[now], y[now], y[before], second, third, fourth, h, result[now])


@numba.njit(cache=True, error_model="numpy")
def objective(x, steps, factors, record, places):
    factors[1:] = x
    record[:, 0], places[:, 0], record[0, 1:] = 1.0, 1.0, 0.0
    for s in range(steps):
        step(factors, record[s % 2], 2.0 / steps, places, record[(s + 1) % 2])
    return record[steps % 2, -1]


@numba.njit(cache=True, error_model="numpy", fastmath=FAST)
def bar(x, y_bar, after, h, factor, out):
    """The bar of a stage, from the result's and from that of the stage after."""
    for i in range(x.shape[0]):
        out[i] = x[i] * (h * y_bar[i] + factor * after[i])


@numba.njit(cache=True, error_model="numpy", fastmath=FAST)
def last_bar(x, y_bar, h, out):
    for i in range(x.shape[0]):
        out[i] = h * x[i] * y_bar[i]


@numba.njit(cache=True, error_model="numpy", fastmath=FAST)
def add_all(y_bar, second, third, fourth, out):
    for i in range(out.shape[0]):
        out[i] += y_bar[i] + second[i] + third[i] + fourth[i]


@numba.njit(cache=True, error_model="numpy", fastmath=FAST)
def add_by_factor(y_bar, h, first, second, third, fourth, bar2, bar3, bar4, out):
    for i in range(out.shape[0]):
        sixth = h / 6 * y_bar[i]
        by_second, by_third = 2.0 * sixth + h / 2 * bar3[i], 2.0 * sixth + h * bar4[i]
        out[i] += (sixth + h / 2 * bar2[i]) * first[i] + by_second * second[i] + by_third * third[i] + sixth * fourth[i]


@numba.njit(cache=True, error_model="numpy")
def step_back(x, y, h, places, y_bar, bars, before_bar, x_bar):
    """Take `y_bar` back by a step, to `before_bar`.

    The bar of a stage at i - 1 comes from the slopes after it at i: that of the fourth from the result alone, that of
    the third from the fourth too, and so on. The stages at the start of a block need three places in front of it.
    """
    n = len(x)
    bars[:, n - 1], before_bar[n - 1] = 0.0, 0.0
    for low in range((n - 2) // BLOCK * BLOCK + 1, 0, -BLOCK):
        high = min(low + BLOCK, n)
        now, before = slice(low, high), slice(low - 1, high - 1)
        stages(x, y, h, places, max(low - 3, 1), high)
        last_bar(x[now], y_bar[now], h / 6, bars[2, before])
        bar(x[now], y_bar[now], bars[2, now], h / 3, h, bars[1, before])
        bar(x[now], y_bar[now], bars[1, now], h / 3, h / 2, bars[0, before])
        bar(x[now], y_bar[now], bars[0, now], h / 6, h / 2, before_bar[before])
        add_all(y_bar[now], bars[0, now], bars[1, now], bars[2, now], before_bar[now])
        slopes = y[before], places[0, before], places[1, before], places[2, before]
        add_by_factor(y_bar[now], h, *slopes, bars[0, now], bars[1, now], bars[2, now], x_bar[now])


@numba.njit(cache=True, error_model="numpy")
def gradient(x, steps, factors, record, places, bars, y_bars, x_bar):
    h = 2.0 / steps
    factors[1:] = x
    record[:, 0], places[:, 0], record[0, 1:] = 1.0, 1.0, 0.0
    for s in range(steps - 1):
        step(factors, record[s], h, places, record[s + 1])
    y_bars[0], x_bar[:] = 0.0, 0.0
    y_bars[0, -1] = 1.0
    for i in range(steps):
        step_back(factors, record[steps - 1 - i], h, places, y_bars[i % 2], bars, y_bars[(i + 1) % 2], x_bar)
    return x_bar[1:]


def prepare(data):
    x, steps = data
    size = len(x) + 1
    factors, places, bars = np.empty(size), np.empty((3, size)), np.empty((3, size))
    short, record, y_bars, x_bar = np.empty((2, size)), np.empty((steps, size)), np.empty((2, size)), np.empty(size)
    return (
        lambda: objective(x, steps, factors, short, places),
        lambda: gradient(x, steps, factors, record, places, bars, y_bars, x_bar),
    )
