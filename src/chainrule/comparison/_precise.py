"""Numbers with sixty digits that user code takes for arrays, so that a program can be run to sixty digits as it stands.

Each operation arrives as a row of the table, of which only the name is read, never a derivative. Elementwise functions
are mpmath's; those that add, multiply and move elements are NumPy's own, on arrays of mpmath numbers. Comparisons
compare all digits and give plain booleans, so branches and loops run. Casts to fewer digits keep them all.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, ClassVar

import numpy as np

from ..calculus import is_composite, is_constant, plain_call
from ..errors import DerivativeError, EscapeError, MissingRuleError, message
from ..rules import Operand, Row
from ._elementary import elementary, exact

__all__ = ["HighPrecision", "Meter", "TooLongError", "exact_array"]

_ORDERING = {
    "equal", "not_equal", "less", "less_equal", "greater", "greater_equal", "argmax", "argmin", "argsort",
    "argpartition", "count_nonzero", "nonzero",
}  # fmt: skip
_ON_OBJECTS = {"max", "min", "product", "running_product", "recurrence"}
_exact_each = np.frompyfunc(exact, 1, 1)
_is_exact = np.frompyfunc(lambda x: hasattr(x, "context"), 1, 1)


class TooLongError(DerivativeError):
    """A run in high precision took more operations than it was granted."""


class Meter:
    """How many operations on single numbers the runs have taken, and how many they may take."""

    def __init__(self, limit: int) -> None:
        self.limit, self.used = limit, 0

    def add(self, operations: int) -> None:
        self.used += operations
        if self.used > self.limit:
            raise TooLongError("it would take too long")


class HighPrecision(Operand):
    """An array (of any dimension, 0 included) of mpmath's numbers."""

    __slots__ = ("meter", "value")
    __chainrule_priority__: ClassVar[int] = 30

    def __init__(self, value: Any, meter: Meter) -> None:
        self.value = _as_exact(value)
        self.meter = meter

    shape = property(lambda self: self.value.shape)
    ndim = property(lambda self: self.value.ndim)
    size = property(lambda self: self.value.size)

    @property
    def dtype(self) -> Any:
        """The dtype that the program would meet, not that of the array of objects."""
        complex_ = any(hasattr(x, "_mpc_") for x in self.value.flat)
        return np.dtype(np.complex128 if complex_ else np.float64)

    def __chainrule_apply__(self, row: Row, operands: tuple[Any, ...], params: dict[str, Any]) -> Any:
        if is_composite(row):
            return row.compute(*operands, **params)
        if is_constant(row):
            return self._constant(row, operands, params)
        params = {name: _nested(_rounded, x) for name, x in params.items()}
        if row.kind == "elementwise" or row.name in ("real", "imag", "conjugate"):
            return self._elementwise(row, operands, params)
        if row.name == "cast":
            return HighPrecision(operands[0].value.copy(), self.meter)
        self.meter.add(sum(np.size(x) for x in operands) + 1)
        values = [exact_array(x) for x in operands]
        compute = _general(row) if row.kind == "general" else row.compute
        try:
            return HighPrecision(compute(*values, **params), self.meter)
        except TypeError as error:  # NumPy's own machine code, as of Fourier transforms
            raise MissingRuleError(f"{row.name} has no counterpart in sixty digits") from error

    def _elementwise(self, row: Row, operands: tuple[Any, ...], params: dict[str, Any]) -> Any:
        fn = elementary(row.name)
        if fn is None:
            raise MissingRuleError(f"{row.name} has no counterpart in mpmath")
        if row.name == "nan_to_num":
            params = {}
        values = [*[exact_array(x) for x in operands], *[_as_exact(x) for x in params.values()]]
        result = np.frompyfunc(fn, len(values), 1)(*values)
        self.meter.add(np.size(result))
        return HighPrecision(result, self.meter)

    def _constant(self, row: Row, operands: tuple[Any, ...], params: dict[str, Any]) -> Any:
        value = _objects if row.name in _ORDERING else _rounded
        result = plain_call(row, operands, params, value)
        floating = isinstance(result, (np.ndarray, np.generic)) and result.dtype.kind in "fc"
        return HighPrecision(result, self.meter) if floating else result

    def __setitem__(self, index: Any, value: Any) -> None:
        self.value[_nested(_rounded, index)] = exact_array(value) if np.ndim(value) else exact_array(value)[()]

    def numpy(self) -> Any:
        """Return the value rounded to double precision."""
        return _rounded(self)

    def __bool__(self) -> bool:
        return bool(self.value)

    def __trunc__(self) -> int:
        return int(self.value[()])

    def __floor__(self) -> int:
        return int(np.floor(_rounded(self)))

    def __ceil__(self) -> int:
        return int(np.ceil(_rounded(self)))

    def __round__(self, digits: int | None = None) -> Any:
        return int(np.rint(_rounded(self))) if digits is None else np.round(self, digits)

    def __copy__(self) -> HighPrecision:
        return HighPrecision(self.value.copy(), self.meter)

    def __deepcopy__(self, memo: Any) -> HighPrecision:
        return self.__copy__()

    def __repr__(self) -> str:
        return f"HighPrecision({self.value})"

    def __format__(self, spec: str) -> str:
        return format(_rounded(self), spec)


