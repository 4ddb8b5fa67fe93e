"""The functions whose pages are tested: those of the textbooks, and a small network."""

from __future__ import annotations

import importlib.util
from pathlib import Path
from typing import Any

import numpy as np

EXAMPLES = Path(__file__).parents[2] / "examples" / "functions.py"


def _examples() -> Any:
    spec = importlib.util.spec_from_file_location("example_functions", EXAMPLES)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


FUNCTIONS = _examples()
TEXTBOOK = {f.__name__: (f, tuple(point.values())) for f, point in FUNCTIONS.POINTS.items() if f.__name__ != "collatz"}


def network(w1: Any, b1: Any, w2: Any, b2: Any, images: Any, labels: Any) -> Any:
    """Return the cross-entropy of a network with one hidden layer."""
    hidden = np.tanh(images @ w1 + b1)
    scores = hidden @ w2 + b2
    log_sums = np.log(np.sum(np.exp(scores), axis=1))
    return np.mean(log_sums - scores[np.arange(len(labels)), labels])


def network_point() -> tuple[Any, ...]:
    """Return weights, and ten images with their labels."""
    from sklearn.datasets import load_digits

    images, labels = load_digits(return_X_y=True)
    rng = np.random.default_rng(0)
    w1, w2 = rng.normal(scale=0.1, size=(64, 16)), rng.normal(scale=0.1, size=(16, 10))
    return w1, np.zeros(16), w2, np.zeros(10), images[:10] / 16, labels[:10]


def long_loop(x: Any, turns: Any) -> Any:
    """Return what some turns of a loop of four operations make of a number."""
    z = x
    for i in range(turns):
        z = np.sin(z) * x + z * 0.5 + i * 1e-4
    return z
