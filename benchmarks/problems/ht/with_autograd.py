"""In autograd: forward mode, whose 28 directions are an axis of the arrays that are moved.

One direction is what its own forward mode takes at a time; the 28 runs are what its users have.
"""

from __future__ import annotations

import autograd.numpy as np
from autograd import make_jvp


def about_axis(rotation):
    square = np.sum(rotation**2)
    if square == 0.0:
        return np.eye(3)
    angle = np.sqrt(square)
    x, y, z = rotation / angle
    c, s = np.cos(angle), np.sin(angle)
    return np.array([
        [x * x + (1.0 - x * x) * c, x * y * (1.0 - c) - z * s, x * z * (1.0 - c) + y * s],
        [x * y * (1.0 - c) + z * s, y * y + (1.0 - y * y) * c, y * z * (1.0 - c) - x * s],
        [x * z * (1.0 - c) - y * s, z * y * (1.0 - c) + x * s, z * z + (1.0 - z * z) * c],
    ])  # fmt: skip


def bend(x, z, y):
    about_x = np.array([[1.0, 0.0, 0.0], [0.0, np.cos(x), -np.sin(x)], [0.0, np.sin(x), np.cos(x)]])
    about_y = np.array([[np.cos(y), 0.0, np.sin(y)], [0.0, 1.0, 0.0], [-np.sin(y), 0.0, np.cos(y)]])
    about_z = np.array([[np.cos(z), -np.sin(z), 0.0], [np.sin(z), np.cos(z), 0.0], [0.0, 0.0, 1.0]])
    rotation = np.dot(np.dot(about_z, about_y), about_x)
    return np.concatenate([np.concatenate([rotation, np.zeros((3, 1))], axis=1), np.eye(4)[3:]])


def bone_angles(theta):
    angles = [(0.0, 0.0)] * 2
    for finger in range(5):
        a, b, c, d = theta[6 + 4 * finger : 10 + 4 * finger]
        angles += [(a, b), (c, 0.0), (d, 0.0), (0.0, 0.0)]
    return angles


def objective(us, theta, parents, relatives, inverses, weights, positions, corners, measured):
    absolutes, skinned = [], 0.0
    for i, (x, z) in enumerate(bone_angles(theta)):
        relative = np.dot(relatives[i], bend(x, z, 0.0))
        absolutes.append(relative if parents[i] < 0 else np.dot(absolutes[parents[i]], relative))
        move = np.dot(absolutes[i], inverses[i])
        skinned = skinned + weights[i] * np.dot(move[:3], positions)
    vertices = np.dot(about_axis(theta[:3]), skinned) + theta[3:6, np.newaxis]
    a, b, c = (vertices[:, corners[:, k]].T for k in range(3))
    u, v = us[:, :1], us[:, 1:]
    return np.ravel(measured - (u * a + v * b + (1.0 - u - v) * c))


def prepare(data):
    us, theta, *others = data

    def jacobian():
        push = make_jvp(lambda x: objective(us + x[:2], theta + x[2:], *others))(np.zeros(28))
        return np.stack([push(direction)[1] for direction in np.eye(28)], axis=1)

    return lambda: objective(*data), jacobian
