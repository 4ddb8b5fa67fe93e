"""Which SciPy function it was that wanted a recorded value as a plain array."""

from __future__ import annotations

import sys
from types import FrameType
from typing import Any

from ..errors import MissingRuleError
from ..rules import lookup

__all__ = ["scipy_instead"]

MIRRORED = ("scipy.linalg", "scipy.special")


def scipy_instead() -> str | None:
    """Return the name in `chainrule.scipy` of the SciPy function that the user has called, if it has a rule there."""
    found, frame = None, sys._getframe(1)
    while frame is not None:
        if str(frame.f_globals.get("__name__", "")).startswith("scipy."):
            found = _named(frame) or found
        frame = frame.f_back  # type: ignore[assignment]
    return found


def _named(frame: FrameType) -> str | None:
    """Return the name of the function that a frame runs, or that a decorator's frame is about to run."""
    candidates: list[Any] = [frame.f_code.co_name]
    candidates += [getattr(x, "__name__", None) for x in frame.f_locals.values() if callable(x)]
    for module in MIRRORED:
        public = sys.modules.get(module)
        for name in candidates:
            if isinstance(name, str) and name in getattr(public, "__all__", ()) and _has_rule(getattr(public, name)):
                return f"chainrule.{module}.{name}"
    return None


def _has_rule(fn: Any) -> bool:
    try:
        lookup(fn)
    except (MissingRuleError, TypeError):
        return False
    return True
