"""By hand: a row of a record for each layer at each time, and vectors of 16 numbers, of which 14 are used.

A row holds the four gates side by side, the cell, its tangent, and the hidden state, so that a compiler sees how far
apart they are, and puts 8 numbers into a register. The layer below is the row before; the row of the lowest holds only
a hidden state, the character. Going forwards, the rows are written; going backwards they are read. The tangent is a
sigmoid of twice the number, so that a layer takes 64 exponentials and 16.
"""

from __future__ import annotations

import math

import numba
import numpy as np

from problems.lstm import BITS
from problems.vectors import exp

W = 16
FORGET, INGATE, OUTGATE, CHANGE, CELL, TANGENT, HIDDEN, ROW = range(0, 8 * W, W)
SUMS = {"reassoc", "nsz", "contract"}


@numba.njit(cache=True, error_model="numpy")
def pad(main, extra, weights, scales):
    """Write the weights of a layer, and then its biases, into a row, with room between the gates; the rest is zero."""
    for i in range(len(weights)):
        for gate in range(4):
            for v in range(BITS):
                weights[i, gate * W + v] = main[2 * i, gate * BITS + v]
                weights[i, (gate + 4) * W + v] = main[2 * i + 1, gate * BITS + v]
    for s in range(3):
        for v in range(BITS):
            scales[s, v] = extra[s, v]


@numba.njit(cache=True, error_model="numpy", fastmath={"contract"})
def layer(weights, before, below, now):
    """Advance a layer; the last gate is doubled on the way to its tangent."""
    for v in range(W):
        now[FORGET + v] = below[HIDDEN + v] * weights[v] + weights[4 * W + v]
        now[INGATE + v] = before[HIDDEN + v] * weights[W + v] + weights[5 * W + v]
        now[OUTGATE + v] = below[HIDDEN + v] * weights[2 * W + v] + weights[6 * W + v]
        now[CHANGE + v] = 2.0 * (before[HIDDEN + v] * weights[3 * W + v] + weights[7 * W + v])
    for v in range(4 * W):
        now[v] = 1.0 / (1.0 + exp(-now[v]))
    for v in range(W):
        now[CHANGE + v] = 2.0 * now[CHANGE + v] - 1.0
        now[CELL + v] = before[CELL + v] * now[FORGET + v] + now[INGATE + v] * now[CHANGE + v]
    for v in range(W):
        now[TANGENT + v] = 2.0 / (1.0 + exp(-2.0 * now[CELL + v])) - 1.0
        now[HIDDEN + v] = now[OUTGATE + v] * now[TANGENT + v]


@numba.njit(cache=True, error_model="numpy", fastmath=SUMS)
def loss(top, scales, target, powers):
    """The log-likelihood of a character, what its powers have as their denominator, and the bits that are set."""
    for v in range(W):
        powers[W + v] = top[HIDDEN + v] * scales[1, v] + scales[2, v]
    for v in range(W):
        powers[v] = exp(powers[W + v])
    total, inner, count = 2.0, 0.0, 0.0
    for v in range(BITS):
        total += powers[v]
        inner += target[v] * powers[W + v]
        count += target[v]
    return inner - count * math.log(total), total, count


@numba.njit(cache=True, error_model="numpy")
def forward(weights, scales, state, sequence, powers, record):
    """The sum of the log-likelihoods; the record has room for all times, or for two."""
    layers, total = len(weights), 0.0
    for i in range(layers):
        for v in range(BITS):
            record[0, i + 1, HIDDEN + v] = state[2 * i, v]
            record[0, i + 1, CELL + v] = state[2 * i + 1, v]
    for t in range(len(sequence) - 1):
        before, now = record[t % len(record)], record[(t + 1) % len(record)]
        for v in range(W):
            now[0, HIDDEN + v] = sequence[t, v] * scales[0, v]
        for i in range(layers):
            layer(weights[i], before[i + 1], now[i], now[i + 1])
        total += loss(now[layers], scales, sequence[t + 1], powers)[0]
    return total


@numba.njit(cache=True, error_model="numpy")
def objective(main, extra, state, sequence, weights, scales, powers, record):
    pad(main, extra, weights, scales)
    total = forward(weights, scales, state, sequence, powers, record)
    return -total / ((len(sequence) - 1) * BITS)


