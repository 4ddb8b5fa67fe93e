"""Where the time of a compiled derivative goes: its program, cut after each of its loops.

    python benchmarks/parts.py kmeans
    python benchmarks/parts.py ode --primal
    python benchmarks/parts.py all --markdown     # as in the docs: a quarter of an hour

The program is compiled as far as each loop or call, and each of these beginnings is timed: the differences are what the
parts take. A loop that takes much is cut inside as well. A processor does several things at a time, so the parts say
where the time goes, and not to the last hundredth.
"""

from __future__ import annotations

import argparse
import ast
import os
import time
from collections.abc import Callable, Iterator
from typing import Any, NamedTuple

os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

import numpy as np
from rich.console import Console
from rich.table import Table

import chainrule as cr
from chainrule.compiled import machine
from chainrule.compiled.emit import Emitted, emit
from harness import problem

LARGE = 0.3  # of the whole: a loop that takes as much is cut inside


class Part(NamedTuple):
    """A statement of the emitted program, the line of the user's that it comes from, and the seconds that it takes."""

    depth: int
    statement: str
    origin: str
    seconds: float


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
    described, program = problem.problem(name), problem.program(name, "with_chainrule")
    jit = cr.jit
    cr.jit = lambda f, **options: Called(jit(f, **options), calls)
    try:
        run = program.prepare(described.data(**described.HEADLINE))[0 if primal else 1]
    finally:
        cr.jit = jit
    run()
    compiled, args = calls[-1]
    signature = compiled._signature(args, {})
    return compiled._running(signature), tuple(signature.values)


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

    def parts(self) -> Iterator[Part]:
        whole = least(machine.compiled(self.emitted, self.values), self.values)
        yield Part(0, "all", "", whole)
        yield from self._inside(self.entry.body, 1, 0.0, whole)

    def _inside(self, body: list[Any], depth: int, before: float, whole: float) -> Iterator[Part]:
        for statement in body:
            if not isinstance(statement, (ast.For, ast.While, ast.If, ast.Expr)):
                continue
            now = self._seconds(statement.end_lineno)
            took, start = now - before, before
            before = max(before, now)
            if took < 0.02 * whole:
                continue
            yield Part(depth, self.lines[statement.lineno - 1].strip(), self._origin(statement.lineno), took)
            if isinstance(statement, ast.For) and took > LARGE * whole and depth < 3:
                yield from self._inside(statement.body, depth + 1, start, whole)

    def _origin(self, number: int) -> str:
        """The last comment before a line: emitted programs say what each stretch of them comes from."""
        comments = [line.strip() for line in self.lines[:number] if line.strip().startswith("# line ")]
        return comments[-1].removeprefix("# ") if comments else ""

    def _seconds(self, end: int) -> float:
        """The time of the program as far as a line, whose numbers are returned so that they are computed."""
        lines = self.lines[:end]
        names = [s.targets[0].id for s in self.entry.body
                 if isinstance(s, ast.Assign) and isinstance(s.targets[0], ast.Name) and s.lineno <= end]  # fmt: skip
        text = "\n".join([*lines, f"    return {', '.join(dict.fromkeys(names)) or 0}"])
        return least(machine.compiled(self.emitted._replace(body=text + "\n", places=()), self.values), self.values)


def parts_of(name: str, primal: bool) -> list[Part]:
    """The parts of a problem's function or derivative, as it runs where no slope is infinite."""
    version, values = version_of(name, primal)
    fast = version.lowered.unguarded
    return [*Beginnings(version.emitted if fast is None else emit(fast), values).parts()]


def show(name: str, parts: list[Part]) -> None:
    table = Table(title=name)
    for heading in ("part", "of", "ms", "share"):
        table.add_column(heading, justify="left" if heading in ("part", "of") else "right")
    for part in parts:
        share = part.seconds / parts[0].seconds
        table.add_row(
            "  " * part.depth + part.statement[:60], part.origin[:60], f"{part.seconds * 1e3:.3f}", f"{share:.0%}"
        )
    Console(width=150).print(table)


def as_markdown(name: str, parts: list[Part]) -> str:
    rows = [f"### {name}", "", "| part | of | ms | share |", "|---|---|---:|---:|"]
    for part in parts:
        indent, share = "&emsp;" * max(part.depth - 1, 0), part.seconds / parts[0].seconds
        origin = f"`{part.origin}`" if part.origin else ""
        rows.append(f"| {indent}`{part.statement}` | {origin} | {part.seconds * 1e3:.3f} | {share:.0%} |")
    return "\n".join([*rows, ""])


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("problems", nargs="+", help="names of problems, or all")
    parser.add_argument("--primal", action="store_true", help="the function itself")
    parser.add_argument("--markdown", action="store_true")
    asked = parser.parse_args()
    compiled = [name for name in problem.names() if name != "chain"]  # that runs on the tape
    for name in compiled if asked.problems == ["all"] else asked.problems:
        found = parts_of(name, asked.primal)
        if asked.markdown:
            print(as_markdown(name, found), flush=True)
        else:
            show(name, found)


if __name__ == "__main__":
    np.seterr(all="ignore")
    main()
