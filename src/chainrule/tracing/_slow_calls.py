"""Calls of compiled functions inside `debug_nans`.

A call of a compiled function is to cost nothing more for this: so it is the class that is changed, while a block is
open anywhere.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any

__all__ = ["checking"]

_HERE: ContextVar[bool] = ContextVar("chainrule_checking", default=False)
_lock = threading.Lock()
_open = 0


@contextmanager
def checking() -> Iterator[None]:
    """Check the results of compiled functions that are called in this context."""
    token = _HERE.set(True)
    _count(1)
    try:
        yield
    finally:
        _count(-1)
        _HERE.reset(token)


def _count(change: int) -> None:
    global _open
    from ..compiled.jit import Compiled  # only now: who compiles nothing does not load it

    with _lock:
        before, _open = _open, _open + change
        if before == 0:
            _install(Compiled)
        elif _open == 0:
            Compiled.__call__ = Compiled.__dict__["__call__"].unchecked  # type: ignore[method-assign]  # see above


def _install(kind: Any) -> None:
    unchecked = kind.__call__

    def call(self: Any, *args: Any, **kwargs: Any) -> Any:
        if not _HERE.get():
            return unchecked(self, *args, **kwargs)
        from ._compiled import checked

        token = _HERE.set(False)
        try:
            return checked(unchecked, self, args, kwargs)
        finally:
            _HERE.reset(token)

    call.__dict__["unchecked"] = unchecked
    kind.__call__ = call
