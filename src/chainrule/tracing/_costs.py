"""What the steps of a trace cost: each is computed once more by itself, without anything being recorded."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

if TYPE_CHECKING:
    from ._model import Step
    from ._trace import Trace

__all__ = ["Cost", "costs"]

SHORT = 1e-3  # seconds


class Cost(NamedTuple):
    """The time of one operation, and the memory of its result."""

    seconds: float
    bytes: int


def costs(trace: Trace) -> list[Cost]:
    """Return what each step of a trace cost."""
    with np.errstate(all="ignore"):
        return [Cost(_seconds(step), int(np.asarray(step.value).nbytes)) for step in trace.steps]


def _seconds(step: Step) -> float:
    """Return the time of an operation, the best of three if it is short."""
    values, best = [x.value for x in step.operands], float("inf")
    for _ in range(3):
        start = time.perf_counter()
        step.row.compute(*values, **step.params)
        best = min(best, time.perf_counter() - start)
        if best > SHORT:
            break
    return best
