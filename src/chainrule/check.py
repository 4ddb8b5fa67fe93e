"""Whether the derivatives of a user's function are right: against samples, and forward against reverse mode."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
import numpy.typing as npt

from . import numeric, tree
from .errors import DerivativeError, message
from .functional import jvp, vjp

__all__ = ["CheckError", "check_grads"]

Mode = Literal["forward", "reverse"]
_Vector = npt.NDArray[np.float64]
_SLACK = 10.0  # what an error estimate may be wrong by


class CheckError(DerivativeError, AssertionError):
    """A derivative differs from what samples of the function say."""


def check_grads(
    f: Callable[..., Any],
    args: Sequence[Any],
    order: int = 2,
    modes: Sequence[Mode] = ("forward", "reverse"),
    *,
    rtol: float | None = None,
    atol: float | None = None,
    kwargs: dict[str, Any] | None = None,
    rng: np.random.Generator | None = None,
) -> None:
    """Check the derivatives of a function at a point, and those of its derivatives.

    For each argument the derivative in a random direction is extrapolated from samples (`chainrule.numeric.richardson`)
    and compared with forward mode (the tangent) and with reverse mode (a random cotangent, pulled back, times the
    direction). Forward and reverse mode are also compared with each other, which needs no samples and is sharper. For
    second order the same is done with the derivatives themselves as the functions, by each mode.

    Parameters
    ----------
    f : callable
        Returns numbers or arrays, nested as you like.
    args : sequence
        Its positional arguments: numbers and arrays, nested as you like. What is not a number is left alone.
    order : int
        The highest order checked.
    modes : sequence of {"forward", "reverse"}
    rtol, atol : float, optional
        The allowed difference is ``atol + rtol * size``, and the samples' own error besides. Both are 1e-6 by default,
        and 1e-3 where single precision takes part.
    kwargs : dict, optional
        Keyword arguments of `f`; they are not differentiated by.
    rng : numpy.random.Generator, optional
        Where the directions come from; by default the same ones every time.

    Raises
    ------
    CheckError
        A `DerivativeError` and an `AssertionError`. It says which mode, which order and which argument, and how far
        off. Also raised where samples cannot tell, at a kink for instance.

    Notes
    -----
    Samples are taken some hundredths apart, and cannot tell what happens in between; and at a point where a wrong term
    vanishes, it stays unseen. Check at several points.

    Examples
    --------
    >>> import numpy as np, chainrule as cr
    >>> cr.check_grads(lambda x, y: np.sum(np.sin(x) * y["w"]), (np.array([1.0, 2.0]), {"w": 3.0}))

    >>> @cr.custom_vjp
    ... def cube(x):
    ...     return x**3
    >>> cube.defvjp(lambda x: (x**3, x), lambda x, g: (2 * x**2 * g,))
    >>> cr.check_grads(cube, (2.0,), modes=["reverse"])
    Traceback (most recent call last):
    chainrule.check.CheckError: The derivative of cube by x is wrong in reverse mode (order 1): ...
    """
    unknown = sorted(set(modes) - {"forward", "reverse"})
    if unknown or not modes or order < 1:
        what = f"modes is {modes!r} and order {order!r}."
        raise DerivativeError(message(what, "Choose among 'forward' and 'reverse', and an order of at least 1."))
    program = _Program(f, args, kwargs or {})
    exact = 1e-3 if program.single else 1e-6
    tolerance = _Tolerance(exact if rtol is None else rtol, exact if atol is None else atol)
    rng = np.random.default_rng(0) if rng is None else rng
    _check(_Level(program, program.run, (), rng, tolerance), order, tuple(modes))


class _Program:
    """The function under check, as one of a flat list of numbers and arrays."""

    def __init__(self, f: Callable[..., Any], args: Sequence[Any], kwargs: dict[str, Any]) -> None:
        self.f, self.kwargs = f, kwargs
        self._leaves, self._structure = tree.flatten(tuple(args))
        self._numbers = [i for i, leaf in enumerate(self._leaves) if _is_number(leaf)]
        self.leaves = [_as_float(self._leaves[i]) for i in self._numbers]
        owners = [i for i, arg in enumerate(args) for _ in tree.flatten(arg)[0]]
        self.owners = [owners[i] for i in self._numbers]
        self.single = any(x.dtype.char in "fF" for x in self.leaves)
        if not self.leaves:
            raise DerivativeError(message("None of the arguments holds a number.", "Give a point to check at."))

    @property
    def name(self) -> str:
        return getattr(self.f, "__name__", "the function")

    def run(self, *numbers: Any) -> Any:
        leaves = list(self._leaves)
        for i, number in zip(self._numbers, numbers, strict=True):
            leaves[i] = number
        # The function may write into its arguments, and each call is to find what the first one found.
        args, kwargs = tree.map(_copy, (tree.unflatten(self._structure, leaves), self.kwargs))
        return self.f(*args, **kwargs)

    def argument(self, position: int) -> str:
        """Return the name of an argument in the function's signature."""
        try:
            names = list(inspect.signature(self.f).parameters.values())
        except (TypeError, ValueError):
            names = []
        plain = (inspect.Parameter.POSITIONAL_ONLY, inspect.Parameter.POSITIONAL_OR_KEYWORD)
        if position < len(names) and names[position].kind in plain:
            return names[position].name
        return f"argument {position}"


