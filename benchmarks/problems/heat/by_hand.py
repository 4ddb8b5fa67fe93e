"""By hand: every step writes the next record, and the way back gathers, from records of the size of the plate.

On the way back the weights of the inside and of the edge are kept apart: only the inside gives anything on.
"""

from __future__ import annotations

import numba
import numpy as np

SUMS = {"contract", "reassoc", "nsz"}


@numba.njit(cache=True, error_model="numpy", fastmath={"contract"})
def step(u, kappa, after):
    n = len(u)
    for i in range(1, n - 1):
        above, here, below, row = u[i - 1][1:-1], u[i], u[i + 1][1:-1], after[i][1:-1]
        left, middle, right = here[:-2], here[1:-1], here[2:]
        for j in range(len(row)):
            row[j] = middle[j] + kappa * (below[j] + above[j] + right[j] + left[j] - 4.0 * middle[j])


@numba.njit(cache=True, error_model="numpy", fastmath=SUMS)
def misfit(u, measured):
    total = 0.0
    for i in range(len(u)):
        for j in range(len(u)):
            miss = u[i, j] - measured[i, j]
            total += miss * miss
    return 0.5 * total


@numba.njit(cache=True, error_model="numpy")
def run(u, kappa, steps, a, b):
    a[:] = u
    b[:] = u
    for _ in range(steps):
        step(a, kappa, b)
        a, b = b, a
    return a


@numba.njit(cache=True, error_model="numpy")
def objective(u, kappa, measured, steps, a, b):
    return misfit(run(u, kappa, steps, a, b), measured)


@numba.njit(cache=True, error_model="numpy", fastmath=SUMS)
def along(u, weight):
    """The sum of weight times Laplacian, inside: the slope by the rate."""
    total = 0.0
    for i in range(1, len(u) - 1):
        above, here, below, w = u[i - 1][1:-1], u[i], u[i + 1][1:-1], weight[i][1:-1]
        left, middle, right = here[:-2], here[1:-1], here[2:]
        for j in range(len(w)):
            total += w[j] * (below[j] + above[j] + right[j] + left[j] - 4.0 * middle[j])
    return total


@numba.njit(cache=True, error_model="numpy", fastmath={"contract"})
def edge_back(weight, kappa, edge):
    n = len(weight)
    for j in range(1, n - 1):
        edge[0, j] += kappa * weight[1, j]
        edge[n - 1, j] += kappa * weight[n - 2, j]
        edge[j, 0] += kappa * weight[j, 1]
        edge[j, n - 1] += kappa * weight[j, n - 2]


@numba.njit(cache=True, error_model="numpy")
def gradient(u, kappa, measured, steps, record, a, b, result):
    record[0] = u
    for t in range(steps):
        step(record[t], kappa, record[t + 1])
    result[:] = record[steps] - measured
    a[1:-1, 1:-1] = result[1:-1, 1:-1]  # the edges of a and b are zero
    slope = 0.0
    for t in range(steps - 1, -1, -1):
        slope += along(record[t], a)
        step(a, kappa, b)  # inside, and with nothing coming from the edge, a step is its own transpose
        edge_back(a, kappa, result)
        a, b = b, a
    result[1:-1, 1:-1] = a[1:-1, 1:-1]
    return result, slope


def prepare(data):
    u, kappa, measured, steps = data
    record = np.broadcast_to(u, (steps + 1, *u.shape)).copy()  # the edges stay as they are
    a, b, c, d, result = (np.zeros_like(u) for _ in range(5))
    return (
        lambda: objective(u, kappa, measured, steps, a, b),
        lambda: gradient(u, kappa, measured, steps, record, c, d, result),
    )
