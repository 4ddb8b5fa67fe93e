"""The recorder behind a trace: a tape that also keeps every call, and where the program stood."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from types import FrameType
from typing import Any

import numpy as np

from ..calculus import is_composite
from ..eager import Tape, Tensor, raw_of
from ..eager import forward as _forward
from ..eager import tensor as _tensor
from ..eager import walk as _walk
from ..eager.state import State
from ..eager.witness import Witness
from ..rules import Operand as Recorded
from ..rules import Row
from ._folds import Fold
from ._lines import Lines
from ._model import Operand, Step

__all__ = ["Recorder", "settle"]


class Recorder(Witness, Tape):
    """A tape that keeps the calls themselves.

    Attributes
    ----------
    steps : list of Step
    keys : list of int
        The keys of inputs and steps; a key of 0 stands for a value that is no Tensor.
    ids : dict
        The id of each value, by its key.
    """

    __slots__ = ("_copies", "ids", "keys", "lines", "steps", "tests")

    def __init__(self, lines: Lines) -> None:
        super().__init__()
        self.lines = lines
        self.steps: list[Step] = []
        self.keys: list[int] = []
        self.ids: dict[int, int] = {}
        self.tests = 0
        self._copies: dict[int, tuple[Any, Any]] = {}

    def watch(self, x: Tensor) -> Tensor:
        """Take a value as an input."""
        self._number(super().watch(x))
        return x

    def observe(
        self, row: Row, out: Tensor, operands: tuple[Any, ...], params: dict[str, Any], state: State, position: int
    ) -> None:
        """Keep a call that reads something watched."""
        if out.on is None or self.id not in out.on:
            return
        super().observe(row, out, operands, params, state, position)
        self._keep(row, out, operands, params)

    def see(self, row: Row, result: Any, args: tuple[Any, ...], kwargs: dict[str, Any]) -> None:
        """Keep a call without a derivative, such as a comparison, if it reads something watched."""
        if row.fn in _OF_SHAPES or not any(self._is_known(x) for x in (*args, *kwargs.values())):
            return
        out = result if type(result) is Tensor else Tensor(np.asarray(result)[()], 0, None, None)
        self._keep(row, out, args, kwargs)

    def _is_known(self, x: Any) -> bool:
        if type(x) in (list, tuple):
            return any(self._is_known(part) for part in x)
        return type(x) is Tensor and x.key in self.ids

    def _keep(self, row: Row, out: Tensor, operands: tuple[Any, ...], params: dict[str, Any]) -> None:
        place, fold = self.lines.here()
        fold = _within(fold, self.lines)
        kept = tuple([self._operand(x) for x in operands])
        named = {name: raw_of(x) if isinstance(x, Recorded) else self._copy(x) for name, x in params.items()}
        name = self._name(out)
        self.steps.append(Step(self._number(out), name, out.raw, row, kept, named, place, fold))

    def _name(self, out: Tensor) -> str:
        if getattr(out.raw, "dtype", np.dtype(bool)).kind in "biu":
            self.tests += 1
            return f"b{self.tests}"
        return f"v{len(self.steps) - self.tests + 1}"

    def _number(self, x: Tensor) -> int:
        number = len(self.keys)
        self.keys.append(x.key)
        if x.key:
            self.ids[x.key] = number
        return number

    def _operand(self, x: Any) -> Operand:
        if type(x) is Tensor:
            node = self.ids.get(x.key)
            return Operand(node, x.raw if node is not None else self._copy(x.raw))
        return Operand(None, self._copy(x))

    def _copy(self, x: Any) -> Any:
        """Return an array that the program may yet write into as it is now; copies are shared while it stays so."""
        if not isinstance(x, np.ndarray):
            return x
        known = self._copies.get(id(x))
        if known is not None and known[0] is x and np.array_equal(known[1], x, equal_nan=x.dtype.kind in "fc"):
            return known[1]
        self._copies[id(x)] = x, x.copy()
        return self._copies[id(x)][1]


def _within(fold: Fold, lines: Lines) -> Fold:
    """Return the fold of what runs inside the user's line: a composite function, or a sweep of an inner derivative."""
    frame: FrameType | None = sys._getframe(2)
    found: list[tuple[str, Any]] = []
    stop = lines.stack[-1].frame if lines.stack else lines.users_frame()
    while frame is not None and frame is not stop:
        label = _label(frame)
        if label:
            found.append((label, (id(frame), stop.f_lasti if stop is not None else 0)))
        frame = frame.f_back
    return fold.child("within", found[-1][0], line=fold.line, mark=found[-1][1]) if found else fold


def _label(frame: FrameType) -> str:
    code = frame.f_code
    if code is _CALL or code is _APPLY:
        row = frame.f_locals["self" if code is _CALL else "row"]
        return row.name if is_composite(row) else ""
    if code is _SWEEP:
        return "reverse sweep"
    return f"tangent of {frame.f_locals['row'].name}" if code is _OBSERVE else ""


_OF_SHAPES = (np.shape, np.ndim, np.size, np.iscomplexobj, np.isrealobj, np.result_type)
_CALL, _APPLY = Row.__call__.__code__, _tensor.apply.__code__
_SWEEP, _OBSERVE = _walk.sweep.__code__, _forward.Accumulator.observe.__code__


def settle(root: Fold, steps: Sequence[Step]) -> None:
    """Note in each fold which steps it holds, and drop those that hold none."""
    for i, step in enumerate(steps):
        step.fold.first = i if step.fold.first < 0 else step.fold.first
        step.fold.last = i
    for fold in reversed(list(root.walk())):
        fold.children = [child for child in fold.children if len(child)]
        for child in fold.children:
            fold.first = child.first if fold.first < 0 else min(fold.first, child.first)
            fold.last = max(fold.last, child.last)
