"""A function and its arguments, as one function of a list of numbers and arrays whose calls are counted."""

from __future__ import annotations

import inspect
import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from .. import tree
from ..errors import DerivativeError, message
from ..functional._labels import argument_names, paths
from ..rules import Operand

__all__ = ["Leaf", "Matrix", "Program", "many", "matrix_of", "sampled_matrix"]

Matrix = npt.NDArray[Any]


@dataclass(frozen=True)
class Leaf:
    """A number or array by which the function is differentiated."""

    argument: str
    path: str  # within the argument: "['w'][0]"
    value: Any

    def label(self, index: tuple[int, ...]) -> str:
        """Return the name of one element, as one would write it in Python."""
        at = f"[{', '.join(map(str, index))}]" if index else ""
        return f"{self.argument}{self.path}{at}"


class Program:
    """A function at a point.

    Attributes
    ----------
    leaves : list of Leaf
        What is differentiated by; integers are floats by now.
    n, m : int
        How many numbers go in and come out.
    calls, traces : int
        How often the function was called on plain numbers, and on values that record or are symbols.
    arguments : dict
        The arguments by name, as they were given.
    value : object
        What the function returned.
    outputs : list of str
        The indices of the numbers that come out.
    """

    def __init__(
        self,
        f: Callable[..., Any],
        args: tuple[Any, ...],
        kwargs: dict[str, Any],
        by: Sequence[int | str] | None = None,
    ) -> None:
        self.f, self.calls, self.traces = f, 0, 0
        self.name = getattr(f, "__name__", "f")
        self._names = names = argument_names(f, args, kwargs)
        self.arguments = dict(zip(names, [*args, *kwargs.values()], strict=True))
        chosen = set(names) if by is None else {_argument(names, which) for which in by}
        self.leaves: list[Leaf] = []
        self._floated: list[str] = []
        self._slots: list[int] = []
        self._all, self._structure = tree.flatten((args, kwargs))
        for slot, (name, path, leaf) in enumerate(_labelled(names, len(args), self.arguments)):
            if name in chosen and _is_number(leaf):
                if np.asarray(leaf).dtype.kind in "iu":
                    self._floated.append(name)
                self.leaves.append(Leaf(name, path, _as_float(leaf, name)))
                self._slots.append(slot)
        if not self.leaves:
            raise DerivativeError(message(f"No argument of {self.name} is a number or an array of them.", "Give one."))
        self.n = sum(np.size(leaf.value) for leaf in self.leaves)
        self.m = 0
        self._writes = True
        self.outputs: list[str] = []
        self.value = self._first_value()

    @property
    def point(self) -> tuple[Any, ...]:
        return tuple([leaf.value for leaf in self.leaves])

    @property
    def inputs(self) -> list[str]:
        """The names of the numbers differentiated by, in order."""
        return [leaf.label(index) for leaf in self.leaves for index in np.ndindex(np.shape(leaf.value))]

    @property
    def parameters(self) -> list[str]:
        """The names of all arguments that the function takes, or of those it was given if that is all one can know."""
        try:
            known = list(inspect.signature(self.f).parameters)
        except (TypeError, ValueError):
            known = []
        return known if set(known) >= set(self._names) else self._names

    @property
    def scalar(self) -> bool:
        """Whether the function returns one real number, not nested in anything."""
        return self.outputs == [""]

    def given(self, leaves: Sequence[Any]) -> tuple[tuple[Any, ...], dict[str, Any]]:
        """Return all arguments of the function, with these numbers in their places.

        Arrays are copies if the function writes into them: each call is to find what the first one found.
        """
        values = list(self._all)
        for slot, leaf in zip(self._slots, leaves, strict=True):
            values[slot] = leaf
        if self._writes:
            values = [x.copy() if isinstance(x, np.ndarray) else x for x in values]
        args, kwargs = tree.unflatten(self._structure, values)
        return args, kwargs

    def call(self, *leaves: Any) -> Any:
        """Call the function with these numbers, recorded values or symbols in their places, and count the call."""
        if isinstance(leaves[0], Operand):
            self.traces += 1
        else:
            self.calls += 1
        args, kwargs = self.given(leaves)
        return self.f(*args, **kwargs)

    def flat(self, *leaves: Any) -> Any:
        """Call the function; return its only number, or the list of its results."""
        result = self.call(*leaves)
        return result if self.scalar else tree.flatten(result)[0]

    def sampled(self, *leaves: Any) -> Any:
        """Call the function on plain numbers; return all that come out as one vector (a scalar as it is)."""
        parts = [np.ravel(part) for part in tree.flatten(self.call(*leaves))[0]]
        return parts[0][0] if self.scalar else np.concatenate(parts) if len(parts) != 1 else parts[0]

    def renamed(self, text: str) -> str:
        """Put the arguments' own names into a text that calls them x0, x1, ..."""

        def name(found: re.Match[str]) -> str:
            at = int(found[1])
            return self.leaves[at].label(()) if at < len(self.leaves) else found[0]

        return re.sub(r"\bx(\d+)\b", name, text)

    def structured(self, matrix: Matrix) -> dict[str, Any]:
        """Return a derivative by argument: arrays of shape result.shape + argument.shape, nested as the argument is.

        A nested result counts as one vector of all its numbers.
        """
        shape = () if self.scalar else self.shape
        columns, start = [], 0
        for leaf in self.leaves:
            stop = start + np.size(leaf.value)
            part = np.reshape(matrix[:, start:stop], shape + np.shape(leaf.value))
            columns.append(part if part.ndim else float(part))
            start = stop
        args, kwargs = self.given(columns)
        chosen = {leaf.argument for leaf in self.leaves}
        parts = zip(self._names, [*args, *kwargs.values()], strict=True)
        return {name: part for name, part in parts if name in chosen}

    def _first_value(self) -> Any:
        try:
            value = self._first_call()
        except TypeError as error:
            if self._floated:
                text = f"chainrule made floats of integers ({', '.join(self._floated)}); name what to differentiate by"
                error.add_note(text)
            raise
        parts = tree.flatten(value)[0]
        arrays = [_checked(part, self.name) for part in parts]
        alone = tree.is_leaf(value)
        self.m = sum(array.size for array in arrays)
        self.shape = arrays[0].shape if alone else (self.m,)
        numbers = [np.ndindex(array.shape) for array in arrays]
        if alone:
            self.outputs = [f"[{', '.join(map(str, at))}]" if at else "" for at in numbers[0]]
        else:
            self.outputs = [f"[{i}]" for i in range(self.m)]
        return value

    def _first_call(self) -> Any:
        """Call the function, and find out whether it writes into its arguments."""
        args, kwargs = self.given(self.point)
        before = [_bytes(x) for x in tree.flatten((args, kwargs))[0]]
        value = self.f(*args, **kwargs)
        self._writes = before != [_bytes(x) for x in tree.flatten((args, kwargs))[0]]
        return value


