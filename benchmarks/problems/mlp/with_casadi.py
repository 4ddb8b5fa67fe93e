"""In CasADi: matrix expressions, evaluated by its own virtual machine."""

from __future__ import annotations

import casadi
import numpy as np


def prepare(data):
    *layers, x, labels = data
    names = ("w1", "b1", "w2", "b2", "w3", "b3")
    given = [casadi.MX.sym(name, *np.atleast_2d(part).shape) for name, part in zip(names, layers, strict=True)]
    w1, b1, w2, b2, w3, b3 = given
    count = len(labels)
    hidden = casadi.tanh(casadi.DM(x) @ w1 + casadi.repmat(b1, count, 1))
    hidden = casadi.tanh(hidden @ w2 + casadi.repmat(b2, count, 1))
    scores = hidden @ w3 + casadi.repmat(b3, count, 1)
    shifted = scores - casadi.repmat(casadi.mmax(scores), count, 10)
    logs = shifted - casadi.repmat(casadi.log(casadi.sum2(casadi.exp(shifted))), 1, 10)
    value = -casadi.dot(logs, casadi.DM(np.eye(10)[labels])) / count
    primal = casadi.Function("primal", given, [value])
    gradient = casadi.Function("gradient", given, primal.reverse(1)(*given, 0, 1))  # all of them in one sweep
    shapes = [part.shape for part in layers]

    def derivative():
        return [np.asarray(part).reshape(shape) for part, shape in zip(gradient(*layers), shapes, strict=True)]

    return lambda: float(primal(*layers)), derivative
