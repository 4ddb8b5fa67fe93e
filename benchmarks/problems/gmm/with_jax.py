"""In JAX: all components in one expression."""

from __future__ import annotations

import jax
import jax.numpy as jnp
import numpy as np
from jax.scipy.special import logsumexp, multigammaln


def objective(alpha, mu, q, l, x, m, gamma):
    (n, d), k = x.shape, len(alpha)
    columns, rows = np.triu_indices(d, 1)
    roots = jax.vmap(lambda q, l: jnp.diag(jnp.exp(q)).at[rows, columns].set(l))(q, l)
    scaled = jnp.einsum("kij,nj->nki", roots, x) - jnp.einsum("kij,kj->ki", roots, mu)
    terms = alpha + q.sum(1) - 0.5 * jnp.square(scaled).sum(2)
    likelihood = -0.5 * n * d * np.log(2 * np.pi) + logsumexp(terms, axis=1).sum() - n * logsumexp(alpha)
    wishart = d + m + 1
    prior = k * (wishart * d * (jnp.log(gamma) - 0.5 * np.log(2)) - multigammaln(0.5 * wishart, d))
    return likelihood + prior + m * q.sum() - 0.5 * gamma**2 * (jnp.exp(2 * q).sum() + jnp.square(l).sum())


def prepare(data):
    *arrays, m, gamma = data
    arrays = [jnp.asarray(a) for a in arrays]
    primal = jax.jit(objective, static_argnums=(5, 6))
    gradient = jax.jit(jax.grad(objective, argnums=(0, 1, 2, 3)), static_argnums=(5, 6))
    return (
        lambda: primal(*arrays, m, gamma).block_until_ready(),
        lambda: jax.block_until_ready(gradient(*arrays, m, gamma)),
    )
