"""In PyTorch."""

from __future__ import annotations

import torch


def objective(x):
    return torch.sum(100.0 * (x[1:] - x[:-1] ** 2) ** 2 + (1.0 - x[:-1]) ** 2)


def prepare(data):
    x = torch.from_numpy(data[0]).requires_grad_()

    def primal():
        with torch.no_grad():
            return objective(x).numpy()

    return primal, lambda: torch.autograd.grad(objective(x), x)[0].numpy()
