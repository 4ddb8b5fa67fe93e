"""Repeated eigenvalues and singular values.

The derivatives of eigenvectors divide by the differences of eigenvalues, those of singular vectors by differences, by
sums and, of matrices that are not square, by the values themselves. Where such a denominator is 0, the numerator is 0
too if the function is smooth there, whatever vectors were chosen: a function of the eigenvalues alone that does not
prefer any of them, or of the matrix as it is put together from eigenvalues and eigenvectors. Two devices give such
functions their exact derivatives:

- Backwards, the fraction is taken as its limit along a direction in which the equal values part and the vectors stay.
  The limit is a derivative of the numerator, which a forward recorder carries along (see `chainrule.eager.ties`).
- Forwards, the direction of the derivative is known when the vectors are computed. They are chosen so that they move
  smoothly in that direction, as degenerate perturbation theory does (see `choice`).

What these do not determine is nan: derivatives of the eigenvectors of a repeated eigenvalue that depend on the choice,
their second derivatives, and third derivatives of functions of the eigenvalues.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from .._declare import general
from .._domain import UNIT, Array, array, case
from .._row import Row
from ._matrix import adjoint, rounding

__all__ = ["over_gaps", "over_gaps_forwards", "parting", "rounding_of", "separated"]


# ---- Denominators --------------------------------------------------------------------------------------------------
#
# "difference": values[j] - values[i], "sum": values[j] + values[i], "one": values[j].


def _denominators(values: Any, kind: str) -> Any:
    columns = values[..., None, :]
    if kind == "one":
        return columns
    return columns + values[..., :, None] if kind == "sum" else columns - values[..., :, None]


def _others(n: int, kind: str) -> Any:
    """Mark the denominators that may be 0 by chance: not the difference of a value and itself."""
    return ~np.eye(n, dtype=bool) if kind == "difference" else True


def _vanishing(values: Any, kind: str) -> Any:
    """Mark the denominators that are no more than rounding."""
    return np.absolute(_denominators(values, kind)) <= rounding(values)[..., None]


def _reciprocals(values: Any, kind: str) -> Any:
    nothing = _vanishing(values, kind)
    return np.where(nothing, 0.0, 1 / np.where(nothing, 1.0, _denominators(values, kind)))


def rounding_of(x: Any) -> Any:
    """Return below what number elements computed from a matrix are its rounding."""
    return 1e3 * float(np.finfo(x.dtype).eps) * np.sum(np.absolute(x), axis=(-2, -1), keepdims=True)


# ---- Backwards -----------------------------------------------------------------------------------------------------


def _speeds(count: int) -> Any:
    """Return how fast each value moves in the direction in which all part, and leave 0."""
    return np.arange(1.0, count + 1)


def parting(packed: Any, count: int, kinds: tuple[str, ...]) -> Any:
    """Return a factorisation's change when its values part, or None if no denominator is 0."""
    values = packed[..., 0, :count]
    if not any((_vanishing(values, kind) & _others(count, kind)).any() for kind in kinds):
        return None
    result = np.zeros_like(packed)
    result[..., 0, :count] = _speeds(count)
    return result


def separated(packed: Any, moved: Any, count: int, kinds: tuple[str, ...]) -> Any:
    """Return how fast the values move when a factorisation changes, or None if a denominator that is 0 stays so."""
    if moved is None or not np.isfinite(moved[..., 0, :count]).all():
        return None
    values, speeds = packed[..., 0, :count], np.real(moved[..., 0, :count])
    least = 1e-6 * np.max(np.abs(speeds), axis=-1, initial=0.0)[..., None, None]
    for kind in kinds:
        zero = _vanishing(values, kind) & _others(count, kind)
        if (zero & (np.abs(_denominators(speeds, kind)) <= least)).any():
            return None
    return speeds


def _skewed(n: Any, skew: bool) -> Any:
    return 0.5 * (n - adjoint(n)) if skew else n


