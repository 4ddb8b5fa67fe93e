"""In JAX: a scan over the characters; the four gates of a layer side by side."""

from __future__ import annotations

import jax
import jax.numpy as jnp


def layer(weight, bias, x, hidden, cell):
    gates = jnp.stack([x, hidden, x, hidden]) * weight + bias
    forget, ingate, outgate = jax.nn.sigmoid(gates[:3])
    cell = cell * forget + ingate * jnp.tanh(gates[3])
    return outgate * jnp.tanh(cell), cell


def objective(main, extra, state, sequence):
    layers, b = len(main) // 2, sequence.shape[1]
    weights, biases = main[::2].reshape(layers, 4, b), main[1::2].reshape(layers, 4, b)

    def step(carry, now):
        (hidden, cells), (character, after) = carry, now
        x, new_hidden, new_cells = character * extra[0], [], []
        for i in range(layers):
            x, cell = layer(weights[i], biases[i], x, hidden[i], cells[i])
            new_hidden.append(x)
            new_cells.append(cell)
        y = x * extra[1] + extra[2]
        likelihood = jnp.dot(after, y - jnp.log(2.0 + jnp.sum(jnp.exp(y))))
        return (jnp.stack(new_hidden), jnp.stack(new_cells)), likelihood

    _, likelihoods = jax.lax.scan(step, (state[::2], state[1::2]), (sequence[:-1], sequence[1:]))
    return -jnp.sum(likelihoods) / ((len(sequence) - 1) * b)


def prepare(data):
    arrays = [jnp.asarray(a) for a in data]
    primal, gradient = jax.jit(objective), jax.jit(jax.grad(objective, argnums=(0, 1)))
    return lambda: primal(*arrays).block_until_ready(), lambda: jax.block_until_ready(gradient(*arrays))
