"""In JAX: while loops, and both derivatives in forward mode, the one that such loops have."""

from __future__ import annotations

import jax
import jax.numpy as jnp

from problems.descent_jax import descend


def distance(a, b):
    return jnp.sqrt((a[0] - b[0]) ** 2 + (a[1] - b[1]) ** 2)


def landing(w):
    charges = ((10.0, 10.0 - w), (10.0, 0.0))

    def potential(x):
        return 1.0 / distance(x, charges[0]) + 1.0 / distance(x, charges[1])

    force = jax.jacfwd(potential)

    def above(state):
        x, v = state
        return x[1] + 0.1 * v[1] > 0.0

    def step(state):
        x, v = state
        return x + 0.1 * v, v - 0.1 * force(x)

    x, v = jax.lax.while_loop(above, step, (jnp.array([0.0, 8.0]), jnp.array([0.75, 0.0])))
    return (x[0] - x[1] / v[1] * v[0]) ** 2


def prepare(data):
    compiled = jax.jit(lambda w: descend(landing, w))
    w = jnp.asarray(data[0])
    return None, lambda: compiled(w).block_until_ready()
