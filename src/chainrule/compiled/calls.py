"""Helpers on whole arrays that a program may call: what they compute, and how they are differentiated.

A helper named in the table is called with what it reads and then with the arrays that it writes; it returns the numbers
that are its other results. `runtime` has the functions of these names that emitted programs call.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from typing import Any, NamedTuple

import numpy as np

from ..calculus import pulls
from ..rules import Row, lookup
from ..rules.linalg import cholesky_lower, cofactors, cofactors_slope, logdet, solve_matrix
from .build import Builder
from .ir import Const
from .scalar import Scalar
from .shadow import shadow

__all__ = ["CALLS", "CallRule"]

Values = Sequence[Any]


def _no_vjp(builder: Builder, reads: Values, answers: Values, cotangents: Values, which: int) -> Any:
    return None


def _no_jvp(builder: Builder, reads: Values, answers: Values, tangents: Values) -> list[Any]:
    return [None] * len(answers)


class CallRule(NamedTuple):
    """A helper: its answers are the values of `ir.Call.outs`, then those of `ir.Call.writes`.

    Attributes
    ----------
    compute : callable
        The helper on NumPy arrays: takes the reads, returns the answers.
    vjp : callable
        ``vjp(builder, reads, answers, cotangents, which)`` appends statements for the cotangent of one read and returns
        it, an array or a scalar of the program; None stands for zero, here and among the cotangents. It takes from
        `reads` and `answers` only what it needs.
    jvp : callable
        ``jvp(builder, reads, answers, tangents)`` returns the tangents of the answers.
    """

    compute: Callable[..., Any]
    vjp: Callable[..., Any] = _no_vjp
    jvp: Callable[..., Any] = _no_jvp


def _by_row(row: Row, compute: Callable[..., Any], answer: int = 0) -> CallRule:
    """Return the rule of a helper one of whose answers is what a row of the table gives."""
    return CallRule(compute, partial(_row_vjp, row, answer), partial(_row_jvp, row, answer))


def _row_vjp(
    row: Row, answer: int, builder: Builder, reads: Values, answers: Values, cotangents: Values, which: int
) -> Any:
    if cotangents[answer] is None:
        return None
    pull = pulls(row)[which]
    taken = [answers[answer] if what == "ans" else reads[at] for what, at in pull.readers]
    return shadow(pull.fn.fn)(cotangents[answer], *taken)


def _row_jvp(row: Row, answer: int, builder: Builder, reads: Values, answers: Values, tangents: Values) -> list[Any]:
    terms = []
    for function, tangent in zip(row.jvps, tangents, strict=True):
        if function is not None and tangent is not None:
            taken = [
                answers[answer] if name == "ans" else reads[row.operands.index(name)] for name in function.reads[1:]
            ]
            terms.append(shadow(function.fn)(tangent, *taken))
    zeros = [Scalar(Const(0.0, x.atom.dtype), builder) if isinstance(x, Scalar) else None for x in answers]
    result: list[Any] = [*zeros]
    result[answer] = sum(terms[1:], terms[0]) if terms else zeros[answer]
    return result


def _matmul_vjp(builder: Builder, reads: Values, answers: Values, cotangents: Values, which: int) -> Any:
    """The row reads the shape of the operand itself, for which nothing should have to be saved."""
    g, other = cotangents[0], reads[1 - which]
    if other.ndim == 1:
        return np.outer(g, other) if which == 0 else np.outer(other, g)
    if g.ndim == 1:
        return other @ g if which == 0 else other.T @ g
    return g @ other.T if which == 0 else other.T @ g


def _matmul_jvp(builder: Builder, reads: Values, answers: Values, tangents: Values) -> list[Any]:
    one, other = tangents
    terms = [one @ reads[1]] if one is not None else []
    terms += [reads[0] @ other] if other is not None else []
    return [terms[0] if len(terms) == 1 else terms[0] + terms[1] if terms else None]


def _solve_vjp(builder: Builder, reads: Values, answers: Values, cotangents: Values, which: int) -> Any:
    """Both cotangents are made of the solution of one system, which is solved once."""
    g = cotangents[0]
    if g is None:
        return None
    kept = getattr(reads, "kept", {})
    if "solution" not in kept:
        kept["solution"] = solve_matrix(reads[0].T, g)
    return -np.matmul(kept["solution"], answers[0].T) if which == 0 else kept["solution"]


def _slogdet(a: Any) -> tuple[Any, Any]:
    sign, logarithm = np.linalg.slogdet(a)
    return sign, logarithm


CALLS: dict[str, CallRule] = {
    "matmul": CallRule(np.matmul, _matmul_vjp, _matmul_jvp),
    "solve": CallRule(np.linalg.solve, _solve_vjp, partial(_row_jvp, solve_matrix, 0)),
    "inv": _by_row(lookup(np.linalg.inv), np.linalg.inv),
    "det": _by_row(lookup(np.linalg.det), np.linalg.det),
    "slogdet": _by_row(logdet, _slogdet, 1),
    "cholesky": _by_row(cholesky_lower, np.linalg.cholesky),
    "cofactors": _by_row(cofactors, cofactors.compute),
    "cofactors_slope": _by_row(cofactors_slope, cofactors_slope.compute),
    "argsort": CallRule(lambda a: np.argsort(a, kind="stable")),
    "searchsorted_left": CallRule(lambda a, v: np.searchsorted(a, v, side="left")),
    "searchsorted_right": CallRule(lambda a, v: np.searchsorted(a, v, side="right")),
}