def _copy(x: Any) -> Any:
    return x.copy() if isinstance(x, np.ndarray) else x


@dataclass(frozen=True)
class _Tolerance:
    rtol: float
    atol: float

    def allows(self, found: Any, expected: Any, uncertain: Any = 0.0) -> bool:
        allowed = self.atol + self.rtol * np.abs(expected) + _SLACK * uncertain
        return bool(np.all((np.abs(found - expected) <= allowed) | (found == expected)))

    def is_vague(self, size: Any, uncertain: Any) -> bool:
        """Tell whether samples are so uncertain that they would let a wrong derivative pass."""
        return not np.all(uncertain <= 10 * (self.atol + self.rtol * np.max(np.abs(size), initial=0.0)))


@dataclass(frozen=True)
class _Level:
    """A function to check: the program itself, or a derivative of it by some modes."""

    program: _Program
    run: Callable[..., Any]
    above: tuple[Mode, ...]
    rng: np.random.Generator
    tolerance: _Tolerance

    def sampled(self, direction: Sequence[Any]) -> tuple[_Vector, _Vector]:
        """Return the derivative along a direction from samples, as one real vector, and its error."""
        flat, unravel = tree.ravel(self.program.leaves)
        along, _ = tree.ravel(list(direction))
        found = numeric.richardson(lambda x: _vector(self.run(*unravel(x))), flat, direction=along)
        return found.value, found.error_estimate

    def random_like(self, leaves: Sequence[Any]) -> list[Any]:
        """Return random numbers for each leaf; for one real number 1, so that an error shows the derivative itself."""
        alone = len(leaves) == 1 and np.size(leaves[0]) == 1 and not np.iscomplexobj(leaves[0])
        return [np.ones_like(leaf, dtype=_floating(leaf))[()] if alone else _random(self.rng, leaf) for leaf in leaves]

    def direction(self, position: int) -> list[Any]:
        """Return a random direction in which one argument moves and the others stand still."""
        chosen = [i for i, owner in enumerate(self.program.owners) if owner == position]
        moved = dict(zip(chosen, self.random_like([self.program.leaves[i] for i in chosen]), strict=True))
        return [moved.get(i, np.zeros_like(x)) for i, x in enumerate(self.program.leaves)]

    def cotangent(self, result: Any) -> Any:
        leaves, structure = tree.flatten(result)
        return tree.unflatten(structure, self.random_like(leaves))

    def derivative(self, mode: Mode) -> _Level:
        """Return the function's derivative by a mode, in a direction that stays the same, as the next function."""
        leaves = self.program.leaves
        if mode == "forward":
            direction = tuple(self.random_like(leaves))

            def run(*xs: Any) -> Any:
                return jvp(self.run, xs, direction)[1]
        else:
            cotangent = self.cotangent(self.run(*leaves))

            def run(*xs: Any) -> Any:
                return vjp(self.run, *xs)[1](cotangent)

        return _Level(self.program, run, (*self.above, mode), self.rng, self.tolerance)


def _check(level: _Level, order: int, modes: tuple[Mode, ...]) -> None:
    for position in dict.fromkeys(level.program.owners):
        _check_argument(level, position, modes)
    if order > 1:
        for mode in modes:
            _check(level.derivative(mode), order - 1, modes)


