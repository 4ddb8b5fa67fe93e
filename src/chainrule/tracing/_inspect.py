"""The recorder behind `debug_nans`: it checks every value, tangent and adjoint, and knows which line made it."""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence
from types import CodeType
from typing import Any

import numpy as np

from ..calculus import project
from ..eager import Tensor, raw_of
from ..eager.state import State
from ..eager.tape import next_recorder
from ..eager.walk import edges, term_of
from ..eager.witness import Witness
from ..rules import Row
from ._lines import Lines
from ._model import Place
from ._origins import Origin, finite, given, not_finite

__all__ = ["Inspector"]

MOST = 1_000_000  # calls whose lines are remembered
HELD = 256_000_000  # bytes of arrays that are remembered with them

_Call = tuple[Row, tuple[Any, ...], dict[str, Any], tuple[CodeType, int, int] | None]


class Inspector(Witness):
    """A recorder that raises where a nan or an infinity is made.

    A value raises at once, unless the program says with `np.errstate` that it expects it. It may then be thrown away (a
    branch of ``where`` that is not taken), and so may the derivatives: these raise when they reach a result.

    Attributes
    ----------
    calls : dict
        Of each value, by its key: the row, the operands, the parameters and the line. Those of long ago are forgotten,
        their arrays earlier, for nobody says when the last derivative that needs them is done.
    held, bytes : deque, int
        The calls whose arrays are remembered, with the size of these, and the sum.
    made : dict
        The origins of values that are not finite and were let pass, by key.
    moved : dict
        The origins of tangents that are not finite, by key.
    """

    reverse = passing = False
    __slots__ = ("bytes", "calls", "held", "id", "lines", "made", "moved")

    def __init__(self) -> None:
        self.id = next_recorder()
        self.lines = Lines()
        self.calls: dict[int, _Call] = {}
        self.held: deque[tuple[int, int]] = deque()
        self.bytes = 0
        self.made: dict[int, Origin | None] = {}
        self.moved: dict[int, Origin | None] = {}

    # ---- Values

    def observe(
        self, row: Row, out: Tensor, operands: tuple[Any, ...], params: dict[str, Any], state: State, position: int
    ) -> None:
        """Check the value of a call."""
        plain = tuple([raw_of(x) for x in operands])
        frame = self.lines.users_frame()
        at = None if frame is None else (frame.f_code, frame.f_lasti, frame.f_lineno or 0)
        self._remember(out.key, (row, plain, params, at))
        if finite(out.raw):
            return
        bad = [x for x, raw in zip(operands, plain, strict=True) if not finite(raw)]
        if bad:
            known = self._of_value(bad)
            came = Origin(row.name, "value", plain, params, out.raw, self._place(out.key), entered=True)
            self.made[out.key] = came if known is None else known
            return
        origin = self.made[out.key] = Origin(row.name, "value", plain, params, out.raw, self._place(out.key))
        if not _expected(out.raw):
            raise not_finite(origin)

    def _remember(self, key: int, call: _Call) -> None:
        if len(self.calls) >= MOST:
            del self.calls[next(iter(self.calls))]
        self.calls[key] = call
        size = sum([x.nbytes for x in (*call[1], *call[2].values()) if isinstance(x, np.ndarray)])
        if size:
            self.held.append((key, size))
            self.bytes += size
        while self.bytes > HELD:
            old, size = self.held.popleft()
            self.bytes -= size
            if old in self.calls:
                row, operands, params, at = self.calls[old]
                forgotten = {name: _forgotten(x) for name, x in params.items()}
                self.calls[old] = row, tuple(map(_forgotten, operands)), forgotten, at

    def _of_value(self, operands: Sequence[Any]) -> Origin | None:
        known = [self.made.get(x.key) for x in operands if type(x) is Tensor]
        return next((origin for origin in known if origin is not None), None)

    def _place(self, key: int) -> Place | None:
        known = self.calls.get(key)
        if known is None or known[3] is None:
            return None
        return self.lines.place_at(*known[3])

    # ---- Tangents

    def see_tangent(
        self, row: Row, out: Tensor, operands: Sequence[Any], tangents: Sequence[Any], tangent: Any
    ) -> None:
        """Note where a tangent that is not finite was made."""
        if tangent is None or finite(raw_of(tangent)):
            return
        pairs = zip(operands, tangents, strict=True)
        bad = [x for x, t in pairs if t is not None and not finite(raw_of(t))]
        if bad:
            self.moved[out.key] = next((self.moved[x.key] for x in bad if x.key in self.moved), None)
        else:
            self.moved[out.key] = self._derivative("tangent", out.key, raw_of(tangent))

    def _derivative(self, phase: str, key: int, made: Any) -> Origin:
        """Return the origin for the derivative of the call that made a value."""
        if key not in self.calls:
            return Origin("An operation recorded before the block", phase, None, {}, made, None)
        row, operands, params, _ = self.calls[key]
        return Origin(row.name, phase, operands, params, made, self._place(key))

    def check_tangent(self, x: Any, tangent: Any) -> None:
        """Raise if a tangent that is asked for is not finite."""
        self._check_value(x)
        if tangent is not None and not finite(raw_of(tangent)):
            origin = self.moved.get(x.key)
            raise given("tangent", raw_of(tangent)) if origin is None else not_finite(origin)

    def _check_value(self, x: Any) -> None:
        if type(x) is Tensor and not finite(x.raw):
            origin = self.made.get(x.key)
            raise given("value", x.raw) if origin is None else not_finite(origin)

    # ---- Adjoints

    def check_sweep(self, entries: list[Any], targets: Sequence[Tensor], seeds: Sequence[Any], found: Any) -> None:
        """Raise if a sweep ended in a cotangent that is not finite, or began at a value that is not."""
        for x in targets:
            self._check_value(x)
        bad = [key for key, g in found.items() if not finite(raw_of(g))]
        if bad:
            with np.errstate(all="ignore"):
                origin = self._walk(entries, targets, seeds, bad)
            raise given("adjoint", raw_of(found[bad[0]])) if origin is None else not_finite(origin)

    def _walk(
        self, entries: list[Any], targets: Sequence[Tensor], seeds: Sequence[Any], bad: Sequence[int]
    ) -> Origin | None:
        """Walk back once more, on plain values, and follow the origins of what is not finite."""
        cotangents: dict[int, Any] = {}
        origins: dict[int, Origin | None] = {}
        for x, seed in zip(targets, seeds, strict=True):
            known = cotangents.get(x.key)
            cotangents[x.key] = raw_of(seed) if known is None else known + raw_of(seed)
        for spec, _, saved, pull, in_key, out_key in edges(entries):
            g = cotangents.get(out_key)
            term = None if g is None else term_of(g, pull, saved, careful=True)
            if term is None:
                continue
            term = raw_of(term if spec is None else project(term, spec))
            known = cotangents.get(in_key)
            total = cotangents[in_key] = term if known is None else known + term
            if not finite(total) and in_key not in origins:
                origins[in_key] = self._of_adjoint(out_key, g, pull, saved, total, origins)
        return next((origins[key] for key in bad if origins.get(key) is not None), None)

    def _of_adjoint(
        self, out_key: int, g: Any, pull: Any, saved: Any, total: Any, origins: dict[int, Origin | None]
    ) -> Origin | None:
        made = self._derivative("adjoint", out_key, total)
        if not finite(g):
            first = origins.get(out_key)
            if first is None or first.later is not None or np.isnan(first.made).any():
                return first
            turned = np.isnan(total).any() and not np.isnan(g).any()
            return first._replace(later=made) if turned else first
        slope = term_of(np.ones(np.shape(g)), pull, saved, careful=False) if callable(pull) or pull is None else None
        return made if slope is None or finite(slope) else made._replace(partial=slope)


def _forgotten(x: Any) -> Any:
    """Return what stands for an operand in an error when its array is no longer remembered."""
    return "..." if isinstance(x, np.ndarray) and x.ndim else x


def _expected(value: Any) -> bool:
    """Tell whether the program, or a rule of ours, has said with `np.errstate` that such a value may come."""
    said = np.geterr()
    if np.isnan(value).any():
        return said["invalid"] == "ignore"
    return said["divide"] == "ignore" or said["over"] == "ignore"