def _over_gaps(n: Any, packed: Any, count: int, kind: str, skew: bool, moved: Any) -> Any:
    values = packed[..., 0, :count]
    result = _skewed(n, skew) * _reciprocals(values, kind)
    zero = _vanishing(values, kind) & _others(count, kind)
    if not zero.any():
        return result
    if moved is None:
        some = (n != 0) | (n != 0).swapaxes(-1, -2) if skew else n != 0
        return np.where(zero & some, np.nan, result)
    speeds, own, others = moved
    steps = _denominators(speeds, kind)
    limit = _skewed(own, skew) / np.where(steps == 0, 1.0, steps)
    for other in others:  # values of another factorisation that belong to these ones: how they part is not known
        limit = np.where(np.abs(_skewed(other, skew)) > rounding_of(other), np.nan, limit)
    return np.where(zero, limit, result)


def _unknown(n: Any, packed: Any, count: int, kind: str, skew: bool) -> Any:
    """Mark where the limit was taken of a quotient that is not always 0: its own derivative is not known."""
    some = n != 0
    if skew:
        some = some | np.swapaxes(some, -1, -2)
    return _vanishing(packed[..., 0, :count], kind) & _others(count, kind) & some


def _by_n(t: Any, n: Any, packed: Any, count: int, kind: str, skew: bool) -> Any:
    change = _skewed(t, skew) * _reciprocals(packed[..., 0, :count], kind)
    return np.where(_unknown(n, packed, count, kind, skew), np.nan, change)


def _pull_to_n(g: Any, n: Any, packed: Any, count: int, kind: str, skew: bool) -> Any:
    change = _skewed(g * _reciprocals(packed[..., 0, :count], kind), skew)
    return np.where(_unknown(n, packed, count, kind, skew), np.nan, change)


def _by_packed(t: Any, packed: Any, ans: Any, count: int, kind: str) -> Any:
    change = -ans * _reciprocals(packed[..., 0, :count], kind) * _denominators(t[..., 0, :count], kind)
    return np.where(_unknown(ans, packed, count, kind, False), np.nan, change)


def _pull_to_packed(g: Any, packed: Any, ans: Any, count: int, kind: str) -> Any:
    inner = -g * ans * _reciprocals(packed[..., 0, :count], kind)
    inner = np.where(_unknown(ans, packed, count, kind, False), np.nan, inner)
    values = np.sum(inner, axis=-2)
    if kind != "one":
        values = values + np.sum(inner, axis=-1) * (1 if kind == "sum" else -1)
    beside = np.zeros_like(packed[..., :1, count:]) + values[..., None, :1] * 0
    return np.concatenate([np.concatenate([values[..., None, :], beside], -1), np.zeros_like(packed[..., 1:, :])], -2)


PACKED = Array((4, 3), UNIT, lambda a: (a + 2.5 * np.arange(1, 4) * (np.arange(4) == 0)[:, None]).astype(a.dtype))

# n[i, j] over a denominator; with `skew`, the skew-Hermitian part of n. `moved` is how fast
# equal values part, how n changes then, and when those of other factorisations do; what records the call fills it in.
over_gaps: Row = general(
    _over_gaps, name="over_gaps", signature="n, packed, count, kind='difference', skew=True, moved=None", complex=True,
    discrete=("moved",),
    jvp={"n": lambda t, n, packed, count, kind, skew: _by_n(t, n, packed, count, kind, skew),
         "packed": lambda t, packed, ans, count, kind: _by_packed(t, packed, ans, count, kind)},
    vjp={"n": lambda g, n, packed, count, kind, skew: _pull_to_n(g, n, packed, count, kind, skew),
         "packed": lambda g, packed, ans, count, kind: _pull_to_packed(g, packed, ans, count, kind)},
    domain=[
        case(array(3, 3), PACKED, 3), case(array(3, 3), PACKED, 3, skew=False), case(array(2, 2), PACKED, 2),
        case(array(3, 3), PACKED, 3, "sum"), case(array(4, 3), PACKED, 3, "one", False),
    ],
)  # fmt: skip
over_gaps.follows = True


# ---- Forwards ------------------------------------------------------------------------------------------------------


def over_gaps_forwards(x: Any, values: Any, least: Any, kind: str = "difference") -> Any:
    """Return x[i, j] over a denominator, and 0 where that is 0, if the vectors suit the direction: x is 0 there.

    If it is larger than `least`, they do not, and the result is nan.
    """
    turning = _vanishing(values, kind) & _others(values.shape[-1], kind) & (np.absolute(x) > least)
    return np.where(turning, np.nan, x * _reciprocals(values, kind))
