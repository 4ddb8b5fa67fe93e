"""A chain of small operations, run and recorded one by one: what a tape costs for each of them. Nothing is compiled."""

from __future__ import annotations

from typing import Any

import numpy as np

TITLE = "chain, not compiled"
DIFFERENTIATED = "x"
ARGNUMS = 0
SMALL = {"n": 3, "operations": 8}
SIZES = [
    {"n": 10, "operations": 200},
    {"n": 10_000, "operations": 200},
    {"n": 1_000_000, "operations": 20},
]
HEADLINE = SIZES[0]
PUBLISHED: dict[str, float] = {}
TOLERANCE = 1e-12
CHECK = "gradient"
NOT_EXPRESSED = {"casadi": "it runs no operation before there is an expression of all"}


def data(n: int, operations: int) -> tuple[Any, ...]:
    """Numbers for which the chain neither dies nor grows."""
    x = np.linspace(0.1, 0.9, n)
    return x, x + 1.0, operations


def reference(x: np.ndarray, c: np.ndarray, operations: int) -> tuple[Any, Any]:
    """Each element's derivative, carried along."""
    z, slope = x, np.ones_like(x)
    for _ in range(operations // 4):
        z, slope = np.sin(z), np.cos(z) * slope
        z = np.tanh(z * c)
        z, slope = z + x, (1 - z * z) * c * slope + 1
    return np.sum(z), slope
