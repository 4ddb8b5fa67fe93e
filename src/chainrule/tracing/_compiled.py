"""`debug_nans` for compiled functions: a call whose result is not finite is run again in slow, watched steps."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from .. import tree
from ..compiled import machine
from ..compiled.described import description, original
from ..compiled.emit import emit
from ..compiled.jit import Compiled, Version
from ..compiled.signature import Signature
from ..eager import Tensor
from ..errors import ChainruleError, NotFiniteError, message
from ._instrument import instrumented
from ._origins import finite, given, not_finite
from ._watch import Watch

__all__ = ["checked", "watched_run"]

_BACKWARD = ("grad", "value_and_grad", "elementwise_grad")


def checked(call: Callable[..., Any], compiled: Compiled, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
    """Call a compiled function, and raise if its result is not finite.

    Parameters
    ----------
    call : callable
        The call as it is without a check.
    """
    kept_args, kept_kwargs = tree.map(_copy, (args, kwargs))  # the function may write into them
    result = call(compiled, *args, **kwargs)
    leaves = tree.flatten(result)[0]
    if all(_is_fine(x) for x in leaves):
        return result
    raise _found(compiled, kept_args, kept_kwargs)


def _copy(x: Any) -> Any:
    return x.copy(order="K") if isinstance(x, np.ndarray) else x


def _is_fine(x: Any) -> bool:
    return type(x) is Tensor or not isinstance(x, (float, np.floating, np.ndarray)) or finite(x)


def _found(compiled: Compiled, args: tuple[Any, ...], kwargs: dict[str, Any]) -> NotFiniteError:
    transforms = _transforms(compiled)
    if transforms:
        values = args[:-1] if "hvp" in transforms else args
        error = _of_values(original(compiled), values, kwargs) if "vmap" not in transforms else None
        if error is not None:
            return error
    phase = "value" if not transforms else "adjoint" if transforms[-1] in _BACKWARD else "derivative"
    return _watched(compiled, args, kwargs, phase) or _only_compiled(compiled)


def _only_compiled(compiled: Compiled) -> NotFiniteError:
    """Return the error for a result that is not finite in machine code alone, which may add in another order."""
    what = f"The result of {compiled!r} is not finite, and the same steps one by one have a finite one."
    repair = "Sums that NumPy leaves unordered are added in another order: look for numbers near the largest."
    return NotFiniteError(message(what, repair, ""))


def _of_values(f: Any, args: tuple[Any, ...], kwargs: dict[str, Any]) -> NotFiniteError | None:
    """Return the error of the function itself, or None if its values are finite."""
    try:
        return _watched(Compiled(f, compile=False), args, kwargs, "value")
    except ChainruleError:  # it cannot be compiled by itself
        return None


def _transforms(f: Any) -> list[str]:
    """Return the names of the transforms that made a function, the outermost first."""
    names = []
    while True:
        described = description(f)
        if described is not None:
            names.append(described[0])
            f = described[1]
        elif hasattr(f, "__chainrule_compiled__"):
            f = f.__wrapped__
        else:
            return names


def watched_run(known: Version, signature: Signature, phase: str) -> tuple[Watch, Any, list[Any]]:
    """Run a program in watched steps; return the watch, the result, and the numbers and arrays that it consists of."""
    emitted = emit(known.lowered.program, by_line=True)
    watch = Watch(phase, emitted.places)
    names = (*emitted.functions, *emitted.kernels)
    run = instrumented(emitted.body, names, emitted.entry, machine.plain(emitted).__globals__, watch)
    results: list[Any] = []
    version = Version(known.lowered, compile=False, boundscheck=True)

    def kept(*values: Any) -> Any:
        found = run(*values)
        results.extend([found] if version.single else found)
        return found

    version.run = kept
    return watch, version(signature), results


def _watched(compiled: Compiled, args: tuple[Any, ...], kwargs: dict[str, Any], phase: str) -> NotFiniteError | None:
    """Run the emitted program in watched steps; return the error for what is not finite in its result."""
    args, kwargs = tree.map(_copy, (args, kwargs))
    signature: Signature = compiled._signature(args, kwargs)
    known = compiled._version(signature)
    watch, _, results = watched_run(known, signature, phase)
    bad = [x for x in results if isinstance(x, (float, np.floating, np.ndarray)) and not finite(x)]
    if not bad:
        return None
    origins = [origin for x in bad if (origin := watch.origin_of(x)) is not None]
    origin = min(origins, key=lambda origin: origin.order, default=None)
    return given(phase, bad[0]) if origin is None else not_finite(origin)
