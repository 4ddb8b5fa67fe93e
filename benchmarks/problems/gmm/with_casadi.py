"""In CasADi: expressions of matrices, with the points as columns."""

from __future__ import annotations

import casadi
import numpy as np
from scipy.special import multigammaln


def log_sum_exp(terms):
    """Row by row, over a list of columns."""
    largest = terms[0]
    for term in terms[1:]:
        largest = casadi.fmax(largest, term)
    return largest + casadi.log(sum(casadi.exp(term - largest) for term in terms))


def prepare(data):
    values, x, (m, gamma) = data[:4], data[4], data[5:]
    (n, d), k = x.shape, len(values[0])
    alpha, mu, q, l = parameters = [casadi.MX.sym(name, *shape(a)) for name, a in zip("amql", values, strict=True)]
    columns, rows = np.triu_indices(d, 1)
    below = casadi.Sparsity.triplet(d, d, rows.tolist(), columns.tolist())
    points, terms = casadi.DM(x.T), []
    for j in range(k):
        root = casadi.diag(casadi.exp(q[:, j])) + casadi.MX(below, l[:, j])
        scaled = root @ (points - casadi.repmat(mu[:, j], 1, n))
        terms.append(alpha[j] + casadi.sum1(q[:, j]) - 0.5 * casadi.sum1(scaled**2))
    weights = log_sum_exp([alpha[j] for j in range(k)])
    likelihood = casadi.sum2(log_sum_exp(terms)) - n * weights - 0.5 * n * d * np.log(2 * np.pi)
    wishart = d + m + 1
    constant = k * (wishart * d * (np.log(gamma) - 0.5 * np.log(2)) - multigammaln(0.5 * wishart, d))
    squares = casadi.sumsqr(casadi.exp(q)) + casadi.sumsqr(l)
    value = likelihood + constant + m * casadi.sum1(casadi.sum2(q)) - 0.5 * gamma**2 * squares
    primal = casadi.Function("primal", parameters, [value])
    gradient = casadi.Function("gradient", parameters, primal.reverse(1)(*parameters, 0, 1))  # one sweep
    given = [casadi.DM(a.T) for a in values]
    return (
        lambda: float(primal(*given)),
        lambda: [np.asarray(g).T.reshape(a.shape) for g, a in zip(gradient(*given), values, strict=True)],
    )


def shape(array):
    """CasADi's shape of an array whose rows are columns there."""
    return (array.shape[1], array.shape[0]) if array.ndim == 2 else (array.shape[0], 1)
