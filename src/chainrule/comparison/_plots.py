"""Figures: the error of difference quotients against their step, and the cost of each method against the inputs."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from ..errors import DerivativeError, message
from ._program import Program
from ._reference import Reference, find_reference
from ._series import FLOOR, cost_series, error_series, is_scalable, rosenbrock, run_times

__all__ = ["plot", "plot_costs", "plot_errors"]

SIZES = (2, 3, 5, 10, 20, 50, 100, 200, 500, 1000)
COLORS = {
    "symbolic": "#56b4e9", "forward difference": "#d55e00", "central difference": "#0072b2", "complex step": "#009e73",
    "Richardson": "#cc79a7", "forward mode": "#e69f00", "reverse mode": "#000000",
}  # fmt: skip
BEST = {"forward difference": r"$\varepsilon^{1/2}$", "central difference": r"$\varepsilon^{1/3}$"}
FORMULAS = {
    "forward difference": "", "central difference": "2n", "complex step": "", "Richardson": "20n",
    "forward mode": "n, n + 1", "reverse mode": "1 forward + 1 reverse",
}  # fmt: skip


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
    function, x = (f, args[0]) if is_scalable(f, args, kwargs) else (rosenbrock, np.full(2, 1.5))
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


# ---- Errors


def draw_errors(axes: Any, program: Program, reference: Reference) -> None:
    """Draw the error of each scheme against its step."""
    if reference.matrix is None:
        axes.text(0.5, 0.5, "no reference to measure errors against", ha="center", transform=axes.transAxes)
        return
    for scheme, steps, errors in error_series(program, reference):
        color = COLORS[scheme.name]
        if errors is None:
            axes.plot([], [], color=color, label=f"{scheme.name}: fails here")
            continue
        axes.loglog(steps, errors, color=color, label=scheme.name, marker="o", markersize=3, linewidth=1.4)
        if scheme.best is not None:
            _mark(axes, scheme.best, BEST[scheme.name], color)
    axes.set(xlabel="step h", ylabel="relative error", title=f"Error of differences: {_title(program)}")
    axes.set_ylim(FLOOR / 3, 30)
    axes.set_xlim(1e-20, 3)
    axes.grid(alpha=0.25, which="major")
    _legend(axes, 3)


def _legend(axes: Any, columns: int) -> None:
    """Put the legend below the axes, where it hides nothing."""
    axes.legend(loc="upper center", bbox_to_anchor=(0.5, -0.13), ncols=columns, frameon=False, fontsize=9)


def _mark(axes: Any, step: float, text: str, color: str) -> None:
    """Mark the step that balances truncation against rounding."""
    axes.axvline(step, color=color, linestyle=":", linewidth=1)
    axes.annotate(
        f"{text} = {step:.1e}", (step, 20.0), xytext=(-3, -2), textcoords="offset points", rotation=90, ha="right",
        va="top", color=color, fontsize=9,
    )  # fmt: skip


def _title(program: Program) -> str:
    name = "the function" if program.name == "<lambda>" else program.name
    return name if len(name) <= 40 else name[:37] + "..."


# ---- Costs


def draw_costs(pair: Any, f: Callable[..., Any], x: Any, sizes: Sequence[int]) -> None:
    """Draw counted work and time of each method against the number of inputs."""
    work, times = pair
    for method, inputs, runs, seconds in cost_series(f, x, sizes):
        style = {"color": COLORS[method], "marker": "o", "markersize": 3.5, "linewidth": 1.4}
        style["linestyle"] = "--" if method == "forward mode" else "-"
        if method in FORMULAS and inputs:
            work.loglog(inputs, runs, label=method, **style)
            _name_end(work, method, inputs, runs)
        if inputs:
            times.loglog(inputs, seconds, label=method, **style)
    color = "#555555"
    own = run_times(f, x, sizes)
    times.loglog(list(sizes), own, color=color, linestyle="--", linewidth=1, label="the function itself")
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
