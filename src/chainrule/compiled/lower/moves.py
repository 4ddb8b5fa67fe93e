"""Arrays that change names in a branch or in a loop."""

from __future__ import annotations

from typing import Any

from .. import ir
from .array import Array
from .context import Context
from .plans import Broken, Plan
from .state import State

__all__ = ["align", "close_arrays", "first_array", "rebound", "sizes_outside", "stored_in_place"]


def align(ctx: Context, start: State, one: Any, other: Any, live: frozenset[str] | None) -> None:
    """Make the names of arrays denote the same buffers at the ends of two arms."""


def stored_in_place(ctx: Context, name: str, value: Array) -> Array:
    return value


def rebound(entry: Array, end: Array) -> Plan:
    return Broken("it is another array after each iteration.")


def first_array(end: Array) -> Plan:
    return Broken("it is an array that is made in the loop.")


def close_arrays(ctx: Context, loop: Any, c: Any, arm: Any, block: list[ir.Statement], counter: ir.Var | None) -> bool:
    return True


def sizes_outside(ctx: Context, loop: Any, array: Array) -> tuple[ir.Atom, ...]:
    return array.sizes