@numba.njit(cache=True, error_model="numpy", fastmath={"contract"})
def layer_back(weights, before, below, now, bar, bar_below, weights_bar):
    """Take derivatives back through a layer.

    A row of bars holds those of what goes into the four gates, of the cell, and of the hidden state: in `bar` they are
    those after this time, and become those before it; `bar_below` gets its hidden state's.
    """
    for v in range(W):
        hidden_bar = bar[HIDDEN + v]
        out, squashed, change = now[OUTGATE + v], now[TANGENT + v], now[CHANGE + v]
        forget, ingate = now[FORGET + v], now[INGATE + v]
        cell_bar = bar[CELL + v] + hidden_bar * out * (1.0 - squashed * squashed)
        bar[FORGET + v] = cell_bar * before[CELL + v] * forget * (1.0 - forget)
        bar[INGATE + v] = cell_bar * change * ingate * (1.0 - ingate)
        bar[OUTGATE + v] = hidden_bar * squashed * out * (1.0 - out)
        bar[CHANGE + v] = cell_bar * ingate * (1.0 - change * change)
        bar[CELL + v] = cell_bar * forget
    for v in range(W):
        bar_below[HIDDEN + v] += bar[FORGET + v] * weights[v] + bar[OUTGATE + v] * weights[2 * W + v]
        bar[HIDDEN + v] = bar[INGATE + v] * weights[W + v] + bar[CHANGE + v] * weights[3 * W + v]
    for v in range(W):
        weights_bar[v] += bar[FORGET + v] * below[HIDDEN + v]
        weights_bar[W + v] += bar[INGATE + v] * before[HIDDEN + v]
        weights_bar[2 * W + v] += bar[OUTGATE + v] * below[HIDDEN + v]
        weights_bar[3 * W + v] += bar[CHANGE + v] * before[HIDDEN + v]
    for v in range(4 * W):
        weights_bar[4 * W + v] += bar[v]


@numba.njit(cache=True, error_model="numpy", fastmath={"contract"})
def loss_back(top, scales, target, powers, factor, ratio, top_bar, scales_bar):
    """Take the derivative back through the loss of a character; `ratio` is what each power is multiplied by."""
    for v in range(W):
        y_bar = factor * (target[v] - ratio * powers[v])
        scales_bar[1, v] += y_bar * top[HIDDEN + v]
        scales_bar[2, v] += y_bar
        top_bar[HIDDEN + v] += y_bar * scales[1, v]


@numba.njit(cache=True, error_model="numpy")
def gradient(main, extra, state, sequence, weights, scales, powers, record, bars, weights_bar, scales_bar, result):
    pad(main, extra, weights, scales)
    forward(weights, scales, state, sequence, powers, record)
    bars[:], weights_bar[:], scales_bar[:] = 0.0, 0.0, 0.0
    layers, factor = len(weights), -1.0 / ((len(sequence) - 1) * BITS)
    for t in range(len(sequence) - 2, -1, -1):
        before, now = record[t], record[t + 1]
        _, total, count = loss(now[layers], scales, sequence[t + 1], powers)
        loss_back(now[layers], scales, sequence[t + 1], powers, factor, count / total, bars[layers], scales_bar)
        for v in range(W):
            bars[0, HIDDEN + v] = 0.0
        for i in range(layers, 0, -1):
            layer_back(weights[i - 1], before[i], now[i - 1], now[i], bars[i], bars[i - 1], weights_bar[i - 1])
        for v in range(W):
            scales_bar[0, v] += bars[0, HIDDEN + v] * sequence[t, v]
    unpad(weights_bar, scales_bar, result[0], result[1])
    return result


@numba.njit(cache=True, error_model="numpy")
def unpad(weights, scales, main, extra):
    for i in range(len(weights)):
        for gate in range(4):
            for v in range(BITS):
                main[2 * i, gate * BITS + v] = weights[i, gate * W + v]
                main[2 * i + 1, gate * BITS + v] = weights[i, (gate + 4) * W + v]
    extra[:] = scales[:, :BITS]


def prepare(data):
    main, extra, state, sequence = data
    layers = len(main) // 2
    padded = np.zeros((len(sequence), W))
    padded[:, :BITS] = sequence
    weights, scales, powers = np.zeros((layers, 8 * W)), np.zeros((3, W)), np.zeros(2 * W)
    short, whole = np.zeros((2, layers + 1, ROW)), np.zeros((len(sequence), layers + 1, ROW))
    bars = np.zeros((layers + 1, ROW)), np.zeros((layers, 8 * W)), np.zeros((3, W))
    result = np.empty_like(main), np.empty_like(extra)
    given = main, extra, state, padded, weights, scales, powers
    return lambda: objective(*given, short), lambda: gradient(*given, whole, *bars, result)
