"""What a program is made for: the types of its arguments, and what lowering a function gives."""

from __future__ import annotations

from collections.abc import Callable, Hashable
from dataclasses import dataclass, field
from types import MethodType
from typing import Any

import numpy as np

from .ir import Program

__all__ = ["ArraySpec", "Capture", "Constant", "Contents", "Lowered", "Result", "ScalarSpec", "Static"]


class _Leaf:
    """What stands for one number or array: `tree` does not look into it, though it is a dataclass."""

    __slots__ = ()
    __chainrule_apply__ = None


@dataclass(frozen=True, slots=True)
class ScalarSpec(_Leaf):
    """A number: its type, and whether it is Python's own (weak: its type yields to an array's)."""

    dtype: str
    weak: bool = True


@dataclass(frozen=True, slots=True)
class ArraySpec(_Leaf):
    """An array: its type, and the lengths that are known; 0 stands for one that is not, except that it is not 1.

    Of an array within a program not even that is known, but for the axes that are `long`.
    """

    dtype: str
    lengths: tuple[int, ...]
    contiguous: bool = True
    long: frozenset[int] = frozenset()

    @property
    def ndim(self) -> int:
        return len(self.lengths)


@dataclass(frozen=True, slots=True)
class Static(_Leaf):
    """Any other argument (None, a string, a function): a constant of the program."""

    value: Any


@dataclass(frozen=True, slots=True)
class Capture:
    """An array that the function reads from its module or closure: an argument of the program that the caller does
    not pass.

    Attributes
    ----------
    name : str
    kind : hashable
        What the program knows of it, as a signature has it.
    reads : list
        Functions that return the array as it is now, one for each name, attribute or element that was this array.
    """

    name: str
    kind: Hashable
    reads: list[Callable[[], Any]]

    def read(self) -> Any:
        return self.reads[0]()


@dataclass(frozen=True, slots=True)
class Constant:
    """What a function reads from its surroundings and the program has for a constant: a number, a function, an object's
    attribute, what a list or dict holds. If `read` gives something else than `value`, the program is out of date."""

    name: str
    read: Callable[[], Any]
    value: Any

    def is_current(self) -> bool:
        now = self.read()
        return now is self.value or _same(now, self.value)


@dataclass(frozen=True, slots=True)
class Contents:
    """What a list or dict held when it was read."""

    kind: type
    keys: tuple[Any, ...]
    values: tuple[Any, ...]

    @classmethod
    def of(cls, container: list[Any] | dict[Any, Any]) -> Contents:
        if isinstance(container, dict):
            return cls(type(container), tuple(container), tuple(container.values()))
        return cls(type(container), (), tuple(container))

    def held_by(self, container: Any) -> bool:
        if not isinstance(container, (list, dict)) or type(container) is not self.kind:
            return False
        if len(container) != len(self.values):
            return False
        now = Contents.of(container)
        pairs = [*zip(now.keys, self.keys, strict=True), *zip(now.values, self.values, strict=True)]
        return all(a is b or _same(a, b) for a, b in pairs)


def _same(now: Any, then: Any) -> bool:
    """Tell whether two values that are not one object are the same to a program."""
    if isinstance(then, Contents):
        return then.held_by(now)
    if type(now) is not type(then):
        return False
    if isinstance(now, np.ndarray):
        return True  # arrays are arguments, read again for each call
    if isinstance(now, MethodType):
        return now.__func__ is then.__func__ and now.__self__ is then.__self__
    if isinstance(now, (bool, int, str, bytes)):
        return bool(now == then)
    if isinstance(now, (float, np.generic)):
        return repr(now) == repr(then)  # tells 0.0 from -0.0, and nan is nan
    return False


@dataclass(frozen=True, slots=True)
class Result(_Leaf):
    """A leaf of what a function returns: number `index` of the program's results. `weak`: a Python number."""

    index: int
    weak: bool = False


@dataclass(slots=True)
class Lowered:
    """A function turned into a program.

    Attributes
    ----------
    program : Program
        Its entry's parameters are the scalar and array leaves of the arguments in order, then the captured arrays.
    specs : list of ScalarSpec or ArraySpec
        One for each parameter.
    captures : list of Capture
        The last parameters.
    result
        What the function returns, with a `Result` for each number or array that is computed.
    written : frozenset of int
        Which parameters (positions) the function writes to.
    files : tuple of str
        The source files of all functions that became part of the program.
    exclusive : bool
        Whether arguments must not share memory though the program writes none of them: a derivative of a function that
        writes.
    constants : tuple of Constant
        What the program takes for granted.
    unguarded : Program or None
        The program as machine code runs it as long as no slope is infinite (see `unguarded`).
    assumed : bool
        Whether lengths were taken for equal of which one might be 1 (see `lengths`).
    """

    program: Program
    specs: list[ScalarSpec | ArraySpec]
    captures: list[Capture]
    result: Any
    written: frozenset[int] = frozenset()
    files: tuple[str, ...] = field(default=())
    exclusive: bool = False
    constants: tuple[Constant, ...] = ()
    unguarded: Program | None = None
    assumed: bool = False
