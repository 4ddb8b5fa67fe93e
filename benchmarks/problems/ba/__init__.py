"""Bundle adjustment (ADBench): how far the points that cameras see lie from where they should be seen.

An observation is of one point by one camera, and has a weight. The derivative is the sparse Jacobian of all errors, in
compressed rows: for each observation two rows with the numbers of its camera, its point and its weight, and below them
one row for each weight. Filling its three arrays belongs to what is timed.
"""

from __future__ import annotations

from typing import Any

import numpy as np

TITLE = "bundle adjustment"
DIFFERENTIATED = "cameras, points, weights"
ARGNUMS = (0, 1, 2)
SMALL = {"cameras": 3, "points": 4, "observations": 10}
SIZES = [
    {"cameras": 49, "points": 7776, "observations": 31843},
    {"cameras": 257, "points": 65132, "observations": 225911},
]
HEADLINE = SIZES[1]
PUBLISHED = {"Enzyme": 48e-3, "manual": 56e-3, "Tapenade": 102e-3, "CoDiPack": 121e-3}
TOLERANCE = 1e-10
CHECK = None
NOT_EXPRESSED: dict[str, str] = {}


def data(cameras: int, points: int, observations: int) -> tuple[Any, ...]:
    """Cameras at some distance that look at a cloud of points; observations go round both in turn."""
    rng = np.random.default_rng(31337)
    made = np.empty((cameras, 11))
    made[:, :3] = rng.normal(size=(cameras, 3)) * 0.1
    made[:, 3:6] = rng.normal(size=(cameras, 3)) - [0.0, 0.0, 10.0]
    made[:, 6] = rng.uniform(500.0, 1000.0, cameras)
    made[:, 7:9] = rng.normal(size=(cameras, 2))
    made[:, 9:] = rng.normal(size=(cameras, 2)) * 1e-2
    cloud = rng.normal(size=(points, 3))
    weights = rng.uniform(0.5, 1.5, observations)
    features = rng.normal(size=(observations, 2)) * 50.0
    index = np.arange(observations)
    observed = np.stack([index % cameras, index % points], axis=1)
    return made, cloud, weights, features, observed


def errors(camera: Any, point: Any, weight: Any, feature: Any) -> Any:
    """Errors of many observations, the numbers of each along the first axis; complex ones too."""
    r, x = camera[:3], point - camera[3:6]
    theta = np.sqrt(r[0] * r[0] + r[1] * r[1] + r[2] * r[2])
    axis = r / theta
    cross = np.stack([axis[i - 2] * x[i - 1] - axis[i - 1] * x[i - 2] for i in range(3)])
    along = axis[0] * x[0] + axis[1] * x[1] + axis[2] * x[2]
    x = x * np.cos(theta) + cross * np.sin(theta) + axis * along * (1 - np.cos(theta))
    p = x[:2] / x[2]
    square = p[0] * p[0] + p[1] * p[1]
    return weight * (camera[6] * p * (1 + camera[9] * square + camera[10] * square * square) + camera[7:9] - feature)


def reference(cameras: Any, points: Any, weights: Any, features: Any, observed: Any) -> tuple[Any, Any]:
    """Complex steps, by all fifteen numbers of many observations at a time."""
    count = len(weights)
    x = np.concatenate([cameras[observed[:, 0]], points[observed[:, 1]], weights[:, None]], axis=1).T
    values, blocks = np.empty((count, 2)), np.empty((count, 2, 15))
    for start in range(0, count, 4096):
        part = slice(start, start + 4096)
        values[part] = errors(x[:11, part], x[11:14, part], x[14, part], features[part].T).T
        for k in range(15):
            z = x[:, part].astype(complex)
            z[k] += 1e-30j
            blocks[part, :, k] = errors(z[:11], z[11:14], z[14], features[part].T).imag.T / 1e-30
    columns = np.empty((count, 15), dtype=np.int64)
    columns[:, :11] = 11 * observed[:, :1] + np.arange(11)
    columns[:, 11:14] = cameras.size + 3 * observed[:, 1:] + np.arange(3)
    columns[:, 14] = last = cameras.size + points.size + np.arange(count)
    rows = np.concatenate([15 * np.arange(2 * count), 30 * count + np.arange(count + 1)])
    columns = np.concatenate([np.repeat(columns[:, None], 2, axis=1).ravel(), last])
    return (values, 1 - weights**2), (rows, columns, np.concatenate([blocks.ravel(), -2 * weights]))
