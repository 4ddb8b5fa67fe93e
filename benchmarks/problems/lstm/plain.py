"""The program."""

from __future__ import annotations

import numpy as np


def sigmoid(x):
    return 1.0 / (1.0 + np.exp(-x))


def objective(main, extra, state, sequence):
    layers = len(main) // 2
    b = sequence.shape[1]
    hidden, cells = state[::2].copy(), state[1::2].copy()
    total = 0.0
    for t in range(len(sequence) - 1):
        x = sequence[t] * extra[0]
        for i in range(layers):
            weight, bias = main[2 * i], main[2 * i + 1]
            forget = sigmoid(x * weight[:b] + bias[:b])
            ingate = sigmoid(hidden[i] * weight[b : 2 * b] + bias[b : 2 * b])
            outgate = sigmoid(x * weight[2 * b : 3 * b] + bias[2 * b : 3 * b])
            change = np.tanh(hidden[i] * weight[3 * b :] + bias[3 * b :])
            cells[i] = cells[i] * forget + ingate * change
            hidden[i] = outgate * np.tanh(cells[i])
            x = hidden[i]
        y = x * extra[1] + extra[2]
        y = y - np.log(2.0 + np.sum(np.exp(y)))
        total += np.dot(sequence[t + 1], y)
    return -total / ((len(sequence) - 1) * b)
