"""The short paths: one function for each elementwise row, specialised as `dataclasses` specialise ``__init__``.

They cover calls of one or two arguments with one active recorder, which is nearly all of them, and do exactly what
`tensor.apply` does; everything else is handed to it. What a rule reads is known when its row is declared, so the
entry that goes onto the tape is written out rather than gathered.

An operand whose array has as many bytes and axes as the result's has its shape and dtype, unless it is empty: both
broadcasting and promotion can only make the result larger.
"""

from __future__ import annotations

import linecache
from collections.abc import Callable
from itertools import repeat, starmap
from typing import Any

import numpy as np

from ..calculus import Pull, fit, pulls
from ..rules import Operand, Row, Spec, lookup
from ..rules._calls import store_result
from ..rules._operand import OPERATORS, UNARY
from ..rules._operand import PLAIN as ACCEPTED
from ..rules.arithmetic import power_constant
from . import texts
from .boxes import SYMBOLS, Boxes, boxed_partial
from .guards import SMALL
from .probe import becomes_real, has_poles, keeps_form, promotes
from .state import current, keys
from .tensor import FLOAT64, Tensor, apply, form_of, number_beside
from .walk import MINUS, PLUS, TIMES

__all__ = ["short_path"]

NUMBERS = frozenset((float, int, np.float64))
BLANKS = starmap(object.__new__, repeat((Tensor,)))  # ``next`` of this is the shortest way to a new handle
_CACHE: dict[tuple[Row, bool], Callable[..., Any]] = {}


def short_path(row: Row, reflected: bool = False) -> Callable[..., Any]:
    """Return the specialised function of a row (``reflected``: with its two arguments exchanged).

    A row without a short path is returned itself.
    """
    if (row, reflected) not in _CACHE:
        eligible = row.kind == "elementwise" and len(row.operands) <= 2 and not (row.params and len(row.operands) > 1)
        _CACHE[row, reflected] = _specialise(row, reflected) if eligible and keeps_form(row) else row
    return _CACHE[row, reflected]


def _specialise(row: Row, reflected: bool, poles: bool = False) -> Callable[..., Any]:
    unary = len(row.operands) == 1
    plans = pulls(row)
    words = _unary_words(row) if unary else {"order": "y, x" if reflected else "x, y"}
    words |= {"name": row.name, "quiet": _QUIET if poles or has_poles(row) else ""}
    boxed = {f"boxed_{letter}": _boxed(plan) for letter, plan in zip("xy", plans, strict=False)}
    for letter, plan in zip("xy", plans, strict=False):
        words |= _entry(plan, letter, unary, boxed[f"boxed_{letter}"] is not None)
    if not unary:
        reads = [{reader.which for reader in plan.readers if reader.what == "value"} for plan in plans]
        words["call"] = SYMBOLS.get(row.compute, "fn({}, {})").format("a", "b")
        words["keep_b"] = _KEEP.format("b") if 1 in reads[0] else "pass"
        words["keep_a"] = _KEEP.format("a") if 0 in reads[1] else "pass"
        words["number_b"] = _NUMBER.format("b", "y", "a") if 1 in reads[0] and callable(plans[0].fn) else ""
        words["number_a"] = _NUMBER.format("a", "x", "b") if 0 in reads[1] and callable(plans[1].fn) else ""
        words["and_exact"] = " and ans.dtype is FLOAT64" if promotes(row) else ""
        words["both"] = _both(plans, words)
        words["sum"] = f"t - {words['tangent_y'][1:]}" if plans[1].fn == -1 else f"t + {words['tangent_y']}"
    text = (texts.UNARY if unary else texts.BINARY).format(**words)
    names = {
        "FLOAT64": FLOAT64, "MINUS": MINUS, "NUMBERS": NUMBERS, "PLUS": PLUS, "SMALL": SMALL, "Spec": Spec,
        "TIMES": TIMES, "Tensor": Tensor, "apply": apply, "blanks": BLANKS, "boxes": Boxes(), "current": current,
        "errstate": np.errstate, "fit": fit, "float64": np.float64, "fn": row.compute, "form_of": form_of, "keys": keys,
        "ndarray": np.ndarray, "number": number_beside, "pull_x": plans[0].fn, "pull_y": plans[-1].fn, "row": row,
        "slow": _slow(row, reflected), **boxed,
    }  # fmt: skip
    filename = f"<short path of {row.name}>"
    linecache.cache[filename] = (len(text), None, text.splitlines(keepends=True), filename)  # for tracebacks
    exec(compile(text, filename, "exec"), names)
    return names[row.name]  # type: ignore[no-any-return]


def _unary_words(row: Row) -> dict[str, str]:
    checked = becomes_real(row) or promotes(row)
    params = "".join([f", {name}" for name in row.params])
    return {
        "call": f"fn(a{params})",
        "params": params,
        "form": "form_of(ans)" if params else "x.form",  # a parameter may be an array or complex
        "params_dict": "{" + ", ".join(f"{name!r}: {name}" for name in row.params) + "}",
        "spec": "None if form is not None else Spec(a.shape, a.dtype)" if checked else "None",
        "fit": "t = t if form is not None else fit(t, ans); " if checked else "",
    }


def _slow(row: Row, reflected: bool) -> Callable[..., Any]:
    """Return what a short path hands over to: the row, for operands that are numbers, arrays or recorded values."""

    def slow(first: Any, second: Any) -> Any:
        for operand in (first, second):
            if not isinstance(operand, ACCEPTED) and not hasattr(operand, "__chainrule_priority__"):
                return NotImplemented
        return row(second, first) if reflected else row(first, second)

    return slow


