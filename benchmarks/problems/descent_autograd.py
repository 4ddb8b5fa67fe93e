"""Gradient descent whose step adapts, in autograd."""

from __future__ import annotations

import autograd.numpy as np
from autograd import value_and_grad


def length(x):
    return np.sqrt(np.sum(x * x))


def descend(f, x):
    """Minimise: the step doubles after ten successes, and halves at a failure."""
    both = value_and_grad(f)
    value, slope = both(x)
    rate, successes = 1e-5, 0
    while length(slope) > 1e-5:
        if successes == 10:
            rate, successes = 2.0 * rate, 0
        tried = x - rate * slope
        if length(tried - x) <= 1e-5:
            break
        there = f(tried)
        if there < value:
            x, successes = tried, successes + 1
            value, slope = both(x)
        else:
            rate, successes = rate / 2.0, 0
    return x
