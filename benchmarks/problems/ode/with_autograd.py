"""In autograd."""

from __future__ import annotations

import autograd.numpy as np
from autograd import grad


def slope(x, y):
    return x * np.concatenate([np.ones(1), y[:-1]])


def objective(x, steps):
    y, h = np.zeros(len(x)), 2.0 / steps
    for _ in range(steps):
        k1 = slope(x, y)
        k2 = slope(x, y + h / 2 * k1)
        k3 = slope(x, y + h / 2 * k2)
        k4 = slope(x, y + h * k3)
        y = y + h / 6 * (k1 + 2 * k2 + 2 * k3 + k4)
    return y[-1]


def prepare(data):
    gradient = grad(objective)
    return lambda: objective(*data), lambda: gradient(*data)
