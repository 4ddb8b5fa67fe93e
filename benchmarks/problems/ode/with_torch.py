"""In PyTorch."""

from __future__ import annotations

import torch


def slope(x, y):
    return x * torch.cat([torch.ones(1), y[:-1]])


def objective(x, steps):
    y, h = torch.zeros_like(x), 2.0 / steps
    for _ in range(steps):
        k1 = slope(x, y)
        k2 = slope(x, y + h / 2 * k1)
        k3 = slope(x, y + h / 2 * k2)
        k4 = slope(x, y + h * k3)
        y = y + h / 6 * (k1 + 2 * k2 + 2 * k3 + k4)
    return y[-1]


def prepare(data):
    x, steps = torch.from_numpy(data[0]).requires_grad_(), data[1]

    def primal():
        with torch.no_grad():
            return objective(x, steps)

    return primal, lambda: torch.autograd.grad(objective(x, steps), x)[0]
