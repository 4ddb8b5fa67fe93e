"""A saddle point by gradient descent inside gradient descent (Pearlmutter and Siskind).

The minimum over x of the maximum over y of a function of both; the gradient of the outer descent goes through all steps
of the inner one. There is no function whose derivative could be compared with it: the whole search is timed.
"""

from __future__ import annotations

from typing import Any

import numpy as np

TITLE = "saddle"
DIFFERENTIATED = "x, y"
ARGNUMS = 0
SMALL: dict[str, Any] = {"start": 1.0}
SIZES = [SMALL]
HEADLINE = SMALL
PUBLISHED = {"Enzyme": 1.3e-3, "finite differences": 13e-3}
TOLERANCE = 1e-10
CHECK = None
EXPECTED = 8.246324826140356e-06  # published, for all four numbers
NOT_EXPRESSED = {"casadi": "no loop that goes on for as long as a condition holds"}


def data(start: float) -> tuple[Any, ...]:
    """Where both descents start."""
    return (np.array([start, start]),)


def reference(start: np.ndarray) -> tuple[Any, Any]:
    """The same descents with slopes by hand: what is sought by each of them depends on its own numbers alone."""
    return None, np.concatenate([descend(start), descend(start)])


def descend(x: np.ndarray) -> np.ndarray:
    """Descent on the sum of squares."""
    rate, successes = 1e-5, 0
    while np.sqrt(np.sum((2 * x) ** 2)) > 1e-5:
        if successes == 10:
            rate, successes = 2.0 * rate, 0
        tried = x - rate * 2.0 * x
        if np.sqrt(np.sum((tried - x) ** 2)) <= 1e-5:
            break
        if np.sum(tried**2) < np.sum(x**2):
            x, successes = tried, successes + 1
        else:
            rate, successes = rate / 2.0, 0
    return x
