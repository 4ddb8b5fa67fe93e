"""In CasADi: a loop over the coefficients, for all places at once."""

from __future__ import annotations

import casadi
import numpy as np


def prepare(data):
    given, n = data
    x = casadi.MX.sym("x", len(given))
    t = casadi.DM(-1.0 + 2.0 * np.arange(n) / (n - 1))
    value, power = casadi.MX.zeros(n), casadi.MX.ones(n)
    for j in range(len(given)):
        value += x[j] * power
        power = power * t
    total = 0.5 * casadi.sumsqr(casadi.sign(t) - value)
    primal = casadi.Function("primal", [x], [total])
    gradient = casadi.Function("gradient", [x], [casadi.gradient(total, x)])
    return lambda: float(primal(given)), lambda: np.asarray(gradient(given)).ravel()
