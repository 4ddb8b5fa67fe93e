"""In JAX: all distances as one expression; the Hessian's product with ones forwards over the gradient."""

from __future__ import annotations

import jax
import jax.numpy as jnp


def cost(points, centroids):
    lengths = jnp.sum(points**2, axis=1)[:, None] + jnp.sum(centroids**2, axis=1)
    return jnp.sum(jnp.min(lengths - 2 * points @ centroids.T, axis=1))


def step(points, centroids):
    gradient, diagonal = jax.jvp(
        lambda c: jax.grad(cost, argnums=1)(points, c), (centroids,), (jnp.ones_like(centroids),)
    )
    return gradient / diagonal


def prepare(data):
    arrays = [jnp.asarray(a) for a in data]
    primal, newton = jax.jit(cost), jax.jit(step)
    return lambda: primal(*arrays).block_until_ready(), lambda: newton(*arrays).block_until_ready()
