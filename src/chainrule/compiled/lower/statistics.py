"""Statistics and interpolation whose rows ask for lengths that only the run knows."""

from __future__ import annotations

from typing import Any

import numpy as np

from ...errors import UnsupportedError, message
from ...rules import lookup
from ...rules.exponential import root
from .. import ir
from ..build import Builder
from ..scalar import Scalar
from .array import Array, as_array, as_operand
from .dispatch import replaces
from .ordering import searchsorted, sort
from .rearrange import reshape
from .reductions import axes_of, count

__all__: list[str] = []


@replaces(np.var)
def var(
    builder: Builder, a: Any, axis: Any = None, dtype: Any = None, out: None = None, ddof: Any = 0,
    keepdims: bool = False, *, correction: Any = None,
) -> Any:  # fmt: skip
    x = as_array(builder, a)
    centred = x - np.mean(x, axis=axis, keepdims=True)
    total = np.sum(np.square(centred), axis=axis, keepdims=keepdims)
    number = Scalar(count(builder, x, axes_of(axis, x.ndim)), builder, True)
    freedom = number - (ddof if correction is None else correction)
    return total / np.maximum(freedom, 0)


@replaces(np.std)
def std(
    builder: Builder, a: Any, axis: Any = None, dtype: Any = None, out: Any = None, ddof: Any = 0,
    keepdims: bool = False, *, correction: Any = None,
) -> Any:  # fmt: skip
    return root(var(builder, a, axis, ddof=ddof, keepdims=keepdims, correction=correction))


@replaces(np.average)
def average(
    builder: Builder, a: Any, axis: Any = None, weights: Any = None, returned: bool = False, *, keepdims: bool = False
) -> Any:
    x = as_array(builder, a)
    if weights is None and not returned:
        return np.mean(x, axis=axis, keepdims=keepdims)
    w = as_array(builder, 1.0 if weights is None else weights)
    if 0 < w.ndim < x.ndim:
        if w.ndim > 1:
            text = message("np.average with weights along several axes.", "Give them the shape of the array.", "")
            raise UnsupportedError(text)
        (along,) = axes_of(axis, x.ndim)
        w = w[tuple([slice(None) if i == along else None for i in range(x.ndim)])]
    w = np.broadcast_to(w, x.sizes)  # type: ignore[assignment, arg-type]
    total = np.sum(w, axis=axis, keepdims=keepdims)
    result = np.sum(x * w, axis=axis, keepdims=keepdims) / total
    return (result, total) if returned else result


@replaces(np.quantile)
def quantile(
    builder: Builder, a: Any, q: Any, axis: Any = None, out: None = None, overwrite_input: bool = False,
    method: str = "linear", keepdims: bool = False,
) -> Any:  # fmt: skip
    """Interpolate between the two sorted elements nearest to place ``q * (n - 1)``."""
    share = as_operand(builder, q)
    if method != "linear" or isinstance(axis, tuple):
        text = message("This call of np.quantile cannot be compiled.", "Use one axis and method='linear'.", "")
        raise UnsupportedError(text)
    x = as_array(builder, a)
    ordered = np.moveaxis(sort(builder, x, axis), 0 if axis is None else axis, -1)
    n: Any = ordered.shape[-1]
    at = share * (n - 1)
    low = np.floor(at)
    part = at - low
    k = low.astype(np.int64)
    below, above = ordered[..., k], ordered[..., np.minimum(k + 1, n - 1)]
    last = ordered[(..., -1, *[None] * share.ndim)] if ordered.ndim > 1 else ordered[-1]
    value = np.where(np.isnan(last), np.nan, below + (above - below) * part)
    if isinstance(share, Array):
        value = np.moveaxis(value, tuple(range(-share.ndim, 0)), tuple(range(share.ndim)))
    return _widened(value, x.ndim, axis, share.ndim) if keepdims else value


def _widened(value: Any, ndim: int, axis: Any, lead: int) -> Any:
    axes = tuple([lead + i for i in axes_of(axis, ndim)])
    return np.expand_dims(value, axes)


@replaces(np.percentile)
def percentile(builder: Builder, a: Any, q: Any, axis: Any = None, **options: Any) -> Any:
    return quantile(builder, a, as_operand(builder, q) / 100, axis, **options)


