"""In autograd: all distances as one expression; the Hessian's product with ones backwards through the gradient."""

from __future__ import annotations

import autograd.numpy as np
from autograd import grad, make_vjp


def cost(points, centroids):
    lengths = np.sum(points**2, axis=1)[:, None] + np.sum(centroids**2, axis=1)
    return np.sum(np.min(lengths - 2 * np.dot(points, centroids.T), axis=1))


def prepare(data):
    points, centroids = data
    slope = make_vjp(grad(lambda c: cost(points, c)))

    def step():
        product, gradient = slope(centroids)
        return gradient / product(np.ones(centroids.shape))

    return lambda: cost(*data), step
