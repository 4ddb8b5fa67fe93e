"""In JAX: the minors of all minors of a size at once."""

from __future__ import annotations

import jax
import jax.numpy as jnp
import numpy as np


def determinant(a):
    """The determinants of matrices along the last two axes."""
    n = a.shape[-1]
    if n == 1:
        return a[..., 0, 0]
    others = np.array([[c for c in range(n) if c != column] for column in range(n)])
    minors = jnp.moveaxis(a[..., 1:, :][..., others], -2, -3)
    signs = (-1.0) ** np.arange(n)
    return jnp.sum(signs * a[..., 0, :] * determinant(minors), axis=-1)


def prepare(data):
    a = jnp.asarray(data[0])
    primal, gradient = jax.jit(determinant), jax.jit(jax.grad(determinant))
    return lambda: primal(a).block_until_ready(), lambda: gradient(a).block_until_ready()
