"""Functions that bring their own derivative, and values that have none."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from functools import update_wrapper, wraps
from typing import Any

import numpy as np

from .. import tree
from ..calculus import project, zero
from ..eager import Tensor, raw_of
from ..eager.state import next_key
from ..eager.tensor import emit_call, is_watched
from ..errors import DerivativeError, EscapeError, message
from ..rules import Spec, bare_row
from ._modes import handle

__all__ = ["custom_jvp", "custom_vjp", "stop_gradient"]


def stop_gradient(x: Any) -> Any:
    """Return a value through which no derivative flows.

    Parameters
    ----------
    x : number, array or nested structure of them

    Examples
    --------
    >>> import chainrule as cr
    >>> cr.grad(lambda x: x * cr.stop_gradient(x))(3.0)
    3.0
    """
    return tree.map(_stopped, x)


def _stopped(x: Any) -> Any:
    if hasattr(x, "__chainrule_value__"):
        x = x.__chainrule_value__()
    return Tensor(x.raw, next_key(), None, None) if type(x) is Tensor else x


class _Custom:
    """A function with its own derivative: plain arguments run it as it is, recorded ones record one call."""

    def __init__(self, f: Callable[..., Any]) -> None:
        self.f = f
        update_wrapper(self, f)

    def __get__(self, instance: Any, owner: Any = None) -> Any:
        if instance is None:
            return self
        return wraps(self.f)(lambda *args, **kwargs: self(instance, *args, **kwargs))

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        leaves, structure = tree.flatten(args)
        leaves = [x.__chainrule_value__() if hasattr(x, "__chainrule_value__") else x for x in leaves]
        if not any(is_watched(x) for x in leaves):
            return self.f(*tree.unflatten(structure, leaves), **kwargs)
        if any(is_watched(x) for x in tree.flatten(kwargs)[0]):
            raise EscapeError(
                message(
                    f"{self.name}, which has its own derivative, was given a recorded value by name.",
                    "Its rule covers the positional arguments: pass the value by position, or chainrule.value of it.",
                )
            )
        return self._record(leaves, structure, kwargs)

    def _record(self, leaves: list[Any], structure: Any, kwargs: dict[str, Any]) -> Any:
        raise NotImplementedError

    @property
    def name(self) -> str:
        return getattr(self.f, "__name__", "the function")


class custom_jvp(_Custom):
    """Give a function its own forward derivative; the reverse one is its transpose.

    Decorate the function, then give the rule with ``f.defjvp(rule)``: ``rule(primals, tangents)`` takes two tuples
    with the positional arguments and returns ``(value, tangent)``. The rule is linear in the tangents and uses NumPy
    functions that have rules themselves, so that it can be transposed and differentiated again.

    Examples
    --------
    >>> import numpy as np, chainrule as cr
    >>> @cr.custom_jvp
    ... def f(x):
    ...     return np.sin(x)
    >>> @f.defjvp
    ... def f_jvp(primals, tangents):
    ...     (x,), (t,) = primals, tangents
    ...     return np.sin(x), 10 * np.cos(x) * t
    >>> cr.grad(f)(0.0)
    10.0
    """

    rule: Callable[..., Any] | None = None

    def defjvp(self, rule: Callable[..., Any]) -> Callable[..., Any]:
        """Set the rule."""
        self.rule = rule
        return rule

    def _record(self, leaves: list[Any], structure: Any, kwargs: dict[str, Any]) -> Any:
        if self.rule is None:
            raise DerivativeError(message(f"{self.name} has no jvp rule yet.", "Give it one with defjvp."))
        rule, packing = self.rule, _Packing(self.name)

        def compute(*values: Any) -> Any:
            return packing.pack(self.f(*tree.unflatten(structure, _lent(values)), **kwargs))

        def jvp(i: int, t: Any, *values: Any) -> Any:
            tangents = [_lend(t) if j == i else zero(raw_of(x)) if _is_number(x) else x for j, x in enumerate(values)]
            _, moved = rule(tree.unflatten(structure, _lent(values)), tree.unflatten(structure, tangents), **kwargs)
            return packing.pack_like(moved)

        row = bare_row(self.name, compute, len(leaves), jvp=jvp)
        return packing.unpack(emit_call(row, tuple(leaves)))


class custom_vjp(_Custom):
    """Give a function its own reverse derivative; the forward one is its transpose.

    Decorate the function, then call ``f.defvjp(forward, backward)``: ``forward(*args)`` returns
    ``(value, residuals)``, and ``backward(residuals, cotangent)`` a tuple with one cotangent for each positional
    argument (None for zero). `backward` uses NumPy functions that have rules themselves.

    Examples
    --------
    >>> import numpy as np, chainrule as cr
    >>> @cr.custom_vjp
    ... def f(x):
    ...     return x**2
    >>> f.defvjp(lambda x: (x**2, x), lambda x, g: (20 * x * g,))
    >>> cr.grad(f)(1.0), cr.jvp(f, 1.0, 1.0)[1]
    (20.0, 20.0)
    """

    rules: tuple[Callable[..., Any], Callable[..., Any]] | None = None

    def defvjp(self, forward: Callable[..., Any], backward: Callable[..., Any]) -> None:
        """Set the two functions of the rule."""
        self.rules = (forward, backward)

    def _record(self, leaves: list[Any], structure: Any, kwargs: dict[str, Any]) -> Any:
        if self.rules is None:
            raise DerivativeError(message(f"{self.name} has no vjp rule yet.", "Give it one with defvjp."))
        forward, backward = self.rules
        packing = _Packing(self.name)
        first: list[Any] = []

        def compute(*values: Any) -> Any:
            value, residuals = forward(*tree.unflatten(structure, _lent(values)), **kwargs)
            first.append(residuals)
            return packing.pack(value)

        def vjp(i: int, g: Any, *values: Any) -> Any:
            plain = not any(isinstance(x, Tensor) for x in values)
            # Residuals of recorded values are computed again, so that they can be differentiated themselves.
            residuals = first[0] if plain else forward(*tree.unflatten(structure, _lent(values)), **kwargs)[1]
            parts = backward(residuals, packing.unpack(_lend(g), aside=False))
            return _flat_cotangents(parts, structure, values, self.name)[i]

        row = bare_row(self.name, compute, len(leaves), vjp=vjp)
        return packing.unpack(emit_call(row, tuple(leaves)))


class _Packing:
    """A nested result as one vector and back: a recorded call has one result.

    Booleans and integers in it have no derivative; they are kept aside.
    """

    def __init__(self, name: str) -> None:
        self.name = name
        self.structure: Any = None
        self.specs: list[Spec] = []
        self.discrete: dict[int, Any] = {}

    def pack(self, result: Any) -> Any:
        leaves, self.structure = tree.flatten(result)
        if any(is_watched(x) for x in leaves):
            raise EscapeError(
                message(
                    f"{self.name}, which has its own derivative, used a recorded value that is not among its "
                    "arguments.",
                    "Pass it as an argument, or close over chainrule.value of it.",
                )
            )
        plain = [np.asarray(raw_of(x)) for x in leaves]
        self.specs = [Spec(x.shape, x.dtype) for x in plain]
        self.discrete = {i: leaves[i] for i, x in enumerate(plain) if x.dtype.kind not in "fc"}
        return self._joined(plain)

    def pack_like(self, result: Any) -> Any:
        leaves, structure = tree.flatten(result)
        if structure != self.structure:
            raise DerivativeError(
                message(f"The derivative rule of {self.name} returned another structure than its value.", "Match them.")
            )
        for leaf, spec in zip(leaves, self.specs, strict=True):
            if np.shape(leaf) != spec.shape:
                raise DerivativeError(
                    message(
                        f"The derivative rule of {self.name} returned shape {np.shape(leaf)} for a value of shape "
                        f"{spec.shape}.",
                        "Match them.",
                    )
                )
        return self._joined(leaves)

    def _joined(self, leaves: list[Any]) -> Any:
        chosen = [x for i, x in enumerate(leaves) if i not in self.discrete]
        if len(chosen) == 1:
            return chosen[0] if not isinstance(chosen[0], np.ndarray) else chosen[0][()]
        return np.concatenate([np.reshape(x, (-1,)) for x in chosen]) if chosen else np.zeros(0)

    def unpack(self, packed: Any, aside: bool = True) -> Any:
        """Take the vector apart; what was kept aside takes its place again, or (in a cotangent) a zero."""
        leaves: list[Any] = []
        start, single = 0, len(self.specs) - len(self.discrete) == 1
        for i, spec in enumerate(self.specs):
            if i in self.discrete:
                leaves.append(self.discrete[i] if aside else np.zeros(spec.shape)[()])
                continue
            part = packed if single else np.reshape(packed[start : start + spec.size], spec.shape)
            leaves.append(project(part, spec))
            start += spec.size
        return tree.unflatten(self.structure, leaves)


def _lend(x: Any) -> Any:
    """Return a value for a user's function, which may write into it."""
    return handle(x) if type(x) is Tensor else x.copy() if isinstance(x, np.ndarray) else x


