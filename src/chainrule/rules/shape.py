"""Functions that rearrange, repeat or select elements by their place, whatever their values are."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from numpy.lib.array_utils import normalize_axis_index, normalize_axis_tuple

from ..errors import MissingRuleError, message
from ._declare import composite, linear
from ._domain import array, case
from ._row import Row, Spec, spec_of
from .indexing import scatter

__all__ = ["asarray", "gather"]


def asarray(x: Any) -> Any:
    """Return a list or number as an array, and anything that has a shape as it is."""
    return x if hasattr(x, "shape") else np.asarray(x)


def gather(x: Any, positions: Any) -> Any:
    """Read the elements of an array at these positions in its flattened form."""
    return np.reshape(x, (-1,))[positions]


def _positions(x: Any) -> Any:
    """Number the elements of an array: what a function does to these numbers tells where it takes elements from."""
    return np.arange(x.size).reshape(x.shape)


# ---- One axis order, one shape for another -------------------------------------------------------------------------


def _layout(a: Any, order: str) -> str:
    """Say which order of elements, "C" or "F", the orders "A" and "K" mean for this array's place in memory."""
    if order in ("C", "F"):
        return order
    flags = getattr(asarray(a), "flags", None)
    if flags is None or not (flags.c_contiguous or flags.f_contiguous):
        raise MissingRuleError(
            message(f"order={order!r} depends on where the elements lie in memory, which is not known here.",
                    'Say order="C" or order="F".')
        )  # fmt: skip
    return "C" if flags.c_contiguous else "F"


def _bind_reshape(a: Any, /, shape: Any, order: str = "C", *, copy: Any = None) -> Any:
    return (a,), {"shape": shape, "order": _layout(a, order), "copy": copy}


def _reshape(a: Any, shape: Any, order: Any, copy: Any) -> Any:
    return np.reshape(a, shape, order) if copy is None else np.reshape(a, shape, order, copy=copy)


reshape = linear(
    np.reshape, signature="a, shape, order='C', copy=None", bind=_bind_reshape, compute=_reshape, view=True,
    a=lambda g, a, order: np.reshape(g, a.shape, order),
    domain=[
        case(array(2, 3), (3, 2)), case(array(2, 3), -1), case(array(2, 3), (3, -1), "F"),
        case(array(), (1, 1)), case(array(1), ()), case(array(0, 3), (3, 0)),
    ],
)  # fmt: skip

ravel = linear(
    np.ravel, signature="a, order='C'", bind=lambda a, order="C": ((a,), {"order": _layout(a, order)}), view=True,
    a=lambda g, a, order: np.reshape(g, a.shape, order),
    domain=[case(array(2, 3)), case(array(2, 3), "F"), case(array()), case(array(0, 2))],
)  # fmt: skip


def _inverse_axes(axes: Any, ndim: int) -> Any:
    """Return the permutation of axes that undoes another."""
    return None if axes is None else tuple(np.argsort([axis % ndim for axis in axes]).tolist())


transpose = linear(
    np.transpose, signature="a, axes=None", view=True, also=(np.permute_dims,),
    a=lambda g, a, axes: np.transpose(g, _inverse_axes(axes, a.ndim)),
    domain=[
        case(array(2, 3)), case(array(2, 3, 4), (1, 2, 0)), case(array(2, 3, 4), (-1, 0, 1)), case(array(3)),
        case(array(), ()), case(array(2, 0), axes=(1, 0)),
    ],
)  # fmt: skip

matrix_transpose = linear(
    np.matrix_transpose, signature="x", view=True, also=(np.linalg.matrix_transpose,),
    x=lambda g: np.swapaxes(g, -1, -2),
    domain=[case(array(2, 3)), case(array(4, 2, 3)), case(array(0, 3))],
)  # fmt: skip

swapaxes = linear(
    np.swapaxes, signature="a, axis1, axis2", view=True,
    a=lambda g, axis1, axis2: np.swapaxes(g, axis1, axis2),
    domain=[case(array(2, 3), 0, 1), case(array(2, 3, 4), -1, 0), case(array(3), 0, 0)],
)  # fmt: skip

moveaxis = linear(
    np.moveaxis, signature="a, source, destination", view=True,
    a=lambda g, source, destination: np.moveaxis(g, destination, source),
    domain=[case(array(2, 3, 4), 0, -1), case(array(2, 3, 4), (0, 1), (-1, 0)), case(array(3), 0, 0)],
)  # fmt: skip


@composite(
    np.rollaxis, complex=True,
    domain=[case(array(2, 3, 4), 2), case(array(2, 3, 4), 0, 3), case(array(2, 3, 4), -1, 1)],
)  # fmt: skip
def rollaxis(a: Any, axis: int, start: int = 0) -> Any:
    axis = normalize_axis_index(axis, a.ndim)
    start += a.ndim if start < 0 else 0
    return np.moveaxis(a, axis, start - (axis < start))


