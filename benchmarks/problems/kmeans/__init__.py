"""A step of Newton's method for k-means: the gradient of the cost by the centroids over the diagonal of its Hessian.

The cost is the sum, over the points, of the squared distance to the nearest centroid. Its Hessian is diagonal, so that
the product of it with a vector of ones is all of it.
"""

from __future__ import annotations

from typing import Any

import numpy as np

TITLE = "k-means"
DIFFERENTIATED = "centroids, twice"
ARGNUMS = 1
SMALL = {"k": 3, "n": 20, "d": 2}
SIZES = [{"k": 10, "n": 1000, "d": 8}, {"k": 100, "n": 10_000, "d": 16}]
HEADLINE = {"k": 100, "n": 10_000, "d": 16}
PUBLISHED = {"JAX": 3.6e-3, "manual": 3.8e-3, "Enzyme": 8.2e-3, "PyTorch": 13e-3, "CoDiPack": 87e-3}
TOLERANCE = 1e-10
CHECK = None  # a direction, not a gradient
NOT_EXPRESSED: dict[str, str] = {}


def data(k: int, n: int, d: int) -> tuple[Any, ...]:
    """Uniform points, of which the last are the centroids to start from."""
    np.random.seed(31337)
    points = np.random.rand(n, d)
    return points, points[-k:].copy()


def reference(points: np.ndarray, centroids: np.ndarray) -> tuple[Any, Any]:
    """The centroids, less the means of the points that are nearest to each."""
    value, counts, sums = 0.0, np.zeros(len(centroids)), np.zeros(centroids.shape)
    for part in np.array_split(points, -(-len(points) // 1000)):
        distances = np.square(part[:, None] - centroids).sum(2)
        nearest = distances.argmin(1)
        value += distances.min(1).sum()
        np.add.at(counts, nearest, 1.0)
        np.add.at(sums, nearest, part)
    return value, centroids - sums / counts[:, None]
