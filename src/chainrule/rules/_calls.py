"""Calls that name ``out``, ``dtype``, ``where`` or ``initial``, as plain calls, casts, choices and writes."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import numpy as np

from ..errors import EscapeError, MissingRuleError, message

if TYPE_CHECKING:
    from ._row import Row

__all__ = [
    "asks_for_mask", "cast", "escape_into_array", "is_recorded", "masked", "store", "store_result", "with_options",
]  # fmt: skip


def is_recorded(x: Any) -> bool:
    """Tell whether a value stands for an array in user code: a recorded, dual or symbolic one."""
    return hasattr(x, "__chainrule_apply__")


# ---- out, dtype and a ufunc's where --------------------------------------------------------------------------------


def with_options(call: Row, args: tuple[Any, ...], kwargs: dict[str, Any], ufunc: Any = None) -> Any:
    """Compute a call that names ``out``, ``dtype`` or (of a ufunc) ``where``."""
    kwargs = dict(kwargs)
    out, dtype = kwargs.pop("out", None), kwargs.pop("dtype", None)
    where = kwargs.pop("where", True) if ufunc is not None else True
    casting = kwargs.pop("casting", "same_kind")
    for name in ("order", "subok"):
        kwargs.pop(name, None)
    if isinstance(out, tuple) and len(out) != 1:
        raise MissingRuleError(message(f"{call.name} was called with several arrays for out=.", "Assign the results."))
    target = out[0] if isinstance(out, tuple) else out
    if dtype is not None:
        args = tuple([_cast_operand(x, np.dtype(dtype), casting if ufunc is not None else "unsafe") for x in args])
    if where is True:
        result = call(*args, **kwargs)
    elif target is None:
        raise MissingRuleError(
            message(f"{call.name} was called with where= and no out=.", "Use np.where(condition, value, other).")
        )
    else:
        with np.errstate(all="ignore"):  # of elements that are not selected
            result = np.where(where, call(*args, **kwargs), target)
    if dtype is not None and result.dtype != dtype:
        result = cast(result, dtype)
    return result if target is None else store_result(target, result, casting)


def _cast_operand(x: Any, dtype: Any, casting: Any) -> Any:
    """Compute with a recorded operand in the precision that the caller asked for, as NumPy does."""
    if not is_recorded(x) or x.dtype == dtype:
        return x
    if not np.can_cast(x.dtype, dtype, casting):
        msg = f"Cannot cast an argument from {x.dtype} to {dtype} with casting rule {casting!r}."
        raise TypeError(msg)
    return cast(x, dtype)


def cast(x: Any, dtype: Any) -> Any:
    """Return a recorded value with another dtype."""
    from .complex import astype  # np.astype itself is there since NumPy 2.1 only

    return astype(x, dtype)


# ---- Writes --------------------------------------------------------------------------------------------------------


def store(target: Any, value: Any) -> Any:
    """Write into a recorded array; a plain one cannot keep what is recorded."""
    if not is_recorded(target):
        raise EscapeError(escape_into_array())
    target[...] = value
    return target


def store_result(target: Any, value: Any, casting: Any = "same_kind") -> Any:
    """Store a result as ``out=`` and ``+=`` do, whose rules are stricter than those of ``target[...] = value``."""
    if not is_recorded(target):
        return store(target, value)
    if hasattr(target, "__chainrule_store__"):
        return target.__chainrule_store__(value, casting)
    shape = np.shape(value)
    if shape != target.shape and np.broadcast_shapes(shape, target.shape) != target.shape:
        msg = f"non-broadcastable output operand with shape {target.shape} doesn't match the broadcast shape {shape}"
        raise ValueError(msg)
    dtype = np.result_type(value)
    if dtype != target.dtype and not np.can_cast(dtype, target.dtype, casting):
        msg = f"Cannot cast the result from {dtype} to {target.dtype} with casting rule {casting!r}."
        raise TypeError(msg)
    return store(target, value)


def escape_into_array(place: str | None = None) -> str:
    """The text for a recorded value that was about to be written into a plain array."""
    return message(
        "A recorded value was about to be written into a plain NumPy array, and its derivative would be lost.",
        "Make the array with np.zeros(n, like=x) or chainrule.numpy.zeros(n), or build it with np.stack.",
        place,
    )


# ---- where and initial of reductions -------------------------------------------------------------------------------


def masked(fn: Callable[..., Any], a: Any, *args: Any, **kwargs: Any) -> Any:
    """Compute a reduction that leaves elements out (``where=``), or starts from a value (``initial=``)."""
    names = ("axis", *_PLACES.get(fn, ("dtype", "out", "keepdims")))
    kwargs = {**dict(zip(names, args, strict=False)), **kwargs}
    where, initial, out = kwargs.pop("where", True), kwargs.pop("initial", None), kwargs.pop("out", None)
    if fn in (np.mean, np.var, np.std):
        result = _masked_moment(fn, a, np.broadcast_to(where, np.shape(a)), **kwargs)
    else:
        neutral, combine = _NEUTRAL[fn]
        if where is not True:
            a = np.where(where, a, neutral)
        if initial is None and neutral in (np.inf, -np.inf) and where is not True:
            msg = f"reduction operation {fn.__name__!r} does not have an identity, so to use a where mask one has to "
            raise ValueError(msg + "specify 'initial'")
        result = fn(a, **kwargs) if initial is None else combine(fn(a, **kwargs), initial)
    return result if out is None else store_result(out, result)


def _masked_moment(
    fn: Any, a: Any, where: Any, axis: Any = None, dtype: Any = None, ddof: Any = 0, keepdims: bool = False,
    *, correction: Any = None, mean: Any = None,
) -> Any:  # fmt: skip
    """Compute the mean, variance or standard deviation of the elements that a mask selects."""
    ddof = ddof if correction is None else correction
    a = a if dtype is None else a.astype(dtype)
    count = np.sum(where, axis=axis, keepdims=True).astype(np.finfo(a.dtype).dtype)
    centre = np.sum(np.where(where, a, 0), axis=axis, keepdims=True) / count if mean is None else mean
    if fn is np.mean:
        return _dropped(centre, axis, keepdims)
    distance = np.absolute(np.where(where, a - centre, 0))
    variance = np.sum(distance * distance, axis=axis, keepdims=True) / np.maximum(count - ddof, 0)
    return _dropped(_root(variance) if fn is np.std else variance, axis, keepdims)


def _root(x: Any) -> Any:
    from .exponential import root

    return root(x)


def _dropped(x: Any, axis: Any, keepdims: bool) -> Any:
    return x if keepdims else np.squeeze(x, axis)


def _same(x: Any, y: Any) -> Any:
    return x


_PLACES: dict[Any, tuple[str, ...]] = {
    **dict.fromkeys((np.max, np.min, np.amax, np.amin, np.nanmax, np.nanmin), ("out", "keepdims", "initial", "where")),
    **dict.fromkeys((np.sum, np.prod), ("dtype", "out", "keepdims", "initial", "where")),
    **dict.fromkeys((np.var, np.std, np.nanvar, np.nanstd), ("dtype", "out", "ddof", "keepdims")),
}
# What an element that is left out counts as, and how the first value is combined with the others.
_NEUTRAL: dict[Any, tuple[float, Callable[..., Any]]] = {
    np.sum: (0.0, np.add), np.prod: (1.0, np.multiply), np.max: (-np.inf, np.maximum), np.min: (np.inf, np.minimum),
    np.amax: (-np.inf, np.maximum), np.amin: (np.inf, np.minimum), np.nansum: (np.nan, np.add),
    np.nanprod: (np.nan, np.multiply), np.nanmax: (np.nan, np.fmax), np.nanmin: (np.nan, np.fmin),
    np.nanmean: (np.nan, _same), np.nanvar: (np.nan, _same), np.nanstd: (np.nan, _same),
}  # fmt: skip
MASKED = {*_NEUTRAL, np.mean, np.var, np.std}


def asks_for_mask(fn: Any, kwargs: dict[str, Any]) -> bool:
    """Tell whether a call of a reduction names what its row does not know."""
    if fn not in MASKED:
        return False
    named = kwargs.get("where", True) is not True or kwargs.get("initial") is not None or kwargs.get("mean") is not None
    return named
