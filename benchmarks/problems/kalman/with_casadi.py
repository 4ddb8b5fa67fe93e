"""In CasADi: one step as scalar expressions, called again and again; evaluated by its own virtual machine."""

from __future__ import annotations

import casadi
import numpy as np


def step(states, seen):
    """One step: the state, its covariance and the sum so far; an observation; the model."""
    state, y = casadi.SX.sym("state", states, states + 2), casadi.SX.sym("y", seen)
    motion, view = casadi.SX.sym("motion", states, states), casadi.SX.sym("view", seen, states)
    q, r = casadi.SX.sym("q", states), casadi.SX.sym("r", seen)
    x, p = motion @ state[:, 0], motion @ state[:, 1:-1] @ motion.T + casadi.diag(casadi.exp(q))
    miss = y - view @ x
    root = casadi.chol(view @ p @ view.T + casadi.diag(casadi.exp(r)))
    half, own = casadi.solve(root.T, view @ p), casadi.solve(root.T, miss)
    term = 0.5 * casadi.sumsqr(own) + casadi.sum1(casadi.log(casadi.diag(root))) + 0.5 * seen * np.log(2 * np.pi)
    total = state[:, -1]
    total[0] += term
    after = casadi.horzcat(x + half.T @ own, p - half.T @ half, total)
    return casadi.Function("step", [state, y, motion, view, q, r], [after])


def prepare(data):
    *given, observed = data
    states, seen = len(given[0]), len(given[1])
    model = [casadi.MX.sym(name, *part.shape) for name, part in zip(("motion", "view", "q", "r"), given, strict=True)]
    start = casadi.horzcat(casadi.DM.zeros(states), casadi.DM.eye(states), casadi.DM.zeros(states))
    state, one = casadi.densify(start), step(states, seen)
    for y in observed:
        state = one(state, y, *model)
    value = state[0, -1]
    primal = casadi.Function("primal", model, [value])
    gradient = casadi.Function("gradient", model, primal.reverse(1)(*model, 0, 1))  # all of them in one sweep

    def derivative():
        motion, view, q, r = (np.asarray(part) for part in gradient(*given))
        return motion, view, q.ravel(), r.ravel()

    return lambda: float(primal(*given)), derivative
