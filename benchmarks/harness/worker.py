"""The process of a tool: it is asked, one line of JSON a question, and answers with another.

python worker.py PROBLEM TOOL THREADS
"""

from __future__ import annotations

import json
import os
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

sys.path[0] = str(Path(__file__).parents[1])

from harness import agreement, memory, tools  # noqa: E402
from harness.errors import TooLarge  # noqa: E402
from harness.problem import problem, program  # noqa: E402

AWAKE, LONG = 8e-3, 40e-3  # seconds


class Asked:
    """What the questions are about: one problem with one tool, at the size that was loaded last."""

    def __init__(self, name: str, tool: str, threads: int) -> None:
        self.threads = threads
        self.problem, self.module = problem(name), program(name, tools.TOOLS[tool].file)
        self.keeps = tools.TOOLS[tool].keeps
        self.runs: dict[str, Callable[[], Any]] = {}
        self.long: set[str] = set()

    def load(self, size: dict[str, Any], reference: str, clock: str = "perf_counter") -> dict[str, Any]:
        """Prepare a size, call everything once, and compare with the reference."""
        self.data = self.problem.data(**size)
        now = getattr(time, clock)
        start = now()
        try:
            self.runs = self.prepared()
            found = self.runs["derivative"]()
        except TooLarge as reason:
            return {"status": "too large", "note": str(reason)}
        first = now() - start
        value, expected = agreement.load(reference)
        own = agreement.error(self.runs["primal"](), value) if self.runs["primal"] else 0.0
        error = max(own, agreement.error(found, expected))
        status = "right" if error <= self.problem.TOLERANCE else "wrong"
        return {"status": status, "error": error, "first": first}

    def time(self, what: str, calls: int, clock: str) -> dict[str, Any]:
        """Seconds for so many calls; short ones are preceded by one that is not counted.

        In several threads they are preceded by more, for some milliseconds: while the process was stopped, its threads
        went to sleep, and the system may start them on one processor, until it finds that there is another.
        """
        run = self.runs[what]
        if run is None:
            return {"status": "none"}
        if self.threads > 1:
            self._wake(what, run)
        elif calls > 1:
            run()
        now = getattr(time, clock)
        start = now()
        for _ in range(calls):
            run()
        return {"seconds": now() - start}

    def _wake(self, what: str, run: Callable[[], Any]) -> None:
        """Call a function for some milliseconds, unless one call is long enough by itself."""
        until = time.perf_counter() + AWAKE
        while time.perf_counter() < until and what not in self.long:
            begun = time.perf_counter()
            run()
            if time.perf_counter() - begun > LONG:
                self.long.add(what)

    def peak(self, what: str) -> dict[str, Any]:
        """Bytes that a call needs beyond what the process holds, with work arrays that are made beforehand."""
        if self.keeps:
            self.runs = {}
            return {"bytes": memory.peak(lambda: self.prepared()[what]())}
        return {"bytes": memory.peak(self.runs[what])}

    def prepared(self) -> dict[str, Callable[[], Any]]:
        """The functions that are called, made anew."""
        return dict(zip(("primal", "derivative"), self.module.prepare(self.data), strict=True))


def serve(asked: Asked, answers: Any) -> None:
    """Answer until the questions end; an exception is an answer too."""
    for line in sys.stdin:
        question = json.loads(line)
        try:
            answer = getattr(asked, question.pop("ask"))(**question)
        except Exception as problem:
            answer = {"status": "failed", "note": " ".join([type(problem).__name__, *str(problem).splitlines()[:1]])}
        print(json.dumps(answer), file=answers, flush=True)


def main() -> None:
    """Keep the standard output for answers: what a library prints goes to the errors."""
    answers = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)
    name, tool, threads = sys.argv[1:]
    tools.set_up(tool, int(threads))
    serve(Asked(name, tool, int(threads)), answers)


if __name__ == "__main__":
    main()
