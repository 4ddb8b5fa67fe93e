"""Histograms: counts are constants; the edges of bins move with the smallest and largest value, and weights count.

A histogram does not change while values move within their bins, and has no derivative where one meets an edge. What
does change is where equal bins lie, the densities that are divided by their widths, and sums of weights.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from ._declare import composite, constant
from ._domain import POSITIVE, REAL, Array, array, case
from ._table import lookup
from .creation import assembled
from .indexing import add_at

__all__: list[str] = []


def bin_count(a: Any, bins: Any, span: Any) -> Any:
    """Return how many bins of equal width NumPy makes (of a name such as "auto", it chooses)."""
    return len(np.histogram_bin_edges(a, bins, span)) - 1


def bins_met(a: Any, bins: Any, span: Any) -> Any:
    """Return the bin of each value, and whether it is in one; the last edge belongs to the last bin."""
    edges = np.histogram_bin_edges(a, bins, span)
    place = np.where(a == edges[-1], len(edges) - 2, np.searchsorted(edges, a, side="right") - 1)
    return place, (place >= 0) & (place < len(edges) - 1)


constant(bin_count, bins_met)


def _edges(a: Any, bins: Any, span: Any) -> Any:
    if not isinstance(bins, (int, np.integer, str)):
        return assembled(bins)
    low, high = span if span is not None else (np.min(a), np.max(a)) if a.size else (0.0, 1.0)
    if low == high:
        low, high = low - 0.5, high + 0.5
    return np.linspace(low, high, lookup(bin_count)(a, bins, span) + 1)


def _equal_edges(a: Any, bins: Any, span: Any) -> Any:
    """Return edges in the precision of the sample, which histograms of one variable keep."""
    edges = _edges(a, bins, span)
    given = not isinstance(bins, (int, np.integer, str))
    return edges if given or span is None else edges.astype(np.result_type(*span, a, np.float16))


_SAMPLE = np.array([0.1, 0.4, 0.45, 2.0, 3.1])
_BINS = np.array([0.0, 0.3, 1.0, 4.0])


@composite(
    np.histogram_bin_edges,
    domain=[case(array(5), 4), case(array(2, 3), 3, (-1.0, 2.0)), case(array(5), "sturges"),
            case(_SAMPLE, Array((3,), REAL, np.sort))],
)  # fmt: skip
def histogram_bin_edges(a: Any, bins: Any = 10, range: Any = None, weights: Any = None) -> Any:
    return _equal_edges(np.reshape(assembled(a), (-1,)), bins, range)


def _counts(places: tuple[Any, ...], inside: Any, shape: tuple[int, ...], weights: Any) -> Any:
    """Count the values of each bin, or add their weights."""
    index = tuple([place[inside] for place in places])
    if weights is None:
        counts = np.zeros(shape, np.intp)
        np.add.at(counts, index, 1)
        return counts
    return add_at(np.zeros(shape, weights.dtype), weights[inside], index)


@composite(
    np.histogram,
    domain=[case(array(5), 3), case(_SAMPLE, _BINS, weights=array(5)), case(array(5), 3, density=True),
            case(_SAMPLE, _BINS, None, True, array(5, of=POSITIVE)), case(_SAMPLE, 4, (0.0, 3.0), weights=array(5))],
)  # fmt: skip
def histogram(a: Any, bins: Any = 10, range: Any = None, density: Any = None, weights: Any = None) -> Any:
    a = np.reshape(assembled(a), (-1,))
    weights = None if weights is None else np.reshape(assembled(weights), (-1,))
    edges = _equal_edges(a, bins, range)
    place, inside = lookup(bins_met)(a, bins, range)
    counts = _counts((place,), inside, (edges.shape[0] - 1,), weights)
    if density:
        counts = counts / np.diff(edges) / np.sum(counts)
    return counts, edges


def _columns(sample: Any) -> list[Any]:
    """Return the coordinates of the points: rows of points, or a list with the coordinates one by one."""
    if isinstance(sample, (list, tuple)):
        return [assembled(x) for x in sample]
    sample = np.reshape(sample, (-1, 1)) if np.ndim(sample) == 1 else sample
    return [sample[:, i] for i in range(sample.shape[1])]


def _divided(counts: Any, edges: list[Any]) -> Any:
    """Turn counts into a density: divide by the widths along each axis, and by the sum."""
    density = counts / np.sum(counts)
    for i, edge in enumerate(edges):
        density = density / np.reshape(np.diff(edge), (-1,) + (1,) * (len(edges) - 1 - i))
    return density


_POINTS = np.array([[0.1, 0.4], [0.45, 2.0], [0.9, 3.1]])


@composite(
    np.histogramdd,
    domain=[case(array(4, 2), 2), case(_POINTS, [3, 2], density=True, weights=array(3, of=POSITIVE)),
            case(array(4, 2), (2, 2), [(-2.5, 2.5), None], True)],
)  # fmt: skip
def histogramdd(sample: Any, bins: Any = 10, range: Any = None, density: Any = None, weights: Any = None) -> Any:
    columns = _columns(sample)
    each = [bins] * len(columns) if isinstance(bins, (int, np.integer)) else list(bins)
    spans = [None] * len(columns) if range is None else list(range)
    edges = [_edges(x, n, span) for x, n, span in zip(columns, each, spans, strict=True)]
    met = [lookup(bins_met)(x, n, span) for x, n, span in zip(columns, each, spans, strict=True)]
    inside = np.logical_and.reduce([within for _, within in met])
    weights = None if weights is None else assembled(weights)
    shape = tuple([edge.shape[0] - 1 for edge in edges])
    counts = _counts(tuple([place for place, _ in met]), inside, shape, weights)
    counts = counts.astype(float) if counts.dtype.kind == "i" else counts
    return (_divided(counts, edges) if density else counts), edges


@composite(
    np.histogram2d,
    domain=[case(array(4), array(4), 2), case(_POINTS[:, 0], _POINTS[:, 1], _BINS, weights=array(3)),
            case(array(4), array(4), [2, _BINS], density=True)],
)  # fmt: skip
def histogram2d(x: Any, y: Any, bins: Any = 10, range: Any = None, density: Any = None, weights: Any = None) -> Any:
    if not isinstance(bins, (int, np.integer)) and len(bins) not in (1, 2):
        bins = [bins, bins]
    counts, (first, second) = np.histogramdd([x, y], bins, range, density, weights)
    return counts, first, second
