"""In PyTorch."""

from __future__ import annotations

import torch
from torch.nn.functional import cross_entropy


def objective(layers, x, labels):
    w1, b1, w2, b2, w3, b3 = layers
    hidden = torch.tanh(torch.addmm(b1, x, w1))
    hidden = torch.tanh(torch.addmm(b2, hidden, w2))
    return cross_entropy(torch.addmm(b3, hidden, w3), labels)


def prepare(data):
    *layers, x, labels = [torch.from_numpy(part) for part in data]
    for part in layers:
        part.requires_grad_()

    def primal():
        with torch.no_grad():
            return objective(layers, x, labels).numpy()

    return primal, lambda: [part.numpy() for part in torch.autograd.grad(objective(layers, x, labels), layers)]
