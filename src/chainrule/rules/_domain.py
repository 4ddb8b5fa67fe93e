"""Where a row is tested: domains to sample from, example calls, and exact derivatives at difficult points."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import numpy as np

__all__ = [
    "NONZERO", "POSITIVE", "REAL", "UNIT", "Array", "Case", "Domain", "Edge", "array", "case", "edge", "invertible",
    "positive_definite", "separated", "symmetric",
]  # fmt: skip


@dataclass(frozen=True)
class Domain:
    """A union of open intervals, away from kinks and poles, from which the tests draw."""

    intervals: tuple[tuple[float, float], ...]

    def sample(self, rng: np.random.Generator, shape: tuple[int, ...], dtype: Any = np.float64) -> Any:
        """Draw an array (complex: the real part from the domain, the imaginary part from (0.2, 0.9))."""
        chosen = rng.integers(len(self.intervals), size=shape)
        low = np.array([i[0] for i in self.intervals])[chosen]
        high = np.array([i[1] for i in self.intervals])[chosen]
        values = low + (high - low) * rng.uniform(0.05, 0.95, size=shape)
        if np.dtype(dtype).kind == "c":
            values = values + 1j * rng.uniform(0.2, 0.9, size=shape)
        return values.astype(dtype) if isinstance(values, np.ndarray) else np.dtype(dtype).type(values)


REAL = Domain(((-2.0, 2.0),))
POSITIVE = Domain(((0.3, 2.5),))
NONZERO = Domain(((-2.0, -0.3), (0.3, 2.0)))
UNIT = Domain(((-0.9, 0.9),))


@dataclass(frozen=True)
class Array:
    """A placeholder in an example call, replaced by a random array."""

    shape: tuple[int, ...]
    of: Domain = REAL
    shaped: Callable[[Any], Any] | None = None

    def sample(self, rng: np.random.Generator, dtype: Any = np.float64) -> Any:
        values = np.asarray(self.of.sample(rng, self.shape, dtype))
        return values if self.shaped is None else self.shaped(values)


@dataclass(frozen=True)
class Case:
    """An example call of a row: the placeholders among its arguments are what is differentiated."""

    args: tuple[Any, ...]
    kwargs: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Edge:
    """A call at a difficult point and the exact gradients of the sum of its result, by operand."""

    args: tuple[Any, ...]
    gradients: dict[str, Any]


def array(*shape: int, of: Domain = REAL) -> Array:
    """A random array of this shape, drawn from a domain."""
    return Array(shape, of)


def invertible(*shape: int) -> Array:
    """A random well-conditioned square matrix, or a stack of them."""
    return Array(shape, UNIT, lambda a: (a + 2.5 * np.eye(shape[-1])).astype(a.dtype))


def positive_definite(*shape: int) -> Array:
    """A random symmetric (Hermitian) positive definite matrix, or a stack of them."""
    return Array(shape, UNIT, lambda a: (a @ np.conj(np.swapaxes(a, -1, -2)) + np.eye(shape[-1])).astype(a.dtype))


def separated(*shape: int) -> Array:
    """A random matrix whose eigenvalues (singular values, if it is not square) lie apart, or a stack of them."""
    spread = 2.5 * np.eye(shape[-2], shape[-1]) * np.arange(1, shape[-1] + 1)
    return Array(shape, UNIT, lambda a: (0.4 * a + spread).astype(a.dtype))


def symmetric(*shape: int) -> Array:
    """A random symmetric (Hermitian) matrix whose eigenvalues lie apart, or a stack of them."""
    spread = np.diag(2.5 * np.arange(shape[-1]))
    return Array(shape, UNIT, lambda a: ((a + np.conj(np.swapaxes(a, -1, -2))) / 2 + spread).astype(a.dtype))


def case(*args: Any, **kwargs: Any) -> Case:
    """An example call: `array`, `invertible` and `positive_definite` are placeholders, the rest is passed as it is."""
    return Case(args, kwargs)


def edge(*args: Any, **gradients: Any) -> Edge:
    """``edge(0.0, x=0.0)``: at 0 the derivative by x is defined to be 0."""
    return Edge(args, gradients)
