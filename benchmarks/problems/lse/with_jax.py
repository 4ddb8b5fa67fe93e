"""In JAX; the logarithm of the sum is its own function, whose derivative is the softmax."""

from __future__ import annotations

import jax
import jax.numpy as jnp


def prepare(data):
    x = jnp.asarray(data[0])
    primal = jax.jit(jax.nn.logsumexp)
    gradient = jax.jit(jax.grad(jax.nn.logsumexp))
    return lambda: primal(x).block_until_ready(), lambda: gradient(x).block_until_ready()
