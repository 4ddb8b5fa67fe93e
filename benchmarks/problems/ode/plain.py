"""The program."""

from __future__ import annotations

import numpy as np


def slope(x, y):
    dy = np.empty(len(y))
    dy[0] = x[0]
    dy[1:] = x[1:] * y[:-1]
    return dy


def objective(x, steps):
    y = np.zeros(len(x))
    h = 2.0 / steps
    for _ in range(steps):
        k1 = slope(x, y)
        k2 = slope(x, y + h / 2 * k1)
        k3 = slope(x, y + h / 2 * k2)
        k4 = slope(x, y + h * k3)
        y = y + h / 6 * (k1 + 2 * k2 + 2 * k3 + k4)
    return y[-1]
