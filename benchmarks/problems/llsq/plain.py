"""The program."""

from __future__ import annotations

import numpy as np


def objective(x, n):
    total = 0.0
    for i in range(n):
        t = -1.0 + 2.0 * i / (n - 1)
        value, power = 0.0, 1.0
        for j in range(len(x)):
            value += x[j] * power
            power *= t
        total += (np.sign(t) - value) ** 2
    return 0.5 * total
