"""What the compiled engine reads off a transform, and how transforms hand compiled functions to it.

Nothing here imports that engine: a compiled function is known by its attribute ``__chainrule_compiled__``.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any

import numpy as np

from .. import tree
from ..errors import DerivativeError, message
from ._arguments import as_array, like_input

__all__ = ["described", "is_compiled", "pulled", "pushed_forward"]

SAMPLED = ("numeric", "symbolic")


def is_compiled(f: Any, *args: Any) -> bool:
    """Tell whether a function is compiled and its arguments are plain, so that its derivatives can be compiled too."""
    if not hasattr(f, "__chainrule_compiled__"):
        return False
    return not any(hasattr(type(leaf), "__chainrule_apply__") for leaf in tree.flatten(args)[0])


def described(function: Callable[..., Any], name: str, f: Any, **options: Any) -> Any:
    """Let a function say which transform of what it is; of a compiled function, the transform is compiled as well."""
    describe: Any = function
    describe.__chainrule__ = (name, f, options)
    if not hasattr(f, "__chainrule_compiled__") or options.get("method") in SAMPLED:
        return function
    compiled = f.transformed(name, options)

    @wraps(function)
    def choose(*args: Any, **kwargs: Any) -> Any:
        return (compiled if is_compiled(f, args, kwargs) else function)(*args, **kwargs)

    return choose


def pushed_forward(f: Any, args: tuple[Any, ...], directions: tuple[Any, ...]) -> Any:
    """Return ``jvp`` of a compiled function."""
    leaves, structure = tree.flatten(args)
    tangents, found = tree.flatten(directions)
    if found != structure:
        raise DerivativeError(message("The tangents are not structured like the primals.", "Give one for each leaf."))
    seeds = [_like(t, as_array(x, f), f, "tangent") for t, x in zip(tangents, leaves, strict=True)]
    found = f.transformed("jvp", {})(*args, *tree.unflatten(structure, seeds))
    return tree.map(lambda x: like_input(x, 0.0), found)


def pulled(f: Any, primals: tuple[Any, ...]) -> Any:
    """Return ``vjp`` of a compiled function: the pullback runs the function again."""
    kept = tree.map(lambda x: x.copy() if isinstance(x, np.ndarray) else x, primals)
    value = f(*primals)
    outputs, structure = tree.flatten(value)
    compiled = f.transformed("vjp", {})

    def pullback(cotangent: Any) -> Any:
        leaves, found = tree.flatten(cotangent)
        if found != structure:
            text = message("The cotangent is not structured like the result.", "Give one for each leaf of the result.")
            raise DerivativeError(text)
        seeds = [_like(g, out, f, "cotangent") for g, out in zip(leaves, outputs, strict=True)]
        return compiled(*kept, tree.unflatten(structure, seeds))

    return tree.map(lambda x: like_input(x, 0.0), value), pullback


def _like(given: Any, value: Any, f: Any, what: str) -> Any:
    """Return a tangent or cotangent of exactly the type and shape of its value."""
    seed = as_array(given, f)
    if np.shape(seed) != np.shape(value):
        text = f"A {what} has shape {np.shape(seed)} and its value {np.shape(value)}."
        raise DerivativeError(message(text, f"Give a {what} of that shape."))
    made = np.array(seed, dtype=np.asarray(value).dtype)
    return made if isinstance(value, np.ndarray) else made[()] if isinstance(value, np.generic) else float(made)
