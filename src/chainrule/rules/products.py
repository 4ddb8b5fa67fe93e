"""Products of vectors, matrices and stacks of them. A transpose may keep the axes along which it was broadcast."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.lib.array_utils import normalize_axis_index

from . import _subscripts
from ._declare import composite, multilinear
from ._domain import array, case
from ._row import Row, Spec, spec_of
from .shape import asarray

__all__ = ["cross3", "transposed"]


def transposed(a: Any) -> Any:
    """Swap the last two axes."""
    return np.swapaxes(a, -1, -2)


def conjugate(x: Any) -> Any:
    """Return the complex conjugate of a complex array, and a real one as it is."""
    return np.conj(x) if spec_of(x).dtype.kind == "c" else x


# ---- matmul and dot ------------------------------------------------------------------------------------------------


def _matmul_first(g: Any, x1: Spec, x2: Any) -> Any:
    if x2.ndim == 1:
        return g[..., None] * x2
    if x1.ndim == 1:
        return np.matmul(x2, g[..., None])[..., 0]
    if x1.ndim == 2 and x2.ndim > 2:
        axes = (*range(x2.ndim - 2), -1)
        return np.tensordot(g, x2, (axes, axes))
    return np.matmul(g, transposed(x2))


def _matmul_second(g: Any, x1: Any, x2: Spec) -> Any:
    if x1.ndim == 1:
        return g * x1 if x2.ndim == 1 else x1[:, None] * g[..., None, :]
    if x2.ndim == 1:
        return np.matmul(g[..., None, :], x1)[..., 0, :]
    if x2.ndim == 2 and x1.ndim > 2:
        axes = tuple(range(x1.ndim - 1))
        return np.tensordot(x1, g, (axes, axes))
    return np.matmul(transposed(x1), g)


matmul = multilinear(
    np.matmul, signature="x1, x2", also=(np.linalg.matmul,),
    x1=lambda g, x1, x2: _matmul_first(g, x1, x2),
    x2=lambda g, x1, x2: _matmul_second(g, x1, x2),
    domain=[
        case(array(3), array(3)), case(array(2, 3), array(3)), case(array(2), array(2, 3)),
        case(array(2, 3), array(3, 4)),
        case(array(5, 2, 3), array(5, 3, 4)), case(array(5, 2, 3), array(3, 4)), case(array(2, 3), array(5, 3, 4)),
        case(array(4, 1, 2, 3), array(5, 3, 2)), case(array(5, 2, 3), array(3)), case(array(3), array(5, 3, 2)),
        case(array(2, 0), array(0, 3)), case(array(0, 2), array(2, 3)),
    ],
)  # fmt: skip


def _dot_first(g: Any, a: Spec, b: Any) -> Any:
    """Contract the axes that came from `b`, all but the last-but-one of `b` (the only one of a vector)."""
    spec = spec_of(b)
    if not a.ndim or not spec.ndim:
        return g * b
    if a.ndim <= 2 and spec.ndim <= 2:
        return _matmul_first(g, a, b)
    free = (*range(spec.ndim - 2), spec.ndim - 1) if spec.ndim > 1 else ()
    return np.tensordot(g, b, (tuple(range(a.ndim - 1, g.ndim)), free))


def _dot_second(g: Any, a: Any, b: Spec) -> Any:
    spec = spec_of(a)
    if not b.ndim or not spec.ndim:
        return g * a
    if b.ndim <= 2 and spec.ndim <= 2:
        return _matmul_second(g, a, b)
    axes = tuple(range(spec.ndim - 1))
    return np.moveaxis(np.tensordot(a, g, (axes, axes)), 0, max(b.ndim - 2, 0))


dot = multilinear(
    np.dot, signature="a, b, out=None",
    a=lambda g, a, b: _dot_first(g, a, b),
    b=lambda g, a, b: _dot_second(g, a, b),
    domain=[
        case(array(3), array(3)), case(array(2, 3), array(3)), case(array(3), array(3, 2)),
        case(array(2, 3), array(3, 4)),
        case(array(), array()), case(array(), array(2, 3)), case(array(3), array()), case(array(4, 2, 3), array(3)),
        case(array(3), array(4, 3, 2)), case(array(5, 2, 3), array(4, 3, 2)), case(array(2, 3), array(2, 4, 3, 2)),
        case(array(2, 0), array(0, 3)), case(2.0, array(3)),
    ],
)  # fmt: skip

# ---- Contractions --------------------------------------------------------------------------------------------------


def _inner(g: Any, own: Spec, other: Any, first: bool) -> Any:
    """Contract the axes of the cotangent that came from the other operand."""
    spec = spec_of(other)
    if not own.ndim or not spec.ndim:
        return g * other
    n = spec.ndim - 1
    axes = range(g.ndim - n, g.ndim) if first else range(n)
    return np.tensordot(g, other, (tuple(axes), tuple(range(n))))


inner = multilinear(
    np.inner, signature="a, b",
    a=lambda g, a, b: _inner(g, a, b, True),
    b=lambda g, a, b: _inner(g, b, a, False),
    domain=[
        case(array(3), array(3)), case(array(2, 3), array(3)), case(array(2, 3), array(4, 3)), case(array(), array(2)),
        case(array(5, 2, 3), array(4, 3)), case(array(2), array()), case(array(2, 0), array(3, 0)),
    ],
)  # fmt: skip


def _contracted(axes: Any, first: int, second: int) -> tuple[list[int], list[int]]:
    """Return which axes of two operands with so many axes tensordot contracts."""
    if not isinstance(axes, Sequence | np.ndarray):
        n = int(axes)
        return [*range(first - n, first)], [*range(n)]
    one, other = ([part] if np.ndim(part) == 0 else [*part] for part in axes)
    return [normalize_axis_index(i, first) for i in one], [normalize_axis_index(i, second) for i in other]


def _tensordot(g: Any, own: Spec, other: Any, axes: Any, first: bool) -> Any:
    """Contract with the other operand's free axes, and put the axes into the operand's own order."""
    spec = spec_of(other)
    mine, theirs = _contracted(axes, own.ndim, spec.ndim) if first else _contracted(axes, spec.ndim, own.ndim)[::-1]
    free = [i for i in range(spec.ndim) if i not in theirs]
    kept = [i for i in range(own.ndim) if i not in mine]
    by_place = [mine[i] for i in np.argsort(theirs)]
    if first:
        result = np.tensordot(g, other, ([*range(len(kept), g.ndim)], free))
        order = kept + by_place
    else:
        result = np.tensordot(other, g, (free, [*range(len(free))]))
        order = by_place + kept
    return np.transpose(result, np.argsort(order).tolist()) if order != sorted(order) else result


tensordot = multilinear(
    np.tensordot, signature="a, b, axes=2", also=(np.linalg.tensordot,),
    a=lambda g, a, b, axes: _tensordot(g, a, b, axes, True),
    b=lambda g, a, b, axes: _tensordot(g, b, a, axes, False),
    domain=[
        case(array(2, 3, 4), array(3, 4, 2)), case(array(2, 3), array(3, 2), 1), case(array(2), array(3), axes=0),
        case(array(2, 3, 4), array(4, 5, 2), ((2, 0), (0, 2))), case(array(2, 3, 4), array(3, 5, 2), ([0, 1], [-1, 0])),
        case(array(3, 2), array(3), (0, 0)), case(array(2, 3, 2), array(2, 3, 2), ((0, 1, 2), (2, 1, 0))),
        case(array(), array(2), 0),
    ],
)  # fmt: skip


def _einsum_transposed(g: Any, operands: tuple[Any, ...], position: int, subscripts: str, optimize: Any) -> Any:
    """Exchange the output and one operand; the operand's own repeated and lonely labels become constant factors."""
    text, factors = _subscripts.transposed(subscripts, [spec_of(x).shape for x in operands], position)
    others = (*operands[:position], *operands[position + 1 :])
    real = [factor.astype(g.real.dtype) for factor in factors] if factors else ()
    return np.einsum(text, g, *others, *real, optimize=True if isinstance(optimize, (list, tuple)) else optimize)


