"""Figures: the error of difference quotients against their step, and the cost of each method against the inputs."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from .. import numeric
from ..errors import DerivativeError, message
from ._measure import counted, median_time
from ._methods import METHODS, Method
from ._program import Matrix, Program
from ._reference import Reference, find_reference

__all__ = ["plot", "plot_costs", "plot_errors", "rosenbrock"]

EPS = float(np.finfo(np.float64).eps)
FLOOR = 1e-17  # where an error of zero is drawn
PATIENCE = 0.3  # seconds: the series of a method that takes longer ends
SIZES = (2, 3, 5, 10, 20, 50, 100, 200, 500, 1000)
COLORS = {
    "symbolic": "#56b4e9", "forward difference": "#d55e00", "central difference": "#0072b2", "complex step": "#009e73",
    "Richardson": "#cc79a7", "forward mode": "#e69f00", "reverse mode": "#000000",
}  # fmt: skip
FORMULAS = {
    "forward difference": "", "central difference": "2n", "complex step": "", "Richardson": "20n",
    "forward mode": "n, n + 1", "reverse mode": "1 forward + 1 reverse",
}  # fmt: skip


def rosenbrock(x: Any) -> Any:
    """Return the function of n inputs on which costs are shown: Rosenbrock's valley, in its form for n variables.

    Examples
    --------
    >>> float(rosenbrock(np.ones(5)))
    0.0
    """
    return np.sum(100.0 * (x[1:] - x[:-1] ** 2) ** 2 + (1.0 - x[:-1]) ** 2)


def plot_errors(f: Callable[..., Any], args: tuple[Any, ...], path: str | Path, **kwargs: Any) -> None:
    """Draw the errors of forward, central and complex-step differences against the step, and save the figure.

    Truncation makes the error of a difference grow with the step h, as h or as h squared; rounding makes it grow as
    1 / h when h shrinks. The best step lies between, near eps^(1/2) or eps^(1/3). The complex step subtracts nothing,
    and has no such limit.

    Parameters
    ----------
    f : callable
    args : tuple
        Its arguments; further ones by name.
    path : str or Path
        Where the figure goes; its suffix tells the format.
    """
    program = Program(f, args, kwargs)
    figure = _figure(7.0)
    draw_errors(figure.subplots(), program, find_reference(program))
    figure.savefig(path, dpi=150)


def plot_costs(
    path: str | Path, f: Callable[..., Any] | None = None, x: Any = None, sizes: Sequence[int] = SIZES
) -> None:
    """Draw the cost of a gradient by each method against the number of inputs, and save the figure.

    Parameters
    ----------
    path : str or Path
        Where the figure goes; its suffix tells the format.
    f : callable, optional
        Takes one vector of any length and returns one number; `rosenbrock` by default.
    x : array, optional
        A point, repeated to the lengths wanted; ones and a half by default.
    sizes : sequence of int
        The numbers of inputs.
    """
    figure = _figure(11.0)
    draw_costs(figure.subplots(1, 2), f or rosenbrock, np.full(2, 1.5) if x is None else x, sizes)
    figure.savefig(path, dpi=150)


def plot(
    f: Callable[..., Any], args: tuple[Any, ...], path: str | Path, *, by: Sequence[int | str] | None = None,
    **kwargs: Any,
) -> None:  # fmt: skip
    """Draw errors and costs in one figure, and save it; costs are shown on `f` if it takes one vector of any length."""
    program = Program(f, args, kwargs, by)
    function, x = (f, args[0]) if _scalable(f, args, kwargs) else (rosenbrock, np.full(2, 1.5))
    figure = _figure(16.0)
    axes = figure.subplots(1, 3)
    draw_errors(axes[0], program, find_reference(program))
    draw_costs(axes[1:], function, x, SIZES)
    figure.savefig(path, dpi=150)


def _figure(width: float) -> Any:
    try:
        from matplotlib.figure import Figure
    except ImportError as error:
        text = message("Figures need matplotlib.", "Install it with: pip install 'chainrule[plot]'", place="")
        raise DerivativeError(text) from error
    return Figure(figsize=(width, 4.8), layout="constrained")


def _scalable(f: Callable[..., Any], args: tuple[Any, ...], kwargs: dict[str, Any]) -> bool:
    """Tell whether a function takes one vector of any length and returns one number."""
    if len(args) != 1 or kwargs or not isinstance(args[0], np.ndarray) or args[0].ndim != 1 or not args[0].size:
        return False
    try:
        return all(Program(f, (np.resize(args[0], n),), {}).scalar for n in (2, 3, args[0].size + 2))
    except Exception:
        return False


# ---- Errors


def draw_errors(axes: Any, program: Program, reference: Reference) -> None:
    """Draw the error of each scheme against its step."""
    if reference.matrix is None:
        axes.text(0.5, 0.5, "no reference to measure errors against", ha="center", transform=axes.transAxes)
        return
    parts = _parts(reference.matrix.astype(np.float64), program)
    schemes = [
        ("forward difference", "forward", -16, EPS ** (1 / 2), r"$\varepsilon^{1/2}$"),
        ("central difference", "central", -16, EPS ** (1 / 3), r"$\varepsilon^{1/3}$"),
        ("complex step", "complex", -20, None, ""),
    ]
    for name, scheme, smallest, best, text in schemes:
        steps = np.logspace(smallest, 0, 4 * -smallest + 1)
        errors = _errors(program, steps, scheme, parts)
        if errors is None:
            axes.plot([], [], color=COLORS[name], label=f"{name}: fails here")
            continue
        axes.loglog(steps, errors, color=COLORS[name], label=name, marker="o", markersize=3, linewidth=1.4)
        if best is not None:
            _mark(axes, best, text, COLORS[name])
    axes.set(xlabel="step h", ylabel="relative error", title=f"Error of differences: {_title(program)}")
    axes.set_ylim(FLOOR / 3, 30)
    axes.set_xlim(1e-20, 3)
    axes.grid(alpha=0.25, which="major")
    _legend(axes, 3)


def _legend(axes: Any, columns: int) -> None:
    """Put the legend below the axes, where it hides nothing."""
    axes.legend(loc="upper center", bbox_to_anchor=(0.5, -0.13), ncols=columns, frameon=False, fontsize=9)


def _errors(program: Program, steps: Any, scheme: Any, parts: Any) -> Any:
    try:
        with np.errstate(all="ignore"):
            errors = numeric.step_sweep(program.sampled, program.point, steps, scheme=scheme, reference=parts)
    except Exception:
        return None
    return np.clip(errors, FLOOR, 10.0)


def _mark(axes: Any, step: float, text: str, color: str) -> None:
    """Mark the step that balances truncation against rounding."""
    axes.axvline(step, color=color, linestyle=":", linewidth=1)
    axes.annotate(
        f"{text} = {step:.1e}", (step, 20.0), xytext=(-3, -2), textcoords="offset points", rotation=90, ha="right",
        va="top", color=color, fontsize=9,
    )  # fmt: skip


def _parts(matrix: Matrix, program: Program) -> tuple[Matrix, ...]:
    """Cut the columns into those of each argument, which is how `chainrule.numeric` returns them."""
    stops = np.cumsum([np.size(x) for x in program.point])
    return tuple(np.split(matrix, stops[:-1], axis=1))


def _title(program: Program) -> str:
    name = "the function" if program.name == "<lambda>" else program.name
    return name if len(name) <= 40 else name[:37] + "..."


# ---- Costs


def draw_costs(pair: Any, f: Callable[..., Any], x: Any, sizes: Sequence[int]) -> None:
    """Draw counted work and time of each method against the number of inputs."""
    work, times = pair
    for method in METHODS:
        counts, inputs, runs, seconds = _series(method, f, x, sizes)
        style = {"color": COLORS[method.name], "marker": "o", "markersize": 3.5, "linewidth": 1.4}
        style["linestyle"] = "--" if method.name == "forward mode" else "-"
        if method.name in FORMULAS and counts:
            work.loglog(inputs, runs, label=method.name, **style)
            _name_end(work, method.name, inputs, runs)
        if counts:
            times.loglog(inputs, seconds, label=method.name, **style)
    _plain_run(times, f, x, sizes)
    name = getattr(f, "__name__", "f")
    work.set(xlabel="inputs n", ylabel="evaluations and sweeps", title=f"Counted work of a gradient: {name}")
    times.set(xlabel="inputs n", ylabel="seconds", title=f"Time of a gradient: {name}")
    work.margins(y=0.12)
    for axes in pair:
        axes.grid(alpha=0.25, which="major")
        _legend(axes, 3)


def _name_end(axes: Any, method: str, inputs: list[int], runs: list[int]) -> None:
    """Write the textbook's formula where a line ends; three of the lines all but coincide, and one says so for all."""
    below = method == "forward mode"
    axes.annotate(
        FORMULAS[method], (inputs[-1], runs[-1]), xytext=(6, -20) if below else (-8, 4), textcoords="offset points",
        ha="right", va="top" if below else "bottom", color=COLORS[method], fontsize=9,
    )  # fmt: skip


