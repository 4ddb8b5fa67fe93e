"""Gradient descent whose step adapts, in PyTorch; what it finds can be differentiated."""

from __future__ import annotations

import torch


def value_and_slope(f, x):
    """Both at a point, with a graph of the slope if the point has one."""
    further = x.requires_grad
    x = x if further else x.detach().requires_grad_()
    value = f(x)
    (slope,) = torch.autograd.grad(value, x, create_graph=further)
    return value, slope


def descend(f, x):
    """Minimise: the step doubles after ten successes, and halves at a failure."""
    value, slope = value_and_slope(f, x)
    rate, successes = 1e-5, 0
    while slope.norm() > 1e-5:
        if successes == 10:
            rate, successes = 2.0 * rate, 0
        tried = x - rate * slope
        if (tried - x).norm() <= 1e-5:
            break
        there = f(tried)
        if there < value:
            x, successes = tried, successes + 1
            value, slope = value_and_slope(f, x)
        else:
            rate, successes = rate / 2.0, 0
    return x
