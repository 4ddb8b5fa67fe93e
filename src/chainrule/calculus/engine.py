"""Derivatives of any function, for code that stands below the methods that compute them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

__all__ = ["engine", "provide"]

_engine: dict[str, Callable[..., Any]] = {}


def provide(vjp: Callable[..., Any], jvp: Callable[..., Any]) -> None:
    """Say how derivatives are computed: both take a function and its arguments, as those of `chainrule` do."""
    _engine.update(vjp=vjp, jvp=jvp)


def engine(name: str) -> Callable[..., Any]:
    """Return ``vjp`` or ``jvp``."""
    if name not in _engine:
        msg = f"nobody has provided {name}: chainrule.functional is not imported"
        raise RuntimeError(msg)
    return _engine[name]
