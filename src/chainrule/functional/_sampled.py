"""Derivatives that do not run the function on recorded values: by differences, and by expressions."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from .. import numeric, tree
from ..eager import raw_of
from ..eager.work import count
from ..errors import DerivativeError, message
from ._arguments import Call, outputs, scalar_output
from ._modes import split_aux
from ._sharing import lock

__all__ = ["numeric_gradient", "numeric_jacobian", "symbolic_gradient", "symbolic_hessian", "symbolic_jacobian"]


def numeric_gradient(call: Call, has_aux: bool) -> tuple[Any, list[Any], Any]:
    """Central differences: two runs for each input, and one for the value."""
    leaves = _real_leaves(call)
    value, aux = _evaluate(call, leaves, has_aux)
    value = scalar_output(value, call.f)

    def f(*parts: Any) -> Any:
        return np.reshape(scalar_output(_evaluate(call, parts, has_aux)[0], call.f), ())

    found = numeric.derivative(f, leaves).value if leaves else ()
    return value, _typed(found, call), aux


def numeric_jacobian(call: Call, has_aux: bool) -> tuple[list[list[Any]], Any, Any]:
    """Central differences of all outputs, flattened to one vector."""
    leaves = _real_leaves(call)
    result, aux = _evaluate(call, leaves, has_aux)
    values, structure = outputs(result, call.f)

    def f(*parts: Any) -> Any:
        found, _ = outputs(_evaluate(call, parts, has_aux)[0], call.f)
        return np.concatenate([np.ravel(out) for out in found]) if found else np.zeros(0)

    found = numeric.derivative(f, leaves).value if leaves else ()
    ends = np.cumsum([0, *(out.size for out in values)])
    blocks = [
        [np.reshape(part[ends[i] : ends[i + 1]], out.shape + x.shape) for part, x in zip(found, leaves, strict=True)]
        for i, out in enumerate(values)
    ]
    return blocks, structure, aux


def _evaluate(call: Call, leaves: Any, has_aux: bool) -> tuple[Any, Any]:
    count("evaluations")
    given = [x.copy() for x in leaves]  # the function may write into what it is given
    lock(call, given)
    result = call.run(given)
    return split_aux(result, call.f) if has_aux else (result, None)


def _real_leaves(call: Call) -> tuple[Any, ...]:
    leaves = tuple([_plain(x) for x in call.leaves])
    if any(x.dtype.kind == "c" for x in leaves):
        raise DerivativeError(
            message("Differences are taken for real arguments only.", 'Use method="reverse" or method="forward".')
        )
    return leaves


def _plain(x: Any) -> Any:
    """Return the value of a leaf; a value that a recorder follows would lose its derivative here."""
    from ..eager import is_watched

    if is_watched(x):
        raise DerivativeError(
            message(
                "A numeric or symbolic derivative was asked for inside a function that is itself being differentiated.",
                'Use method="reverse" or method="forward" for the inner derivative.',
            )
        )
    return raw_of(x)


def _typed(found: Any, call: Call) -> list[Any]:
    return [np.asarray(g, dtype=raw_of(x).dtype)[()] for g, x in zip(found, call.leaves, strict=True)]


def symbolic_gradient(call: Call, has_aux: bool) -> tuple[Any, list[Any], Any]:
    """Trace one run on symbols, differentiate the expression, evaluate it."""
    run, leaves, aux = _traceable(call, has_aux, lambda result: [scalar_output_of_symbols(result, call.f)])
    from ..symbolic import derivatives

    values, blocks = derivatives(run, leaves, order=1)
    found = _typed([np.reshape(b, x.shape) for b, x in zip(blocks[0], leaves, strict=True)], call)
    return values[0], found, _valued(aux[0], leaves)


def symbolic_jacobian(call: Call, has_aux: bool) -> tuple[list[list[Any]], Any, Any]:
    """Trace one run on symbols, differentiate each output's expression, evaluate them."""
    structures: list[Any] = []

    def flat(result: Any) -> Any:
        found, structure = tree.flatten(result)
        structures.append(structure)
        return found

    run, leaves, aux = _traceable(call, has_aux, flat)
    from ..symbolic import derivatives

    _, blocks = derivatives(run, leaves, order=1)
    return blocks, structures[0], _valued(aux[0], leaves)


def symbolic_hessian(call: Call, has_aux: bool) -> tuple[list[list[Any]], Any]:
    """Trace one run on symbols, differentiate its expression twice, evaluate."""
    run, leaves, aux = _traceable(call, has_aux, lambda result: [scalar_output_of_symbols(result, call.f)])
    from ..symbolic import derivatives

    _, blocks = derivatives(run, leaves, order=2)
    return blocks[0], _valued(aux[0], leaves)


def _valued(aux: Any, leaves: list[Any]) -> Any:
    """Evaluate the expressions in what a function returned beside its result."""
    from ..symbolic import value_at

    return tree.map(lambda x: value_at(x, leaves), aux)


def _traceable(call: Call, has_aux: bool, flat: Callable[[Any], Any]) -> tuple[Any, list[Any], list[Any]]:
    extra: list[Any] = [None]

    def run(*symbols: Any) -> Any:
        lock(call, [getattr(x, "elements", x) for x in symbols])
        result = call.run(symbols)
        if has_aux:
            result, extra[0] = split_aux(result, call.f)
        return flat(result)

    return run, list(_real_leaves(call)), extra


def scalar_output_of_symbols(result: Any, f: Callable[..., Any]) -> Any:
    """Refuse a result that is not one number; what a number of symbols is, `symbolic` knows."""
    size = getattr(result, "size", 1)
    if size != 1 or not tree.is_leaf(result):
        scalar_output(np.zeros(size) if isinstance(size, int) else result, f)
    return result
