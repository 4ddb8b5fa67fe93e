"""The comparison on the page: the table, the errors against the step, the costs against the number of inputs."""

from __future__ import annotations

import math
import time
from collections.abc import Callable
from typing import Any

import numpy as np

from ..comparison import (
    Program,
    Work,
    compare,
    cost_series,
    error_series,
    error_text,
    is_scalable,
    notes,
    rosenbrock,
    run_times,
)
from ._sources import told

__all__ = ["methods"]

SIZES = (2, 5, 10, 20, 50, 100, 200)
PATIENCE = 0.04  # seconds: the series of a method that takes longer ends
BUDGET = 4.0  # seconds for the errors against the step
LONGEST = 40.0  # seconds for all methods
EVALUATIONS = 45  # for each input: Richardson extrapolation as a method, and perhaps as the reference
SEPARATE = 4  # as many components have a column of their own


def methods(f: Callable[..., Any], args: tuple[Any, ...], kwargs: dict[str, Any], by: Any) -> dict[str, Any]:
    """Measure, and return the table and the series of the charts; of the table perhaps why it cannot be had."""
    own = is_scalable(f, args, kwargs)
    function, x = (f, args[0]) if own else (rosenbrock, np.full(2, 1.5))
    costs = [cost for cost in cost_series(function, x, SIZES, PATIENCE) if cost.inputs]
    plain = run_times(function, x, SIZES)
    return _compared(f, args, kwargs, by) | {
        "work": [_series(cost.method, cost.inputs, cost.runs) for cost in costs if cost.method != "symbolic"],
        "times": [*[_series(c.method, c.inputs, c.seconds) for c in costs], _series("function", SIZES, plain)],
        "own": own,
    }


def _compared(f: Callable[..., Any], args: tuple[Any, ...], kwargs: dict[str, Any], by: Any) -> dict[str, Any]:
    """Return the table of all methods and the errors against the step, or why there are none."""
    try:
        program = Program(f, args, kwargs, by)
        seconds = EVALUATIONS * program.n * _time_of(program)
        if seconds > LONGEST:
            reason = f"All methods on {program.name} would take about {seconds:.0f} seconds. Ask chainrule.compare."
            return {"table": None, "errors": None, "reason": reason}
        found = compare(f, *args, by=by, **kwargs)
        return {"table": _table(found), "errors": _errors(program, found) or None, "reason": None}
    except Exception as error:  # also of the function itself, which may not take plain numbers
        return {"table": None, "errors": None, "reason": told(error)}


def _time_of(program: Program) -> float:
    start = time.perf_counter()
    program.sampled(*program.point)
    return time.perf_counter() - start


def _errors(program: Program, found: Any) -> list[dict[str, Any]]:
    """Measure errors at as many steps as there is time for."""
    decades = 16 + 2 * 16 + 20
    each = decades * found["forward difference"].seconds if found["forward difference"].follows else 0.0
    per_decade = next((many for many in (4, 2, 1) if many * each < BUDGET), 0)
    if not per_decade:
        return []
    series = error_series(program, found.reference, per_decade)
    return [_series(scheme.name, steps, y) for scheme, steps, y in series if y is not None]


def _table(found: Any) -> dict[str, Any]:
    components = found.components()
    failed = tuple(f"{row.method}: " for row in found.rows if not row.follows)  # told in their rows
    listed = components if len(components) <= SEPARATE else []
    return {
        "components": listed,
        "rows": [_row(row, found, bool(listed)) for row in found.rows],
        "notes": [note for note in notes(found) if not note.startswith(failed)],
    }


def _row(row: Any, found: Any, listed: bool) -> dict[str, Any]:
    values = [] if row.matrix is None or not listed else [_number(x) for x in row.matrix.ravel()]
    return {
        "method": row.method, "follows": row.follows, "values": values, "error": error_text(row, found),
        "work": _work(row.work), "seconds": row.seconds, "bytes": row.peak_bytes, "reason": row.reason,
    }  # fmt: skip


def _work(work: Work) -> dict[str, Any]:
    """Return what a method took; the page says it in the reader's language."""
    told: dict[str, Any] = {
        "evaluations": work.evaluations, "forward": work.forward_sweeps, "reverse": work.reverse_sweeps,
    }  # fmt: skip
    if work.dag_size is not None:
        told |= {"tree": counted(work.tree_size or 0), "dag": work.dag_size}
    return {key: count for key, count in told.items() if count}


def counted(count: int) -> str:
    """Return a count, as a power of ten where it has more than nine digits.

    Examples
    --------
    >>> counted(1973), counted(48 * 10**59)
    ('1973', '≈ 10^61')
    """
    return str(count) if count < 10**9 else f"≈ 10^{round(math.log10(count))}"


def _number(x: Any) -> Any:
    return float(x) if np.isfinite(x) else str(float(x))


def _series(name: str, x: Any, y: Any) -> dict[str, Any]:
    dashed = name == "function" or name == "forward mode"
    rounded = [float(f"{value:.3g}") for value in y]
    return {
        "name": name,
        "x": [float(f"{value:.4g}") for value in x],
        "y": [_number(v) for v in rounded],
        "dashed": dashed,
    }
