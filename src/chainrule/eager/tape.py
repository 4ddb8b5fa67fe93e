"""Reverse mode: a tape that notes every call that reads something watched, and is walked backwards."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from typing import Any

import numpy as np

from ..calculus import Transpose, pulls
from ..rules import Row, spec_of
from .guards import Guards
from .state import State, close_recorder, current, open_recorder, reveal
from .tensor import Identity, Tensor, raw_of
from .walk import sweep
from .work import count

__all__ = ["Tape"]

_DOUBLE = np.dtype(np.float64)  # a partial of another dtype may have been promoted to it
next_recorder = itertools.count(1).__next__


class Tape:
    """A recorder for reverse mode.

    The record is one flat list with `SLOTS` entries for each edge from a result to an operand: the result's key, the
    operand's key, the pull, the values it reads, their identities, and the operand's `Spec` where it differs from
    the result's (or for two edges at once, see `walk`). Numbers, keys and arrays are nothing for the garbage collector
    to follow, and there are no cycles.

    Examples
    --------
    >>> import numpy as np
    >>> from chainrule.eager import Tape, alias
    >>> with Tape() as tape:
    ...     x = tape.watch(alias(np.float64(3.0)))
    ...     y = x * x
    >>> tape.gradient([y], [x], [np.float64(1.0)])
    [np.float64(6.0)]
    """

    reverse = True
    passing = False
    witness = False  # one that is shown every call, those without a derivative included (see `State`)
    __slots__ = ("entries", "extend", "guards", "id", "on", "splits")

    def __init__(self) -> None:
        self.id = next_recorder()
        self.on = frozenset((self.id,))
        self.clear()

    def clear(self) -> None:
        """Forget everything recorded so far."""
        self.entries: list[Any] = []
        self.extend = self.entries.extend
        self.guards = Guards()
        self.splits: tuple[Any, ...] = ()

    def __enter__(self) -> Tape:
        open_recorder(self)
        return self

    def __exit__(self, kind: Any, error: BaseException | None, traceback: Any) -> None:
        close_recorder(self)
        reveal(error)

    def watch(self, x: Tensor) -> Tensor:
        """Record from now on what is computed from a value. Returns the value."""
        x.on = self.on if x.on is None else x.on | self.on
        return x

    def watches(self, x: Any) -> bool:
        return type(x) is Tensor and x.on is not None and self.id in x.on

    def observe(
        self, row: Row, out: Tensor, operands: tuple[Any, ...], params: dict[str, Any], state: State, position: int
    ) -> None:
        """Note a call, if it reads something watched."""
        if out.on is None or self.id not in out.on:
            return
        watched = [i for i, x in enumerate(operands) if type(x) is Tensor and x.on is not None and self.id in x.on]
        self.note(row, out, operands, params, watched)

    def note(
        self, row: Row, out: Tensor, operands: tuple[Any, ...], params: dict[str, Any], watched: list[int]
    ) -> None:
        """Add an entry for each of the operands of a call that are watched, given by their positions."""
        plans = pulls(row)
        if row.variadic:
            plans *= len(operands)
        kept = self.guards.keep_operands(operands, [plans[i] for i in watched])
        params = self.guards.keep_params(params) if params else params
        for i in watched:
            pull, x = plans[i], operands[i].raw
            saved, ids = pull.gather(i, out.raw, kept, params), None
            if pull.identities is not None:
                ids = pull.identities(self._identity(out), [self._identity(x) for x in operands])
            if type(pull.fn) is Transpose:
                spec: Any = spec_of(x)
            else:
                same = x.shape == out.raw.shape and x.dtype is out.raw.dtype is _DOUBLE
                spec = None if same else spec_of(x)
                if len(saved) == 1:
                    saved, ids = saved[0], ids and ids[0]
            self.extend((out.key, operands[i].key, pull.fn, saved, ids, spec))

    def _identity(self, x: Any) -> Any:
        if type(x) is not Tensor:
            return None
        return x.key if x.tan is None and (x.on is self.on or x.on is None) else Identity(x.key, x.on, x.tan)

    def gradient(
        self, targets: Sequence[Tensor], sources: Sequence[Tensor], seeds: Sequence[Any], keep: bool = True
    ) -> list[Any]:
        """Walk the record backwards once.

        Parameters
        ----------
        targets : sequence of Tensor
            The results; a result that no source influences contributes nothing.
        sources : sequence of Tensor
            The values to differentiate by.
        seeds : sequence of array
            The cotangent of each target, of its shape.
        keep : bool
            False lets the record be freed when it was walked.

        Returns
        -------
        list
            The cotangent of each source, or None where no target depends on it. They are recorded values if a
            recorder is active, plain ones otherwise.
        """
        count("reverse_sweeps")
        self.guards.check()
        if self.splits:
            results = self._followed(targets, sources, seeds)
        else:
            results = sweep(self.entries, self.on, targets, sources, seeds)
        if not keep:
            self.clear()
        return results

    def _followed(self, targets: Sequence[Tensor], sources: Sequence[Tensor], seeds: Sequence[Any]) -> list[Any]:
        """Walk with the splits that were opened while the tape recorded, those included that are closed since."""
        from .ties import following

        state = current()
        active = state.recorders if state is not None else ()
        watched = any(not r.passing for r in active)
        with following([s for s in self.splits if s not in active]):
            results = sweep(self.entries, self.on, targets, sources, seeds)
        return results if watched else [raw_of(g) for g in results]
