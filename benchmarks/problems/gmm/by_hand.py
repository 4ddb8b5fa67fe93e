"""By hand: two products of matrices for a block of points and all components, and what comes between in the cache.

With X the points and Q_j the root of component j, the scaled points of all components are X [Q_1' Q_2' ...], less
Q_j mu_j; and the derivatives by the Q_j are the products of these, weighted, with X.
"""

from __future__ import annotations

import math

import numba
import numpy as np

from problems.gmm import in_lanes
from problems.vectors import exp

BLOCK = 64
FEW = 4  # dimensions, for which products of matrices do not pay
SUMS = {"reassoc", "nsz", "contract"}


@numba.njit(cache=True, error_model="numpy")
def fill_roots(q, l, roots):
    """Write the roots below each other."""
    k, d = q.shape
    for j in range(k):
        at = 0
        for column in range(d):
            roots[j * d + column, column] = math.exp(q[j, column])
            for row in range(column + 1, d):
                roots[j * d + row, column] = l[j, at]
                at += 1


@numba.njit(cache=True, error_model="numpy", fastmath=SUMS)
def fill_constants(alpha, mu, q, roots, shifts, constants):
    """What a component needs that does not depend on the point: Q mu, and the part of the exponent."""
    k, d = q.shape
    for j in range(k):
        constants[j] = alpha[j]
        for row in range(d):
            constants[j] += q[j, row]
            total = 0.0
            for column in range(row + 1):
                total += roots[j * d + row, column] * mu[j, column]
            shifts[j * d + row] = total


@numba.njit(cache=True, error_model="numpy", fastmath=SUMS)
def distance(scaled, shift):
    """Move a scaled point to the mean, and return its squared length."""
    total = 0.0
    for i in range(scaled.shape[0]):
        scaled[i] -= shift[i]
        total += scaled[i] * scaled[i]
    return total


@numba.njit(cache=True, error_model="numpy", fastmath=SUMS)
def softmax(terms):
    """Return the log-sum-exp, and put the shares in place of the terms."""
    largest = terms[0]
    for j in range(terms.shape[0]):
        largest = max(largest, terms[j])
    total = 0.0
    for j in range(terms.shape[0]):
        terms[j] = exp(terms[j] - largest)
        total += terms[j]
    for j in range(terms.shape[0]):
        terms[j] /= total
    return largest + math.log(total)


@numba.njit(cache=True, error_model="numpy", fastmath=SUMS)
def accumulate(share, scaled, total):
    """Weigh a scaled point, and add it to the sum of those."""
    for i in range(scaled.shape[0]):
        scaled[i] *= share
        total[i] += scaled[i]


@numba.njit(cache=True, error_model="numpy", fastmath=SUMS)
def prior(q, l, m, gamma):
    k, d = q.shape
    n = d + m + 1
    value = n * d * (math.log(gamma) - 0.5 * math.log(2)) - d * (d - 1) / 4 * math.log(math.pi)
    for j in range(1, d + 1):
        value -= math.lgamma(0.5 * n + (1 - j) / 2)
    squares, total = 0.0, 0.0
    for e in q.flat:
        total += e
        squares += math.exp(2 * e)
    for e in l.flat:
        squares += e * e
    return k * value + m * total - 0.5 * gamma**2 * squares


@numba.njit(cache=True, error_model="numpy")
def shares(start, x, roots, transposed, shifts, constants, scaled, terms):
    """Of a block of points: scaled points, and shares of the components; returns the sum of the logarithms."""
    (n, d), k = x.shape, len(constants)
    count, total = min(BLOCK, n - start), 0.0
    np.dot(x[start : start + count], transposed, scaled[:count])
    for i in range(count):
        for j in range(k):
            part = scaled[i, j * d : (j + 1) * d]
            terms[i, j] = constants[j] - 0.5 * distance(part, shifts[j * d : (j + 1) * d])
        total += softmax(terms[i])
    return total


@numba.njit(cache=True, error_model="numpy")
def likelihood(x, roots, shifts, constants, work):
    """The sum over the points of the logarithms of their densities."""
    transposed, scaled, terms, _ = work
    transposed[:] = roots.T
    total = 0.0
    for start in range(0, len(x), BLOCK):
        total += shares(start, x, roots, transposed, shifts, constants, scaled, terms)
    return total


