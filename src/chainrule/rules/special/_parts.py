"""What rows of special functions share: one result of several, refused arguments, sums of powers."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
from scipy import special
from scipy.special import _ufuncs

from ...errors import MissingRuleError, message
from .._classes import refused
from .._declare import constant

__all__ = [
    "RECENT",
    "by_differences_only",
    "counts",
    "held",
    "horner",
    "part",
    "private",
    "real_only",
    "refuse_before_recent",
]


# Before SciPy 1.15 some functions are wrong, or end the process: they are refused.
RECENT = hasattr(special, "legendre_p")


def refuse_before_recent(*fns: Any) -> None:
    refused(*fns, reason="it is wrong in SciPy before 1.15", instead="Take a later version of SciPy.")


def part(ufunc: np.ufunc, k: int, double: bool = False) -> Callable[..., Any]:
    """Return the function that is result number `k` of a ufunc with several results.

    With `double` it is computed in double precision for single-precision arguments too, and rounded.
    """

    def compute(*xs: Any) -> Any:
        if not double:
            return ufunc(*xs)[k]
        kept = np.result_type(*xs, 0.0)
        return ufunc(*[np.asarray(x, np.float64) for x in xs])[k].astype(kept)

    compute.__name__ = f"{ufunc.__name__}_{k}"
    compute.part_of = (ufunc, k)  # type: ignore[attr-defined]
    return compute


def private(name: str) -> list[Any]:
    """Return the ufunc that a Python function of SciPy's hands its arguments to, so that recorded ones come through."""
    return [getattr(_ufuncs, name)] if hasattr(_ufuncs, name) else []


def by_differences_only(name: str, argument: str, argnum: int | None = 0) -> Callable[[Any], Any]:
    """Return a partial derivative that refuses: there is no closed form, and differences are taken on request only.

    Not even those are taken of functions with several results, where `argnum` is None.
    """
    plain = f"Pass a plain value for {argument} (chainrule.value, chainrule.stop_gradient)"
    request = f", or ask for difference quotients: chainrule.scipy.numerically(scipy.special.{name}, {argnum})"

    def refuse(ans: Any) -> Any:
        raise MissingRuleError(
            message(
                f"scipy.special.{name} has no derivative by {argument} in closed form.",
                f"{plain}{'' if argnum is None else request}.",
            )
        )

    return refuse


def counts(name: str, argument: str) -> Callable[[Any], Any]:
    """Return a partial derivative that refuses, for an argument that takes whole numbers only."""

    def refuse(ans: Any) -> Any:
        raise MissingRuleError(
            message(
                f"scipy.special.{name} has no derivative by {argument}, which is a whole number.",
                f"Pass a plain value for {argument} (chainrule.value, chainrule.stop_gradient).",
            )
        )

    refuse.of_whole_number = True  # type: ignore[attr-defined]
    return refuse


def real_only(x: Any, name: str) -> Any:
    """Return an argument, which must be real: the function is not analytic."""
    if np.iscomplexobj(x):
        raise MissingRuleError(
            message(
                f"scipy.special.{name} is not analytic, and has no derivative by a complex argument.",
                f"Write it as the function without scaling ({name[:-1]}), times a factor.",
            )
        )
    return x


def horner(coefficients: Sequence[float], x: Any) -> Any:
    """Return the polynomial whose coefficients are given from the constant upwards."""
    total: Any = 0.0
    for c in reversed(coefficients):
        total = c + x * total
    return total


def held(x: Any) -> Any:
    """Return a value as it is, with derivative zero."""
    return x


constant(held)
