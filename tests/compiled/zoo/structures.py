"""Parameters in dataclasses, named tuples and dicts; lists; closures and globals."""

import math
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from ._entry import Entry

NODES = np.array([-0.7745966692414834, 0.0, 0.7745966692414834])
WEIGHTS = np.array([5 / 9, 8 / 9, 5 / 9])
DAMPING = 0.25


@dataclass
class Oscillator:
    mass: float
    stiffness: float
    start: np.ndarray


def oscillate(p, steps):
    x, v = p.start[0], p.start[1]
    for _ in range(steps):
        v -= 0.01 * p.stiffness / p.mass * x
        x += 0.01 * v
    return 0.5 * p.mass * v**2 + 0.5 * p.stiffness * x**2


@dataclass(frozen=True)
class Gaussian:
    mean: float
    sigma: float

    def log_density(self, x):
        z = (x - self.mean) / self.sigma
        return -0.5 * z * z - math.log(self.sigma)


def log_likelihood(model, data):
    total = 0.0
    for x in data:
        total += model.log_density(x)
    return total


class Line(NamedTuple):
    slope: float
    intercept: float


def squared_residuals(line, x, y):
    return np.sum((line.slope * x + line.intercept - y) ** 2)


def dict_model(params, x):
    h = np.tanh(x * params["w"] + params["b"])
    return np.sum(h * params["out"]["w"]) + params["out"]["b"]


def appended(x, r):
    """Logistic map; the trajectory is kept in a list."""
    trajectory = []
    for _ in range(8):
        x = r * x * (1 - x)
        trajectory.append(x)
    total = 0.0
    for value in trajectory:
        total += value * value
    return total + trajectory[-1]


def comprehension(x, y):
    distances = [math.sqrt((a - b) ** 2 + 1.0) for a, b in zip(x, y)]  # noqa: B905
    return sum(distances) / len(distances)


def gauss_legendre(a, b):
    """An integral by a rule whose nodes are global arrays."""
    middle, half = (a + b) / 2, (b - a) / 2
    total = 0.0
    for i in range(len(NODES)):
        total += WEIGHTS[i] * math.exp(-((middle + half * NODES[i]) ** 2))
    return half * total


def make_potential(centres, width):
    def potential(x, strength):
        total = 0.0
        for c in centres:
            total += math.exp(-((x - c) ** 2) / width)
        return strength * total + DAMPING * x * x

    return potential


def defaults(x, scale=2.0, *, shift=0.5):
    def bump(t, power=2):
        return t**power / (1 + t**power)

    return sum(bump(scale * t + shift) for t in x) + bump(x[0], power=4)


def fit_and_score(x):
    """Several results from one call, some of them unused."""
    mean, spread, _ = moments(x)
    low, *rest = x
    return mean / spread + low * rest[0]


def moments(x):
    mean = np.mean(x)
    spread = np.sqrt(np.mean((x - mean) ** 2))
    return mean, spread, len(x)


def values(rng, n):
    return (rng.normal(size=n),)


def nested_parameters(rng, n):
    return {"w": rng.normal(size=n), "b": 0.1, "out": {"w": rng.normal(size=n), "b": -0.3}}, rng.normal(size=n)


ENTRIES = [
    Entry(
        "dataclass", oscillate, lambda rng, n: (Oscillator(1.5, 2.0, np.array([1.0, 0.0])), n), 5, 100_000,
        "a dataclass of numbers and an array",
    ),
    Entry(
        "frozen_method", log_likelihood, lambda rng, n: (Gaussian(0.2, 1.3), rng.normal(size=n)), 5, 100_000,
        "a method of a frozen dataclass", (0, 1),
    ),
    Entry(
        "named_tuple", squared_residuals, lambda rng, n: (Line(2.0, -1.0), rng.normal(size=n), rng.normal(size=n)), 5,
        100_000, "fields of a named tuple",
    ),
    Entry("dict", dict_model, nested_parameters, 4, 100_000, "nested dicts", (0, 1)),
    Entry("appended", appended, lambda rng, n: (0.4, 3.1), 0, 0, "a list built by append and read back", (0, 1)),
    Entry(
        "comprehension", comprehension, lambda rng, n: (rng.normal(size=n), rng.normal(size=n)), 4, 1000,
        "a list comprehension over zip, sum of a list", (0, 1),
    ),
    Entry("gauss_legendre", gauss_legendre, lambda rng, n: (0.2, 1.1), 0, 0, "global arrays, read", (0, 1)),
    Entry(
        "closure", make_potential(np.array([-1.0, 0.3, 2.0]), 0.8), lambda rng, n: (0.4, 1.7), 0, 0,
        "an array and a number from an enclosing function", (0, 1),
    ),
    Entry("defaults", defaults, values, 4, 1000, "defaults, keyword arguments, a nested function, a generator"),
    Entry("several_results", fit_and_score, values, 5, 1000, "tuples returned and unpacked, a starred name"),
]  # fmt: skip
