"""In autograd: all components in one expression; elements cannot be written, so the roots are gathered."""

from __future__ import annotations

import autograd.numpy as np
from autograd import grad
from autograd.scipy.special import logsumexp, multigammaln


def places(d):
    """Where each element of a root stands in the row [l, exp(q), 0]."""
    table = np.full((d, d), d * (d - 1) // 2 + d)
    columns, rows = np.triu_indices(d, 1)
    table[rows, columns] = np.arange(len(rows))
    table[np.arange(d), np.arange(d)] = len(rows) + np.arange(d)
    return table


def objective(alpha, mu, q, l, x, m, gamma):
    (n, d), k = x.shape, len(alpha)
    elements = np.concatenate([l, np.exp(q), np.zeros((k, 1))], axis=1)
    roots = elements[:, places(d)]
    scaled = np.matmul(x - mu[:, None], np.swapaxes(roots, 1, 2))
    terms = (alpha + np.sum(q, axis=1))[:, None] - 0.5 * np.sum(scaled**2, axis=2)
    likelihood = np.sum(logsumexp(terms, axis=0)) - n * logsumexp(alpha) - 0.5 * n * d * np.log(2 * np.pi)
    wishart = d + m + 1
    prior = k * (wishart * d * (np.log(gamma) - 0.5 * np.log(2)) - multigammaln(0.5 * wishart, d))
    return likelihood + prior + m * np.sum(q) - 0.5 * gamma**2 * (np.sum(np.exp(2 * q)) + np.sum(l**2))


def prepare(data):
    gradient = grad(objective, argnum=(0, 1, 2, 3))
    return lambda: objective(*data), lambda: gradient(*data)
