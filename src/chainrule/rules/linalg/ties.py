"""Repeated eigenvalues and singular values.

The derivatives of eigenvectors divide by the differences of eigenvalues. At a repeated one both sides of the fraction
vanish for a function that is smooth there, whatever vectors were chosen for it: for one of the eigenvalues alone that
does not prefer any of them, for a function of the matrix that is put together from eigenvalues and eigenvectors. Two
devices give such functions their exact derivatives:

- Backwards, the fraction is taken as its limit along a direction in which the equal values part and the vectors stay.
  The limit is a derivative of the numerator, which a forward recorder carries along (`Splitting.direction`; see
  `chainrule.eager.ties`).
- Forwards, the direction of the derivative is known when the vectors are computed. They are chosen so that they move
  smoothly in that direction, as degenerate perturbation theory does (`Splitting.chosen`).

What these do not determine is nan: derivatives of the eigenvectors of a repeated eigenvalue that depend on the choice,
their second derivatives, and third derivatives of functions of the eigenvalues.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np

from .._declare import general
from .._domain import UNIT, Array, array, case
from .._row import Row
from ._matrix import adjoint, hermitian, mirrored

__all__ = ["EIGENVALUES", "PLAIN_EIGENVALUES", "SINGULAR_VALUES", "Splitting", "over_gaps", "over_gaps_forwards"]


class Splitting(NamedTuple):
    """What a row knows of equal values in its result, the first row of a packed factorisation.

    Attributes
    ----------
    direction : callable
        Takes the result and the operand; returns the change of the result when equal values part and the vectors
        stay, or None if none are equal.
    chosen : callable or None
        Takes the result, the operand, its tangent and the parameters; returns the result with those vectors of equal
        values that move smoothly along the tangent.
    """

    direction: Callable[[Any, Any], Any]
    chosen: Callable[..., Any] | None


# ---- Which values are equal ----------------------------------------------------------------------------------------


def _gaps(values: Any) -> Any:
    return values[..., None, :] - values[..., :, None]


def tied(values: Any) -> Any:
    """Mark the pairs of values that differ by no more than rounding, each with itself included."""
    eps = 4 * float(np.finfo(values.dtype).eps)
    least = eps * np.sum(np.absolute(values), axis=-1, keepdims=True)[..., None]
    return np.absolute(_gaps(values)) <= least


def _one_over_gaps(values: Any) -> Any:
    """Return 1/(values[j] - values[i]), and 0 where two are equal."""
    equal = tied(values)
    return np.where(equal, 0.0, 1 / np.where(equal, 1.0, _gaps(values)))


def _others(n: int) -> Any:
    return ~np.eye(n, dtype=bool)


# ---- Backwards -----------------------------------------------------------------------------------------------------


def _skewed(n: Any, skew: bool) -> Any:
    return 0.5 * (n - adjoint(n)) if skew else n


def _over_gaps(n: Any, packed: Any, count: int, skew: bool, moved: Any) -> Any:
    values = packed[..., 0, :count]
    result = _skewed(n, skew) * _one_over_gaps(values)
    equal = tied(values) & _others(count)
    if not equal.any():
        return result
    if moved is None:
        nothing = n == 0
        if skew:
            nothing = nothing & nothing.swapaxes(-1, -2)
        return np.where(equal & ~nothing, np.nan, result)
    own, others = moved
    steps = _gaps(_parting(count)) + np.eye(count)
    limit = _skewed(own, skew) / steps
    for other in others:  # values of another factorisation that belong to these ones: how they part is not known
        change = np.abs(_skewed(other, skew))
        limit = np.where(change > _small(other), np.nan, limit)
    return np.where(equal, limit, result)


def _small(x: Any) -> Any:
    """Return below what number elements of a matrix are its rounding."""
    return 1e3 * float(np.finfo(x.dtype).eps) * np.sum(np.absolute(x), axis=(-2, -1), keepdims=True)


def _parting(count: int) -> Any:
    """Return how fast each value moves in the direction in which all part."""
    return np.arange(float(count))


def _unknown(n: Any, packed: Any, count: int, skew: bool) -> Any:
    """Mark where the limit was taken of a quotient that is not always 0: its own derivative is not known."""
    some = n != 0
    if skew:
        some = some | np.swapaxes(some, -1, -2)
    return tied(packed[..., 0, :count]) & _others(count) & some


def _by_n(t: Any, n: Any, packed: Any, count: int, skew: bool) -> Any:
    change = _skewed(t, skew) * _one_over_gaps(packed[..., 0, :count])
    return np.where(_unknown(n, packed, count, skew), np.nan, change)


def _pull_to_n(g: Any, n: Any, packed: Any, count: int, skew: bool) -> Any:
    change = _skewed(g * _one_over_gaps(packed[..., 0, :count]), skew)
    return np.where(_unknown(n, packed, count, skew), np.nan, change)


def _by_packed(t: Any, packed: Any, ans: Any, count: int) -> Any:
    change = -ans * _one_over_gaps(packed[..., 0, :count]) * _gaps(t[..., 0, :count])
    return np.where(_unknown(ans, packed, count, False), np.nan, change)


def _pull_to_packed(g: Any, packed: Any, ans: Any, count: int) -> Any:
    inner = -g * ans * _one_over_gaps(packed[..., 0, :count])
    inner = np.where(_unknown(ans, packed, count, False), np.nan, inner)
    values = (np.sum(inner, axis=-2) - np.sum(inner, axis=-1))[..., None, :]
    beside = np.zeros_like(packed[..., :1, count:]) + values[..., :1] * 0
    return np.concatenate([np.concatenate([values, beside], -1), np.zeros_like(packed[..., 1:, :])], -2)


PACKED = Array((4, 3), UNIT, lambda a: (a + 2.5 * np.arange(3) * (np.arange(4) == 0)[:, None]).astype(a.dtype))

# n[i, j] over the difference of the values j and i; with `skew`, of the skew-Hermitian part of n. `moved` is how n
# changes when equal values part, and when those of other factorisations do; what records the call fills it in.
over_gaps: Row = general(
    _over_gaps, name="over_gaps", signature="n, packed, count, skew=True, moved=None", complex=True,
    discrete=("moved",),
    jvp={"n": lambda t, n, packed, count, skew: _by_n(t, n, packed, count, skew),
         "packed": lambda t, packed, ans, count: _by_packed(t, packed, ans, count)},
    vjp={"n": lambda g, n, packed, count, skew: _pull_to_n(g, n, packed, count, skew),
         "packed": lambda g, packed, ans, count: _pull_to_packed(g, packed, ans, count)},
    domain=[case(array(3, 3), PACKED, 3), case(array(3, 3), PACKED, 3, False), case(array(2, 2), PACKED, 2)],
)  # fmt: skip
over_gaps.follows = True


# ---- Forwards ------------------------------------------------------------------------------------------------------


def over_gaps_forwards(x: Any, values: Any) -> Any:
    """Return x[i, j] over the difference of the values j and i; of equal values 0, if the vectors suit the direction.

    If they do not, it is nan.
    """
    turning = tied(values) & _others(values.shape[-1]) & (np.absolute(x) > _small(x))
    return np.where(turning, np.nan, x * _one_over_gaps(values))


def _parts(packed: Any, count: int) -> Any:
    """Return the direction in which the values part, or None if none are equal."""
    if not (tied(packed[..., 0, :count]) & _others(count)).any():
        return None
    result = np.zeros_like(packed)
    result[..., 0, :count] = _parting(count)
    return result


def _groups(values: Any) -> list[slice]:
    """Return where runs of equal values lie among values in order."""
    least = 4 * np.finfo(values.dtype).eps * np.sum(np.abs(values))
    ends = [*(np.flatnonzero(np.abs(np.diff(values)) > least) + 1), len(values)]
    return [slice(i, j) for i, j in zip([0, *ends[:-1]], ends, strict=True) if j - i > 1]


def _turned(packed: Any, count: int, inner: Any, ranges: list[tuple[slice, bool]], falling: bool) -> Any:
    """Choose, for each run of equal values, the vectors that diagonalise a matrix; `ranges` are the rows of vectors."""
    result = packed.copy()
    for index in np.ndindex(packed.shape[:-2]):
        for run in _groups(np.real(packed[(*index, 0, slice(0, count))])):
            turn = np.linalg.eigh(inner[index][run, run])[1]
            turn = turn[:, ::-1] if falling else turn
            for rows, conjugated in ranges:
                part = (*index, rows, run)
                result[part] = packed[part] @ (np.conj(turn) if conjugated else turn)
    return result


def _chosen_eigenvectors(packed: Any, a: Any, t: Any, params: Any) -> Any:
    vectors = packed[..., 1:, :]
    inner = adjoint(vectors) @ mirrored(t, params["uplo"]) @ vectors
    return _turned(packed, packed.shape[-1], inner, [(slice(1, None), False)], False)


def _chosen_singular_vectors(packed: Any, a: Any, t: Any, params: Any) -> Any:
    m, n = a.shape[-2:]
    k = min(m, n)
    u, v = packed[..., 1 : m + 1, :k], np.conj(packed[..., m + 1 :, :k])
    inner = hermitian(adjoint(u) @ t @ v)
    return _turned(packed, k, inner, [(slice(1, m + 1), False), (slice(m + 1, None), True)], True)


EIGENVALUES = Splitting(lambda packed, a: _parts(packed, a.shape[-1]), _chosen_eigenvectors)
PLAIN_EIGENVALUES = Splitting(lambda packed, a: _parts(packed, a.shape[-1]), None)
SINGULAR_VALUES = Splitting(lambda packed, a: _parts(packed, min(a.shape[-2:])), _chosen_singular_vectors)
