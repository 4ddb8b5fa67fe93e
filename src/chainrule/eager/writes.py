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
from ..rules import Operand, Row
from ..rules.indexing import getitem, put
from .state import State, current, next_key
from .tensor import Tensor, apply, constant, emit, is_watched, refuse_unheard

__all__ = ["Memory", "argument_of", "share", "write"]


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
    argument : tuple or None
        Of an argument that was not written yet: the call to ask before (it has a method `writing`), and as what.
        Until anything else is to be noted, the pair itself is in the place of the memory.
    """

    __slots__ = ("argument", "fresh", "params", "parent", "row", "views")

    def __init__(self) -> None:
        self.parent: Tensor | None = None
        self.row: Row | None = None
        self.params: dict[str, Any] = {}
        self.views: list[weakref.ref[Tensor]] = []
        self.fresh = False
        self.argument: tuple[Any, Any] | None = None


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
    if not isinstance(x.raw, np.ndarray):
        msg = f"A recorded {type(x.raw).__name__} is one number and does not support item assignment."
        raise TypeError(msg)
    if x.raw.dtype.kind not in "fc" and is_watched(value):
        raise EscapeError(
            message(
                f"A recorded value was about to be rounded to {x.raw.dtype}, and its derivative would be lost.",
                "Write into an array of floats.",
            )
        )
    memory = _memory(x)
    if memory.argument is not None:
        call, which = memory.argument
        call.writing(which)
        memory.argument = None
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
        if view is not None and getattr(view, "mem", None) is not None:
            _rename(view, apply(view.mem.row, (x,), view.mem.params))
            _reread(view)


def _write_in_place(x: Tensor, memory: Memory, index: Any, value: Any) -> bool:
    """Write into the handle's own array if nothing else refers to it; tell whether that was done."""
    if not memory.fresh or sys.getrefcount(x.raw) > _SOLE or any(ref() is not None for ref in memory.views):
        return False
    if isinstance(value, Operand) and type(value) is not Tensor:
        return False
    if type(index) is Tensor or (type(index) is tuple and any(type(part) is Tensor for part in index)):
        return False
    state = current()
    moved = value.tan if type(value) is Tensor else None
    tangent = None
    if x.tan or moved:
        tangent = _own_tangent(x, moved, state)
        if tangent is None:
            return False
    if state is None or state.tape is None or x.on is not state.tape.on:
        refuse_unheard(None, (x, value))
    old = Tensor(x.raw, x.key, x.on, None)
    x.raw[index] = value.raw if type(value) is Tensor else value
    if tangent is not None:
        tangent[index] = next(iter(moved.values())) if moved else 0.0
    x.key, x.on = next_key(), None
    if state is not None and tangent is None:
        _note(x, old, old if value is x else value, index, state)
    return True


def _own_tangent(x: Tensor, moved: Any, state: State | None) -> Any:
    """Return a handle's tangent if it may be written into: it is the only one, and nothing else refers to it."""
    if state is None or state.forward is None or not x.tan or x.tan.keys() != {state.forward.id}:
        return None
    if moved and moved.keys() != x.tan.keys():
        return None
    if sys.getrefcount(x.tan) > _SOLE or sys.getrefcount(x.tan[state.forward.id]) > _SOLE:
        return None
    tangent = x.tan[state.forward.id]
    own = type(tangent) is np.ndarray and tangent.flags.owndata and tangent.flags.writeable
    return tangent if own and tangent.dtype == x.raw.dtype else None


def _note(x: Tensor, old: Tensor, value: Any, index: Any, state: State) -> None:
    """Offer a write that was done in place to the tapes. Its transposes read shapes and the index only."""
    operands = (old, value if type(value) is Tensor else np.asarray(value))
    out = emit(put, x.raw, operands, {"index": index}, state)
    x.key, x.on = out.key, out.on


def _rename(x: Tensor, value: Tensor) -> None:
    x.raw, x.form, x.key, x.on, x.tan = value.raw, value.form, value.key, value.on, value.tan


def _memory(x: Tensor) -> Memory:
    known: Memory | tuple[Any, Any] | None = getattr(x, "mem", None)
    if isinstance(known, Memory):
        return known
    x.mem = memory = Memory()
    memory.argument = known
    return memory


def argument_of(x: Tensor) -> tuple[Any, Any] | None:
    """Return the call of which a handle, or what it is a view of, is an argument not written yet, and as what."""
    memory: Any = getattr(x, "mem", None)
    while type(memory) is Memory and memory.parent is not None:
        memory = getattr(memory.parent, "mem", None)
    argument: tuple[Any, Any] | None = memory.argument if type(memory) is Memory else memory
    return argument


def _count_of_sole_owner() -> int:
    """Measure what `sys.getrefcount` says of an array that only a handle refers to, on this Python."""
    x = constant(np.zeros(1))
    return sys.getrefcount(x.raw)


_SOLE = _count_of_sole_owner()
