"""The program."""

from __future__ import annotations

import numpy as np


def objective(points, centroids):
    total = 0.0
    for point in points:
        total += np.min(np.sum((point - centroids) ** 2, axis=1))
    return total
