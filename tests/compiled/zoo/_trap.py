"""What is known about a program that goes wrong easily."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Trap:
    """A program, its arguments, and the gradient or the error that must come out.

    ``args`` makes fresh arguments; ``gradient`` holds one entry for each of ``argnums``, or None where the record of
    the run is to say. ``kink`` marks a point at which samples on both sides differ; ``shared`` marks arguments in one
    memory. ``may_refuse`` marks programs that may be refused instead, but never be wrong.
    """

    name: str
    function: Callable[..., Any]
    args: Callable[[], tuple[Any, ...]]
    gradient: tuple[Any, ...] | None = None
    argnums: tuple[int, ...] = (0,)
    error: type[Exception] | None = None
    kink: bool = False
    shared: bool = False
    may_refuse: bool = False
