"""Forward mode: a recorder that gives each result its tangent when it is computed."""

from __future__ import annotations

from typing import Any

import numpy as np

from ..calculus import pushforward
from ..rules import Row
from .state import STATE, WITNESSES, State, close_recorder, open_recorder, reveal, witnesses
from .tape import next_recorder
from .tensor import Tensor, raw_of
from .work import count

__all__ = ["Accumulator"]


class Accumulator:
    """A recorder for forward mode.

    Tangents live on the values (`Tensor.tan`) and die with them. The recorder's own arithmetic is seen by the
    recorders opened before it and by no others.

    Examples
    --------
    >>> import numpy as np
    >>> from chainrule.eager import Accumulator, alias
    >>> with Accumulator() as forward:
    ...     x = forward.watch(alias(np.float64(3.0)), np.float64(1.0))
    ...     y = x * x
    >>> forward.tangent(y)
    np.float64(6.0)
    """

    reverse = False
    passing = False  # a `ties.Split` is there for others only
    witness = False
    __slots__ = ("id",)

    def __init__(self) -> None:
        self.id = next_recorder()

    def __enter__(self) -> Accumulator:
        count("forward_sweeps")
        open_recorder(self)
        return self

    def __exit__(self, kind: Any, error: BaseException | None, traceback: Any) -> None:
        close_recorder(self)
        reveal(error)

    def watch(self, x: Tensor, tangent: Any) -> Tensor:
        """Attach a tangent, of the value's shape and dtype. Returns the value."""
        x.tan = {**(x.tan or {}), self.id: tangent}
        return x

    def tangent(self, x: Any) -> Any:
        """Return the tangent of a value, or None if it is zero because nothing watched influences it."""
        found = x.tan.get(self.id) if type(x) is Tensor and x.tan else None
        if WITNESSES:
            for witness in witnesses():
                witness.check_tangent(x, found)
        return found

    def observe(
        self, row: Row, out: Tensor, operands: tuple[Any, ...], params: dict[str, Any], state: State, position: int
    ) -> None:
        """Give the result its tangent, if an operand has one."""
        if out.tan is None:
            return
        tangents = [x.tan.get(self.id) if type(x) is Tensor and x.tan else None for x in operands]
        if all(t is None for t in tangents):
            return
        outer = state.outer(position)
        with np.errstate(all="ignore"):  # as in the backward sweep: NumPy warns of values, not of derivatives
            if not outer.recorders:
                plain = tuple([raw_of(x) for x in operands])
                out.tan[self.id] = pushforward(row, out.raw, plain, tangents, params)
                return
            token = STATE.set(outer)
            try:
                out.tan[self.id] = pushforward(row, out, operands, tangents, params)
            finally:
                STATE.reset(token)
        for witness in outer.witnesses:
            witness.see_tangent(row, out, operands, tangents, out.tan[self.id])
