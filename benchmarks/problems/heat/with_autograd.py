"""In autograd, which cannot write into arrays: the change is padded and added."""

from __future__ import annotations

import autograd.numpy as np
from autograd import grad


def objective(u, kappa, measured, steps):
    for _ in range(steps):
        laplacian = u[2:, 1:-1] + u[:-2, 1:-1] + u[1:-1, 2:] + u[1:-1, :-2] - 4 * u[1:-1, 1:-1]
        u = u + np.pad(kappa * laplacian, ((1, 1), (1, 1)), "constant")
    return 0.5 * np.sum((u - measured) ** 2)


def prepare(data):
    gradient = grad(objective, argnum=(0, 1))
    return lambda: objective(*data), lambda: gradient(*data)
