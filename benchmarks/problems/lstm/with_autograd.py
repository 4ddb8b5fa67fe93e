"""In autograd: loops over characters and layers; the four gates of a layer side by side."""

from __future__ import annotations

import autograd.numpy as np
from autograd import grad


def sigmoid(x):
    return 0.5 + 0.5 * np.tanh(0.5 * x)


def layer(weight, bias, x, hidden, cell):
    gates = np.concatenate([x, hidden, x, hidden]) * weight + bias
    b = len(x)
    forget, ingate, outgate = sigmoid(gates[:b]), sigmoid(gates[b : 2 * b]), sigmoid(gates[2 * b : 3 * b])
    cell = cell * forget + ingate * np.tanh(gates[3 * b :])
    return outgate * np.tanh(cell), cell


def objective(main, extra, state, sequence):
    layers, b = len(main) // 2, sequence.shape[1]
    weights, biases = [main[2 * i] for i in range(layers)], [main[2 * i + 1] for i in range(layers)]
    hidden, cells, tops = list(state[::2]), list(state[1::2]), []
    for character in sequence[:-1]:
        x = character * extra[0]
        for i in range(layers):
            x, cells[i] = layer(weights[i], biases[i], x, hidden[i], cells[i])
            hidden[i] = x
        tops.append(x)
    y = np.array(tops) * extra[1] + extra[2]
    y = y - np.log(2.0 + np.sum(np.exp(y), axis=1, keepdims=True))
    return -np.sum(sequence[1:] * y) / ((len(sequence) - 1) * b)


def prepare(data):
    gradient = grad(objective, argnum=(0, 1))
    return lambda: objective(*data), lambda: gradient(*data)
