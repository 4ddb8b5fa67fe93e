"""Linear systems, inverses, determinants and factors, as calls of helpers; stacks of matrices one by one."""

from __future__ import annotations

from typing import Any

import numpy as np

from ...rules.linalg import SlogdetResult
from .. import ir
from ..build import Builder
from ..scalar import Scalar
from .array import Array, as_array
from .broadcast import broadcast, expect_equal, steps_to
from .dispatch import lowers, replaces
from .lazy import stepped
from .nest import every
from .products import matrix_at

__all__: list[str] = []

_SQUARE = "Last 2 dimensions of the array must be square"


def _floats(x: Array) -> Array:
    return x if x.dtype.kind == "f" else x.astype(float)


def _matrices(builder: Builder, a: Any, square: bool = True) -> Array:
    """Return an operand as matrices of floats, which must be square."""
    x = as_array(builder, a)
    if x.ndim < 2:
        msg = f"{x.ndim}-dimensional array given. Array must be at least two-dimensional"
        raise np.linalg.LinAlgError(msg)
    if square:
        expect_equal(builder, x.sizes[-2], x.sizes[-1], _SQUARE, "LinAlgError")
    return _floats(x).materialise()


def _each(builder: Builder, function: str, operands: list[Array], core: tuple[ir.Atom, ...]) -> Array:
    """Call a helper that writes one matrix for each matrix of its operands, which may be stacks."""
    kind = np.result_type(*[x.dtype for x in operands]).name
    operands = [x if x.kind == kind else x.astype(kind).materialise() for x in operands]
    lead = broadcast(builder, [x.sizes[:-2] for x in operands])
    result = Array.new(builder, _NAMES.get(function, "t"), kind, (*lead, *core))
    steps = [steps_to(builder, x.sizes[:-2], lead) for x in operands]

    def body(index: tuple[ir.Atom, ...]) -> None:
        parts = [matrix_at(x, stepped(builder, index, s)).view for x, s in zip(operands, steps, strict=True)]
        builder.call(function, parts, [matrix_at(result, index).view])

    every(builder, lead, body, parallel=False)
    return result


_NAMES = {"solve": "solution", "inv": "inverse", "cholesky": "factor", "cofactors": "cofactors"}


def _numbers(builder: Builder, function: str, a: Array, outs: tuple[str, ...]) -> list[Any]:
    """Call a helper that gives numbers for each matrix."""
    lead = a.sizes[:-2]
    if not lead:
        made = [builder.var(name, a.kind) for name in outs]
        builder.call(function, [a.view], outs=made)
        return [Scalar(x, builder) for x in made]
    results = [Array.new(builder, name, a.kind, lead) for name in outs]

    def body(index: tuple[ir.Atom, ...]) -> None:
        made = [builder.var(name, a.kind) for name in outs]
        builder.call(function, [matrix_at(a, index).view], outs=made)
        for result, value in zip(results, made, strict=True):
            builder.store(result.view.buffer, index, value)

    every(builder, lead, body, parallel=False)
    return results


@lowers("solve_matrix")
def solve_matrix(builder: Builder, a: Any, b: Any) -> Array:
    x, y = _matrices(builder, a), _matrices(builder, b, square=False)
    expect_equal(builder, x.sizes[-1], y.sizes[-2], "solve: the matrix and the right-hand side differ in length")
    return _each(builder, "solve", [x, y], y.sizes[-2:])


@lowers("inv")
def inv(builder: Builder, a: Any) -> Array:
    x = _matrices(builder, a)
    return _each(builder, "inv", [x], x.sizes[-2:])


@lowers("cholesky_lower")
def cholesky(builder: Builder, a: Any) -> Array:
    x = _matrices(builder, a)
    return _each(builder, "cholesky", [x], x.sizes[-2:])


@lowers("cofactors")
def cofactors(builder: Builder, a: Any) -> Array:
    x = _matrices(builder, a)
    return _each(builder, "cofactors", [x], x.sizes[-2:])


@lowers("cofactors_slope")
def cofactors_slope(builder: Builder, a: Any, d: Any) -> Array:
    x, direction = _matrices(builder, a), _matrices(builder, d)
    return _each(builder, "cofactors_slope", [x, direction], x.sizes[-2:])


@lowers("det")
def det(builder: Builder, a: Any) -> Any:
    return _numbers(builder, "det", _matrices(builder, a), ("det",))[0]


@replaces(np.linalg.slogdet)
def slogdet(builder: Builder, a: Any) -> Any:
    sign, logarithm = _numbers(builder, "slogdet", _matrices(builder, a), ("sign", "logdet"))
    return SlogdetResult(sign, logarithm)


@lowers("logdet")
def logdet(builder: Builder, a: Any) -> Any:
    return slogdet(builder, a)[1]


@lowers("sign_of_det")
def sign_of_det(builder: Builder, a: Any) -> Any:
    return slogdet(builder, a)[0]


@replaces(np.linalg.matrix_power)
def matrix_power(builder: Builder, a: Any, n: int) -> Any:
    """Multiply repeated squares, those that the binary digits of `n` name."""
    x: Any = as_array(builder, a)
    if n == 0:
        from .creation import eye

        return eye(builder, x.shape[-1], dtype=x.dtype)
    if n < 0:
        x, n = inv(builder, x), -n
    result = None
    while True:
        if n % 2:
            result = x if result is None else np.matmul(result, x)
        n //= 2
        if not n:
            return result
        x = np.matmul(x, x)
