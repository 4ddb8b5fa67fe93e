"""Loops over single numbers."""

import math

import numpy as np

from ._entry import Entry


def loop100(a, b):
    z = 0.0
    for i in range(100):
        z = a * np.cos(z + i) + z * np.sin(b - i)
    return z


def loop100_math(a, b):
    z = 0.0
    for i in range(100):
        z = a * math.cos(z + i) + z * math.sin(b - i)
    return z


def loop_steps(a, b, n):
    z = 0.0
    for i in range(n):
        z = a * math.cos(z + i) + z * math.sin(b - i)
    return z


def newton_root(a):
    """Square root of a."""
    x = 1.0
    while abs(x * x - a) > 1e-10:
        x = (x + a / x) / 2
    return x


def kepler(mean_anomaly, eccentricity):
    E = mean_anomaly
    for _ in range(50):
        step = (E - eccentricity * math.sin(E) - mean_anomaly) / (1 - eccentricity * math.cos(E))
        E -= step
        if abs(step) < 1e-12:
            break
    return math.cos(E) - eccentricity


def polynomial(coefficients, x):
    """Horner's scheme."""
    result = 0.0
    for c in coefficients[::-1]:
        result = result * x + c
    return result


def continued_fraction(x):
    value = x[-1]
    for i in range(len(x) - 2, -1, -1):
        value = x[i] + 1.0 / value
    return value


def simpson(a, b, n):
    """Integral of exp(-x^2) from a to b."""
    h = (b - a) / n
    total = math.exp(-a * a) + math.exp(-b * b)
    for i in range(1, n):
        x = a + i * h
        weight = 4 if i % 2 == 1 else 2
        total += weight * math.exp(-x * x)
    return total * h / 3


def rosenbrock_loop(x):
    total = 0.0
    for i in range(len(x) - 1):
        total += 100 * (x[i + 1] - x[i] * x[i]) * (x[i + 1] - x[i] * x[i]) + (1 - x[i]) * (1 - x[i])
    return total


def rosenbrock_slices(x):
    return np.sum(100.0 * (x[1:] - x[:-1] ** 2.0) ** 2.0 + (1 - x[:-1]) ** 2.0)


def numbers(*values):
    return lambda rng, n: values


def vector(rng, n):
    return (rng.normal(size=n),)


ENTRIES = [
    Entry("loop100", loop100, numbers(0.5, 0.3), 0, 0, "NumPy functions of numbers in a loop", (0, 1)),
    Entry("loop100_math", loop100_math, numbers(0.5, 0.3), 0, 0, "functions of math in a loop", (0, 1)),
    Entry(
        "loop_steps", loop_steps, lambda rng, n: (0.5, 0.3, n), 10, 100_000, "a trip count given as an argument", (0, 1)
    ),
    Entry(
        "newton_root", newton_root, numbers(2.0), 0, 0,
        "while; a start that does not depend on the input", exact=True,
    ),
    Entry("kepler", kepler, numbers(0.8, 0.3), 0, 0, "a for loop left by break; an augmented name", (0, 1)),
    Entry(
        "polynomial", polynomial, lambda rng, n: (rng.normal(size=n) / n, 0.9), 6, 10_000,
        "a loop over a reversed view",
        (0, 1), exact=True,
    ),
    Entry(
        "continued_fraction", continued_fraction, lambda rng, n: (1 + rng.random(n),), 6, 10_000,
        "a loop that counts down; a negative index", exact=True,
    ),
    Entry("simpson", simpson, lambda rng, n: (0.1, 1.7, n), 8, 100_000, "an integer chosen in a loop", (0, 1)),
    Entry("rosenbrock_loop", rosenbrock_loop, vector, 5, 100_000, "neighbouring elements", exact=True),
    Entry("rosenbrock_slices", rosenbrock_slices, vector, 5, 100_000, "shifted slices, powers, a sum"),
]  # fmt: skip
