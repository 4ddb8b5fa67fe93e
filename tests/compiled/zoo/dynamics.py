"""Ordinary differential equations and particles."""

import math

import numpy as np

from ._entry import Entry


def decay(t, y, rate):
    return -rate * y * (1 + 0.1 * math.sin(t))


def rk4_scalar(y0, rate, steps):
    h = 1.0 / steps
    t = 0.0
    y = y0
    for _ in range(steps):
        k1 = decay(t, y, rate)
        k2 = decay(t + h / 2, y + h / 2 * k1, rate)
        k3 = decay(t + h / 2, y + h / 2 * k2, rate)
        k4 = decay(t + h, y + h * k3, rate)
        y = y + h / 6 * (k1 + 2 * k2 + 2 * k3 + k4)
        t = t + h
    return y


def lorenz(state, sigma, rho, beta):
    x, y, z = state
    return np.array([sigma * (y - x), x * (rho - z) - y, x * y - beta * z])


def rk4_array(state, sigma, rho, beta, steps):
    h = 0.01
    for _ in range(steps):
        k1 = lorenz(state, sigma, rho, beta)
        k2 = lorenz(state + h / 2 * k1, sigma, rho, beta)
        k3 = lorenz(state + h / 2 * k2, sigma, rho, beta)
        k4 = lorenz(state + h * k3, sigma, rho, beta)
        state = state + h / 6 * (k1 + 2 * k2 + 2 * k3 + k4)
    return state[0] + state[2]


def pendulum(y, length):
    slope = np.empty(2)
    slope[0] = y[1]
    slope[1] = -9.81 / length * np.sin(y[0])
    return slope


def euler_in_place(y0, length, steps):
    """The whole trajectory in one array, each row made from the one before."""
    dt = 0.01
    y = np.zeros((steps + 1, 2))
    y[0] = y0
    for i in range(steps):
        y[i + 1] = y[i] + dt * pendulum(y[i], length)
    return np.sum(y[:, 0] ** 2)


def lotka_volterra(prey, predators, rates, steps):
    dt = 0.001
    x = np.empty(steps + 1)
    y = np.empty(steps + 1)
    x[0], y[0] = prey, predators
    for i in range(steps):
        x[i + 1] = x[i] + dt * (rates[0] * x[i] - rates[1] * x[i] * y[i])
        y[i + 1] = y[i] + dt * (rates[2] * x[i] * y[i] - rates[3] * y[i])
    return x[-1] * y[-1]


def lennard_jones(positions):
    """Energy of particles in three dimensions, pair by pair."""
    energy = 0.0
    for i in range(positions.shape[0]):
        for j in range(i):
            r2 = 0.0
            for k in range(3):
                d = positions[i, k] - positions[j, k]
                r2 += d * d
            s6 = 1.0 / (r2 * r2 * r2)
            energy += 4.0 * (s6 * s6 - s6)
    return energy


def gravity_arrays(positions, masses):
    energy = 0.0
    for i in range(len(masses)):
        for j in range(i + 1, len(masses)):
            energy -= masses[i] * masses[j] / np.linalg.norm(positions[i] - positions[j])
    return energy


def verlet(x, v, dt, steps):
    """A chain of springs; positions and velocities are updated in place."""
    x = x.copy()
    v = v.copy()
    for _ in range(steps):
        force = np.zeros(len(x))
        stretch = x[1:] - x[:-1] - 1.0
        force[:-1] += stretch
        force[1:] -= stretch
        v += dt * force
        x += dt * v
    return 0.5 * np.sum(v * v)


def cloud(rng, n):
    corners = np.array([(i, j, k) for i in range(n) for j in range(n) for k in range(2)], dtype=float)
    return (1.2 * corners + 0.1 * rng.random(corners.shape),)


ENTRIES = [
    Entry(
        "rk4_scalar", rk4_scalar, lambda rng, n: (1.0, 0.7, n), 4, 10_000, "a function called four times in a loop",
        (0, 1),
    ),
    Entry(
        "rk4_array", rk4_array, lambda rng, n: (np.array([1.0, 2.0, 20.0]), 10.0, 28.0, 8 / 3, n), 3, 1000,
        "a called function that unpacks an array and builds one", (0, 1, 2, 3),
    ),
    Entry(
        "euler_in_place", euler_in_place, lambda rng, n: (np.array([0.5, 0.0]), 2.0, n), 5, 10_000,
        "rows of a trajectory, each from the one before; a called function with a work array", (0, 1),
    ),
    Entry(
        "lotka_volterra", lotka_volterra, lambda rng, n: (1.5, 1.0, np.array([1.1, 0.4, 0.1, 0.4]), n), 6, 100_000,
        "elements read after they were written; a tuple of elements assigned", (0, 1, 2), exact=True,
    ),
    Entry("lennard_jones", lennard_jones, cloud, 2, 8, "pairs in nested loops, a number accumulated", exact=True),
    Entry(
        "gravity_arrays", gravity_arrays, lambda rng, n: (rng.normal(size=(n, 3)), 1 + rng.random(n)), 4, 60,
        "rows read as views in a double loop, a norm", (0, 1),
    ),
    Entry(
        "verlet", verlet, lambda rng, n: (np.arange(n) + 0.1 * rng.random(n), np.zeros(n), 0.05, 6), 5, 100_000,
        "augmented arrays; an array made afresh in each iteration", (0, 1, 2),
    ),
]  # fmt: skip
