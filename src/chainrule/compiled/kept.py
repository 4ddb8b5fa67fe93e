"""Machine code on disk, except where it would crash.

Where a function calls itself by way of another version of it, such as for arrays of another layout, Numba leaves one of
the calls open: it goes through a pointer that is set as soon as both versions are compiled. In machine code that is
read from disk nobody sets it; and a version that is read from disk is not found by those that call it so. Of a program
with such calls nothing is written.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import cache, partial
from importlib import import_module
from typing import Any

__all__ = ["keep", "together"]

_waiting: list[Callable[[], None] | None] | None = None  # what is to be written; None among it forbids that
_OPEN = ".numba.unresolved$"  # before the name of a function that is called through a pointer


def keep(dispatcher: Any) -> None:
    """Let Numba keep a function's machine code on disk, beside the file of its module.

    Raises
    ------
    RuntimeError, OSError
        If it cannot be kept there.
    """
    dispatcher._cache = _cache()(dispatcher.py_func)


@cache
def _cache() -> Any:
    caching = import_module("numba.core.caching")  # which has no types: hence what is ignored below

    class Kept(caching.FunctionCache):  # type: ignore[misc, name-defined]
        """A function's files of machine code."""

        def save_overload(self, signature: Any, found: Any) -> None:
            if _waiting is None:
                return
            if _has_open_calls(found.library):
                _waiting.append(None)
            _waiting.append(partial(super().save_overload, signature, found))

    return Kept


@contextmanager
def together() -> Iterator[None]:
    """Write the machine code of a program when all of it is compiled, or none of it.

    One program at a time: those who call this see to that.

    Raises
    ------
    RuntimeError
        If a call leads nowhere, now that all of the program is compiled or read.
    """
    global _waiting
    waiting: list[Callable[[], None] | None] = []
    _waiting = waiting
    before = _open_calls()
    try:
        yield
    finally:
        _waiting = None
    if _open_calls() - before:
        msg = "what was read from disk is called by another name"
        raise RuntimeError(msg)
    if None not in waiting:
        for write in waiting:
            assert write is not None
            write()


def _open_calls() -> set[str]:
    """Return the functions that are called through a pointer that is not set."""
    registry = import_module("numba.core.registry")
    return set(registry.cpu_target.target_context.codegen()._rtlinker._unresolved)


def _has_open_calls(library: Any) -> bool:
    return any(v.name.startswith(_OPEN) for v in library._final_module.global_variables)
