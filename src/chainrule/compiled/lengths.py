"""Lengths that have to be equal, unless one of them is 1: programs in which they are.

In ``x[:n] + y``, NumPy repeats ``x[:n]`` if `n` is 1. Where that is known at run time only, each index would have to be
multiplied by a step that is 1 or 0, and no compiler sees elements side by side in that. It hardly ever happens: so
machine code takes such lengths for equal, and ends with an error where they are not. Then the call is repeated with the
program for all lengths, which knows the error that is due, if any.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar

__all__ = ["ERROR", "LENGTHS_DIFFER", "assume_equal", "assuming"]

ERROR, LENGTHS_DIFFER = "BufferError", "lengths differ that were taken for equal"
_assumed: ContextVar[list[None] | None] = ContextVar("pairs of lengths", default=None)


@contextmanager
def assuming() -> Iterator[list[None]]:
    """Let programs that are made meanwhile take lengths for equal; gives a list with an element for each such pair."""
    found: list[None] = []
    token = _assumed.set(found)
    try:
        yield found
    finally:
        _assumed.reset(token)


def assume_equal() -> bool:
    """Tell whether two lengths may be taken for equal, and take note that they are."""
    found = _assumed.get()
    if found is None:
        return False
    found.append(None)
    return True
