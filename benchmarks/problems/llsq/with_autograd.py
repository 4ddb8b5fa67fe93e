"""In autograd: a loop over the coefficients, for all places at once."""

from __future__ import annotations

import autograd.numpy as np
from autograd import grad


def objective(x, n):
    t = -1.0 + 2.0 * np.arange(n) / (n - 1)
    value, power = np.zeros(n), np.ones(n)
    for j in range(len(x)):
        value = value + x[j] * power
        power = power * t
    return 0.5 * np.sum((np.sign(t) - value) ** 2)


def prepare(data):
    gradient = grad(objective)
    return lambda: objective(*data), lambda: gradient(*data)
