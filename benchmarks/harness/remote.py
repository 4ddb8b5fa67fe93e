"""The other end of a tool's process: start it, ask it, end it if it takes too long."""

from __future__ import annotations

import contextlib
import json
import os
import select
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import IO, Any

from harness.tools import environment

WORKER = Path(__file__).with_name("worker.py")


class Remote:
    """A tool at work on one problem, in a process of its own, which is stopped except while it is asked."""

    def __init__(self, problem: str, tool: str, threads: int, settings: dict[str, str] | None = None) -> None:
        self.problem, self.tool, self.threads = problem, tool, threads
        self._errors: IO[str] = tempfile.TemporaryFile("w+")  # noqa: SIM115  closed with the process
        self._process = subprocess.Popen(
            [sys.executable, str(WORKER), problem, tool, str(threads)],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=self._errors, env=environment(threads, settings),
        )  # fmt: skip
        self._rest = b""

    @property
    def alive(self) -> bool:
        return self._process.poll() is None

    def ask(self, question: str, limit: float, **details: Any) -> dict[str, Any]:
        """The answer to a question, or what has become of the process; it is ended after `limit` seconds."""
        if not self.alive:
            return {"status": "failed", "note": self._last_words()}
        self._signal(signal.SIGCONT)
        with contextlib.suppress(BrokenPipeError):
            self._process.stdin.write(json.dumps({"ask": question, **details}).encode() + b"\n")
            self._process.stdin.flush()
        line = self._line(limit)
        if line is None:
            return self._ended(limit)
        self._signal(signal.SIGSTOP)
        return json.loads(line)

    def close(self) -> None:
        """End the process."""
        if self.alive:
            self._process.kill()
        self._process.wait()
        with contextlib.suppress(BrokenPipeError):
            self._process.stdin.close()
        self._process.stdout.close()
        self._errors.close()

    def __enter__(self) -> Remote:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _signal(self, number: int) -> None:
        if self.alive:
            self._process.send_signal(number)

    def _line(self, limit: float) -> bytes | None:
        """The next line that comes within the time; None if there is none."""
        pipe, deadline = self._process.stdout.fileno(), time.monotonic() + limit
        while b"\n" not in self._rest:
            ready, _, _ = select.select([pipe], [], [], max(0.0, deadline - time.monotonic()))
            part = os.read(pipe, 65536) if ready else b""
            if not part:
                return None
            self._rest += part
        line, self._rest = self._rest.split(b"\n", 1)
        return line

    def _ended(self, limit: float) -> dict[str, Any]:
        """No answer: either it is slow, and is ended now, or it has died, after closing its end of the pipe."""
        try:
            self._process.wait(0.2)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
            return {"status": "slow", "note": f"no answer within {limit:.0f} s"}
        return {"status": "failed", "note": self._last_words()}

    def _last_words(self) -> str:
        """The last line that the process wrote before it died."""
        if self._errors.closed:
            return "closed"
        self._errors.seek(0)
        lines = self._errors.read().split("\n")
        return next((line.strip() for line in reversed(lines) if line.strip()), f"exit {self._process.returncode}")
