"""In CasADi: the cost of a point, mapped over all; the Hessian's product with ones forwards over the gradient."""

from __future__ import annotations

import casadi
import numpy as np


def prepare(data):
    points, centroids = data
    (n, d), k = points.shape, len(centroids)
    point, centers = casadi.MX.sym("point", d), casadi.MX.sym("centers", d, k)
    distances = casadi.sum1((casadi.repmat(point, 1, k) - centers) ** 2)
    cost = casadi.Function("cost", [point, centers], [casadi.mmin(distances)])
    value = casadi.sum2(cost.map(n)(casadi.DM(points.T), casadi.repmat(centers, 1, n)))
    gradient = casadi.gradient(value, centers)
    diagonal = casadi.jtimes(gradient, centers, casadi.DM.ones(d, k))
    primal = casadi.Function("primal", [centers], [value])
    step = casadi.Function("step", [centers], [gradient / diagonal])
    given = casadi.DM(centroids.T)
    return lambda: float(primal(given)), lambda: np.asarray(step(given)).T
