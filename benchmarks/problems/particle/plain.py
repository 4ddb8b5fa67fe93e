"""The program, which takes derivatives itself."""

from __future__ import annotations

import numpy as np

import chainrule as cr
from problems.descent import descend


def distance(a, b):
    return np.sqrt((a[0] - b[0]) ** 2 + (a[1] - b[1]) ** 2)


def landing(w):
    """Where the charge crosses the axis, squared."""
    charges = ((10.0, 10.0 - w), (10.0, 0.0))

    def potential(x):
        return 1.0 / distance(x, charges[0]) + 1.0 / distance(x, charges[1])

    x, v = np.array([0.0, 8.0]), np.array([0.75, 0.0])
    step = 0.1
    while True:
        a = -cr.grad(potential)(x)
        new = x + step * v
        if new[1] <= 0.0:
            break
        x = new
        v = v + step * a
    left = -x[1] / v[1]
    return (x[0] + left * v[0]) ** 2


def objective(w):
    return descend(landing, w)
