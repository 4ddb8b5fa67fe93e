"""By hand: all partial derivatives of one error in closed form, written to their places in arrays that are kept.

The rotation is a matrix R. With respect to the axis times angle r it has the derivative [Rx]' = -R [x] J, where J is
the right Jacobian of the rotation group: J = a 1 - b [r] + c r r', with a = sin(t)/t, b = (1 - cos t)/t^2 and
c = (1 - a)/t^2.
"""

from __future__ import annotations

import math

import numba
import numpy as np


@numba.njit(cache=True, error_model="numpy", fastmath={"contract"}, inline="always")
def rotation(x, y, z):
    """The rotation matrix, row by row, and the coefficients a, b, c."""
    square = x * x + y * y + z * z
    if square == 0.0:
        return (1.0, -z, y, z, 1.0, -x, -y, x, 1.0), (1.0, 0.5, 1.0 / 6.0)
    theta = math.sqrt(square)
    a, b = math.sin(theta) / theta, (1.0 - math.cos(theta)) / square
    c = 1.0 - square * b  # the cosine
    matrix = (
        c + b * x * x, b * x * y - a * z, b * x * z + a * y,
        b * x * y + a * z, c + b * y * y, b * y * z - a * x,
        b * x * z - a * y, b * y * z + a * x, c + b * z * z,
    )  # fmt: skip
    return matrix, (a, b, (1.0 - a) / square)


@numba.njit(cache=True, error_model="numpy", fastmath={"contract"})
def objective(cameras, points, weights, features, observed, errors, others):
    for i in range(len(weights)):
        c, p = cameras[observed[i, 0]], points[observed[i, 1]]
        m, _ = rotation(c[0], c[1], c[2])
        x, y, z = p[0] - c[3], p[1] - c[4], p[2] - c[5]
        scale = 1.0 / (m[6] * x + m[7] * y + m[8] * z)
        u, v = (m[0] * x + m[1] * y + m[2] * z) * scale, (m[3] * x + m[4] * y + m[5] * z) * scale
        square = u * u + v * v
        factor = c[6] * (1.0 + square * (c[9] + square * c[10]))
        errors[i, 0] = weights[i] * (factor * u + c[7] - features[i, 0])
        errors[i, 1] = weights[i] * (factor * v + c[8] - features[i, 1])
        others[i] = 1.0 - weights[i] * weights[i]
    return errors, others


@numba.njit(cache=True, error_model="numpy", fastmath={"contract"}, inline="always")
def fill(row, du, dv, scale, u, v, m, abc, r, x, own, error):
    """One row of a block, from the derivatives of an error by u and v and by the numbers of the camera's lens."""
    gx, gy, gz = du * scale, dv * scale, -(du * u + dv * v) * scale  # by the point that is rotated
    px, py, pz = m[0] * gx + m[3] * gy + m[6] * gz, m[1] * gx + m[4] * gy + m[7] * gz, m[2] * gx + m[5] * gy + m[8] * gz
    cx, cy, cz = x[1] * pz - x[2] * py, x[2] * px - x[0] * pz, x[0] * py - x[1] * px  # x cross (R' g)
    a, b, c = abc
    along = c * (r[0] * cx + r[1] * cy + r[2] * cz)
    row[0] = a * cx + b * (r[1] * cz - r[2] * cy) + along * r[0]
    row[1] = a * cy + b * (r[2] * cx - r[0] * cz) + along * r[1]
    row[2] = a * cz + b * (r[0] * cy - r[1] * cx) + along * r[2]
    row[3], row[4], row[5] = -px, -py, -pz
    row[6], row[7], row[8], row[9], row[10] = own
    row[11], row[12], row[13], row[14] = px, py, pz, error


@numba.njit(cache=True, error_model="numpy", fastmath={"contract"})
def jacobian(cameras, points, weights, features, observed, rows, columns, values):
    n, m, p = len(cameras), len(points), len(weights)
    for i in range(p):
        camera, point, w = observed[i, 0], observed[i, 1], weights[i]
        c, q = cameras[camera], points[point]
        r = (c[0], c[1], c[2])
        matrix, abc = rotation(c[0], c[1], c[2])
        x, y, z = q[0] - c[3], q[1] - c[4], q[2] - c[5]
        scale = 1.0 / (matrix[6] * x + matrix[7] * y + matrix[8] * z)
        u = (matrix[0] * x + matrix[1] * y + matrix[2] * z) * scale
        v = (matrix[3] * x + matrix[4] * y + matrix[5] * z) * scale
        square = u * u + v * v
        distortion = 1.0 + square * (c[9] + square * c[10])
        slope = 2.0 * w * c[6] * (c[9] + 2.0 * square * c[10])
        factor, mixed = w * c[6] * distortion, slope * u * v
        wu, wv, wf = w * u, w * v, w * c[6] * square
        first, second = values[30 * i : 30 * i + 15], values[30 * i + 15 : 30 * i + 30]
        own = (wu * distortion, w, 0.0, wf * u, wf * u * square)
        error = c[6] * distortion * u + c[7] - features[i, 0]
        fill(first, factor + slope * u * u, mixed, scale, u, v, matrix, abc, r, (x, y, z), own, error)
        own = (wv * distortion, 0.0, w, wf * v, wf * v * square)
        error = c[6] * distortion * v + c[8] - features[i, 1]
        fill(second, mixed, factor + slope * v * v, scale, u, v, matrix, abc, r, (x, y, z), own, error)
        rows[2 * i], rows[2 * i + 1], rows[2 * p + i] = 30 * i, 30 * i + 15, 30 * p + i
        for k in range(2):
            row = columns[30 * i + 15 * k : 30 * i + 15 * k + 15]
            for j in range(11):
                row[j] = 11 * camera + j
            for j in range(3):
                row[11 + j] = 11 * n + 3 * point + j
            row[14] = 11 * n + 3 * m + i
        columns[30 * p + i] = 11 * n + 3 * m + i
        values[30 * p + i] = -2.0 * w
    rows[3 * p] = 31 * p
    return rows, columns, values


def prepare(data):
    p = len(data[2])
    errors, others = np.empty((p, 2)), np.empty(p)
    rows, columns, values = np.zeros(3 * p + 1, np.int64), np.zeros(31 * p, np.int64), np.zeros(31 * p)
    return lambda: objective(*data, errors, others), lambda: jacobian(*data, rows, columns, values)
