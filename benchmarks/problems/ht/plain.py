"""The program."""

from __future__ import annotations

import numpy as np


def about_axis(rotation):
    """The matrix of a rotation about an axis by its length."""
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
    """The matrix of rotations about the three axes, with room for a shift."""
    about_x = np.array([[1.0, 0.0, 0.0], [0.0, np.cos(x), -np.sin(x)], [0.0, np.sin(x), np.cos(x)]])
    about_y = np.array([[np.cos(y), 0.0, np.sin(y)], [0.0, 1.0, 0.0], [-np.sin(y), 0.0, np.cos(y)]])
    about_z = np.array([[np.cos(z), -np.sin(z), 0.0], [np.sin(z), np.cos(z), 0.0], [0.0, 0.0, 1.0]])
    result = np.eye(4)
    result[:3, :3] = about_z @ about_y @ about_x
    return result


def bone_angles(theta):
    """The angles of each bone: of a finger, the first has two, the next two one, the last none."""
    angles = np.zeros((22, 3))
    for finger in range(5):
        bone, at = 2 + 4 * finger, 6 + 4 * finger
        angles[bone, :2] = theta[at : at + 2]
        angles[bone + 1, 0] = theta[at + 2]
        angles[bone + 2, 0] = theta[at + 3]
    return angles


def skin(theta, parents, relatives, inverses, weights, positions):
    """Where the vertices are: each moves with all bones, as strongly as its weights say."""
    angles = bone_angles(theta)
    absolutes = np.zeros((22, 4, 4))
    skinned = np.zeros((3, positions.shape[1]))
    for i in range(22):
        relative = relatives[i] @ bend(angles[i, 0], angles[i, 1], angles[i, 2])
        absolutes[i] = relative if parents[i] < 0 else absolutes[parents[i]] @ relative
        move = absolutes[i] @ inverses[i]
        skinned += weights[i] * (move[:3] @ positions)
    return about_axis(theta[:3]) @ skinned + theta[3:6, np.newaxis]


def objective(us, theta, parents, relatives, inverses, weights, positions, corners, measured):
    vertices = skin(theta, parents, relatives, inverses, weights, positions)
    errors = np.zeros((len(measured), 3))
    for i in range(len(measured)):
        a, b, c = corners[i]
        u, v = us[i]
        errors[i] = measured[i] - (u * vertices[:, a] + v * vertices[:, b] + (1.0 - u - v) * vertices[:, c])
    return errors.ravel()
