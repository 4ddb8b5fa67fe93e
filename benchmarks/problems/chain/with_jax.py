"""In JAX, not compiled: each operation is traced and run."""

from __future__ import annotations

import jax
import jax.numpy as jnp


def objective(x, c, operations):
    z = x
    for _ in range(operations // 4):
        z = jnp.sin(z)
        z = z * c
        z = jnp.tanh(z)
        z = z + x
    return jnp.sum(z)


def prepare(data):
    x, c, operations = jnp.asarray(data[0]), jnp.asarray(data[1]), data[2]
    gradient = jax.grad(objective)
    return (
        lambda: objective(x, c, operations).block_until_ready(),
        lambda: gradient(x, c, operations).block_until_ready(),
    )
