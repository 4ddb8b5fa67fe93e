"""Freed memory is kept for the next call, where the C library can be asked to.

A derivative allocates the same large arrays at every call. By default glibc gives large blocks back to the operating
system when they are freed, and each call then waits for fresh pages, at more than a microsecond for four kilobytes: for
cheap functions of large arrays that is many times the computation. The setting is the process's own; the environment
variable ``CHAINRULE_KEEP_MEMORY=0`` leaves it alone.

Arrays that are larger still are mapped anew each time. Linux is advised to do that in huge pages, as NumPy advises it
for its own arrays: 2 MB at a time instead of 4 kB.

References
----------
glibc manual, *Malloc Tunable Parameters* (``mallopt``: M_MMAP_THRESHOLD, M_TRIM_THRESHOLD). Linux manual, *madvise(2)*:
MADV_HUGEPAGE.
"""

from __future__ import annotations

import ctypes
import os
import re
import sys
from functools import cache
from importlib import import_module
from typing import Any

__all__ = ["ADVISE", "advising", "in_huge_pages", "keep_freed_memory"]

_TRIM_THRESHOLD, _MMAP_THRESHOLD = -1, -3
KEPT = 512 << 20  # bytes that may lie free at the end of the heap
ADVISED = 4 << 20  # bytes of an array, from which on huge pages are worth a call of the system
ADVISE = "in_huge_pages"
_MADV_HUGEPAGE = 14
_MADE = re.compile(r"^( *)(\w+) = np\.empty\((?=.*[a-z])(?!\d+, ).*\)$", re.MULTILINE)
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


def advising(text: str) -> str:
    """Return a module in which each new array of a length that is not known asks for huge pages if it is large."""
    return _MADE.sub(rf"\g<0>\n\1{ADVISE}(\2)", text) if sys.platform.startswith("linux") else text


@cache
def in_huge_pages() -> Any:
    """Return the function that asks for huge pages, for Numba's use."""
    types, cgutils = import_module("numba.types"), import_module("numba.core.cgutils")
    ir, make_array = import_module("llvmlite.ir"), import_module("numba.np.arrayobj").make_array

    def in_huge_pages(context: Any, array: Any) -> Any:
        def generate(context: Any, builder: Any, signature: Any, values: Any) -> Any:
            found = make_array(signature.args[0])(context, builder, values[0])
            size, page = ir.IntType(64), 1 << 12
            count = builder.mul(found.nitems, found.itemsize)
            with builder.if_then(builder.icmp_signed(">=", count, size(ADVISED)), likely=False):
                byte = ir.IntType(8).as_pointer()
                kind = ir.FunctionType(ir.IntType(32), [byte, size, ir.IntType(32)])
                function = cgutils.get_or_insert_function(builder.module, kind, "madvise")
                start = builder.ptrtoint(found.data, size)
                first = builder.and_(builder.add(start, size(page - 1)), size(-page))
                length = builder.sub(count, builder.sub(first, start))
                builder.call(function, [builder.inttoptr(first, byte), length, ir.IntType(32)(_MADV_HUGEPAGE)])
            return context.get_dummy_value()

        return types.none(array), generate

    return import_module("numba.extending").intrinsic(in_huge_pages)
