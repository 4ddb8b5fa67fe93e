"""In JAX."""

from __future__ import annotations

import jax
import jax.numpy as jnp


def objective(x):
    return jnp.sum(100.0 * (x[1:] - x[:-1] ** 2) ** 2 + (1.0 - x[:-1]) ** 2)


def prepare(data):
    x = jnp.asarray(data[0])
    primal, gradient = jax.jit(objective), jax.jit(jax.grad(objective))
    return lambda: primal(x).block_until_ready(), lambda: gradient(x).block_until_ready()
