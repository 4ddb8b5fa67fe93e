"""Arrays of expressions: an object array of NumPy's, which does the indexing, the views and the writing."""

from __future__ import annotations

from typing import Any

import numpy as np

from ..rules import Operand
from . import refusals
from .base import Symbolic
from .expression import Constant, Expr, as_expr

__all__ = ["Array", "elements_of", "plain_index", "wrap"]

_BOOL, _FLOAT = np.dtype(bool), np.dtype(np.float64)


class Array(Symbolic):
    """An array whose elements are expressions.

    It behaves as a NumPy array: slices are views, and ``y[i] = v`` writes into it. Made by `symbols` with a shape, by
    NumPy functions of symbols, and by ``np.zeros(n, like=x)``.

    Examples
    --------
    >>> import numpy as np
    >>> from chainrule import symbolic
    >>> w = symbolic.symbols("w", shape=3)
    >>> y = np.zeros(2, like=w)
    >>> y[0] = w @ w
    >>> y
    [w[0]*w[0] + w[1]*w[1] + w[2]*w[2], 0]
    """

    __slots__ = ("compiled", "elements")

    def __init__(self, elements: Any) -> None:
        self.elements = elements
        self.compiled: Any = None

    shape = property(lambda self: self.elements.shape)
    ndim = property(lambda self: self.elements.ndim)
    size = property(lambda self: self.elements.size)

    @property
    def dtype(self) -> Any:
        return _BOOL if self.size and all(x.boolean for x in self.elements.flat) else _FLOAT

    def roots(self) -> list[Expr]:
        return list(self.elements.flat)

    def shaped(self, values: list[Any]) -> Any:
        if not all(isinstance(x, Expr) for x in values):
            return values
        result = np.empty(self.shape, object)
        result.reshape(-1)[:] = values
        return Array(result)

    def tolist(self) -> Any:
        return self.elements.tolist()

    def __setitem__(self, index: Any, value: Any) -> None:
        index = plain_index(index)
        part = self.elements[index]
        self.elements[index] = _EXPRESSIONS(elements_of(value)) if isinstance(part, np.ndarray) else as_expr(value)

    def __array__(self, dtype: Any = None, copy: Any = None) -> Any:
        if dtype is not None and np.dtype(dtype) != object:
            raise refusals.escape(f"an array of {np.dtype(dtype)}", "Write np.asarray(x) without a dtype.")
        return self.elements.copy() if copy else self.elements

    def __iadd__(self, other: Any) -> Any:
        self[...] = self + other
        return self

    def __isub__(self, other: Any) -> Any:
        self[...] = self - other
        return self

    def __imul__(self, other: Any) -> Any:
        self[...] = self * other
        return self

    def __itruediv__(self, other: Any) -> Any:
        self[...] = self / other
        return self

    def __ipow__(self, other: Any) -> Any:
        self[...] = self**other
        return self

    def __bool__(self) -> bool:
        if self.size != 1:
            msg = "The truth value of an array with more than one element is ambiguous. Use a.any() or a.all()"
            raise ValueError(msg)
        return bool(self.roots()[0])

    def __copy__(self) -> Any:
        return Array(self.elements.copy())

    def __deepcopy__(self, memo: Any) -> Any:
        return Array(self.elements.copy())


def elements_of(x: Any) -> Any:
    """Return an object array with the expressions or numbers of a value; of an `Array`, its own storage."""
    if isinstance(x, Array):
        return x.elements
    if isinstance(x, Expr):
        box = np.empty((), object)
        box[()] = x
        return box
    if isinstance(x, Operand):
        return refusals.recorded()
    array = np.asarray(x)
    if array.dtype.kind not in "biufO":
        refusals.of_type(x)
    return array.astype(object)


_EXPRESSIONS = np.frompyfunc(as_expr, 1, 1)


def wrap(result: Any) -> Any:
    """Return what NumPy computed on object arrays as an `Array`, without axes as an expression."""
    if isinstance(result, (list, tuple)):
        return type(result)([wrap(part) for part in result])
    if isinstance(result, np.ndarray) and result.ndim:
        if result.dtype != object or not all(isinstance(x, Expr) for x in result.flat):
            result = _EXPRESSIONS(result)
        return Array(result)
    return as_expr(result)


def plain_index(index: Any) -> Any:
    """Return an index without expressions: constants become integers, symbols are refused."""
    if isinstance(index, tuple):
        return tuple([plain_index(part) for part in index])
    if isinstance(index, slice):
        parts = [plain_index(part) for part in (index.start, index.stop, index.step)]
        return slice(*parts)
    if isinstance(index, Expr):
        return bool(index) if isinstance(index, Constant) and index.boolean else index.__index__()
    if isinstance(index, list):
        index = np.asarray(index) if index else index
    if isinstance(index, Array) or (isinstance(index, np.ndarray) and index.dtype == object):
        return _plain_indices(elements_of(index))
    return index


def _plain_indices(indices: Any) -> Any:
    if not all(isinstance(x, Constant) or not isinstance(x, Operand) for x in indices.flat):
        refusals.index()
    return np.array([plain_index(x) for x in indices.flat]).reshape(indices.shape)