def _bytes(x: Any) -> bytes | None:
    return x.tobytes() if isinstance(x, np.ndarray) else None


def matrix_of(blocks: Sequence[Any], program: Program) -> Matrix:
    """Lay a derivative out with a row for each output and a column for each input.

    `blocks` holds an array of shape result + leaf for each leaf, or a sequence of these for each result.
    """
    if program.scalar:
        return np.concatenate([np.reshape(block, (1, -1)) for block in blocks], axis=1)
    rows = [
        np.concatenate([np.reshape(b, (-1, np.size(x))) for b, x in zip(row, program.point, strict=True)], axis=1)
        for row in blocks
    ]
    return np.concatenate(rows) if rows else np.empty((0, program.n))


def sampled_matrix(parts: Sequence[Any], program: Program) -> Matrix:
    """Lay out what `chainrule.numeric` returns: an array of shape (outputs,) + leaf for each leaf."""
    return np.concatenate([np.reshape(part, (program.m, -1)) for part in parts], axis=1)


def _argument(names: list[str], which: int | str) -> str:
    if isinstance(which, str) and which in names:
        return which
    if isinstance(which, int) and -len(names) <= which < len(names):
        return names[which]
    raise DerivativeError(message(f"There is no argument {which!r}.", f"The arguments are {', '.join(names)}."))


def _labelled(names: list[str], positional: int, arguments: dict[str, Any]) -> Iterator[tuple[str, str, Any]]:
    """Yield (argument, path within it, leaf) in the order in which `tree.flatten` finds the leaves."""
    for name in [*names[:positional], *sorted(names[positional:])]:
        for path, leaf in paths(arguments[name]):
            yield name, path, leaf


def _is_number(leaf: Any) -> bool:
    if isinstance(leaf, (np.ndarray, np.generic)):
        return leaf.dtype.kind in "iufc"
    return isinstance(leaf, (int, float, complex)) and not isinstance(leaf, bool)


def _as_float(leaf: Any, name: str) -> Any:
    array = np.asarray(leaf)
    if array.dtype.kind == "c":
        repair = "Give the real and the imaginary part as two arguments."
        raise DerivativeError(message(f"The argument {name} is complex, where real numbers are compared.", repair))
    array = array if array.dtype.kind == "f" else array.astype(np.float64)
    return array if isinstance(leaf, np.ndarray) else float(array) if isinstance(leaf, (int, float)) else array[()]


def _checked(part: Any, name: str) -> npt.NDArray[Any]:
    array = np.asarray(part)
    if array.dtype.kind not in "iuf" or isinstance(part, (str, bytes)):
        kind = "None" if part is None else f"a {type(part).__name__}" if array.dtype.kind in "OUS" else f"{array.dtype}"
        raise DerivativeError(message(f"{name} returned {kind}.", "Return real numbers or arrays of them."))
    return array


def many(count: int, what: str) -> str:
    """Return a count of something, in the singular or plural."""
    return f"{count} {what}{'' if count == 1 else 's'}"
