"""Machine code on disk, except where it would crash.

Where a function calls itself by way of another version of it, such as for arrays of another layout, Numba leaves one of
the calls open: it goes through a pointer that is set as soon as both versions are compiled. In machine code that is
read from disk nobody sets it. Such machine code is not written.
"""

from __future__ import annotations

from functools import cache
from importlib import import_module
from typing import Any

__all__ = ["keep"]

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

    class Form(caching.CompileResultCacheImpl):  # type: ignore[misc, name-defined]
        """How a function's machine code is written and read."""

        def check_cachable(self, found: Any) -> bool:
            return not _has_open_calls(found.library) and super().check_cachable(found)

    class Kept(caching.FunctionCache):  # type: ignore[misc, name-defined]
        """A function's files of machine code."""

        _impl_class = Form

    return Kept


def _has_open_calls(library: Any) -> bool:
    return any(v.name.startswith(_OPEN) for v in library._final_module.global_variables)
