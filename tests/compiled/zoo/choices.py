"""Branches, jumps, masks, indices, and recurrences with max and min."""

import math

import numpy as np

from ._entry import Entry


def huber(x, delta):
    """An early return in a called function."""
    if abs(x) <= delta:
        return 0.5 * x * x
    return delta * (abs(x) - 0.5 * delta)


def robust_loss(x, delta):
    total = 0.0
    for value in x:
        total += huber(value, delta)
    return total


def first_passage(x, level):
    """Leave the function from within a loop."""
    position = 0.0
    for i in range(len(x)):
        position += x[i]
        if position > level:
            return position * i - level
    return position


def skipping(x):
    """The product of positive elements, up to the first large one."""
    product = 1.0
    for value in x:
        if value <= 0:
            continue
        if value > 2.5:
            break
        product *= 1 + value
    return product


def bisect(a):
    """Cube root by bisection, then one Newton step, which alone carries the derivative."""
    low, high = 0.0, 4.0
    while high - low > 1e-3:
        middle = (low + high) / 2
        if middle**3 < a:
            low = middle
        else:
            high = middle
    return middle - (middle**3 - a) / (3 * middle**2)


def piecewise(x):
    total = 0.0
    for v in x:
        if v < -1:
            y = -1.0 - v
        elif v < 0:
            y = v * v
        elif v < 1:
            y = math.sin(v)
        else:
            y = 1
        total += y * v
    return total


def percolation(grid, threshold, steps):
    """Heat spreads through open cells only."""
    is_open = grid > threshold
    wet = np.zeros(grid.shape)
    wet[0, is_open[0]] = 1.0
    for _ in range(steps):
        spread = np.zeros(grid.shape)
        spread[1:] += wet[:-1]
        spread[:-1] += wet[1:]
        spread[:, 1:] += wet[:, :-1]
        spread[:, :-1] += wet[:, 1:]
        new = 0.5 * wet + 0.125 * spread * grid
        new[~is_open] = 0.0
        wet = new
    return np.sum(wet[-1])


def masked(x, y):
    z = np.where(x > 0, x * y, x - y)
    z[y < 0] *= 2.0
    return np.sum(z[z < 1.0] ** 2)


def scatter(x, index, weights):
    """Add into bins, some of which come up many times."""
    bins = np.zeros(4)
    for i in range(len(index)):
        bins[index[i]] += weights[i] * x[i]
    return np.sum(bins**2)


def gather(table, index):
    """Rows of a table, with repetition, and elements by two index arrays."""
    rows = table[index]
    return np.sum(rows**3) + np.sum(table[index, index % 2])


def add_at(x, index):
    bins = np.zeros(5)
    np.add.at(bins, index, np.sin(x))
    return bins @ bins


def cheapest_path(cost):
    """Dynamic programming over a grid: down or right."""
    n, m = cost.shape
    best = np.zeros((n, m))
    for i in range(n):
        for j in range(m):
            if i == 0 and j == 0:
                before = 0.0
            elif i == 0:
                before = best[i, j - 1]
            elif j == 0:
                before = best[i - 1, j]
            else:
                before = min(best[i - 1, j], best[i, j - 1])
            best[i, j] = cost[i, j] + before
    return best[n - 1, m - 1]


def viterbi(scores, transitions):
    best = scores[0]
    for t in range(1, scores.shape[0]):
        best = scores[t] + np.max(best[:, None] + transitions, axis=0)
    return np.max(best)


def knapsack(values, sizes, capacity):
    """Values are differentiated; the sizes are integers."""
    best = np.zeros(capacity + 1)
    for i in range(len(values)):
        for c in range(capacity, sizes[i] - 1, -1):
            best[c] = max(best[c], best[c - sizes[i]] + values[i])
    return best[capacity]


def spread(x):
    return max(x[0], x[1], x[2]) - min(x) + max(abs(v) for v in x)


def running_product(x):
    """Cumulative sums by a loop over an array's own elements, in place."""
    y = x.copy()
    for i in range(1, len(y)):
        y[i] += y[i - 1]
    return np.prod(y)


def power(x, n):
    """Recursion on numbers: repeated squaring."""
    if n == 0:
        return 1.0
    if n % 2 == 1:
        return x * power(x, n - 1)
    half = power(x, n // 2)
    return half * half


def values(rng, n):
    return (rng.normal(size=n),)


ENTRIES = [
    Entry(
        "robust_loss", robust_loss, lambda rng, n: (2 * rng.normal(size=n), 1.0), 6, 100_000,
        "early return", (0, 1), exact=True,
    ),
    Entry(
        "first_passage", first_passage, lambda rng, n: (0.2 + rng.normal(size=n), 1.0), 12, 1000,
        "return from within a loop", (0, 1), exact=True,
    ),
    Entry(
        "skipping", skipping, lambda rng, n: (0.9 * rng.normal(size=n),), 8, 1000, "continue and break", exact=True,
    ),
    Entry("bisect", bisect, lambda rng, n: (5.0,), 0, 0, "a while loop that only decides; a name it leaves behind"),
    Entry(
        "piecewise", piecewise, lambda rng, n: (1.5 * rng.normal(size=n),), 8, 100_000,
        "elif; a number now and then an integer",
    ),
    Entry("percolation", percolation, lambda rng, n: (rng.random((n, n)), 0.3, 6), 5, 200, "boolean masks of matrices"),
    Entry(
        "masked", masked, lambda rng, n: (rng.normal(size=n), rng.normal(size=n)), 8, 100_000,
        "where, masks written and read", (0, 1),
    ),
    Entry(
        "scatter", scatter, lambda rng, n: (rng.normal(size=n), rng.integers(0, 4, n), rng.random(n)), 9, 100_000,
        "elements reached through an array of integers", (0, 2),
    ),
    Entry(
        "gather", gather, lambda rng, n: (rng.normal(size=(4, 3)), rng.integers(0, 4, n)), 7, 100_000,
        "arrays of integers as indices, with repetition",
    ),
    Entry(
        "add_at", add_at, lambda rng, n: (rng.normal(size=n), rng.integers(0, 5, n)), 9, 100_000, "np.add.at",
    ),
    Entry(
        "cheapest_path", cheapest_path, lambda rng, n: (rng.random((n, n + 1)),), 4, 200, "a recurrence with min",
        exact=True,
    ),
    Entry(
        "viterbi", viterbi, lambda rng, n: (rng.normal(size=(n, 3)), rng.normal(size=(3, 3))), 5, 1000,
        "a recurrence with a maximum by axis; a view rebound", (0, 1),
    ),
    Entry(
        "knapsack", knapsack, lambda rng, n: (rng.random(n), rng.integers(1, 5, n), 10), 5, 100,
        "a recurrence in place, with max, over an index that counts down", exact=True,
    ),
    Entry("spread", spread, values, 5, 1000, "Python's max and min of numbers and of arrays", exact=True),
    Entry(
        "running_product", running_product, lambda rng, n: (0.3 + 0.1 * rng.random(n),), 5, 100,
        "in place, from the element before",
    ),
    Entry("power", power, lambda rng, n: (1.1, n), 11, 60, "recursion on numbers", exact=True),
]  # fmt: skip
