"""The program."""

from __future__ import annotations

import numpy as np


def objective(a):
    if len(a) == 1:
        return a[0, 0]
    total, sign = 0.0, 1.0
    for column in range(len(a)):
        minor = np.delete(a[1:], column, axis=1)
        total += sign * a[0, column] * objective(minor)
        sign = -sign
    return total
