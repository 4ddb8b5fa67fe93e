"""Functions that call themselves, directly or through others."""

from __future__ import annotations

from typing import Any

from .context import Context
from .state import Frame

__all__ = ["recursive_call"]

DEPTH = 40


def recursive_call(ctx: Context, function: Any, frame: Frame) -> Any:
    """Return the result of a call of a function that is being lowered already, or None if it is not."""
    if len(ctx.frames) > DEPTH:
        ctx.refuse("Calls are nested too deeply: recursion cannot be compiled here.", "Write it as a loop.")
    return None
