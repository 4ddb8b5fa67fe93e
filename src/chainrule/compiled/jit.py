"""``cr.jit``: functions compiled from their source, at the types of each call."""

from __future__ import annotations

import operator
import os
import threading
from collections.abc import Callable
from functools import update_wrapper
from typing import Any

import numpy as np

from .. import tree
from ..errors import UnsupportedError, message
from . import machine
from .adjoint.saves import Saved
from .described import differentiated, original
from .emit import Emitted, emit
from .lengths import LENGTHS_DIFFER
from .lowered import lowered_for
from .shortcut import GONE, shortcut
from .show import show
from .signature import Signature, kind_of, overlapping, signature_of
from .spec import Capture, Lowered, Result, Static
from .unguarded import repeated_if_nan

__all__ = ["Compiled", "jit"]


def jit(
    f: Callable[..., Any], *, compile: bool = True, boundscheck: bool = True, threads: int | None = None
) -> Compiled:
    """Compile a function, or a derivative of one, from its source.

    Parameters
    ----------
    f : callable
        A plain Python function of numbers and NumPy arrays, nested in tuples, dicts and dataclasses as you like, or
        what `grad`, `value_and_grad`, `jacobian`, `hessian`, `hvp` or `elementwise_grad` made of one. Its source is
        read; the function is not changed.
    compile : bool
        If False, the emitted Python runs as it is, without Numba: slow, for a look into it with a debugger.
    boundscheck : bool
        If False, an index that is out of range is not noticed: that reads or writes some other memory.
    threads : int, optional
        In how many threads loops run whose iterations are independent; by default as many as the environment variable
        ``CHAINRULE_THREADS`` says, else one. With more than one, sums are rounded in another order: the results are
        the same at each call with the same number of threads, but not to the last digit those of one thread.

    Returns
    -------
    callable
        It returns what `f` returns. The first call with arguments of new types compiles; machine code is kept on
        disk (in ``CHAINRULE_CACHE_DIR`` if that is set), and later processes find it.

    Raises
    ------
    UnsupportedError
        On the first call, if `f` uses something that cannot be compiled, or proven right; it names the line.

    See Also
    --------
    source, export

    Examples
    --------
    >>> import chainrule as cr
    >>> def f(x, n):
    ...     for i in range(n):
    ...         x = x*x - 0.5
    ...     return x
    >>> cr.jit(cr.grad(f))(1.2, 3)
    3.46...
    """
    if not callable(f):
        what = f"cr.jit was given a {type(f).__name__}."
        raise UnsupportedError(message(what, "Give a function; numbers and the like go into the call."))
    return Compiled(f, compile, boundscheck, _threads(threads))


def _threads(given: int | None) -> int:
    """Return a number of threads: that which was asked for, or that of the environment."""
    found = os.environ.get("CHAINRULE_THREADS", "1") if given is None else given
    try:
        count = operator.index(int(found) if isinstance(found, str) else found)
    except (TypeError, ValueError):
        count = 0
    if isinstance(found, bool) or count < 1:
        what = f"cr.jit was to use {found!r} threads." if given is not None else f"CHAINRULE_THREADS is {found!r}."
        raise UnsupportedError(message(what, "Name a whole number from 1 on."))
    return count


