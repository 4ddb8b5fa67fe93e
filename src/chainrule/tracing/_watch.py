"""What an instrumented program calls: it carries out each operation, and follows what is not finite to its origin."""

from __future__ import annotations

import operator
from collections.abc import Callable, Sequence
from math import isfinite
from typing import Any

import numpy as np

from ..compiled import ir
from ._model import Place
from ._names import short
from ._origins import Origin, finite

__all__ = ["Watch"]

_BINARY: dict[str, Callable[[Any, Any], Any]] = {
    "+": operator.add, "-": operator.sub, "*": operator.mul, "/": operator.truediv, "**": operator.pow,
    "//": operator.floordiv, "%": operator.mod, "@": operator.matmul,
}  # fmt: skip
LOOKED_AT = 1000  # elements of an array, for the origin of one
_PLAIN = (float, int, np.float64)
_EMPTY = (np.empty, np.empty_like)


class _Marked(np.float64):
    """A number that is not finite, with its origin."""

    origin: Origin | None


class Watch:
    """Carries out operations.

    The origin of a number that is not finite goes with it; that of an element of an array is kept by its address, so
    that views of the array find it.

    Parameters
    ----------
    phase : str
        What the program computes, for the errors.
    places : sequence of Place or None
        The user's line that each line of the program comes from.
    """

    def __init__(self, phase: str, places: Sequence[ir.Place | None]) -> None:
        self.phase, self.places = phase, places
        self.elements: dict[int, Origin | None] = {}
        self.count = 0

    def binary(self, line: int, symbol: str, text: str, left: Any, right: Any) -> Any:
        """Carry out an operation of two operands."""
        try:
            result = _BINARY[symbol](left, right)
        except ZeroDivisionError:  # of two Python numbers
            result = np.float64(left) / np.float64(right)
        if type(result) in _PLAIN and isfinite(result):
            return result
        told = lambda: f"{_operand(left)} {symbol} {_operand(right)}"  # noqa: E731  most are never told
        return self._checked(line, text, told, result, (left, right))

    def negative(self, line: int, operand: Any) -> Any:
        """Change a sign."""
        return self._checked(line, "", str, -operand, (operand,))

    def call(
        self, line: int, text: str, function: Callable[..., Any], receiver: Any, *args: Any, **options: Any
    ) -> Any:
        """Call a function of NumPy's, of SciPy's or of `compiled.runtime`."""
        arrays = [x for x in (receiver, *args) if isinstance(x, np.ndarray) and x.dtype.kind == "f"]
        before = [x.tobytes() for x in arrays]
        try:
            result = function(*args, **options)
        except ZeroDivisionError:
            result = function(*[np.float64(x) if isinstance(x, float) else x for x in args], **options)
        operands = (receiver, *args)
        for array, was in zip(arrays, before, strict=True):
            if array.tobytes() != was and not finite(array):
                self._mark_array(line, text, array, [x for x in operands if x is not array])
        if function in _EMPTY or isinstance(receiver, list) or (type(result) in _PLAIN and isfinite(result)):
            return result
        told = lambda: f"{text.split('(')[0]}({', '.join([short(x) for x in args])})"  # noqa: E731  as above
        return self._checked(line, text, told, result, operands)

    def load(self, line: int, array: Any, index: Any) -> Any:
        """Read an element, or a view."""
        value = array[index]
        if type(value) in _PLAIN and isfinite(value):
            return value
        if isinstance(value, np.ndarray) or not isinstance(array, np.ndarray) or finite(value):
            return value
        return _marked(value, self.elements.get(_address(array, index)))

    def store(self, line: int, array: Any, index: Any, value: Any) -> None:
        """Write an element, or a part of an array."""
        array[index] = value
        if not isinstance(array, np.ndarray) or array.dtype.kind != "f":
            return
        if type(value) in _PLAIN and isfinite(value) and array.dtype.itemsize == 8:
            return
        part = array[index]
        if isinstance(part, np.ndarray):
            if not finite(part):
                self._mark_array(line, "an assignment", part, [value])
        elif not finite(part):
            self.elements[_address(array, index)] = self._origin(line, "an assignment", str, part, [value])

    def origin_of(self, x: Any) -> Origin | None:
        """Return the first origin of what is not finite in a number or an array."""
        if isinstance(x, _Marked):
            return x.origin
        if isinstance(x, np.ndarray) and x.dtype.kind == "f" and x.ndim:
            found = [self.elements.get(address) for address in _addresses(x)[:LOOKED_AT]]
            return min([origin for origin in found if origin is not None], key=lambda o: o.order, default=None)
        return None

    def _checked(self, line: int, text: str, told: Callable[[], str], result: Any, operands: Sequence[Any]) -> Any:
        """Mark a result that is not finite with its origin: that of an operand, or this operation."""
        if isinstance(result, np.ndarray):
            if not finite(result):
                self._mark_array(line, text, result, operands)
            return result
        if not isinstance(result, (float, np.floating)) or finite(result):
            return result
        return _marked(result, self._origin(line, text, told, result, operands))

    def _origin(
        self, line: int, text: str, told: Callable[[], str], result: Any, operands: Sequence[Any]
    ) -> Origin | None:
        bad = [x for x in operands if isinstance(x, (float, np.floating, np.ndarray)) and not finite(x)]
        if bad:
            known = [origin for x in bad if (origin := self.origin_of(x)) is not None]
            first = min(known, key=lambda origin: origin.order, default=None)
            turned = first is not None and first.later is None and np.isnan(result) and not np.isnan(first.made)
            if first is not None and turned and not any(np.isnan(x).any() for x in bad):
                return first._replace(later=self._made(line, text, told, result))
            return first
        return self._made(line, text, told, result)

    def _made(self, line: int, text: str, told: Callable[[], str], result: Any) -> Origin:
        place = self.places[line - 1] if 0 < line <= len(self.places) else None
        where = None if place is None else Place(place.file, place.line, place.function, place.text.strip())
        self.count += 1
        return Origin(text, self.phase, None, {}, result, where, told=told, order=self.count)

    def _mark_array(self, line: int, text: str, array: Any, operands: Sequence[Any]) -> None:
        origin = self._origin(line, text, str, array[~np.isfinite(array)].flat[0], operands)
        self.elements.update(dict.fromkeys(_addresses(array), origin))


def _operand(x: Any) -> str:
    text = short(x)
    return f"({text})" if text.startswith("-") else text


def _marked(value: Any, origin: Origin | None) -> Any:
    if not isinstance(value, float):  # float32 stays what it is, without its origin
        return value
    made = _Marked(value)
    made.origin = origin
    return made


def _addresses(array: Any) -> list[int]:
    """Return where the elements are that are not finite."""
    offsets = np.argwhere(~np.isfinite(array)) @ np.array(array.strides, dtype=np.int64)
    found: list[int] = (offsets + array.__array_interface__["data"][0]).tolist()
    return found


def _address(array: Any, index: Any) -> int:
    """Return where an element is in memory."""
    at: int = array.__array_interface__["data"][0]
    for i, n, stride in zip(index if isinstance(index, tuple) else (index,), array.shape, array.strides, strict=True):
        at += (int(i) % n) * stride
    return at
