"""From a row of the table, or a NumPy function, to what appends the statements for arrays."""

from __future__ import annotations

import functools
import inspect
from collections.abc import Callable
from importlib import import_module
from threading import get_ident
from typing import Any, TypeVar

import numpy as np

from ...errors import UnsupportedError
from ...rules import Row, lookup
from ...rules._calls import store_result
from ...rules._table import find
from .. import ir
from ..build import Builder
from ..kernels import kernel_op
from ..ops import is_written, op_of, takes_integers
from ..scalar import Scalar
from . import broadcast
from .array import Array, as_operand, known_dtype
from .lazy import Apply
from .stand_in import stand_in

__all__ = ["apply_row", "call", "cast_array", "lowers", "own_function", "own_ufunc", "replaces"]

_MODULES = (
    "creation",
    "diagonals",
    "gather",
    "joining",
    "linalg",
    "ordering",
    "products",
    "rearrange",
    "reductions",
    "running",
    "statistics",
    "windows",
)
_ROWS: dict[str, Callable[..., Any]] = {}
_FUNCTIONS: dict[Any, Callable[..., Any]] = {}
_loaded = False
_Fn = TypeVar("_Fn", bound=Callable[..., Any])


def lowers(*names: str) -> Callable[[_Fn], _Fn]:
    """Register, as a decorator, what rows of these names append: called as ``fn(builder, *operands, **params)``."""

    def register(fn: _Fn) -> _Fn:
        _ROWS.update(dict.fromkeys(names, fn))
        return fn

    return register


def replaces(*functions: Any) -> Callable[[_Fn], _Fn]:
    """Register, as a decorator, what is called for NumPy functions themselves, before their rows are asked for."""

    def register(fn: _Fn) -> _Fn:
        _FUNCTIONS.update(dict.fromkeys(functions, _storing(fn)))
        return fn

    return register


def _storing(fn: Callable[..., Any]) -> Callable[..., Any]:
    """Return a function that writes its result into the array that is given as ``out``, if one is."""
    signature = inspect.signature(fn)
    passed_on = any(p.kind is p.VAR_KEYWORD for p in signature.parameters.values())
    if "out" not in signature.parameters and not passed_on:
        return fn

    def call(*args: Any, **kwargs: Any) -> Any:
        out = kwargs.pop("out", None)
        bound = signature.bind(*args, **kwargs)
        out = bound.arguments.pop("out", out)
        result = fn(*bound.args, **bound.kwargs)
        out = out[0] if isinstance(out, tuple) else out
        return result if out is None else store_result(out, result)

    return call


def _load() -> None:
    global _loaded
    if not _loaded:
        _loaded = True
        for name in _MODULES:
            import_module(f".{name}", __package__)


def own_function(function: Callable[..., Any]) -> Callable[..., Any] | None:
    """Return what is called instead of a NumPy function, with the builder first; None if its row serves."""
    _load()
    own = _FUNCTIONS.get(function)
    return None if own is None else functools.partial(_or_by_row, function, own)


def _or_by_row(
    function: Callable[..., Any], own: Callable[..., Any], builder: Builder, *args: Any, **kwargs: Any
) -> Any:
    """Call what stands for a NumPy function; where it does not know an option, follow the function's row."""
    try:
        return own(builder, *args, **kwargs)
    except UnsupportedError:
        row, key = find(function), (get_ident(), function)
        if row is None or row.kind != "composite" or kwargs.get("out") is not None or key in _followed:
            raise
    from .composite import apply_composite

    _followed.add(key)  # the definition may call the function itself
    try:
        return apply_composite(row, args, kwargs)
    finally:
        _followed.discard(key)


_followed: set[Any] = set()


def own_ufunc(ufunc: np.ufunc, method: str) -> Callable[..., Any] | None:
    _load()
    if method == "__call__":
        return _FUNCTIONS.get(ufunc)
    return _FUNCTIONS.get((ufunc, method))


