"""Errors that point at a line of the user's program, for passes that no longer have its syntax tree."""

from __future__ import annotations

from typing import NoReturn

from ..errors import UnsupportedError, message
from . import ir

__all__ = ["unsupported"]


def unsupported(what: str, repair: str, place: ir.Place | None) -> NoReturn:
    """Refuse a program."""
    where = ""
    if place is not None:
        where = f"  {place.file}:{place.line}, in {place.function}\n    {place.text.strip()}\n"
    raise UnsupportedError(message(what, repair, where))
