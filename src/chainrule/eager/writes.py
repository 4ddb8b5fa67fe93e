"""Writing into recorded values: ``x[i] = v``, views, and writes that reuse the storage.

A write computes ``put(x, v, i)`` and gives the handle that new value. Live views of the same storage are read again.
Writing a view writes its parent. If a handle is provably the only owner of its array, the write happens in place, so
that a loop of n writes does not cost n copies.
"""

from __future__ import annotations

import sys
import weakref
from typing import Any

import numpy as np

from ..calculus import pulls
from ..errors import EscapeError, message
from ..rules import Row
from ..rules.indexing import getitem, put
from .state import current, next_key
from .tensor import Tensor, apply, constant

__all__ = ["Memory", "share", "write"]


class Memory:
    """What a handle shares storage with.

    Attributes
    ----------
    parent, row, params
        Of a view: the handle it was read from, and how.
    views : list of weak references
        The handles that were read from this one.
    fresh : bool
        True if the handle's array was made by a write, so that nobody outside can hold it.
    """

    __slots__ = ("fresh", "params", "parent", "row", "views")

    def __init__(self) -> None:
        self.parent: Tensor | None = None
        self.row: Row | None = None
        self.params: dict[str, Any] = {}
        self.views: list[weakref.ref[Tensor]] = []
        self.fresh = False


def share(view: Tensor, row: Row, parent: Any, params: dict[str, Any]) -> None:
    """Note that a handle is a view of another, if NumPy made it one."""
    if type(parent) is not Tensor or not np.may_share_memory(view.raw, parent.raw):
        return
    view.mem = memory = Memory()
    memory.parent, memory.row, memory.params = parent, row, params
    known = _memory(parent)
    known.views = [ref for ref in known.views if ref() is not None]
    known.views.append(weakref.ref(view))


def write(x: Tensor, index: Any, value: Any) -> None:
    """Do ``x[index] = value``."""
    memory = _memory(x)
    if memory.parent is not None and not x.raw.flags.writeable:
        msg = "assignment destination is read-only"
        raise ValueError(msg)
    if memory.parent is None and _write_in_place(x, memory, index, value):
        return
    written = put(x, value, index)
    if type(written) is not Tensor:
        written = constant(written)
    if memory.parent is None:
        _rename(x, written)
        memory.fresh = True
        _reread(x)
    else:
        _write_parent(memory, written)


def _write_parent(memory: Memory, written: Tensor) -> None:
    """Write a changed view into the handle that it was read from, which then reads all its views again."""
    parent, row = memory.parent, memory.row
    assert parent is not None
    assert row is not None
    if row is getitem:
        write(parent, memory.params["index"], written)
    elif written.size == parent.size and written.dtype == parent.dtype:
        inverse = pulls(row)[0]  # a view that selects every element once is inverted by its transpose
        saved = inverse.gather(0, written, (parent.raw,), memory.params)
        write(parent, ..., inverse.fn.fn(written, *saved))
    else:
        raise EscapeError(
            message(f"Writing into the result of {row.name} is not supported.", "Write into the array itself.")
        )


def _reread(x: Tensor) -> None:
    """Give each live view of a handle its value anew, and their views in turn."""
    for ref in _memory(x).views:
        view = ref()
        if view is not None and view.mem is not None:
            _rename(view, apply(view.mem.row, (x,), view.mem.params))
            _reread(view)


def _write_in_place(x: Tensor, memory: Memory, index: Any, value: Any) -> bool:
    """Write into the handle's own array if nothing else refers to it; tell whether that was done."""
    if not memory.fresh or sys.getrefcount(x.raw) > _SOLE or any(ref() is not None for ref in memory.views):
        return False
    if x.tan or (type(value) is Tensor and value.tan) or hasattr(value, "__chainrule_value__"):
        return False
    state = current()
    raw = value.raw if type(value) is Tensor else value
    if type(index) is tuple and any(type(part) is Tensor for part in index) or type(index) is Tensor:
        return False
    old = Tensor(x.raw, x.key, x.on, None)
    x.raw[index] = raw
    x.key = next_key()
    x.on = None
    if state is not None:
        _note(x, old, value, index, state)
    return True


def _note(x: Tensor, old: Tensor, value: Any, index: Any, state: Any) -> None:
    """Offer a write that was done in place to the tapes. Its transposes read shapes and the index only."""
    from .tensor import emit

    operands = (old, value if type(value) is Tensor else np.asarray(value))
    out = emit(put, x.raw, operands, {"index": index}, state)
    x.key, x.on = out.key, out.on


def _rename(x: Tensor, value: Tensor) -> None:
    x.raw, x.key, x.on, x.tan = value.raw, value.key, value.on, value.tan


def _memory(x: Tensor) -> Memory:
    if x.mem is None:
        x.mem = Memory()
    return x.mem


def _count_of_sole_owner() -> int:
    """Measure what `sys.getrefcount` says of an array that only a handle refers to, on this Python."""
    x = constant(np.zeros(1))
    return sys.getrefcount(x.raw)


_SOLE = _count_of_sole_owner()
