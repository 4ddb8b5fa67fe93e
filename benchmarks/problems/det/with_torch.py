"""In PyTorch: the minors of all minors of a size at once."""

from __future__ import annotations

import numpy as np
import torch


def determinant(a):
    """The determinants of matrices along the last two axes."""
    n = a.shape[-1]
    if n == 1:
        return a[..., 0, 0]
    others = np.array([[c for c in range(n) if c != column] for column in range(n)])
    minors = torch.moveaxis(a[..., 1:, :][..., others], -2, -3)
    signs = torch.from_numpy((-1.0) ** np.arange(n))
    return torch.sum(signs * a[..., 0, :] * determinant(minors), -1)


def prepare(data):
    a = torch.from_numpy(data[0]).requires_grad_()

    def primal():
        with torch.no_grad():
            return determinant(a)

    return primal, lambda: torch.autograd.grad(determinant(a), a)[0]
