"""The functions of `math` on numbers of the program: NumPy's do the same in double precision."""

from __future__ import annotations

import functools
import math
import operator
from collections.abc import Callable
from importlib import import_module
from typing import Any

import numpy as np

from ...rules import Operand, lookup
from .. import ir
from ..build import const
from ..scalar import Scalar
from .array import Array
from .context import Context, known
from .expressions import atom_of
from .iteration import Iteration, items_of, iterate

__all__ = ["call_math", "single"]

Handler = Callable[..., Any]

_MATH = {
    "sin": np.sin, "cos": np.cos, "tan": np.tan, "asin": np.arcsin, "acos": np.arccos, "atan": np.arctan,
    "atan2": np.arctan2, "sinh": np.sinh, "cosh": np.cosh, "tanh": np.tanh, "asinh": np.arcsinh, "acosh": np.arccosh,
    "atanh": np.arctanh, "exp": np.exp, "exp2": np.exp2, "expm1": np.expm1, "log2": np.log2, "log10": np.log10,
    "log1p": np.log1p, "sqrt": np.sqrt, "cbrt": np.cbrt, "fabs": np.fabs, "pow": np.power, "fmod": np.fmod,
    "degrees": np.degrees, "radians": np.radians, "copysign": np.copysign,
}  # fmt: skip
_ROUNDED = {"floor": np.floor, "ceil": np.ceil, "trunc": np.trunc}
_OF_SCIPY = {"erf": "erf", "erfc": "erfc", "gamma": "gamma", "lgamma": "gammaln"}
_TESTS = {"isnan": np.isnan, "isinf": np.isinf, "isfinite": np.isfinite}


def call_math(function: Any, ctx: Context, *args: Any, **kwargs: Any) -> Any:
    name = function.__name__
    args = tuple([single(ctx, name, a) for a in args])
    if not any(isinstance(a, Operand) for a in args) and not any(_deep(a) for a in args):
        with ctx.user_errors():
            return function(*args, **kwargs)
    if name in _MATH:
        return _apply(ctx, _MATH[name], args)
    if name in _ROUNDED:
        if atom_of(args[0]).dtype == ir.INT:
            return args[0]
        return ctx.scalar(ctx.builder.cast(atom_of(_apply(ctx, _ROUNDED[name], args)), ir.INT))
    if name in _TESTS:
        return _apply(ctx, _TESTS[name], args)
    if name in _OF_SCIPY:
        return _apply(ctx, _of_scipy(ctx, name), args)
    special = _SPECIAL.get(name)
    if special is None:
        ctx.refuse(f"math.{name} of a number that is known at run time only.", "Write it with other functions.")
    return special(ctx, *args, **kwargs)


def _of_scipy(ctx: Context, name: str) -> Any:
    try:
        return getattr(import_module("scipy.special"), _OF_SCIPY[name])
    except ImportError:
        ctx.refuse(f"math.{name} is compiled as a function of SciPy, which is not installed.", "pip install scipy")


def _deep(value: Any) -> bool:
    return isinstance(value, (list, tuple, Iteration))


def single(ctx: Context, name: str, value: Any) -> Any:
    if isinstance(value, Array):
        if value.ndim and not all(n == const(1) for n in value.sizes):
            msg = "only length-1 arrays can be converted to Python scalars"
            raise TypeError(msg)
        return value.item()
    return value


def _apply(ctx: Context, ufunc: Any, args: tuple[Any, ...]) -> Any:
    floats = [Scalar(ctx.builder.cast(atom_of(a), ir.FLOAT), ctx.builder, True) for a in args]
    if ufunc is np.power and not isinstance(args[1], Operand):
        return np.power(floats[0], float(args[1]))
    return lookup(ufunc)(*floats)


def _log(ctx: Context, x: Any, base: Any = None) -> Any:
    value = _apply(ctx, np.log, (x,)) if isinstance(x, Operand) else math.log(x)
    if base is None:
        return value
    return value / (_apply(ctx, np.log, (base,)) if isinstance(base, Operand) else math.log(base))


def _hypot(ctx: Context, *args: Any) -> Any:
    if len(args) == 2:
        return _apply(ctx, np.hypot, args)
    return _apply(ctx, np.sqrt, (functools.reduce(operator.add, [a * a for a in args]),))


def _fsum(ctx: Context, values: Any) -> Any:
    from .comprehensions import fold

    return fold(ctx, iterate(ctx, values), 0.0, lambda a, b: known(a + b))


def _prod(ctx: Context, values: Any, *, start: Any = 1) -> Any:
    from .comprehensions import fold

    return fold(ctx, iterate(ctx, values), start, lambda a, b: known(a * b))


def _dist(ctx: Context, p: Any, q: Any) -> Any:
    pairs = zip(items_of(ctx, p), items_of(ctx, q), strict=True)
    return _hypot(ctx, *[a - b for a, b in pairs]) if len(p) != 1 else _apply(ctx, np.fabs, (p[0] - q[0],))


_SPECIAL: dict[str, Handler] = {"log": _log, "hypot": _hypot, "fsum": _fsum, "prod": _prod, "dist": _dist}
