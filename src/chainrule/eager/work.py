"""Counting the work of a derivative in the textbooks' terms: sweeps over the program, forward and backward."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass

__all__ = ["Work", "count", "counting"]


@dataclass
class Work:
    """What was done while a `counting` block ran.

    Attributes
    ----------
    evaluations : int
        Runs of the function on plain values (finite differences).
    forward_sweeps : int
        Runs that carried a tangent, or that recorded for a backward sweep.
    reverse_sweeps : int
        Walks back over a record, one for each cotangent.
    """

    evaluations: int = 0
    forward_sweeps: int = 0
    reverse_sweeps: int = 0


_WORK: ContextVar[Work | None] = ContextVar("chainrule_work", default=None)


@contextmanager
def counting() -> Iterator[Work]:
    """Count the sweeps done inside the block.

    Examples
    --------
    >>> import chainrule as cr
    >>> with counting() as work:
    ...     _ = cr.grad(lambda x: x * x)(3.0)
    >>> work.forward_sweeps, work.reverse_sweeps
    (1, 1)
    """
    work = Work()
    token = _WORK.set(work)
    try:
        yield work
    finally:
        _WORK.reset(token)


def count(what: str) -> None:
    """Add one to a figure of the innermost `counting` block, if there is one."""
    work = _WORK.get()
    if work is not None:
        setattr(work, what, getattr(work, what) + 1)
