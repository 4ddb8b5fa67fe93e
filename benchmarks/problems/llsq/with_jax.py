"""In JAX, with its own polynomials: a scan over the coefficients."""

from __future__ import annotations

from functools import partial

import jax
import jax.numpy as jnp


def objective(x, n):
    t = -1.0 + 2.0 * jnp.arange(n) / (n - 1)
    return 0.5 * jnp.sum((jnp.sign(t) - jnp.polyval(x[::-1], t)) ** 2)


def prepare(data):
    x, n = jnp.asarray(data[0]), data[1]
    primal, gradient = jax.jit(partial(objective, n=n)), jax.jit(jax.grad(partial(objective, n=n)))
    return lambda: primal(x).block_until_ready(), lambda: gradient(x).block_until_ready()
