"""Numbers as 0-d arrays, which NumPy multiplies an array by in half the time that a Python number takes.

In NumPy 2 a Python number takes on the precision of the array beside it and a 0-d array does not, so they replace
each other beside doubles only.
"""

from __future__ import annotations

import operator
from collections.abc import Callable
from typing import Any

import numpy as np

from ..calculus import is_composite, is_elementwise
from ..rules import Operand, Row

__all__ = ["ORIGINAL", "SYMBOLS", "Boxes", "boxed_partial"]

SYMBOLS = {operator.add: "{} + {}", operator.sub: "{} - {}", operator.mul: "{} * {}", operator.truediv: "{} / {}"}
ORIGINAL: dict[Callable[..., Any], Callable[..., Any]] = {}  # what each boxed partial was made from


def _box(number: float) -> Any:
    box = np.array(number, dtype=np.float64)
    box.flags.writeable = False
    return box


_ZERO, _NEGATIVE_ZERO = _box(0.0), _box(-0.0)


class Boxes(dict[float, Any]):
    """The box of each number, made when it is first asked for."""

    def __missing__(self, number: float) -> Any:
        if not number:  # 0.0 and -0.0 are equal as keys
            return _NEGATIVE_ZERO if np.signbit(number) else _ZERO
        if len(self) >= 1024:
            self.clear()
        box = self[number] = _box(number)
        return box


def boxed_partial(partial: Callable[..., Any], count: int) -> Callable[..., Any] | None:
    """Return a partial derivative that computes the same of doubles, with boxes for the numbers in its text.

    None if there are none, or if it is more than a few elementwise functions, one after the other.
    """
    arguments = [f"v{i}" for i in range(count)]
    lines: list[str] = []
    names: dict[str, Any] = {}
    try:
        result = partial(*[_Argument(name, lines, names) for name in arguments])
    except Exception:
        return None
    if type(result) is not _Argument or not any(type(x) is np.ndarray for x in names.values()):
        return None
    text = "\n    ".join([f"def boxed({', '.join(arguments)}):", *lines, f"return {result.name}\n"])
    exec(compile(text, "<boxed partial>", "exec"), names)
    boxed: Callable[..., Any] = names["boxed"]
    ORIGINAL[boxed] = partial
    return boxed


class _Argument(Operand):
    """Stands for an array while the calls of a partial are written down."""

    __slots__ = ("lines", "name", "names")

    def __init__(self, name: str, lines: list[str], names: dict[str, Any]) -> None:
        self.name = name
        self.lines = lines
        self.names = names

    def __chainrule_apply__(self, row: Row, operands: tuple[Any, ...], params: dict[str, Any]) -> Any:
        if is_composite(row):
            return row.compute(*operands, **params)
        if not is_elementwise(row) or params:
            raise TypeError(row.name)
        result = f"t{len(self.lines)}"
        parts = [x.name if type(x) is _Argument else self._constant(x) for x in operands]
        if row.compute in SYMBOLS:
            call = SYMBOLS[row.compute].format(*parts)
        else:
            self.names[f"f{result}"] = row.compute
            call = f"f{result}({', '.join(parts)})"
        self.lines.append(f"{result} = {call}")
        return _Argument(result, self.lines, self.names)

    def _constant(self, number: Any) -> str:
        if type(number) is not int and type(number) is not float:
            raise TypeError(number)
        name = f"c{len(self.names)}"
        self.names[name] = _box(number)
        return name

    def __bool__(self) -> bool:
        raise TypeError(self.name)
