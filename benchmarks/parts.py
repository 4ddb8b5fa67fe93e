"""Where the time of a compiled derivative goes: its program, cut after each of its loops.

    python benchmarks/parts.py kmeans
    python benchmarks/parts.py ode --primal

The program is compiled as far as each loop or call, and each of these beginnings is timed: the differences are what the
parts take. A loop that takes much is cut inside as well. A processor does several things at a time, so the parts say
where the time goes, and not to the last hundredth.
"""

from __future__ import annotations

import argparse
import ast
import importlib
import os
import time
from collections.abc import Callable, Iterator
from typing import Any

os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

import numpy as np
from rich.console import Console
from rich.table import Table

import chainrule as cr
from chainrule.compiled import machine
from chainrule.compiled.emit import Emitted, emit

LARGE = 0.3  # of the whole: a loop that takes as much is cut inside


class Called:
    """A compiled function that notes what it was called with."""

    def __init__(self, compiled: Any, calls: list[tuple[Any, tuple[Any, ...]]]) -> None:
        self.compiled, self.calls = compiled, calls

    def __call__(self, *args: Any) -> Any:
        self.calls.append((self.compiled, args))
        return self.compiled(*args)


def version_of(name: str, primal: bool) -> tuple[Any, tuple[Any, ...]]:
    """The compiled version of a problem's function or derivative, and the values of its main size."""
    calls: list[tuple[Any, tuple[Any, ...]]] = []
    problem = importlib.import_module(f"problems.{name}")
    program = importlib.import_module(f"problems.{name}.with_chainrule")
    jit = cr.jit
    cr.jit = lambda f, **options: Called(jit(f, **options), calls)
    try:
        run = program.prepare(problem.data(**problem.HEADLINE))[0 if primal else 1]
    finally:
        cr.jit = jit
    run()
    compiled, args = calls[-1]
    signature = compiled._signature(args, {})
    return compiled._version(signature), tuple(signature.values)


def least(run: Callable[..., Any], values: tuple[Any, ...], seconds: float = 0.5) -> float:
    """The least processor time of a call."""
    run(*values)
    found, until = float("inf"), time.perf_counter() + seconds
    while time.perf_counter() < until:
        start = time.process_time()
        run(*values)
        found = min(found, time.process_time() - start)
    return found


class Beginnings:
    """The beginnings of a program."""

    def __init__(self, emitted: Emitted, values: tuple[Any, ...]) -> None:
        self.emitted, self.values = emitted, values
        self.lines = emitted.body.splitlines()
        self.entry = ast.parse(emitted.body).body[-1]

    def parts(self) -> Iterator[tuple[int, str, float]]:
        """The depth, the first line and the seconds of each part."""
        whole = least(machine.compiled(self.emitted, self.values), self.values)
        yield 0, "all", whole
        yield from self._inside(self.entry, 1, 0.0, whole)

    def _inside(self, around: Any, depth: int, before: float, whole: float) -> Iterator[tuple[int, str, float]]:
        for statement in around.body:
            if not isinstance(statement, (ast.For, ast.While, ast.If, ast.Expr)):
                continue
            now = self._seconds(statement.end_lineno)
            took, start = now - before, before
            before = max(before, now)
            if took < 0.02 * whole:
                continue
            yield depth, self.lines[statement.lineno - 1].strip(), took
            if isinstance(statement, ast.For) and took > LARGE * whole and depth < 3:
                yield from self._inside(statement, depth + 1, start, whole)

    def _seconds(self, end: int) -> float:
        """The time of the program as far as a line, whose numbers are returned so that they are computed."""
        lines = self.lines[:end]
        names = [s.targets[0].id for s in self.entry.body
                 if isinstance(s, ast.Assign) and isinstance(s.targets[0], ast.Name) and s.lineno <= end]  # fmt: skip
        text = "\n".join([*lines, f"    return {', '.join(dict.fromkeys(names)) or 0}"])
        return least(machine.compiled(self.emitted._replace(body=text + "\n", places=()), self.values), self.values)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("problem")
    parser.add_argument("--primal", action="store_true", help="the function itself")
    asked = parser.parse_args()
    version, values = version_of(asked.problem, asked.primal)
    fast = version.lowered.unguarded
    emitted = version.emitted if fast is None else emit(fast)
    table = Table(title=asked.problem)
    for heading in ("part", "ms", "share"):
        table.add_column(heading, justify="left" if heading == "part" else "right")
    whole = 0.0
    for depth, line, seconds in Beginnings(emitted, values).parts():
        whole = whole or seconds
        table.add_row("  " * depth + line[:80], f"{seconds * 1e3:.3f}", f"{seconds / whole:.0%}")
    Console(width=110).print(table)


if __name__ == "__main__":
    np.seterr(all="ignore")
    main()
