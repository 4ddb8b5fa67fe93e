"""The difference quotients themselves; the table of schemes and their sources stand in the package's docstring."""

from __future__ import annotations

import warnings
from collections.abc import Callable
from typing import Any, Literal

import numpy as np
import numpy.typing as npt

from ..errors import DerivativeError, message
from ._samples import EPS, LostStepError, NumericDerivative, Samples, flat

__all__ = [
    "central_difference",
    "complex_step",
    "derivative",
    "directional",
    "forward_difference",
    "richardson",
    "step_sweep",
]

Scheme = Literal["forward", "central", "complex", "richardson"]
_Array = npt.NDArray[Any]


def forward_difference(f: Callable[..., Any], x: Any, *, step: Any = None, direction: Any = None) -> NumericDerivative:
    """Differentiate by ``(f(x + h) - f(x)) / h``: cheap and one-sided, right to about eight digits.

    Parameters
    ----------
    f : callable
        Takes ``x`` (or ``*x``) and returns a number or a numeric array.
    x : number, array or tuple of these
        The point.
    step : number or like x, optional
        The absolute step h, positive. Default: ``sqrt(eps) * max(1, |x|)`` for each input.
    direction : like x, optional
        Differentiate along this one direction instead of along every axis: two calls.

    Returns
    -------
    NumericDerivative
        nan where ``x``, or a sample of ``f``, is not finite.

    Raises
    ------
    DerivativeError
        For a complex or non-numeric ``x`` or ``f(x)``, a result that changes its shape, a step that is not positive or
        is lost against ``x``, and, unless ``step`` is given, a result in single precision (its rounding would drown h).

    Examples
    --------
    >>> d = forward_difference(lambda x, y: x**2 * y + y + 2, (3.0, 4.0))
    >>> [round(float(v), 5) for v in d.value], d.evaluations
    ([24.0, 10.0], 3)
    """
    samples = Samples(f, x, direction)
    steps = samples.steps(step, _relative(EPS**0.5))
    start = samples.base()
    columns = []
    for line, h in zip(samples.lines, steps, strict=True):
        end, moved = samples.along(line, h)
        columns.append(_quotient(end, start, moved))
    samples.refuse_single_precision(step)
    return samples.result(columns, steps)


def central_difference(f: Callable[..., Any], x: Any, *, step: Any = None, direction: Any = None) -> NumericDerivative:
    """Differentiate by ``(f(x + h) - f(x - h)) / 2h``: right to about ten digits, for twice the calls.

    Parameters, result and errors as in `forward_difference`; the default step is ``cbrt(eps) * max(1, |x|)``. ``f`` is
    never called at ``x`` itself, so a hole there goes unseen, and at a kink the mean of the two slopes comes out.

    Examples
    --------
    >>> import numpy as np
    >>> d = central_difference(lambda x: np.array([x[0] * x[1], x[2]]), np.array([1.0, 2.0, 3.0]))
    >>> d.value.round(8)
    array([[2., 1., 0.],
           [0., 0., 1.]])
    >>> d.evaluations
    6
    """
    samples = Samples(f, x, direction)
    steps = samples.steps(step, _relative(EPS ** (1 / 3)))
    columns = []
    for line, h in zip(samples.lines, steps, strict=True):
        (above, up), (below, down) = samples.along(line, h), samples.along(line, -h)
        columns.append(_quotient(above, below, up - down))
    samples.refuse_single_precision(step)
    return samples.result(columns, steps)


