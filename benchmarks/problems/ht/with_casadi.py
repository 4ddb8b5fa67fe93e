"""In CasADi: the bones as scalar expressions, their moves and the skinning as matrix expressions; forward mode."""

from __future__ import annotations

import casadi
import numpy as np


def about_axis(rotation):
    square = casadi.sumsqr(rotation)
    angle = casadi.sqrt(casadi.if_else(square == 0.0, 1.0, square))
    axis = rotation / angle
    c, s = casadi.cos(angle), casadi.sin(angle)
    return c * casadi.DM.eye(3) + (1.0 - c) * axis @ axis.T + s * casadi.skew(axis)


def bend(x, z):
    about_x = casadi.blockcat([[1, 0, 0], [0, casadi.cos(x), -casadi.sin(x)], [0, casadi.sin(x), casadi.cos(x)]])
    about_z = casadi.blockcat([[casadi.cos(z), -casadi.sin(z), 0], [casadi.sin(z), casadi.cos(z), 0], [0, 0, 1]])
    return casadi.diagcat(about_z @ about_x, 1)


def moves(parents, relatives, inverses):
    """All bones' matrices beside each other, three rows each, as a function of theta."""
    theta = casadi.SX.sym("theta", 26)
    absolutes, found = [], []
    for i, parent in enumerate(parents):
        finger, place = divmod(i - 2, 4) if i > 1 else (0, 3)
        a, b, c, d = casadi.vertsplit(theta[6 + 4 * finger : 10 + 4 * finger])
        relative = relatives[i] @ bend(*((a, b), (c, 0), (d, 0), (0, 0))[place])
        absolutes.append(relative if parent < 0 else absolutes[parent] @ relative)
        found.append(about_axis(theta[:3]) @ (absolutes[i] @ inverses[i])[:3, :])
    return casadi.Function("moves", [theta], [casadi.horzcat(*found)])


def prepare(data):
    us, theta, parents, relatives, inverses, weights, positions, corners, measured = data
    x, w, p = casadi.MX.sym("x", 28), casadi.MX.sym("w", *weights.shape), casadi.MX.sym("p", *positions.shape)
    angles = casadi.MX(theta) + x[2:]
    weighted = casadi.vertcat(*(casadi.repmat(w[i, :], 4, 1) * p for i in range(22)))
    shift = casadi.repmat(angles[3:6], 1, positions.shape[1])
    vertices = moves(parents, relatives, inverses)(angles) @ weighted + shift
    a, b, c = (vertices[:, corners[:, k].tolist()] for k in range(3))
    u, v = (casadi.repmat((casadi.DM(us[:, k]) + x[k]).T, 3, 1) for k in range(2))
    errors = casadi.vec(measured.T - (u * a + v * b + (1.0 - u - v) * c))
    primal = casadi.Function("primal", [x, w, p], [errors])
    jacobian = casadi.Function("jacobian", [x, w, p], [casadi.jtimes(errors, x, casadi.DM.eye(28))])
    given = np.zeros(28), casadi.DM(weights), casadi.DM(positions)
    return lambda: np.asarray(primal(*given)).ravel(), lambda: jacobian(*given).toarray()
