"""In CasADi: the Jacobian of one error as scalar expressions, mapped over all observations."""

from __future__ import annotations

import casadi
import numpy as np


def rotate(rotation, x):
    square = casadi.sumsqr(rotation)
    theta = casadi.sqrt(square)
    axis = rotation / theta
    cos, sin = casadi.cos(theta), casadi.sin(theta)
    rotated = x * cos + casadi.cross(axis, x) * sin + axis * casadi.dot(axis, x) * (1.0 - cos)
    return casadi.if_else(square == 0.0, x + casadi.cross(rotation, x), rotated)


def error(camera, x, weight, feature):
    seen = rotate(camera[:3], x - camera[3:6])
    flat = seen[:2] / seen[2]
    square = casadi.sumsqr(flat)
    distortion = 1.0 + camera[9] * square + camera[10] * square**2
    return weight * (camera[6] * distortion * flat + camera[7:9] - feature)


def prepare(data):
    cameras, points, weights, features, observed = data
    n, m, p = len(cameras), len(points), len(weights)
    wanted, feature = casadi.SX.sym("wanted", 15), casadi.SX.sym("feature", 2)
    found = error(wanted[:11], wanted[11:14], wanted[14], feature)
    block = casadi.Function("block", [wanted, feature], [casadi.jacobian(found, wanted).T]).map(p)
    value = casadi.Function("value", [wanted, feature], [found]).map(p)

    def gathered():
        return np.concatenate([cameras[observed[:, 0]], points[observed[:, 1]], weights[:, None]], axis=1).T

    def primal():
        return np.asarray(value(gathered(), features.T)).T, 1.0 - weights**2

    def derivative():
        by_weight = 11 * n + 3 * m + np.arange(p)
        columns = np.empty((p, 2, 15), dtype=np.int64)
        columns[:, :, :11] = (11 * observed[:, :1] + np.arange(11))[:, None]
        columns[:, :, 11:14] = (11 * n + 3 * observed[:, 1:] + np.arange(3))[:, None]
        columns[:, :, 14] = by_weight[:, None]
        blocks = block(gathered(), features.T).toarray().T
        rows = np.concatenate([15 * np.arange(2 * p), 30 * p + np.arange(p + 1)])
        values = np.concatenate([blocks.ravel(), -2.0 * weights])
        return rows, np.concatenate([columns.ravel(), by_weight]), values

    return primal, derivative
