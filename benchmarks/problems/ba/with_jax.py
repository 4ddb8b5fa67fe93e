"""In JAX: the Jacobian of one error, for all at once, and the matrix with it. (Reverse mode is the faster one.)"""

from __future__ import annotations

import jax
import jax.numpy as jnp


def rotate(rotation, x):
    square = rotation @ rotation
    safe = jnp.where(square == 0.0, 1.0, square)
    theta = jnp.sqrt(safe)
    axis = rotation / theta
    cos, sin = jnp.cos(theta), jnp.sin(theta)
    rotated = x * cos + jnp.cross(axis, x) * sin + axis * (axis @ x) * (1.0 - cos)
    return jnp.where(square == 0.0, x + jnp.cross(rotation, x), rotated)


def error(camera, x, weight, feature):
    seen = rotate(camera[:3], x - camera[3:6])
    flat = seen[:2] / seen[2]
    square = flat @ flat
    distortion = 1.0 + camera[9] * square + camera[10] * square**2
    return weight * (camera[6] * distortion * flat + camera[7:9] - feature)


@jax.jit
def objective(cameras, points, weights, features, observed):
    errors = jax.vmap(error)(cameras[observed[:, 0]], points[observed[:, 1]], weights, features)
    return errors, 1.0 - weights**2


@jax.jit
def jacobian(cameras, points, weights, features, observed):
    n, m, p = len(cameras), len(points), len(weights)

    def block(camera, point, weight, feature):
        blocks = jax.jacrev(error, argnums=(0, 1, 2))(camera, point, weight, feature)
        return jnp.concatenate([blocks[0], blocks[1], blocks[2][:, None]], axis=1)

    blocks = jax.vmap(block)(cameras[observed[:, 0]], points[observed[:, 1]], weights, features)
    by_weight = 11 * n + 3 * m + jnp.arange(p)
    by_camera = 11 * observed[:, :1] + jnp.arange(11)
    by_point = 11 * n + 3 * observed[:, 1:] + jnp.arange(3)
    columns = jnp.concatenate([by_camera, by_point, by_weight[:, None]], axis=1)
    columns = jnp.broadcast_to(columns[:, None], (p, 2, 15)).ravel()
    rows = jnp.concatenate([15 * jnp.arange(2 * p), 30 * p + jnp.arange(p + 1)])
    return rows, jnp.concatenate([columns, by_weight]), jnp.concatenate([blocks.ravel(), -2.0 * weights])


def prepare(data):
    given = [jnp.asarray(part) for part in data]
    return (
        lambda: jax.block_until_ready(objective(*given)),
        lambda: jax.block_until_ready(jacobian(*given)),
    )
