"""What a program is made for: the types of its arguments, and what lowering a function gives."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from .ir import Program

__all__ = ["ArraySpec", "Capture", "Constant", "Lowered", "Result", "ScalarSpec", "Static"]


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
    """An array: its type, and which of its dimensions are 1 (the others are known not to be)."""

    dtype: str
    ones: tuple[bool, ...]
    contiguous: bool = True

    @property
    def ndim(self) -> int:
        return len(self.ones)


@dataclass(frozen=True, slots=True)
class Static(_Leaf):
    """Any other argument (None, a string, a function): a constant of the program."""

    value: Any


@dataclass(frozen=True, slots=True)
class Capture:
    """An array that the function reads from its module or closure: an argument of the program that the caller does
    not pass. `read` returns the array as it is now."""

    name: str
    read: Callable[[], Any]


@dataclass(frozen=True, slots=True)
class Constant:
    """What a function reads from its module or closure and the program has for a constant: a number, a function. If
    `read` gives something else than `value`, the program is out of date."""

    name: str
    read: Callable[[], Any]
    value: Any


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
    """

    program: Program
    specs: list[ScalarSpec | ArraySpec]
    captures: list[Capture]
    result: Any
    written: frozenset[int] = frozenset()
    files: tuple[str, ...] = field(default=())
    exclusive: bool = False
    constants: tuple[Constant, ...] = ()
