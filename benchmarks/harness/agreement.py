"""How far two results are apart, whatever they are nested in."""

from __future__ import annotations

from typing import Any

import numpy as np


def leaves(result: Any) -> list[np.ndarray]:
    """The arrays of a nested result, dicts in the order of their keys."""
    if isinstance(result, dict):
        return [leaf for key in sorted(result) for leaf in leaves(result[key])]
    if isinstance(result, (list, tuple)):
        return [leaf for part in result for leaf in leaves(part)]
    return [] if result is None else [np.asarray(result)]


def error(found: Any, expected: Any) -> float:
    """The largest error of an array, relative to the largest number in it; infinite if the shapes differ."""
    mine, theirs = leaves(found), leaves(expected)
    if [leaf.shape for leaf in mine] != [leaf.shape for leaf in theirs]:
        return np.inf
    return max(map(_error, mine, theirs), default=0.0)


def _error(found: np.ndarray, expected: np.ndarray) -> float:
    if not expected.size:
        return 0.0
    scale = np.max(np.abs(expected))
    distance = np.max(np.abs(found - expected))
    if not np.isfinite(distance):
        return np.inf
    return float(distance / scale) if scale else (0.0 if distance == 0 else np.inf)


def save(path: str, value: Any, derivative: Any) -> None:
    """Write a reference answer to a file, for the processes of the tools."""
    arrays = {f"value{i}": leaf for i, leaf in enumerate(leaves(value))}
    arrays |= {f"derivative{i}": leaf for i, leaf in enumerate(leaves(derivative))}
    np.savez(path, **arrays)


def load(path: str) -> tuple[list[np.ndarray], list[np.ndarray]]:
    """Read what `save` wrote."""
    with np.load(path) as file:
        return _numbered(file, "value"), _numbered(file, "derivative")


def _numbered(file: Any, name: str) -> list[np.ndarray]:
    return [file[f"{name}{i}"] for i in range(sum(key.startswith(name) for key in file.files))]
