"""Statistics, finance and neural networks."""

import math

import numpy as np

from ._entry import Entry


def logsumexp(x):
    m = np.max(x)
    return m + np.log(np.sum(np.exp(x - m)))


def softmax(x):
    e = np.exp(x - np.max(x, axis=1, keepdims=True))
    return e / np.sum(e, axis=1, keepdims=True)


def softmax_loss(X, W, labels):
    p = softmax(X @ W)
    return -np.mean(np.log(p[np.arange(len(labels)), labels]))


def mlp(params, X, y):
    h = X
    for W, b in params[:-1]:
        h = np.tanh(h @ W + b)
    W, b = params[-1]
    return np.mean((h @ W + b - y) ** 2)


def mlp_flat(W1, b1, W2, b2, X, y):
    hidden = np.maximum(X @ W1 + b1, 0)
    z = hidden @ W2 + b2
    p = 1 / (1 + np.exp(-z))
    return -np.mean(y * np.log(p) + (1 - y) * np.log(1 - p))


def rnn(W, U, h, xs, target):
    loss = 0.0
    for t in range(xs.shape[0]):
        h = np.tanh(W @ h + U @ xs[t])
        loss += np.sum((h - target[t]) ** 2)
    return loss / xs.shape[0]


def mixture_loops(x, weights, means, sigmas):
    """Log-likelihood of a Gaussian mixture, with a work array for the terms of one point."""
    total = 0.0
    terms = np.empty(len(weights))
    for i in range(len(x)):
        for k in range(len(weights)):
            z = (x[i] - means[k]) / sigmas[k]
            terms[k] = math.log(weights[k]) - math.log(sigmas[k]) - 0.5 * z * z
        top = terms[0]
        for k in range(1, len(weights)):
            if terms[k] > top:
                top = terms[k]
        s = 0.0
        for k in range(len(weights)):
            s += math.exp(terms[k] - top)
        total += top + math.log(s)
    return total


def mixture_arrays(x, weights, means, sigmas):
    z = (x[:, None] - means) / sigmas
    terms = np.log(weights / sigmas) - 0.5 * z**2
    top = np.max(terms, axis=1)
    return np.sum(top + np.log(np.sum(np.exp(terms - top[:, np.newaxis]), axis=1)))


def normal_cdf(x):
    """Abramowitz and Stegun 26.2.17 for the normal distribution function."""
    t = 1 / (1 + 0.2316419 * abs(x))
    tail = t * (0.319381530 + t * (-0.356563782 + t * (1.781477937 + t * (-1.821255978 + t * 1.330274429))))
    p = 1 - tail * math.exp(-x * x / 2) / math.sqrt(2 * math.pi)
    return p if x >= 0 else 1 - p


def black_scholes(spot, strike, rate, sigma, maturity):
    d1 = (math.log(spot / strike) + (rate + sigma**2 / 2) * maturity) / (sigma * math.sqrt(maturity))
    d2 = d1 - sigma * math.sqrt(maturity)
    return spot * normal_cdf(d1) - strike * math.exp(-rate * maturity) * normal_cdf(d2)


def monte_carlo(spot, strike, rate, sigma, noise):
    """Price of an Asian call: the mean along each path, the mean of the payoffs."""
    paths, steps = noise.shape
    dt = 1.0 / steps
    payoff = 0.0
    for p in range(paths):
        price = spot
        average = 0.0
        for s in range(steps):
            price *= math.exp((rate - 0.5 * sigma * sigma) * dt + sigma * math.sqrt(dt) * noise[p, s])
            average += price / steps
        payoff += max(average - strike, 0.0)
    return math.exp(-rate) * payoff / paths


def trimmed_mean(x):
    ordered = np.sort(x)
    cut = len(x) // 5
    return np.mean(ordered[cut : len(x) - cut])


def gini(x):
    ordered = sorted(x)
    n = len(ordered)
    weighted = 0.0
    total = 0.0
    for i in range(n):
        weighted += (2 * i - n + 1) * ordered[i]
        total += ordered[i]
    return weighted / (n * total)


