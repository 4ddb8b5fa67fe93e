"""In PyTorch, with its own layers, whose order of axes is another."""

from __future__ import annotations

import torch
from torch.nn.functional import conv2d, cross_entropy, max_pool2d, relu


def objective(layers, x, labels):
    k1, b1, k2, b2, w, b3 = layers
    hidden = max_pool2d(relu(conv2d(x, k1, b1)), 2)
    hidden = max_pool2d(relu(conv2d(hidden, k2, b2)), 2)
    return cross_entropy(torch.addmm(b3, hidden.flatten(1), w), labels)


def prepare(data):
    k1, b1, k2, b2, w, b3, x, labels = [torch.from_numpy(part) for part in data]
    side = int((len(w) / len(b2)) ** 0.5)
    w = w.reshape(side, side, len(b2), 10).permute(2, 0, 1, 3).reshape(-1, 10)
    layers = [part.contiguous() for part in (k1.permute(3, 2, 0, 1), b1, k2.permute(3, 2, 0, 1), b2, w, b3)]
    x = x.permute(0, 3, 1, 2).contiguous()
    for part in layers:
        part.requires_grad_()

    def primal():
        with torch.no_grad():
            return objective(layers, x, labels).numpy()

    def gradient():
        k1, b1, k2, b2, w, b3 = torch.autograd.grad(objective(layers, x, labels), layers)
        w = w.reshape(len(b2), side, side, 10).permute(1, 2, 0, 3).reshape(-1, 10)
        return [part.numpy() for part in (k1.permute(2, 3, 1, 0), b1, k2.permute(2, 3, 1, 0), b2, w, b3)]

    return primal, gradient
