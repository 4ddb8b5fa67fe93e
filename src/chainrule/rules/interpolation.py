"""Functions on samples: linear interpolation, difference quotients on a grid, unwrapped angles, weighted counts."""

from __future__ import annotations

from typing import Any

import numpy as np

from ._declare import composite, constant
from ._domain import POSITIVE, Domain, array, case, edge
from ._table import lookup
from .indexing import add_at
from .running import along

__all__: list[str] = []

_GRID = np.array([0.0, 1.0, 1.5, 4.0])


def _array(x: Any) -> Any:
    return np.asarray(x) if isinstance(x, (list, tuple)) else x


def _repeated(x: Any, xp: Any, fp: Any, period: Any) -> tuple[Any, Any, Any]:
    """Bring the places into one period, with the samples in order and one more on each side."""
    x, xp = x % period, xp % period
    order = np.argsort(xp)
    xp, fp = xp[order], fp[order]
    xp = np.concatenate([xp[-1:] - period, xp, xp[:1] + period])
    return x, xp, np.concatenate([fp[-1:], fp, fp[:1]])


@composite(
    np.interp,
    domain=[case(array(3, of=Domain(((0.1, 0.9), (1.6, 3.9)))), _GRID, array(4)), case(0.7, _GRID, array(4)),
            case(array(2, 2, of=Domain(((-1.0, -0.1), (4.1, 5.0)))), _GRID, array(4), left=array(), right=array()),
            case(0.7, array(3, of=Domain(((0.1, 0.2),))), array(3)), case(array(), [0.0], [2.0]),
            case(0.7, array(2, of=Domain(((0.1, 0.2),))), [1.0, 3.0]),
            case(array(3, of=Domain(((4.2, 4.9), (-0.4, -0.1)))), [3.0, 1.0, 2.2], array(3), period=4.0)],
    edges=[edge(1.0, _GRID, np.array([0.0, 2.0, 4.0, 9.0]), x=4.0), edge(4.0, _GRID, _GRID, x=1.0)],
)  # fmt: skip
def interp(x: Any, xp: Any, fp: Any, left: Any = None, right: Any = None, period: Any = None) -> Any:
    """Interpolate linearly; at a node the slope in x is that on its right, at the last node that on its left."""
    x, xp, fp = _array(x), _array(xp), _array(fp)
    if period is not None:
        x, xp, fp, left, right = *_repeated(x, xp, fp, abs(period)), None, None
    last = len(xp) - 1
    low = np.clip(np.searchsorted(xp, x, side="right") - 1, 0, max(last - 1, 0))
    high = np.minimum(low + 1, last)
    width = xp[high] - xp[low]
    inside = fp[low] + (fp[high] - fp[low]) * ((x - xp[low]) / np.where(width == 0, 1.0, width))
    inside = np.where(x > xp[-1], fp[-1] if right is None else right, inside)
    result = np.where(x < xp[0], fp[0] if left is None else left, inside)
    return result.astype(np.result_type(result, np.float64))


def _turns(p: Any, discont: Any, axis: int, period: float) -> Any:
    return np.unwrap(p, discont, axis, period=period) - p


constant(_turns)


@composite(np.unwrap, domain=[case(array(4)), case(array(2, 3), axis=0)])
def unwrap(p: Any, discont: Any = None, axis: int = -1, *, period: float = 2 * np.pi) -> Any:
    return p + lookup(_turns)(p, discont, axis, period)


@composite(np.bincount, domain=[case(np.array([0, 2, 2]), array(3)), case([1, 1], array(2), 5)])
def bincount(x: Any, /, weights: Any = None, minlength: int = 0) -> Any:
    x = np.asarray(x)
    return add_at(np.zeros(max(minlength, int(x.max(initial=-1)) + 1)), weights, x)


def _spacings(f: Any, varargs: tuple[Any, ...], axes: tuple[int, ...]) -> list[Any]:
    """Return for each axis the distance between samples, or the distances."""
    given = varargs * len(axes) if len(varargs) == 1 else varargs or (1.0,) * len(axes)
    if len(given) != len(axes):
        msg = "invalid number of arguments"
        raise TypeError(msg)
    return [np.diff(_array(h)) if np.ndim(h) else h for h in given]


def _slopes(f: Any, h: Any, axis: int, edge_order: int) -> Any:
    """Difference quotients along one axis: of order two inside, of order one or two at the ends."""

    def at(start: int | None, stop: int | None) -> Any:
        return f[along(axis, f.ndim, slice(start, stop))]

    if not np.ndim(h):
        h = np.full(f.shape[axis] - 1, 1.0) * h
    h = np.reshape(h, (-1,) + (1,) * (f.ndim - 1 - axis % f.ndim))
    before, after = h[:-1], h[1:]
    steps = (at(1, None) - at(None, -1)) / h
    first, last = steps[along(axis, f.ndim, slice(0, 1))], steps[along(axis, f.ndim, slice(-1, None))]
    left, right = steps[along(axis, f.ndim, slice(None, -1))], steps[along(axis, f.ndim, slice(1, None))]
    inside = (after * left + before * right) / (before + after)
    if edge_order == 2:
        bend = (right - left) / (before + after)
        first = first - bend[along(axis, f.ndim, slice(0, 1))] * h[:1]
        last = last + bend[along(axis, f.ndim, slice(-1, None))] * h[-1:]
    return np.concatenate((first, inside, last), axis=axis).astype(np.result_type(f, np.float16))


@composite(
    np.gradient, complex=True,
    domain=[case(array(4)), case(array(4), 0.5), case(array(4), _GRID), case(array(3, 4), 0.5, _GRID),
            case(array(3, 4), axis=0), case(array(3, 4), 2.0, axis=(1, 0), edge_order=2), case(array(2)),
            case(array(4), array(of=POSITIVE)), case(array(4), _GRID, edge_order=2)],
)  # fmt: skip
def gradient(f: Any, *varargs: Any, axis: Any = None, edge_order: int = 1) -> Any:
    f = _array(f)
    axes = tuple(range(f.ndim)) if axis is None else axis if isinstance(axis, tuple) else (axis,)
    slopes = [_slopes(f, h, i, edge_order) for i, h in zip(axes, _spacings(f, varargs, axes), strict=True)]
    return slopes[0] if len(slopes) == 1 else tuple(slopes)