def _series(method: Method, f: Callable[..., Any], x: Any, sizes: Sequence[int]) -> tuple[int, list[int], Any, Any]:
    """Count and time a method for each size, until it takes too long."""
    inputs: list[int] = []
    runs: list[int] = []
    seconds: list[float] = []
    for n in sizes:
        program = Program(f, (np.resize(np.asarray(x, dtype=np.float64), n),), {})
        try:
            with np.errstate(all="ignore"):
                _, work, first = counted(method, program)
        except Exception:
            break
        inputs.append(n)
        runs.append(work.evaluations + work.traces + work.forward_sweeps + work.reverse_sweeps)
        slow = first > PATIENCE / 10
        seconds.append(first if slow else median_time(lambda program=program: method.run(program)))  # type: ignore[misc]
        if first > PATIENCE:
            break
    return len(inputs), inputs, runs, seconds


def _plain_run(axes: Any, f: Callable[..., Any], x: Any, sizes: Sequence[int]) -> None:
    """Draw the time of the function itself, for scale."""
    points = [np.resize(np.asarray(x, dtype=np.float64), n) for n in sizes]
    times = [median_time(lambda point=point: f(point)) for point in points]  # type: ignore[misc]
    axes.loglog(list(sizes), times, color="#555555", linestyle="--", linewidth=1, label="the function itself")