squeeze = linear(
    np.squeeze, signature="a, axis=None", view=True,
    a=lambda g, a: np.reshape(g, a.shape),
    domain=[case(array(1, 3, 1)), case(array(1, 3, 1), 0), case(array(1, 3, 1), axis=(0, -1)), case(array(1, 1))],
)  # fmt: skip

expand_dims = linear(
    np.expand_dims, signature="a, axis", view=True,
    a=lambda g, a: np.reshape(g, a.shape),
    domain=[case(array(3), 0), case(array(2, 3), (0, -1)), case(array(), 0), case(array(0, 2), 1)],
)  # fmt: skip


def _with_ndim(arrays: tuple[Any, ...], convert: Any) -> Any:
    """Convert each array; one array is returned by itself, several as a tuple."""
    results = tuple([convert(asarray(a)) for a in arrays])
    return results[0] if len(results) == 1 else results


@composite(np.atleast_1d, complex=True, domain=[case(array()), case(array(2, 3)), case(array(), array(2))])
def atleast_1d(*arys: Any) -> Any:
    return _with_ndim(arys, lambda a: a if a.ndim else np.reshape(a, (1,)))


@composite(np.atleast_2d, complex=True, domain=[case(array()), case(array(3)), case(array(2, 3), array())])
def atleast_2d(*arys: Any) -> Any:
    return _with_ndim(arys, lambda a: a if a.ndim >= 2 else np.reshape(a, (1, -1)))


@composite(np.atleast_3d, complex=True, domain=[case(array()), case(array(3)), case(array(2, 3)), case(array(1, 2, 3))])
def atleast_3d(*arys: Any) -> Any:
    shapes = {0: lambda a: (1, 1, 1), 1: lambda a: (1, a.size, 1), 2: lambda a: (*a.shape, 1)}
    return _with_ndim(arys, lambda a: a if a.ndim >= 3 else np.reshape(a, shapes[a.ndim](a)))


# ---- Broadcasting and repetition -----------------------------------------------------------------------------------

# Its transpose sums over the axes that were stretched, which is done for every cotangent.
broadcast_to = linear(
    np.broadcast_to, signature="array, shape, subok=False", view=True,
    array=lambda g: g,
    domain=[
        case(array(3), (2, 3)), case(array(2, 1), (4, 2, 3)), case(array(), (2,)), case(array(), 2),
        case(array(1), (0,)), case(array(2, 3), (2, 3)),
    ],
)  # fmt: skip


@composite(
    np.broadcast_arrays, complex=True,
    domain=[case(array(3), array(2, 1)), case(array(), array(2, 2)), case(array(2, 2)), case(array(1), array(0))],
)  # fmt: skip
def broadcast_arrays(*args: Any, subok: bool = False) -> Any:
    shape = np.broadcast_shapes(*[spec_of(a).shape for a in args])
    return tuple([np.broadcast_to(a, shape) for a in args])


@composite(
    np.meshgrid, complex=True,
    domain=[
        case(array(2), array(3)), case(array(2), array(3), indexing="ij"), case(array(2), array(), array(3)),
        case(array(2), array(3), sparse=True, copy=False), case(array(2)),
    ],
)  # fmt: skip
def meshgrid(*xi: Any, copy: bool = True, sparse: bool = False, indexing: str = "xy") -> Any:
    if indexing not in ("xy", "ij"):
        msg = "Valid values for `indexing` are 'xy' and 'ij'."
        raise ValueError(msg)
    n = len(xi)
    axes = [1, 0, *range(2, n)] if indexing == "xy" and n > 1 else range(n)
    shaped = [np.reshape(x, [-1 if i == axis else 1 for i in range(n)]) for x, axis in zip(xi, axes, strict=True)]
    result = tuple(shaped) if sparse else np.broadcast_arrays(*shaped)
    return tuple([np.copy(x) for x in result]) if copy else result


def _untile(g: Any, A: Spec, reps: Any) -> Any:
    """Sum over the tiles: with an axis for the tile and an axis within it, for each axis of the result."""
    reps = (reps,) if np.ndim(reps) == 0 else tuple(reps)
    n = max(A.ndim, len(reps))
    reps = (1,) * (n - len(reps)) + reps
    shape = (1,) * (n - A.ndim) + A.shape
    split = [length for pair in zip(reps, shape, strict=True) for length in pair]
    return np.reshape(np.sum(np.reshape(g, split), axis=tuple(range(0, 2 * n, 2))), A.shape)


