"""Freed memory is kept for the next call, where the C library can be asked to.

A derivative allocates the same large arrays at every call. By default glibc gives large blocks back to the operating
system when they are freed, and each call then waits for fresh pages, at more than a microsecond for four kilobytes: for
cheap functions of large arrays that is many times the computation. The setting is the process's own; the environment
variable ``CHAINRULE_KEEP_MEMORY=0`` leaves it alone.

References
----------
glibc manual, *Malloc Tunable Parameters* (``mallopt``: M_MMAP_THRESHOLD, M_TRIM_THRESHOLD).
"""

from __future__ import annotations

import ctypes
import os
import sys
from functools import cache

__all__ = ["keep_freed_memory"]

_TRIM_THRESHOLD, _MMAP_THRESHOLD = -1, -3
KEPT = 512 << 20  # bytes that may lie free at the end of the heap
LARGEST = 32 << 20  # blocks above this are mapped in any case: glibc allows no more


@cache
def keep_freed_memory() -> bool:
    """Ask the C library once to keep freed memory; return whether it does."""
    if not sys.platform.startswith("linux") or os.environ.get("CHAINRULE_KEEP_MEMORY") == "0":
        return False
    try:
        mallopt = ctypes.CDLL(None).mallopt
    except (AttributeError, OSError):
        return False  # another C library
    return bool(mallopt(_MMAP_THRESHOLD, LARGEST) and mallopt(_TRIM_THRESHOLD, KEPT))
