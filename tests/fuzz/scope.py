"""Names that a random program may use at a point of its text, and what is known of them."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np

Shape = tuple[int, ...]


@dataclass(frozen=True)
class Name:
    """A number (shape ``()``) or array of floats."""

    text: str
    shape: Shape


@dataclass(frozen=True)
class Whole:
    """An integer between two bounds, both included."""

    text: str
    low: int
    high: int


@dataclass(frozen=True)
class Helper:
    """A function defined before: the shapes of what it takes and returns."""

    text: str
    takes: tuple[Shape, ...]
    returns: tuple[Shape, ...]


@dataclass
class Scope:
    """What may be read here. `sizes` are the lengths of arrays; `returning` allows early returns.

    A `simple` program has no helpers, masks, lists, reductions by axis and arrays of integers.
    """

    rng: np.random.Generator
    sizes: tuple[int, ...]
    names: list[Name] = field(default_factory=list)
    wholes: list[Whole] = field(default_factory=list)
    indices: list[tuple[str, int, int]] = field(default_factory=list)
    helpers: tuple[Helper, ...] = ()
    returning: bool = True
    simple: bool = False
    counter: list[int] = field(default_factory=lambda: [0])

    def inner(self) -> Scope:
        """Open a block, in which new names may be made that are gone at its end."""
        return replace(self, names=list(self.names), wholes=list(self.wholes))

    def fresh(self, letter: str) -> str:
        self.counter[0] += 1
        return f"{letter}{self.counter[0]}"

    def of(self, shape: Shape) -> list[Name]:
        return [name for name in self.names if name.shape == shape]

    def arrays(self, ndim: int | None = None) -> list[Name]:
        return [n for n in self.names if n.shape and (ndim is None or len(n.shape) == ndim)]

    def bind(self, text: str, shape: Shape) -> None:
        """Note that a name holds a value of this shape from here on."""
        self.names = [n for n in self.names if n.text != text] + [Name(text, shape)]

    def chance(self, p: float) -> bool:
        return bool(self.rng.random() < p)

    def pick(self, options: list[Any]) -> Any:
        return options[int(self.rng.integers(len(options)))]

    def weighted(self, options: list[tuple[float, Any]]) -> Any:
        weights = np.array([w for w, _ in options])
        return options[int(self.rng.choice(len(options), p=weights / weights.sum()))][1]

    def shape(self) -> Shape:
        """Choose a shape: most often a vector, sometimes a matrix."""
        n = self.pick(list(self.sizes))
        return (n,) if self.chance(0.75) else (n, self.pick(list(self.sizes)))
