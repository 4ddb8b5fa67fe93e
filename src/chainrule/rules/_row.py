"""A row of the table: one derivative fact, stated once."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from functools import partial
from typing import Any, NamedTuple

import numpy as np

from ..errors import MissingRuleError, message
from ._domain import Edge

__all__ = ["Fn", "Function", "Row", "Spec", "bare_row", "bind_nothing", "spec_of"]

Fn = Callable[..., Any]


class Spec(NamedTuple):
    """The shape and dtype of an array: all that the transpose of a linear function may know of its argument."""

    shape: tuple[int, ...]
    dtype: Any

    @property
    def ndim(self) -> int:
        return len(self.shape)

    @property
    def size(self) -> int:
        size = 1
        for length in self.shape:
            size *= length
        return size


class Function(NamedTuple):
    """A partial, transpose, jvp or vjp for one operand: a function (or plain number) and the names it reads."""

    fn: Any
    reads: tuple[str, ...]


class Row:
    """One function that chainrule can differentiate.

    Calling a row computes the function. If an argument defines ``__chainrule_apply__`` (a recorded value, a dual
    number, a symbol, ...) the call is handed to it, so that one text of a rule serves every method.

    Attributes
    ----------
    name : str
        The function's name in NumPy, or the rule's own.
    kind : str
        ``"elementwise"``, ``"linear"``, ``"multilinear"``, ``"general"``, ``"composite"`` or ``"constant"``.
    operands : tuple of str
        The arguments that are differentiated. The other arguments are parameters.
    variadic : bool
        True if the only operand is a sequence of arrays, flattened at dispatch (``concatenate``).
    partials : tuple
        Elementwise rows: a `Function` per operand.
    transposes : tuple
        Linear and multilinear rows: a `Function` per operand.
    jvps, vjps : tuple
        General rows: a `Function` or None per operand.
    view : bool
        True if NumPy's result may share memory with the operand.
    splits
        What is known of equal eigenvalues in the result, or None (see `rules.linalg.ties`).
    follows : bool
        True if its parameter ``moved`` is how the first operand changes when equal values part in the second.
    domain
        Where the tests sample it. A row without one fails the test suite.
    edges : tuple of Edge
        Exact derivatives at kinks, poles and ties.
    """

    __slots__ = (
        "bind", "complex", "compute", "discrete", "domain", "edges", "fn", "follows", "jvps", "kind", "name",
        "operands", "params", "partials", "plans", "splits", "transposes", "variadic", "view", "vjps",
    )  # fmt: skip

    def __init__(self, name: str, kind: str, fn: Fn, bind: Fn, operands: tuple[str, ...], compute: Fn) -> None:
        self.name = name
        self.kind = kind
        self.fn = fn
        self.bind = bind
        self.operands = operands
        self.params: tuple[str, ...] = ()
        self.compute = compute
        self.variadic = False
        self.view = False
        self.complex = False
        self.discrete: frozenset[str] = frozenset()
        self.partials: tuple[Function, ...] = ()
        self.transposes: tuple[Function, ...] = ()
        self.jvps: tuple[Function | None, ...] = ()
        self.vjps: tuple[Function | None, ...] = ()
        self.splits: Any = None
        self.follows = False
        self.plans: Any = None  # what `calculus` derives from the row, once
        self.domain: Any = None
        self.edges: tuple[Edge, ...] = ()

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        if self.kind == "composite":
            return self.compute(*args, **kwargs)
        try:
            operands, params = self.bind(*args, **kwargs)
        except MissingRuleError:
            raise
        except TypeError as error:
            raise MissingRuleError(_unsupported(self, error)) from None
        return self.evaluate(operands, params)

    def evaluate(self, operands: tuple[Any, ...], params: dict[str, Any]) -> Any:
        """Compute the row on arguments that are sorted already."""
        chosen = _most_eager(operands)
        if chosen is None and self.discrete:
            chosen = _most_eager([params[name] for name in self.discrete])
        if chosen is not None:
            return chosen.__chainrule_apply__(self, operands, params)
        return self.compute(*operands, **params)

    def __repr__(self) -> str:
        return f"<{self.kind} rule {self.name}({', '.join(self.operands + self.params)})>"


def _unsupported(row: Row, error: TypeError) -> str:
    reason = str(error).replace("<lambda>()", row.name)
    accepted = ", ".join(row.operands + row.params)
    return message(f"The derivative rule of this call does not cover its arguments: {reason}.", f"It takes {accepted}.")


def _most_eager(operands: Iterable[Any]) -> Any:
    """Return the operand whose ``__chainrule_apply__`` takes the call, or None if all are plain."""
    chosen, best = None, -1
    for operand in operands:
        priority = getattr(operand, "__chainrule_priority__", None)
        if priority is not None and priority > best:
            chosen, best = operand, priority
    return chosen


def bare_row(
    name: str, compute: Fn, count: int, jvp: Callable[..., Any] | None = None, vjp: Callable[..., Any] | None = None
) -> Row:
    """Return a row that is in no table: one call of a user's function with its own derivative.

    Parameters
    ----------
    compute : callable
        Takes the `count` operands.
    jvp, vjp : callable
        Called as ``jvp(i, tangent, *operands)`` and ``vjp(i, cotangent, *operands)`` for operand number i.
    """
    operands = tuple([f"operand{i}" for i in range(count)])
    row = Row(name, "general", compute, bind_nothing, operands, compute)
    row.jvps = tuple([None if jvp is None else Function(partial(jvp, i), ("t", *operands)) for i in range(count)])
    row.vjps = tuple([None if vjp is None else Function(partial(vjp, i), ("g", *operands)) for i in range(count)])
    return row


def bind_nothing(*args: Any, **kwargs: Any) -> tuple[tuple[Any, ...], dict[str, Any]]:
    return args, kwargs


def spec_of(value: Any) -> Spec:
    """Return the shape and dtype of an array or a number."""
    try:
        return Spec(value.shape, value.dtype)
    except AttributeError:
        array = np.asarray(value)
        return Spec(array.shape, array.dtype)
