"""New arrays: of a shape, of numbers in a row, of what lists hold."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from ...errors import UnsupportedError, message
from ...rules import lookup
from .. import facts, ir
from ..build import Builder, const
from ..scalar import Scalar
from .array import Array, as_operand, known_dtype
from .dispatch import cast_array, replaces
from .lazy import Elements, Rule
from .nest import ONE, ZERO, Index
from .views import integer, largest, minus, plus

__all__ = ["FUNCTIONS", "array_of", "shape_atoms"]

LARGEST = 256


def shape_atoms(builder: Builder, shape: Any) -> tuple[ir.Atom, ...]:
    """Return a shape that a user gives as atoms, none of them negative."""
    parts = shape if isinstance(shape, (tuple, list)) else (shape,)
    return tuple([_size(builder, integer(n)) for n in parts])


def _size(builder: Builder, n: ir.Atom) -> ir.Atom:
    if not facts.nonnegative(builder, n):
        builder.check(builder.let("less_equal", ZERO, n), "ValueError", "negative dimensions are not allowed")
    facts.known_size(builder, n)
    return n


def _kind(dtype: Any, default: str = ir.FLOAT) -> str:
    return default if dtype is None else known_dtype(dtype)


def _filled(value: Any) -> Callable[..., Any]:
    def create(
        builder: Builder, shape: Any, dtype: Any = None, order: str = "C", *, device: Any = None, like: Any = None
    ) -> Array:
        return Array.new(builder, "t", _kind(dtype), shape_atoms(builder, shape), value)

    return create


def _filled_like(value: Any) -> Callable[..., Any]:
    def create(
        builder: Builder, a: Any, dtype: Any = None, order: str = "K", subok: bool = True, shape: Any = None,
        *, device: Any = None,
    ) -> Array:  # fmt: skip
        model = as_operand(builder, a)
        sizes = (model.sizes if isinstance(model, Array) else ()) if shape is None else shape_atoms(builder, shape)
        return Array.new(builder, "t", _kind(dtype, model.dtype.name), sizes, value)

    return create


def full(
    builder: Builder, shape: Any, fill_value: Any, dtype: Any = None, order: str = "C", *, device: Any = None,
    like: Any = None,
) -> Array:  # fmt: skip
    value = as_operand(builder, fill_value)
    sizes = shape_atoms(builder, shape)
    kind = _kind(dtype, value.dtype.name)
    if isinstance(value, Scalar):
        return Array.new(builder, "t", kind, sizes, value.atom)
    result = Array.new(builder, "t", kind, sizes)
    result[...] = value
    return result


def full_like(
    builder: Builder, a: Any, fill_value: Any, dtype: Any = None, order: str = "K", subok: bool = True,
    shape: Any = None, *, device: Any = None,
) -> Array:  # fmt: skip
    model = as_operand(builder, a)
    return full(builder, model.shape if shape is None else shape, fill_value, _kind(dtype, model.dtype.name))


def eye(
    builder: Builder, N: Any, M: Any = None, k: Any = 0, dtype: Any = None, order: str = "C", *, device: Any = None,
    like: Any = None,
) -> Array:  # fmt: skip
    """Return ones on a diagonal, as an expression of the index."""
    rows, columns = shape_atoms(builder, (N, N if M is None else M))
    offset, kind = integer(k), _kind(dtype)

    def element(elements: Elements, index: Index) -> ir.Atom | None:
        i, j = index
        if i is None or j is None:
            return None
        return builder.cast(builder.let("equal", builder.let("add", i, offset), j), kind)

    return Array.lazy(builder, Rule(element), (rows, columns), kind)


def identity(builder: Builder, n: Any, dtype: Any = None, *, like: Any = None) -> Array:
    return eye(builder, n, dtype=dtype)


def tri(builder: Builder, N: Any, M: Any = None, k: Any = 0, dtype: Any = float, *, like: Any = None) -> Array:
    rows, columns = shape_atoms(builder, (N, N if M is None else M))
    offset, kind = integer(k), _kind(dtype)

    def element(elements: Elements, index: Index) -> ir.Atom | None:
        i, j = index
        if i is None or j is None:
            return None
        return builder.cast(builder.let("less_equal", j, builder.let("add", i, offset)), kind)

    return Array.lazy(builder, Rule(element), (rows, columns), kind)


# ---- Numbers in a row


def arange(
    builder: Builder, start: Any, stop: Any = None, step: Any = 1, dtype: Any = None, *, device: Any = None,
    like: Any = None,
) -> Array:  # fmt: skip
    start, stop = (0, start) if stop is None else (start, stop)
    values = [as_operand(builder, v) for v in (start, stop, step)]
    if all(v.dtype.kind in "bi" for v in values):
        first, end, by = [builder.cast(v.atom, ir.INT) for v in values]
        row = _progression(builder, first, by, _steps(builder, first, end, by))
        return row if dtype is None else cast_array(builder, row, dtype)
    first, end, by = [builder.cast(v.atom, ir.FLOAT) for v in values]
    number = builder.let("ceil", builder.let("true_divide", builder.let("subtract", end, first), by))
    size = builder.let("maximum", builder.cast(number, ir.INT), ZERO, hint="n")
    by = builder.let("subtract", builder.let("add", first, by), first)
    row = _progression(builder, first, by, size)
    return row if dtype is None else cast_array(builder, row, dtype)


def _steps(builder: Builder, first: ir.Atom, end: ir.Atom, by: ir.Atom) -> ir.Atom:
    """Return the length of a range of integers."""
    if not isinstance(by, ir.Const):
        text = message("np.arange with a step that is known at run time only.", "Use start + step*np.arange(n).", "")
        raise UnsupportedError(text)
    step = int(by.value)
    if step == 0:
        msg = "Maximum allowed size exceeded"
        raise ValueError(msg)
    span = largest(builder, minus(builder, end, first) if step > 0 else minus(builder, first, end), ZERO)
    if abs(step) == 1:
        return span
    return builder.let("floor_divide", plus(builder, span, const(abs(step) - 1)), const(abs(step)), hint="n")


def _progression(builder: Builder, first: ir.Atom, by: ir.Atom, size: ir.Atom) -> Array:
    """Return ``first + by*k`` as an expression of the index."""
    facts.known_size(builder, size)
    kind = first.dtype

    def element(elements: Elements, index: Index) -> ir.Atom | None:
        (k,) = index
        if k is None:
            return None
        moved = builder.let("multiply", by, builder.cast(k, kind))
        return moved if first == ZERO else builder.let("add", first, moved)

    return Array.lazy(builder, Rule(element), (size,), kind)


@replaces(np.linspace)
def linspace(
    builder: Builder, start: Any, stop: Any, num: Any = 50, endpoint: bool = True, retstep: bool = False,
    dtype: Any = None, axis: int = 0, *, device: Any = None,
) -> Any:  # fmt: skip
    low, high = as_operand(builder, start), as_operand(builder, stop)
    if isinstance(low, Array) or isinstance(high, Array) or axis:
        return lookup(np.linspace).compute(start, stop, num, endpoint, retstep, None, axis)
    n = _size(builder, integer(num))
    first, last = [builder.cast(v.atom, ir.FLOAT) for v in (low, high)]
    steps = largest(builder, minus(builder, n, ONE) if endpoint else n, ONE)
    delta = builder.let("subtract", last, first)
    by = builder.let("true_divide", delta, builder.cast(steps, ir.FLOAT), hint="step")
    end = minus(builder, n, ONE)

    def element(elements: Elements, index: Index) -> ir.Atom | None:
        (k,) = index
        if k is None:
            return None
        value = builder.let("add", builder.let("multiply", builder.cast(k, ir.FLOAT), by), first)
        if not endpoint:
            return value
        at_end = builder.let("logical_and", builder.let("equal", k, end), builder.let("less", ZERO, k))
        return builder.let("select", at_end, last, value)

    row = Array.lazy(builder, Rule(element), (n,), ir.FLOAT)
    row = row if dtype is None else cast_array(builder, row, dtype)
    return (row, Scalar(by, builder)) if retstep else row


# ---- Lists


@replaces(np.array)
def array(
    builder: Builder, object: Any, dtype: Any = None, *, copy: Any = True, order: str = "K", subok: bool = False,
    ndmin: int = 0, like: Any = None,
) -> Array:  # fmt: skip
    value = array_of(builder, object)
    if dtype is not None and value.kind != known_dtype(dtype):
        result: Array = cast_array(builder, value, dtype)
    else:
        result = value.fresh_copy() if value is object and copy else value
    missing = ndmin - result.ndim
    return result[(None,) * missing + (...,)] if missing > 0 else result


@replaces(np.asarray, np.asanyarray, np.ascontiguousarray)
def asarray(
    builder: Builder, a: Any, dtype: Any = None, order: Any = None, *, device: Any = None, copy: Any = None,
    like: Any = None,
) -> Array:  # fmt: skip
    value = array_of(builder, a)
    return value if dtype is None or value.kind == known_dtype(dtype) else cast_array(builder, value, dtype)


def array_of(builder: Builder, x: Any) -> Array:
    """Return an array, a number or nested lists of them as an array."""
    if isinstance(x, Array):
        return x
    if isinstance(x, np.ndarray):
        return _of_numbers(builder, x)
    if isinstance(x, (list, tuple)):
        return _of_list(builder, x)
    scalar = as_operand(builder, x)
    assert isinstance(scalar, Scalar)
    return Array.new(builder, "t", scalar.atom.dtype, (), scalar.atom)


def _of_numbers(builder: Builder, x: np.ndarray[Any, Any]) -> Array:
    """Return a constant array of NumPy's."""
    kind = known_dtype(x.dtype)
    sizes = tuple([const(n) for n in x.shape])
    if not x.size or (x == x.flat[0]).all():
        return Array.new(builder, "t", kind, sizes, ir.Const(x.flat[0].item() if x.size else 0, kind))
    if x.size > LARGEST:
        text = message(f"A constant array of {x.size} numbers was made while compiling.", "Pass it as an argument.", "")
        raise UnsupportedError(text)
    result = Array.new(builder, "t", kind, sizes)
    for index, value in np.ndenumerate(x):
        builder.store(result.view.buffer, [const(k) for k in index], ir.Const(value.item(), kind))
    return result


