"""Copies where NumPy has views that are no index maps (a reshaped slice): right as long as nobody writes."""

from __future__ import annotations

import weakref
from typing import TYPE_CHECKING

from ...errors import UnsupportedError, message
from .. import ir
from ..build import Builder

if TYPE_CHECKING:
    from .array import Array

__all__ = ["inherit", "refuse_behind", "stand_in", "watch"]

_WHAT = "This array is a view in NumPy, which here is a copy"
_REPAIR = "Copy it first, with .copy(): then it is one in NumPy too."


def stand_in(copy: Array, source: Array) -> Array:
    """Mark a copy of an array's elements as one that NumPy has as a view; neither may be written from now on."""
    from .lazy import roots

    builder = copy.builder
    copy.locked = f"{_WHAT}, so that writing to it would not reach the array that it shows."
    depth = len(builder.enclosing)
    for root in roots(source):
        builder.notes.setdefault("stand_ins", []).append((weakref.ref(copy), root, depth))
    return copy


def inherit(view: Array, copy: Array) -> None:
    """Mark a view of such a copy as the copy is."""
    noted = view.builder.notes.get("stand_ins", [])
    noted.extend([(weakref.ref(view), root, depth) for reference, root, depth in noted if reference() is copy])


def refuse_behind(builder: Builder, buffer: ir.Buffer) -> None:
    """Refuse to write to a buffer of which a copy stands for a view that is still in use."""
    from .lazy import root_of, settle

    root = root_of(builder, buffer)
    kept = []
    for reference, behind, depth in builder.notes.get("stand_ins", []):
        copy = reference()
        if copy is None:
            continue
        if behind == root:
            if len(builder.enclosing) > depth and _wanted(builder, copy):
                raise UnsupportedError(message(f"{_WHAT}; the array that it shows is overwritten here.", _REPAIR, ""))
            # What reads the copy is computed first; then, the copy may be wanted no more.
            settle(builder, copy.view.buffer)
            copy.stale = f"{_WHAT}; the array that it shows has been overwritten."
        kept.append((reference, behind, depth))
    if kept:
        builder.notes["stand_ins"] = kept


def _wanted(builder: Builder, copy: Array) -> bool:
    """Tell whether an array may be read after this statement, in a later iteration too."""
    from .aliases import holders

    ctx = builder.notes.get("context")
    if ctx is None:
        return True
    live = ctx.frame.live_after(ctx.frame.statement)
    return live is None or any(array.source == copy.source for _, array in holders(ctx, live))


def watch(array: Array) -> None:
    """Refuse to read an array that does not have what NumPy's would have."""
    if array.stale:
        raise UnsupportedError(message(array.stale, _REPAIR, ""))
