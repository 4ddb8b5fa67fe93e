"""Medians and quantiles of what is not nan: of each slice, as many elements as it has."""

from __future__ import annotations

from typing import Any

import numpy as np

from ..errors import MissingRuleError, message
from ._declare import composite
from ._domain import Domain, array, case, edge
from .creation import assembled
from .reduction import gathered, kept

__all__: list[str] = []

_NAN = np.array([1.0, np.nan, 3.0, 4.0])
_REDUCED = [case(array(5)), case(array(4)), case(array(2, 3), axis=0), case(array(2, 3), axis=-1, keepdims=True),
            case(array(2, 3, 2), axis=(0, -1))]  # fmt: skip


def _ordered(a: Any, axis: Any) -> tuple[Any, Any]:
    """Return the elements to reduce along the last axis, sorted, nan last; and how many of each slice are not nan."""
    ordered = np.sort(gathered(a, axis))
    return ordered, np.sum(np.logical_not(np.isnan(ordered)), axis=-1, keepdims=True)


@composite(np.nanmedian, domain=_REDUCED, edges=[edge(_NAN, a=np.array([0.0, 0.0, 1.0, 0.0]))])
def nanmedian(a: Any, axis: Any = None, out: None = None, overwrite_input: bool = False, keepdims: bool = False) -> Any:
    a = assembled(a)
    ordered, valid = _ordered(a, axis)
    low = np.take_along_axis(ordered, np.maximum(valid - 1, 0) // 2, -1)
    high = np.take_along_axis(ordered, np.minimum(valid // 2, ordered.shape[-1] - 1), -1)
    return kept(((low + high) * 0.5)[..., 0], a, axis, keepdims)


@composite(
    np.nanquantile,
    domain=[case(array(5), 0.3), case(array(4), array(of=Domain(((0.4, 0.6),)))), case(array(2, 3), 0.5, axis=0),
            case(array(2, 3), np.array([0.1, 0.5, 0.9]), axis=-1), case(array(2, 3), 0.25, keepdims=True),
            case(array(2, 3), np.array([0.2, 0.9]), 1, keepdims=True), case(array(3), 1.0)],
    edges=[edge(_NAN, 0.25, a=np.array([0.5, 0.0, 0.5, 0.0]), q=4.0)],
)  # fmt: skip
def nanquantile(
    a: Any, q: Any, axis: Any = None, out: None = None, overwrite_input: bool = False, method: Any = "linear",
    keepdims: bool = False, *, weights: None = None,
) -> Any:  # fmt: skip
    """Interpolate between the sorted values next to place ``q * (n - 1)``, for the n of each slice that are no nan."""
    if method != "linear" or weights is not None:
        raise MissingRuleError(
            message("np.nanquantile has no derivative rule for other methods, nor for weights.",
                    "Use method='linear' without weights.")
        )  # fmt: skip
    a = assembled(a)
    q = np.asarray(q, a.dtype) if isinstance(q, (int, float)) and a.dtype.kind == "f" else assembled(q)
    ordered, valid = _ordered(a, axis)
    at = np.reshape(q, (-1,)) * np.maximum(valid - 1, 0).astype(q.dtype)
    start = np.clip(np.floor(at), 0, np.maximum(valid - 2, 0).astype(q.dtype))
    below = start.astype(np.int64)
    low = np.take_along_axis(ordered, below, -1)
    high = np.take_along_axis(ordered, np.minimum(below + 1, np.maximum(valid - 1, 0)), -1)
    result = np.moveaxis(low + (high - low) * (at - start), -1, 0)
    result = np.reshape(result, np.shape(q) + result.shape[1:])
    return kept(result, a, axis, keepdims, np.shape(q))


@composite(np.nanpercentile, domain=[case(array(5), 30.0), case(array(2, 3), [20.0, 60.0], axis=0)])
def nanpercentile(
    a: Any, q: Any, axis: Any = None, out: None = None, overwrite_input: bool = False, method: Any = "linear",
    keepdims: bool = False, *, weights: None = None,
) -> Any:  # fmt: skip
    share = q / 100 if isinstance(q, (int, float)) else assembled(q) / 100
    return np.nanquantile(a, share, axis, method=method, keepdims=keepdims, weights=weights)
