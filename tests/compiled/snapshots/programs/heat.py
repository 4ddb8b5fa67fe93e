import numpy as np


def heat(u, kappa, steps):
    u = u.copy()
    for _ in range(steps):
        u[1:-1] += kappa * (u[2:] - 2 * u[1:-1] + u[:-2])
    return np.sum(u * u)
