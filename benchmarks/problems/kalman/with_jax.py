"""In JAX: the loop as a scan."""

from __future__ import annotations

import jax
import jax.numpy as jnp


def objective(motion, view, q, r, observed):
    noise, blur = jnp.diag(jnp.exp(q)), jnp.diag(jnp.exp(r))

    def step(state, y):
        x, p = state
        x = motion @ x
        p = motion @ p @ motion.T + noise
        miss = y - view @ x
        s = view @ p @ view.T + blur
        gain = jnp.linalg.solve(s, view @ p).T
        known = miss @ jnp.linalg.solve(s, miss) + jnp.linalg.slogdet(s)[1]
        term = 0.5 * (known + len(view) * jnp.log(2 * jnp.pi))
        return (x + gain @ miss, p - gain @ view @ p), term

    _, terms = jax.lax.scan(step, (jnp.zeros(len(motion)), jnp.eye(len(motion))), observed)
    return jnp.sum(terms)


def prepare(data):
    given = [jnp.asarray(part) for part in data]
    primal, gradient = jax.jit(objective), jax.jit(jax.grad(objective, argnums=(0, 1, 2, 3)))
    return lambda: primal(*given).block_until_ready(), lambda: jax.block_until_ready(gradient(*given))
