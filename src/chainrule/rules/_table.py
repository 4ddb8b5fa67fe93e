"""The table itself: from a NumPy function to its row."""

from __future__ import annotations

import difflib
import sys
import threading
from collections.abc import Callable, Iterable, Iterator
from importlib import import_module
from importlib.util import find_spec
from typing import Any

import numpy as np

from ..errors import MissingRuleError, message
from ._classes import refusal_of
from ._row import Row

__all__ = ["lookup", "register", "rows"]

_TABLE: dict[Callable[..., Any], Row] = {}
_ROWS: list[Row] = []

# The modules that are imported when a function is looked up that the first ones (arithmetic, indexing) do not have:
# a program that only imports chainrule does not wait for all rows.
LATER = (
    "applying", "complex", "convolution", "creation", "discrete", "exponential", "fourier", "histograms", "hyperbolic",
    "interpolation", "joining", "linalg", "nan_quantiles", "norms", "polynomials", "products", "reduction", "rounding",
    "running", "selection", "sets", "shape", "shares", "statistics", "trigonometric", "windows", "without_rows",
)  # fmt: skip
# By the name of a SciPy module, the modules of its rows. They import that module, and so are imported only where a
# function is looked up while the program has it loaded, where all rows are asked for, and by chainrule.scipy.
SCIPY: dict[str, tuple[str, ...]] = {
    "scipy.special": ("special",),
    "scipy.linalg": ("scipy_linalg",),
}
_loading = threading.RLock()
_pending: list[str] | None = None
_pending_scipy = dict(SCIPY)


def complete() -> None:
    """Import the modules of rows that are not imported yet, apart from those of SciPy modules that are not loaded."""
    global _pending
    with _loading:
        if _pending:
            names, _pending = _pending, None
            _import(names)
            _pending = []
        if _pending is not None:
            for module in [module for module in _pending_scipy if module in sys.modules]:
                load_scipy(module)


def load_scipy(module: str) -> None:
    """Import a SciPy module and its rows.

    Raises
    ------
    ImportError
        If SciPy is not installed.
    """
    import_module(module)
    with _loading:
        _import(_pending_scipy.pop(module, ()))


def _import(names: Iterable[str]) -> None:
    for name in names:
        import_module(f".{name}", __package__)


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


def name_also(fn: Callable[..., Any], row: Row) -> None:
    """Let a row be found under one more function, which stands for the row's own."""
    _TABLE[fn] = row


def rows(scipy: bool = True) -> Iterator[Row]:
    """Yield every row, in the order of declaration.

    Parameters
    ----------
    scipy : bool
        False leaves out rows of SciPy modules that the program has not imported; otherwise they are imported here, if
        SciPy is installed.
    """
    complete()
    for module in tuple(_pending_scipy) if scipy and find_spec("scipy") else ():
        load_scipy(module)
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


def find(fn: Callable[..., Any]) -> Row | None:
    """Return the row of a function, or None if it has none."""
    try:
        return lookup(fn)
    except (MissingRuleError, TypeError):
        return None


def _missing(fn: Callable[..., Any]) -> str:
    name = getattr(fn, "__name__", repr(fn))
    module = getattr(fn, "__module__", None) or ("numpy" if getattr(np, name, None) is fn else "")
    refusal = refusal_of(fn)
    if refusal is not None:
        return message(f"{module}{module and '.'}{name} has no derivative rule: {refusal.reason}.", refusal.instead)
    near = difflib.get_close_matches(name, {row.name for row in _ROWS}, n=3)
    hint = f" Similar functions that have one: {', '.join(near)}." if near else ""
    return message(
        f"{module}{module and '.'}{name} has no derivative rule.",
        "Write it with functions that have one, declare a rule with chainrule.rules (elementwise, linear, ...), "
        f"or pass plain values if no derivative should flow through it (chainrule.stop_gradient).{hint}",
    )
