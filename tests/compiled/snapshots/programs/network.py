import numpy as np


def network(weights, bias, x, y):
    hidden = np.tanh(x @ weights + bias)
    return np.mean((np.sum(hidden, axis=1) - y) ** 2)
