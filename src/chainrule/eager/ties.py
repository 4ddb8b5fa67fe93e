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

from ..calculus import pushforward
from ..rules import Row
from .forward import Accumulator
from .state import OPEN, STATE, State, current
from .tensor import Tensor, emit, raw_of

__all__ = ["Split", "factorise", "followed", "following"]


class Split(Accumulator):
    """A forward recorder of a direction in which the equal values of factorisations part.

    Attributes
    ----------
    speeds : dict
        By the identity of a factorisation's result, how fast its values move.
    factored : tuple
        The row, the identity of the matrix and the parameters of the factorisation that it was opened for.
    served : frozenset of int
        The recorders that watch that factorisation; without them the split is not needed.
    """

    passing = True
    __slots__ = ("factored", "served", "speeds")

    def __init__(self, served: frozenset[int], factored: tuple[Any, ...]) -> None:
        super().__init__()
        self.served, self.factored = served, factored
        self.speeds: dict[int, Any] = {}

    def observe(
        self, row: Row, out: Tensor, operands: tuple[Any, ...], params: dict[str, Any], state: State, position: int
    ) -> None:
        """Give the result its tangent, unless it is 0; a plain one, since nobody asks how that changes."""
        if out.tan is None:
            return
        tangents = [raw_of(x.tan.get(self.id)) if type(x) is Tensor and x.tan else None for x in operands]
        if any(t is not None for t in tangents):
            with np.errstate(all="ignore"):
                plain = tuple([raw_of(x) for x in operands])
                moved = pushforward(row, out.raw, plain, tangents, params)
            if np.any(moved):  # the vectors stay, and so does what is computed from them
                out.tan[self.id] = moved


def factorise(row: Row, raw: Any, operands: tuple[Any, ...], params: dict[str, Any]) -> tuple[Any, Tensor | None]:
    """Choose the vectors of equal values, and follow how these part where a tape may ask.

    Returns
    -------
    tuple
        The factorisation, and its recorded value if the call was recorded here.
    """
    x, state = operands[0], current()
    if state is None or type(x) is not Tensor or not (x.on or x.tan):
        return raw, None
    direction = row.splits.direction(raw, x.raw)
    if direction is None:
        return raw, None
    moves = [(r, raw_of(x.tan[r.id])) for r in state.recorders if x.tan and x.tan.get(r.id) is not None]
    moves.sort(key=lambda move: move[0].passing)  # real ones first
    if moves and row.splits.chosen is not None and np.isfinite(moves[0][1]).all():
        raw = row.splits.chosen(raw, x.raw, np.asarray(moves[0][1]), params)
    tapes = [r for r in state.recorders if r.reverse and x.on is not None and r.id in x.on]
    if not tapes:
        return raw, None
    out = emit(row, raw, operands, params, state)
    if moves and moves[0][0].passing:
        known, tangent = moves[0][0], (out.tan or {}).get(moves[0][0].id)
        speeds = row.splits.separated(raw, x.raw, tangent)
        if speeds is not None:
            known.speeds[out.key] = speeds
            return raw, out
    _open(row, out, x, params, direction, state, tapes)
    return raw, out


def _open(
    row: Row, out: Tensor, x: Tensor, params: dict[str, Any], direction: Any, state: State, tapes: Sequence[Any]
) -> None:
    """Open a split for a factorisation: its values part, and its vectors stay."""
    split = Split(frozenset(x.on or ()) | frozenset(x.tan or ()), (row, x.key, params))
    split.speeds[out.key] = row.splits.separated(out.raw, x.raw, direction)
    out.tan = {**(out.tan or {}), split.id: direction}
    OPEN.add(split.id)
    STATE.set(State((split, *state.recorders), state.known | {split.id}))
    for tape in tapes:
        tape.splits = (*tape.splits, split)


def followed(operands: Sequence[Any]) -> Any:
    """Return how the first operand changes when equal values part in the second; None if they are not followed.

    Before it comes how fast the values move, after it the changes when the values of other factorisations part.
    """
    n, packed = operands[:2]
    state = current()
    splits = [r for r in state.recorders if type(r) is Split] if state is not None and type(packed) is Tensor else []
    own = next((s for s in splits if packed.key in s.speeds), None)
    if own is None:
        return None
    tangents = n.tan or {} if type(n) is Tensor else {}
    changes = [(s, raw_of(tangents[s.id])) for s in splits if tangents.get(s.id) is not None]
    together = sum((change for s, change in changes if s.factored == own.factored), np.zeros_like(raw_of(n)))
    return own.speeds[packed.key], together, [change for s, change in changes if s.factored != own.factored]


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
