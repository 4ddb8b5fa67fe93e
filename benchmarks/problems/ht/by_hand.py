"""By hand: only what the points need, and only the bones that a number moves.

A point is a mean of three vertices, so it is enough to sum, bone by bone, the three weighted positions (four numbers),
and to move the sum. Both sums and moves are done for a block of points at a time, in vector registers. Matrices of the
moves and of their derivatives are few.
"""

from __future__ import annotations

import math

import numba
import numpy as np

SETTINGS = {"cache": True, "error_model": "numpy", "fastmath": {"contract"}}
BONES, ANGLES, BLOCK = 22, 20, 32


@numba.njit(**SETTINGS)
def times(a, b, result):
    """The product of two matrices of four columns."""
    for i in range(a.shape[0]):
        for j in range(4):
            result[i, j] = a[i, 0] * b[0, j] + a[i, 1] * b[1, j] + a[i, 2] * b[2, j] + a[i, 3] * b[3, j]


@numba.njit(**SETTINGS)
def about_axis(r, turn, slopes):
    """A rotation (three rows of four) and its derivatives by the three numbers of the axis (R' = a, b, c, as below)."""
    square = r[0] * r[0] + r[1] * r[1] + r[2] * r[2]
    a, b, da, db = 1.0, 0.5, -1.0 / 3.0, -1.0 / 12.0  # sin(t)/t, (1 - cos t)/t^2, and their derivatives by t, over t
    if square > 0.0:
        angle = math.sqrt(square)
        a, b = math.sin(angle) / angle, (1.0 - math.cos(angle)) / square
        da, db = (math.cos(angle) - a) / square, (a - 2.0 * b) / square
    cross = ((0.0, -r[2], r[1]), (r[2], 0.0, -r[0]), (-r[1], r[0], 0.0))
    for i in range(3):
        for j in range(3):
            turn[i, j] = a * cross[i][j] + b * (r[i] * r[j]) + ((1.0 - square * b) if i == j else 0.0)
            for k in range(3):
                unit = (1.0 if j == (i + 2) % 3 else -1.0) if i + j + k == 3 and i != j else 0.0
                slope = da * r[k] * cross[i][j] + a * unit + db * r[k] * r[i] * r[j]
                slope += b * ((r[j] if i == k else 0.0) + (r[i] if j == k else 0.0))
                slopes[k, i, j] = slope - (a * r[k] if i == j else 0.0)


@numba.njit(**SETTINGS)
def bend(x, z, result, by_x, by_z):
    """Rotation about x, then z, and its derivatives."""
    cx, sx, cz, sz = math.cos(x), math.sin(x), math.cos(z), math.sin(z)
    result[0], result[1], result[2] = (cz, -sz * cx, sz * sx, 0.0), (sz, cz * cx, -cz * sx, 0.0), (0.0, sx, cx, 0.0)
    by_x[0], by_x[1], by_x[2] = (0.0, sz * sx, sz * cx, 0.0), (0.0, -cz * sx, -cz * cx, 0.0), (0.0, cx, -sx, 0.0)
    by_z[0], by_z[1], by_z[2] = (-sz, -cz * cx, cz * sx, 0.0), (cz, -sz * cx, sz * sx, 0.0), (0.0, 0.0, 0.0, 0.0)
    result[3], by_x[3], by_z[3] = (0.0, 0.0, 0.0, 1.0), (0.0, 0.0, 0.0, 0.0), (0.0, 0.0, 0.0, 0.0)


@numba.njit(**SETTINGS)
def pose(theta, parents, relatives, inverses, moves, slopes, work):
    """The moves of all bones, and by each angle those of the bones from its own to the end of the finger."""
    absolute, relative, derivative, bent, by_x, by_z = work
    zero = np.zeros(4)
    for i in range(BONES):
        finger, place = divmod(i - 2, 4)
        own = theta[6 + 4 * finger : 10 + 4 * finger] if i > 1 else zero
        x = 0.0 if i < 2 or place == 3 else own[place + 1] if place else own[0]
        bend(x, own[1] if place == 0 else 0.0, bent, by_x, by_z)
        times(relatives[i], bent, relative)
        if parents[i] < 0:
            absolute[i] = relative
        else:
            times(absolute[parents[i]], relative, absolute[i])
        times(absolute[i], inverses[i], moves[i])
        if i < 2:
            continue
        for k in range(4):  # the finger's angles: two of its first bone, one of each of the next two
            bone = max(0, k - 1)
            if bone < place:
                times(derivative[k, place - 1], relative, derivative[k, place])
            elif bone == place:
                times(relatives[i], by_z if k == 1 else by_x, bent)
                times(absolute[parents[i]], bent, derivative[k, place])
            if bone <= place:
                times(derivative[k, place], inverses[i], slopes[4 * finger + k, place])


