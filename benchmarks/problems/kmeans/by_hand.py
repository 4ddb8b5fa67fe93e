"""By hand: a product of matrices for the distances, in blocks of points that stay in the cache, then the nearest."""

from __future__ import annotations

import numba
import numpy as np

BLOCK = 128


@numba.njit(cache=True, error_model="numpy", fastmath={"reassoc", "nsz", "contract"})
def squares(x):
    total = 0.0
    for i in range(x.shape[0]):
        total += x[i] * x[i]
    return total


@numba.njit(cache=True, error_model="numpy", fastmath={"reassoc", "nsz", "nnan"})
def least(x):
    smallest = x[0]
    for i in range(x.shape[0]):
        smallest = min(smallest, x[i])
    return smallest


@numba.njit(cache=True, error_model="numpy")
def place(x, value):
    i = 0
    while x[i] != value:
        i += 1
    return i


@numba.njit(cache=True, error_model="numpy")
def fill_distances(points, transposed, lengths, distances):
    """The squared distances, less the square of the point, which all of a row have in common."""
    np.dot(points, transposed, distances)
    for i in range(distances.shape[0]):
        for j in range(distances.shape[1]):
            distances[i, j] = lengths[j] - 2.0 * distances[i, j]


@numba.njit(cache=True, error_model="numpy")
def fill_centroids(centroids, transposed, lengths):
    transposed[:] = centroids.T
    for j in range(len(centroids)):
        lengths[j] = squares(centroids[j])


@numba.njit(cache=True, error_model="numpy")
def objective(points, centroids, transposed, lengths, distances):
    fill_centroids(centroids, transposed, lengths)
    total = 0.0
    for start in range(0, len(points), BLOCK):
        part = points[start : start + BLOCK]
        rows = distances[: len(part)]
        fill_distances(part, transposed, lengths, rows)
        for i in range(len(part)):
            total += squares(part[i]) + least(rows[i])
    return total


@numba.njit(cache=True, error_model="numpy")
def step(points, centroids, transposed, lengths, distances, gradient, diagonal):
    fill_centroids(centroids, transposed, lengths)
    gradient[:], diagonal[:] = 0.0, 0.0
    for start in range(0, len(points), BLOCK):
        part = points[start : start + BLOCK]
        rows = distances[: len(part)]
        fill_distances(part, transposed, lengths, rows)
        for i in range(len(part)):
            nearest = place(rows[i], least(rows[i]))
            diagonal[nearest] += 2.0
            for e in range(part.shape[1]):
                gradient[nearest, e] += 2.0 * (centroids[nearest, e] - part[i, e])
    for j in range(len(centroids)):
        for e in range(centroids.shape[1]):
            gradient[j, e] /= diagonal[j]
    return gradient


def prepare(data):
    points, centroids = data
    k, d = centroids.shape
    work = (np.empty((d, k)), np.empty(k), np.empty((BLOCK, k)))
    result = (np.empty((k, d)), np.empty(k))
    return lambda: objective(points, centroids, *work), lambda: step(points, centroids, *work, *result)
