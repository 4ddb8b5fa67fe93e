"""Emitted modules as callables: as the Python they are, or compiled with Numba."""

from __future__ import annotations

import contextlib
import pickle
import sys
import threading
from collections.abc import Callable
from types import FunctionType, ModuleType
from typing import Any

from ..errors import UnsupportedError, message
from . import cache, launch, runtime, special, vector
from .allocation import ADVISE, advising, in_huge_pages, keep_freed_memory
from .callback import Interrupted, calling_back, pending_error
from .emit import Emitted
from .external import EXTERNALS
from .kept import keep, together
from .pipeline import options

__all__ = ["compiled", "plain"]

# What reading a damaged file of machine code raises.
DAMAGE = (EOFError, pickle.UnpicklingError, AttributeError, ImportError, IndexError, KeyError, OSError, TypeError,
          UnicodeDecodeError, ValueError, RuntimeError)  # fmt: skip
_building = threading.RLock()


def plain(emitted: Emitted) -> Callable[..., Any]:
    """Return the function of an emitted module, as Python runs it."""
    module, _ = cache.load_module(emitted.text, emitted.entry)
    function: Callable[..., Any] = module.__dict__[emitted.entry]
    return function


def compiled(emitted: Emitted, arguments: tuple[Any, ...]) -> Callable[..., Any]:
    """Return the function of an emitted module, compiled for the types of the arguments."""
    numba = _numba()
    keep_freed_memory()
    with _building:
        text, vectors = vector.in_text(advising(launch.calling(emitted.machine_text)))
        module, kept = cache.load_module(text, f"{emitted.entry}_compiled", _version(emitted))
        module.__dict__[ADVISE] = in_huge_pages()
        for name in vectors:
            module.__dict__[f"libm_{name}"] = vector.machine_form(name)
        if emitted.entry not in vars(module).get("__chainrule_ready__", ()):
            _attach(numba, module, emitted, kept)
        entry = module.__dict__[emitted.entry]
        signature = tuple([numba.typeof(x) for x in arguments])
        if signature not in entry.overloads:
            _compile(numba, module, emitted, signature, kept)
        function: Callable[..., Any] = module.__dict__[emitted.entry]
    return _raising(function) if emitted.externals else function


def _version(emitted: Emitted) -> str:
    """Return what the machine code depends on beside the text: the helpers, and how SciPy exports its functions."""
    scipy = sys.modules.get("scipy")
    return f"{cache.version()} {getattr(scipy, '__version__', '')}" if emitted.special else cache.version()


def _raising(function: Callable[..., Any]) -> Callable[..., Any]:
    """Return a function that raises the errors of the Python that machine code called back."""

    def run(*args: Any) -> Any:
        try:
            return function(*args)
        except Interrupted:
            error = pending_error()
            if error is None:
                raise
            raise error from None

    return run


def _attach(numba: Any, module: ModuleType, emitted: Emitted, kept: bool) -> None:
    """Put compiled functions in the place of the module's own, and of the helpers that they call."""
    if emitted.parts:
        module.__dict__[launch.RUN] = launch.run_parts()
        if "matmul" in emitted.helpers:
            launch.find_products()
    for name in set(emitted.helpers) - runtime.PYTHON_ONLY - {"prange"}:
        module.__dict__[name] = runtime.machine_form(name)
    for name, key in emitted.externals:
        external = EXTERNALS[key]
        function = getattr(module.__dict__[name], "__chainrule_python__", module.__dict__[name])
        symbol, kinds = f"{module.__name__}.{name}", [*external.reads, *external.writes]
        module.__dict__[name] = calling_back(function, symbol, kinds, [dtype for dtype, _ in external.outs])
        module.__dict__[name].__chainrule_python__ = function
    for name in emitted.special:
        module.__dict__[name] = special.machine_form(name)
    for name in (*emitted.kernels, *emitted.functions):
        function = getattr(module.__dict__[name], "py_func", module.__dict__[name])
        module.__dict__[name] = _decorated(numba, function, kept)
    module.__dict__["__chainrule_ready__"] = emitted.functions


def _decorated(numba: Any, function: FunctionType, kept: bool) -> Any:
    """Return a function that Numba compiles; one that is kept on disk if its module's file is there still."""
    made = numba.njit(**options(function))(function)
    if kept:
        with contextlib.suppress(OSError, RuntimeError):  # another process may have removed the file meanwhile
            keep(made)
    return made


def _compile(numba: Any, module: ModuleType, emitted: Emitted, signature: tuple[Any, ...], kept: bool) -> None:
    """Compile, or read what was compiled; if that is damaged, compile anew; if it cannot be kept, do without."""
    try:
        with together():
            module.__dict__[emitted.entry].compile(signature)
        return
    except numba.core.errors.NumbaError:
        raise
    except DAMAGE:
        if not kept:
            raise
    cache.forget(module)
    with contextlib.suppress(*DAMAGE):
        _attach(numba, module, emitted, kept)
        with together():
            module.__dict__[emitted.entry].compile(signature)
        return
    _attach(numba, module, emitted, False)
    module.__dict__[emitted.entry].compile(signature)


def _numba() -> Any:
    try:
        import numba
    except ImportError as error:
        text = message(
            "Compiling needs Numba, which is not installed.",
            "Install it with `pip install chainrule[jit]`, or run the emitted Python as it is with "
            "cr.jit(f, compile=False).",
        )
        raise UnsupportedError(text) from error
    return numba
