"""The program."""

from __future__ import annotations

import numpy as np


def objective(x, c, operations):
    z = x
    for _ in range(operations // 4):
        z = np.sin(z)
        z = z * c
        z = np.tanh(z)
        z = z + x
    return np.sum(z)