def _refuse(self: Any, *args: Any, **kwargs: Any) -> Any:
    raise EscapeError(message("A number with sixty digits was about to become a plain one.", "Use NumPy functions."))


for _name in ("__array__", "__float__", "__int__", "__index__", "__complex__"):
    setattr(HighPrecision, _name, _refuse)


def _as_exact(x: Any) -> Any:
    """Return an array of mpmath's numbers; one that holds nothing else is not copied, so that views stay views."""
    array = np.asarray(x, dtype=object)
    if not np.all(_is_exact(array)):
        array = np.asarray(_exact_each(array), dtype=object)
    return array


def exact_array(x: Any) -> Any:
    if isinstance(x, HighPrecision):
        return x.value
    if isinstance(x, (list, tuple)):
        return type(x)([exact_array(part) for part in x])
    return _as_exact(x)


def _objects(x: Any) -> Any:
    return x.value if isinstance(x, HighPrecision) else x


def _rounded(x: Any) -> Any:
    """Return a double-precision copy of one of our numbers; anything else as it is."""
    return x.value.astype(x.dtype)[()] if isinstance(x, HighPrecision) else x


def _nested(f: Callable[[Any], Any], x: Any) -> Any:
    return type(x)([_nested(f, part) for part in x]) if type(x) in (list, tuple) else f(x)


def _general(row: Row) -> Callable[..., Any]:
    """Return what computes a row of linear algebra, or one that selects, on arrays of mpmath's numbers."""
    if row.name in _ON_OBJECTS:
        return row.compute
    if row.name in _MATRICES:
        return _MATRICES[row.name]
    raise MissingRuleError(f"{row.name} has no counterpart in sixty digits")


def _eliminated(a: Any, b: Any) -> tuple[Any, Any]:
    """Solve ``a x = b`` by elimination with pivots, for one matrix; return x and the determinant."""
    n = len(a)
    both, det = np.concatenate((a, b), axis=1), exact(1)
    for k in range(n):
        best = k + int(np.argmax(np.abs(both[k:, k])))
        if best != k:
            both[[k, best]], det = both[[best, k]], -det
        det = det * both[k, k]
        if det == 0:
            return np.full_like(b, exact(float("nan"))), det
        both[k] = both[k] / both[k, k]
        for i in range(n):
            if i != k:
                both[i] = both[i] - both[i, k] * both[k]
    return both[:, n:], det


def _identity(a: Any) -> Any:
    return _as_exact(np.eye(len(a)))


def _cholesky(a: Any) -> Any:
    n = len(a)
    lower = _as_exact(np.zeros((n, n)))
    for j in range(n):
        lower[j, j] = _function("sqrt")(a[j, j] - np.sum(lower[j, :j] ** 2))
        for i in range(j + 1, n):
            lower[i, j] = (a[i, j] - np.sum(lower[i, :j] * lower[j, :j])) / lower[j, j]
    return lower


def _function(name: str) -> Callable[..., Any]:
    found = elementary(name)
    assert found is not None
    return found


def _stacked(signature: str, fn: Callable[..., Any]) -> Callable[..., Any]:
    """Let a function of matrices take stacks of them."""
    return np.vectorize(fn, otypes=[object], signature=signature)


def _determinant(a: Any) -> Any:
    return _eliminated(a, _identity(a))[1]


_MATRICES: dict[str, Callable[..., Any]] = {
    "solve_matrix": _stacked("(n,n),(n,k)->(n,k)", lambda a, b: _eliminated(a, b)[0]),
    "inv": _stacked("(n,n)->(n,n)", lambda a: _eliminated(a, _identity(a))[0]),
    "det": _stacked("(n,n)->()", _determinant),
    "logdet": _stacked("(n,n)->()", lambda a: _function("log")(abs(_determinant(a)))),
    "cholesky_lower": _stacked("(n,n)->(n,n)", _cholesky),
}
