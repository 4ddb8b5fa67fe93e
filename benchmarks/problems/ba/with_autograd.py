"""In autograd: errors of all observations at once, and two sweeps backwards, one for each of their two numbers.

An error depends on its own copy of camera, point and weight alone, so the gradient of a sum has all blocks in it.
"""

from __future__ import annotations

import autograd.numpy as np
import numpy
from autograd import make_vjp


def errors(wanted, feature):
    camera, x, weight = wanted
    rotation, moved = camera[:, :3], x - camera[:, 3:6]
    square = np.sum(rotation * rotation, axis=1, keepdims=True)
    theta = np.sqrt(np.where(square == 0.0, 1.0, square))
    axis = rotation / theta
    cos, sin = np.cos(theta), np.sin(theta)
    along = np.sum(axis * moved, axis=1, keepdims=True)
    rotated = moved * cos + np.cross(axis, moved) * sin + axis * along * (1.0 - cos)
    seen = np.where(square == 0.0, moved + np.cross(rotation, moved), rotated)
    flat = seen[:, :2] / seen[:, 2:]
    square = np.sum(flat * flat, axis=1, keepdims=True)
    distortion = 1.0 + camera[:, 9:10] * square + camera[:, 10:] * square**2
    return weight[:, None] * (camera[:, 6:7] * distortion * flat + camera[:, 7:9] - feature)


def jacobian(cameras, points, weights, features, observed):
    n, m, p = len(cameras), len(points), len(weights)
    wanted = cameras[observed[:, 0]], points[observed[:, 1]], weights
    pull, _ = make_vjp(errors)(wanted, features)
    values, columns = numpy.empty(31 * p), numpy.empty(31 * p, dtype=numpy.int64)
    blocks = values[: 30 * p].reshape(p, 2, 15)
    for k in range(2):
        seed = numpy.zeros((p, 2))
        seed[:, k] = 1.0
        blocks[:, k, :11], blocks[:, k, 11:14], blocks[:, k, 14] = pull(seed)
    values[30 * p :] = -2.0 * weights
    blocks = columns[: 30 * p].reshape(p, 2, 15)
    blocks[:, :, :11] = (11 * observed[:, :1] + numpy.arange(11))[:, None]
    blocks[:, :, 11:14] = (11 * n + 3 * observed[:, 1:] + numpy.arange(3))[:, None]
    columns[30 * p :] = 11 * n + 3 * m + numpy.arange(p)
    blocks[:, :, 14] = columns[30 * p :, None]
    rows = numpy.concatenate([15 * numpy.arange(2 * p), 30 * p + numpy.arange(p + 1)])
    return rows, columns, values


def prepare(data):
    cameras, points, weights, features, observed = data

    def primal():
        wanted = cameras[observed[:, 0]], points[observed[:, 1]], weights
        return errors(wanted, features), 1.0 - weights**2

    return primal, lambda: jacobian(*data)
