"""Where a nan or an infinity came from, and the error that says so."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np

from ..errors import NotFiniteError, message
from ._model import Place
from ._names import constant, short, written

__all__ = ["Origin", "finite", "given", "not_finite"]

_REPAIR = "Keep the operands where the function is finite, or choose with np.where before they reach it."
_COME = "It came with the arguments, as a constant, or from NumPy on plain numbers: look at these."
_SLOPE = "The value is finite and the slope is not: see `Find a nan` in the documentation for the usual repairs."
_WAYS = {"adjoint": "on the way back", "tangent": "in forward mode", "derivative": "in the derivative"}
_RESULTS = {"value": "result", "tangent": "tangent", "adjoint": "gradient", "derivative": "derivative"}


class Origin(NamedTuple):
    """The operation that first made a value that is not finite.

    Attributes
    ----------
    operation : str
    phase : str
        ``"value"``, ``"tangent"``, ``"adjoint"``, or ``"derivative"`` where these are not told apart.
    operands, params
        What it was given; no operands of a step of a compiled program.
    made : number or array
    place : Place or None
    partial : number or array, optional
        The local partial, where that is what is not finite.
    later : Origin or None
        Where an infinity became a nan.
    told : callable
        Returns the operation with its operands as text, where `operands` does not hold them.
    order : int
        Of several origins, which came first.
    entered : bool
        Whether an operand was not finite, and nothing is known that made it so.
    """

    operation: str
    phase: str
    operands: tuple[Any, ...] | None
    params: dict[str, Any]
    made: Any
    place: Place | None
    partial: Any = None
    later: Any = None
    told: Callable[[], str] = str
    order: int = 0
    entered: bool = False


def finite(x: Any) -> bool:
    """Tell whether a number or all elements of an array are finite."""
    array = np.asarray(x)
    return array.dtype.kind not in "fc" or bool(np.isfinite(array).all())


def _worst(x: Any) -> str:
    """Name what is not finite in a value."""
    array = np.asarray(x)
    return "nan" if np.isnan(array).any() else "inf" if np.any(array == np.inf) else "-inf"


def not_finite(origin: Origin) -> NotFiniteError:
    """Return the error that tells of an origin."""
    place = origin.place
    repair = _COME if origin.entered else _REPAIR if origin.phase == "value" else _SLOPE
    error = NotFiniteError(message(_what(origin), repair, _where(place)))
    error.operation, error.phase = origin.operation, origin.phase
    error.file, error.line = (place.file, place.line) if place is not None else (None, None)
    return error


def given(phase: str, made: Any) -> NotFiniteError:
    """Return the error for a value that was not finite when it came."""
    text = f"The {_RESULTS[phase]} is {_worst(made)}, and no operation made it so."
    error = NotFiniteError(message(text, _COME, ""))
    error.phase = phase
    return error


def _what(origin: Origin) -> str:
    made, text = _worst(origin.made), _text(origin)
    if origin.entered:
        return f"The result is {made}. That came in with an operand of {text}, and no operation made it so."
    if origin.phase == "value":
        return f"{text} made {made}, in the run forwards."
    way = _WAYS[origin.phase]
    because = "" if origin.partial is None else f": its partial there is {short(_extreme(origin.partial))}"
    derivative = "" if origin.operands is None else "The derivative of "
    text = f"{derivative}{text} made {made}, {way}{because}."
    if origin.later is not None:
        at = origin.later.place
        line = f" at line {at.line}" if at is not None else ""
        name = origin.later.operation if origin.operands is not None else _text(origin.later)
        text += f" It became nan in {derivative.lower()}{name}{line}."
    return text


def _text(origin: Origin) -> str:
    if origin.operands is None:
        told = origin.told()
        return f"{origin.operation}, here {told}," if told not in ("", origin.operation) else origin.operation
    return written(origin.operation, [constant(_first_bad(origin, x)) for x in origin.operands], origin.params)


def _first_bad(origin: Origin, x: Any) -> Any:
    """Return, of an operand of the result's shape, the element that the first bad element of the result comes from."""
    bad = np.asarray(origin.made if origin.partial is None else origin.partial)
    array = np.asarray(x)
    if array.ndim and array.shape == bad.shape and not finite(bad):
        return array[tuple(np.argwhere(~np.isfinite(bad))[0])]
    return x


def _extreme(partial: Any) -> Any:
    array = np.asarray(partial)
    bad = array[~np.isfinite(array)] if array.ndim else array
    return bad.flat[0] if bad.size else partial


def _where(place: Place | None) -> str:
    if place is None:
        return ""
    text = f"  {place.file}:{place.line}, in {place.function}\n"
    if not place.text:
        return text
    text += f"    {place.text}\n"
    if place.start is None or place.end is None:
        return text
    return f"{text}    {' ' * max(place.start, 0)}{'^' * max(place.end - place.start, 1)}\n"
