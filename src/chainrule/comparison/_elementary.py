"""The elementwise rows of the table in mpmath's words: the same functions, to any number of digits."""

from __future__ import annotations

import operator
from collections.abc import Callable
from functools import cache
from typing import Any

import numpy as np

__all__ = ["DIGITS", "context", "elementary", "exact"]

DIGITS = 60
Fn = Callable[..., Any]


@cache
def context() -> Any:
    """Return mpmath, at our number of digits and apart from the user's own mpmath."""
    from mpmath.ctx_mp import MPContext

    mp = MPContext()
    mp.dps = DIGITS
    return mp


def exact(x: Any) -> Any:
    """Return a number as mpmath's, every bit of it."""
    mp = context()
    if isinstance(x, (mp.mpf, mp.mpc)):
        return x
    if isinstance(x, np.ndarray):  # of dimension 0: NumPy writes it into an array of objects as it is
        return exact(x[()])
    if isinstance(x, complex):
        return mp.mpc(x)
    return mp.mpf(int(x) if isinstance(x, (int, np.integer, np.bool_)) else float(x))


@cache
def elementary(name: str) -> Fn | None:
    """Return the function of one row, on mpmath's numbers, or None if there is no counterpart."""
    fn = _all().get(name)
    return None if fn is None else _real(fn)


def _real(fn: Fn) -> Fn:
    """Give a function NumPy's manners: real numbers have real results or nan, and poles are infinite."""
    mp = context()

    def compute(*args: Any) -> Any:
        try:
            result = exact(fn(*args))
        except (ZeroDivisionError, ValueError):
            return mp.nan
        if isinstance(result, mp.mpc) and not any(isinstance(x, mp.mpc) for x in args):
            return mp.nan
        return result

    return compute


def _all() -> dict[str, Fn]:
    return {**_arithmetic(), **_choices(), **_powers(), **_trigonometric()}


def _arithmetic() -> dict[str, Fn]:
    mp = context()
    two_pi = 2 * mp.pi

    def divide(x: Any, y: Any) -> Any:
        if y == 0:
            return mp.nan if x == 0 or mp.isnan(x) else mp.inf * mp.sign(x)
        return x / y

    def fmod(x: Any, y: Any) -> Any:
        return x - y * _truncated(x / y)

    return {
        "positive": operator.pos, "negative": operator.neg, "add": operator.add, "subtract": operator.sub,
        "multiply": operator.mul, "divide": divide, "square": lambda x: x * x, "reciprocal": lambda x: divide(1, x),
        "remainder": lambda x, y: x - y * mp.floor(x / y), "fmod": fmod, "ldexp": lambda x, n: x * mp.mpf(2) ** n,
        "fraction": lambda x: x - _truncated(x), "real": lambda z: z.real, "imag": lambda z: z.imag,
        "conjugate": mp.conj, "degrees": lambda x: x * 360 / two_pi, "rad2deg": lambda x: x * 360 / two_pi,
        "radians": lambda x: x * two_pi / 360, "deg2rad": lambda x: x * two_pi / 360,
    }  # fmt: skip


def _truncated(x: Any) -> Any:
    mp = context()
    return mp.floor(x) if x >= 0 else mp.ceil(x)


def _choices() -> dict[str, Fn]:
    mp = context()

    def larger(x: Any, y: Any) -> Any:
        return x if mp.isnan(x) or x >= y else y

    def smaller(x: Any, y: Any) -> Any:
        return x if mp.isnan(x) or x <= y else y

    def signed(x: Any, sign: Any) -> Any:
        return abs(x) if sign >= 0 else -abs(x)

    def finite(x: Any) -> Any:
        """Return x if it is finite; what nan and infinities become has derivative zero."""
        return x if mp.isfinite(x) else mp.nan

    return {
        "absolute": abs, "fabs": abs, "maximum": larger, "minimum": smaller, "sign_real": mp.sign, "copysign": signed,
        "fmax": lambda x, y: y if mp.isnan(x) else x if mp.isnan(y) else larger(x, y),
        "fmin": lambda x, y: y if mp.isnan(x) else x if mp.isnan(y) else smaller(x, y),
        "clamp": lambda x, low, high: smaller(larger(x, low), high), "nan_to_num": finite,
        "heaviside": lambda x, middle: mp.mpf(x > 0) if x else middle,
    }  # fmt: skip


def _powers() -> dict[str, Fn]:
    mp = context()

    def power(x: Any, y: Any) -> Any:
        return x ** int(y) if mp.isint(y) else x**y

    def log(x: Any) -> Any:
        return -mp.inf if x == 0 else mp.log(x)

    def log_of_sum(base: Any) -> Fn:
        def compute(x: Any, y: Any) -> Any:
            low, high = (x, y) if x <= y else (y, x)
            return high if mp.isinf(high) else high + mp.log1p(base ** (low - high)) / mp.log(base)

        return compute

    return {
        "power_constant": power, "power_general": power, "exp": mp.exp, "exp2": lambda x: mp.mpf(2) ** x,
        "expm1": mp.expm1, "log": log, "log2": lambda x: log(x) / mp.log(2), "log10": lambda x: log(x) / mp.log(10),
        "log1p": lambda x: -mp.inf if x == -1 else mp.log1p(x), "sqrt": mp.sqrt, "root": mp.sqrt,
        "cbrt": lambda x: mp.cbrt(x) if x >= 0 else -mp.cbrt(-x), "logaddexp": log_of_sum(mp.e),
        "logaddexp2": log_of_sum(mp.mpf(2)),
    }  # fmt: skip


def _trigonometric() -> dict[str, Fn]:
    mp = context()
    return {
        "sin": mp.sin, "cos": mp.cos, "tan": mp.tan, "arcsin": mp.asin, "arccos": mp.acos, "arctan": mp.atan,
        "arctan2": mp.atan2, "hypot": mp.hypot, "sinc": mp.sincpi, "sinh": mp.sinh, "cosh": mp.cosh, "tanh": mp.tanh,
        "arcsinh": mp.asinh, "arccosh": mp.acosh, "arctanh": mp.atanh,
    }  # fmt: skip
