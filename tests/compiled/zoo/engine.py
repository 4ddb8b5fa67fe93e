"""The compiled engine as the tests call it; all that they assume about its interface stands here."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import chainrule as cr

AVAILABLE = hasattr(cr, "jit")
Refused: type[Exception] = cr.UnsupportedError if AVAILABLE else NotImplementedError


def value(f: Callable[..., Any], compile: bool) -> Callable[..., Any]:
    """Return `f` itself, compiled; without `compile`, the emitted Python as it stands."""
    return cr.jit(f, compile=compile)


def value_and_grad(f: Callable[..., Any], argnums: tuple[int, ...], compile: bool) -> Callable[..., Any]:
    """Return the compiled function that computes value and gradients."""
    return cr.jit(cr.value_and_grad(f, argnums=argnums), compile=compile)


def jvp(f: Callable[..., Any], compile: bool) -> Callable[..., Any]:
    """Return a function of primals and tangents that computes the value and its derivative along the tangents."""
    compiled = cr.jit(f, compile=compile)
    return lambda primals, tangents: cr.jvp(compiled, primals, tangents)


def hvp(f: Callable[..., Any], argnums: tuple[int, ...], compile: bool) -> Callable[..., Any]:
    """Return the compiled product of the Hessian with a vector."""
    return cr.jit(cr.hvp(f, argnums=argnums), compile=compile)
