"""In autograd, as it runs everything."""

from __future__ import annotations

import autograd.numpy as np
from autograd import grad


def objective(x, c, operations):
    z = x
    for _ in range(operations // 4):
        z = np.sin(z)
        z = z * c
        z = np.tanh(z)
        z = z + x
    return np.sum(z)


def prepare(data):
    gradient = grad(objective)
    return lambda: objective(*data), lambda: gradient(*data)
