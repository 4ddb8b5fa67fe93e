"""What the methods are measured against."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from .. import numeric, tree
from ._elementary import DIGITS, context
from ._precise import HighPrecision, Meter, TooLongError, exact_array
from ._program import Matrix, Program, sampled_matrix

__all__ = ["Reference", "find_reference"]

OPERATIONS = 250_000  # on single numbers: a few seconds
STEP_DIGITS = 20  # central differences err by the square of the step, 40 digits down
KINK, JUMP = 1e-6, 1e12  # differences of the slopes on both sides


@dataclass(frozen=True)
class Reference:
    """The derivative that the methods are measured against.

    Attributes
    ----------
    kind : str
        ``"precise"``, ``"richardson"`` or ``"none"``.
    matrix : ndarray or None
        A row for each output, a column for each input; of mpmath's numbers if `kind` is ``"precise"``.
    error : float
        What it may itself be wrong by, relative to its largest entry, by its own estimate.
    note : str
        What should be known about it.
    """

    kind: str
    matrix: Matrix | None
    error: float
    note: str = ""

    @property
    def source(self) -> str:
        """Say in words where it comes from."""
        return {
            "precise": f"central differences of the program run in {DIGITS}-digit arithmetic",
            "richardson": "Richardson extrapolation of samples",
            "none": "none",
        }[self.kind]

    @property
    def rounded(self) -> Matrix | None:
        """The derivative in double precision."""
        return None if self.matrix is None else self.matrix.astype(np.float64)

    def error_of(self, matrix: Matrix) -> float | None:
        """Return the largest difference of a derivative, over the reference's largest entry if that is not zero."""
        if self.matrix is None or self.matrix.shape != matrix.shape:
            return None
        if not self.matrix.size:
            return 0.0
        if np.isnan(matrix.astype(np.float64)).any():
            return float("inf")
        with np.errstate(all="ignore"):
            exact = self.matrix if self.kind == "precise" else self.matrix.astype(np.float64)
            scale = np.max(np.abs(exact)) or 1
            given = np.asarray(matrix, dtype=np.float64)
            far = np.max(np.abs(given - exact)) if np.isfinite(given).all() else np.inf
            return float(far / scale)


def find_reference(program: Program) -> Reference:
    """Differentiate in high precision if the program can be run there, else by extrapolation."""
    try:
        with np.errstate(all="ignore"):
            return _precise(program)
    except Exception as error:
        why = _why(error)
    with np.errstate(all="ignore"):
        return _extrapolated(program, why)


def _why(error: Exception) -> str:
    if isinstance(error, ModuleNotFoundError):
        return "there is no mpmath to compute more digits with (pip install 'chainrule[symbolic]')"
    text = str(error).strip().split("\n")[0] or type(error).__name__
    return f"the program did not run in {DIGITS}-digit arithmetic: {text.rstrip('.')}"


def _precise(program: Program) -> Reference:
    """Take central differences, and check them along one direction with another step."""
    mp = context()
    samples = _Samples(program)
    base = samples.at([0] * program.n, first=True)
    step = mp.mpf(10) ** -STEP_DIGITS
    sides = []
    for column in range(program.n):
        h = step * max(1, abs(samples.flat[column]))
        move = [h if i == column else 0 for i in range(program.n)]
        above, below = samples.at(move), samples.at([-x for x in move])
        sides.append(((above - base) / h, (base - below) / h))
    right = np.stack([a for a, _ in sides], axis=1)
    left = np.stack([b for _, b in sides], axis=1)
    matrix = (right + left) / 2
    if not all(mp.isfinite(x) for x in matrix.flat):
        raise ArithmeticError("its derivative is not finite there")
    unlike, kink, gap = _unlike(base, program), *_kinks(right, left, program)
    if gap > JUMP:
        return Reference("none", None, float("nan"), kink)
    scale = float(np.max(np.abs(matrix), initial=mp.mpf(0))) or 1.0
    error = max(_estimate(samples, matrix, step), gap / 2 / scale)
    return Reference("precise", matrix, error, f"{unlike} {kink}".strip())


