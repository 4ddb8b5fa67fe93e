"""By hand: the four gates of a layer side by side, each padded from 14 to 16 numbers, which are two vector registers.

Going forwards, what the gates and the cells are is written to one record; going backwards it is read. The hyperbolic
tangent is a sigmoid of twice the number, so that a layer takes one exponential of 64 numbers, and one of 16.
"""

from __future__ import annotations

import math

import numba
import numpy as np

from problems.exponential import exp
from problems.lstm import BITS

WIDTH = 16
FAST = {"reassoc", "nsz", "contract"}


@numba.njit(cache=True, error_model="numpy")
def pad(main, extra, weights, biases, scales):
    """Write the parameters with room between the gates; the rest is zero."""
    for i in range(len(weights)):
        for gate in range(4):
            for v in range(BITS):
                weights[i, gate, v] = main[2 * i, gate * BITS + v]
                biases[i, gate, v] = main[2 * i + 1, gate * BITS + v]
    scales[:, :BITS] = extra


@numba.njit(cache=True, error_model="numpy", fastmath={"contract"})
def layer(weight, bias, x, hidden, cell, gates, next_hidden, next_cell, squashed):
    """Advance a layer; the last gate is doubled on the way to its tangent."""
    for v in range(WIDTH):
        gates[0, v] = x[v] * weight[0, v] + bias[0, v]
        gates[1, v] = hidden[v] * weight[1, v] + bias[1, v]
        gates[2, v] = x[v] * weight[2, v] + bias[2, v]
        gates[3, v] = 2.0 * (hidden[v] * weight[3, v] + bias[3, v])
    for gate in range(4):
        for v in range(WIDTH):
            gates[gate, v] = 1.0 / (1.0 + exp(-gates[gate, v]))
    for v in range(WIDTH):
        gates[3, v] = 2.0 * gates[3, v] - 1.0
        next_cell[v] = cell[v] * gates[0, v] + gates[1, v] * gates[3, v]
        squashed[v] = 2.0 / (1.0 + exp(-2.0 * next_cell[v])) - 1.0
        next_hidden[v] = gates[2, v] * squashed[v]


@numba.njit(cache=True, error_model="numpy", fastmath=FAST)
def loss(hidden, scales, target, powers):
    """The log-likelihood of a character; the exponentials go to `powers`, and their sum plus 2 is returned too."""
    total, inner, count = 2.0, 0.0, 0.0
    for v in range(WIDTH):
        y = hidden[v] * scales[1, v] + scales[2, v]
        powers[v] = exp(y)
        inner += target[v] * y
        count += target[v]
    for v in range(BITS):
        total += powers[v]
    return inner - count * math.log(total), total, count


@numba.njit(cache=True, error_model="numpy")
def forward(weights, biases, scales, sequence, x, powers, record):
    """The sum of the log-likelihoods; each time has its place in the record, or all times have the same two."""
    gates, hidden, cells, squashed = record
    places, total = len(gates), 0.0
    for t in range(len(sequence) - 1):
        now, after = t % places, (t + 1) % len(hidden)
        before = t % len(hidden)
        for v in range(WIDTH):
            x[v] = sequence[t, v] * scales[0, v]
        below = x
        for i in range(len(weights)):
            layer(
                weights[i], biases[i], below, hidden[before, i], cells[before, i], gates[now, i],
                hidden[after, i], cells[after, i], squashed[now, i],
            )  # fmt: skip
            below = hidden[after, i]
        total += loss(below, scales, sequence[t + 1], powers)[0]
    return total


@numba.njit(cache=True, error_model="numpy")
def objective(main, extra, state, sequence, work, record):
    weights, biases, scales, x, powers = work
    pad(main, extra, weights, biases, scales)
    start(state, record)
    total = forward(weights, biases, scales, sequence, x, powers, record)
    return -total / ((len(sequence) - 1) * BITS)


@numba.njit(cache=True, error_model="numpy")
def start(state, record):
    _, hidden, cells, _ = record
    hidden[0, :, :BITS] = state[::2]
    cells[0, :, :BITS] = state[1::2]


