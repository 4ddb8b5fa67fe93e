"""In CasADi: one step as a function, called again and again; evaluated by its own virtual machine."""

from __future__ import annotations

import casadi
import numpy as np


def prepare(data):
    speed, start, heard, steps = data
    n = len(speed)
    both, given = casadi.MX.sym("both", n, 2 * n), casadi.MX.sym("speed", n, n)
    before, now = casadi.horzsplit(both, n)
    laplacian = now[2:, 1:-1] + now[:-2, 1:-1] + now[1:-1, 2:] + now[1:-1, :-2] - 4 * now[1:-1, 1:-1]
    after = casadi.MX.zeros(n, n)
    after[1:-1, 1:-1] = 2 * now[1:-1, 1:-1] - before[1:-1, 1:-1] + given[1:-1, 1:-1] ** 2 * laplacian
    step = casadi.Function("step", [both, given], [casadi.horzcat(now, after)])
    final = casadi.DM(np.hstack([start, start]))
    for _ in range(steps):
        final = step(final, given)
    value = 0.5 * casadi.sumsqr(final[:, n:] - heard)
    primal = casadi.Function("primal", [given], [value])
    gradient = casadi.Function("gradient", [given], [casadi.gradient(value, given)])
    return lambda: float(primal(speed)), lambda: gradient(speed).toarray()
