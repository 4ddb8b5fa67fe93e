"""Errors that say what happened, where in the user's own code, and what to do instead."""

from __future__ import annotations

import linecache
import os
import sys
from pathlib import Path
from types import FrameType

__all__ = [
    "ChainruleError",
    "DerivativeError",
    "EscapeError",
    "MissingRuleError",
    "NotFiniteError",
    "RecorderError",
    "SymbolicError",
    "UnsupportedError",
    "message",
]

_LIBRARY = str(Path(__file__).parent) + os.sep


class ChainruleError(Exception):
    """Base class of every error that chainrule raises on purpose."""


class MissingRuleError(ChainruleError, TypeError):
    """A function, or an argument of a function, has no derivative rule."""


class EscapeError(ChainruleError, TypeError):
    """A recorded value was about to leave the record, and its derivative with it."""


class RecorderError(ChainruleError, RuntimeError):
    """A recorder was used in a way, or from a thread, in which it cannot record."""


class DerivativeError(ChainruleError, ValueError):
    """The derivative asked for does not exist for these arguments or this output."""


class SymbolicError(ChainruleError, TypeError):
    """A program cannot be turned into an expression."""


class UnsupportedError(ChainruleError, TypeError):
    """A program uses something that cannot be compiled, or not proven right."""


class NotFiniteError(ChainruleError, FloatingPointError):
    """An operation made a nan or an infinity inside a `debug_nans` block.

    Attributes
    ----------
    operation : str
        The operation that made it.
    phase : str
        ``"value"``; ``"tangent"``, forwards; ``"adjoint"``, on the way back; or ``"derivative"`` where these are not
        told apart (in compiled Hessians, for example).
    file, line
        The user's line; None where it is not known.
    """

    operation: str = ""
    phase: str = ""
    file: str | None = None
    line: int | None = None


class Message(str):
    """The text of an error, which remembers its parts."""

    what: str
    repair: str
    place: str


def message(what: str, repair: str, place: str | None = None) -> str:
    """Three parts in one text: what happened, where the user's code stood, and what to do instead."""
    place = _where() if place is None else place
    text = Message(f"{what}\n{place}{repair}" if place else f"{what} {repair}")
    text.what, text.repair, text.place = what, repair, place
    return text


def _where() -> str:
    """Return the user's innermost line with a caret under the expression, or an empty text."""
    frame = _user_frame()
    if frame is None:
        return ""
    code, line = frame.f_code, frame.f_lineno
    text = linecache.getline(code.co_filename, line).rstrip("\n")
    head = f"  {code.co_filename}:{line}, in {code.co_name}\n"
    if not text:
        return head
    stripped = text.lstrip()
    return f"{head}    {stripped}\n{_caret(frame, len(text) - len(stripped), len(stripped))}"


def _user_frame() -> FrameType | None:
    """Walk outwards to the first frame that belongs neither to this library nor to NumPy or SciPy."""
    inside = (_LIBRARY, "<__array_function__", "<short path of ", *_homes("numpy", "scipy"))
    frame: FrameType | None = sys._getframe(1)
    while frame is not None and frame.f_code.co_filename.startswith(inside):
        frame = frame.f_back
    return frame


def _homes(*packages: str) -> list[str]:
    """Return the folders of those packages that are imported."""
    files = [getattr(sys.modules.get(name), "__file__", None) for name in packages]
    return [str(Path(file).parent) + os.sep for file in files if file]


def _caret(frame: FrameType, indent: int, length: int) -> str:
    """Mark the running expression of a frame with carets, where Python knows its columns."""
    positions = list(frame.f_code.co_positions())
    at = frame.f_lasti // 2
    if at >= len(positions):
        return ""
    first, last, start, end = positions[at]
    if first is None or first != last or start is None or end is None:
        return ""
    start, end = max(start - indent, 0), min(end - indent, length)
    return f"    {' ' * start}{'^' * max(end - start, 1)}\n"
