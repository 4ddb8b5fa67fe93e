"""In autograd."""

from __future__ import annotations

import autograd.numpy as np
from autograd import grad


def objective(x):
    return np.sum(100.0 * (x[1:] - x[:-1] ** 2) ** 2 + (1.0 - x[:-1]) ** 2)


def prepare(data):
    gradient = grad(objective)
    return lambda: objective(*data), lambda: gradient(*data)
