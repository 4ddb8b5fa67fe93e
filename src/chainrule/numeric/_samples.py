"""Samples of a function along straight lines through a point, counted, and what they are put together to."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from ..errors import DerivativeError, message

__all__ = ["EPS", "LostStepError", "NumericDerivative", "Samples", "flat"]

EPS = float(np.finfo(np.float64).eps)
_Array = npt.NDArray[Any]


@dataclass(frozen=True, eq=False, slots=True)
class NumericDerivative:
    """A sampled derivative and what it cost.

    Attributes
    ----------
    value : ndarray, scalar, or a tuple of these
        Of shape ``f(x).shape + x.shape``; of shape ``f(x).shape`` along a direction. A tuple where ``x`` was one.
    error_estimate : like ``value``, or None
        From `richardson` only.
    evaluations : int
        How often ``f`` was called.
    step : like ``x``, or a float along a direction
        The step of each input; the first and largest one of `richardson`.
    """

    value: Any
    error_estimate: Any
    evaluations: int
    step: Any


class LostStepError(DerivativeError):
    """A step so small that ``x + h`` rounds to ``x``."""


class Samples:
    """``f`` along straight lines through ``x``, the axes or one direction; counts the calls."""

    def __init__(self, f: Callable[..., Any], x: Any, direction: Any) -> None:
        self._f = f
        self._several = isinstance(x, tuple)
        given = x if self._several else (x,)
        parts = [_as_float(part, "x") for part in given]
        self._scalar = [np.ndim(part) == 0 and not isinstance(part, np.ndarray) for part in given]
        self._shapes = [part.shape for part in parts]
        self._stops = list(itertools.accumulate((part.size for part in parts), initial=0))
        self._x = _joined(parts)
        self._direction = None if direction is None else self._like_x(direction, "direction")
        self.lines: Sequence[int | _Array] = range(self._x.size) if self._direction is None else [self._direction]
        self._shape: tuple[int, ...] | None = None
        self.evaluations = 0
        self.eps = EPS

    def base(self) -> _Array:
        """Return f(x)."""
        return self._call(self._x.copy())

    def along(self, line: int | _Array, t: complex) -> tuple[_Array, Any]:
        """Return f at x moved by t along an axis or a direction, and what rounding left of t."""
        with np.errstate(invalid="ignore", over="ignore"):
            if isinstance(line, int):
                point = self._x.astype(np.result_type(type(t), np.float64))
                point[line] += t
                moved = point[line] - self._x[line]
                lost = moved == 0
            else:
                point, moved = self._x + t * line, t
                lost = np.any(line) and np.array_equal(point, self._x)
        if lost:
            raise LostStepError(message(f"A step of {abs(t):.3g} does not change x.", "Choose a larger step."))
        return self._call(point), moved

    def reach(self, line: int | _Array) -> float:
        """Return how far x lies from zero along a line: rounding moves x by this times eps."""
        if isinstance(line, int):
            return float(abs(self._x[line]))
        return float(np.abs(self._x[line != 0]).max(initial=0.0) / (np.abs(line).max(initial=0.0) or 1.0))

    def steps(self, step: Any, rule: Callable[[_Array], _Array]) -> _Array:
        """Return one step for each line: the user's, or by the scheme's rule."""
        if step is None:
            return rule(self._x) if self._direction is None else self._step_along(self._direction, rule)
        alone = not isinstance(step, tuple) and np.ndim(step) == 0
        chosen = np.full(len(self.lines), _as_float(step, "step")) if alone else self._like_x(step, "step")
        if chosen.shape != (len(self.lines),) or not np.all((chosen > 0) & np.isfinite(chosen)):
            raise DerivativeError(message(f"step is {step!r}.", "Give a positive number, or one for each input."))
        return chosen

    def _step_along(self, direction: _Array, rule: Callable[[_Array], _Array]) -> _Array:
        """Return the step after which the fastest input has moved by the largest step of those that move."""
        scale = rule(np.append(self._x[direction != 0], 0.0)).max()
        return np.array([scale / (np.abs(direction).max(initial=0.0) or 1.0)])

    def refuse_single_precision(self, step: Any) -> None:
        """Raise where the default step would be lost in the rounding of f's result."""
        if step is None and self.eps > EPS:
            what = f"f returned numbers rounded to {self.eps:.1g}, in which the default step is lost."
            raise DerivativeError(message(what, "Compute f in float64, give `step`, or use richardson."))

    def result(self, columns: list[_Array], steps: _Array, errors: list[_Array] | None = None) -> NumericDerivative:
        """Put one column for each line together."""
        value = self._assembled(columns)
        estimate = None if errors is None else self._assembled(errors)
        step = self._cut(steps) if self._direction is None else float(steps[0])
        return NumericDerivative(value, estimate, self.evaluations, step)

    def _assembled(self, columns: list[_Array]) -> Any:
        if self._direction is not None:
            return columns[0][()]
        if self._shape is None:  # x is empty: only a call tells the shape of f(x)
            self.base()
        return self._cut(np.stack(columns, axis=-1) if columns else np.empty((*(self._shape or ()), 0)))

    def _call(self, point: _Array) -> _Array:
        parts = self._cut(point) if self._several else (self._cut(point),)
        arguments = [part if scalar else np.asarray(part) for part, scalar in zip(parts, self._scalar, strict=True)]
        self.evaluations += 1
        try:
            y = self._f(*arguments)
        except Exception as error:
            error.add_note(f"chainrule was sampling the function at {point}")
            raise
        y = _numeric_copy(y)
        if self._shape not in (None, y.shape):
            what = f"f returned shape {self._shape} at one point and {y.shape} at a point beside it."
            raise DerivativeError(message(what, "The shape of f(x) must not depend on x."))
        self._shape = y.shape
        self.eps = max(self.eps, float(np.finfo(y.dtype).eps))
        return y.astype(np.result_type(y, np.float64), copy=False)

    def _cut(self, flat: _Array) -> Any:
        """Cut the last axis, which runs over all inputs, into the shapes of the arguments."""
        spans = zip(self._stops, self._stops[1:], self._shapes, strict=False)
        parts = [flat[..., start:stop].reshape(flat.shape[:-1] + shape)[()] for start, stop, shape in spans]
        return tuple(parts) if self._several else parts[0]

    def _like_x(self, given: Any, name: str) -> _Array:
        parts = [_as_float(part, name) for part in (given if self._several else (given,))]
        if [part.shape for part in parts] != self._shapes:
            what = f"{name} has shape {[part.shape for part in parts]} where x has {self._shapes}."
            raise DerivativeError(message(what, f"Give {name} the shape of x."))
        return _joined(parts)


