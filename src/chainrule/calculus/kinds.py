"""What a method may ask about the kind of a row, and how the kinds without a derivative are computed."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from ..rules import Row

__all__ = ["is_composite", "is_constant", "is_elementwise", "is_linear", "plain_call"]


def is_constant(row: Row) -> bool:
    """Tell whether a row's derivative is zero wherever it exists."""
    return row.kind == "constant"


def is_composite(row: Row) -> bool:
    """Tell whether a row is a definition in terms of other rows, to be run as it stands."""
    return row.kind == "composite"


def is_elementwise(row: Row) -> bool:
    """Tell whether a row acts on each element by itself."""
    return row.kind == "elementwise"


def is_linear(row: Row) -> bool:
    """Tell whether a row is linear in its operands, together or one by one: sums of products of their elements."""
    return row.kind in ("linear", "multilinear")


def plain_call(row: Row, args: Any, kwargs: dict[str, Any], value: Callable[[Any], Any]) -> Any:
    """Compute a row on the plain values of its arguments, sequences of arguments included."""
    return row.compute(*[_plain(x, value) for x in args], **{name: _plain(x, value) for name, x in kwargs.items()})


def _plain(x: Any, value: Callable[[Any], Any]) -> Any:
    return type(x)([_plain(part, value) for part in x]) if type(x) in (list, tuple) else value(x)
