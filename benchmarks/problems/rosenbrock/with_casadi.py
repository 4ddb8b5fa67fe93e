"""In CasADi: matrix expressions, evaluated by its own virtual machine."""

from __future__ import annotations

import casadi
import numpy as np


def prepare(data):
    (given,) = data
    x = casadi.MX.sym("x", len(given))
    value = casadi.sum1(100.0 * (x[1:] - x[:-1] ** 2) ** 2 + (1.0 - x[:-1]) ** 2)
    primal = casadi.Function("primal", [x], [value])
    gradient = casadi.Function("gradient", [x], [casadi.gradient(value, x)])
    return lambda: float(primal(given)), lambda: np.asarray(gradient(given)).ravel()
