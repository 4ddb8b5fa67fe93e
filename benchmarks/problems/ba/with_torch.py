"""In PyTorch: errors of all observations at once, and two sweeps backwards, one for each of their two numbers.

An error depends on its own copy of camera, point and weight alone, so the gradient of a sum has all blocks in it.
"""

from __future__ import annotations

import torch


def errors(camera, x, weight, feature):
    rotation, moved = camera[:, :3], x - camera[:, 3:6]
    square = (rotation * rotation).sum(1, keepdim=True)
    theta = torch.sqrt(torch.where(square == 0.0, 1.0, square))
    axis = rotation / theta
    cos, sin = torch.cos(theta), torch.sin(theta)
    along = (axis * moved).sum(1, keepdim=True)
    rotated = moved * cos + torch.linalg.cross(axis, moved) * sin + axis * along * (1.0 - cos)
    seen = torch.where(square == 0.0, moved + torch.linalg.cross(rotation, moved), rotated)
    flat = seen[:, :2] / seen[:, 2:]
    square = (flat * flat).sum(1, keepdim=True)
    distortion = 1.0 + camera[:, 9:10] * square + camera[:, 10:] * square**2
    return weight[:, None] * (camera[:, 6:7] * distortion * flat + camera[:, 7:9] - feature)


def jacobian(cameras, points, weights, features, observed):
    n, m, p = len(cameras), len(points), len(weights)
    wanted = cameras[observed[:, 0]], points[observed[:, 1]], weights.clone()
    for part in wanted:
        part.requires_grad_()
    found = errors(*wanted, features)
    values = torch.empty(31 * p)
    blocks = values[: 30 * p].view(p, 2, 15)
    for k in range(2):
        by_camera, by_point, by_weight = torch.autograd.grad(found[:, k].sum(), wanted, retain_graph=k == 0)
        blocks[:, k, :11] = by_camera
        blocks[:, k, 11:14] = by_point
        blocks[:, k, 14] = by_weight
    values[30 * p :] = -2.0 * weights
    rows = torch.cat([15 * torch.arange(2 * p), 30 * p + torch.arange(p + 1)])
    return rows, columns(n, m, observed), values


def columns(n, m, observed):
    p = len(observed)
    result = torch.empty(31 * p, dtype=torch.int64)
    blocks = result[: 30 * p].view(p, 2, 15)
    blocks[:, :, :11] = (11 * observed[:, :1] + torch.arange(11))[:, None]
    blocks[:, :, 11:14] = (11 * n + 3 * observed[:, 1:] + torch.arange(3))[:, None]
    result[30 * p :] = 11 * n + 3 * m + torch.arange(p)
    blocks[:, :, 14] = result[30 * p :, None]
    return result


def prepare(data):
    given = [torch.from_numpy(part) for part in data]

    def primal():
        cameras, points, weights, features, observed = given
        found = errors(cameras[observed[:, 0]], points[observed[:, 1]], weights, features)
        return found.numpy(), (1.0 - weights**2).numpy()

    return primal, lambda: tuple(part.numpy() for part in jacobian(*given))
