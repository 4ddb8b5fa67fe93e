"""In JAX: forward mode in 28 directions at a time."""

from __future__ import annotations

import jax
import jax.numpy as jnp


def about_axis(rotation):
    square = jnp.sum(rotation**2)
    angle = jnp.sqrt(jnp.where(square == 0.0, 1.0, square))
    axis = rotation / angle
    x, y, z = axis
    cross = jnp.array([[0.0, -z, y], [z, 0.0, -x], [-y, x, 0.0]])
    c, s = jnp.cos(angle), jnp.sin(angle)
    rotated = c * jnp.eye(3) + (1.0 - c) * jnp.outer(axis, axis) + s * cross
    return jnp.where(square == 0.0, jnp.eye(3), rotated)


def bend(angles):
    x, z, y = angles
    about_x = jnp.array([[1.0, 0.0, 0.0], [0.0, jnp.cos(x), -jnp.sin(x)], [0.0, jnp.sin(x), jnp.cos(x)]])
    about_y = jnp.array([[jnp.cos(y), 0.0, jnp.sin(y)], [0.0, 1.0, 0.0], [-jnp.sin(y), 0.0, jnp.cos(y)]])
    about_z = jnp.array([[jnp.cos(z), -jnp.sin(z), 0.0], [jnp.sin(z), jnp.cos(z), 0.0], [0.0, 0.0, 1.0]])
    return jnp.eye(4).at[:3, :3].set(about_z @ about_y @ about_x)


def bone_angles(theta):
    own = theta[6:].reshape(5, 4)
    zero = jnp.zeros(5)
    fingers = jnp.stack([
        jnp.stack([own[:, 0], own[:, 1], zero], axis=1),
        jnp.stack([own[:, 2], zero, zero], axis=1),
        jnp.stack([own[:, 3], zero, zero], axis=1),
        jnp.zeros((5, 3)),
    ], axis=1)  # fmt: skip
    return jnp.concatenate([jnp.zeros((2, 3)), fingers.reshape(20, 3)])


def objective(us, theta, parents, relatives, inverses, weights, positions, corners, measured):
    relative = relatives @ jax.vmap(bend)(bone_angles(theta))
    absolutes = []
    for i, parent in enumerate(parents):
        absolutes.append(relative[i] if parent < 0 else absolutes[parent] @ relative[i])
    moves = (jnp.stack(absolutes) @ inverses)[:, :3]
    skinned = jnp.einsum("bij,bjv->iv", moves, weights[:, None] * positions)
    vertices = about_axis(theta[:3]) @ skinned + theta[3:6, None]
    a, b, c = vertices.T[corners.T]
    u, v = us[:, :1], us[:, 1:]
    return (measured - (u * a + v * b + (1.0 - u - v) * c)).ravel()


def prepare(data):
    us, theta, parents, *others = data
    parents = tuple(map(int, parents))
    us, theta, *others = [jnp.asarray(part) for part in (us, theta, *others)]

    def directed(x, us, theta, *others):
        return objective(us + x[:2], theta + x[2:], parents, *others)

    primal = jax.jit(lambda *others: directed(jnp.zeros(28), *others))
    jacobian = jax.jit(jax.jacfwd(directed))
    return (
        lambda: primal(us, theta, *others).block_until_ready(),
        lambda: jacobian(jnp.zeros(28), us, theta, *others).block_until_ready(),
    )
