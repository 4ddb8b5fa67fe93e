"""Repeated eigenvalues: what is recorded besides, so that derivatives exist there (see `rules.linalg.ties`).

When a factorisation with equal values is recorded, a forward recorder is opened that carries along how everything
changes when these values part: a `Split`. A quotient of two numbers that vanish there is replaced by its limit in that
direction. A tape keeps the splits that were opened while it recorded, and lets them follow its backward walk.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import numpy as np

from ..rules import Row
from .forward import Accumulator
from .state import OPEN, STATE, State, current
from .tensor import Tensor, emit, raw_of

__all__ = ["Split", "chosen", "followed", "following", "split"]


class Split(Accumulator):
    """A forward recorder of the direction in which the equal values of one factorisation part.

    Attributes
    ----------
    key : int
        The identity of the factorisation's result.
    factored : tuple
        The row, the identity of the matrix and the parameters.
    served : frozenset of int
        The recorders that watch the factorisation; without them the split is not needed.
    """

    passing = True
    __slots__ = ("factored", "key", "served")

    def __init__(self, key: int, served: frozenset[int], factored: tuple[Any, ...]) -> None:
        super().__init__()
        self.key, self.served, self.factored = key, served, factored


def chosen(row: Row, raw: Any, operands: Sequence[Any], params: dict[str, Any]) -> Any:
    """Return a factorisation with the vectors that move smoothly in the direction of the first tangent."""
    x = operands[0]
    if type(x) is not Tensor or not x.tan or row.splits.chosen is None:
        return raw
    state = current()
    active = state.recorders if state is not None else ()
    tangents = [raw_of(x.tan[r.id]) for r in active if r.id in x.tan and not getattr(r, "passing", False)]
    if not tangents or tangents[0] is None or row.splits.direction(raw, x.raw) is None:
        return raw
    return row.splits.chosen(raw, x.raw, np.asarray(tangents[0]), params)


def split(row: Row, raw: Any, operands: tuple[Any, ...], params: dict[str, Any]) -> Tensor | None:
    """Record a factorisation with equal values and how they part; return None if nothing has to be done for it."""
    x, state = operands[0], current()
    if state is None or type(x) is not Tensor:
        return None
    tapes = [r for r in state.recorders if r.reverse and x.on is not None and r.id in x.on]
    direction = row.splits.direction(raw, x.raw) if tapes else None
    if direction is None:
        return None
    out = emit(row, raw, operands, params, state)
    forward = Split(out.key, frozenset(x.on or ()) | frozenset(x.tan or ()), (row, x.key, params))
    out.tan = {**(out.tan or {}), forward.id: direction}
    OPEN.add(forward.id)
    STATE.set(State((forward, *state.recorders), state.known | {forward.id}))
    for tape in tapes:
        tape.splits = (*tape.splits, forward)
    return out


def followed(operands: Sequence[Any]) -> Any:
    """Return how the first operand changes when equal values part in the second; None if they are not followed.

    The second item holds its changes when the values of other factorisations part.
    """
    n, packed = operands[:2]
    state = current()
    splits = [r for r in state.recorders if type(r) is Split] if state is not None and type(packed) is Tensor else []
    own = next((s for s in splits if s.key == packed.key), None)
    if own is None:
        return None
    tangents = n.tan or {} if type(n) is Tensor else {}
    changes = [(s, raw_of(tangents[s.id])) for s in splits if tangents.get(s.id) is not None]
    together = sum((change for s, change in changes if s.factored == own.factored), np.zeros_like(raw_of(n)))
    return together, [change for s, change in changes if s.factored != own.factored]


@contextmanager
def following(splits: Sequence[Split]) -> Iterator[None]:
    """Let splits that are closed already follow a walk."""
    state = current()
    before = state.recorders if state is not None else ()
    known = state.known if state is not None else frozenset()
    ids = frozenset(s.id for s in splits)
    OPEN.update(ids)
    STATE.set(State((*splits, *before), known | ids))
    try:
        yield
    finally:
        OPEN.difference_update(ids)
        STATE.set(state)
