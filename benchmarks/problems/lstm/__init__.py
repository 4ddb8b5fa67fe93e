"""A character LSTM with diagonal weights (ADBench, 2018): the mean loss of predicting each character from those before.

With l layers and b bits to a character, the parameters are 2 l rows of weights and biases of the four gates, 4 b each,
and three rows that scale what goes in and what comes out. The denominator of the softmax has a 2 in it, as published.
"""

from __future__ import annotations

from itertools import pairwise
from typing import Any

import numpy as np

TITLE = "LSTM"
DIFFERENTIATED = "main, extra"
ARGNUMS = (0, 1)
SMALL = {"layers": 2, "characters": 6}
SIZES = [
    {"layers": 2, "characters": 1024},
    {"layers": 4, "characters": 1024},
    {"layers": 4, "characters": 4096},
]
HEADLINE = {"layers": 4, "characters": 1024}
PUBLISHED = {"CoDiPack": 5.6e-3, "Enzyme": 5.8e-3, "Tapenade": 7.5e-3, "manual": 23e-3}
TOLERANCE = 1e-10
CHECK = "gradient"
NOT_EXPRESSED: dict[str, str] = {}
MEMORY = [{"layers": 4, "characters": n} for n in (512, 1024, 2048)]
BITS = 14


def data(layers: int, characters: int) -> tuple[Any, ...]:
    """Uniform parameters, and bits for the text."""
    rng = np.random.default_rng(31337)
    main = rng.uniform(-1.0, 1.0, (2 * layers, 4 * BITS))
    extra = rng.uniform(-1.0, 1.0, (3, BITS))
    state = rng.uniform(-1.0, 1.0, (2 * layers, BITS))
    sequence = rng.integers(0, 2, (characters, BITS)).astype(float)
    return main, extra, state, sequence


def sigmoid(x: np.ndarray) -> np.ndarray:
    return 0.5 + 0.5 * np.tanh(0.5 * x)


def reference(main: Any, extra: Any, state: Any, sequence: Any) -> tuple[Any, Any]:
    """Derivatives backwards through time, by formulas, one layer and one character at a time."""
    weights, biases = main[::2], main[1::2]
    states, total = [(state[::2].copy(), state[1::2].copy())], 0.0
    inputs, shares = [], []
    for now, after in pairwise(sequence):
        hidden, cells = states[-1][0].copy(), states[-1][1].copy()
        inputs.append(_forward(weights, biases, now * extra[0], hidden, cells))
        states.append((hidden, cells))
        y = hidden[-1] * extra[1] + extra[2]
        total += after @ y - after.sum() * np.log(2 + np.exp(y).sum())
        shares.append(after - after.sum() * np.exp(y) / (2 + np.exp(y).sum()))
    scale = -1.0 / (len(inputs) * sequence.shape[1])
    weights_bar, biases_bar, extra_bar = np.zeros_like(weights), np.zeros_like(biases), np.zeros_like(extra)
    hidden_bar, cells_bar = np.zeros_like(states[0][0]), np.zeros_like(states[0][0])
    for t in reversed(range(len(inputs))):
        extra_bar[1] += shares[t] * states[t + 1][0][-1]
        extra_bar[2] += shares[t]
        hidden_bar[-1] += shares[t] * extra[1]
        bars = weights_bar, biases_bar, hidden_bar, cells_bar
        extra_bar[0] += _backward(weights, biases, inputs[t], states[t], states[t + 1], bars) * sequence[t]
    main_bar = np.empty_like(main)
    main_bar[::2], main_bar[1::2] = weights_bar, biases_bar
    return scale * total, (scale * main_bar, scale * extra_bar)


def _gates(weights: Any, biases: Any, x: Any, hidden: Any) -> tuple[Any, Any]:
    """What goes into the four gates of a layer, and what comes out."""
    given = np.concatenate([x, hidden, x, hidden])
    linear = given * weights + biases
    b = len(x)
    return given, np.concatenate([sigmoid(linear[: 3 * b]), np.tanh(linear[3 * b :])])


def _forward(weights: Any, biases: Any, x: Any, hidden: Any, cells: Any) -> list[Any]:
    """Advance all layers by one character; return what went into each."""
    inputs = []
    for i in range(len(hidden)):
        inputs.append(x)
        forget, ingate, outgate, change = np.split(_gates(weights[i], biases[i], x, hidden[i])[1], 4)
        cells[i] = cells[i] * forget + ingate * change
        hidden[i] = x = outgate * np.tanh(cells[i])
    return inputs


def _backward(weights: Any, biases: Any, inputs: Any, before: Any, after: Any, bars: Any) -> Any:
    """Take the derivatives back by one character; return that by the input of the first layer."""
    weights_bar, biases_bar, hidden_bar, cells_bar = bars
    x_bar = np.zeros_like(inputs[0])
    for i in reversed(range(len(inputs))):
        given, gates = _gates(weights[i], biases[i], inputs[i], before[0][i])
        forget, ingate, outgate, change = np.split(gates, 4)
        h_bar, out = hidden_bar[i] + x_bar, np.tanh(after[1][i])
        cell_bar = cells_bar[i] + h_bar * outgate * (1 - out**2)
        gates_bar = np.concatenate([cell_bar * before[1][i], cell_bar * change, h_bar * out, cell_bar * ingate])
        slopes = np.concatenate([gates * (1 - gates)])
        slopes[-len(out) :] = 1 - change**2
        linear_bar = gates_bar * slopes
        weights_bar[i] += linear_bar * given
        biases_bar[i] += linear_bar
        by_x, by_hidden, by_x_too, by_hidden_too = np.split(linear_bar * weights[i], 4)
        cells_bar[i] = cell_bar * forget
        x_bar, hidden_bar[i] = by_x + by_x_too, by_hidden + by_hidden_too
    return x_bar
