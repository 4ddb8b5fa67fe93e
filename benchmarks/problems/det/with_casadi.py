"""In CasADi: expressions of numbers, as many as the expansion has."""

from __future__ import annotations

import casadi
import numpy as np

from harness.errors import TooLarge

LARGEST = 8


def determinant(rows):
    if len(rows) == 1:
        return rows[0][0]
    total, sign = 0.0, 1.0
    for column, element in enumerate(rows[0]):
        total += sign * element * determinant([row[:column] + row[column + 1 :] for row in rows[1:]])
        sign = -sign
    return total


def prepare(data):
    (given,) = data
    ell = len(given)
    if ell > LARGEST:
        raise TooLarge("the expression has millions of nodes")
    a = casadi.SX.sym("a", ell, ell)
    value = determinant([[a[i, j] for j in range(ell)] for i in range(ell)])
    primal = casadi.Function("primal", [a], [value])
    gradient = casadi.Function("gradient", [a], [casadi.gradient(value, a)])
    return lambda: float(primal(given)), lambda: np.asarray(gradient(given))
