"""In PyTorch: all components in one expression."""

from __future__ import annotations

import math

import numpy as np
import torch


def objective(alpha, mu, q, l, x, m, gamma, below):
    (n, d), k = x.shape, len(alpha)
    columns, rows = below
    roots = torch.diag_embed(torch.exp(q)).index_put((torch.arange(k)[:, None], rows, columns), l)
    scaled = x @ roots.mT - (roots @ mu[:, :, None]).mT
    terms = (alpha + q.sum(1))[:, None] - 0.5 * scaled.square().sum(2)
    likelihood = torch.logsumexp(terms, 0).sum() - n * torch.logsumexp(alpha, 0) - 0.5 * n * d * math.log(2 * math.pi)
    wishart = d + m + 1
    prior = k * (wishart * d * (math.log(gamma) - 0.5 * math.log(2)))
    prior -= k * float(torch.special.multigammaln(torch.tensor(0.5 * wishart), d))
    return likelihood + prior + m * q.sum() - 0.5 * gamma**2 * (torch.exp(2 * q).sum() + l.square().sum())


def prepare(data):
    *arrays, m, gamma = data
    parameters = [torch.from_numpy(a).requires_grad_() for a in arrays[:4]]
    x = torch.from_numpy(arrays[4])
    below = [torch.from_numpy(i) for i in np.triu_indices(x.shape[1], 1)]

    def primal():
        with torch.no_grad():
            return objective(*parameters, x, m, gamma, below).numpy()

    def gradient():
        return torch.autograd.grad(objective(*parameters, x, m, gamma, below), parameters)

    return primal, gradient
