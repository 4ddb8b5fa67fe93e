"""Arrays to try a function on: what kind of result it gives can be told before its real arguments are there."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from typing import Any

import numpy as np

__all__ = ["partitions", "representative"]


def representative(shape: tuple[int, ...], dtype: str) -> Any:
    """Return an array that most functions accept: square matrices are symmetric and positive definite."""
    kind = np.dtype(dtype)
    if kind.kind == "b":
        return np.ones(shape, bool)
    if kind.kind == "i":
        return np.broadcast_to(np.arange(shape[-1] if shape else 1, dtype=kind)[slice(None) if shape else 0], shape)
    if len(shape) < 2:
        return np.linspace(1.0, 2.0, shape[0] if shape else 1, dtype=kind).reshape(shape)
    n, m = shape[-2:]
    i, j = np.arange(n)[:, None], np.arange(m)
    matrix = np.where(i == j, 2.0 + i / (1 + n), 0.3 * np.cos(1.0 + i + j) / (1 + max(n, m)))
    return np.broadcast_to(matrix.astype(kind), shape)


def partitions(count: int) -> Iterator[tuple[int, ...]]:
    """Yield every way to put so many things into classes, those with many classes first; things get class numbers."""
    found = [p for p in itertools.product(range(count), repeat=count) if _is_canonical(p)] if count else [()]
    yield from sorted(found, key=lambda p: -len(set(p)))


def _is_canonical(classes: tuple[int, ...]) -> bool:
    return all(c <= max((-1, *classes[:k])) + 1 for k, c in enumerate(classes))
