"""A module that stands for a SciPy module, with the functions that have rules made to accept recorded values."""

from __future__ import annotations

import functools
import sys
from collections.abc import Callable
from importlib import import_module
from typing import Any

import numpy as np

from ..errors import MissingRuleError
from ..rules import Row, lookup
from ..rules._table import load_scipy, name_also

__all__ = ["mirror"]


def mirror(name: str, original: str) -> tuple[Callable[[str], Any], Callable[[], list[str]]]:
    """Return ``__getattr__`` and ``__dir__`` for the module `name` that stands for the module `original`."""
    load_scipy(original)
    source = import_module(original)

    def get(attribute: str) -> Any:
        try:
            found = getattr(source, attribute)
        except AttributeError:
            msg = f"module {name!r} has no attribute {attribute!r}, nor has {original}"
            raise AttributeError(msg) from None
        found = _accepting(found)
        setattr(sys.modules[name], attribute, found)
        return found

    return get, lambda: sorted(source.__all__)


def _accepting(fn: Any) -> Any:
    """Return a function that follows its row where an argument is recorded; NumPy's protocol does it for ufuncs."""
    if not callable(fn) or isinstance(fn, (type, np.ufunc)):
        return fn
    try:
        row = lookup(fn)
    except MissingRuleError:
        return _refusing(fn)

    @functools.wraps(fn)
    def call(*args: Any, **kwargs: Any) -> Any:
        return _follow(row, fn, args, kwargs)

    name_also(call, row)
    return call


def _refusing(fn: Callable[..., Any]) -> Callable[..., Any]:
    """Return a function that says why it has no rule where an argument is recorded."""

    @functools.wraps(fn)
    def call(*args: Any, **kwargs: Any) -> Any:
        if _is_recorded(args) or _is_recorded(tuple(kwargs.values())):
            lookup(fn)
        return fn(*args, **kwargs)

    return call


def _follow(row: Row, fn: Callable[..., Any], args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
    if not (_is_recorded(args) or _is_recorded(tuple(kwargs.values()))):
        return fn(*args, **kwargs)
    return row(*map(_as_arrays, args), **{name: _as_arrays(x) for name, x in kwargs.items()})


def _as_arrays(x: Any) -> Any:
    """Return a list that holds recorded values as one of them; a tuple may hold several arguments."""
    if isinstance(x, tuple):
        return tuple(map(_as_arrays, x))
    return lookup(np.asarray)(x) if isinstance(x, list) and _is_recorded(x) else x


def _is_recorded(x: Any) -> bool:
    """Tell whether a value, or one in a list or tuple of them, asks for calls to be handed to it."""
    if isinstance(x, (list, tuple)):
        return any(map(_is_recorded, x))
    return hasattr(x, "__chainrule_priority__")
