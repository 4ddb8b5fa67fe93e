"""In PyTorch: loops over characters and layers; the four gates of a layer side by side."""

from __future__ import annotations

import torch


def layer(weight, bias, x, hidden, cell):
    gates = torch.addcmul(bias, torch.stack([x, hidden, x, hidden]), weight)
    forget, ingate, outgate = torch.sigmoid(gates[:3]).unbind()
    cell = cell * forget + ingate * torch.tanh(gates[3])
    return outgate * torch.tanh(cell), cell


def objective(main, extra, state, sequence):
    layers, b = len(main) // 2, sequence.shape[1]
    weights, biases = main[::2].reshape(layers, 4, b).unbind(), main[1::2].reshape(layers, 4, b).unbind()
    hidden, cells, tops = list(state[::2]), list(state[1::2]), []
    for x in (sequence[:-1] * extra[0]).unbind():
        for i in range(layers):
            x, cells[i] = layer(weights[i], biases[i], x, hidden[i], cells[i])
            hidden[i] = x
        tops.append(x)
    y = torch.stack(tops) * extra[1] + extra[2]
    y = y - torch.log(2.0 + torch.sum(torch.exp(y), 1, keepdim=True))
    return -torch.sum(sequence[1:] * y) / ((len(sequence) - 1) * b)


def prepare(data):
    main, extra, state, sequence = (torch.from_numpy(a) for a in data)
    parameters = main.requires_grad_(), extra.requires_grad_()

    def primal():
        with torch.no_grad():
            return objective(main, extra, state, sequence)

    return primal, lambda: torch.autograd.grad(objective(main, extra, state, sequence), parameters)
