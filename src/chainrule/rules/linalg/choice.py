"""The choice among the vectors of equal eigenvalues and singular values, in the direction of a derivative.

Degenerate perturbation theory: the vectors that move smoothly diagonalise, within each space of equal values, what the
direction is there. Of singular values that are 0, the left and the right vectors are free on their own, and those are
taken that the direction maps to each other.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np

from ._matrix import adjoint, hermitian, mirrored, rounding
from .ties import parting, separated

__all__ = ["EIGENVALUES", "PLAIN_EIGENVALUES", "SINGULAR_VALUES", "Splitting"]


class Splitting(NamedTuple):
    """What a row knows of equal values in its result, the first row of a packed factorisation.

    Attributes
    ----------
    direction : callable
        Takes the result and the operand; returns the change of the result when equal values part and the vectors
        stay, or None if none are equal.
    separated : callable
        Takes the result, the operand and a change of the result; returns how fast its values move, or None if some
        stay equal.
    chosen : callable or None
        Takes the result, the operand, its tangent and the parameters; returns the result with those vectors of equal
        values that move smoothly along the tangent.
    """

    direction: Callable[[Any, Any], Any]
    separated: Callable[[Any, Any, Any], Any]
    chosen: Callable[..., Any] | None


def _runs(values: Any) -> list[slice]:
    """Return where runs of equal values lie among values in order."""
    ends = [*(np.flatnonzero(np.abs(np.diff(values)) > rounding(values)) + 1), len(values)]
    return [slice(i, j) for i, j in zip([0, *ends[:-1]], ends, strict=True) if j - i > 1]


def _eigenvectors(packed: Any, a: Any, t: Any, params: Any) -> Any:
    result, t = packed.copy(), np.broadcast_to(mirrored(t, params["uplo"]), a.shape)
    for index in np.ndindex(packed.shape[:-2]):
        vectors = packed[index][1:]
        inner = adjoint(vectors) @ t[index] @ vectors
        for run in _runs(np.real(packed[index][0])):
            result[index][1:, run] = vectors[:, run] @ np.linalg.eigh(inner[run, run])[1]
    return result


def _singular_vectors(packed: Any, a: Any, t: Any, params: Any) -> Any:
    m, n = a.shape[-2:]
    result, t = packed.copy(), np.broadcast_to(t, a.shape)
    for index in np.ndindex(packed.shape[:-2]):
        _turn_singular(result[index], t[index], m, min(m, n), params["full"])
    return result


def _turn_singular(packed: Any, t: Any, m: int, k: int, full: bool) -> None:
    """Choose the vectors of one matrix, in place."""
    s, u, v = np.real(packed[0, :k]), packed[1 : m + 1, :k], np.conj(packed[m + 1 :, :k])
    rank = int(np.sum(s > rounding(s)))
    for run in _runs(s[:rank]):
        turn = np.linalg.eigh(hermitian(adjoint(u[:, run]) @ t @ v[:, run]))[1][:, ::-1]
        packed[1 : m + 1, run] = u[:, run] @ turn
        packed[m + 1 :, run] = np.conj(v[:, run] @ turn)
    if rank < k:
        left, right = _complement(u[:, :rank]), _complement(v[:, :rank])
        first, _, last = np.linalg.svd(adjoint(left) @ t @ right)
        left, right = left @ first, right @ adjoint(last)
        for rows, basis in ((slice(1, m + 1), left), (slice(m + 1, None), np.conj(right))):
            count = basis.shape[1] if full else k - rank
            packed[rows, rank : rank + count] = basis[:, :count]


def _complement(basis: Any) -> Any:
    """Return an orthonormal basis of what is orthogonal to orthonormal columns."""
    return np.linalg.svd(basis, full_matrices=True)[0][:, basis.shape[1] :]


def _splitting(count: Callable[[Any], int], kinds: tuple[str, ...], chosen: Callable[..., Any] | None) -> Splitting:
    return Splitting(
        lambda packed, a: parting(packed, count(a), kinds),
        lambda packed, a, moved: separated(packed, moved, count(a), kinds),
        chosen,
    )


EIGENVALUES = _splitting(lambda a: a.shape[-1], ("difference",), _eigenvectors)
PLAIN_EIGENVALUES = _splitting(lambda a: a.shape[-1], ("difference",), None)
SINGULAR_VALUES = _splitting(lambda a: min(a.shape[-2:]), ("difference", "sum", "one"), _singular_vectors)
