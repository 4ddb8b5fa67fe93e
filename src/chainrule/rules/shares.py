"""Shares of exponentials: what log-sum-exp and softmax have in common. SciPy's names are declared in `special`."""

from __future__ import annotations

from typing import Any

import numpy as np

from ._declare import constant, general
from ._domain import array, case, edge
from ._row import Row
from ._table import lookup

__all__ = ["REDUCED", "largest", "log_of_sum"]


def largest(a: Any, axis: Any) -> Any:
    """Return the largest real parts along an axis; 0 where they are infinite."""
    peak = np.max(np.real(a), axis=axis, keepdims=True, initial=-np.inf)
    return np.where(np.isfinite(peak), peak, 0.0).astype(peak.dtype)


constant(largest)


def _shares(a: Any, axis: Any) -> Any:
    """Return softmax; where the largest elements are infinite, they share evenly."""
    peak = lookup(largest)(a, axis)
    top = np.max(np.real(a), axis=axis, keepdims=True)
    infinite = np.isinf(top)
    terms = np.where(infinite, np.real(a) == top, np.exp(np.where(infinite, 0.0, a - peak)))
    return terms / np.sum(terms, axis=axis, keepdims=True)


def _log_of_sum(a: Any, axis: Any, keepdims: bool) -> Any:
    with np.errstate(all="ignore"):
        result = _complex_log_of_sum(a, axis) if np.iscomplexobj(a) else _real_log_of_sum(a, axis)
    return (result if keepdims else np.reshape(result, np.shape(np.sum(a, axis=axis))))[()]


def _complex_log_of_sum(a: Any, axis: Any) -> Any:
    highest = largest(a, axis)
    return np.log(np.sum(np.exp(a - highest), axis=axis, keepdims=True)) + highest


def _real_log_of_sum(a: Any, axis: Any) -> Any:
    """Add up what the largest elements do not hold, so that it is not lost beside them."""
    highest = np.max(a, axis=axis, keepdims=True)
    top = a == highest
    count = np.sum(top, axis=axis, keepdims=True).astype(np.result_type(a, 0.0))
    rest = np.sum(np.where(top, 0.0, np.exp(a - highest)), axis=axis, keepdims=True)
    return (np.log1p(rest / count) + np.log(count) + highest).astype(count.dtype)


def _pull(g: Any, a: Any, axis: Any, keepdims: bool) -> Any:
    g = g if keepdims or axis is None or not np.ndim(a) else np.expand_dims(g, axis)
    return g * _shares(a, axis)


REDUCED = [
    case(array(4)), case(array(2, 3), 0), case(array(2, 3), axis=-1, keepdims=True), case(array(2, 3, 2), axis=(0, -1)),
    case(array()), case(array(2, 3), keepdims=True),
]  # fmt: skip

log_of_sum: Row = general(
    _log_of_sum, name="log_of_sum", signature="a, axis=None, keepdims=False", complex=True,
    jvp={"a": lambda t, a, axis, keepdims: np.sum(t * _shares(a, axis), axis=axis, keepdims=keepdims)},
    vjp={"a": lambda g, a, axis, keepdims: _pull(g, a, axis, keepdims)}, domain=REDUCED,
    edges=[edge(np.full(2, -np.inf), a=np.full(2, 0.5)), edge(np.array([np.inf, 1.0]), a=np.array([1.0, 0.0])),
           edge(np.array([1000.0, 0.0]), a=np.array([1.0, 0.0]))],
)  # fmt: skip
