"""Differential equations on grids: slices written in place, work arrays, arrays that change places."""

import numpy as np

from ._entry import Entry


def heat(u0, kappa, steps):
    """Two-dimensional heat equation, explicit steps with fixed edges."""
    u = u0.copy()
    new = np.zeros((u0.shape[0], u0.shape[1]))
    for _ in range(steps):
        new[1:-1, 1:-1] = u[1:-1, 1:-1] + kappa * (
            u[2:, 1:-1] + u[:-2, 1:-1] + u[1:-1, 2:] + u[1:-1, :-2] - 4 * u[1:-1, 1:-1]
        )
        u[1:-1, 1:-1] = new[1:-1, 1:-1]
    return np.sum(u * u)


def heat_swap(u, kappa, steps):
    v = u.copy()
    for _ in range(steps):
        v[1:-1, 1:-1] = u[1:-1, 1:-1] + kappa * (
            u[2:, 1:-1] + u[:-2, 1:-1] + u[1:-1, 2:] + u[1:-1, :-2] - 4 * u[1:-1, 1:-1]
        )
        u, v = v, u
    return np.sum(u * u)


def heat_rod(u, kappa, steps):
    """One-dimensional heat equation in scalar loops."""
    n = len(u)
    u = u.copy()
    old = np.empty(n)
    for _ in range(steps):
        for i in range(n):
            old[i] = u[i]
        for i in range(1, n - 1):
            u[i] = old[i] + kappa * (old[i - 1] - 2 * old[i] + old[i + 1])
    return u[n // 2]


def wave(u0, speed, steps):
    """Two-dimensional wave equation, leapfrog; three arrays take turns."""
    before = u0.copy()
    now = u0.copy()
    after = np.zeros_like(u0)
    for _ in range(steps):
        laplacian = now[2:, 1:-1] + now[:-2, 1:-1] + now[1:-1, 2:] + now[1:-1, :-2] - 4 * now[1:-1, 1:-1]
        after[1:-1, 1:-1] = 2 * now[1:-1, 1:-1] - before[1:-1, 1:-1] + speed * speed * laplacian
        before, now, after = now, after, before
    return np.sum(now**2)


def jacobi(f, sweeps):
    """Poisson's equation by Jacobi iteration."""
    h2 = 1.0 / (f.shape[0] * f.shape[0])
    a = np.zeros(f.shape)
    b = np.zeros(f.shape)
    for _ in range(sweeps):
        b[1:-1, 1:-1] = 0.25 * (a[2:, 1:-1] + a[:-2, 1:-1] + a[1:-1, 2:] + a[1:-1, :-2] + h2 * f[1:-1, 1:-1])
        a[1:-1, 1:-1] = 0.25 * (b[2:, 1:-1] + b[:-2, 1:-1] + b[1:-1, 2:] + b[1:-1, :-2] + h2 * f[1:-1, 1:-1])
    return np.sum(a * a)


def gauss_seidel(f, sweeps):
    """Poisson's equation by Gauss-Seidel: new values are used as soon as they are there."""
    n = f.shape[0]
    u = np.zeros((n, n))
    for _ in range(sweeps):
        for i in range(1, n - 1):
            for j in range(1, n - 1):
                u[i, j] = 0.25 * (u[i + 1, j] + u[i - 1, j] + u[i, j + 1] + u[i, j - 1] + f[i, j])
    total = 0.0
    for i in range(n):
        for j in range(n):
            total += u[i, j] * f[i, j]
    return total


def burgers(u, dt):
    """Upwind steps, in place: the right-hand side overlaps what is written."""
    u = u * 1.0
    for _ in range(6):
        u[1:] -= dt * u[1:] * (u[1:] - u[:-1])
        u[0] = u[-1]
    return np.sum(u**2)


def grid(steps):
    return lambda rng, n: (rng.random((n, n)), 0.2, steps)


ENTRIES = [
    Entry("heat", heat, grid(5), 6, 200, "slices of a matrix written in place; a work array from zeros", (0, 1)),
    Entry("heat_swap", heat_swap, grid(5), 6, 200, "two arrays that change places, one of them the argument", (0, 1)),
    Entry(
        "heat_rod", heat_rod, lambda rng, n: (rng.random(n), 0.2, 10), 7, 10_000,
        "a work array from empty, overwritten",
        (0, 1), exact=True,
    ),
    Entry("wave", wave, lambda rng, n: (rng.random((n, n)), 0.4, 6), 6, 200, "three arrays that take turns", (0, 1)),
    Entry("jacobi", jacobi, lambda rng, n: (rng.random((n, n)), 5), 6, 200, "two arrays, each made from the other"),
    Entry(
        "gauss_seidel", gauss_seidel, lambda rng, n: (rng.random((n, n)), 3), 5, 100,
        "nested loops that read what they have just written", exact=True,
    ),
    Entry(
        "burgers", burgers, lambda rng, n: (0.5 + rng.random(n), 0.1), 6, 100_000,
        "an augmented slice that overlaps its operand", (0, 1),
    ),
]  # fmt: skip
