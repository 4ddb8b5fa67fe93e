"""Which recorders are active in this context, and the identity of values.

Recorders are kept per context (`contextvars`), in the order in which they were opened. A state is immutable; opening
and closing a recorder installs another.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from typing import TYPE_CHECKING, Any

from ..errors import ChainruleError, EscapeError, RecorderError, message
from ..rules._calls import escape_into_array

if TYPE_CHECKING:
    from .forward import Accumulator
    from .tape import Tape

__all__ = [
    "OPEN", "WITNESSES", "State", "close_recorder", "current", "is_recording", "keys", "next_key", "open_recorder",
    "refuse_foreign", "reveal", "unrecorded", "witnesses",
]  # fmt: skip

keys = itertools.count(1)  # a value's key is never reused, unlike id()
next_key = keys.__next__

OPEN: set[int] = set()  # the recorders that are open in any context
WITNESSES: set[int] = set()  # those among them that want to see every call: mostly none, which is all that is asked


class State:
    """The active recorders of a context.

    Attributes
    ----------
    recorders : tuple
        In the order of opening.
    known : frozenset of int
        The recorders that this context has opened, those included that pause.
    tape : Tape or None
        The recorder, if it is the only one and a tape (the common case has a short path).
    forward : Accumulator or None
        The recorder, if it is the only one and an accumulator.
    witnesses : tuple
        The recorders that want to see every call, so that none may take a short path.
    """

    __slots__ = ("_outer", "forward", "known", "recorders", "tape", "witnesses")

    def __init__(self, recorders: tuple[Any, ...], known: frozenset[int]) -> None:
        self.recorders = recorders
        self.known = known
        only = recorders[0] if len(recorders) == 1 and not recorders[0].witness else None
        alone = only is not None or not recorders
        self.witnesses: tuple[Any, ...] = () if alone else tuple([r for r in recorders if r.witness])
        self.tape: Tape | None = only if only is not None and only.reverse else None
        self.forward: Accumulator | None = only if only is not None and not only.reverse else None
        self._outer: dict[int, State] = {}

    def outer(self, position: int) -> State:
        """Return the state of the recorders opened before the one at a position: who sees its own arithmetic."""
        state = self._outer.get(position)
        if state is None:
            state = self._outer[position] = State(self.recorders[:position], self.known)
        return state


STATE: ContextVar[State | None] = ContextVar("chainrule_state", default=None)
current = STATE.get


def witnesses() -> tuple[Any, ...]:
    """Return the active recorders that want to see every call."""
    state = current()
    return state.witnesses if state is not None else ()


def is_recording() -> bool:
    """Tell whether any recorder is active in this context."""
    state = current()
    return state is not None and bool(state.recorders)


def open_recorder(recorder: Any, before: Sequence[Any] = ()) -> None:
    """Make a recorder active, as the innermost one, or just outside the recorders `before` that are active."""
    state = current()
    active = state.recorders if state is not None else ()
    at = next((i for i, r in enumerate(active) if r in before), len(active))
    again = tuple([s for s in getattr(recorder, "splits", ()) if s not in active])  # of a tape that records on
    ids = frozenset((recorder.id, *[s.id for s in again]))
    OPEN.update(ids)
    if recorder.witness:
        WITNESSES.add(recorder.id)
    STATE.set(State((*again, *active[:at], recorder, *active[at:]), ids if state is None else state.known | ids))


def close_recorder(recorder: Any) -> None:
    """Take a recorder out of this context, whatever was opened after it."""
    OPEN.discard(recorder.id)
    WITNESSES.discard(recorder.id)
    state = current()
    if state is None:
        return
    gone = {recorder.id}
    for other in state.recorders:  # what only served the recorders that are gone
        if other.passing and not any(i in OPEN for i in other.served):
            gone.add(other.id)
    OPEN.difference_update(gone)
    rest = tuple([r for r in state.recorders if r.id not in gone])
    known = state.known - gone
    STATE.set(State(rest, known) if known else None)


def reveal(error: BaseException | None) -> None:
    """Raise our own error where NumPy has hidden it behind one of its own (``np.zeros(3)[0] = x``)."""
    cause = error.__cause__ if error is not None else None
    if isinstance(cause, EscapeError) and not isinstance(error, ChainruleError):
        place = getattr(cause.args[0], "place", None)
        raise EscapeError(escape_into_array(place)).with_traceback(cause.__traceback__) from None


@contextmanager
def unrecorded() -> Iterator[None]:
    """Let nothing be recorded in this context for a while."""
    before = current()
    if before is None:
        yield
        return
    STATE.set(State((), before.known))
    try:
        yield
    finally:
        known = before.known & OPEN  # a recorder may have been closed meanwhile
        STATE.set(State(tuple([r for r in before.recorders if r.id in known]), known) if known else None)


def refuse_foreign(ids: Any) -> None:
    """Raise if one of these recorders is open, but in another context: its derivative would be lost in silence."""
    state = current()
    known = state.known if state is not None else frozenset()
    if any(i in OPEN and i not in known for i in ids):
        raise RecorderError(
            message(
                "A value watched by a recorder of another thread or context was used here, where nothing records it.",
                "Run the work with contextvars.copy_context().run(function, ...), or differentiate inside the thread.",
            )
        )
