"""NumPy's protocols and Python's operators, turned into calls of rows, for every kind of recorded value."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np

from ._calls import asks_for_mask, cast, masked, with_options
from ._row import Row
from ._table import lookup
from .ufunc_methods import ufunc_method
from .writing import WRITERS

__all__ = ["Operand"]

PLAIN = (int, float, complex, np.ndarray, np.generic, list, tuple)


class Operand:
    """Base class of values that stand for arrays in user code: recorded, dual and symbolic ones.

    A subclass defines ``__chainrule_apply__(row, operands, params)``. Operators, NumPy functions and array methods
    all arrive there, with the arguments of the call sorted by the row.
    """

    __slots__ = ()
    __chainrule_priority__: ClassVar[int] = 0
    __hash__ = None  # type: ignore[assignment]

    def __chainrule_apply__(self, row: Row, operands: tuple[Any, ...], params: dict[str, Any]) -> Any:
        raise NotImplementedError

    def __array_ufunc__(self, ufunc: np.ufunc, method: str, *inputs: Any, **kwargs: Any) -> Any:
        if method == "__call__":
            call = lookup(ufunc)
            return call(*inputs) if not kwargs else with_options(call, inputs, kwargs, ufunc)
        return ufunc_method(ufunc, method, inputs, kwargs)

    def __array_function__(self, func: Callable[..., Any], types: Any, args: Any, kwargs: dict[str, Any]) -> Any:
        if func in WRITERS:
            return WRITERS[func](*args, **kwargs)
        row = lookup(func)
        if row.kind == "constant":
            return self.__chainrule_apply__(row, args, kwargs)
        if kwargs and asks_for_mask(func, kwargs):
            return masked(func, *args, **kwargs)
        if kwargs.get("out") is not None or kwargs.get("dtype") is not None:
            result = with_options(row, args, kwargs)
        else:
            result = row(*args, **kwargs)
        return self.__chainrule_created__(result) if isinstance(result, np.ndarray) else result

    def __chainrule_created__(self, array: Any) -> Any:
        """Return a plain array that a NumPy function made of plain values (``np.full(3, 2.0, like=x)``)."""
        return array

    def __getitem__(self, index: Any) -> Any:
        return _GETITEM(self, index)

    def __iter__(self) -> Any:
        if not self.ndim:
            msg = "iteration over a 0-d array"
            raise TypeError(msg)
        return (self[i] for i in range(self.shape[0]))

    def __len__(self) -> int:
        if not self.ndim:
            msg = "len() of unsized object"
            raise TypeError(msg)
        return int(self.shape[0])

    def reshape(self, *shape: Any, order: str = "C") -> Any:
        return lookup(np.reshape)(self, shape[0] if len(shape) == 1 else shape, order=order)

    def transpose(self, *axes: Any) -> Any:
        return lookup(np.transpose)(self, axes[0] if len(axes) == 1 else axes or None)

    def astype(self, dtype: Any, copy: bool = True) -> Any:
        return cast(self, dtype)

    def flatten(self, order: str = "C") -> Any:
        return self.copy().ravel(order)

    def item(self, *args: Any) -> Any:
        """Return the only element (or the one asked for), still recorded."""
        if not args and self.size != 1:
            msg = "can only convert an array of size 1 to a scalar"
            raise ValueError(msg)
        flat = lookup(np.reshape)(self, (-1,))
        index = args[0] if len(args) == 1 else args
        return flat[index or 0] if not isinstance(index, tuple) or not index else self[index]

    def __contains__(self, value: Any) -> bool:
        return bool(np.any(lookup(np.equal)(self, value)))

    @property
    def T(self) -> Any:
        return lookup(np.transpose)(self)

    @property
    def real(self) -> Any:
        return lookup(np.real)(self)

    @property
    def imag(self) -> Any:
        return lookup(np.imag)(self)

    @property
    def flat(self) -> Any:
        return _Flat(self)

    if TYPE_CHECKING:
        # Every operator and the methods of METHODS are made by `_install`; shape and the like are the subclass's.
        shape: Any
        ndim: Any
        size: Any
        dtype: Any

        def __getattr__(self, name: str) -> Any: ...
        def __setitem__(self, index: Any, value: Any) -> None: ...
        def __add__(self, other: Any) -> Any: ...
        def __radd__(self, other: Any) -> Any: ...
        def __sub__(self, other: Any) -> Any: ...
        def __rsub__(self, other: Any) -> Any: ...
        def __mul__(self, other: Any) -> Any: ...
        def __rmul__(self, other: Any) -> Any: ...
        def __truediv__(self, other: Any) -> Any: ...
        def __rtruediv__(self, other: Any) -> Any: ...
        def __floordiv__(self, other: Any) -> Any: ...
        def __mod__(self, other: Any) -> Any: ...
        def __pow__(self, other: Any) -> Any: ...
        def __rpow__(self, other: Any) -> Any: ...
        def __matmul__(self, other: Any) -> Any: ...
        def __rmatmul__(self, other: Any) -> Any: ...
        def __neg__(self) -> Any: ...
        def __lt__(self, other: Any) -> Any: ...
        def __le__(self, other: Any) -> Any: ...
        def __gt__(self, other: Any) -> Any: ...
        def __ge__(self, other: Any) -> Any: ...


OPERATORS: dict[str, Callable[..., Any]] = {
    "add": np.add, "sub": np.subtract, "mul": np.multiply, "truediv": np.true_divide, "pow": np.power,
    "mod": np.remainder, "floordiv": np.floor_divide, "matmul": np.matmul,
}  # fmt: skip
UNARY = {"neg": np.negative, "pos": np.positive, "abs": np.absolute}
COMPARISONS = {
    "lt": np.less, "le": np.less_equal, "gt": np.greater, "ge": np.greater_equal, "eq": np.equal, "ne": np.not_equal,
}  # fmt: skip
METHODS = (
    "all", "any", "argmax", "argmin", "argsort", "clip", "conjugate", "copy", "cumprod", "cumsum", "diagonal", "dot",
    "max", "mean", "min", "nonzero", "prod", "ravel", "repeat", "round", "searchsorted", "squeeze", "std", "sum",
    "swapaxes", "take", "trace", "var",
)  # fmt: skip


class _Flat:
    """The elements of a value in the order of memory: to loop over, to read and to write."""

    __slots__ = ("of",)

    def __init__(self, of: Any) -> None:
        self.of = of

    def __iter__(self) -> Any:
        return iter(self.of.reshape(-1))

    def __len__(self) -> int:
        return int(self.of.size)

    def __getitem__(self, index: Any) -> Any:
        return self.of.reshape(-1)[index]

    def __setitem__(self, index: Any, value: Any) -> None:
        flat = self.of.reshape(-1).copy()
        flat[index] = value
        self.of[...] = flat.reshape(self.of.shape)


def _binary(fn: Callable[..., Any]) -> tuple[Any, Any]:
    def operator(self: Any, other: Any) -> Any:
        if isinstance(other, PLAIN) or hasattr(other, "__chainrule_priority__"):
            return lookup(fn)(self, other)
        return NotImplemented

    def reflected(self: Any, other: Any) -> Any:
        if isinstance(other, PLAIN) or hasattr(other, "__chainrule_priority__"):
            return lookup(fn)(other, self)
        return NotImplemented

    return operator, reflected


def _method(fn: Callable[..., Any]) -> Any:
    def method(self: Any, *args: Any, **kwargs: Any) -> Any:
        return self.__array_function__(fn, (), (self, *args), kwargs)

    method.__name__ = fn.__name__
    method.__doc__ = f"Return ``np.{fn.__name__}`` of this value."
    return method


def _unary(fn: Callable[..., Any]) -> Any:
    return lambda self: lookup(fn)(self)


def _install() -> None:
    for name, fn in OPERATORS.items():
        forward, reflected = _binary(fn)
        setattr(Operand, f"__{name}__", forward)
        setattr(Operand, f"__r{name}__", reflected)
    for name, fn in COMPARISONS.items():
        setattr(Operand, f"__{name}__", _binary(fn)[0])
    for name, fn in UNARY.items():
        setattr(Operand, f"__{name}__", _unary(fn))
    for name in METHODS:
        setattr(Operand, name, _method(getattr(np, name)))
    methods: Any = Operand
    methods.conj = methods.conjugate
    methods.__divmod__ = lambda self, other: (self // other, self % other)
    methods.__rdivmod__ = lambda self, other: (other // self, other % self)


from .indexing import getitem as _GETITEM  # noqa: E402

_install()
