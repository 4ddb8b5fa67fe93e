"""By hand, for few dimensions: 64 points side by side, so that each number is a vector of them."""

from __future__ import annotations

import math

import numba
import numpy as np

from problems.vectors import exp

LANES = 64
SUMS = {"reassoc", "nsz", "contract"}


@numba.njit(cache=True, error_model="numpy", fastmath={"contract"})
def scale_points(points, root, shift, constant, scaled, term):
    """The points of a block as a component sees them, and its term for each."""
    d = root.shape[0]
    for v in range(LANES):
        term[v] = 0.0
    for row in range(d):
        for v in range(LANES):
            scaled[row, v] = -shift[row]
        for column in range(row + 1):
            for v in range(LANES):
                scaled[row, v] += root[row, column] * points[column, v]
        for v in range(LANES):
            term[v] += scaled[row, v] * scaled[row, v]
    for v in range(LANES):
        term[v] = constant - 0.5 * term[v]


@numba.njit(cache=True, error_model="numpy", fastmath={"contract"})
def shares(terms, largest, total):
    """Put the exponentials in place of the terms, shifted by the largest of each point, and add them up."""
    k = terms.shape[0]
    for v in range(LANES):
        largest[v] = terms[0, v]
    for j in range(1, k):
        for v in range(LANES):
            largest[v] = max(largest[v], terms[j, v])
    for v in range(LANES):
        total[v] = 0.0
    for j in range(k):
        for v in range(LANES):
            terms[j, v] = exp(terms[j, v] - largest[v])
            total[v] += terms[j, v]


@numba.njit(cache=True, error_model="numpy")
def block(start, x, roots, shifts, constants, points, scaled, terms, largest, total):
    """The shares of a block of points, up to the divisor; returns how many points there are."""
    count, d = min(LANES, x.shape[1] - start), x.shape[0]
    for column in range(d):
        for v in range(count):
            points[column, v] = x[column, start + v]
    for j in range(len(constants)):
        now = slice(j * d, (j + 1) * d)
        scale_points(points, roots[now], shifts[now], constants[j], scaled[j], terms[j])
    shares(terms, largest, total)
    return count


@numba.njit(cache=True, error_model="numpy")
def likelihood(x, roots, shifts, constants, work):
    """The sum over the points of the logarithms of their densities; `x` has a point in each column."""
    points, scaled, terms, largest, total = work
    result = 0.0
    for start in range(0, x.shape[1], LANES):
        count = block(start, x, roots, shifts, constants, points, scaled, terms, largest, total)
        for v in range(count):
            result += largest[v] + math.log(total[v])
    return result


@numba.njit(cache=True, error_model="numpy", fastmath=SUMS)
def accumulate(share, scaled, points, sums, root_bar):
    """Add what a component gets from a block; return the sum of its shares."""
    for row in range(scaled.shape[0]):
        total = 0.0
        for v in range(LANES):
            scaled[row, v] *= share[v]
            total += scaled[row, v]
        sums[row] += total
        for column in range(row + 1):
            total = 0.0
            for v in range(LANES):
                total += scaled[row, v] * points[column, v]
            root_bar[row, column] += total
    total = 0.0
    for v in range(LANES):
        total += share[v]
    return total


@numba.njit(cache=True, error_model="numpy")
def likelihood_back(x, roots, shifts, constants, work, alpha_bar, sums, roots_bar):
    """The sums of the shares, of the scaled points, and of their products with the points, weighted with the shares."""
    points, scaled, terms, largest, total = work
    d = x.shape[0]
    for start in range(0, x.shape[1], LANES):
        count = block(start, x, roots, shifts, constants, points, scaled, terms, largest, total)
        for v in range(LANES):
            total[v] = 1.0 / total[v] if v < count else 0.0
        for j in range(len(constants)):
            for v in range(LANES):
                terms[j, v] *= total[v]
            now = slice(j * d, (j + 1) * d)
            alpha_bar[j] += accumulate(terms[j], scaled[j], points, sums[now], roots_bar[now])


def room(d, k):
    """The arrays to work with."""
    return np.zeros((d, LANES)), np.empty((k, d, LANES)), np.empty((k, LANES)), np.empty(LANES), np.empty(LANES)