class Compiled:
    """A function compiled for the types of each call; made by `jit`."""

    __chainrule_compiled__ = True
    __chainrule_jit__ = True

    def __init__(self, f: Callable[..., Any], compile: bool = True, boundscheck: bool = True, threads: int = 1) -> None:
        update_wrapper(self, f, updated=())
        self.__wrapped__ = f
        self._compile, self._boundscheck, self._threads = compile, boundscheck, threads
        self._versions: dict[Any, Version] = {}
        self._general: dict[Any, Version] = {}  # for lengths of 1, too, and to be shown
        self._lock = threading.RLock()
        self._shortened: list[Version] = []
        self._quick: Callable[..., Any] = self._slow

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        try:
            return self._quick(args, kwargs)
        except BufferError as error:
            if error.args != (LENGTHS_DIFFER,):
                raise
        return self._generally(args, kwargs)

    def _generally(self, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
        """Call the program that needs no lengths to be equal which might be 1; from now on, for all such calls."""
        signature = self._signature(args, kwargs)
        with self._lock:
            self._versions[signature.key] = self._version(signature)
            self._shortened.clear()
            self._quick = self._slow
        return self._slow(args, kwargs)

    def _slow(self, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
        """Find the version for a call, or make it; let the next such call find it sooner."""
        signature = self._signature(args, kwargs)
        version = self._versions.get(signature.key)
        if version is None:
            if _is_recorded(signature):
                return self.__wrapped__(*args, **kwargs)
            version = self._running(signature)
        if not version.is_current():
            version = self._renewed(signature)
        result = version(signature)
        if version not in self._shortened and not kwargs:
            self._shortened.append(version)
            self._quick = shortcut(version, signature, self._quick if len(self._shortened) < 5 else self._slow)
        return result

    def _renewed(self, signature: Signature) -> Version:
        """Compile again what was compiled for other values of the globals that the function reads."""
        with self._lock:
            self._versions.clear()
            self._general.clear()
            self._shortened.clear()
            self._quick = self._slow
        return self._running(signature)

    def lower(self, *args: Any, **kwargs: Any) -> str:
        """Return the intermediate representation of the program for a call with these arguments."""
        return show(self._version(self._signature(args, kwargs)).lowered.program)

    def source(self, *args: Any, **kwargs: Any) -> str:
        """Return the emitted Python for a call with these arguments."""
        return self.emitted(*args, **kwargs).text

    def emitted(self, *args: Any, **kwargs: Any) -> Emitted:
        """Return the emitted program for a call with these arguments."""
        return self._version(self._signature(args, kwargs)).emitted

    def emitted_for_all(self, *args: Any, **kwargs: Any) -> Emitted:
        """Return the emitted program for calls with arguments like these in any size."""
        return self._version(self._signature(args, kwargs).general()).emitted

    def explain(self, *args: Any, **kwargs: Any) -> str:
        """Return how the program for a call with these arguments came about: each stage as text."""
        notes: list[tuple[str, Any]] = []
        made = lowered_for(self.__wrapped__, self._signature(args, kwargs), self._boundscheck, notes, self._threads)
        notes.append(("program", made.program))
        parts = [f"# {title}\n\n{_stage(what)}" for title, what in notes]
        return "\n\n".join([*parts, f"# emitted\n\n{emit(made.program, boundscheck=self._boundscheck).text}"])

    def memory(self, *args: Any, **kwargs: Any) -> str:
        """Return what the forward sweep of a gradient saves for the reverse sweep, for which line, and why."""
        return _stage(self.saved(*args, **kwargs))

    def saved(self, *args: Any, **kwargs: Any) -> list[Saved]:
        """Return the same as data."""
        notes: list[tuple[str, Any]] = []
        lowered_for(self.__wrapped__, self._signature(args, kwargs), self._boundscheck, notes, self._threads)
        return [saved for _, what in notes if isinstance(what, list) for saved in what]

    def transformed(self, name: str, options: dict[str, Any]) -> Compiled:
        """Return the compiled form of a transform of this function."""
        described = describe(self.__wrapped__, name, options)
        return Compiled(described, self._compile, self._boundscheck, self._threads)

    def __repr__(self) -> str:
        return f"<compiled {getattr(original(self), '__qualname__', 'function')}>"

    def _signature(self, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Signature:
        return signature_of(args, kwargs, differentiated(self.__wrapped__, len(args)))

    def _running(self, signature: Signature) -> Version:
        """Return the version that is run for a signature, until it turns out that its lengths are not equal."""
        with self._lock:
            version = self._versions[signature.key] = self._version(signature, self._compile)
        return version

    def _version(self, signature: Signature, assume: bool = False) -> Version:
        """Return the version for a signature; with `assume`, one that may take lengths for equal (see `lengths`)."""
        with self._lock:
            version = self._versions.get(signature.key)
            if not assume and (version is None or version.lowered.assumed):
                version = self._general.get(signature.key)
            if version is None:
                lowered = lowered_for(self.__wrapped__, signature, self._boundscheck, None, self._threads, assume)
                version = Version(lowered, self._compile, self._boundscheck)
                (self._versions if assume else self._general)[signature.key] = version
        return version


def _stage(what: Any) -> str:
    """Return the text of a program, or of a report of what was saved."""
    if not isinstance(what, list):
        return show(what)
    lines = [f"{s.what}{f' (line {s.place.line})' if s.place else ''}: {s.how} {s.name}: {s.why}" for s in what]
    return "\n".join(lines) or "nothing"


def describe(f: Any, name: str, options: dict[str, Any]) -> Any:
    """Return a function that stands for a transform of another; it is there to be compiled."""

    def described(*args: Any, **kwargs: Any) -> Any:
        raise NotImplementedError

    update_wrapper(described, f, updated=())
    described.__dict__["__chainrule__"] = (name, f, options)
    return described


def _is_recorded(signature: Signature) -> bool:
    return any(isinstance(s.value, type) and hasattr(s.value, "__chainrule_apply__")
               for s in signature.specs if isinstance(s, Static))  # fmt: skip


class Version:
    """A program for one signature, ready to be called."""

    def __init__(self, lowered: Lowered, compile: bool, boundscheck: bool) -> None:
        self.lowered = lowered
        self.emitted: Emitted = emit(lowered.program, boundscheck=boundscheck)
        self.compiled, self.boundscheck = compile, boundscheck
        self.run: Callable[..., Any] | None = None
        self.leaves, self.structure = tree.flatten(lowered.result, Result)
        self.exclusive = lowered.exclusive or bool(lowered.written)
        self.single = len(lowered.program.entry.results) == 1

    def __call__(self, signature: Signature) -> Any:
        values = signature.values
        if self.lowered.captures:
            values = [*values, *[kind_of(c.read())[1] for c in self.lowered.captures]]
        if self.lowered.written:
            self._check_written(values, signature)
        if self.exclusive:
            self._check_apart(values)
        if self.run is None:
            self.run = self._machine(tuple(values)) if self.compiled else machine.plain(self.emitted)
        if self.compiled:
            found = self.run(*values)
        else:
            with np.errstate(all="ignore"):
                found = self.run(*map(_strong, values))
        return self.rebuilt((found,) if self.single else found)

    def _machine(self, values: tuple[Any, ...]) -> Callable[..., Any]:
        """Return machine code for the types of the arguments, which leaves out guards as long as it can."""
        if self.lowered.unguarded is None or self.emitted.externals:
            return machine.compiled(self.emitted, values)
        fast = emit(self.lowered.unguarded, boundscheck=self.boundscheck)
        return repeated_if_nan(machine.compiled(fast, values), lambda args: machine.compiled(self.emitted, args))

    def is_current(self) -> bool:
        """Tell whether what the program has read from its surroundings and has for constants is still the same."""
        try:
            return self.constants_are_current() and all(map(_still_fits, self.lowered.captures))
        except (*GONE, UnsupportedError):
            return False  # gone: lowering says which

    def constants_are_current(self) -> bool:
        try:
            return all(c.is_current() for c in self.lowered.constants)
        except GONE:
            return False

    def rebuilt(self, found: Any) -> Any:
        types = self.lowered.program.entry.results
        leaves = [_finished(x, found, types[x.index].dtype) if isinstance(x, Result) else x for x in self.leaves]
        return tree.unflatten(self.structure, leaves)

    def _check_written(self, values: list[Any], signature: Signature) -> None:
        names = [p.hint for p in self.lowered.program.entry.params]
        given = [*signature.values, *[c.read() for c in self.lowered.captures]]
        converted = [
            *signature.converted,
            *[k for k in range(len(signature.values), len(given)) if given[k] is not values[k]],
        ]
        for k in self.lowered.written:
            if k in converted:
                what = f"{names[k]} is written to, and its type is not one that programs compute with."
                raise UnsupportedError(message(what, "Give an array of float64, float32, int64 or bool."))
            if not values[k].flags.writeable:
                msg = "assignment destination is read-only"
                raise ValueError(msg)

    def _check_apart(self, values: list[Any]) -> None:
        names = [p.hint for p in self.lowered.program.entry.params]
        pair = overlapping(values)
        if pair is not None:
            i, j = pair
            what = f"{names[i]} and {names[j]} share memory, and one of them is written to."
            raise UnsupportedError(message(what, "Pass a copy of one: x.copy()."))


def _still_fits(capture: Capture) -> bool:
    """Tell whether an array of the surroundings has the type that a program was made for, by each of its names."""
    now = capture.read()
    return (
        isinstance(now, np.ndarray) and kind_of(now)[0] == capture.kind and all(r() is now for r in capture.reads[1:])
    )


def _strong(x: Any) -> Any:
    """Return a Python float as NumPy's, which divides by zero as compiled code does."""
    return np.float64(x) if type(x) is float else x


def _finished(result: Result, found: Any, dtype: str) -> Any:
    """Return one result; a number of NumPy's type where NumPy gives one, which machine code returns as Python's."""
    value = found[result.index]
    if isinstance(value, np.ndarray):
        return value
    if result.weak:
        return value.item() if isinstance(value, np.generic) else value
    return np.dtype(dtype).type(value)
