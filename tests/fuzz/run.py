"""Many random programs: what agreed, what was refused and why, and what was wrong, made small.

    python -m tests.fuzz --programs 5000 --seed 0 --jobs 2
    python -m tests.fuzz --programs 500 --numba 1.0      # all of them compiled, not only the emitted Python
    python -m tests.fuzz --only 1234 --show              # one program, printed

A program is named by its number: the same number, with the same --simple, is the same program. Each process tries
some programs after each other and writes down how they fared, so that a crash costs one program.
"""

from __future__ import annotations

import argparse
import json
import multiprocessing
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np

from compiled.zoo import engine as installed

from .check import Engine, Outcome, check
from .generate import generate
from .program import Program
from .shrink import shrink

CHUNK = 50
FAILURES = ("mismatch", "error", "suspicious", "crash")


def accepted(seed: int, simple: bool, folder: Path) -> Program | None:
    """The first attempt at a program of this number that says something."""
    for attempt in range(20):
        program = generate(seed, attempt, simple)
        if check(program, folder, None).kind != "rejected":
            return program
    return None


def try_one(seed: int, options: argparse.Namespace, folder: Path) -> tuple[Outcome, Program | None, bool]:
    """Generate and check a program; say as well whether Numba was used."""
    program = accepted(seed, options.simple, folder)
    if program is None:
        return Outcome("rejected", "generator", "nothing of use in twenty attempts"), None, False
    if not installed.AVAILABLE:
        return check(program, folder, None), program, False
    outcome = check(program, folder, Engine(compile=False), second_order=options.second)
    with_numba = outcome.kind == "agreed" and np.random.default_rng(seed).random() < options.numba
    if with_numba:
        outcome = check(program, folder, Engine(compile=True))
    return outcome, program, with_numba


def small(program: Program, outcome: Outcome, numba: bool, folder: Path, budget: int) -> Program:
    """Shrink a failing program."""
    engine = Engine(compile=numba) if installed.AVAILABLE else None
    second = outcome.stage == "hvp"
    return shrink(
        program, lambda candidate: outcome.same_way(check(candidate, folder, engine, second_order=second)), budget
    )


def work(seeds: list[int], options: argparse.Namespace, path: str) -> None:
    """Try programs one after the other; append a line of JSON for each."""
    with tempfile.TemporaryDirectory() as folder, open(path, "a") as file:
        for seed in seeds:
            outcome, program, numba = try_one(seed, options, Path(folder))
            record = {"seed": seed, "kind": outcome.kind, "stage": outcome.stage, "reason": outcome.reason}
            if outcome.kind in FAILURES and program is not None:
                shrunk = small(program, outcome, numba, Path(folder), options.shrink) if options.shrink else program
                record["program"] = shrunk.runnable()
                record["numba"] = numba
            file.write(json.dumps(record) + "\n")
            file.flush()


def records(options: argparse.Namespace) -> Iterator[dict[str, Any]]:
    """Run chunks of programs in processes; a process that dies is replaced, and the program it died of noted."""
    seeds = list(range(options.seed, options.seed + options.programs))
    waiting = [seeds[i : i + CHUNK] for i in range(0, len(seeds), CHUNK)]
    context = multiprocessing.get_context("fork")
    running: list[tuple[Any, list[int], Path]] = []
    with tempfile.TemporaryDirectory() as folder:
        number = 0
        while waiting or running:
            while waiting and len(running) < options.jobs:
                chunk, path = waiting.pop(0), Path(folder) / f"{number}.jsonl"
                number += 1
                process = context.Process(target=work, args=(chunk, options, str(path)))
                process.start()
                running.append((process, chunk, path))
            time.sleep(0.05)
            for item in [item for item in running if not item[0].is_alive()]:
                running.remove(item)
                done, rest = _finished(*item)
                yield from done
                if rest:
                    waiting.insert(0, rest)


def _finished(process: Any, chunk: list[int], path: Path) -> tuple[list[dict[str, Any]], list[int]]:
    process.join()
    done = [json.loads(line) for line in path.read_text().splitlines()] if path.exists() else []
    rest = chunk[len(done) :]
    if rest:
        done.append({"seed": rest[0], "kind": "crash", "stage": "", "reason": f"exit status {process.exitcode}"})
    return done, rest[1:]


def summary(found: list[dict[str, Any]]) -> str:
    """Count the outcomes; refusals by their reason."""
    kinds = Counter(r["kind"] for r in found)
    lines = [f"{kind:12s}{count:8d}" for kind, count in kinds.most_common()]
    for kind in ("refused", *FAILURES):
        reasons = Counter(f"{r['stage']}: {r['reason'][:110]}" for r in found if r["kind"] == kind)
        lines += [f"\n{kind}:"] * bool(reasons) + [f"{count:8d}  {reason}" for reason, count in reasons.most_common(30)]
    return "\n".join(lines)


def show(options: argparse.Namespace) -> int:
    """Try one program, and print it."""
    with tempfile.TemporaryDirectory() as folder:
        outcome, program, numba = try_one(options.only, options, Path(folder))
        if program is not None:
            if options.shrink and outcome.kind in FAILURES and not options.show:
                program = small(program, outcome, numba, Path(folder), options.shrink)
            print(program.runnable())
    print(f"# {outcome.kind} {outcome.stage}{' with Numba' * numba}: {outcome.reason}")
    return int(outcome.kind in FAILURES)


def parser() -> argparse.ArgumentParser:
    result = argparse.ArgumentParser("python -m tests.fuzz", description=__doc__)
    result.formatter_class = argparse.RawDescriptionHelpFormatter
    result.add_argument("--programs", type=int, default=1000)
    result.add_argument("--seed", type=int, default=0, help="the number of the first program")
    result.add_argument("--jobs", type=int, default=1, help="processes")
    result.add_argument("--numba", type=float, default=0.02, help="the part of the programs that is compiled as well")
    result.add_argument("--simple", action="store_true", help="short programs without helpers, masks and lists")
    result.add_argument("--second", action="store_true", help="check products of Hessians with vectors as well")
    result.add_argument("--shrink", type=int, default=1500, help="trials to make a failing program small; 0 for none")
    result.add_argument("--failures", type=int, default=10, help="how many failing programs to print")
    result.add_argument("--json", metavar="FILE", help="write every outcome into a file")
    result.add_argument("--only", type=int, metavar="NUMBER", help="try this one program, and print it")
    result.add_argument("--show", action="store_true", help="with --only: print the program as generated")
    return result


def main(arguments: list[str] | None = None) -> int:
    options = parser().parse_args(arguments)
    if not installed.AVAILABLE:
        print("There is no compiled engine: the recorded derivatives are compared with samples.", file=sys.stderr)
    if options.only is not None:
        return show(options)
    found = []
    for record in records(options):
        found.append(record)
        if len(found) % 500 == 0:
            print(f"{len(found)} programs", file=sys.stderr)
    failing = [r for r in found if r["kind"] in FAILURES]
    for record in failing[: options.failures]:
        print(f"# program {record['seed']}: {record['kind']} {record['stage']}: {record['reason'][:300]}")
        print(record.get("program", ""))
    print(summary(found))
    if options.json:
        Path(options.json).write_text(json.dumps(found, indent=1))
    return int(bool(failing))
