"""The methods that are compared: how each computes the derivative of a program, as a matrix."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from .. import numeric, tree
from ..errors import DerivativeError, message
from ..functional import grad, jacobian
from ._program import Matrix, Program, many, matrix_of, sampled_matrix

__all__ = ["METHODS", "Method", "by_hand", "expression_sizes"]


@dataclass(frozen=True)
class Method:
    """A way of differentiating.

    Attributes
    ----------
    name : str
    run : callable
        Takes a program, returns its derivative with a row for each output and a column for each input.
    accuracy : float
        The relative error that is to be expected of a harmless function of order one.
    """

    name: str
    run: Callable[[Program], Matrix]
    accuracy: float


def _exact(method: str) -> Callable[[Program], Matrix]:
    """Differentiate with the rules: the gradient of one number, else the Jacobian."""

    def run(program: Program) -> Matrix:
        every = range(len(program.leaves))
        transform = grad if program.scalar else jacobian
        return matrix_of(transform(program.flat, every, method=method)(*program.point), program)

    return run


def _sampled(scheme: Callable[..., numeric.NumericDerivative]) -> Callable[[Program], Matrix]:
    def run(program: Program) -> Matrix:
        return sampled_matrix(scheme(program.sampled, program.point).value, program)

    return run


METHODS = (
    Method("symbolic", _exact("symbolic"), 1e-12),
    Method("forward difference", _sampled(numeric.forward_difference), 1e-6),
    Method("central difference", _sampled(numeric.central_difference), 1e-8),
    Method("complex step", _sampled(numeric.complex_step), 1e-12),
    Method("Richardson", _sampled(numeric.richardson), 1e-9),
    Method("forward mode", _exact("forward"), 1e-12),
    Method("reverse mode", _exact("reverse"), 1e-12),
)


def by_hand(manual: Callable[..., Any]) -> Method:
    """Return a derivative worked out by hand as a method like the others."""

    def run(program: Program) -> Matrix:
        args, kwargs = program.given(program.point)
        return laid_out(manual(*args, **kwargs), program)

    return Method("by hand", run, 1e-6)


def laid_out(result: Any, program: Program) -> Matrix:
    """Understand a derivative in any shape that a person would give it.

    It may be nested as the arguments are, or a flat list of partials; a dict by the names of the arguments; for
    several outputs a matrix, a list of rows, or a block for each argument. What it says of arguments by which nothing
    is differentiated is passed over.
    """
    names, every = list(dict.fromkeys(leaf.argument for leaf in program.leaves)), program.parameters
    if type(result) in (list, tuple) and len(result) == len(every) > len(names):
        result = dict(zip(every, result, strict=True))
    if isinstance(result, dict) and set(names) <= set(result) <= set(every):
        result = [result[name] for name in names]
    parts = [np.asarray(part, dtype=np.float64) for part in tree.flatten(result)[0]]
    sizes = [np.size(x) for x in program.point]
    if [part.size for part in parts] == [program.m * size for size in sizes]:
        return np.concatenate([part.reshape(program.m, -1) for part in parts], axis=1)
    numbers = np.concatenate([part.ravel() for part in parts]) if parts else np.empty(0)
    if numbers.size != program.m * program.n:
        what = f"It has {many(numbers.size, 'number')}, and {program.name} {many(program.n, 'input')}"
        what += f" and {many(program.m, 'output')}." if program.m != 1 else "."
        raise DerivativeError(message(what, "Return one partial derivative for each input (and each output)."))
    return numbers.reshape(program.m, program.n)


def expression_sizes(program: Program) -> tuple[int, int]:
    """Return how large the derivative is as an expression: written out, and with what is shared counted once."""
    from .. import symbolic

    arguments = [
        symbolic.symbols(f"x{i}", np.shape(x) if isinstance(x, np.ndarray) else None)
        for i, x in enumerate(program.point)
    ]
    by = [symbol for x in arguments for symbol in x.roots()]
    outputs = tree.flatten(program.call(*arguments))[0]
    derivatives = [symbolic.jacobian(out, by) for out in outputs if isinstance(out, (symbolic.Array, symbolic.Expr))]
    roots = [root for part in derivatives for root in part.roots()]
    elements = np.empty(len(roots), object)
    elements[:] = roots
    found = symbolic.Array(elements)
    return found.tree_size, found.dag_size
