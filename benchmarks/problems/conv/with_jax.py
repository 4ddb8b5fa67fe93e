"""In JAX: a product for each of the nine places of a kernel.

Its own convolution and pooling take twice as long here, in double precision on a processor.
"""

from __future__ import annotations

import jax
import jax.numpy as jnp


def convolve(x, kernel, bias):
    n = x.shape[1] - 2
    return sum(x[:, i : n + i, j : n + j] @ kernel[i, j] for i in range(3) for j in range(3)) + bias


def pool(x):
    batch, height, width, channels = x.shape
    return jnp.max(x.reshape(batch, height // 2, 2, width // 2, 2, channels), axis=(2, 4))


def objective(layers, x, labels):
    k1, b1, k2, b2, w, b3 = layers
    hidden = pool(jax.nn.relu(convolve(x, k1, b1)))
    hidden = pool(jax.nn.relu(convolve(hidden, k2, b2)))
    logs = jax.nn.log_softmax(hidden.reshape(len(x), -1) @ w + b3)
    return -jnp.mean(logs[jnp.arange(len(labels)), labels])


def prepare(data):
    *layers, x, labels = [jnp.asarray(part) for part in data]
    primal, gradient = jax.jit(objective), jax.jit(jax.grad(objective))
    return (
        lambda: primal(layers, x, labels).block_until_ready(),
        lambda: jax.block_until_ready(gradient(layers, x, labels)),
    )
