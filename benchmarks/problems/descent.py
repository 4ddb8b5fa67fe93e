"""Gradient descent whose step adapts, for a program that is compiled as a whole."""

from __future__ import annotations

import numpy as np

import chainrule as cr


def length(x):
    return np.sqrt(np.sum(x * x))


def descend(f, x):
    """Minimise: the step doubles after ten successes, and halves at a failure."""
    value, slope = cr.value_and_grad(f)(x)
    rate, successes = 1e-5, 0
    while length(slope) > 1e-5:
        if successes == 10:
            rate, successes = 2.0 * rate, 0
        tried = x - rate * slope
        if length(tried - x) <= 1e-5:
            break
        there = f(tried)
        if there < value:
            x, value, slope, successes = tried, there, cr.grad(f)(tried), successes + 1
        else:
            rate, successes = rate / 2.0, 0
    return x