def _boxed(plan: Pull) -> Callable[..., Any] | None:
    """Return what computes an edge's partial of arrays of doubles, where that is another function."""
    own = callable(plan.fn) and all(reader.what in ("ans", "value") for reader in plan.readers)
    return boxed_partial(plan.fn, len(plan.readers)) if own else None


def _entry(plan: Pull, letter: str, unary: bool, boxed: bool) -> dict[str, str]:
    """Write out what one edge saves, what identifies it, and the product of the partial and a tangent."""
    values = {0: "a", 1: "b"}
    keys = {0: "xk", 1: "yk"}
    saved, ids = [], []
    for what, which in plan.readers:
        saved.append({"ans": "ans", "param": str(which)}.get(what) or values[which])
        ids.append({"ans": "key", "param": "None"}.get(what) or keys[which])
    tangent = "tan[mine]" if unary else "dx"
    words = {f"pull_{letter}": f"pull_{letter}", f"best_{letter}": f"pull_{letter}"}
    if not saved:
        product = tangent if plan.fn == 1 else f"-{tangent}" if plan.fn == -1 else f"{tangent} * {plan.fn!r}"
        return words | {f"saved_{letter}": "None", f"ids_{letter}": "None", f"tangent_{letter}": product}
    if boxed:
        words[f"best_{letter}"] = f"(boxed_{letter} if form else pull_{letter})"
    partial = saved[0] if plan.fn is None else f"{words[f'best_{letter}']}({', '.join(saved)})"
    one = len(saved) == 1
    return words | {
        f"saved_{letter}": saved[0] if one else f"({', '.join(saved)})",
        f"ids_{letter}": ids[0] if one else f"({', '.join(ids)})",
        f"tangent_{letter}": f"{partial} * {tangent}",
    }


def _both(plans: tuple[Pull, ...], words: dict[str, str]) -> str:
    """Write out what goes onto the tape for two operands of one form: one entry if a pair of `walk` fits, or two."""
    x, y = plans
    if (x.fn, y.fn) == (None, None) and (x.readers, y.readers) == ((("value", 1),), (("value", 0),)):
        return "key, xk, TIMES, a, yk, b"
    if x.fn == 1 and y.fn in (1, -1):
        return f"key, xk, {'PLUS' if y.fn == 1 else 'MINUS'}, None, yk, None"
    parts = [f"key, {z}k, {words[f'best_{z}']}, {words[f'saved_{z}']}, {words[f'ids_{z}']}, None" for z in "xy"]
    return ", ".join(parts)


_KEEP = "if kind is ndarray: {0} = {0}.copy() if {0}.size <= SMALL and {0}.flags.writeable else tape.guards.keep({0})"
_NUMBER = "elif kind is not float64: {0} = float64({1}) if form is not None else number({1}, {2})"
_QUIET = 'with errstate(all="ignore"): '
_NOTHING: Any = object()


def _array_ufunc(
    self: Tensor, ufunc: np.ufunc, method: str, x: Any, y: Any = _NOTHING, *others: Any, **options: Any
) -> Any:
    """Take the short path. The arguments are named since Python passes a tuple of them more slowly."""
    if method == "__call__" and not options and not others:
        return _PATHS[ufunc](x) if y is _NOTHING else _PATHS[ufunc](x, y)
    inputs = (x,) if y is _NOTHING else (x, y, *others)
    return Operand.__array_ufunc__(self, ufunc, method, *inputs, **options)


class _Paths(dict[np.ufunc, Callable[..., Any]]):
    """The short path of each ufunc, made at its first call."""

    def __missing__(self, ufunc: np.ufunc) -> Callable[..., Any]:
        path = self[ufunc] = short_path(lookup(ufunc))
        return path


_PATHS = _Paths()


def _power(self: Tensor, exponent: Any) -> Any:
    kind = type(exponent)
    if kind is int or kind is float:
        if exponent == 2:
            return _square(self)
        if exponent != 1 and exponent != 0:
            return _constant_power(self, exponent) if exponent > 1 else _steep_power(self, exponent)
    return Operand.__pow__(self, exponent)


def _in_place(name: str) -> Any:
    """Make ``x += v``: a write into an array, a new value for a scalar."""

    def method(self: Any, other: Any) -> Any:
        result = getattr(Tensor, f"__{name}__")(self, other)
        if result is NotImplemented or not isinstance(self.raw, np.ndarray):
            return result
        if result.shape != self.raw.shape or result.dtype is not self.raw.dtype:
            return store_result(self, result)
        self[...] = result
        return self

    return method


_square = short_path(lookup(np.square))
_constant_power = short_path(power_constant)
_steep_power = _specialise(power_constant, reflected=False, poles=True)  # the slope at 0 is infinite


def _install() -> None:
    for name in ("add", "sub", "mul", "truediv"):
        row = lookup(OPERATORS[name])
        setattr(Tensor, f"__{name}__", short_path(row))
        setattr(Tensor, f"__r{name}__", short_path(row, reflected=True))
    for name in ("neg", "pos"):
        setattr(Tensor, f"__{name}__", short_path(lookup(UNARY[name])))
    for name in OPERATORS:
        setattr(Tensor, f"__i{name}__", _in_place(name))
    for name, method in {"__pow__": _power, "__array_ufunc__": _array_ufunc}.items():
        setattr(Tensor, name, method)


_install()
