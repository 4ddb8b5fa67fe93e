"""What is measured of a problem: medians over rounds in which the tools are asked in turn, first calls, memory."""

from __future__ import annotations

import math
import statistics
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from harness import agreement
from harness import memory as counting
from harness.problem import has, label, problem
from harness.remote import Remote
from harness.tools import TOOLS

BATCH = 4e-3  # seconds that the calls between two looks at the clock take, together, at least

ONCE = 3.0  # seconds from which on one call has to do


@dataclass(frozen=True)
class Effort:
    """How long a measurement may take."""

    seconds: float  # for a tool's derivative, and as long for its primal
    rounds: int  # at most
    load: float  # the first calls, with compilation
    call: float  # any later one
    clock: str = "perf_counter"  # or process_time


FULL = Effort(seconds=0.4, rounds=24, load=90.0, call=16.0)
QUICK = Effort(seconds=0.12, rounds=9, load=60.0, call=6.0)


class References:
    """The right answers, each computed once and written to a file."""

    def __init__(self, folder: str) -> None:
        self._folder = Path(folder)

    def path(self, name: str, size: dict[str, Any]) -> str:
        """The file with the answer of a problem."""
        file = self._folder / f"{name} {label(size).replace('/', '_')}.npz"
        if not file.exists():
            module = problem(name)
            agreement.save(str(file), *module.reference(*module.data(**size)))
        return str(file)


def absence(name: str, tool: str) -> dict[str, Any] | None:
    """Why a tool does not run a problem at all, or None if it does."""
    if not has(name, TOOLS[tool].file):
        return {"status": "not expressed", "note": problem(name).NOT_EXPRESSED.get(tool, "no program for it")}
    if not TOOLS[tool].installed():
        return {"status": "missing", "note": f"{TOOLS[tool].title} is not installed"}
    return None


def measure(
    name: str, tools: list[str], sizes: list[dict[str, Any]], threads: int, effort: Effort, references: References
) -> Iterator[dict[str, Any]]:
    """The rows of a problem, for each size and tool: the status, and the medians of what gives the right answer."""
    absent = {tool: reason for tool in tools if (reason := absence(name, tool))}
    with ExitStack() as stack:
        remotes = {t: stack.enter_context(Remote(name, t, threads)) for t in tools if t not in absent}
        for size in sizes:
            path = references.path(name, size)
            rows = {t: absent[t] for t in absent}
            rows |= {t: r.ask("load", effort.load, size=size, reference=path) for t, r in remotes.items()}
            right = {t: r for t, r in remotes.items() if rows[t]["status"] == "right"}
            for tool, times in medians(right, effort).items():
                rows[tool] = {**rows[tool], **times}
            for tool in tools:
                yield {"problem": name, "size": label(size), "threads": threads, "tool": tool, **rows[tool]}
            remotes = {t: r for t, r in remotes.items() if r.alive}
            slow = {t: rows[t] for t in rows if t not in remotes and t not in absent}
            absent |= {t: {**row, "note": f"{row['note']} ({label(size)})"} for t, row in slow.items()}


def medians(remotes: dict[str, Remote], effort: Effort) -> dict[str, dict[str, Any]]:
    """Ask all in turn, many times: the median seconds of primal and derivative, and how far apart the quarters are."""
    cells = {(t, what): _Cell(r, what, effort) for t, r in remotes.items() for what in ("primal", "derivative")}
    for i in range(effort.rounds):
        for cell in cells.values():
            cell.round(i, effort)
    result: dict[str, dict[str, Any]] = {tool: {} for tool in remotes}
    for (tool, what), cell in cells.items():
        result[tool] |= cell.figures(what)
    return result


class _Cell:
    """The measurements of one function of one tool."""

    def __init__(self, remote: Remote, what: str, effort: Effort) -> None:
        self._remote, self._what = remote, what
        self._seconds: list[float] = []
        self._failure: dict[str, Any] | None = None
        self._calls, self._rounds = 1, effort.rounds
        self._ask(effort)
        if self._seconds:
            self._plan(effort)

    def _plan(self, effort: Effort) -> None:
        """From a call that was only a trial, see how many fit; one that takes very long is not repeated."""
        if self._seconds[0] > ONCE:
            self._seconds, self._rounds = self._seconds * 2, 0
            return
        trial = self._seconds.pop()
        self._calls = max(1, math.ceil(BATCH / trial))
        self._rounds = min(effort.rounds, max(3, int(effort.seconds / (self._calls * trial))))

    def _ask(self, effort: Effort) -> None:
        limit, question = effort.call * self._calls, {"what": self._what, "calls": self._calls, "clock": effort.clock}
        answer = self._remote.ask("time", limit, **question)
        if "seconds" in answer:
            self._seconds.append(answer["seconds"] / self._calls)
        elif answer["status"] == "none":
            self._failure, self._rounds = {}, 0
        else:
            self._failure = answer

    def round(self, i: int, effort: Effort) -> None:
        """Take part in a round; slow ones take part in some only, evenly spread."""
        total = effort.rounds
        if self._failure is None and i * self._rounds // total != (i + 1) * self._rounds // total:
            self._ask(effort)

    def figures(self, what: str) -> dict[str, Any]:
        """What has been found out."""
        if self._failure is not None:
            return self._failure
        quarters = statistics.quantiles(self._seconds, n=4)
        return {what: statistics.median(self._seconds), f"{what} quarters": [quarters[0], quarters[2]]}


def first_calls(name: str, tools: list[str], effort: Effort, references: References) -> Iterator[dict[str, Any]]:
    """Seconds to the first derivative in a new process, once the tool is up: without and with machine code kept."""
    size = problem(name).HEADLINE
    path = references.path(name, size)
    for tool in (t for t in tools if not absence(name, t)):
        with tempfile.TemporaryDirectory() as folder:
            cache = {TOOLS[tool].cache: folder} if TOOLS[tool].cache else {}
            for state in ["cold", "warm"] if cache else ["cold"]:
                with Remote(name, tool, 1, cache) as remote:
                    answer = remote.ask("load", effort.load, size=size, reference=path, clock=effort.clock)
                yield {"problem": name, "size": label(size), "tool": tool, "state": state, **answer}


def memory(name: str, tools: list[str], effort: Effort, references: References) -> Iterator[dict[str, Any]]:
    """Bytes at the peak of primal and derivative, for each of the sizes that a problem names for this."""
    for tool in (t for t in tools if not absence(name, t)):
        with Remote(name, tool, 1, counting.SETTINGS) as remote:
            for size in getattr(problem(name), "MEMORY", ()):
                answer = remote.ask("load", effort.load, size=size, reference=references.path(name, size))
                if answer["status"] == "right":
                    for what in ("primal", "derivative"):
                        answer[what] = remote.ask("peak", effort.call, what=what).get("bytes")
                yield {"problem": name, "size": label(size), "tool": tool, **answer}