def call(builder: Builder, function: Callable[..., Any], args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
    """Call a NumPy function on arrays, scalars and plain values of a program."""
    from .creation import FUNCTIONS

    own = FUNCTIONS.get(function) or own_function(function)
    if function in _ITERATING:
        function = lookup(function)
    return function(*args, **kwargs) if own is None else own(builder, *args, **kwargs)


_ITERATING = (np.poly, np.roots)  # NumPy asks the elements of their argument for a protocol, not the argument


def apply_row(builder: Builder, row: Row, operands: tuple[Any, ...], params: dict[str, Any]) -> Any:
    """Append the statements for a row, applied to arrays and scalars."""
    _load()
    if row.kind == "composite":
        from .composite import apply_composite

        return apply_composite(row, operands, params)
    handler = _ROWS.get(row.name) or _FUNCTIONS.get(row.fn)
    if handler is not None:
        return handler(builder, *operands, **params)
    written = is_written(row) and not takes_integers(row, operands)
    if written and (row.kind == "elementwise" or isinstance(row.fn, np.ufunc)):
        return broadcast.apply(builder, op_of(row), [*operands, *params.values()])
    kernel = kernel_op(row, operands, params)
    if kernel is not None:
        return broadcast.apply(builder, *kernel)
    from .external import apply_external

    result = apply_external(builder, row, operands, params)
    if row.view and isinstance(result, Array) and isinstance(operands[0], Array):
        return stand_in(result, operands[0])
    return result


# ---- Rows that are no ufuncs, element by element


@lowers("select")
def _select(builder: Builder, x: Any, y: Any, condition: Any) -> Any:
    return broadcast.apply(builder, "select", [condition, x, y])


@lowers("real", "conjugate")
def _itself(builder: Builder, x: Any) -> Any:
    return as_operand(builder, x)


@lowers("imag")
def _imaginary(builder: Builder, val: Any) -> Any:
    x = as_operand(builder, val)
    zero = ir.Const(0 if x.dtype.kind == "i" else 0.0, x.dtype.name)
    return Array.new(builder, "t", x.kind, x.sizes, zero) if isinstance(x, Array) else Scalar(zero, builder)


@replaces(np.real_if_close)
def _real_if_close(builder: Builder, a: Any, tol: float = 100) -> Any:
    return as_operand(builder, a)


@lowers("ldexp")
def _ldexp(builder: Builder, x: Any, n: Any) -> Any:
    power = as_operand(builder, n)
    half = np.floor(power * 0.5)  # a power of two may be too large or too small for a number, and the product not
    return as_operand(builder, x) * np.exp2(half) * np.exp2(power - half)


@lowers("exponent")
def _exponent(builder: Builder, x: Any) -> Any:
    return broadcast.apply(builder, "exponent", [x])


@lowers("copy")
def _copy(builder: Builder, a: Any, order: str = "K", subok: bool = False) -> Any:
    from .array import as_array

    return as_array(builder, a).fresh_copy()


@lowers("cast", "_to_integers")
def _cast(builder: Builder, x: Any, dtype: Any) -> Any:
    return cast_array(builder, x, dtype)


def cast_array(builder: Builder, x: Any, dtype: Any) -> Any:
    """Return elements converted to another type, in a new array."""
    name = known_dtype(dtype)
    operand = as_operand(builder, x)
    if isinstance(operand, Scalar):
        return Scalar(builder.cast(operand.atom, name), builder)
    if not operand.ndim:
        return Array.new(builder, "t", name, (), builder.cast(operand.element(), name))
    node = Apply(name, (operand,), operand.kind, [(1,) * operand.ndim])
    return Array.lazy(builder, node, operand.sizes, name)


@lowers("nan_to_num")
def _nan_to_num(
    builder: Builder, x: Any, copy: bool = True, nan: Any = 0.0, posinf: Any = None, neginf: Any = None
) -> Any:
    limits = np.finfo(x.dtype)
    high = limits.max.item() if posinf is None else posinf
    low = limits.min.item() if neginf is None else neginf
    finite = np.where(x == np.inf, high, np.where(x == -np.inf, low, x))
    return np.where(np.isnan(x), nan, finite)


@replaces(np.clip)
def _clip(
    builder: Builder,
    a: Any,
    a_min: Any = None,
    a_max: Any = None,
    out: Any = None,
    *,
    min: Any = None,
    max: Any = None,
) -> Any:
    """Hold elements between bounds; integers stay integers if only one bound is given."""
    low, high = a_min if min is None else min, a_max if max is None else max
    x = as_operand(builder, a)
    if x.dtype.kind in "fc" or (low is not None and high is not None):
        low, high = -np.inf if low is None else low, np.inf if high is None else high
        return broadcast.apply(builder, "clamp", [x, low, high])
    return np.maximum(x, low) if high is None else np.minimum(x, high)


@replaces(np.round, np.around)
def _round(builder: Builder, a: Any, decimals: int = 0, out: None = None) -> Any:
    x = as_operand(builder, a)
    if x.dtype.kind != "f" and decimals >= 0:
        return x
    scale = 10.0 ** abs(decimals)
    if decimals == 0:
        return broadcast.apply(builder, "rint", [x])
    return np.rint(x * scale) / scale if decimals > 0 else np.rint(x / scale) * scale


@replaces(np.fix)
def _fix(builder: Builder, x: Any, out: None = None) -> Any:
    return broadcast.apply(builder, "trunc", [x])


def _bitwise(op: str) -> Callable[..., Any]:
    return lambda builder, *values: broadcast.apply(builder, op, values)


for _ufunc in (np.bitwise_and, np.bitwise_or, np.bitwise_xor, np.invert, np.left_shift, np.right_shift):
    replaces(_ufunc)(_bitwise(_ufunc.__name__))


@replaces(np.shape)
def _shape(builder: Builder, a: Any) -> Any:
    return as_operand(builder, a).shape


@replaces(np.ndim)
def _ndim(builder: Builder, a: Any) -> Any:
    return as_operand(builder, a).ndim


@replaces(np.size)
def _size(builder: Builder, a: Any, axis: int | None = None) -> Any:
    x = as_operand(builder, a)
    return x.size if axis is None else x.shape[axis]


@replaces(np.iscomplexobj)
def _is_complex(builder: Builder, x: Any) -> bool:
    return False


@replaces(np.isrealobj)
def _is_real(builder: Builder, x: Any) -> bool:
    return True


@replaces(np.result_type)
def _result_type(builder: Builder, *args: Any) -> Any:
    from ..scalar import joint_dtype

    types = [a for a in args if isinstance(a, (type, np.dtype, str))]
    values = [as_operand(builder, a) for a in args if not isinstance(a, (type, np.dtype, str))]
    joint = [np.dtype(joint_dtype(values)[0])] if values else []
    return np.result_type(*types, *joint)


@replaces(np.isclose)
def _isclose(
    builder: Builder, a: Any, b: Any, rtol: float = 1e-05, atol: float = 1e-08, equal_nan: bool = False
) -> Any:
    near = np.abs(a - b) <= atol + rtol * np.abs(b)
    return np.logical_or(np.logical_and(near, np.isfinite(b)), a == b)


def is_number(x: Any) -> bool:
    return isinstance(x, (Scalar, int, float, np.generic, ir.Const))
