"""In PyTorch: forward mode in 28 directions at a time (torch.func)."""

from __future__ import annotations

import torch


def about_axis(rotation):
    square = torch.sum(rotation**2)
    angle = torch.sqrt(torch.where(square == 0.0, torch.ones(()), square))
    axis = rotation / angle
    c, s = torch.cos(angle), torch.sin(angle)
    rotated = c * torch.eye(3) + (1.0 - c) * torch.outer(axis, axis) + s * cross(axis)
    return torch.where(square == 0.0, torch.eye(3), rotated)


def cross(axis):
    x, y, z = axis
    zero = torch.zeros(())
    return torch.stack([zero, -z, y, z, zero, -x, -y, x, zero]).reshape(3, 3)


def bends(angles):
    x, z, y = angles.unbind(1)
    one, zero = torch.ones(22), torch.zeros(22)

    def matrix(*elements):
        return torch.stack(elements, dim=1).reshape(22, 3, 3)

    about_x = matrix(one, zero, zero, zero, torch.cos(x), -torch.sin(x), zero, torch.sin(x), torch.cos(x))
    about_y = matrix(torch.cos(y), zero, torch.sin(y), zero, one, zero, -torch.sin(y), zero, torch.cos(y))
    about_z = matrix(torch.cos(z), -torch.sin(z), zero, torch.sin(z), torch.cos(z), zero, zero, zero, one)
    rotations = torch.cat([about_z @ about_y @ about_x, torch.zeros(22, 3, 1)], dim=2)
    return torch.cat([rotations, torch.tensor([0.0, 0.0, 0.0, 1.0]).expand(22, 1, 4)], dim=1)


def bone_angles(theta):
    own = theta[6:].reshape(5, 4)
    zero = torch.zeros(5)
    fingers = torch.stack([
        torch.stack([own[:, 0], own[:, 1], zero], dim=1),
        torch.stack([own[:, 2], zero, zero], dim=1),
        torch.stack([own[:, 3], zero, zero], dim=1),
        torch.zeros(5, 3),
    ], dim=1)  # fmt: skip
    return torch.cat([torch.zeros(2, 3), fingers.reshape(20, 3)])


def objective(us, theta, parents, relatives, inverses, weights, positions, corners, measured):
    relative = relatives @ bends(bone_angles(theta))
    absolutes = []
    for i, parent in enumerate(parents):
        absolutes.append(relative[i] if parent < 0 else absolutes[parent] @ relative[i])
    moves = (torch.stack(absolutes) @ inverses)[:, :3]
    skinned = torch.einsum("bij,bjv->iv", moves, weights[:, None] * positions)
    vertices = about_axis(theta[:3]) @ skinned + theta[3:6, None]
    a, b, c = (vertices[:, corners[:, k]].T for k in range(3))
    u, v = us[:, :1], us[:, 1:]
    return (measured - (u * a + v * b + (1.0 - u - v) * c)).ravel()


def prepare(data):
    us, theta, parents, *others = data
    parents = list(map(int, parents))
    us, theta, *others = [torch.from_numpy(part) for part in (us, theta, *others)]
    jacobian = torch.func.jacfwd(lambda x: objective(us + x[:2], theta + x[2:], parents, *others))
    start = torch.zeros(28)

    def primal():
        with torch.no_grad():
            return objective(us, theta, parents, *others).numpy()

    return primal, lambda: jacobian(start).numpy()
