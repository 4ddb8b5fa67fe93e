"""``cr.trace``: run a function and keep all that happens."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from .. import tree
from ..eager import Tensor, alias, is_watched
from ..errors import DerivativeError, EscapeError, message
from ..functional._arguments import Call, outputs
from ..functional._labels import argument_names, paths
from ..functional._modes import handle
from ._lines import Lines
from ._model import Input
from ._record import Recorder, settle
from ._trace import Trace

__all__ = ["trace"]

_NAMING = "trace(..., argnums=) and explore(..., by=)"


def trace(f: Callable[..., Any], /, *args: Any, argnums: Any = None, **kwargs: Any) -> Trace:
    """Run a function and return what ran: every operation, with its operands, its value and its local partials.

    Parameters
    ----------
    f : callable
        Whatever `grad` takes: loops, branches, calls, writes into arrays, derivatives inside it.
    *args, **kwargs
        Its arguments: numbers and arrays, nested as you like.
    argnums : int, str, or sequence of them, optional
        The arguments to differentiate by, as positions or names. By default all positional ones that consist of numbers
        and arrays of floats; integers become floats.

    Returns
    -------
    Trace
        Print it for the evaluation trace of the textbooks. It holds the steps as data, computes tangents and adjoints,
        draws itself, and writes itself as JSON.

    Notes
    -----
    All values of the run are kept, so a trace takes the memory of all its steps. Loops and calls are followed with
    `sys.settrace`. Where a debugger or a measurement of coverage uses that already, the line of every step is known,
    but loops are not taken apart into iterations.

    Examples
    --------
    >>> import chainrule as cr
    >>> def f(x, y):
    ...     return x**2 * y + y + 2
    >>> t = cr.trace(f, 3.0, 4.0)
    >>> print(t)
    f(x=3, y=4) = 42
    ...
    >>> [float(x) for x in t.adjoints()[:2]], [step.operation for step in t.steps]
    ([24.0, 10.0], ['square', 'multiply', 'add', 'add'])
    """
    names = argument_names(f, args, kwargs)
    call = Call(f, _chosen(f, args, names, argnums), args, kwargs)
    _refuse_recorded(f, call)
    lines = Lines()
    recorder = Recorder(lines)
    with recorder:
        sources = [recorder.watch(alias(leaf)) for leaf in call.leaves]
        result = _run(call, sources, lines)
        leaves, structure = outputs(result, f)
    if not leaves:
        raise DerivativeError(message(f"{_name(f)} returned no number.", "Return numbers or arrays of numbers."))
    settle(lines.root, recorder.steps)
    labels = [(names[i], path) for i in call.argnums for path, _ in paths(args[i])]
    pairs = zip(labels, sources, strict=True)
    inputs = [Input(i, name + path, x.raw, name) for i, ((name, path), x) in enumerate(pairs)]
    arguments = dict(zip(names, [*args, *kwargs.values()], strict=True))
    return Trace(f, arguments, inputs, lines.root, recorder, leaves, structure)


def _refuse_recorded(f: Callable[..., Any], call: Call) -> None:
    """Raise if an argument is being differentiated: what a trace returns is plain."""
    if any(is_watched(leaf) for leaf in call.leaves):
        text = f"{_name(f)} was to be traced at a recorded value, and what a trace holds is not differentiated."
        raise EscapeError(message(text, "Trace it at chainrule.value(x), or trace the derivative: trace(grad(f), x)."))


def _run(call: Call, sources: list[Tensor], lines: Lines) -> Any:
    try:
        with lines.following():
            return call.run([handle(x) for x in sources])
    except TypeError as error:
        whole = [i for i in call.argnums if type(call.args[i]) is int]
        if whole:
            error.add_note(f"chainrule made floats of integers; name what to differentiate by: {_NAMING}.")
        raise


def _chosen(f: Callable[..., Any], args: tuple[Any, ...], names: list[str], argnums: Any) -> tuple[int, ...]:
    """Return the positions of the arguments to differentiate by."""
    if argnums is None:
        found = tuple([i for i, x in enumerate(args) if _is_smooth(x)])
        if not found:
            text = f"No argument of {_name(f)} is a number or an array of floats."
            raise DerivativeError(message(text, f"Give one, or name an array of integers: {_NAMING}."))
        return found
    wanted = [argnums] if isinstance(argnums, (int, str, np.integer)) else list(argnums)
    chosen = tuple([_position(which, names[: len(args)]) for which in wanted])
    if not tree.flatten([args[i] for i in chosen])[0]:
        raise DerivativeError(message("The arguments to differentiate by hold no number.", "Choose others."))
    return chosen


def _name(f: Callable[..., Any]) -> str:
    return getattr(f, "__name__", "The function")


def _position(which: Any, names: list[str]) -> int:
    if isinstance(which, str) and which in names:
        return names.index(which)
    if not isinstance(which, str) and -len(names) <= which < len(names):
        return int(which) % len(names)
    raise DerivativeError(message(f"There is no argument {which!r}.", f"The positional ones are {', '.join(names)}."))


def _is_smooth(argument: Any) -> bool:
    leaves = tree.flatten(argument)[0]
    return bool(leaves) and all(_is_number(x) for x in leaves)


def _is_number(x: Any) -> bool:
    if isinstance(x, np.ndarray):
        return x.dtype.kind in "fc"
    dtype = getattr(x, "dtype", None)
    if dtype is not None:
        return getattr(dtype, "kind", "") in "iufc"
    return isinstance(x, (int, float, complex)) and not isinstance(x, bool)