def _as_float(given: Any, name: str) -> _Array:
    """Return a float64 array, or refuse what is not real numbers."""
    try:
        array = np.asarray(given)
    except ValueError as error:
        raise DerivativeError(message(f"{name} is not an array ({error}).", "Give numbers or arrays.")) from error
    if array.dtype.kind == "c":
        repair = "Split it into real and imaginary parts and differentiate with respect to both."
        raise DerivativeError(message(f"{name} is complex.", repair))
    if array.dtype.kind not in "iuf":
        what = f"{name} has dtype {array.dtype}, where finite differences take real numbers."
        raise DerivativeError(message(what, "Give floats or integers."))
    return array.astype(np.float64)


def _numeric_copy(y: Any) -> _Array:
    """Return a floating or complex copy of what f returned: f may hand out the same array every time."""
    try:
        array = np.array(y)
    except ValueError as error:
        raise DerivativeError(message(f"f returned no array ({error}).", "Return a number or one array.")) from error
    if array.dtype.kind not in "iufc":
        what = f"f returned {type(y).__name__} of dtype {array.dtype}, which has no derivative."
        raise DerivativeError(message(what, "Return a number or a numeric array."))
    return array if array.dtype.kind in "fc" else array.astype(np.float64)


def _joined(parts: list[_Array]) -> _Array:
    return np.concatenate([part.ravel() for part in parts]) if parts else np.empty(0)


def flat(value: Any) -> _Array:
    return _joined([np.asarray(part) for part in (value if isinstance(value, tuple) else (value,))])
