"""Transposition of a linear function that is written in rows: a jvp becomes a vjp, and the other way round."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, ClassVar

import numpy as np

from ..errors import ChainruleError
from ..rules import Operand, Row, Spec, spec_of
from .project import project

__all__ = ["transpose"]


class Linear(Operand):
    """A value that depends linearly on the argument of the function being transposed.

    ``value`` is the function's value at zero; only its shape and dtype matter.
    """

    __slots__ = ("parents", "value")
    __chainrule_priority__: ClassVar[int] = 30

    def __init__(self, value: Any, parents: tuple[Any, ...] = ()) -> None:
        self.value = value
        self.parents = parents

    @property
    def shape(self) -> Any:
        return self.value.shape

    @property
    def dtype(self) -> Any:
        return self.value.dtype

    @property
    def ndim(self) -> Any:
        return self.value.ndim

    @property
    def size(self) -> Any:
        return self.value.size

    def __chainrule_apply__(self, row: Row, operands: tuple[Any, ...], params: dict[str, Any]) -> Any:
        from .kinds import is_constant, plain_call

        if is_constant(row):
            return plain_call(row, operands, params, _value)
        values = tuple([_value(x) for x in operands])
        return Linear(row.evaluate(values, params), (row, operands, values, params))


def transpose(fn: Callable[[Any], Any], spec: Spec, cotangent: Any) -> Any:
    """Return the transpose of a linear function, applied to a cotangent.

    Parameters
    ----------
    fn : callable
        A linear function written with NumPy functions that have rows.
    spec : Spec
        Shape and dtype of its argument.
    cotangent : array
        Of the shape of the function's result.

    Examples
    --------
    >>> from chainrule.rules import Spec
    >>> transpose(lambda t: 3 * t[1:], Spec((3,), np.dtype(float)), np.array([1.0, 2.0]))
    array([0., 3., 6.])
    """
    argument = Linear(np.zeros(spec.shape, spec.dtype))
    result = fn(argument)
    if not isinstance(result, Linear):
        return np.zeros(spec.shape, spec.dtype)
    cotangents = {id(result): cotangent}
    for node in _reversed_order(result):
        g = cotangents.pop(id(node)) if node.parents else None
        if g is not None:
            _pull_back(node, g, cotangents)
    total = cotangents.get(id(argument))
    return np.zeros(spec.shape, spec.dtype) if total is None else total


def _pull_back(node: Linear, g: Any, cotangents: dict[int, Any]) -> None:
    from .pullback import Transpose, pulls

    row, operands, values, params = node.parents
    plans = pulls(row)
    for i, operand in enumerate(operands):
        if not isinstance(operand, Linear):
            continue
        pull = plans[0 if row.variadic else i]
        _require_linear(row, pull, operands)
        saved = pull.gather(i, node.value, values, params)
        if isinstance(pull.fn, Transpose):
            term = pull.fn.fn(g, *saved)
        else:
            term = g * (pull.fn(*saved) if callable(pull.fn) else saved[0] if pull.fn is None else pull.fn)
        term = project(term, spec_of(operand.value))
        known = cotangents.get(id(operand))
        cotangents[id(operand)] = term if known is None else known + term


def _require_linear(row: Row, pull: Any, operands: Any) -> None:
    for what, which in pull.readers:
        if what == "ans" or (what == "value" and isinstance(operands[which], Linear)):
            msg = f"{row.name} is not linear in its argument here, so the rule that uses it cannot be transposed."
            raise ChainruleError(msg)


def _reversed_order(result: Linear) -> list[Linear]:
    """Sort the values on which a result depends so that each comes before its operands."""
    order: list[Linear] = []
    seen: set[int] = set()
    stack = [(result, False)]
    while stack:
        node, done = stack.pop()
        if done:
            order.append(node)
        elif id(node) not in seen:
            seen.add(id(node))
            stack.append((node, True))
            stack.extend((x, False) for x in (node.parents[1] if node.parents else ()) if isinstance(x, Linear))
    return order[::-1]


def _value(x: Any) -> Any:
    return x.value if isinstance(x, Linear) else x
