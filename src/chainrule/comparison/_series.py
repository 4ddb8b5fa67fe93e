"""Measurements for figures: the error of differences against their step, the cost of each method against inputs."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Any, NamedTuple

import numpy as np

from .. import numeric
from ._measure import counted, median_time
from ._methods import METHODS, Method
from ._program import Matrix, Program
from ._reference import Reference

__all__ = [
    "FLOOR",
    "PATIENCE",
    "SCHEMES",
    "Costs",
    "cost_series",
    "error_series",
    "is_scalable",
    "rosenbrock",
    "run_times",
]

EPS = float(np.finfo(np.float64).eps)
FLOOR = 1e-17  # where an error of zero is drawn
PATIENCE = 0.3  # seconds: the series of a method that takes longer ends


class Scheme(NamedTuple):
    """A difference quotient: its name, that in `chainrule.numeric`, the smallest step's power of ten, the best step."""

    name: str
    scheme: Any
    smallest: int
    best: float | None


SCHEMES = (
    Scheme("forward difference", "forward", -16, EPS ** (1 / 2)),
    Scheme("central difference", "central", -16, EPS ** (1 / 3)),
    Scheme("complex step", "complex", -20, None),
)


class Costs(NamedTuple):
    """What a gradient of n inputs took by one method, for several n: runs and sweeps counted, and seconds."""

    method: str
    inputs: list[int]
    runs: list[int]
    seconds: list[float]


def rosenbrock(x: Any) -> Any:
    """Return the function of n inputs on which costs are shown: Rosenbrock's valley, in its form for n variables.

    Examples
    --------
    >>> float(rosenbrock(np.ones(5)))
    0.0
    """
    return np.sum(100.0 * (x[1:] - x[:-1] ** 2) ** 2 + (1.0 - x[:-1]) ** 2)


def is_scalable(f: Callable[..., Any], args: tuple[Any, ...], kwargs: dict[str, Any]) -> bool:
    """Tell whether a function takes one vector of any length and returns one number."""
    if len(args) != 1 or kwargs or not isinstance(args[0], np.ndarray) or args[0].ndim != 1 or not args[0].size:
        return False
    try:
        return all(Program(f, (np.resize(args[0], n),), {}).scalar for n in (2, 3, args[0].size + 2))
    except Exception:
        return False


def error_series(program: Program, reference: Reference, per_decade: int = 4) -> Iterator[tuple[Scheme, Any, Any]]:
    """Yield each scheme, steps, and the relative errors at them (None where it fails); nothing without a reference."""
    if reference.matrix is None:
        return
    parts = _parts(reference.matrix.astype(np.float64), program)
    for scheme in SCHEMES:
        steps = np.logspace(scheme.smallest, 0, per_decade * -scheme.smallest + 1)
        yield scheme, steps, _errors(program, steps, scheme.scheme, parts)


def _errors(program: Program, steps: Any, scheme: Any, parts: Any) -> Any:
    try:
        with np.errstate(all="ignore"):
            errors = numeric.step_sweep(program.sampled, program.point, steps, scheme=scheme, reference=parts)
    except Exception:
        return None
    return np.clip(errors, FLOOR, 10.0)


def _parts(matrix: Matrix, program: Program) -> tuple[Matrix, ...]:
    """Cut the columns into those of each argument, which is how `chainrule.numeric` returns them."""
    stops = np.cumsum([np.size(x) for x in program.point])
    return tuple(np.split(matrix, stops[:-1], axis=1))


def cost_series(f: Callable[..., Any], x: Any, sizes: Sequence[int], patience: float = PATIENCE) -> Iterator[Costs]:
    """Count and time the gradient by each method on vectors of some lengths, until it takes longer than `patience`."""
    for method in METHODS:
        yield _costs(method, f, x, sizes, patience)


def _costs(method: Method, f: Callable[..., Any], x: Any, sizes: Sequence[int], patience: float) -> Costs:
    found = Costs(method.name, [], [], [])
    for n in sizes:
        program = Program(f, (np.resize(np.asarray(x, dtype=np.float64), n),), {})
        try:
            with np.errstate(all="ignore"):
                _, work, first = counted(method, program)
        except Exception:
            break
        found.inputs.append(n)
        found.runs.append(work.evaluations + work.traces + work.forward_sweeps + work.reverse_sweeps)
        slow = first > patience / 10
        run = lambda program=program: method.run(program)  # noqa: E731
        found.seconds.append(first if slow else median_time(run))
        if first > patience:
            break
    return found


def run_times(f: Callable[..., Any], x: Any, sizes: Sequence[int]) -> list[float]:
    """Return the time of the function itself on vectors of some lengths."""
    points = [np.resize(np.asarray(x, dtype=np.float64), n) for n in sizes]
    return [median_time(lambda point=point: f(point)) for point in points]  # type: ignore[misc]