def _of_list(builder: Builder, x: Any) -> Array:
    parts = [array_of(builder, p) if isinstance(p, (list, tuple, np.ndarray)) else as_operand(builder, p) for p in x]
    kind = np.result_type(*[p.dtype for p in parts]).name if parts else ir.FLOAT
    if any(isinstance(p, Array) for p in parts):
        return _stacked(builder, parts, kind)
    result = Array.new(builder, "t", kind, (const(len(parts)),))
    for k, part in enumerate(parts):
        builder.store(result.view.buffer, [const(k)], builder.cast(part.atom, kind))
    return result


def _stacked(builder: Builder, parts: list[Any], kind: str) -> Array:
    shapes = [p.sizes if isinstance(p, Array) else () for p in parts]
    if len({len(shape) for shape in shapes}) > 1:
        msg = "setting an array element with a sequence. The requested array has an inhomogeneous shape."
        raise ValueError(msg)
    result = Array.new(builder, "t", kind, (const(len(parts)), *shapes[0]))
    for k, part in enumerate(parts):
        result[k] = part
    return result


@replaces(np.copy)
def copied(builder: Builder, a: Any, order: str = "K", subok: bool = False) -> Array:
    value = array_of(builder, a)
    return value.fresh_copy() if value is a else value


FUNCTIONS: dict[Callable[..., Any], Callable[..., Any]] = {
    np.zeros: _filled(0), np.ones: _filled(1), np.empty: _filled(None), np.full: full, np.eye: eye,
    np.identity: identity, np.tri: tri, np.arange: arange, np.linspace: linspace, np.zeros_like: _filled_like(0),
    np.ones_like: _filled_like(1), np.empty_like: _filled_like(None), np.full_like: full_like, np.array: array,
    np.asarray: asarray, np.asanyarray: asarray, np.ascontiguousarray: asarray, np.copy: copied,
}  # fmt: skip
for _function, _create in FUNCTIONS.items():
    replaces(_function)(_create)
