"""In PyTorch: all distances as one expression; the Hessian's product with ones forwards over the gradient."""

from __future__ import annotations

import torch


def cost(points, centroids):
    lengths = (points**2).sum(1)[:, None] + (centroids**2).sum(1)
    return (lengths - 2 * points @ centroids.T).min(1).values.sum()


def prepare(data):
    points, centroids = (torch.from_numpy(a) for a in data)
    slope = torch.func.grad(lambda c: cost(points, c))

    def primal():
        with torch.no_grad():
            return cost(points, centroids)

    def step():
        gradient, diagonal = torch.func.jvp(slope, (centroids,), (torch.ones_like(centroids),))
        return gradient / diagonal

    return primal, step
