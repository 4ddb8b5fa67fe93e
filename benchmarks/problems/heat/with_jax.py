"""In JAX: the loop as a scan; a padded change is faster there than one that is added to the inside."""

from __future__ import annotations

import jax
import jax.numpy as jnp


def objective(u, kappa, measured, steps):
    def step(u, _):
        laplacian = u[2:, 1:-1] + u[:-2, 1:-1] + u[1:-1, 2:] + u[1:-1, :-2] - 4 * u[1:-1, 1:-1]
        return u + jnp.pad(kappa * laplacian, 1), None

    u, _ = jax.lax.scan(step, u, None, length=steps)
    return 0.5 * jnp.sum((u - measured) ** 2)


def prepare(data):
    u, kappa, measured, steps = data
    given = jnp.asarray(u), jnp.asarray(kappa), jnp.asarray(measured)
    primal = jax.jit(objective, static_argnums=3)
    gradient = jax.jit(jax.grad(objective, argnums=(0, 1)), static_argnums=3)
    return (
        lambda: primal(*given, steps).block_until_ready(),
        lambda: jax.block_until_ready(gradient(*given, steps)),
    )
