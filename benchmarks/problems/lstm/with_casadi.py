"""In CasADi: a step as an expression of numbers, folded over the characters."""

from __future__ import annotations

import casadi
import numpy as np


def sigmoid(x):
    return 1 / (1 + casadi.exp(-x))


def prepare(data):
    values = data[:2]
    layers, b, times = len(data[0]) // 2, data[3].shape[1], len(data[3]) - 1
    main, extra = casadi.SX.sym("main", 4 * b, 2 * layers), casadi.SX.sym("extra", b, 3)
    state, given = casadi.SX.sym("state", b, 2 * layers), casadi.SX.sym("given", b, 2)
    x, after = given[:, 0] * extra[:, 0], []
    for i in range(layers):
        hidden, cell = state[:, 2 * i], state[:, 2 * i + 1]
        gates = casadi.vertcat(x, hidden, x, hidden) * main[:, 2 * i] + main[:, 2 * i + 1]
        forget, ingate, outgate, change = casadi.vertsplit(gates, b)
        cell = cell * sigmoid(forget) + sigmoid(ingate) * casadi.tanh(change)
        x = sigmoid(outgate) * casadi.tanh(cell)
        after += [x, cell]
    y = x * extra[:, 1] + extra[:, 2]
    likelihood = casadi.dot(given[:, 1], y - casadi.log(2 + casadi.sum1(casadi.exp(y))))
    step = casadi.Function("step", [state, given, main, extra], [casadi.horzcat(*after), likelihood])
    return functions(step, values, data[2], data[3], times * b)


def functions(step, values, state, sequence, count):
    """The step along the sequence, and the gradient of what it adds up to."""
    times = len(sequence) - 1
    main, extra = (casadi.MX.sym("p", *a.T.shape) for a in values)
    pairs = np.stack([sequence[:-1], sequence[1:]], axis=2)  # time, bit, and now or next
    pairs = casadi.DM(pairs.transpose(1, 0, 2).reshape(len(sequence[0]), -1))
    repeated = casadi.repmat(main, 1, times), casadi.repmat(extra, 1, times)
    _, likelihoods = step.mapaccum(times)(casadi.DM(state.T), pairs, *repeated)
    value = -casadi.sum2(likelihoods) / count
    primal = casadi.Function("primal", [main, extra], [value])
    gradient = casadi.Function("gradient", [main, extra], primal.reverse(1)(main, extra, 0, 1))  # one sweep
    given = [casadi.DM(a.T) for a in values]
    return lambda: float(primal(*given)), lambda: [np.asarray(g).T for g in gradient(*given)]
