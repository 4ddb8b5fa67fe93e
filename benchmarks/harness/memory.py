"""The memory that a call needs at its peak, by the system's own count of the pages of this process (Linux)."""

from __future__ import annotations

import ctypes
import gc
from collections.abc import Callable
from pathlib import Path
from typing import Any

SETTINGS = {  # a large array is asked from the system, and given back to it, so that nothing of it is left behind
    "MALLOC_MMAP_THRESHOLD_": "65536",
    "MALLOC_TRIM_THRESHOLD_": "65536",
    "MALLOC_ARENA_MAX": "1",
    "CHAINRULE_KEEP_MEMORY": "0",
}
STATUS, CLEAR = Path("/proc/self/status"), Path("/proc/self/clear_refs")


def available() -> bool:
    """Whether this system can tell."""
    return STATUS.exists() and CLEAR.exists()


def peak(run: Callable[[], Any]) -> int:
    """The bytes by which a call makes the process grow, at most.

    What earlier calls have freed is handed back to the system first, and the mark of the highest level is taken down:
    the compilers used more than the programs do.
    """
    gc.collect()
    ctypes.CDLL(None).malloc_trim(0)
    CLEAR.write_text("5")
    before = _status("VmRSS")
    result = run()
    after = _status("VmHWM")
    del result
    return max(0, after - before)


def _status(field: str) -> int:
    line = next(line for line in STATUS.read_text().splitlines() if line.startswith(field))
    return int(line.split()[1]) * 1024
