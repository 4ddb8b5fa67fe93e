"""The table itself: from a NumPy function to its row."""

from __future__ import annotations

import difflib
import threading
from collections.abc import Callable, Iterable, Iterator
from importlib import import_module
from typing import Any

import numpy as np

from ..errors import MissingRuleError, message
from ._row import Row

__all__ = ["lookup", "register", "rows"]

_TABLE: dict[Callable[..., Any], Row] = {}
_ROWS: list[Row] = []

# The modules that are imported when a function is looked up that the first ones (arithmetic, indexing) do not have:
# a program that only imports chainrule does not wait for all rows.
LATER = (
    "complex", "creation", "discrete", "exponential", "hyperbolic", "interpolation", "joining", "linalg", "norms",
    "products", "reduction", "rounding", "running", "selection", "shape", "statistics", "trigonometric",
)  # fmt: skip
_loading = threading.RLock()
_pending: list[str] | None = None


def complete() -> None:
    """Import the modules of rows that are not imported yet."""
    global _pending
    with _loading:
        if _pending:
            names, _pending = _pending, None
            for name in names:
                import_module(f".{name}", __package__)
            _pending = []


def begin() -> None:
    """Allow the other modules to be imported on demand, now that the first ones are."""
    global _pending
    _pending = list(LATER)


def register(row: Row, fns: Iterable[Callable[..., Any]], own: bool = False) -> None:
    """Enter a row under its function and under the function's other names; a second row for one is refused.

    The package's own modules of rows, which may be imported in any order, set `own`. Before a user's row all of them
    are imported, so that the refusal comes here.
    """
    if not own:
        complete()
    for fn in dict.fromkeys(fns):
        if fn in _TABLE:
            msg = f"{fn.__name__} has a rule already: {_TABLE[fn]!r}."
            raise TypeError(msg)
        _TABLE[fn] = row
    _ROWS.append(row)


def unregister(row: Row) -> None:
    """Take a row out of the table again (tests of the table do)."""
    for fn in [fn for fn, known in _TABLE.items() if known is row]:
        del _TABLE[fn]
    _ROWS.remove(row)


def rows() -> Iterator[Row]:
    """Yield every row, in the order of declaration."""
    complete()
    yield from tuple(_ROWS)


def lookup(fn: Callable[..., Any]) -> Row:
    """Return the row of a function.

    Raises
    ------
    MissingRuleError
        If it has none; the message names rows with similar names.
    """
    try:
        return _TABLE[fn]
    except KeyError:
        complete()
    try:
        return _TABLE[fn]
    except KeyError:
        raise MissingRuleError(_missing(fn)) from None


def _missing(fn: Callable[..., Any]) -> str:
    name = getattr(fn, "__name__", repr(fn))
    module = getattr(fn, "__module__", None) or ("numpy" if getattr(np, name, None) is fn else "")
    near = difflib.get_close_matches(name, {row.name for row in _ROWS}, n=3)
    hint = f" Similar functions that have one: {', '.join(near)}." if near else ""
    return message(
        f"{module}{module and '.'}{name} has no derivative rule.",
        "Write it with functions that have one, declare a rule with chainrule.rules (elementwise, linear, ...), "
        f"or pass plain values if no derivative should flow through it (chainrule.stop_gradient).{hint}",
    )
