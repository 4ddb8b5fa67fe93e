"""Try a program: compiled value, gradient and tangents against the recorded run, the samples and plain Python."""

from __future__ import annotations

import re
import signal
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any
from unittest.mock import patch

import numpy as np

import chainrule as cr
from compiled.wellformed import require_wellformed
from compiled.zoo import engine as installed
from compiled.zoo.reference import direction, moved, recorded, sampled_slope

from .program import Program, RejectedError, run

SECONDS = 60  # for all stages together; Numba may need most of it


@dataclass(frozen=True)
class Outcome:
    """How a program fared, at which stage, and why.

    ``kind`` is agreed, refused, mismatch, error (an exception that plain Python does not raise), rejected (the program
    says nothing), or suspicious (the record and the samples disagree with each other, at a smooth point).
    """

    kind: str
    stage: str = ""
    reason: str = ""

    def same_way(self, other: Outcome) -> bool:
        """Say whether two failures look like the same one."""
        same_error = self.kind != "error" or _error_name(self.reason) == _error_name(other.reason)
        return (self.kind, self.stage) == (other.kind, other.stage) and same_error


class Engine:
    """The compiled engine, with Numba or with the emitted Python alone."""

    def __init__(self, compile: bool) -> None:
        self.compile = compile

    def value(self, f: Callable[..., Any]) -> Callable[..., Any]:
        return installed.value(f, self.compile)

    def value_and_grad(self, f: Callable[..., Any], argnums: tuple[int, ...]) -> Callable[..., Any]:
        return installed.value_and_grad(f, argnums, self.compile)

    def jvp(self, f: Callable[..., Any]) -> Callable[..., Any]:
        return installed.jvp(f, self.compile)

    def hvp(self, f: Callable[..., Any], argnums: tuple[int, ...]) -> Callable[..., Any]:
        return installed.hvp(f, argnums, self.compile)


class DisagreementError(Exception):
    """Two numbers that should be equal are not."""


def check(
    program: Program,
    folder: Path,
    engine: Engine | None,
    *,
    second_order: bool = False,
    refused: type[Exception] = installed.Refused,
) -> Outcome:
    """Try a program in every way, up to the first that fails; without an engine, only the references.

    What is refused at one stage (the value, with the arguments written to) is tried at the next ones nevertheless.
    """
    stage = "plain"
    refusals: dict[str, str] = {}
    try:
        with time_limit(SECONDS):
            module = program.load(folder)
            f = module.f
            value, written = run(f, program)
            _require_steady(f, program, (value, *written))
            stage = "reference"
            gradient = _reference(f, program, value)
            if isinstance(gradient, Outcome) or engine is None:
                return gradient if isinstance(gradient, Outcome) else Outcome("agreed")
            for name, attempt in _stages(engine, module, program, value, written, gradient, second_order):
                stage = name
                with warnings.catch_warnings(), np.errstate(all="ignore"), all_wellformed():
                    warnings.simplefilter("error")
                    try:
                        attempt()
                    except refused as error:
                        refusals[name] = reason_of(error)
    except RejectedError as error:
        return Outcome("rejected", stage, str(error))
    except DisagreementError as error:
        return Outcome("mismatch", stage, str(error))
    except Exception as error:
        return Outcome("error", stage, f"{type(error).__name__}: {str(error)[:300]}")
    return Outcome("refused", ", ".join(refusals), next(iter(refusals.values()))) if refusals else Outcome("agreed")


def _stages(
    engine: Engine,
    module: Any,
    program: Program,
    value: float,
    written: tuple[Any, ...],
    gradient: list[Any],
    second_order: bool,
) -> Iterator[tuple[str, Callable[[], None]]]:
    """The comparisons, each by its name."""
    rng = np.random.default_rng(0)
    f, floats = module.f, program.argnums

    def primal() -> None:
        args = program.fresh()
        close("value", engine.value(f)(*args), value, 1e-11)
        for mine, theirs in zip(args, written, strict=True):
            close("what was written", mine, theirs, 1e-11)

    def reverse() -> None:
        args = program.fresh()
        result, found = engine.value_and_grad(f, floats)(*args)
        for mine, theirs in zip(args, program.args, strict=True):
            close("the caller's array", mine, theirs, 0)
        close("value with gradient", result, value, 1e-11)
        for i, mine, theirs in zip(floats, found, gradient, strict=True):
            close(f"gradient of argument {i}", mine, theirs, 1e-8)

    def forward() -> None:
        args = program.fresh()
        along = direction(args, floats, rng)
        result, tangent = engine.jvp(module.of_floats)(tuple(args[i] for i in floats), tuple(along))
        for mine, theirs in zip(args, program.args, strict=True):
            close("the caller's array, forwards", mine, theirs, 0)
        close("value with tangent", result, value, 1e-11)
        close("tangent", tangent, sum(float(np.sum(g * t)) for g, t in zip(gradient, along, strict=True)), 1e-8)

    def second() -> None:
        vector = tuple([d if d.ndim else float(d) for d in direction(program.args, floats, rng)])
        expected = cr.hvp(recorded(f), argnums=floats)(*program.fresh(), vector)
        for i, mine, theirs in zip(floats, engine.hvp(f, floats)(*program.fresh(), vector), expected, strict=True):
            if np.all(np.isfinite(theirs)):
                close(f"Hessian times vector, argument {i}", mine, theirs, 1e-7)

    yield "value", primal
    yield "gradient", reverse
    yield "jvp", forward
    if second_order:
        yield "hvp", second