def drawdown(returns):
    """Worst loss from an earlier peak of a cumulated sum."""
    wealth = np.cumsum(returns)
    peak = wealth[0]
    worst = 0.0
    for w in wealth:
        peak = max(peak, w)
        worst = max(worst, peak - w)
    return worst


def correlation(x, y):
    dx, dy = x - x.mean(), y - y.mean()
    return (dx * dy).sum() / np.sqrt((dx**2).sum() * (dy**2).sum())


def layers(rng, n):
    sizes = [(n, 2 * n), (2 * n, n), (n, 1)]
    return [(rng.normal(size=s) / s[0], 0.1 * rng.normal(size=s[1])) for s in sizes]


def mixture(rng, n):
    return rng.normal(size=n), np.array([0.2, 0.5, 0.3]), np.array([-1.0, 0.1, 1.5]), np.array([0.8, 0.6, 1.1])


def binary_data(rng, n):
    X = rng.normal(size=(4 * n, n))
    W1, W2 = rng.normal(size=(n, 2 * n)), rng.normal(size=(2 * n, 1)) / n
    return W1, np.zeros(2 * n), W2, np.zeros(1), X, rng.integers(0, 2, size=(4 * n, 1)).astype(float)


def sequence(rng, n):
    return (
        rng.normal(size=(n, n)) / n,
        rng.normal(size=(n, 2)),
        np.zeros(n),
        rng.normal(size=(5, 2)),
        rng.random((5, n)),
    )


def points(rng, n):
    return (rng.normal(size=n),)


ENTRIES = [
    Entry("logsumexp", logsumexp, points, 6, 1_000_000, "a maximum, taken away again"),
    Entry(
        "softmax_loss", softmax_loss,
        lambda rng, n: (rng.normal(size=(3 * n, n)), rng.normal(size=(n, 4)), rng.integers(0, 4, 3 * n)), 3, 100,
        "axis and keepdims; one element gathered from each row", (0, 1),
    ),
    Entry(
        "mlp", mlp, lambda rng, n: (layers(rng, n), rng.normal(size=(2 * n, n)), rng.normal(size=(2 * n, 1))), 3, 100,
        "a loop over a list of pairs of arrays",
    ),
    Entry("mlp_flat", mlp_flat, binary_data, 3, 100, "matrix products, broadcasting, maximum", (0, 1, 2, 3)),
    Entry("rnn", rnn, sequence, 3, 100, "an array rebound in a loop that needs its former value", (0, 1, 2)),
    Entry(
        "mixture_loops", mixture_loops, mixture, 5, 30_000,
        "a work array filled anew in each iteration", (0, 1, 2, 3),
    ),
    Entry("mixture_arrays", mixture_arrays, mixture, 5, 30_000, "None in an index, reductions by axis", (0, 1, 2, 3)),
    Entry(
        "black_scholes", black_scholes, lambda rng, n: (100.0, 95.0, 0.03, 0.2, 0.75), 0, 0,
        "calls, a closed form, a conditional return", (0, 1, 2, 3, 4),
    ),
    Entry(
        "monte_carlo", monte_carlo, lambda rng, n: (100.0, 98.0, 0.03, 0.2, rng.normal(size=(n, 12))), 4, 10_000,
        "paths in nested loops, a payoff with a kink", (0, 1, 2, 3),
    ),
    Entry("trimmed_mean", trimmed_mean, points, 11, 100_000, "a sort, and a slice of it"),
    Entry("gini", gini, lambda rng, n: (1 + rng.random(n),), 6, 10_000, "sorted numbers", exact=True),
    Entry("drawdown", drawdown, points, 8, 100_000, "a cumulative sum; max of numbers carried in a loop"),
    Entry(
        "correlation", correlation, lambda rng, n: (rng.normal(size=n), rng.normal(size=n)), 6, 100_000,
        "methods of arrays; a tuple assigned", (0, 1),
    ),
]  # fmt: skip
