"""Mistakes in what the command was given."""

from __future__ import annotations

import difflib
import traceback
from collections.abc import Iterable
from pathlib import Path

__all__ = ["UsageError", "did_you_mean", "one_line", "place_of"]


class UsageError(Exception):
    """A mistake in the arguments of the command, told in one line."""


def did_you_mean(name: str, known: Iterable[str]) -> str:
    """Return a hint at the nearest known name, or nothing."""
    near = difflib.get_close_matches(name, list(known), n=1)
    return f" Did you mean {near[0]}?" if near else ""


def one_line(error: BaseException) -> str:
    """Return an error's text without the lines of source and the carets that belong to a traceback."""
    lines = [line.strip() for line in str(error).split("\n") if line.strip() and not line.startswith("  ")]
    text = " ".join(lines) or type(error).__name__
    return text if not (notes := getattr(error, "__notes__", [])) else f"{text} ({notes[0]})"


def place_of(error: BaseException, path: str | None) -> str:
    """Return the innermost line of a file that an error came through, as ``name.py:12``, or nothing."""
    frames = [frame for frame in traceback.extract_tb(error.__traceback__) if frame.filename == path]
    return f" ({Path(frames[-1].filename).name}:{frames[-1].lineno})" if frames else ""
