"""What is said of functions that have no row: refused for a stated reason, or needing none."""

from __future__ import annotations

from collections.abc import Callable
from types import ModuleType
from typing import Any, NamedTuple

__all__ = ["Refusal", "class_of", "passing", "refusal_of", "refused"]

Fn = Callable[..., Any]


class Refusal(NamedTuple):
    """Why a function has no derivative rule, and what to do instead."""

    reason: str
    instead: str


_REFUSED: dict[Fn, Refusal] = {}
_PASSING: set[Fn] = set()


def refused(*fns: Fn, reason: str, instead: str) -> None:
    """Declare that functions have no rule: a call with a recorded value says why, and what to do instead.

    Parameters
    ----------
    *fns : callable
    reason : str
        Completes "... has no derivative rule: ", without a full stop.
    instead : str
        A sentence.

    Examples
    --------
    >>> from chainrule.rules import refused
    >>> def divisors(n): return [k for k in range(1, n + 1) if n % k == 0]
    >>> refused(divisors, reason="it counts", instead="Pass a plain integer.")
    """
    _REFUSED.update(dict.fromkeys(fns, Refusal(reason, instead)))


def passing(*fns: Fn) -> None:
    """Declare that functions work on recorded values without a row: made of others, or about shapes and settings."""
    _PASSING.update(fns)


def refusal_of(fn: Fn) -> Refusal | None:
    """Return why a function is refused, or None if nothing is said about it."""
    try:
        return _REFUSED.get(fn)
    except TypeError:  # not hashable
        return None


def class_of(value: Any) -> str:
    """Return the class of a public name's value.

    Returns
    -------
    str
        Of functions ``"differentiable"``, ``"constant"``, ``"pass-through"``, ``"refused"``, or ``""`` where nothing
        is said; of anything else ``"module"``, ``"type"`` or ``"value"``.
    """
    if isinstance(value, (ModuleType, type)) or not callable(value):
        return "module" if isinstance(value, ModuleType) else "type" if isinstance(value, type) else "value"
    from ._table import find
    from .writing import WRITERS

    row = find(value)
    if row is not None:
        return "constant" if row.kind == "constant" else "differentiable"
    if value in WRITERS:
        return "differentiable"
    return "pass-through" if value in _PASSING else "refused" if value in _REFUSED else ""
