"""Compiled by chainrule: the Jacobians of the single errors, taken inside the loop that fills the sparse matrix."""

from __future__ import annotations

import numpy as np

import chainrule as cr
from problems.ba.plain import error, objective

block = cr.jacobian(error, argnums=(0, 1, 2))


def jacobian(cameras, points, weights, features, observed):
    n, m, p = len(cameras), len(points), len(weights)
    rows, columns, values = np.empty(3 * p + 1, np.int64), np.empty(31 * p, np.int64), np.empty(31 * p)
    for i in range(p):
        camera, point = observed[i]
        by_camera, by_point, by_weight = block(cameras[camera], points[point], weights[i], features[i])
        for k in range(2):
            start = 15 * (2 * i + k)
            rows[2 * i + k] = start
            values[start : start + 11] = by_camera[k]
            values[start + 11 : start + 14] = by_point[k]
            values[start + 14] = by_weight[k]
            columns[start : start + 11] = np.arange(11) + 11 * camera
            columns[start + 11 : start + 14] = np.arange(3) + 11 * n + 3 * point
            columns[start + 14] = 11 * n + 3 * m + i
    rows[2 * p :] = 30 * p + np.arange(p + 1)
    columns[30 * p :] = 11 * n + 3 * m + np.arange(p)
    values[30 * p :] = -2.0 * weights
    return rows, columns, values


def prepare(data):
    primal, derivative = cr.jit(objective), cr.jit(jacobian)
    return lambda: primal(*data), lambda: derivative(*data)