def close(what: str, mine: Any, theirs: Any, tolerance: float) -> None:
    """Compare numbers or arrays; the tolerance is relative to the largest element, and to one."""
    mine, theirs = np.asarray(mine), np.asarray(theirs)
    if mine.shape != theirs.shape:
        raise DisagreementError(f"{what}: shape {mine.shape} instead of {theirs.shape}")
    scale = max(1.0, float(np.max(np.abs(theirs), initial=0.0)))
    if not np.all(np.abs(mine - theirs) <= tolerance * scale):
        raise DisagreementError(f"{what}: {mine.tolist()} instead of {theirs.tolist()}")


def _require_steady(f: Any, program: Program, before: tuple[Any, ...]) -> None:
    """Reject a program that makes much of the last bits of its arguments: rounding decides what comes out of it."""
    nudged = tuple([a * (1 + 1e-14) if i in program.argnums else a for i, a in enumerate(program.args)])
    value, written = run(f, replace(program, args=nudged))
    for mine, theirs in zip((value, *written), before, strict=True):
        if np.max(np.abs(mine - theirs), initial=0.0) > 1e-10 * max(1.0, np.max(np.abs(theirs), initial=0.0)):
            raise RejectedError("rounding decides")


def _reference(f: Any, program: Program, value: float) -> list[Any] | Outcome:
    """The recorded gradient, if the samples do not contradict it; a program that cannot be recorded is rejected."""
    along = direction(program.args, program.argnums, np.random.default_rng(1))
    with np.errstate(all="ignore"), warnings.catch_warnings():
        warnings.simplefilter("error")
        try:
            result, gradient = cr.value_and_grad(recorded(f), argnums=program.argnums)(*program.fresh())
        except (cr.MissingRuleError, cr.EscapeError, cr.DerivativeError) as error:
            return Outcome("rejected", "recording", f"{type(error).__name__}: {str(error).splitlines()[0]}")
        slope, error = sampled_slope(f, program.args, program.argnums, along)
    if abs(float(result) - value) > 1e-11 * max(1.0, abs(value)):
        return Outcome("suspicious", "recorded value", f"{result} instead of {value}")
    total = sum(float(np.sum(g * t)) for g, t in zip(gradient, along, strict=True))
    if not all(np.all(np.isfinite(g)) for g in gradient):
        return Outcome("rejected", "reference", "the gradient is not finite")
    if abs(total - slope) <= 1e-6 * max(1.0, abs(slope)) + 10 * error or not _smooth(f, program, along):
        return list(gradient)
    return Outcome("suspicious", "recorded gradient", f"slope {total}, sampled {slope} +- {error}")


def _smooth(f: Any, program: Program, along: list[Any]) -> bool:
    """Compare slopes on both sides and over two steps, to tell a kink or a jump nearby from a wrong derivative."""

    def at(t: float) -> float:
        return float(f(*moved(program.args, program.argnums, along, t)))

    h = 1e-5
    with np.errstate(all="ignore"):
        left, right = (at(0.0) - at(-h)) / h, (at(h) - at(0.0)) / h
        wide = (at(300 * h) - at(-300 * h)) / (600 * h)
    scale = max(1.0, abs(left), abs(right))
    return abs(left - right) < 1e-3 * scale and abs(wide - right) < 5e-2 * scale


def reason_of(error: Exception) -> str:
    """The first line of a refusal without what differs from program to program: names, numbers, places."""
    first = str(error).strip().splitlines()[0] if str(error).strip() else type(error).__name__
    first = re.sub(r"(`[^`]*`|'[^']*'|\"[^\"]*\")", "…", first)
    first = re.sub(r"\b[a-z]+\d+\b", "…", first)
    return re.sub(r"\d+", "#", first)[:100]


def _error_name(reason: str) -> str:
    return reason.split(":")[0]


@contextmanager
def all_wellformed() -> Iterator[None]:
    """Look at every program that is differentiated or written out."""
    from chainrule.compiled import jit, transforms

    def looking(change: Callable[..., Any]) -> Callable[..., Any]:
        def looked(program: Any, *args: Any, **kwargs: Any) -> Any:
            require_wellformed(program)
            return change(program, *args, **kwargs)

        return looked

    with patch.object(jit, "emit", looking(jit.emit)), patch.object(transforms, "prepare", looking(transforms.prepare)):
        yield


@contextmanager
def time_limit(seconds: int) -> Iterator[None]:
    """Stop what takes too long, with TimeoutError."""

    def stop(*_: Any) -> None:
        raise TimeoutError(f"longer than {seconds} s")

    before = signal.signal(signal.SIGALRM, stop)
    signal.alarm(seconds)
    try:
        yield
    finally:
        signal.alarm(0)
        signal.signal(signal.SIGALRM, before)
