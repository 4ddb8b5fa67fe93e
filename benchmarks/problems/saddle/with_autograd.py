"""In autograd."""

from __future__ import annotations

import autograd.numpy as np

from problems.descent_autograd import descend


def height(x, y):
    return np.sum(x**2) - np.sum(y**2)


def prepare(data):
    (start,) = data

    def highest(x):
        return height(x, descend(lambda y: -height(x, y), start))

    def saddle():
        x = descend(highest, start)
        return np.concatenate([x, descend(lambda y: -height(x, y), start)])

    return None, saddle