class _Samples:
    """The program on mpmath's numbers, around the point; the first run tells whether the others can be afforded."""

    def __init__(self, program: Program) -> None:
        self._program = program
        self._meter = Meter(OPERATIONS)
        self._shapes = [np.shape(x) for x in program.point]
        parts = [HighPrecision(x, self._meter).value.ravel() for x in program.point]
        self.flat = np.concatenate(parts)

    def at(self, move: list[Any], first: bool = False) -> Any:
        """Return the outputs at the point moved by some numbers."""
        flat, leaves, start = self.flat + np.array(move, dtype=object), [], 0
        for shape in self._shapes:
            stop = start + int(np.prod(shape))
            leaves.append(HighPrecision(flat[start:stop].reshape(shape).copy(), self._meter))
            start = stop
        result = tree.flatten(self._program.call(*leaves))[0]
        if first and self._meter.used * (2 * self._program.n + 3) > OPERATIONS:
            raise TooLongError("it would take too long")
        return np.concatenate([np.ravel(exact_array(out)) for out in result])


def _estimate(samples: _Samples, matrix: Matrix, step: Any) -> float:
    """Compare with a difference along a fixed direction in which every input moves, with a three times larger step."""
    mp = context()
    direction = [mp.mpf(1 + i % 7) / 7 * (-1) ** (i // 3) for i in range(matrix.shape[1])]
    move = [3 * step * v for v in direction]
    slope = (samples.at(move) - samples.at([-x for x in move])) / (6 * step)
    scale = np.max(np.abs(matrix), initial=mp.mpf(0)) or 1
    return float(np.max(np.abs(matrix @ np.array(direction, dtype=object) - slope), initial=mp.mpf(0)) / scale)


def _unlike(base: Any, program: Program) -> str:
    """Tell if rounding has changed the value itself, so that no method in double precision can be right."""
    given = np.concatenate([np.ravel(x) for x in tree.flatten(program.value)[0]]).astype(np.float64)
    exact = base.astype(np.float64)
    scale = np.max(np.abs(exact), initial=0.0) or 1.0
    single = any(getattr(x, "dtype", np.dtype(float)).itemsize < 8 for x in program.point)
    if np.max(np.abs(given - exact), initial=0.0) <= (1e-3 if single else 1e-6) * scale:
        return ""
    return "The program's value in double precision differs from its exact value: it amplifies rounding errors."


def _kinks(right: Matrix, left: Matrix, program: Program) -> tuple[str, float]:
    """Name an input at which the slopes on both sides differ, and return by how much, or zero."""
    gaps = np.abs(right - left).astype(np.float64)
    slopes = gaps > KINK * np.maximum(1, np.abs(right)).astype(np.float64)
    if not slopes.any():
        return "", 0.0
    row, at = (int(i) for i in np.unravel_index(np.argmax(np.where(slopes, gaps, 0.0)), gaps.shape))
    name, gap = program.inputs[at], float(gaps[row, at])
    if gap > JUMP:
        return f"The function jumps here as {name} changes: it has no derivative.", gap
    sides = f"{float(left[row, at]):.6g} below and {float(right[row, at]):.6g} above"
    return f"There is a kink: the slope by {name} is {sides}, and the reference is their mean.", gap


def _extrapolated(program: Program, why: str) -> Reference:
    try:
        found = numeric.richardson(program.sampled, program.point)
        matrix, errors = (sampled_matrix(part, program) for part in (found.value, found.error_estimate))
    except Exception:
        return Reference("none", None, float("nan"), why[:1].upper() + why[1:] + ".")
    if not np.isfinite(matrix).all():
        return Reference("none", None, float("nan"), why[:1].upper() + why[1:] + ".")
    scale = np.abs(matrix).max(initial=0.0) or 1.0
    return Reference("richardson", matrix, float(errors.max(initial=0.0) / scale), why[:1].upper() + why[1:] + ".")
