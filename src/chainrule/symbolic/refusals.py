"""What a symbol cannot do, and what to write instead."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, NoReturn

from ..errors import ChainruleError, SymbolicError, message

__all__ = [
    "ValuesNeededError", "branch", "escape", "index", "of_type", "parameter", "recorded", "revealed",
    "values_needed",
]  # fmt: skip

_LONG = 80
OTHER_METHOD = 'differentiate with method="reverse", which runs the function on numbers'


def branch(condition: str) -> NoReturn:
    """Refuse ``if x > 0``."""
    condition = condition if len(condition) <= _LONG else f"{condition[:_LONG]}..."
    raise SymbolicError(
        message(
            f"A branch, loop or comparison depends on a symbol: {condition} is neither true nor false.",
            "Write np.where(condition, a, b) (np.maximum(a, b) for max), which becomes a piecewise expression, "
            f"or {OTHER_METHOD}.",
        )
    )


def escape(target: str, repair: str, place: str | None = None) -> SymbolicError:
    """The error for a symbol that was about to become a number."""
    return SymbolicError(message(f"A symbol was about to become {target}, and it has no value.", repair, place))


def index() -> NoReturn:
    """Refuse ``y[x]``, ``range(x)`` and ``y[x > 0]``."""
    raise SymbolicError(
        message(
            "An index, count or mask depends on a symbol, so which elements it selects is not known.",
            f"Write np.where(condition, a, b) for a mask, give counts as numbers, or {OTHER_METHOD}.",
        )
    )


def parameter(name: str) -> NoReturn:
    """Refuse a symbol in an argument by which the function has no derivative."""
    raise SymbolicError(
        message(
            f"An argument of {name} that is not differentiated is a symbol.", f"Give it as a number, or {OTHER_METHOD}."
        )
    )


class ValuesNeededError(SymbolicError):
    """Raised by a function inside another one, which then raises it in its own name."""


def values_needed(name: str) -> NoReturn:
    """Refuse a function whose result cannot be written as an expression of its arguments' elements."""
    raise ValuesNeededError(
        message(
            f"{name} needs the values of its arguments; it is no expression of symbols.", f"Instead, {OTHER_METHOD}."
        )
    )


def of_type(x: Any) -> NoReturn:
    """Refuse a value that cannot be part of an expression."""
    reason = "is complex" if isinstance(x, complex) or getattr(getattr(x, "dtype", None), "kind", "") == "c" else ""
    what = f"{x!r} {reason}" if reason else f"A {type(x).__name__} is no number"
    raise SymbolicError(
        message(f"{what}; expressions are made of real numbers, symbols and functions.", f"Instead, {OTHER_METHOD}.")
    )


def recorded() -> NoReturn:
    """Refuse a mixture of symbols with recorded values."""
    raise SymbolicError(
        message(
            "A symbol met a recorded value, or a function with its own derivative (custom_vjp, stop_gradient, grad).",
            f"Make arrays with np.zeros(n, like=x), and {OTHER_METHOD} where a function brings its own derivative.",
        )
    )


@contextmanager
def revealed() -> Iterator[None]:
    """Raise our own error where NumPy has hidden it behind one of its own (``np.zeros(3)[0] = x``)."""
    try:
        yield
    except Exception as error:
        cause = error.__cause__
        if isinstance(error, ChainruleError) or not isinstance(cause, SymbolicError):
            raise
        place = getattr(cause.args[0], "place", None)
        repair = "Make the array with np.zeros(n, like=x), or build it with np.stack."
        raise escape("an element of a plain array", repair, place) from None
