"""A network of three dense layers that sorts images into ten kinds: the gradient for a step of its training."""

from __future__ import annotations

from itertools import pairwise
from typing import Any

import numpy as np

TITLE = "dense network"
DIFFERENTIATED = "weights and biases"
ARGNUMS = (0, 1, 2, 3, 4, 5)
SMALL = {"batch": 5, "inputs": 6, "hidden": 4}
SIZES = [{"batch": 32, "inputs": 64, "hidden": 32}, {"batch": 128, "inputs": 784, "hidden": 256}]
HEADLINE = SIZES[1]
PUBLISHED: dict[str, float] = {}
TOLERANCE = 1e-12
CHECK = "gradient"
NOT_EXPRESSED: dict[str, str] = {}


def data(batch: int, inputs: int, hidden: int) -> tuple[Any, ...]:
    """Random images and labels; layers of the usual scale."""
    rng = np.random.default_rng(31337)
    sizes = [inputs, hidden, hidden // 2, 10]
    layers = []
    for n, m in pairwise(sizes):
        layers += [rng.normal(size=(n, m)) / np.sqrt(n), 0.1 * rng.normal(size=m)]
    return *layers, rng.normal(size=(batch, inputs)), rng.integers(0, 10, batch)


def reference(w1: Any, b1: Any, w2: Any, b2: Any, w3: Any, b3: Any, x: Any, labels: Any) -> tuple[Any, Any]:
    """The textbook's equations of backpropagation."""
    h1 = np.tanh(x @ w1 + b1)
    h2 = np.tanh(h1 @ w2 + b2)
    powers = np.exp(h2 @ w3 + b3)
    chances = powers / np.sum(powers, axis=1, keepdims=True)
    targets = np.eye(10)[labels]
    value = -np.mean(np.log(np.sum(chances * targets, axis=1)))
    d3 = (chances - targets) / len(x)
    d2 = (d3 @ w3.T) * (1 - h2**2)
    d1 = (d2 @ w2.T) * (1 - h1**2)
    return value, (x.T @ d1, d1.sum(0), h1.T @ d2, d2.sum(0), h2.T @ d3, d3.sum(0))
