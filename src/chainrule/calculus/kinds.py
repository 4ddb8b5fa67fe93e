"""What the kinds without a derivative ask of a method: nothing, or to run on plain values."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from ..rules import Row

__all__ = ["is_composite", "is_constant", "plain_call"]


def is_constant(row: Row) -> bool:
    """Tell whether a row's derivative is zero wherever it exists."""
    return row.kind == "constant"


def is_composite(row: Row) -> bool:
    """Tell whether a row is a definition in terms of other rows, to be run as it stands."""
    return row.kind == "composite"


def plain_call(row: Row, args: Any, kwargs: dict[str, Any], value: Callable[[Any], Any]) -> Any:
    """Compute a row on the plain values of its arguments, sequences of arguments included."""

    def plain(arg: Any) -> Any:
        return type(arg)([plain(a) for a in arg]) if type(arg) in (list, tuple) else value(arg)

    return row.compute(*(plain(a) for a in args), **{name: plain(a) for name, a in kwargs.items()})
