"""The logistic function and its relatives; log-sum-exp and softmax."""

from __future__ import annotations

from typing import Any

import numpy as np
from scipy import special

from .._declare import composite, constant, elementwise, general
from .._domain import POSITIVE, REAL, Domain, array, case, edge
from .._row import Row
from .._table import lookup

__all__: list[str] = []

# 1 - expit(x) is written expit(-x), which keeps its digits where it is small.
expit = elementwise(
    special.expit, x=lambda x, ans: ans * special.expit(-x), domain=REAL,
    edges=[edge(0.0, x=0.25), edge(np.inf, x=0.0), edge(-np.inf, x=0.0)],
)  # fmt: skip
logit = elementwise(
    special.logit, x=lambda x: 1 / (x * (1 - x)), domain=Domain(((0.1, 0.9),)),
    edges=[edge(0.0, x=np.inf), edge(1.0, x=np.inf), edge(0.5, x=4.0)],
)  # fmt: skip
log_expit = elementwise(
    special.log_expit, x=lambda x: special.expit(-x), domain=REAL, edges=[edge(-np.inf, x=1.0), edge(np.inf, x=0.0)]
)
if hasattr(special, "softplus"):  # since SciPy 1.15
    softplus = composite(special.softplus, domain=[case(array(3))], edges=[edge(0.0, x=0.5)])(
        lambda x: np.logaddexp(0.0, x)
    )


# ---- log-sum-exp ---------------------------------------------------------------------------------------------------


def _peak(a: Any, axis: Any) -> Any:
    """Return the largest real parts along an axis; 0 where they are infinite."""
    peak = np.max(np.real(a), axis=axis, keepdims=True, initial=-np.inf)
    return np.where(np.isfinite(peak), peak, 0.0).astype(peak.dtype)


constant(_peak)


def _shares(a: Any, axis: Any) -> Any:
    """Return softmax; where the largest elements are infinite, they share evenly."""
    peak = lookup(_peak)(a, axis)
    top = np.max(np.real(a), axis=axis, keepdims=True)
    infinite = np.isinf(top)
    terms = np.where(infinite, np.real(a) == top, np.exp(np.where(infinite, 0.0, a - peak)))
    return terms / np.sum(terms, axis=axis, keepdims=True)


def _logsumexp(a: Any, axis: Any, keepdims: bool) -> Any:
    return special.logsumexp(a, axis=axis, keepdims=keepdims)


def _pull(g: Any, a: Any, axis: Any, keepdims: bool) -> Any:
    g = g if keepdims or axis is None or not np.ndim(a) else np.expand_dims(g, axis)
    return g * _shares(a, axis)


_REDUCED = [
    case(array(4)), case(array(2, 3), 0), case(array(2, 3), axis=-1, keepdims=True), case(array(2, 3, 2), axis=(0, -1)),
    case(array()), case(array(2, 3), keepdims=True),
]  # fmt: skip

log_of_sum: Row = general(
    _logsumexp, name="log_of_sum", signature="a, axis=None, keepdims=False", complex=True,
    jvp={"a": lambda t, a, axis, keepdims: np.sum(t * _shares(a, axis), axis=axis, keepdims=keepdims)},
    vjp={"a": lambda g, a, axis, keepdims: _pull(g, a, axis, keepdims)}, domain=_REDUCED,
    edges=[edge(np.full(2, -np.inf), a=np.full(2, 0.5)), edge(np.array([np.inf, 1.0]), a=np.array([1.0, 0.0])),
           edge(np.array([1000.0, 0.0]), a=np.array([1.0, 0.0]))],
)  # fmt: skip

_WEIGHT = array(3, of=POSITIVE)


@composite(
    special.logsumexp, complex=True, edges=log_of_sum.edges,
    domain=[*_REDUCED, case(array(3), b=_WEIGHT), case(array(2, 3), 1, _WEIGHT, True),
            case(array(3), b=np.array([1.0, -0.2, 0.0]), return_sign=True)],
)  # fmt: skip
def logsumexp(a: Any, axis: Any = None, b: Any = None, keepdims: bool = False, return_sign: bool = False) -> Any:
    if b is None and not return_sign:
        return log_of_sum(a, axis, keepdims)
    b = 1.0 if b is None else np.asarray(b) if isinstance(b, (list, tuple)) else b
    a = a + 0 * np.real(b)
    peak = lookup(_peak)(a, axis)
    total = np.sum(b * np.exp(a - peak), axis=axis, keepdims=True)
    size = np.absolute(total) if return_sign else total
    result = np.log(size) + peak
    sign = np.sign(total)
    if not keepdims:
        shape = np.shape(np.sum(np.zeros(np.shape(a)), axis=axis))
        result, sign = np.reshape(result, shape), np.reshape(sign, shape)
    return (result, sign) if return_sign else result


@composite(special.softmax, complex=True, domain=[case(array(4)), case(array(2, 3), axis=0), case(array(2, 3), -1)])
def softmax(x: Any, axis: Any = None) -> Any:
    terms = np.exp(x - lookup(_peak)(x, axis))
    return terms / np.sum(terms, axis=axis, keepdims=True)


@composite(special.log_softmax, complex=True, domain=[case(array(4)), case(array(2, 3), axis=0), case(array(2, 3), -1)])
def log_softmax(x: Any, axis: Any = None) -> Any:
    shifted = x - lookup(_peak)(x, axis)
    return shifted - np.log(np.sum(np.exp(shifted), axis=axis, keepdims=True))
