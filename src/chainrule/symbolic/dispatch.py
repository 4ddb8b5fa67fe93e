"""One call of a row on expressions: element by element, by NumPy on object arrays, by a definition, or refused."""

from __future__ import annotations

from typing import Any

import numpy as np

from ..calculus import is_composite, is_elementwise, is_linear
from ..rules import Operand, Row
from . import refusals
from .array import Array, elements_of, wrap
from .build import call, choice
from .expression import Expr, as_expr

__all__ = ["apply", "by_numpy", "choose", "each"]

_SCALARS = (int, float, np.float64, np.bool_)


def apply(row: Row, operands: tuple[Any, ...], params: dict[str, Any]) -> Any:
    """Return ``row(*operands, **params)``, where at least one operand is symbolic."""
    definition = DEFINITIONS.get(row)
    if definition is not None:
        return definition(*operands, **params)
    if is_elementwise(row):
        return each(row, operands, params)
    if is_composite(row):
        return row.compute(*operands, **params)
    return by_numpy(row, operands, params) if is_linear(row) else refusals.values_needed(row.name)


def each(row: Row, operands: tuple[Any, ...], params: dict[str, Any]) -> Any:
    """Apply a row to each element, with broadcasting."""
    if params and any(_is_symbolic(x) or isinstance(x, np.ndarray) for x in params.values()):
        refusals.parameter(row.name)
    if all(isinstance(x, Expr) or type(x) in _SCALARS for x in operands):
        return call(row, tuple(map(as_expr, operands)), params)
    arrays = np.broadcast_arrays(*map(elements_of, operands))
    if not arrays[0].ndim:
        return call(row, tuple([as_expr(x) for x in arrays]), params)
    flat = [call(row, tuple(map(as_expr, xs)), params) for xs in zip(*[a.flat for a in arrays], strict=True)]
    return _filled(arrays[0].shape, flat)


def choose(test: Any, x: Any, y: Any) -> Any:
    """Return ``np.where(test, x, y)``."""
    arrays = np.broadcast_arrays(*map(elements_of, (test, x, y)))
    flat = [choice(*map(as_expr, xs)) for xs in zip(*[a.flat for a in arrays], strict=True)]
    return _filled(arrays[0].shape, flat) if arrays[0].ndim else flat[0]


def by_numpy(row: Row, operands: tuple[Any, ...], params: dict[str, Any]) -> Any:
    """Let NumPy compute on object arrays, which calls the elements' own arithmetic."""
    if any(map(_is_symbolic, params.values())):
        refusals.parameter(row.name)
    try:
        return wrap(row.compute(*map(elements_of, operands), **params))
    except TypeError:  # NumPy's own machine code, as of Fourier transforms
        refusals.values_needed(row.name)


def _filled(shape: tuple[int, ...], values: list[Expr]) -> Array:
    result = np.empty(shape, object)
    result.reshape(-1)[:] = values
    return Array(result)


def _is_symbolic(x: Any) -> bool:
    if isinstance(x, (tuple, list)):
        return any(map(_is_symbolic, x))
    return isinstance(x, Operand)


from .definitions import DEFINITIONS  # noqa: E402
