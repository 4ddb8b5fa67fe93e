"""The dual number: a value and its tangent, to hold in the hand."""

from __future__ import annotations

from typing import Any, ClassVar

import numpy as np

from ..calculus import is_composite, is_constant, plain_call, pushforward
from ..rules import Operand, Row, spec_of

__all__ = ["Dual"]


class Dual(Operand):
    r"""A dual number :math:`v + t\,\epsilon` with :math:`\epsilon^2 = 0` (Clifford, 1873).

    Arithmetic and NumPy functions carry the tangent along by the chain rule, so evaluating a function at
    ``Dual(x, 1)`` gives its value and its derivative. For derivatives of derivatives use `jvp` or `grad`: bare dual
    numbers cannot tell the perturbations of nested derivatives apart (Siskind and Pearlmutter, 2008).

    Parameters
    ----------
    value : number or array
    tangent : number or array, optional
        Of the same shape; zero by default.

    Examples
    --------
    >>> from chainrule import Dual
    >>> def f(x, y):
    ...     return x**2 * y + y + 2
    >>> f(Dual(3, 1), 4)
    Dual(42, 24)
    >>> 1 / Dual(2.0, 1.0) + 1
    Dual(1.5, -0.25)
    >>> bool(Dual(3.0, 1.0) > 2)
    True
    """

    __slots__ = ("tangent", "value")
    __chainrule_priority__: ClassVar[int] = 20

    def __init__(self, value: Any, tangent: Any = 0) -> None:
        self.value = value
        self.tangent = tangent

    shape = property(lambda self: spec_of(self.value).shape)
    dtype = property(lambda self: spec_of(self.value).dtype)
    ndim = property(lambda self: len(self.shape))
    size = property(lambda self: spec_of(self.value).size)

    def __chainrule_apply__(self, row: Row, operands: tuple[Any, ...], params: dict[str, Any]) -> Any:
        if is_constant(row):
            return plain_call(row, operands, params, _value)
        if is_composite(row):
            return row.compute(*operands, **params)
        values = tuple([_value(x) for x in operands])
        tangents = [x.tangent if isinstance(x, Dual) else None for x in operands]
        result = row.evaluate(values, params)
        ans = result if hasattr(result, "shape") else np.asarray(result)[()]  # operators of Python numbers
        return Dual(result, pushforward(row, ans, values, tangents, params))

    def __bool__(self) -> bool:
        return bool(self.value)

    def __repr__(self) -> str:
        return f"Dual({self.value}, {self.tangent})"

    def __format__(self, spec: str) -> str:
        return f"Dual({self.value:{spec}}, {self.tangent:{spec}})"


def _value(x: Any) -> Any:
    return x.value if isinstance(x, Dual) else x