@numba.njit(**SETTINGS)
def add(moves, sums, result):
    """Add to the rows of a result what a bone's matrix makes of the sums of a block."""
    for r in range(3):
        a, b, c, d = moves[r, 0], moves[r, 1], moves[r, 2], moves[r, 3]
        row, x, y, z, w = result[r], sums[0], sums[1], sums[2], sums[3]
        for j in range(BLOCK):
            row[j] += a * x[j] + b * y[j] + c * z[j] + d * w[j]


@numba.njit(**SETTINGS)
def gather(weights, positions, corners, us, start, count, bone, sums):
    """For a bone: the weighted sums of the points' vertices, and how they change with u and v."""
    w = weights[bone]
    for j in range(count):
        a, b, c = corners[start + j]
        u, v = us[start + j, 0], us[start + j, 1]
        wa, wb, wc = w[a], w[b], w[c]
        for k in range(4):
            end = wc * positions[k, c]
            by_u, by_v = wa * positions[k, a] - end, wb * positions[k, b] - end
            sums[0, k, j], sums[1, k, j], sums[2, k, j] = end + u * by_u + v * by_v, by_u, by_v


@numba.njit(**SETTINGS)
def errors(us, theta, parents, relatives, inverses, weights, positions, corners, measured, result, room):
    moves, slopes, work, turn, turns, sums, placed, _ = room
    pose(theta, parents, relatives, inverses, moves, slopes, work)
    about_axis(theta[:3], turn, turns)
    for start in range(0, len(measured), BLOCK):
        count = min(BLOCK, len(measured) - start)
        placed[0] = 0.0
        for i in range(BONES):
            gather(weights, positions, corners, us, start, count, i, sums)
            add(moves[i], sums[0], placed[0])
        for j in range(count):
            x, y, z = placed[0, 0, j], placed[0, 1, j], placed[0, 2, j]
            for r in range(3):
                at = turn[r, 0] * x + turn[r, 1] * y + turn[r, 2] * z + theta[3 + r]
                result[3 * (start + j) + r] = measured[start + j, r] - at
    return result


@numba.njit(**SETTINGS)
def jacobian(us, theta, parents, relatives, inverses, weights, positions, corners, measured, result, room):
    moves, slopes, work, turn, turns, sums, placed, bent = room
    pose(theta, parents, relatives, inverses, moves, slopes, work)
    about_axis(theta[:3], turn, turns)
    for start in range(0, len(measured), BLOCK):
        count = min(BLOCK, len(measured) - start)
        placed[:] = 0.0
        bent[:] = 0.0
        for i in range(BONES):
            gather(weights, positions, corners, us, start, count, i, sums)
            for k in range(3):
                add(moves[i], sums[k], placed[k])
            finger, place = divmod(i - 2, 4)
            if i > 1:
                for k in range(min(4, place + 2)):
                    add(slopes[4 * finger + k, place], sums[0], bent[4 * finger + k])
        for j in range(count):
            rows = result[3 * (start + j) : 3 * (start + j) + 3]
            for r in range(3):
                turned = turn[r]
                for k in range(2):
                    rows[r, k] = -along(turned, placed[1 + k], j)
                for k in range(3):
                    rows[r, 2 + k] = -along(turns[k, r], placed[0], j)
                    rows[r, 5 + k] = -1.0 if r == k else 0.0
                for k in range(ANGLES):
                    rows[r, 8 + k] = -along(turned, bent[k], j)
    return result


@numba.njit(**SETTINGS, inline="always")
def along(row, vectors, j):
    return row[0] * vectors[0, j] + row[1] * vectors[1, j] + row[2] * vectors[2, j]


def prepare(data):
    us, _, parents, *_ = data
    assert all(parents[i] == i - 1 for i in range(2, BONES) if (i - 2) % 4), "a finger's bones follow each other"
    work = np.zeros((BONES, 4, 4)), np.zeros((4, 4)), np.zeros((4, 4, 4, 4)), *(np.zeros((4, 4)) for _ in range(3))
    room = (
        np.zeros((BONES, 4, 4)), np.zeros((ANGLES, 4, 4, 4)), work, np.zeros((3, 3)), np.zeros((3, 3, 3)),
        np.zeros((3, 4, BLOCK)), np.zeros((3, 3, BLOCK)), np.zeros((ANGLES, 3, BLOCK)),
    )  # fmt: skip
    found, made = np.empty(3 * len(us)), np.empty((3 * len(us), 28))
    return lambda: errors(*data, found, room), lambda: jacobian(*data, made, room)