def _lent(values: Iterable[Any]) -> list[Any]:
    return [_lend(x) for x in values]


def _flat_cotangents(parts: Any, structure: Any, values: Any, name: str) -> list[Any]:
    """Return one cotangent for each leaf of the arguments; None stands for zero."""
    parts = tuple(parts) if isinstance(parts, (tuple, list)) else (parts,)
    args = tree.unflatten(structure, values)
    if len(parts) != len(args):
        raise DerivativeError(
            message(
                f"The rule of {name} returned {len(parts)} cotangents for {len(args)} arguments.", "Return one each."
            )
        )
    flat: list[Any] = []
    for part, arg in zip(parts, args, strict=True):
        leaves, _ = tree.flatten(arg)
        found = [None] * len(leaves) if part is None else tree.flatten(part)[0]
        flat += [_fitting(g, x, name) for g, x in zip(found, leaves, strict=True)]
    return flat


def _fitting(g: Any, x: Any, name: str) -> Any:
    """Return a cotangent as an array or recorded value of its argument's shape."""
    if g is None:
        return zero(raw_of(x)) if _is_number(x) else None
    if np.shape(raw_of(g)) != np.shape(raw_of(x)):
        raise DerivativeError(
            message(
                f"The rule of {name} returned a cotangent of shape {np.shape(raw_of(g))} for an argument of shape "
                f"{np.shape(raw_of(x))}.",
                "Sum it over the axes along which the argument was broadcast.",
            )
        )
    return g if hasattr(g, "dtype") else np.asarray(g, float if not isinstance(g, complex) else complex)[()]


def _is_number(x: Any) -> bool:
    return isinstance(raw_of(x), (int, float, complex, np.ndarray, np.generic))