tile = linear(
    np.tile, signature="A, reps", A=lambda g, A, reps: _untile(g, A, reps),
    domain=[
        case(array(3), 2), case(array(2, 3), 2), case(array(2, 3), (2, 1)), case(array(3), (2, 2)), case(array(), 3),
        case(array(2), 0), case(array(2, 3), (2, 1, 2)),
    ],
)  # fmt: skip


def _unrepeat(g: Any, a: Spec, repeats: Any, axis: int | None) -> Any:
    """Sum over the copies of each element."""
    shape = (a.size,) if axis is None else a.shape
    axis = 0 if axis is None else normalize_axis_index(axis, a.ndim)
    before, n, after = shape[:axis], shape[axis], shape[axis + 1 :]
    if np.size(repeats) == 1:
        copies = np.asarray(repeats).item()
        return np.reshape(np.sum(np.reshape(g, (*before, n, copies, *after)), axis=axis + 1), a.shape)
    origin = np.repeat(np.arange(n), repeats)
    return np.reshape(scatter(g, (*[slice(None)] * axis, origin), Spec(shape, a.dtype)), a.shape)


repeat = linear(
    np.repeat, signature="a, repeats, axis=None", discrete=("repeats",),
    a=lambda g, a, repeats, axis: _unrepeat(g, a, repeats, axis),
    domain=[
        case(array(3), 2), case(array(2, 3), 2), case(array(2, 3), 2, 0), case(array(2, 3), [1, 0, 2], -1),
        case(array(), 3), case(array(3), [2]), case(array(3), 0), case(array(2, 2), np.array([1, 2, 0, 1])),
    ],
)  # fmt: skip


@composite(np.resize, complex=True, domain=[case(array(3), (2, 2)), case(array(2, 3), 4), case(array(2), (3, 3))])
def resize(a: Any, new_shape: Any) -> Any:
    """Repeat the elements in their order until a shape is filled."""
    a = asarray(a)
    shape = (new_shape,) if np.ndim(new_shape) == 0 else tuple(new_shape)
    return gather(a, np.arange(math.prod(shape)).reshape(shape) % a.size) if a.size else np.zeros(shape, a.dtype)


# ---- Reversal and rotation -----------------------------------------------------------------------------------------

flip = linear(
    np.flip, signature="m, axis=None", m=lambda g, axis: np.flip(g, axis), view=True,
    domain=[case(array(3)), case(array(2, 3)), case(array(2, 3), -1), case(array(2, 3, 2), (0, 2)), case(array())],
)  # fmt: skip
fliplr = linear(
    np.fliplr, signature="m", m=lambda g: np.fliplr(g), view=True, domain=[case(array(2, 3)), case(array(0, 2))]
)
flipud = linear(
    np.flipud, signature="m", m=lambda g: np.flipud(g), view=True, domain=[case(array(2, 3)), case(array(3))]
)

rot90 = linear(
    np.rot90, signature="m, k=1, axes=(0, 1)", m=lambda g, k, axes: np.rot90(g, -k, axes), view=True,
    domain=[case(array(2, 3)), case(array(2, 3), 2), case(array(2, 3), -1), case(array(2, 3, 2), 3, (-1, 0))],
)  # fmt: skip

roll = linear(
    np.roll, signature="a, shift, axis=None", a=lambda g, shift, axis: np.roll(g, np.negative(shift), axis),
    domain=[
        case(array(4), 1), case(array(2, 3), 2), case(array(2, 3), -1, -1), case(array(2, 3), (1, 2), (0, 1)),
        case(array(2, 3), 1, (0, 1)), case(array(0), 2), case(array(), 1),
    ],
)  # fmt: skip

# ---- Padding -------------------------------------------------------------------------------------------------------


def _widths(pad_width: Any, ndim: int) -> Any:
    """Return how much to pad before and after, for each axis."""
    if isinstance(pad_width, dict):
        widths = np.zeros((ndim, 2), int)
        for axis, width in pad_width.items():
            widths[axis] = width
        return widths
    return np.broadcast_to(np.asarray(pad_width, int), (ndim, 2))


def _unpad(g: Any, shape: tuple[int, ...], pad_width: Any) -> Any:
    return g[tuple([slice(int(before), int(before) + n) for (before, _), n in zip(pad_width, shape, strict=True)])]


pad_zeros: Row = linear(
    lambda array, pad_width: np.pad(array, pad_width), name="pad_zeros", signature="array, pad_width",
    array=lambda g, array, pad_width: _unpad(g, array.shape, pad_width),
    domain=[case(array(3), ((1, 2),)), case(array(2, 3), ((1, 0), (0, 2))), case(array(0), ((1, 1),))],
)  # fmt: skip

_PAD_BY_PLACE = ("edge", "reflect", "symmetric", "wrap")


