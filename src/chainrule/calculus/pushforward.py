"""From the tangents of a call's operands to the tangent of its result."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from ..rules import Row
from .project import fit
from .pullback import Transpose, pulls
from .transpose import transpose
from .zero import zero

__all__ = ["pushforward", "slope"]


def pushforward(row: Row, ans: Any, operands: Sequence[Any], tangents: Sequence[Any], params: dict[str, Any]) -> Any:
    """Return the tangent of ``ans = row(*operands, **params)``, or None if it is zero.

    Parameters
    ----------
    tangents : sequence
        One for each operand; None stands for zero.
    """
    if all(t is None for t in tangents):
        return None
    return fit(slope(row, ans, operands, tangents, params), ans)


def slope(row: Row, ans: Any, operands: Sequence[Any], tangents: Sequence[Any], params: dict[str, Any]) -> Any:
    """Return a tangent that is not zero as the row's rule gives it: it may have to be repeated along some axes."""
    return _KINDS[row.kind](row, ans, operands, tangents, params)


def _elementwise(row: Row, ans: Any, operands: Any, tangents: Any, params: dict[str, Any]) -> Any:
    total = None
    for i, (tangent, pull) in enumerate(zip(tangents, pulls(row), strict=True)):
        if tangent is None:
            continue
        if callable(pull.fn):
            term = pull.fn(*pull.gather(i, ans, operands, params)) * tangent
        elif pull.fn is None:
            term = pull.gather(i, ans, operands, params)[0] * tangent
        else:
            term = tangent if pull.fn == 1 else pull.fn * tangent
        total = term if total is None else total + term
    return total


def _linear(row: Row, ans: Any, operands: Any, tangents: Any, params: dict[str, Any]) -> Any:
    filled = tuple([zero(x) if t is None else t for x, t in zip(operands, tangents, strict=True)])
    return row.evaluate(filled, params)


def _multilinear(row: Row, ans: Any, operands: Any, tangents: Any, params: dict[str, Any]) -> Any:
    total = None
    for i, tangent in enumerate(tangents):
        if tangent is not None:
            term = row.evaluate((*operands[:i], tangent, *operands[i + 1 :]), params)
            total = term if total is None else total + term
    return total


def _general(row: Row, ans: Any, operands: Any, tangents: Any, params: dict[str, Any]) -> Any:
    total = None
    for i, tangent in enumerate(tangents):
        if tangent is not None:
            term = _general_term(row, i, ans, operands, tangent, params)
            total = term if total is None else total + term
    return total


def _general_term(row: Row, i: int, ans: Any, operands: Any, tangent: Any, params: dict[str, Any]) -> Any:
    function = row.jvps[i]
    if function is not None:
        named = {**dict(zip(row.operands, operands, strict=True)), **params, "ans": ans}
        return function.fn(tangent, *[named[name] for name in function.reads[1:]])
    pull = pulls(row)[i]
    assert isinstance(pull.fn, Transpose)
    saved, fn = pull.gather(i, ans, operands, params), pull.fn.fn
    from ..rules import spec_of

    return transpose(lambda g: fn(g, *saved), spec_of(ans), tangent)


_KINDS = {"elementwise": _elementwise, "linear": _linear, "multilinear": _multilinear, "general": _general}
