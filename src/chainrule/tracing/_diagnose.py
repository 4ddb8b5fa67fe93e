"""The first step of a trace that made a nan or an infinity: forwards, in forward mode, and on the way back."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from ._origins import finite

if TYPE_CHECKING:
    from ._model import Step
    from ._sweeps import Edge
    from ._trace import Trace

__all__ = ["Trouble", "first_adjoint", "first_tangent", "first_value"]


class Trouble(NamedTuple):
    """A step that made a nan or an infinity, and on the way back also the edge along which."""

    step: Step
    edge: Edge | None = None


def first_value(trace: Trace) -> Trouble | None:
    """Return the first step whose value is not finite: it made it so, or read an input or a constant that is not."""
    return next((Trouble(step) for step in trace.steps if not finite(step.value)), None)


def first_tangent(trace: Trace, tangents: list[Any]) -> Trouble | None:
    """Return the first step whose tangent is not finite."""
    return next((Trouble(step) for step in trace.steps if not _fine(tangents[step.id])), None)


def first_adjoint(trace: Trace, adjoints: list[Any]) -> Trouble | None:
    """Return the last step, the first on the way back, that carries what is not finite from a finite adjoint."""
    for step in reversed(trace.steps):
        if not _fine(adjoints[step.id]):
            continue
        for edge, term in trace.contributions(step, adjoints[step.id]):
            if not _fine(term):
                return Trouble(step, edge)
    return None


def _fine(x: Any) -> bool:
    return x is None or finite(x)
