"""The program."""

from __future__ import annotations

import math

import numpy as np


def log_sum_exp(x):
    largest = np.max(x)
    return largest + np.log(np.sum(np.exp(x - largest)))


def precision_root(q, l):
    """Return the lower-triangular root of a precision: exp(q) on the diagonal, below it l, column by column."""
    d = len(q)
    root = np.zeros((d, d))
    at = 0
    for column in range(d):
        root[column, column] = np.exp(q[column])
        for row in range(column + 1, d):
            root[row, column] = l[at]
            at += 1
    return root


def log_gamma_of(dimensions, a):
    total = dimensions * (dimensions - 1) / 4 * math.log(math.pi)
    for j in range(1, dimensions + 1):
        total += math.lgamma(a + (1 - j) / 2)
    return total


def prior(q, l, m, gamma):
    k, d = q.shape
    n = d + m + 1
    constant = k * (n * d * (math.log(gamma) - 0.5 * math.log(2)) - log_gamma_of(d, 0.5 * n))
    return constant - 0.5 * gamma**2 * (np.sum(np.exp(q) ** 2) + np.sum(l**2)) + m * np.sum(q)


def objective(alpha, mu, q, l, x, m, gamma):
    n, d = x.shape
    k = len(alpha)
    terms = np.empty((n, k))
    for j in range(k):
        root = precision_root(q[j], l[j])
        scaled = (x - mu[j]) @ root.T
        terms[:, j] = alpha[j] + np.sum(q[j]) - 0.5 * np.sum(scaled**2, axis=1)
    total = -0.5 * n * d * math.log(2 * math.pi)
    for i in range(n):
        total += log_sum_exp(terms[i])
    return total - n * log_sum_exp(alpha) + prior(q, l, m, gamma)
