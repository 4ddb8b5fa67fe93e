"""Functions and derivatives of them as programs, for the types of a call."""

from __future__ import annotations

from contextlib import suppress
from typing import Any

from .. import tree
from ..errors import UnsupportedError
from . import ir
from .described import description
from .external import EXTERNALS
from .lengths import assuming
from .records import rows_as_records, vague
from .signature import Signature
from .spec import Lowered
from .threads import in_threads
from .tidy import finish, mark_apart, tidy
from .transforms import Arguments, derive
from .unguarded import unguarded

__all__ = ["lowered_for"]


def lowered_for(
    f: Any, signature: Signature, boundscheck: bool = True, notes: list[Any] | None = None, threads: int = 1,
    assume: bool = False,
) -> Lowered:  # fmt: skip
    """Return a function or derivative as a program for the types of a call.

    Parameters
    ----------
    notes : list, optional
        It takes the stages between.
    assume : bool
        Whether lengths that have to be equal, unless one is 1, may be taken for equal: the program may end with an
        error and then has to be run again without. That is not done if it writes to its arguments, or calls Python.
    """
    if assume:
        with suppress(UnsupportedError), assuming() as pairs:
            made = lowered_for(f, signature, boundscheck, None, threads)
            made.assumed = bool(pairs)
            if not (pairs and (made.written or _calls_python(made.program))):
                return made
    stages: list[Any] = [] if notes is None else notes
    specs = [vague(s) for s in signature.specs]
    made = _lowered(f, signature, specs, boundscheck, stages)
    records = rows_as_records(made.program.entry, signature.specs)
    if records:
        stages.clear()
        specs = [s if k in records else vague(s) for k, s in enumerate(signature.specs)]
        made = _lowered(f, signature, specs, boundscheck, stages)
    fast = None if made.written else unguarded(made.program)  # which may have to start again
    made.unguarded = None if fast is None else _finished_program(fast, threads)
    made.program = _finished_program(made.program, threads)
    return made


def _calls_python(program: ir.Program) -> bool:
    functions = [program.entry, *program.others.values()]
    return any(isinstance(s, ir.Call) and s.function in EXTERNALS for f in functions for s in ir.walk(f.body))


def _finished_program(program: ir.Program, threads: int) -> ir.Program:
    """Return a program with its loops shared out to threads, and with what is only done for the machine."""
    shared = in_threads(mark_apart(program), threads) if threads > 1 else program
    return mark_apart(finish(shared))


def _lowered(f: Any, signature: Signature, specs: list[Any], boundscheck: bool, stages: list[Any]) -> Lowered:
    from .lower.program import lower

    whole = tree.unflatten(signature.structure, specs)
    args, kwargs = whole if signature.named else (whole, {})

    def lower_one(inner: Any, arguments: Arguments) -> Lowered:
        found = lower(inner, arguments.args, arguments.kwargs, boundscheck=boundscheck, private=_is_private(f))
        stages.append((getattr(inner, "__name__", "function"), found.program))
        return found

    made = derive(f, Arguments(args, kwargs, stages), lower_one)
    if description(f) is None:
        made.program = tidy(made.program, rough=False)
    return made


def _is_private(f: Any) -> bool:
    """Tell whether a function is differentiated, so that what it writes to its arguments is seen by nobody."""
    innermost = None
    while description(f) is not None or hasattr(f, "__chainrule_compiled__"):
        described = description(f)
        innermost, f = (innermost, f.__wrapped__) if described is None else described[:2]
    return innermost not in (None, "vmap")