@composite(
    np.pad, complex=True,
    domain=[
        case(array(3), 1), case(array(2, 3), (1, 2)), case(array(2, 3), ((1, 0), (0, 2)), constant_values=1.5),
        case(array(3), 2, "edge"), case(array(3), 2, "reflect"), case(array(2, 3), 1, "symmetric"),
        case(array(3), (4, 1), mode="wrap"), case(array(0), 1),
    ],
)  # fmt: skip
def pad(array: Any, pad_width: Any, mode: Any = "constant", **kwargs: Any) -> Any:
    """Pad with constants, or with elements of the array chosen by their place."""
    if mode in _PAD_BY_PLACE and kwargs.get("reflect_type", "even") == "even":
        return gather(array, np.pad(_positions(array), pad_width, mode))
    if mode != "constant":
        raise MissingRuleError(
            message(f"np.pad with mode={mode!r} and {kwargs!r} has no derivative rule.",
                    f'Use mode="constant", {", ".join(_PAD_BY_PLACE)} (reflect_type="even"), or np.concatenate.')
        )  # fmt: skip
    widths = _widths(pad_width, array.ndim)
    padded = pad_zeros(array, widths)
    return padded + np.pad(np.zeros(array.shape, array.dtype), widths, **kwargs) if kwargs else padded


# ---- Diagonals and triangles ---------------------------------------------------------------------------------------


def _to_diagonal(g: Any, spec: Spec, offset: int, axis1: int, axis2: int) -> Any:
    """Return zeros of a shape with `g` written along a diagonal: the transpose of reading it."""
    axis1, axis2 = normalize_axis_tuple((axis1, axis2), spec.ndim)
    rest = [n for axis, n in enumerate(spec.shape) if axis not in (axis1, axis2)]
    along = np.arange(g.shape[-1])
    index = (..., along + max(-offset, 0), along + max(offset, 0))
    written = scatter(g, index, Spec((*rest, spec.shape[axis1], spec.shape[axis2]), spec.dtype))
    return np.moveaxis(written, (-2, -1), (axis1, axis2))


diagonal = linear(
    np.diagonal, signature="a, offset=0, axis1=0, axis2=1", view=True,
    a=lambda g, a, offset, axis1, axis2: _to_diagonal(g, a, offset, axis1, axis2),
    domain=[
        case(array(3, 3)), case(array(2, 3), 1), case(array(3, 2), -1), case(array(2, 3, 4), 0, 1, 2),
        case(array(2, 3, 4), offset=1, axis1=-1, axis2=0), case(array(2, 2), 5), case(array(0, 2)),
    ],
)  # fmt: skip


@composite(
    np.linalg.diagonal, name="linalg.diagonal", complex=True,
    domain=[case(array(2, 3, 4)), case(array(2, 3), offset=1)],
)  # fmt: skip
def linalg_diagonal(x: Any, /, *, offset: int = 0) -> Any:
    return np.diagonal(x, offset, -2, -1)


diag = linear(
    np.diag, signature="v, k=0", view=True,
    v=lambda g, v, k: np.diagonal(g, k) if v.ndim == 1 else _to_diagonal(g, v, k, 0, 1),
    domain=[
        case(array(3)), case(array(2), 1), case(array(2), -2), case(array(2, 3)), case(array(3, 2), -1), case(array(0)),
    ],
)  # fmt: skip


@composite(np.diagflat, complex=True, domain=[case(array(2, 2)), case(array(2), 1), case(array())])
def diagflat(v: Any, k: int = 0) -> Any:
    return np.diag(np.ravel(v), k)


@composite(
    np.trace, complex=True,
    domain=[case(array(3, 3)), case(array(2, 3), 1), case(array(2, 3, 4), 0, 1, 2), case(array(2, 3, 4), axis1=-1)],
)  # fmt: skip
def trace(a: Any, offset: int = 0, axis1: int = 0, axis2: int = 1) -> Any:
    return np.sum(np.diagonal(a, offset, axis1, axis2), axis=-1)


@composite(
    np.linalg.trace, name="linalg.trace", complex=True, domain=[case(array(2, 3, 4)), case(array(3, 3), offset=-1)]
)
def linalg_trace(x: Any, /, *, offset: int = 0) -> Any:
    return np.sum(np.diagonal(x, offset, -2, -1), axis=-1)


# A vector is broadcast to a square matrix first; its cotangent is summed back like any other.
tril = linear(
    np.tril, signature="m, k=0", m=lambda g, k: np.tril(g, k),
    domain=[case(array(3, 3)), case(array(2, 3), 1), case(array(2, 3, 3), k=-1), case(array(3))],
)  # fmt: skip
triu = linear(
    np.triu, signature="m, k=0", m=lambda g, k: np.triu(g, k),
    domain=[case(array(3, 3)), case(array(2, 3), 1), case(array(2, 3, 3), k=-1), case(array(3))],
)  # fmt: skip
