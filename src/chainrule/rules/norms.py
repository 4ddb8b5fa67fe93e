"""Norms of vectors and matrices. At 0 the derivative of a norm is 0; equal singular values share that of order 2."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.lib.array_utils import normalize_axis_tuple

from ._declare import composite
from ._domain import NONZERO, POSITIVE, array, case, edge, separated
from .exponential import root
from .linalg._matrix import rounding
from .shape import asarray


def _euclidean(x: Any, axes: Any, keepdims: bool) -> Any:
    squares = np.square(np.real(x)) + np.square(np.imag(x)) if x.dtype.kind == "c" else np.square(x)
    return root(np.sum(squares, axis=axes, keepdims=keepdims))


def _vector_norm(x: Any, order: Any, axes: Any, keepdims: bool) -> Any:
    if order is None or order == 2:
        return _euclidean(x, axes, keepdims)
    if isinstance(order, str):
        msg = f"Invalid norm order '{order}' for vectors"
        raise ValueError(msg)
    if order == 0:
        return np.sum(x != 0, axis=axes, keepdims=keepdims).astype(x.real.dtype)
    if np.isinf(order):
        extreme = np.max if order > 0 else np.min
        return extreme(np.absolute(x), axis=axes, keepdims=keepdims)
    if order == 1:
        return np.sum(np.absolute(x), axis=axes, keepdims=keepdims)
    return _power_root(np.sum(np.absolute(x) ** order, axis=axes, keepdims=keepdims), order)


def _power_root(total: Any, order: Any) -> Any:
    """Take a root whose slope at 0 is 0."""
    nothing = total == 0
    return np.where(nothing, 0.0, np.where(nothing, 1.0, total) ** (1 / order))


def _matrix_norm(x: Any, order: Any, axes: tuple[int, int], keepdims: bool) -> Any:
    if order is None or order in ("fro", "f"):
        return _euclidean(x, axes, keepdims)
    if order in (2, -2, "nuc"):
        return _by_singular_values(x, order, axes, keepdims)
    if order not in (1, -1, np.inf, -np.inf):
        msg = "Invalid norm order for matrices."
        raise ValueError(msg)
    summed, compared = axes if order in (1, -1) else axes[::-1]
    extreme = np.max if order > 0 else np.min
    result = extreme(np.sum(np.absolute(x), axis=summed, keepdims=True), axis=compared, keepdims=True)
    return result if keepdims else np.squeeze(result, axes)


def _by_singular_values(x: Any, order: Any, axes: tuple[int, int], keepdims: bool) -> Any:
    """Take the largest, the smallest or the sum of the singular values."""
    values = np.linalg.svdvals(np.moveaxis(x, axes, (-2, -1)))
    values = np.where(values <= rounding(values), 0.0, values)  # a norm of 0 has the derivative 0
    reduce: Any = {2: np.max, -2: np.min, "nuc": np.sum}[order]
    result = reduce(values, axis=-1)
    return np.expand_dims(result, axes) if keepdims else result


@composite(
    np.linalg.norm, complex=True,
    domain=[
        case(array(3)), case(array(2, 3)), case(array(2, 3, 2)), case(array(2, 3), keepdims=True),
        case(array(2, 3), axis=-1),
        case(array(3), 1), case(array(3, of=NONZERO), np.inf), case(array(3, of=NONZERO), -np.inf), case(array(3), 3),
        case(array(3), 2.5), case(array(3, of=POSITIVE), -1), case(array(2, 3), 2, 0), case(array(2, 3), 1, (1,), True),
        case(array(2, 3), "fro"), case(array(2, 3, 2), None, (0, 2)), case(array(2, 3), 1), case(array(2, 3), np.inf),
        case(array(2, 3), -1), case(array(4, 2, 3), np.inf, (-1, 0), keepdims=True), case(array()), case(array(0)),
        case(separated(2, 3), 2), case(separated(3, 3), -2), case(separated(3, 2), "nuc"),
        case(separated(4, 2, 3), "nuc", (-1, -2)), case(separated(2, 3), 2, (0, 1), keepdims=True),
    ],
    edges=[
        edge(np.zeros(3), x=np.zeros(3)), edge(np.zeros((2, 2)), x=np.zeros((2, 2))),
        edge(np.zeros(2), 1, x=np.zeros(2)),
        edge(np.zeros(2), 3, x=np.zeros(2)), edge(np.zeros(2), np.inf, x=np.zeros(2)),
        edge(np.zeros((2, 2)), 2, x=np.zeros((2, 2))), edge(np.zeros((2, 3)), "nuc", x=np.zeros((2, 3))),
        edge(np.eye(2), 2, x=np.eye(2) / 2), edge(np.eye(3), "nuc", x=np.eye(3)),
        edge(np.array([3.0, 0.0]), 3, x=np.array([1.0, 0.0])),
        edge(np.array([1.0, -1.0]), np.inf, x=np.array([0.5, -0.5])),
        edge(np.array([[3.0, 4.0], [0.0, 0.0]]), None, -1, x=np.array([[0.6, 0.8], [0.0, 0.0]])),
    ],
)  # fmt: skip
def norm(x: Any, ord: Any = None, axis: Any = None, keepdims: bool = False) -> Any:
    x = asarray(x)
    everything = ord is None or (ord in ("f", "fro") and x.ndim == 2) or (ord == 2 and x.ndim == 1)
    if axis is None and everything:
        return _euclidean(x, None, keepdims)
    axes = normalize_axis_tuple(range(x.ndim) if axis is None else axis, x.ndim)
    if len(axes) == 1:
        return _vector_norm(x, ord, axes, keepdims)
    if len(axes) == 2:
        return _matrix_norm(x, ord, axes, keepdims)
    msg = "Improper number of dimensions to norm."
    raise ValueError(msg)


@composite(
    np.linalg.vector_norm, complex=True,
    domain=[case(array(2, 3)), case(array(2, 3), ord=1), case(array(2, 3, 2), axis=(0, 2)),
            case(array(3), ord=3, keepdims=True)],
    edges=[edge(np.zeros(3), x=np.zeros(3))],
)  # fmt: skip
def vector_norm(x: Any, /, *, axis: Any = None, keepdims: bool = False, ord: Any = 2) -> Any:
    return _vector_norm(asarray(x), ord, axis, keepdims)


@composite(
    np.linalg.matrix_norm, complex=True,
    domain=[case(array(2, 3)), case(array(4, 2, 3, of=NONZERO), ord=1),
            case(array(4, 2, 3, of=NONZERO), ord=np.inf, keepdims=True),
            case(separated(4, 2, 3), ord="nuc"), case(separated(2, 3), ord=2, keepdims=True)],
    edges=[edge(np.zeros((2, 2)), x=np.zeros((2, 2)))],
)  # fmt: skip
def matrix_norm(x: Any, /, *, keepdims: bool = False, ord: Any = "fro") -> Any:
    x = asarray(x)
    return _matrix_norm(x, ord, (x.ndim - 2, x.ndim - 1), keepdims)