def _check_argument(level: _Level, position: int, modes: tuple[Mode, ...]) -> None:
    """Compare the modes with samples, and with each other, for one argument."""
    leaves = level.program.leaves
    direction = level.direction(position)
    expected, uncertain = level.sampled(direction)
    if level.tolerance.is_vague(expected, uncertain):
        raise CheckError(_vague(level, position, uncertain))
    if "forward" in modes:
        tangent = jvp(level.run, tuple(leaves), tuple(direction))[1]
        _compare(level, position, "forward", _vector(tangent), expected, uncertain)
    if "reverse" in modes:
        result, pull = vjp(level.run, *leaves)
        cotangent = level.cotangent(result)
        pulled, weights = float(_vector(pull(cotangent)) @ _vector(direction)), _vector(cotangent)
        error = float(np.abs(weights) @ uncertain)
        _compare(level, position, "reverse", np.array([pulled]), np.array([weights @ expected]), error)
    if len(set(modes)) == 2:
        _dot_test(level, position, pulled, _vector(tangent) * weights)


def _compare(level: _Level, position: int, mode: Mode, found: _Vector, expected: _Vector, uncertain: Any) -> None:
    if found.shape == expected.shape and level.tolerance.allows(found, expected, uncertain):
        return
    where = f"The derivative of {_what(level)} by {level.program.argument(position)} is wrong in {mode} mode"
    raise CheckError(message(f"{where} (order {len(level.above) + 1}): {_off(found, expected)}.", _REPAIR))


def _dot_test(level: _Level, position: int, pulled: float, terms: _Vector) -> None:
    """Compare <w, J v> with <J' w, v>: equal but for rounding, with no samples involved."""
    allowed = (1e-4 if level.program.single else 1e-9) * max(float(np.abs(terms).sum()), abs(pulled), 1e-3)
    if abs(pulled - terms.sum()) <= allowed or pulled == terms.sum():
        return
    where = f"The derivatives of {_what(level)} by {level.program.argument(position)} in forward and reverse mode"
    off = f"{float(terms.sum()):.10g} and {pulled:.10g} in a random direction"
    text = f"{where} differ (order {len(level.above) + 1}): {off}."
    raise CheckError(message(text, "One of a rule's two directions is wrong, or it is not linear in its tangents."))


def _what(level: _Level) -> str:
    above = ", then ".join(f"{mode} mode" for mode in level.above)
    return f"the derivative of {level.program.name} ({above})" if above else level.program.name


def _off(found: _Vector, expected: _Vector) -> str:
    if found.shape != expected.shape:
        return f"it has {found.size} elements where samples have {expected.size}"
    with np.errstate(invalid="ignore"):
        distance = np.nan_to_num(np.abs(found - expected), nan=np.inf, posinf=np.inf)
    at = int(np.argmax(distance))
    place = f" for element {at} of {found.size}" if found.size > 1 else ""
    return (
        f"along a random direction it is {found[at]:.10g}, and samples give {expected[at]:.10g}{place}, "
        f"off by {distance[at]:.2g}"
    )


def _vague(level: _Level, position: int, uncertain: Any) -> str:
    where = f"The derivative of {_what(level)} by {level.program.argument(position)} cannot be checked here"
    off = f"(order {len(level.above) + 1}): samples give it only to within {np.max(uncertain):.2g}."
    return message(f"{where} {off}", "Check at a point away from kinks, poles and the border of the domain.")


_REPAIR = "If a rule of your own (custom_jvp, custom_vjp, chainrule.rules) takes part, correct it."


def _is_number(leaf: Any) -> bool:
    if isinstance(leaf, bool):
        return False
    if isinstance(leaf, (np.ndarray, np.generic)):
        return leaf.dtype.kind in "iufc"
    return isinstance(leaf, (int, float, complex))


def _as_float(leaf: Any) -> Any:
    array = np.asarray(leaf)
    array = array if array.dtype.kind in "fc" else array.astype(np.float64)
    return array if isinstance(leaf, np.ndarray) else array[()]


def _random(rng: np.random.Generator, like: Any) -> Any:
    """Return random numbers of an array's shape, and of its dtype where that is floating."""
    array = np.asarray(like)
    draw = rng.standard_normal(array.shape)
    if array.dtype.kind == "c":
        draw = draw + 1j * rng.standard_normal(array.shape)
    return np.asarray(draw, dtype=_floating(like))[()]


def _floating(like: Any) -> Any:
    dtype = np.asarray(like).dtype
    return dtype if dtype.kind in "fc" else np.dtype(np.float64)


def _vector(result: Any) -> _Vector:
    """Lay a nested result out in one real vector; a complex number takes two places."""
    numbers = tree.map(lambda x: np.asarray(x, dtype=np.float64) if np.asarray(x).dtype.kind == "b" else x, result)
    return tree.ravel(numbers)[0].astype(np.float64)
