"""In autograd: each step makes a new array, with an edge of zeros."""

from __future__ import annotations

import autograd.numpy as np
from autograd import grad


def objective(speed, start, heard, steps):
    before, now, factor = start, start, speed[1:-1, 1:-1] ** 2
    for _ in range(steps):
        laplacian = now[2:, 1:-1] + now[:-2, 1:-1] + now[1:-1, 2:] + now[1:-1, :-2] - 4 * now[1:-1, 1:-1]
        inside = 2 * now[1:-1, 1:-1] - before[1:-1, 1:-1] + factor * laplacian
        before, now = now, np.pad(inside, ((1, 1), (1, 1)), "constant")
    return 0.5 * np.sum((now - heard) ** 2)


def prepare(data):
    gradient = grad(objective)
    return lambda: objective(*data), lambda: gradient(*data)
