"""The problems by which tools for derivatives are compared: chainrule, other tools, and derivatives written by hand.

    python benchmarks/run.py                                      # everything, a quarter of an hour
    python benchmarks/run.py --quick                              # one size of each, the faster tools, some minutes
    python benchmarks/run.py --problems gmm,lse --tools chainrule,by_hand
    python benchmarks/run.py --json results.json
    python benchmarks/run.py --show results.json --plots plots    # of figures that were measured before

Each tool runs in a process of its own, on as many cores as it is given threads, in double precision. Its answers are
compared with a reference that was found in another way; what is wrong is not timed. In each round every tool is asked
once, in turn, and the others are stopped; figures are medians. With several threads, some calls that are not timed come
before those that are, for the threads to wake up. A tool that is not installed is a blank. With --busy, of use on a
machine that has other things to do, the time is that which the tool's process had of the processor.
"""

from __future__ import annotations

import argparse
import json
import platform
import sys
import tempfile
import time
from dataclasses import replace
from importlib import import_module, metadata
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.progress import Progress

from harness import measure, memory, problem, tables, tools

Results = dict[str, Any]
QUICK_TOOLS = ["chainrule", "by_hand", "jax", "torch"]


def options() -> argparse.Namespace:
    """What the command line says."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--problems", type=_choice(problem.names()), default=problem.names(), metavar="NAME,NAME")
    parser.add_argument("--tools", type=_choice(list(tools.TOOLS)), metavar="NAME,NAME")
    parser.add_argument("--threads", type=_counts, metavar="1,2", help="counts of threads (1,2)")
    parser.add_argument(
        "--quick", action="store_true", help="one size, few rounds, one thread, the faster tools, medians"
    )
    parser.add_argument("--busy", action="store_true", help="count the processor's time, since others use it too")
    parser.add_argument("--only", choices=("medians", "first", "memory"), help="one of the three kinds of figures")
    parser.add_argument("--json", metavar="FILE", help="write all figures to a file")
    parser.add_argument("--show", metavar="FILE", help="measure nothing: read what --json wrote")
    parser.add_argument("--plots", metavar="FOLDER", help="draw the plots there")
    chosen = parser.parse_args()
    chosen.threads = chosen.threads or ([1] if chosen.quick or chosen.busy else [1, 2])
    chosen.tools = chosen.tools or (QUICK_TOOLS if chosen.quick else list(tools.TOOLS))
    chosen.only = chosen.only or ("medians" if chosen.quick else None)
    return chosen


def _choice(possible: list[str]) -> Any:
    def read(text: str) -> list[str]:
        names = text.split(",")
        unknown = [name for name in names if name not in possible]
        if unknown:
            raise argparse.ArgumentTypeError(f"{', '.join(unknown)}: not one of {', '.join(possible)}")
        return names

    return read


def _counts(text: str) -> list[int]:
    return sorted(int(part) for part in text.split(","))


def main() -> None:
    chosen = options()
    results = json.loads(Path(chosen.show).read_text()) if chosen.show else measured(chosen)
    show(Console(width=None if sys.stdout.isatty() else 240), results)
    if chosen.json:
        Path(chosen.json).write_text(json.dumps(results, indent=1))
    if chosen.plots:
        plots = import_module("harness.plots")
        plots.draw(results, Path(chosen.plots))


def measured(chosen: argparse.Namespace) -> Results:
    """All figures that are asked for."""
    results: Results = {"machine": machine(), "medians": [], "first": [], "memory": []}
    start = time.monotonic()
    with tempfile.TemporaryDirectory() as folder, Progress(console=Console(stderr=True), transient=True) as progress:
        references = measure.References(folder)
        for name in progress.track(chosen.problems):
            run(name, chosen, references, results)
            progress.console.print(f"{name}: {time.monotonic() - start:.0f} s", highlight=False)
    results["seconds"] = time.monotonic() - start
    return results


def run(name: str, chosen: argparse.Namespace, references: measure.References, results: Results) -> None:
    """All figures of a problem."""
    effort = measure.QUICK if chosen.quick else measure.FULL
    effort = replace(effort, clock="process_time") if chosen.busy else effort
    module = problem.problem(name)
    if chosen.only in (None, "medians"):
        for threads in chosen.threads:
            asked = [t for t in chosen.tools if threads == 1 or tools.TOOLS[t].threads]
            sizes = [module.HEADLINE] if threads > 1 or chosen.quick else module.SIZES
            results["medians"] += measure.measure(name, asked, sizes, threads, effort, references)
    if chosen.only in (None, "first"):
        kept = [t for t in chosen.tools if tools.TOOLS[t].cache and t != "by_hand"]
        results["first"] += measure.first_calls(name, kept, effort, references)
    if chosen.only in (None, "memory") and memory.available():
        asked = [t for t in chosen.tools if t in ("chainrule", "by_hand", "jax", "torch")]
        results["memory"] += measure.memory(name, asked, effort, references)


def show(console: Console, results: Results) -> None:
    """Print the tables."""
    rows = results["medians"]
    one = [row for row in rows if row["threads"] == min(r["threads"] for r in rows)]
    shown = [tables.medians(one, "primal"), tables.medians(one, "derivative")] * bool(one)
    shown += [tables.own_ratios(one), tables.comparisons(one)] * bool(one)
    shown += [tables.speedups(rows)] * any(row["threads"] > 1 for row in rows)
    shown += [tables.first_calls(results["first"])] * bool(results["first"])
    shown += [tables.memory(results["memory"])] * bool(results["memory"])
    for table in shown:
        console.print(table, "")
    tables.notes(console, rows)
    console.print(f"{results['machine']['processor']}; {results['seconds']:.0f} s in all", highlight=False)


def machine() -> dict[str, Any]:
    """Where and with what the figures were measured."""
    versions = {"python": platform.python_version()}
    for name in ("chainrule", "numpy", "numba", "llvmlite", "jax", "torch", "autograd", "casadi"):
        try:
            versions[name] = metadata.version(name)
        except metadata.PackageNotFoundError:
            continue
    return {"processor": processor(), "system": platform.platform(), "versions": versions}


def processor() -> str:
    """The processor's name, where the system tells it."""
    file = Path("/proc/cpuinfo")
    lines = file.read_text().splitlines() if file.exists() else []
    return next((line.split(":")[1].strip() for line in lines if line.startswith("model name")), platform.processor())


if __name__ == "__main__":
    main()
