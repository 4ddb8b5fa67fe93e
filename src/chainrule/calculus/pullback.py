"""From a row to what one operand's cotangent needs: which values to keep, and how to use them."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any, NamedTuple

from ..rules import Row, spec_of
from ..rules.indexing import getitem, put
from .transpose import transpose

__all__ = ["Pull", "Reader", "Transpose", "pulls"]


class Reader(NamedTuple):
    """Where a rule finds one of the names it reads: ``what`` is ans, value, values, spec, specs, param or position."""

    what: str
    which: Any


class Transpose:
    """Marks the pull of a row that is not elementwise: called as ``fn(cotangent, *saved)``.

    ``into`` names the two transposes that a raw sweep may do in place, so that a loop over the elements of an array
    costs the sum of the elements and not a whole array each: ``"add"`` for reading and ``"clear"`` for writing.
    """

    __slots__ = ("fn", "into")

    def __init__(self, fn: Callable[..., Any], into: str | None = None) -> None:
        self.fn = fn
        self.into = into


class Pull:
    """How the cotangent of one operand follows from that of the result.

    Attributes
    ----------
    fn
        A number (the partial itself), None (the partial is the one saved value), a partial derivative (a function of
        the saved values), or a `Transpose`.
    readers : tuple of Reader
        What is saved for it.
    gather : callable
        ``gather(position, ans, operands, params)`` collects the values to save from one call, as a tuple.
    identities : callable or None
        ``identities(ans, operands)`` collects, in the same order, what identifies each of them (None for shapes and
        parameters). None if no value is read.
    needed : frozenset of int or None
        The operands whose values are read; None stands for all.
    """

    __slots__ = ("fn", "gather", "identities", "needed", "readers")

    def __init__(self, fn: Any, readers: tuple[Reader, ...]) -> None:
        self.fn = fn
        self.readers = readers
        self.gather: Callable[..., tuple[Any, ...]] = self._compile_and_gather
        reads = [reader for reader in readers if reader.what in ("ans", "value", "values")]
        self.identities = partial(_identities, readers) if reads else None
        every = any(reader.what == "values" for reader in reads)
        self.needed = None if every else frozenset(reader.which for reader in reads if reader.what == "value")

    def _compile_and_gather(self, position: int, ans: Any, operands: Any, params: dict[str, Any]) -> tuple[Any, ...]:
        """Write the collection out as one expression, at its first use."""
        parts = "".join(f"{_TEXTS[what].format(which)}, " for what, which in self.readers)
        self.gather = eval(f"lambda position, ans, operands, params: ({parts})", {"spec_of": spec_of})
        return self.gather(position, ans, operands, params)


_TEXTS = {
    "ans": "ans",
    "value": "operands[{0}]",
    "values": "tuple(operands)",
    "spec": "spec_of(operands[{0}])",
    "specs": "tuple([spec_of(x) for x in operands])",
    "param": "params[{0!r}]",
    "position": "position",
}


def _identities(readers: tuple[Reader, ...], ans: Any, operands: Any) -> tuple[Any, ...]:
    return tuple([_identify(reader, ans, operands) for reader in readers])


def pulls(row: Row) -> tuple[Pull, ...]:
    """Return the `Pull` of each operand of a row (a variadic row has one, for all)."""
    if row.plans is None:
        row.plans = tuple([_pull(row, i) for i in range(len(row.operands))])
    found: tuple[Pull, ...] = row.plans
    return found


def _pull(row: Row, i: int) -> Pull:
    if row.kind == "elementwise":
        return _elementwise_pull(row, i)
    if row.kind == "general":
        function = row.vjps[i]
        if function is None:
            return _transposed_pull(row, i)
    else:
        function = row.transposes[i]
    into = {(getitem, 0): "add", (put, 0): "clear"}.get((row, i))
    return Pull(Transpose(function.fn, into), _readers(row, i, function.reads[1:]))


def _elementwise_pull(row: Row, i: int) -> Pull:
    function = row.partials[i]
    if not callable(function.fn):
        return Pull(function.fn, ())
    readers = _readers(row, i, function.reads)
    return Pull(None if _is_identity(function.fn) else function.fn, readers)


def _transposed_pull(row: Row, i: int) -> Pull:
    """Transpose the jvp of a row whose vjp is not written."""
    function = row.jvps[i]
    assert function is not None
    readers = _readers(row, i, function.reads[1:])

    def vjp(g: Any, spec: Any, *saved: Any) -> Any:
        return transpose(lambda t: function.fn(t, *saved), spec, g)

    return Pull(Transpose(vjp), (Reader("spec", i), *readers))


def _is_identity(fn: Any) -> bool:
    """Tell whether a partial returns the one value it reads: then its product needs no call."""
    return len(fn.__code__.co_varnames) == 1 and fn.__code__.co_code == _IDENTITY.__code__.co_code


_IDENTITY = lambda y: y  # noqa: E731


def _readers(row: Row, i: int, reads: tuple[str, ...]) -> tuple[Reader, ...]:
    return tuple(map(partial(_reader, row, i), reads))


def _reader(row: Row, i: int, name: str) -> Reader:
    if name in ("ans", "position"):
        return Reader(name, None)
    if name not in row.operands:
        return Reader("param", name)
    j = row.operands.index(name)
    by_shape = row.kind == "linear" or (row.kind == "multilinear" and j == i and not row.variadic)
    what = "spec" if by_shape else "value"
    return Reader(what + "s" if row.variadic else what, j)


def _identify(reader: Reader, ans: Any, operands: Any) -> Any:
    what, which = reader
    if what == "value":
        return operands[which]
    if what == "ans":
        return ans
    return tuple(operands) if what == "values" else None
