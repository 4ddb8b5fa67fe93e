"""Hand tracking (ADBench, "complicated"): a hand of many vertices, bent at its bones, laid onto measured points.

Each measured point belongs to a triangle, at a place in it that is sought too. The derivative has one row for each
coordinate of an error, and 28 columns: two for the place in the triangle (an error depends on its own alone, so that
all can be sought at once), and one for each of the 26 numbers that say how the hand is held.
"""

from __future__ import annotations

from typing import Any

import numpy as np

TITLE = "hand tracking"
DIFFERENTIATED = "us (compressed), theta"
ARGNUMS = (0, 1)
SMALL = {"vertices": 40, "points": 6}
SIZES = [{"vertices": 544, "points": 100}, {"vertices": 10_000, "points": 800}]
HEADLINE = SIZES[1]
PUBLISHED = {"manual": 6.9e-3, "ADOL-C": 50e-3, "Enzyme": 62e-3, "CoDiPack": 73e-3, "Tapenade": 102e-3}
TOLERANCE = 1e-11
CHECK = None
NOT_EXPRESSED: dict[str, str] = {}
BONES, ANGLES = 22, 26


def data(vertices: int, points: int) -> tuple[Any, ...]:
    """A hand made up: a wrist, a palm and five fingers of four bones, each vertex moved by up to four of them."""
    rng = np.random.default_rng(31337)
    parents = np.array([-1, 0] + [1 if k % 4 == 0 else k + 1 for k in range(20)])
    relatives = np.array([motion(rng.normal(size=3) * 0.3, rng.normal(size=3)) for _ in range(BONES)])
    inverses = np.linalg.inv(absolutes(relatives, parents))
    weights = np.zeros((BONES, vertices))
    for _ in range(4):
        weights[rng.integers(0, BONES, vertices), np.arange(vertices)] += rng.uniform(0.1, 1.0, vertices)
    weights /= np.sum(weights, axis=0)
    positions = np.ones((4, vertices))
    positions[:3] = rng.normal(size=(3, vertices))
    triangles = rng.integers(0, vertices, (2 * vertices - 4, 3))
    corners = triangles[rng.integers(0, len(triangles), points)]
    measured = rng.normal(size=(points, 3))
    us, theta = rng.uniform(0.0, 0.5, (points, 2)), rng.normal(size=ANGLES) * 0.3
    return us, theta, parents, relatives, inverses, weights, positions, corners, measured


def turn(axis: Any, shape: Any = ()) -> Any:
    """Rotation matrices by the exponential series, of complex vectors too."""
    x, y, z = axis[..., 0], axis[..., 1], axis[..., 2]
    zero = 0.0 * x
    k = np.stack([zero, -z, y, z, zero, -x, -y, x, zero], axis=-1).reshape(*axis.shape[:-1], 3, 3)
    total = term = np.broadcast_to(np.eye(3), k.shape)
    for n in range(1, 30):
        term = term @ k / n
        total = total + term
    return total


def motion(axis: Any, shift: Any) -> Any:
    """A rotation and a shift as a matrix."""
    result = np.eye(4)
    result[:3, :3], result[:3, 3] = turn(axis), shift
    return result


def absolutes(relatives: Any, parents: Any) -> Any:
    """Where each bone is, from where it is with respect to its parent."""
    result = [relatives[..., 0, :, :]]
    for i in range(1, BONES):
        result.append(result[parents[i]] @ relatives[..., i, :, :])
    return np.stack(result, axis=-3)


def errors(us: Any, theta: Any, parents: Any, relatives: Any, inverses: Any, weights: Any, positions: Any,
           corners: Any, measured: Any) -> Any:  # fmt: skip
    """The errors for several us and thetas at a time, of the vertices that are needed; complex ones too."""
    batch = theta.shape[:-1]
    angles = np.zeros((*batch, BONES, 3), dtype=theta.dtype)  # about x, z, y
    for finger in range(5):
        own = theta[..., 6 + 4 * finger : 10 + 4 * finger]
        angles[..., 2 + 4 * finger, :2] = own[..., :2]
        angles[..., 3 + 4 * finger, 0], angles[..., 4 + 4 * finger, 0] = own[..., 2], own[..., 3]
    bent = np.zeros((*batch, BONES, 4, 4), dtype=theta.dtype)
    bent[..., 3, 3] = 1.0
    units = np.eye(3)
    about = [turn(angles[..., k : k + 1] * units[axis]) for k, axis in enumerate((0, 2, 1))]
    bent[..., :3, :3] = about[1] @ about[2] @ about[0]
    moves = absolutes(relatives @ bent, parents) @ inverses
    used, index = np.unique(corners, return_inverse=True)
    index = index.reshape(corners.shape)
    skinned = np.einsum("bv,...bij,jv->...vi", weights[:, used], moves[..., :3, :], positions[:, used])
    placed = np.einsum("...ij,...vj->...vi", turn(theta[..., :3]), skinned) + theta[..., None, 3:6]
    u, v = us[..., :1], us[..., 1:]
    at = [placed[..., index[:, k], :] for k in range(3)]
    return measured - (u * at[0] + v * at[1] + (1.0 - u - v) * at[2])


def reference(us: Any, theta: Any, *others: Any) -> tuple[Any, Any]:
    """Complex steps, in all 28 directions at a time; rotations are exponentials there."""
    z = np.tile(theta.astype(complex), (28, 1))
    z[2:] += 1e-30j * np.eye(ANGLES)
    u = np.tile(us.astype(complex), (28, 1, 1))
    u[0, :, 0] += 1e-30j
    u[1, :, 1] += 1e-30j
    slopes = errors(u, z, *others).imag / 1e-30
    return errors(us, theta, *others).ravel(), slopes.reshape(28, -1).T