@replaces(np.median)
def median(
    builder: Builder, a: Any, axis: Any = None, out: None = None, overwrite_input: bool = False, keepdims: bool = False
) -> Any:
    x = as_array(builder, a)
    if axis is None or isinstance(axis, tuple):
        return lookup(np.median).compute(x, axis=axis, keepdims=keepdims)
    ordered = np.moveaxis(sort(builder, x, axis), axis, -1)
    n: Any = ordered.shape[-1]
    middle = (ordered[..., (n - 1) // 2] + ordered[..., n // 2]) / 2
    result = np.where(np.isnan(ordered[..., -1]), np.nan, middle)
    return np.expand_dims(result, axis) if keepdims else result


@replaces(np.cov)
def cov(
    builder: Builder, m: Any, y: Any = None, rowvar: bool = True, bias: bool = False, ddof: Any = None, **options: Any
) -> Any:
    if any(value is not None for value in options.values()):
        raise UnsupportedError(message("np.cov with weights cannot be compiled.", "Write it with np.average.", ""))
    rows = []
    for part in (m, y):
        if part is not None:
            matrix = np.atleast_2d(as_array(builder, part))
            rows.append(matrix if rowvar or np.ndim(part) < 2 else np.transpose(matrix))
    x = rows[0] if len(rows) == 1 else np.concatenate(rows)
    centred = (x - np.mean(x, axis=1, keepdims=True)).materialise("centred")
    freedom = x.shape[1] - (int(not bias) if ddof is None else ddof)
    return np.squeeze(centred @ np.transpose(centred) / freedom)


@replaces(np.interp)
def interp(builder: Builder, x: Any, xp: Any, fp: Any, left: Any = None, right: Any = None, period: Any = None) -> Any:
    """Interpolate linearly; at a node the slope in x is that on its right, at the last node that on its left."""
    if period is not None:
        raise UnsupportedError(message("np.interp with period= cannot be compiled.", "Repeat the samples.", ""))
    at, nodes, values = as_operand(builder, x), as_array(builder, xp).materialise(), as_array(builder, fp).materialise()
    last = nodes.shape[0] - 1
    low = np.clip(searchsorted(builder, nodes, at, side="right") - 1, 0, np.maximum(last - 1, 0))
    high = np.minimum(low + 1, last)
    if isinstance(low, Array):
        low, high = low.materialise(), high.materialise()
    width = nodes[high] - nodes[low]
    inside = values[low] + (values[high] - values[low]) * ((at - nodes[low]) / np.where(width == 0, 1.0, width))
    inside = np.where(at > nodes[-1], values[-1] if right is None else right, inside)
    return np.where(at < nodes[0], values[0] if left is None else left, inside)


@replaces(np.gradient)
def gradient(builder: Builder, f: Any, *varargs: Any, axis: Any = None, edge_order: int = 1) -> Any:
    """Difference quotients: of order two inside, of order one or two at the ends."""
    x = as_array(builder, f)
    axes = tuple(range(x.ndim)) if axis is None else axis if isinstance(axis, tuple) else (axis,)
    given = varargs * len(axes) if len(varargs) == 1 else varargs or (1.0,) * len(axes)
    slopes = [
        _slopes(builder, x, as_operand(builder, h), i % x.ndim, edge_order) for i, h in zip(axes, given, strict=True)
    ]
    return slopes[0] if len(slopes) == 1 else tuple(slopes)


def _slopes(builder: Builder, f: Array, h: Any, axis: int, edge_order: int) -> Any:
    def at(start: Any, stop: Any) -> tuple[Any, ...]:
        return tuple([slice(start, stop) if i == axis else slice(None) for i in range(f.ndim)])

    if isinstance(h, Scalar):
        before = after = first_step = last_step = h
    else:
        h = reshape(builder, h[1:] - h[:-1], tuple([-1 if i == axis else 1 for i in range(f.ndim)]))
        before, after, first_step, last_step = (h[at(*ends)] for ends in ((None, -1), (1, None), (0, 1), (-1, None)))
    steps = (f[at(1, None)] - f[at(None, -1)]) / h
    steps = steps.materialise("slope")
    left, right = steps[at(None, -1)], steps[at(1, None)]
    inside = (after * left + before * right) / (before + after)
    first, last = steps[at(0, 1)], steps[at(-1, None)]
    if edge_order == 2:
        bend = ((right - left) / (before + after)).materialise()
        first, last = first - bend[at(0, 1)] * first_step, last + bend[at(-1, None)] * last_step
    return np.concatenate((first, inside, last), axis=axis)


@replaces(np.allclose)
def allclose(builder: Builder, a: Any, b: Any, **options: Any) -> Any:
    return np.all(np.isclose(a, b, **options))


@replaces(np.array_equal)
def array_equal(builder: Builder, a1: Any, a2: Any, equal_nan: bool = False) -> Any:
    x, y = as_array(builder, a1), as_array(builder, a2)
    if x.ndim != y.ndim:
        return False
    return np.all(np.equal(x, y))


@replaces(np.bincount)
def bincount(builder: Builder, x: Any, /, weights: Any = None, minlength: Any = 0) -> Any:
    """Count the elements that are 0, 1, 2, ...; or sum the weights of each."""
    from .gather import add_at

    places = as_array(builder, x).materialise()
    largest = Scalar(builder.let("maximum", _top(builder, places), ir.Const(-1, ir.INT)), builder, True)
    size = np.maximum(largest + 1, minlength)
    kind = ir.INT if weights is None else ir.FLOAT
    result = Array.new(builder, "count", kind, (as_operand(builder, size).atom,), 0)
    add_at(builder, result, places, 1 if weights is None else weights)
    return result


def _top(builder: Builder, x: Array) -> ir.Atom:
    from .reductions import Fold, fold

    top: ir.Atom = fold(builder, x, Fold("maximum", -1, "top"), ir.INT, (0,), False).atom
    return top
