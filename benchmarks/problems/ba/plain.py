"""The program."""

from __future__ import annotations

import numpy as np


def rotate(rotation, x):
    """Rotate about an axis by an angle, the length of the axis (Rodrigues)."""
    square = rotation @ rotation
    if square == 0.0:
        return x + np.cross(rotation, x)
    theta = np.sqrt(square)
    axis = rotation / theta
    return x * np.cos(theta) + np.cross(axis, x) * np.sin(theta) + axis * (axis @ x) * (1.0 - np.cos(theta))


def project(camera, x):
    """Where a camera (rotation 3, centre 3, focal length, principal point 2, distortion 2) sees a point."""
    seen = rotate(camera[:3], x - camera[3:6])
    flat = seen[:2] / seen[2]
    square = flat @ flat
    distortion = 1.0 + camera[9] * square + camera[10] * square**2
    return camera[6] * distortion * flat + camera[7:9]


def error(camera, x, weight, feature):
    return weight * (project(camera, x) - feature)


def objective(cameras, points, weights, features, observed):
    errors = np.empty((len(weights), 2))
    for i in range(len(weights)):
        camera, point = observed[i]
        errors[i] = error(cameras[camera], points[point], weights[i], features[i])
    return errors, 1.0 - weights**2
