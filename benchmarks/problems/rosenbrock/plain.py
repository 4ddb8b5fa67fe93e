"""The program."""

from __future__ import annotations

import numpy as np


def objective(x):
    return np.sum(100.0 * (x[1:] - x[:-1] ** 2) ** 2 + (1.0 - x[:-1]) ** 2)
