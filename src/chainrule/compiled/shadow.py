"""The texts of rules, run on values of a program: also where they make arrays of lengths known at run time only.

``np.eye(a.shape[-1])`` is not handed to the array that the length comes from, as NumPy's protocols want arrays among
the arguments. So a function of the table is run with other globals than its own: with a NumPy whose functions that
create arrays, and with ``min`` and ``max`` that take such lengths too.
"""

from __future__ import annotations

import builtins
from collections.abc import Callable
from types import FunctionType
from typing import Any

import numpy as np

from ..rules import Row
from ..rules._table import _TABLE, name_also
from .scalar import Scalar

__all__ = ["shadow"]

_RULES = __package__.rpartition(".")[0] + ".rules"
_globals: dict[int, dict[str, Any]] = {}
_functions: dict[Any, Any] = {}


def shadow(function: Any) -> Any:
    """Return a function of the table that computes with lengths known at run time only; any other as it is."""
    if isinstance(function, Row) and function.kind == "composite":
        return shadow(function.compute)
    if not isinstance(function, FunctionType) or not _is_rule(function):
        return function
    if function not in _functions:
        made = FunctionType(
            function.__code__, _shadowed(function.__globals__), function.__name__, function.__defaults__,
            function.__closure__,
        )  # fmt: skip
        made.__kwdefaults__, made.__module__ = function.__kwdefaults__, function.__module__
        _functions[function] = made
        row = _TABLE.get(function)
        if row is not None:  # the text may look the function up
            name_also(made, row)
    return _functions[function]


def _is_rule(function: FunctionType) -> bool:
    module = function.__globals__.get("__name__", "")
    return str(module).startswith(_RULES) and not str(module).startswith(f"{_RULES}._")


def _shadowed(original: dict[str, Any]) -> dict[str, Any]:
    """Return the globals of a module of rules with shadows of the functions in them."""
    made = _globals.get(id(original))
    if made is None:
        made = _globals[id(original)] = {}
        for name, value in original.items():
            made[name] = _NUMPY if value is np else shadow(value)
        made.update(min=_extreme(builtins.min, np.minimum), max=_extreme(builtins.max, np.maximum))
    return made


def _extreme(python: Callable[..., Any], ufunc: np.ufunc) -> Callable[..., Any]:
    def extreme(*values: Any, **kwargs: Any) -> Any:
        if len(values) > 1 and not kwargs and any(isinstance(v, Scalar) for v in values):
            first, *rest = values
            for value in rest:
                first = ufunc(first, value)
            return first
        return python(*values, **kwargs)

    return extreme


class _NumPy:
    """NumPy, whose functions that create arrays take numbers of the program."""

    def __getattr__(self, name: str) -> Any:
        found = getattr(np, name)
        if name in _CREATING:
            found = _creating(found)
            setattr(self, name, found)
        return found


_CREATING = ("arange", "empty", "eye", "full", "identity", "linspace", "ones", "tri", "zeros")


def _creating(function: Callable[..., Any]) -> Callable[..., Any]:
    def create(*args: Any, **kwargs: Any) -> Any:
        builder = _builder((*args, *kwargs.values()))
        if builder is None:
            return function(*args, **kwargs)
        from .lower.dispatch import call

        return call(builder, function, args, kwargs)

    return create


def _builder(values: Any) -> Any:
    """Return the builder of the program that a number among some values belongs to, if one does."""
    for value in values:
        found = _builder(value) if isinstance(value, (tuple, list)) else getattr(value, "builder", None)
        if found is not None:
            return found
    return None


_NUMPY = _NumPy()
