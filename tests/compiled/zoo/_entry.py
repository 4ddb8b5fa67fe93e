"""What the zoo knows about each of its programs."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np


@dataclass(frozen=True)
class Entry:
    """A program, a maker of its arguments at any size, and what it is there for.

    ``exact`` programs compute with + - * / and sqrt alone, in an order that nobody may change: compiled or not, their
    value must come out the same to the last bit.
    """

    name: str
    function: Callable[..., Any]
    make: Callable[[np.random.Generator, int], tuple[Any, ...]]
    small: int
    large: int
    exercises: str
    argnums: tuple[int, ...] = (0,)
    exact: bool = False

    def arguments(self, size: int | None = None, seed: int = 0) -> tuple[Any, ...]:
        """Make fresh arguments, the same ones each time; the small size unless one is given."""
        return self.make(np.random.default_rng(seed), self.small if size is None else size)