def complex_step(f: Callable[..., Any], x: Any, *, step: Any = None, direction: Any = None) -> NumericDerivative:
    """Differentiate by ``Im f(x + ih) / h``: right to the last digits, for real programs of analytic functions.

    Parameters and result as in `forward_difference`; the default step is ``1e-20 * max(1, |x|)``.

    Raises
    ------
    DerivativeError
        As in `forward_difference`, and where ``f`` raises TypeError for complex numbers, drops the imaginary part
        (`float`, `math.sin`, writing into a real array), returns real numbers, or is complex at real arguments
        (more than 1e12 times the step is taken for that).

    Warnings
    --------
    ``abs``, ``np.conj`` and ``np.real`` are not analytic. Inside a larger expression they leave the result complex and
    the derivative silently wrong: ``abs(x) * x`` gives ``|x|`` instead of ``2|x|``. Use another scheme there.

    Examples
    --------
    >>> import numpy as np
    >>> d = complex_step(np.sin, 1.0)
    >>> float(d.value) == float(np.cos(1.0)), d.evaluations
    (True, 1)
    """
    samples = Samples(f, x, direction)
    steps = samples.steps(step, _relative(1e-20))
    columns = []
    with warnings.catch_warnings():
        warnings.simplefilter("error", np.exceptions.ComplexWarning)
        for line, h in zip(samples.lines, steps, strict=True):
            try:
                y, moved = samples.along(line, complex(0.0, h))
            except (TypeError, np.exceptions.ComplexWarning) as error:
                raise _not_analytic(f"f does not accept complex numbers ({error}).") from error
            _check_analytic(y, h * (1.0 if isinstance(line, int) else np.abs(line).max(initial=0.0)))
            columns.append(_quotient(y.imag, 0.0, moved.imag if np.isfinite(moved) else np.nan))
    return samples.result(columns, steps)


def richardson(
    f: Callable[..., Any], x: Any, *, step: Any = None, direction: Any = None, levels: int = 10
) -> NumericDerivative:
    """Extrapolate central differences to a vanishing step, with an estimate of the error (Ridders' tableau).

    Every halving of the step lets one more power of h be eliminated. For each element of the result, the entry of the
    tableau with the smallest estimate is kept: the distance to the entry's two ancestors, plus the rounding errors of
    the samples, and of ``x`` times the derivative, over h. Result and errors as in `forward_difference`.

    Parameters
    ----------
    f, x, direction
        As in `forward_difference`.
    step : number or like x, optional
        The first step: large, one over which ``f`` changes visibly. Default: ``0.02 * max(1, sqrt|x|, 1e-6 |x|)``.
    levels : int
        How many steps are tried, at least 2; each costs two calls for every input.

    Notes
    -----
    The first samples may lie outside the domain of ``f``: its floating-point warnings are silenced, and entries of the
    tableau that are not finite are left out. The estimate assumes that ``f`` is smooth over the steps: several
    oscillations within the first, or a kink closer to ``x`` than the last, can deceive it.

    Examples
    --------
    >>> import numpy as np
    >>> d = richardson(np.exp, 1.0)
    >>> bool(abs(d.value - np.e) < d.error_estimate < 1e-11)
    True
    """
    if levels < 2:
        raise DerivativeError(message(f"levels is {levels}.", "Extrapolation needs at least two step sizes."))
    samples = Samples(f, x, direction)
    steps = samples.steps(step, lambda x: 0.02 * np.maximum(np.maximum(1.0, np.sqrt(np.abs(x))), 1e-6 * np.abs(x)))
    with np.errstate(all="ignore"):
        pairs = [_ridders(samples, line, h, levels) for line, h in zip(samples.lines, steps, strict=True)]
    return samples.result([value for value, _ in pairs], steps, [error for _, error in pairs])


_SCHEMES: dict[str, Callable[..., NumericDerivative]] = {
    "forward": forward_difference,
    "central": central_difference,
    "complex": complex_step,
    "richardson": richardson,
}


def derivative(f: Callable[..., Any], x: Any, *, scheme: Scheme = "central", step: Any = None) -> NumericDerivative:
    """Gradient (of a scalar ``f``) or Jacobian by the named scheme: "forward", "central", "complex" or "richardson".

    Examples
    --------
    >>> import numpy as np
    >>> derivative(lambda x: np.sum(x**3), np.array([1.0, 2.0]), scheme="complex").value
    array([ 3., 12.])
    """
    return _scheme(scheme)(f, x, step=step)