@numba.njit(cache=True, error_model="numpy", fastmath=FAST)
def layer_back(weight, x, hidden, cell, gates, squashed, x_bar, hidden_bar, cell_bar, weight_bar, bias_bar):
    """Take the derivatives back through a layer: `x_bar` is that by its output, and then that by its input."""
    for v in range(WIDTH):
        h_bar = hidden_bar[v] + x_bar[v]
        c_bar = cell_bar[v] + h_bar * gates[2, v] * (1.0 - squashed[v] * squashed[v])
        forget = c_bar * cell[v] * gates[0, v] * (1.0 - gates[0, v])
        ingate = c_bar * gates[3, v] * gates[1, v] * (1.0 - gates[1, v])
        outgate = h_bar * squashed[v] * gates[2, v] * (1.0 - gates[2, v])
        change = c_bar * gates[1, v] * (1.0 - gates[3, v] * gates[3, v])
        cell_bar[v] = c_bar * gates[0, v]
        x_bar[v] = forget * weight[0, v] + outgate * weight[2, v]
        hidden_bar[v] = ingate * weight[1, v] + change * weight[3, v]
        weight_bar[0, v] += forget * x[v]
        weight_bar[1, v] += ingate * hidden[v]
        weight_bar[2, v] += outgate * x[v]
        weight_bar[3, v] += change * hidden[v]
        bias_bar[0, v] += forget
        bias_bar[1, v] += ingate
        bias_bar[2, v] += outgate
        bias_bar[3, v] += change


@numba.njit(cache=True, error_model="numpy")
def gradient(main, extra, state, sequence, work, record, bars, main_bar, extra_bar):
    weights, biases, scales, x, powers = work
    gates, hidden, cells, squashed = record
    weights_bar, biases_bar, scales_bar, hidden_bar, cells_bar, x_bar = bars
    pad(main, extra, weights, biases, scales)
    start(state, record)
    forward(weights, biases, scales, sequence, x, powers, record)
    for bar in (weights_bar, biases_bar):
        bar[:] = 0.0
    for bar in (scales_bar, hidden_bar, cells_bar):
        bar[:] = 0.0
    layers, scale = len(weights), -1.0 / ((len(sequence) - 1) * BITS)
    for t in range(len(sequence) - 2, -1, -1):
        _, total, count = loss(hidden[t + 1, layers - 1], scales, sequence[t + 1], powers)
        for v in range(WIDTH):
            y_bar = scale * (sequence[t + 1, v] - count * powers[v] / total)
            scales_bar[1, v] += y_bar * hidden[t + 1, layers - 1, v]
            scales_bar[2, v] += y_bar
            x_bar[v] = y_bar * scales[1, v]
            x[v] = sequence[t, v] * scales[0, v]
        for i in range(layers - 1, -1, -1):
            below = x if i == 0 else hidden[t + 1, i - 1]
            layer_back(
                weights[i], below, hidden[t, i], cells[t, i], gates[t, i], squashed[t, i],
                x_bar, hidden_bar[i], cells_bar[i], weights_bar[i], biases_bar[i],
            )  # fmt: skip
        for v in range(WIDTH):
            scales_bar[0, v] += x_bar[v] * sequence[t, v]
    for i in range(layers):
        for gate in range(4):
            for v in range(BITS):
                main_bar[2 * i, gate * BITS + v] = weights_bar[i, gate, v]
                main_bar[2 * i + 1, gate * BITS + v] = biases_bar[i, gate, v]
    extra_bar[:] = scales_bar[:, :BITS]
    return main_bar, extra_bar


def prepare(data):
    main, extra, state, sequence = data
    layers, times = len(main) // 2, len(sequence) - 1
    padded = np.zeros((len(sequence), WIDTH))
    padded[:, :BITS] = sequence
    work = (*parameters(layers), np.zeros(WIDTH), np.zeros(WIDTH))
    bars = (*parameters(layers), np.zeros((layers, WIDTH)), np.zeros((layers, WIDTH)), np.zeros(WIDTH))
    short, whole = room(layers, 1, 2), room(layers, times, times + 1)
    main_bar, extra_bar = np.empty_like(main), np.empty_like(extra)
    return (
        lambda: objective(main, extra, state, padded, work, short),
        lambda: gradient(main, extra, state, padded, work, whole, bars, main_bar, extra_bar),
    )


def parameters(layers):
    """Room for weights, biases and the three rows of scales."""
    return np.zeros((layers, 4, WIDTH)), np.zeros((layers, 4, WIDTH)), np.zeros((3, WIDTH))


def room(layers, times, states):
    """A record: gates, hidden states, cells, and their tangents."""
    return (
        np.zeros((times, layers, 4, WIDTH)), np.zeros((states, layers, WIDTH)), np.zeros((states, layers, WIDTH)),
        np.zeros((times, layers, WIDTH)),
    )  # fmt: skip
