"""In PyTorch."""

from __future__ import annotations

import torch

from problems.descent_torch import descend


def height(x, y):
    return torch.sum(x**2) - torch.sum(y**2)


def prepare(data):
    start = torch.from_numpy(data[0])

    def highest(x):
        return height(x, descend(lambda y: -height(x, y), start))

    def saddle():
        x = descend(highest, start).detach()
        return torch.cat([x, descend(lambda y: -height(x, y), start)]).detach().numpy()

    return None, saddle
