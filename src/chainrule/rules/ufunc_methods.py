"""The methods of ufuncs: reduce, accumulate, reduceat, outer and at, of any ufunc of two arguments that has a rule."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.lib.array_utils import normalize_axis_index

from ..errors import EscapeError, MissingRuleError, message
from ._calls import escape_into_array, is_recorded, store_result, with_options
from ._table import lookup

__all__ = ["ufunc_method"]


def ufunc_method(ufunc: np.ufunc, method: str, inputs: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
    """Compute ``np.add.reduce`` and its relatives by functions that have rules."""
    inputs = tuple([np.asarray(x) if isinstance(x, (list, tuple)) and method == "outer" else x for x in inputs])
    if ufunc.nin != 2 and method != "at":
        msg = f"{method} only supported for binary functions"
        raise ValueError(msg)
    out = kwargs.pop("out", None)
    kwargs = {k: v for k, v in kwargs.items() if v is not None or k == "axis"}
    result = _METHODS[method](ufunc, *inputs, **kwargs)
    target = out[0] if isinstance(out, tuple) else out
    return result if target is None else store_result(target, result)


def _outer(ufunc: np.ufunc, a: Any, b: Any, **options: Any) -> Any:
    first = np.reshape(a, np.shape(a) + (1,) * np.ndim(b))
    call = lookup(ufunc)
    return with_options(call, (first, b), options, ufunc) if options else call(first, b)


# ---- Along an axis -------------------------------------------------------------------------------------------------


def _reduce(ufunc: np.ufunc, a: Any, axis: Any = 0, dtype: Any = None, out: Any = None, keepdims: bool = False,
            **options: Any) -> Any:  # fmt: skip
    options = options if dtype is None else {**options, "dtype": dtype}
    same = REDUCTIONS.get(ufunc)
    if same is not None:
        return same(a, axis=axis, keepdims=keepdims, **options)
    if set(options) - {"initial"}:
        raise MissingRuleError(
            message(
                f"np.{ufunc.__name__}.reduce has no derivative rule for {', '.join(options)}.", "Write it as a loop."
            )
        )
    from .reduction import gathered, kept

    result = _folded(ufunc, gathered(a, axis))
    if "initial" in options:
        result = lookup(ufunc)(options["initial"], result)
    return kept(result, a, axis, keepdims)


def _folded(ufunc: np.ufunc, a: Any) -> Any:
    """Combine the elements along the last axis: in pairs where the order does not matter, or one by one."""
    call, n = lookup(ufunc), a.shape[-1]
    if not n:
        if ufunc.identity is None:
            msg = f"zero-size array to reduction operation {ufunc.__name__} which has no identity"
            raise ValueError(msg)
        return np.full(a.shape[:-1], ufunc.identity, a.dtype)
    if ufunc not in ASSOCIATIVE:
        result = a[..., 0]
        for i in range(1, n):
            result = call(result, a[..., i])
        return result
    while n > 1:
        half = n // 2
        pairs = call(a[..., :half], a[..., half : 2 * half])
        a = np.concatenate([pairs, a[..., 2 * half :]], axis=-1) if n % 2 else pairs
        n -= half
    return a[..., 0]


def _accumulate(ufunc: np.ufunc, array: Any, axis: Any = 0, dtype: Any = None, out: Any = None) -> Any:
    same = RUNNING.get(ufunc)
    if same is not None:
        return same(array, axis=axis) if dtype is None else same(array, axis=axis, dtype=dtype)
    array = array if dtype is None else array.astype(dtype)
    return np.moveaxis(_scanned(ufunc, np.moveaxis(array, axis, -1)), -1, axis)


def _scanned(ufunc: np.ufunc, a: Any) -> Any:
    """Combine each element along the last axis with all before it."""
    call, n, step = lookup(ufunc), a.shape[-1], 1
    if ufunc in ASSOCIATIVE:
        while step < n:
            a = np.concatenate([a[..., :step], call(a[..., :-step], a[..., step:])], axis=-1)
            step *= 2
        return a
    results = [a[..., 0]] if n else []
    for i in range(1, n):
        results.append(call(results[-1], a[..., i]))
    return np.stack(results, axis=-1) if results else a


def _reduceat(ufunc: np.ufunc, array: Any, indices: Any, axis: Any = 0, dtype: Any = None, out: Any = None) -> Any:
    """Reduce from each index to the next; where that is no more than one element, it is that element."""
    axis = normalize_axis_index(axis, np.ndim(array))
    before = (slice(None),) * axis
    starts = np.asarray(indices).tolist()
    stops = [*starts[1:], np.shape(array)[axis]]
    pieces = [
        _reduce(ufunc, array[(*before, slice(start, stop))], axis, dtype) if start < stop else array[(*before, start)]
        for start, stop in zip(starts, stops, strict=True)
    ]
    return np.stack(pieces, axis=axis)


# ---- In place ------------------------------------------------------------------------------------------------------


def _at(ufunc: np.ufunc, a: Any, indices: Any, b: Any = None) -> None:
    if not is_recorded(a):
        raise EscapeError(escape_into_array())
    if ufunc in (np.add, np.subtract):
        from .indexing import add_at

        a[...] = add_at(a, b if ufunc is np.add else np.negative(b), indices)
        return
    positions = np.arange(a.size).reshape(a.shape)[indices]
    turns = _turns(positions)
    operand = None if b is None else np.broadcast_to(b, positions.shape)
    for turn in range(int(turns.max(initial=-1)) + 1):
        chosen = np.unravel_index(positions[turns == turn], a.shape)
        others = () if operand is None else (operand[turns == turn],)
        a[chosen] = lookup(ufunc)(a[chosen], *others)


def _turns(positions: Any) -> Any:
    """Return for each position how many equal ones come before it."""
    flat = np.ravel(positions)
    order = np.argsort(flat, kind="stable")
    ordered = flat[order]
    turns = np.empty(flat.size, int)
    turns[order] = np.arange(flat.size) - np.searchsorted(ordered, ordered)
    return turns.reshape(np.shape(positions))


_METHODS: dict[str, Callable[..., Any]] = {
    "reduce": _reduce, "accumulate": _accumulate, "reduceat": _reduceat, "outer": _outer, "at": _at,
}  # fmt: skip
REDUCTIONS: dict[np.ufunc, Callable[..., Any]] = {
    np.add: np.sum, np.multiply: np.prod, np.maximum: np.max, np.minimum: np.min, np.logical_and: np.all,
    np.logical_or: np.any,
}  # fmt: skip
RUNNING: dict[np.ufunc, Callable[..., Any]] = {np.add: np.cumsum, np.multiply: np.cumprod}
ASSOCIATIVE = {
    np.add, np.multiply, np.maximum, np.minimum, np.fmax, np.fmin, np.logaddexp, np.logaddexp2, np.hypot,
    np.logical_xor,
}  # fmt: skip
