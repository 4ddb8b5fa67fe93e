"""The log-posterior of a mixture of Gaussians, with a Wishart prior on the precisions (ADBench, 2018).

For n points x of dimension d and k components with weights alpha and means mu. The root Q of a precision is lower
triangular, with exp(q) on its diagonal, and l below it, column by column.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from scipy.special import logsumexp, multigammaln

TITLE = "Gaussian mixture"
DIFFERENTIATED = "alpha, mu, q, l"
ARGNUMS = (0, 1, 2, 3)
SMALL = {"d": 3, "k": 4, "n": 20}
SIZES = [{"d": 2, "k": 5, "n": 1000}, {"d": 20, "k": 25, "n": 1000}, {"d": 64, "k": 50, "n": 1000}]
HEADLINE = {"d": 20, "k": 25, "n": 1000}
PUBLISHED = {
    "JAX": 3.7e-3, "PyTorch": 5.7e-3, "manual": 6.1e-3, "Tapenade": 6.6e-3, "Enzyme": 22e-3, "CoDiPack": 41e-3,
}  # fmt: skip
TOLERANCE = 1e-10
CHECK = "gradient"
NOT_EXPRESSED: dict[str, str] = {}


def data(d: int, k: int, n: int) -> tuple[Any, ...]:
    """Points and parameters, drawn in the order of the published suite; the prior's m and gamma."""
    rng = np.random.default_rng(31337)
    x = rng.normal(size=(n, d))
    alpha = rng.normal(size=k)
    mu = rng.uniform(size=(k, d))
    q = rng.normal(size=(k, d))
    l = rng.normal(size=(k, d * (d - 1) // 2))
    return alpha, mu, q, l, x, 0, 1.0


def reference(alpha: Any, mu: Any, q: Any, l: Any, x: Any, m: int, gamma: float) -> tuple[Any, Any]:
    """The posterior and its derivatives as formulas, one component at a time."""
    (n, d), k = x.shape, len(alpha)
    columns, rows = np.triu_indices(d, 1)  # of the transpose: l goes column by column
    terms, roots, scaled = np.empty((n, k)), np.zeros((k, d, d)), np.empty((k, n, d))
    for j in range(k):
        roots[j][np.diag_indices(d)] = np.exp(q[j])
        roots[j][rows, columns] = l[j]
        scaled[j] = (x - mu[j]) @ roots[j].T
        terms[:, j] = alpha[j] + q[j].sum() - 0.5 * np.square(scaled[j]).sum(1)
    wishart = d + m + 1
    prior = k * (wishart * d * (np.log(gamma) - 0.5 * np.log(2)) - multigammaln(0.5 * wishart, d))
    prior += m * q.sum() - 0.5 * gamma**2 * (np.exp(2 * q).sum() + np.square(l).sum())
    value = -0.5 * n * d * np.log(2 * np.pi) + logsumexp(terms, axis=1).sum() - n * logsumexp(alpha) + prior
    share = np.exp(terms - logsumexp(terms, axis=1)[:, None])
    alpha_bar = share.sum(0) - n * np.exp(alpha - logsumexp(alpha))
    mu_bar, q_bar, l_bar = np.empty_like(mu), np.empty_like(q), np.empty_like(l)
    for j in range(k):
        weighted = share[:, j, None] * scaled[j]
        mu_bar[j] = weighted.sum(0) @ roots[j]
        root_bar = -weighted.T @ (x - mu[j])
        q_bar[j] = share[:, j].sum() + np.diag(root_bar) * np.exp(q[j]) + m - gamma**2 * np.exp(2 * q[j])
        l_bar[j] = root_bar[rows, columns] - gamma**2 * l[j]
    return value, (alpha_bar, mu_bar, q_bar, l_bar)
