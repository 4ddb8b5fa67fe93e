"""The recorders behind `GradientTape` and `ForwardAccumulator`: they know what they were told to watch."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import TYPE_CHECKING, Any
from weakref import WeakValueDictionary

from ..eager import Accumulator, Tape, Tensor
from ..eager.state import OPEN, current

if TYPE_CHECKING:
    from .variable import Variable

__all__ = ["Forward", "Reverse", "access", "differentiable", "reads"]


class Reverse(Tape):
    """A tape that watches variables when they are read.

    Attributes
    ----------
    automatic : bool
        Whether a trainable variable is watched because it is read.
    marks : dict
        The keys of the values that it was told to watch.
    variables : dict
        The variables that it watches, by key.
    """

    __slots__ = ("__weakref__", "automatic", "marks", "variables")

    def __init__(self, automatic: bool) -> None:
        super().__init__()
        self.automatic = automatic
        self.marks: dict[int, None] = {}
        self.variables: dict[int, Variable] = {}
        LIVE[self.id] = self

    def watch(self, x: Tensor) -> Tensor:
        """Record from now on what is computed from a value. Returns the value."""
        self.marks[x.key] = None
        others = frozenset(i for i in x.on or () if _is_of_use(i))
        x.on = others | self.on if others - self.on else self.on
        return x


class Forward(Accumulator):
    """An accumulator with the tangents of what it was told to watch: `marks` for values, `variables` for variables."""

    __slots__ = ("__weakref__", "marks", "variables")

    def __init__(self) -> None:
        super().__init__()
        self.marks: dict[int, Any] = {}
        self.variables: dict[int, Any] = {}
        LIVE[self.id] = self

    def watch(self, x: Tensor, tangent: Any) -> Tensor:
        """Attach a tangent, of the value's shape and dtype. Returns the value."""
        self.marks[x.key] = tangent
        x.tan = {**{i: t for i, t in (x.tan or {}).items() if _is_of_use(i)}, self.id: tangent}
        return x


LIVE: WeakValueDictionary[int, Reverse | Forward] = WeakValueDictionary()  # a closed one can be opened again


def _is_of_use(recorder: int) -> bool:
    """Tell whether a recorder is open or could be opened again; a value need not remember others."""
    return recorder in OPEN or recorder in LIVE


_READS: ContextVar[dict[int, Variable] | None] = ContextVar("chainrule_reads", default=None)


@contextmanager
def reads() -> Iterator[dict[int, Variable]]:
    """Collect the trainable variables that are read in a block, by key."""
    outer, found = _READS.get(), dict[int, "Variable"]()
    token = _READS.set(found)
    try:
        yield found
    finally:
        _READS.reset(token)
        if outer is not None:
            outer.update(found)


def access(variable: Variable, key: int) -> tuple[Any, Any]:
    """Note that a variable is read here. Returns the tapes that watch it and its tangents, as a `Tensor` keeps them."""
    found = _READS.get()
    if found is not None and variable.trainable:
        found[key] = variable
    state = current()
    if state is None:
        return _watched_elsewhere(key), None
    on, tan = None, None
    for recorder in state.recorders:
        if type(recorder) is Reverse:
            if key not in recorder.variables:
                if not (recorder.automatic and variable.trainable):
                    continue
                recorder.variables[key] = variable
            on = recorder.on if on is None else on | recorder.on
        elif type(recorder) is Forward and key in recorder.variables:
            tan = {**(tan or {}), recorder.id: recorder.variables[key]}
    return (on, tan) if differentiable(variable) else (None, None)


def _watched_elsewhere(key: int) -> Any:
    """Return the open tapes of other contexts that watch a variable: work that reads it is refused where none is."""
    if not OPEN:
        return None
    recorders = [ref() for ref in LIVE.valuerefs()]
    ids = [r.id for r in recorders if r is not None and r.id in OPEN and key in r.variables]
    return frozenset(ids) if ids else None


def differentiable(x: Any) -> bool:
    """Tell whether a value has real or complex elements."""
    return x.dtype.kind in "fc"