einsum = multilinear(
    np.einsum, signature="operands, subscripts, optimize=False", variadic=True, bind=_subscripts.bind,
    compute=lambda *operands, subscripts, optimize: np.einsum(subscripts, *operands, optimize=optimize),
    operands=lambda g, operands, position, subscripts, optimize: _einsum_transposed(
        g, operands, position, subscripts, optimize),
    domain=[
        case("ij,jk->ik", array(2, 3), array(3, 4)), case("ij,jk", array(2, 3), array(3, 4)), case("ii", array(3, 3)),
        case("ii->i", array(3, 3)), case("i->", array(3)), case("ij->ji", array(2, 3)), case("ij->", array(2, 3)),
        case("i,i,i->i", array(3), array(3), array(3)), case("i,j->ij", array(2), array(3)), case("ba", array(2, 3)),
        case("...ij,...jk->...ik", array(4, 2, 3), array(3, 2)), case("...,...", array(3), array(2, 1)),
        case("i...->...", array(2, 3)), case("ij,kl->jl", array(2, 3), array(2, 2)), case(",i->i", array(), array(2)),
        case("iij,j->i", array(2, 2, 3), array(3)), case("iii->i", array(2, 2, 2)),
        case("ij,ij->i", array(2, 3), array(2, 1)),
        case("ij,jk,kl->il", array(2, 3), array(3, 2), array(2, 2), optimize=True), case(array(2, 3), [0, 1], [1, 0]),
    ],
)  # fmt: skip
einsum.view = True  # of one operand: "ii->i", "ij->ji"

# ---- Products of vectors -------------------------------------------------------------------------------------------


@composite(
    np.outer, complex=True, also=(np.linalg.outer,),
    domain=[case(array(2), array(3)), case(array(2, 2), array(3)), case(array(), array(2)), case(array(0), array(2))],
)  # fmt: skip
def outer(a: Any, b: Any, out: None = None) -> Any:
    return np.reshape(a, (-1, 1)) * np.reshape(b, (1, -1))


