"""Variance, averages, medians and quantiles; reductions that pass over nan."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from ..errors import MissingRuleError, message
from ._declare import composite
from ._domain import POSITIVE, Array, Domain, array, case, edge
from .exponential import root
from .reduction import count, gathered, kept, normal_axes

__all__: list[str] = []

_INNER = Domain(((0.4, 0.6),))


def _abs2(x: Any) -> Any:
    """Return the squared absolute value."""
    return np.square(np.real(x)) + np.square(np.imag(x)) if x.dtype.kind == "c" else np.square(x)


_SPREAD = [
    case(array(4)), case(array(2, 3), axis=0, ddof=1), case(array(2, 3), axis=-1, keepdims=True),
    case(array(2, 3, 2), axis=(0, -1)), case(array(2, 3), 1, None, None, 1, True), case(array(4), correction=1),
]  # fmt: skip


@composite(np.var, complex=True, domain=_SPREAD, edges=[edge(np.full(3, 2.0), a=np.zeros(3))])
def var(
    a: Any, axis: Any = None, dtype: None = None, out: None = None, ddof: float = 0, keepdims: bool = False,
    *, correction: float | None = None,
) -> Any:  # fmt: skip
    if correction is not None:
        ddof = correction
    centred = a - np.mean(a, axis=axis, keepdims=True)
    total = np.sum(_abs2(centred), axis=axis, keepdims=keepdims)
    freedom = count(np.shape(a), axis) - ddof
    return total / freedom if freedom > 0 else total * math.inf


@composite(np.std, complex=True, domain=_SPREAD, edges=[edge(np.full(3, 2.0), a=np.zeros(3))])
def std(
    a: Any, axis: Any = None, dtype: None = None, out: None = None, ddof: float = 0, keepdims: bool = False,
    *, correction: float | None = None,
) -> Any:  # fmt: skip
    return root(np.var(a, axis=axis, ddof=ddof if correction is None else correction, keepdims=keepdims))


def _aligned(weights: Any, axis: Any, ndim: int) -> Any:
    """Reshape weights that are given along some axes, so that they broadcast against an array."""
    axes = normal_axes(axis, ndim)
    weights = np.transpose(weights, tuple(np.argsort(axes).tolist()))
    lengths = iter(weights.shape)
    return np.reshape(weights, tuple([next(lengths) if i in axes else 1 for i in range(ndim)]))


@composite(
    np.average, complex=True,
    domain=[case(array(4)), case(array(4), weights=array(4, of=Domain(((0.5, 2.0),)))), case(array(2, 3), 0),
            case(array(2, 3), axis=1, weights=np.array([1.0, 2.0, 4.0])), case(array(2, 3), -1, np.ones((2, 3)), True),
            case(array(2, 3, 2), (2, 0), np.array([[1.0, 2.0], [3.0, 5.0]]), keepdims=True)],
)  # fmt: skip
def average(a: Any, axis: Any = None, weights: Any = None, returned: bool = False, *, keepdims: bool = False) -> Any:
    if weights is None:
        result = np.mean(a, axis=axis, keepdims=keepdims)
        total: Any = np.float64(count(np.shape(a), axis))
    else:
        weights = weights if hasattr(weights, "shape") else np.asarray(weights)
        if weights.shape != np.shape(a):
            weights = _aligned(weights, axis, np.ndim(a))
        weights = np.broadcast_to(weights, np.shape(a))
        total = np.sum(weights, axis=axis, keepdims=keepdims)
        result = np.sum(a * weights, axis=axis, keepdims=keepdims) / total
    return (result, np.broadcast_to(total, np.shape(result))) if returned else result


def _observations(m: Any, y: Any, rowvar: bool) -> Any:
    """Return a matrix with a row for each variable and a column for each observation."""
    rows = []
    for part in (m, y):
        if part is not None:
            matrix = np.atleast_2d(part)
            rows.append(matrix if rowvar or np.ndim(part) < 2 else np.transpose(matrix))
    return rows[0] if len(rows) == 1 else np.concatenate(rows)


_WEIGHTS = Array((4,), POSITIVE, np.real)


@composite(
    np.cov, complex=True,
    domain=[case(array(2, 4)), case(array(4), array(4)), case(array(4, 2), rowvar=False), case(array(5), bias=True),
            case(array(2, 4), array(4), ddof=0), case(array(2, 4), aweights=_WEIGHTS),
            case(array(2, 4), fweights=[1, 2, 0, 3]), case(array(2, 4), fweights=[1, 2, 1, 1], aweights=_WEIGHTS),
            case(array(2, 4), ddof=0, aweights=_WEIGHTS)],
)  # fmt: skip
def cov(
    m: Any, y: Any = None, rowvar: bool = True, bias: bool = False, ddof: int | None = None, fweights: Any = None,
    aweights: Any = None, *, dtype: None = None,
) -> Any:  # fmt: skip
    x = _observations(m, y, rowvar)
    x = x.astype(np.result_type(x, np.float64))
    ddof = int(not bias) if ddof is None else ddof
    if fweights is not None or aweights is not None:
        return _weighted_cov(x, ddof, fweights, aweights)
    x = x - np.mean(x, axis=1, keepdims=True)
    return np.squeeze(x @ np.conj(np.transpose(x)) / max(x.shape[1] - ddof, 0))


def _weighted_cov(x: Any, ddof: int, fweights: Any, aweights: Any) -> Any:
    """Weight each observation by how often it was made (`fweights`) and by its reliability (`aweights`)."""
    times = np.ones(x.shape[1]) if fweights is None else np.asarray(fweights, float)
    weights = times if aweights is None else times * (aweights if hasattr(aweights, "shape") else np.asarray(aweights))
    total = np.sum(weights)
    lost = ddof if aweights is None else ddof * np.sum(weights * weights / np.where(times == 0, 1.0, times)) / total
    x = x - np.sum(x * weights, axis=1, keepdims=True) / total
    return np.squeeze((x * weights) @ np.conj(np.transpose(x)) / np.maximum(total - lost, 0.0))


@composite(
    np.corrcoef, complex=True,
    domain=[case(array(2, 4)), case(array(4), array(4)), case(array(4, 2), rowvar=False)],
)  # fmt: skip
def corrcoef(x: Any, y: Any = None, rowvar: bool = True, *, dtype: None = None) -> Any:
    c = np.atleast_2d(np.cov(x, y, rowvar))
    deviations = root(np.real(np.diagonal(c)))
    return np.squeeze(c / deviations[:, None] / deviations[None, :])


def _poisoned(result: Any, ordered: Any) -> Any:
    """Put nan where there is one among the values (it was sorted to the end)."""
    found = np.isnan(ordered[..., -1])
    return np.where(np.reshape(found, found.shape + (1,) * (np.ndim(result) - found.ndim)), np.nan, result)


@composite(
    np.median,
    domain=[case(array(5)), case(array(4)), case(array(2, 3), axis=0), case(array(2, 3), axis=-1, keepdims=True),
            case(array(2, 3, 2), axis=(0, -1)), case(array())],
    edges=[edge(np.array([3.0, 1.0, 2.0]), a=np.array([0.0, 0.0, 1.0]))],
)  # fmt: skip
def median(a: Any, axis: Any = None, out: None = None, overwrite_input: bool = False, keepdims: bool = False) -> Any:
    ordered = np.sort(gathered(a, axis))
    n = ordered.shape[-1]
    middle = np.mean(ordered[..., (n - 1) // 2 : n // 2 + 1], axis=-1)
    return kept(_poisoned(middle, ordered), a, axis, keepdims)


def _place(q: Any, last: Any, method: str) -> Any:
    """Return the place among sorted values that a method takes: its quantile of the places themselves."""
    if hasattr(q, "__chainrule_apply__"):
        raise MissingRuleError(
            message(f"np.quantile has no derivative rule by q for {method=}.", "Use method='linear', or a plain q.")
        )
    place = np.quantile(np.arange(last + 1.0), q, method=method)  # type: ignore[call-overload]
    return float(place) if isinstance(q, float) else place


@composite(
    np.quantile,
    domain=[case(array(5), 0.3), case(array(4), array(of=_INNER)), case(array(2, 3), 0.5, axis=0),
            case(array(2, 3), np.array([0.1, 0.5, 0.9]), axis=-1), case(array(2, 3), 0.25, keepdims=True),
            case(array(3), 1.0), case(array(3), 0.0), case(array(2, 3), np.array([0.2, 0.9]), 1, keepdims=True),
            case(array(5), 0.3, method="weibull"),
            case(array(5), np.array([0.3, 0.9]), method="averaged_inverted_cdf")],
)  # fmt: skip
def quantile(
    a: Any, q: Any, axis: Any = None, out: None = None, overwrite_input: bool = False, method: Any = "linear",
    keepdims: bool = False,
) -> Any:  # fmt: skip
    """Interpolate between the two sorted values nearest to place ``q * (n - 1)``; differentiable in q as well."""
    ordered = np.sort(gathered(a, axis))
    last = ordered.shape[-1] - 1
    at = np.multiply(q, last) if method == "linear" else _place(q, last, method)
    start = np.clip(np.floor(at), 0, max(last - 1, 0))
    part = float(at - start) if isinstance(q, float) else at - start
    below = start.astype(np.int64)
    low, high = ordered[..., below], ordered[..., np.minimum(below + 1, last)]
    result = _poisoned(low + (high - low) * part, ordered)
    extra = np.ndim(q)
    if extra:
        result = np.moveaxis(result, tuple(range(-extra, 0)), tuple(range(extra)))
    return kept(result, a, axis, keepdims, np.shape(q))


@composite(np.percentile, domain=[case(array(5), 30.0), case(array(4), array(of=Domain(((40.0, 60.0),))), axis=0)])
def percentile(
    a: Any, q: Any, axis: Any = None, out: None = None, overwrite_input: bool = False, method: Any = "linear",
    keepdims: bool = False,
) -> Any:  # fmt: skip
    share: Any = np.asarray(q) / 100 if isinstance(q, (list, tuple)) else q / 100
    return np.quantile(a, share, axis=axis, method=method, keepdims=keepdims)


def _filled(a: Any, value: float) -> Any:
    return np.where(np.isnan(a), value, a)


def _valid(a: Any, axis: Any, keepdims: Any) -> Any:
    valid = np.sum(np.logical_not(np.isnan(a)), axis=axis, keepdims=keepdims)
    return valid.astype(np.finfo(a.dtype).dtype)


_HOLED = [case(array(4)), case(array(2, 3), axis=0), case(array(2, 3), -1, keepdims=True)]
_NAN = np.array([1.0, np.nan, 3.0])


@composite(np.nansum, complex=True, domain=_HOLED, edges=[edge(_NAN, a=np.array([1.0, 0.0, 1.0]))])
def nansum(a: Any, axis: Any = None, dtype: None = None, out: None = None, keepdims: bool = False) -> Any:
    return np.sum(_filled(a, 0.0), axis=axis, keepdims=keepdims)


@composite(np.nanprod, complex=True, domain=_HOLED, edges=[edge(_NAN, a=np.array([3.0, 0.0, 1.0]))])
def nanprod(a: Any, axis: Any = None, dtype: None = None, out: None = None, keepdims: bool = False) -> Any:
    return np.prod(_filled(a, 1.0), axis=axis, keepdims=keepdims)


@composite(np.nanmean, complex=True, domain=_HOLED, edges=[edge(_NAN, a=np.array([0.5, 0.0, 0.5]))])
def nanmean(a: Any, axis: Any = None, dtype: None = None, out: None = None, keepdims: bool = False) -> Any:
    return np.nansum(a, axis=axis, keepdims=keepdims) / _valid(a, axis, keepdims)


@composite(np.nanvar, complex=True, domain=_HOLED, edges=[edge(_NAN, a=np.array([-1.0, 0.0, 1.0]))])
def nanvar(
    a: Any, axis: Any = None, dtype: None = None, out: None = None, ddof: float = 0, keepdims: bool = False
) -> Any:
    centred = _filled(a - np.nanmean(a, axis=axis, keepdims=True), 0.0)
    return np.sum(_abs2(centred), axis=axis, keepdims=keepdims) / np.maximum(_valid(a, axis, keepdims) - ddof, 0)


@composite(np.nanstd, complex=True, domain=_HOLED, edges=[edge(_NAN, a=np.array([-0.5, 0.0, 0.5]))])
def nanstd(
    a: Any, axis: Any = None, dtype: None = None, out: None = None, ddof: float = 0, keepdims: bool = False
) -> Any:
    return root(np.nanvar(a, axis=axis, ddof=ddof, keepdims=keepdims))


def _extreme(fn: Any, bound: float, a: Any, axis: Any, keepdims: bool) -> Any:
    result = fn(_filled(a, bound), axis=axis, keepdims=keepdims)
    return np.where(_valid(a, axis, keepdims) == 0, np.nan, result)


@composite(np.nanmax, domain=_HOLED, edges=[edge(_NAN, a=np.array([0.0, 0.0, 1.0]))])
def nanmax(a: Any, axis: Any = None, out: None = None, keepdims: bool = False) -> Any:
    return _extreme(np.max, -np.inf, a, axis, keepdims)


@composite(np.nanmin, domain=_HOLED, edges=[edge(_NAN, a=np.array([1.0, 0.0, 0.0]))])
def nanmin(a: Any, axis: Any = None, out: None = None, keepdims: bool = False) -> Any:
    return _extreme(np.min, np.inf, a, axis, keepdims)


@composite(np.nancumsum, complex=True, domain=_HOLED[:2], edges=[edge(_NAN, a=np.array([3.0, 0.0, 1.0]))])
def nancumsum(a: Any, axis: Any = None, dtype: None = None, out: None = None) -> Any:
    return np.cumsum(_filled(a, 0.0), axis=axis)


@composite(np.nancumprod, complex=True, domain=_HOLED[:2], edges=[edge(_NAN, a=np.array([5.0, 0.0, 1.0]))])
def nancumprod(a: Any, axis: Any = None, dtype: None = None, out: None = None) -> Any:
    return np.cumprod(_filled(a, 1.0), axis=axis)
