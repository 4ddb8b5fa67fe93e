"""Every method on one function at one point."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from ._measure import measure
from ._methods import METHODS, by_hand
from ._program import Program
from ._reference import Reference, find_reference
from ._result import Comparison, Difference, Row, Verdict

__all__ = ["compare"]

TOLERANCE = 1e-6  # relative, for derivatives by hand


def compare(
    f: Callable[..., Any],
    *args: Any,
    manual: Callable[..., Any] | None = None,
    by: Sequence[int | str] | int | str | None = None,
    **kwargs: Any,
) -> Comparison:
    """Differentiate a function by every method and put the results side by side, with what each cost.

    Parameters
    ----------
    f : callable
        Returns real numbers or arrays, nested as you like.
    *args, **kwargs
        Its arguments: numbers and arrays, nested as you like; integers become floats. What is not a number is passed
        on as it is.
    manual : callable, optional
        A derivative worked out by hand. Takes the same arguments and returns the gradient, structured as the arguments
        are, as a dict by their names, or as a flat list of partial derivatives; for several outputs a matrix with a
        row for each output.
    by : str, int, or sequence of them, optional
        Names or positions of the arguments to differentiate by; the others stay as they are, integers included. By
        default all.

    Returns
    -------
    Comparison
        Print it for a table; ``.rows`` holds the figures, ``.to_json()`` gives them to programs.

    Raises
    ------
    DerivativeError
        If no argument is a number, or `f` does not return real numbers. What a single method raises stands in its row.

    Notes
    -----
    *Work* is counted while the methods run: calls of `f` on plain numbers, on symbols, and sweeps forward and back.
    *Time* is the median of a few runs; *memory* is the peak that `tracemalloc` sees in a run of its own.

    *Errors* are relative, the largest difference over the largest entry, to a reference that uses no derivative rule:
    the program is run in 60-digit arithmetic (mpmath), branches and loops included, and central differences are taken
    there with steps of 1e-20; a difference along another direction, with another step, estimates their error. They are
    right to all digits of double precision, unless the point is a kink, which is told. Where a function has no
    counterpart in mpmath, or the program is too long, Richardson extrapolation in double precision takes its place,
    with its own error estimate; an error below that is shown as ``<estimate``, and that of Richardson's own row means
    nothing more.

    Examples
    --------
    >>> import chainrule as cr
    >>> def f(x, y):
    ...     return x**2 * y + y + 2
    >>> result = cr.compare(f, 3.0, 4.0, manual=lambda x, y: (2 * x * y, x**2))
    >>> result["reverse mode"].derivative, str(result["reverse mode"].work)
    ({'x': 24.0, 'y': 10.0}, '1 forward + 1 reverse sweep')
    >>> result["forward difference"].work.evaluations
    3
    >>> result.manual
    Verdict(right=False, differences=(Difference(component='d/dy', expected=10.0, given=9.0),), reason='')
    """
    chosen = [by] if isinstance(by, (int, str)) else by
    program = Program(f, args, kwargs, chosen)
    reference = find_reference(program)
    methods = ([by_hand(manual)] if manual is not None else []) + list(METHODS)
    rows = [measure(method, program, reference) for method in methods]
    found = Comparison(program.name, program.arguments, program.value, program.inputs, program.outputs, reference, rows)
    return found if manual is None else _judged(found, rows[0])


def _judged(found: Comparison, row: Row) -> Comparison:
    verdict = _verdict(row, found.reference, found.components())
    return Comparison(**{**{name: getattr(found, name) for name in found.__dataclass_fields__}, "manual": verdict})


def _verdict(row: Row, reference: Reference, components: list[str]) -> Verdict:
    if row.matrix is None:
        return Verdict(False, reason=row.reason)
    exact = reference.rounded
    if exact is None:
        return Verdict(None, reason="there is no reference.")
    scale = np.abs(exact).max(initial=0.0) or 1.0
    allowed = TOLERANCE * np.abs(exact) + max(1e-9, 10 * reference.error) * scale
    wrong = ~((np.abs(row.matrix - exact) <= allowed) | (row.matrix == exact))
    at = np.flatnonzero(wrong)
    pairs = [Difference(components[i], float(exact.flat[i]), float(row.matrix.flat[i])) for i in at]
    return Verdict(not pairs, tuple(pairs))