@numba.njit(cache=True, error_model="numpy")
def likelihood_back(x, roots, shifts, constants, work, alpha_bar, sums, roots_bar):
    """The sums of the shares, of the scaled points, and of their products with the points, weighted with the shares."""
    transposed, scaled, terms, part_bar = work
    (n, d), k = x.shape, len(constants)
    transposed[:] = roots.T
    for start in range(0, n, BLOCK):
        count = min(BLOCK, n - start)
        shares(start, x, roots, transposed, shifts, constants, scaled, terms)
        for i in range(count):
            for j in range(k):
                alpha_bar[j] += terms[i, j]
                accumulate(terms[i, j], scaled[i, j * d : (j + 1) * d], sums[j * d : (j + 1) * d])
        np.dot(scaled[:count].T, x[start : start + count], part_bar)
        roots_bar += part_bar


def room(d, k):
    """The arrays to work with."""
    return np.empty((d, k * d)), np.empty((BLOCK, k * d)), np.empty((BLOCK, k)), np.empty((k * d, d))


@numba.njit(cache=True, error_model="numpy", fastmath=SUMS)
def finish(mu, q, l, m, gamma, roots, sums, roots_bar, bars):
    """From the derivatives by the roots, those by what the roots are made of, with the prior's."""
    k, d = q.shape
    alpha_bar, mu_bar, q_bar, l_bar = bars
    for j in range(k):
        at = 0
        for column in range(d):
            diagonal = roots[j * d + column, column]
            slope = sums[j * d + column] * mu[j, column] - roots_bar[j * d + column, column]
            q_bar[j, column] = alpha_bar[j] + m + diagonal * (slope - gamma**2 * diagonal)
            total = sums[j * d + column] * diagonal
            for row in range(column + 1, d):
                total += sums[j * d + row] * roots[j * d + row, column]
                slope = sums[j * d + row] * mu[j, column] - roots_bar[j * d + row, column]
                l_bar[j, at] = slope - gamma**2 * l[j, at]
                at += 1
            mu_bar[j, column] = total


@numba.njit(cache=True, error_model="numpy")
def objective(alpha, mu, q, l, x, n, m, gamma, parts, lanes, blocks):
    roots, shifts, constants = parts
    d = q.shape[1]
    fill_roots(q, l, roots)
    fill_constants(alpha, mu, q, roots, shifts, constants)
    if d <= FEW:
        total = in_lanes.likelihood(x, roots, shifts, constants, lanes)
    else:
        total = likelihood(x, roots, shifts, constants, blocks)
    constants[:] = alpha
    return total + prior(q, l, m, gamma) - n * softmax(constants) - 0.5 * n * d * math.log(2 * math.pi)


@numba.njit(cache=True, error_model="numpy")
def gradient(alpha, mu, q, l, x, n, m, gamma, parts, lanes, blocks, sums, roots_bar, bars):
    roots, shifts, constants = parts
    fill_roots(q, l, roots)
    fill_constants(alpha, mu, q, roots, shifts, constants)
    bars[0][:], sums[:], roots_bar[:] = 0.0, 0.0, 0.0
    if q.shape[1] <= FEW:
        in_lanes.likelihood_back(x, roots, shifts, constants, lanes, bars[0], sums, roots_bar)
    else:
        likelihood_back(x, roots, shifts, constants, blocks, bars[0], sums, roots_bar)
    finish(mu, q, l, m, gamma, roots, sums, roots_bar, bars)
    constants[:] = alpha
    softmax(constants)
    for j in range(len(alpha)):
        bars[0][j] -= n * constants[j]
    return bars


def prepare(data):
    *parameters, x, m, gamma = data
    (n, d), k = x.shape, len(parameters[0])
    points = np.ascontiguousarray(x.T) if d <= FEW else x
    parts, back = (np.zeros((k * d, d)), np.empty(k * d), np.empty(k)), (np.empty(k * d), np.empty((k * d, d)))
    given = *parameters, points, n, m, gamma, parts, in_lanes.room(d, k), room(d, k)
    bars = tuple(np.empty_like(a) for a in parameters)
    return lambda: objective(*given), lambda: gradient(*given, *back, bars)
