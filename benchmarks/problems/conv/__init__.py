"""A small convolutional network (two layers with pooling, one dense): the gradient for a step of its training."""

from __future__ import annotations

from typing import Any

import numpy as np

TITLE = "convolutional network"
DIFFERENTIATED = "kernels, weights and biases"
ARGNUMS = (0, 1, 2, 3, 4, 5)
SMALL = {"batch": 3, "size": 10, "channels": 2}
SIZES = [{"batch": 1, "size": 30, "channels": 8}, {"batch": 32, "size": 30, "channels": 8}]
HEADLINE = SIZES[1]
PUBLISHED: dict[str, float] = {}
TOLERANCE = 1e-12
CHECK = "gradient"
NOT_EXPRESSED = {"casadi": "its arrays have two axes"}


def data(batch: int, size: int, channels: int) -> tuple[Any, ...]:
    """Random images and labels; layers of the usual scale."""
    rng = np.random.default_rng(31337)
    left = ((size - 2) // 2 - 2) // 2
    k1, k2 = rng.normal(size=(3, 3, 1, channels)) / 3, rng.normal(size=(3, 3, channels, 2 * channels)) / 6
    w = rng.normal(size=(left * left * 2 * channels, 10)) / left
    b1, b2, b3 = (0.1 * rng.normal(size=n) for n in (channels, 2 * channels, 10))
    return k1, b1, k2, b2, w, b3, rng.normal(size=(batch, size, size, 1)), rng.integers(0, 10, batch)


def layer(x: np.ndarray, kernel: np.ndarray, bias: np.ndarray) -> tuple[Any, ...]:
    """Convolve, rectify and pool; tell which of four places had the largest."""
    n = x.shape[1] - 2
    out = sum(x[:, i : n + i, j : n + j] @ kernel[i, j] for i in range(3) for j in range(3)) + bias
    quarters = np.stack([out[:, i::2, j::2] for i in range(2) for j in range(2)])
    return np.maximum(np.max(quarters, axis=0), 0.0), np.argmax(quarters, axis=0)


def layer_back(bar: np.ndarray, pooled: np.ndarray, places: np.ndarray, x: np.ndarray, kernel: np.ndarray) -> Any:
    """The adjoints of kernel, bias and input."""
    n = x.shape[1] - 2
    out = np.zeros((len(x), n, n, kernel.shape[3]))
    for place in range(4):
        out[:, place // 2 :: 2, place % 2 :: 2] = bar * (pooled > 0) * (places == place)
    kernel_bar, x_bar = np.empty_like(kernel), np.zeros_like(x)
    for i in range(3):
        for j in range(3):
            kernel_bar[i, j] = np.einsum("bhwc,bhwo->co", x[:, i : n + i, j : n + j], out, optimize=True)
            x_bar[:, i : n + i, j : n + j] += out @ kernel[i, j].T
    return kernel_bar, np.sum(out, axis=(0, 1, 2)), x_bar


def reference(k1: Any, b1: Any, k2: Any, b2: Any, w: Any, b3: Any, x: Any, labels: Any) -> tuple[Any, Any]:
    """Backpropagation, shifted image by shifted image."""
    h1, places1 = layer(x, k1, b1)
    h2, places2 = layer(h1, k2, b2)
    flat = h2.reshape(len(x), -1)
    powers = np.exp(flat @ w + b3)
    chances, targets = powers / np.sum(powers, axis=1, keepdims=True), np.eye(10)[labels]
    bar = (chances - targets) / len(x)
    k2_bar, b2_bar, h1_bar = layer_back((bar @ w.T).reshape(h2.shape), h2, places2, h1, k2)
    k1_bar, b1_bar, _ = layer_back(h1_bar, h1, places1, x, k1)
    value = -np.mean(np.log(np.sum(chances * targets, axis=1)))
    return value, (k1_bar, b1_bar, k2_bar, b2_bar, flat.T @ bar, np.sum(bar, axis=0))