def directional(
    f: Callable[..., Any], x: Any, v: Any, *, scheme: Scheme = "central", step: Any = None
) -> NumericDerivative:
    """Derivative of ``f`` along ``v``, that is ``J @ v``, in one or two calls however many inputs there are.

    ``v`` has the shape of ``x`` and is not normalised; ``step`` multiplies it. By default the step is the scheme's own,
    over the largest entry of ``v``.

    Examples
    --------
    >>> d = directional(lambda x, y: x * y, (3.0, 4.0), (1.0, 10.0), scheme="complex")
    >>> float(d.value), d.evaluations
    (34.0, 1)
    """
    return _scheme(scheme)(f, x, step=step, direction=v)


def step_sweep(
    f: Callable[..., Any], x: Any, steps: Any, *, scheme: Scheme = "central", reference: Any = None
) -> npt.NDArray[np.float64]:
    """Error of a scheme for each of several step sizes: the V-shaped curve of truncation against rounding.

    The error is the largest difference from ``reference`` (the derivative, by default from `richardson`), over the
    largest entry of ``reference`` where that is not zero. A step lost against ``x`` gives nan.

    Examples
    --------
    >>> import numpy as np
    >>> errors = step_sweep(np.exp, 1.0, [1e-1, 1e-5, 1e-13])
    >>> bool(errors[0] > errors[1] < errors[2])
    True
    """
    steps = np.asarray(steps, dtype=np.float64)
    exact = flat(richardson(f, x).value if reference is None else reference)
    scale = float(np.abs(exact).max(initial=0.0)) or 1.0
    errors = np.full(steps.shape, np.nan)
    for at, step in np.ndenumerate(steps):
        try:
            value = flat(derivative(f, x, scheme=scheme, step=float(step)).value)
        except LostStepError:
            continue
        if value.shape != exact.shape:
            what = f"The reference has {exact.size} numbers where the derivative has {value.size}."
            raise DerivativeError(message(what, "Give the derivative itself as the reference."))
        errors[at] = np.abs(value - exact).max(initial=0.0) / scale
    return errors


def _relative(size: float) -> Callable[[_Array], _Array]:
    return lambda x: size * np.maximum(1.0, np.abs(x))


def _quotient(end: _Array, start: Any, moved: float) -> _Array:
    with np.errstate(all="ignore"):
        ratio: _Array = np.asarray((end - start) / moved)
    return ratio if np.isfinite(moved) else np.full_like(ratio, np.nan)


def _ridders(samples: Samples, line: int | _Array, h: float, levels: int) -> tuple[_Array, _Array]:
    """Fill the triangular tableau row by row; return the best entry and its error estimate, for each element."""
    previous: list[_Array] = []
    best = error = np.array(np.nan)
    for _ in range(levels):
        (above, up), (below, down) = samples.along(line, h), samples.along(line, -h)
        row = [_quotient(above, below, up - down)]
        noise = samples.eps * (4 * np.maximum(np.abs(above), np.abs(below)) + samples.reach(line) * np.abs(row[0])) / h
        if not previous:
            best, error = np.full_like(row[0], np.nan), np.full(row[0].shape, np.inf)
        for j, old in enumerate(previous):
            new = row[j] + (row[j] - old) / (4.0 ** (j + 1) - 1)
            estimate = np.maximum(np.abs(new - row[j]), np.abs(new - old)) + noise
            better = estimate <= error
            best, error = np.where(better, new, best), np.where(better, estimate, error)
            row.append(new)
        previous, h = row, h / 2
    return best, np.where(np.isnan(best), np.nan, error)


def _check_analytic(y: _Array, move: float) -> None:
    """Refuse a result whose imaginary part is missing, or far too large to come from so small a move."""
    if y.dtype.kind != "c":
        raise _not_analytic("f returned real numbers for a complex argument, so the derivative is lost.")
    if np.any(np.abs(y.imag) > 1e12 * move * np.maximum(1.0, np.abs(y.real))):
        raise _not_analytic("f returned numbers that are complex by themselves, not because of the step.")


def _not_analytic(what: str) -> DerivativeError:
    return DerivativeError(message(what, 'Use central_difference (scheme="central") for this function.'))


def _scheme(name: str) -> Callable[..., NumericDerivative]:
    if name not in _SCHEMES:
        raise DerivativeError(message(f"There is no scheme {name!r}.", f"Choose one of {', '.join(_SCHEMES)}."))
    return _SCHEMES[name]
