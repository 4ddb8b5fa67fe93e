"""Two ways to a derivative that share nothing with a compiler: recording the run, and sampling it."""

from __future__ import annotations

import builtins
import math
import types
from collections.abc import Callable
from copy import deepcopy
from typing import Any

import numpy as np

import chainrule as cr

_MATH_NAMES = {"asin": "arcsin", "acos": "arccos", "atan": "arctan", "atan2": "arctan2", "pow": "power"}


class _RecordingMath:
    """The module math, for recorded numbers."""

    def __getattr__(self, name: str) -> Any:
        found = getattr(math, name)
        return getattr(np, _MATH_NAMES.get(name, name)) if callable(found) else found


STAND_INS = {"np": cr.numpy, "math": _RecordingMath()}


def recorded(f: Callable[..., Any]) -> Callable[..., Any]:
    """Return `f` with its NumPy and math replaced by ones that recorded values may enter.

    Arrays made by np.zeros can then be written into, and math.sin accepts what is recorded. Functions that `f` calls,
    as globals or from its closure, are replaced with it.
    """
    return _rebuilt(f, {**f.__globals__, **STAND_INS}, {})


def _rebuilt(f: types.FunctionType, namespace: dict[str, Any], done: dict[Any, Any]) -> Any:
    if f in done:
        return done[f]
    cells = tuple(types.CellType() for _ in f.__closure__ or ())
    new = types.FunctionType(f.__code__, namespace, f.__name__, f.__defaults__, cells)
    new.__kwdefaults__ = f.__kwdefaults__
    done[f] = new
    for cell, old in zip(cells, f.__closure__ or (), strict=True):
        cell.cell_contents = _replaced(old.cell_contents, namespace, done)
    for name in f.__code__.co_names:
        namespace[name] = _replaced(namespace.get(name, getattr(builtins, name, None)), namespace, done)
    return new


def _replaced(x: Any, namespace: dict[str, Any], done: dict[Any, Any]) -> Any:
    own = isinstance(x, types.FunctionType) and x.__globals__.get("np") is np and not x.__module__.startswith("numpy")
    return _rebuilt(x, namespace, done) if own else x


def is_active(leaf: Any) -> bool:
    """Say whether a derivative by this leaf makes sense: floating-point numbers and arrays."""
    return isinstance(leaf, (float, np.ndarray)) and np.asarray(leaf).dtype.kind == "f"


def flat(x: Any) -> list[Any]:
    """List the floating-point leaves of nested arguments or gradients, always in the same order."""
    if is_active(x):
        return [x]
    return [leaf for part in _parts(x).values() for leaf in flat(part)]


def _parts(x: Any) -> dict[Any, Any]:
    if hasattr(x, "__dataclass_fields__"):
        return {name: getattr(x, name) for name in x.__dataclass_fields__}
    if isinstance(x, dict):
        return {key: x[key] for key in sorted(x)}
    return dict(enumerate(x)) if isinstance(x, (list, tuple)) else {}


def direction(args: tuple[Any, ...], argnums: tuple[int, ...], rng: np.random.Generator) -> list[Any]:
    """Choose a random direction: a tangent for each active leaf of the arguments named."""
    return [np.asarray(rng.normal(size=np.shape(leaf))) for i in argnums for leaf in flat(args[i])]


def fresh(args: tuple[Any, ...]) -> tuple[Any, ...]:
    """Copy arguments, as a function that writes into them needs."""
    return deepcopy(args)


def moved(args: tuple[Any, ...], argnums: tuple[int, ...], along: list[Any], t: float) -> tuple[Any, ...]:
    """Return fresh arguments, moved by `t` along a direction."""
    steps = iter(along)
    new = list(fresh(args))
    for i in argnums:
        new[i] = _moved(new[i], steps, t)
    return tuple(new)


def _moved(x: Any, steps: Any, t: float) -> Any:
    if is_active(x):
        new = x + t * next(steps)
        return float(new) if type(x) is float else new.astype(x.dtype)
    parts = {key: _moved(part, steps, t) for key, part in _parts(x).items()}
    if hasattr(x, "__dataclass_fields__"):
        return type(x)(**parts)
    if isinstance(x, dict):
        return parts
    if isinstance(x, (list, tuple)):
        return type(x)(*parts.values()) if hasattr(x, "_fields") else type(x)(parts.values())
    return x


def sampled_slope(f: Callable[..., Any], args: tuple[Any, ...], argnums: tuple[int, ...], along: list[Any]) -> Any:
    """Return the slope of `f` along a direction by Richardson extrapolation, with an estimate of its error."""
    found = cr.numeric.richardson(lambda t: f(*moved(args, argnums, along, float(t))), 0.0, step=2e-3)
    return float(found.value), float(found.error_estimate)
