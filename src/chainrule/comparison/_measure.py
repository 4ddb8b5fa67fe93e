"""One method run on one program: its derivative, the work counted, the time, and the memory in a run of its own."""

from __future__ import annotations

import statistics
import time
import tracemalloc
from collections.abc import Callable
from typing import Any

import numpy as np

from ..eager import counting
from ._methods import Method, expression_sizes
from ._program import Program
from ._reference import Reference
from ._result import Row, Work

__all__ = ["first_sentence", "measure", "median_time"]

SLOW = 0.2  # seconds: a run that takes longer is not repeated
LONG = 0.5  # seconds: a run that takes longer is not run again for its memory
AT_LEAST, AT_MOST, TOTAL = 5, 50, 0.02  # runs, runs, seconds


def measure(method: Method, program: Program, reference: Reference) -> Row:
    """Run a method: once to count, a few times for the time, and once for the memory."""
    with np.errstate(all="ignore"):
        try:
            matrix, work, first = counted(method, program)
        except Exception as error:
            reason = first_sentence(error)
            reason = program.renamed(reason) if method.name == "symbolic" else reason
            return Row(method.name, None, None, None, Work(), None, None, False, reason)
        run = _runner(method, program)
        seconds = first if first > SLOW else median_time(run)
        peak = peak_memory(run) if first < LONG else None
    far = reference.error_of(matrix)
    remark = _remark(method, matrix, far)
    return Row(method.name, program.structured(matrix), matrix, far, work, seconds, peak, True, remark)


def counted(method: Method, program: Program) -> tuple[Any, Work, float]:
    """Return a method's derivative, the work it took, and how long."""
    program.calls = program.traces = 0
    with counting() as sweeps:
        start = time.perf_counter()
        matrix = np.asarray(method.run(program), dtype=np.float64)
        seconds = time.perf_counter() - start
    calls, traces = program.calls, program.traces - sweeps.forward_sweeps
    sizes = expression_sizes(program) if method.name == "symbolic" else (None, None)
    return matrix, Work(calls, traces, sweeps.forward_sweeps, sweeps.reverse_sweeps, *sizes), seconds


def _runner(method: Method, program: Program) -> Callable[[], Any]:
    return lambda: method.run(program)


def median_time(run: Callable[[], Any]) -> float:
    """Return the median time of a few runs, in seconds."""
    times: list[float] = []
    while len(times) < AT_LEAST or (sum(times) < TOTAL and len(times) < AT_MOST):
        start = time.perf_counter()
        run()
        times.append(time.perf_counter() - start)
    return statistics.median(times)


def peak_memory(run: Callable[[], Any]) -> int:
    """Return the most memory that Python and NumPy held at once during a run, beyond what they held before."""
    traced = tracemalloc.is_tracing()
    if not traced:
        tracemalloc.start()
    try:
        tracemalloc.reset_peak()
        before = tracemalloc.get_traced_memory()[0]
        run()
        return max(tracemalloc.get_traced_memory()[1] - before, 0)
    finally:
        if not traced:
            tracemalloc.stop()


def _remark(method: Method, matrix: Any, error: float | None) -> str:
    """Say what a result that is far off may have suffered from."""
    if not np.isfinite(matrix).all():
        return "The derivative is not finite."
    if error is None or error < 1e-3:
        return ""
    if method.name == "complex step":
        return "Far off: something on the way is not analytic (abs, np.conj, np.real), or there is a kink."
    if method.name.endswith("difference"):
        return "Far off: rounding swamps the differences, or there is a kink."
    return "Far off." if method.name != "by hand" else ""


def first_sentence(error: BaseException) -> str:
    """Return the first sentence of an error's text, with its type where that is not our own."""
    text = str(error).strip().split("\n")[0]
    end = text.find(". ")
    text = text[: end + 1] if end >= 0 else text
    if type(error).__module__.startswith("chainrule"):
        return text
    return f"{type(error).__name__}: {text}" if text else type(error).__name__
