"""What a function is: plain, compiled, or a derivative of another one."""

from __future__ import annotations

from typing import Any

__all__ = ["description", "differentiated", "original"]


def description(f: Any) -> tuple[str, Any, dict[str, Any]] | None:
    """Return the name of the transform, the function and the options that made a function, if a transform did."""
    found = getattr(f, "__dict__", {}).get("__chainrule__")
    ours = getattr(f, "__globals__", {}).get("__name__", "").startswith("chainrule.")  # else functools.wraps copied it
    return found if ours and isinstance(found, tuple) else None


def original(f: Any) -> Any:
    """Return the function that transforms and compilation started from."""
    while True:
        described = description(f)
        if described is not None:
            f = described[1]
        elif hasattr(f, "__chainrule_compiled__"):
            f = f.__wrapped__
        else:
            return f


def differentiated(f: Any, count: int) -> tuple[int, ...]:
    """Return the positions of the arguments of a call whose integers are taken as floats."""
    found: set[int] = set()
    while True:
        described = description(f)
        if described is None:
            if not hasattr(f, "__chainrule_compiled__"):
                return tuple(sorted(found))
            f = f.__wrapped__
            continue
        name, f, options = described
        if name == "vmap":
            continue
        if name in ("jvp", "vjp"):
            found |= set(range(count))
        else:
            if name == "hvp":
                found.add(count - 1)
                count -= 1
            argnums = options["argnums"]
            found |= {k % max(count, 1) for k in ((argnums,) if isinstance(argnums, int) else argnums)}
