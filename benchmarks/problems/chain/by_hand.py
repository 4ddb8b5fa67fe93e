"""By hand, with NumPy: what would be left of a tape that cost nothing."""

from __future__ import annotations

import numpy as np

from problems.chain.plain import objective


def gradient(x, c, operations):
    kept, z = [], x
    for _ in range(operations // 4):
        before = z
        z = np.tanh(np.sin(z) * c)
        kept.append((before, z))
        z = z + x
    bar = np.ones_like(x)
    result = np.zeros_like(x)
    for before, after in reversed(kept):
        result += bar
        bar = bar * (1.0 - after * after)
        bar *= c
        bar *= np.cos(before)
    return result + bar


def prepare(data):
    return lambda: objective(*data), lambda: gradient(*data)
