"""In CasADi: one step as a function, called again and again; evaluated by its own virtual machine."""

from __future__ import annotations

import casadi
import numpy as np


def prepare(data):
    u, kappa, measured, steps = data
    n = len(u)
    before, rate = casadi.MX.sym("u", n, n), casadi.MX.sym("kappa")
    inner = before[1:-1, 1:-1]
    laplacian = before[2:, 1:-1] + before[:-2, 1:-1] + before[1:-1, 2:] + before[1:-1, :-2] - 4 * inner
    after = casadi.MX(before)
    after[1:-1, 1:-1] = inner + rate * laplacian
    step = casadi.Function("step", [before, rate], [after])
    final = before
    for _ in range(steps):
        final = step(final, rate)
    value = 0.5 * casadi.sumsqr(final - measured)
    primal = casadi.Function("primal", [before, rate], [value])
    gradient = casadi.Function("gradient", [before, rate], primal.reverse(1)(before, rate, 0, 1))

    def derivative():
        du, dkappa = gradient(u, kappa)
        return np.asarray(du).reshape((n, n), order="F"), float(dkappa)

    return lambda: float(primal(u, kappa)), derivative