@composite(
    np.vdot, complex=True, domain=[case(array(3), array(3)), case(array(2, 3), array(3, 2)), case(array(), array())]
)
def vdot(a: Any, b: Any, /) -> Any:
    return np.dot(conjugate(np.ravel(a)), np.ravel(b))


@composite(
    np.vecdot, complex=True, also=(np.linalg.vecdot,),
    domain=[
        case(array(3), array(3)), case(array(2, 3), array(3)), case(array(2, 1, 3), array(4, 3)),
        case(array(3, 2), array(3, 4, 2), axis=0),
    ],
)  # fmt: skip
def vecdot(x1: Any, x2: Any, /, *, axis: int = -1) -> Any:
    if axis != -1:
        x1, x2 = np.moveaxis(x1, axis, -1), np.moveaxis(x2, axis, -1)
    return np.sum(conjugate(x1) * x2, axis=-1)


if hasattr(np, "matvec"):  # NumPy 2.2

    @composite(np.matvec, complex=True, domain=[case(array(2, 3), array(3)), case(array(4, 2, 3), array(5, 1, 3))])
    def matvec(x1: Any, x2: Any, /) -> Any:
        return np.matmul(x1, np.expand_dims(x2, -1))[..., 0]

    @composite(np.vecmat, complex=True, domain=[case(array(2), array(2, 3)), case(array(5, 1, 2), array(4, 2, 3))])
    def vecmat(x1: Any, x2: Any, /) -> Any:
        return np.matmul(np.expand_dims(conjugate(x1), -2), x2)[..., 0, :]


cross3: Row = multilinear(
    lambda a, b: np.cross(a, b), name="cross3", signature="a, b",
    a=lambda g, b: cross3(b, g),
    b=lambda g, a: cross3(g, a),
    domain=[case(array(3), array(3)), case(array(2, 3), array(3)), case(array(2, 1, 3), array(4, 3))],
)  # fmt: skip


def _in_space(x: Any) -> Any:
    """Give vectors in the plane a third component, 0."""
    return x if x.shape[-1] != 2 else np.concatenate([x, np.zeros((*x.shape[:-1], 1), x.dtype)], -1)


@composite(
    np.cross, complex=True, also=(np.linalg.cross,),
    domain=[
        case(array(3), array(3)), case(array(2, 3), array(3)), case(array(3, 2), array(3, 2), axis=0),
        case(array(3, 2), array(2, 3), 0, 1, 0),
    ],
)  # fmt: skip
def cross(a: Any, b: Any, axisa: int = -1, axisb: int = -1, axisc: int = -1, axis: int | None = None) -> Any:
    axisa, axisb, axisc = (axisa, axisb, axisc) if axis is None else (axis, axis, axis)
    a, b = np.moveaxis(asarray(a), axisa, -1), np.moveaxis(asarray(b), axisb, -1)
    result = cross3(_in_space(a), _in_space(b))
    return result[..., 2] if a.shape[-1] == b.shape[-1] == 2 else np.moveaxis(result, -1, axisc)


@composite(
    np.kron, complex=True,
    domain=[case(array(2, 3), array(3, 2)), case(array(2), array(2, 3)), case(array(2, 2, 1), array(2)),
            case(array(), array(2))],
)  # fmt: skip
def kron(a: Any, b: Any) -> Any:
    a, b = asarray(a), asarray(b)
    n = max(a.ndim, b.ndim)
    one, other = (1,) * (n - a.ndim) + a.shape, (1,) * (n - b.ndim) + b.shape
    product = np.reshape(a, [k for i in one for k in (i, 1)]) * np.reshape(b, [k for i in other for k in (1, i)])
    return np.reshape(product, [i * j for i, j in zip(one, other, strict=True)])


# ---- Products of many matrices -------------------------------------------------------------------------------------


def _chain_transposed(g: Any, arrays: tuple[Any, ...], position: int) -> Any:
    """Multiply ``left' g right'``, in the cheapest order: the chain that remains, with a gap closed by ``g``."""
    rows, columns = arrays[0].ndim == 1, arrays[-1].ndim == 1
    matrices = [*arrays]
    if rows and position:
        matrices[0] = np.expand_dims(matrices[0], 0)
    if columns and position < len(arrays) - 1:
        matrices[-1] = np.expand_dims(matrices[-1], 1)
    g = np.reshape(g, (1 if rows else arrays[0].shape[0], 1 if columns else arrays[-1].shape[1]))
    left = [np.transpose(m) for m in matrices[:position][::-1]]
    right = [np.transpose(m) for m in matrices[position + 1 :][::-1]]
    return np.reshape(np.linalg.multi_dot([*left, g, *right]), arrays[position].shape)


multi_dot = multilinear(
    np.linalg.multi_dot, signature="arrays, *, out=None", variadic=True,
    arrays=lambda g, arrays, position: _chain_transposed(g, arrays, position),
    domain=[
        case([array(2, 3), array(3, 4)]), case([array(2, 3), array(3, 4), array(4, 2), array(2, 3)]),
        case([array(3), array(3, 2), array(2, 4)]), case([array(2, 3), array(3, 2), array(2)]),
        case([array(3), array(3, 2), array(2)]), case([array(3), array(3)]),
    ],
)  # fmt: skip
