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
from typing import Any

import numpy as np

from ..calculus import Pull, fit, pulls
from ..rules import Operand, Row, Spec, lookup
from ..rules._operand import OPERATORS, UNARY, store_result
from ..rules._operand import PLAIN as ACCEPTED
from ..rules.arithmetic import power_constant
from .probe import becomes_real, has_poles, promotes
from .state import current, next_key
from .tensor import Tensor, apply

__all__ = ["short_path"]

_UNARY_TEXT = """
def {name}(x{params}):
    if type(x) is not Tensor:
        return row(x{params})
    state = current()
    a = x.raw
    if state is not None:
        tape = state.tape
        if tape is not None:
            on = x.on
            if on is None and not x.tan:
                return Tensor(fn(a{params}), next_key(), None, None)
            if on is tape.on:
                ans = fn(a{params})
                key = next_key()
                xk = x.key
                tape.extend((key, xk, {pull_x}, {saved_x}, {ids_x}, {spec}))
                return Tensor(ans, key, tape.on, None)
        elif state.forward is not None:
            tan = x.tan
            mine = state.forward.id
            if x.on is not None:
                pass
            elif not tan:
                return Tensor(fn(a{params}), next_key(), None, None)
            elif len(tan) == 1 and mine in tan:
                ans = fn(a{params})
                {quiet}t = {tangent_x}
                return Tensor(ans, next_key(), None, {{mine: {fit}}})
    return apply(row, (x,), {params_dict})
"""

_BINARY_TEXT = """
def {name}({order}):
    state = current()
    if state is None:
        return slow({order})
    tape = state.tape
    if type(x) is Tensor:
        a = x.raw; xon = x.on
        if type(y) is Tensor:
            b = y.raw; yon = y.on
            if tape is not None:
                own = tape.on
                if xon is own and yon is own:
                    ans = fn(a, b)
                    key = next_key(); xk = x.key; yk = y.key
                    size = ans.nbytes or -1; ndim = ans.ndim
                    tape.extend((
                        key, xk, {pull_x}, {saved_x}, {ids_x},
                        None if a.nbytes == size and a.ndim == ndim{exact} else Spec(a.shape, a.dtype),
                        key, yk, {pull_y}, {saved_y}, {ids_y},
                        None if b.nbytes == size and b.ndim == ndim{exact} else Spec(b.shape, b.dtype),
                    ))
                    return Tensor(ans, key, own, None)
                if xon is None and yon is None and not x.tan and not y.tan:
                    return Tensor(fn(a, b), next_key(), None, None)
        elif type(y) in PLAIN:
            b = y
            if tape is not None:
                if xon is tape.on:
                    if type(b) is float:
                        if type(a) is ndarray and a.dtype is FLOAT64:
                            b = boxed(b)
                        ans = fn(a, b)
                        spec = None{or_spec_a}
                    else:
                        {keep_b}
                        ans = fn(a, b)
                        same = a.nbytes == (ans.nbytes or -1) and a.ndim == ans.ndim{exact}
                        spec = None if same else Spec(a.shape, a.dtype)
                    key = next_key(); xk = x.key; yk = None
                    tape.extend((key, xk, {pull_x}, {saved_x}, {ids_x}, spec))
                    return Tensor(ans, key, xon, None)
                if xon is None and not x.tan:
                    return Tensor(fn(a, b), next_key(), None, None)
        else:
            return slow({order})
    elif type(x) in PLAIN and type(y) is Tensor:
        a = x; b = y.raw; yon = y.on
        if tape is not None:
            if yon is tape.on:
                if type(a) is float:
                    if type(b) is ndarray and b.dtype is FLOAT64:
                        a = boxed(a)
                    ans = fn(a, b)
                    spec = None{or_spec_b}
                else:
                    {keep_a}
                    ans = fn(a, b)
                    same = b.nbytes == (ans.nbytes or -1) and b.ndim == ans.ndim{exact}
                    spec = None if same else Spec(b.shape, b.dtype)
                key = next_key(); xk = None; yk = y.key
                tape.extend((key, yk, {pull_y}, {saved_y}, {ids_y}, spec))
                return Tensor(ans, key, yon, None)
            if yon is None and not y.tan:
                return Tensor(fn(a, b), next_key(), None, None)
    else:
        return slow({order})
    if state.forward is None:
        return slow({order})
    mine = state.forward.id
    xtan = ytan = None
    if type(x) is Tensor:
        xtan = x.tan
        if xon is not None:
            return slow({order})
    if type(y) is Tensor:
        ytan = y.tan
        if yon is not None:
            return slow({order})
    if (xtan and (mine not in xtan or len(xtan) > 1)) or (ytan and (mine not in ytan or len(ytan) > 1)):
        return slow({order})
    ans = fn(a, b)
    if xtan:
        dx = xtan[mine]
        {quiet}t = {tangent_x}
        if ytan:
            dx = ytan[mine]
            {quiet}t = {sum}
    elif ytan:
        dx = ytan[mine]
        {quiet}t = {tangent_y}
    else:
        return Tensor(ans, next_key(), None, None)
    if t.shape != ans.shape or t.dtype is not ans.dtype:
        t = fit(t, ans)
    return Tensor(ans, next_key(), None, {{mine: t}})
"""

PLAIN = frozenset((float, int, np.ndarray, np.float64))
FLOAT64 = np.dtype(np.float64)
_CACHE: dict[tuple[Row, bool], Callable[..., Any]] = {}


class _Boxes(dict[float, Any]):
    """Python floats as read-only 0-d arrays: NumPy multiplies an array by one in half the time."""

    def __missing__(self, number: float) -> Any:
        if len(self) >= 1024:
            self.clear()
        box = np.array(number)
        box.flags.writeable = False
        if number:  # 0.0 and -0.0 are equal as keys
            self[number] = box
        return box


def short_path(row: Row, reflected: bool = False) -> Callable[..., Any]:
    """Return the specialised function of a row (``reflected``: with its two arguments exchanged).

    A row without a short path is returned itself.
    """
    if (row, reflected) not in _CACHE:
        eligible = row.kind == "elementwise" and len(row.operands) <= 2 and not (row.params and len(row.operands) > 1)
        _CACHE[row, reflected] = _specialise(row, reflected) if eligible else row
    return _CACHE[row, reflected]


def _specialise(row: Row, reflected: bool) -> Callable[..., Any]:
    unary = len(row.operands) == 1
    plans = pulls(row)
    words = _unary_words(row) if unary else {"order": "y, x" if reflected else "x, y"}
    words |= {"name": row.name, "pull_x": "pull_x", "pull_y": "pull_y", "quiet": _QUIET if has_poles(row) else ""}
    for letter, plan in zip("xy", plans, strict=False):
        words |= _entry(plan, letter, unary)
    if not unary:
        reads = [{reader.which for reader in plan.readers if reader.what == "value"} for plan in plans]
        words["keep_b"] = "b = tape.guards.keep(b)" if 1 in reads[0] else "pass"
        words["keep_a"] = "a = tape.guards.keep(a)" if 0 in reads[1] else "pass"
        words["or_spec_a"] = " if ans.dtype is FLOAT64 else Spec(a.shape, a.dtype)" if promotes(row) else ""
        words["or_spec_b"] = words["or_spec_a"].replace("a.", "b.")
        words["exact"] = " and ans.dtype is FLOAT64" if promotes(row) else ""
        words["sum"] = f"t - {words['tangent_y'][1:]}" if plans[1].fn == -1 else f"t + {words['tangent_y']}"
    text = (_UNARY_TEXT if unary else _BINARY_TEXT).format(**words)
    names = {
        "FLOAT64": FLOAT64, "PLAIN": PLAIN, "Spec": Spec, "Tensor": Tensor, "apply": apply,
        "boxed": _Boxes().__getitem__, "current": current, "errstate": np.errstate, "fit": fit, "fn": row.compute,
        "ndarray": np.ndarray, "next_key": next_key, "pull_x": plans[0].fn, "pull_y": plans[-1].fn, "row": row,
        "slow": _slow(row, reflected),
    }  # fmt: skip
    filename = f"<short path of {row.name}>"
    linecache.cache[filename] = (len(text), None, text.splitlines(keepends=True), filename)  # for tracebacks
    exec(compile(text, filename, "exec"), names)
    return names[row.name]  # type: ignore[no-any-return]


def _unary_words(row: Row) -> dict[str, str]:
    checked = becomes_real(row) or promotes(row)
    return {
        "params": "".join(f", {name}" for name in row.params),
        "params_dict": "{" + ", ".join(f"{name!r}: {name}" for name in row.params) + "}",
        "spec": "None if a.dtype is FLOAT64 is ans.dtype else Spec(a.shape, a.dtype)" if checked else "None",
        "fit": "fit(t, ans)" if checked else "t",
    }


def _slow(row: Row, reflected: bool) -> Callable[..., Any]:
    """Return what a short path hands over to: the row, for operands that are numbers, arrays or recorded values."""

    def slow(first: Any, second: Any) -> Any:
        for operand in (first, second):
            if not isinstance(operand, ACCEPTED) and not hasattr(operand, "__chainrule_priority__"):
                return NotImplemented
        return row(second, first) if reflected else row(first, second)

    return slow


def _entry(plan: Pull, letter: str, unary: bool) -> dict[str, str]:
    """Write out what one edge saves, what identifies it, and the product of the partial and a tangent."""
    values = {0: "a", 1: "b"}
    keys = {0: "xk", 1: "yk"}
    saved, ids = [], []
    for what, which in plan.readers:
        saved.append({"ans": "ans", "param": str(which)}.get(what) or values[which])
        ids.append({"ans": "key", "param": "None"}.get(what) or keys[which])
    tangent = "tan[mine]" if unary else "dx"
    if not saved:
        product = tangent if plan.fn == 1 else f"-{tangent}" if plan.fn == -1 else f"{tangent} * {plan.fn!r}"
        return {f"saved_{letter}": "None", f"ids_{letter}": "None", f"tangent_{letter}": product}
    partial = saved[0] if plan.fn is None else f"pull_{letter}({', '.join(saved)})"
    one = len(saved) == 1
    return {
        f"saved_{letter}": saved[0] if one else f"({', '.join(saved)})",
        f"ids_{letter}": ids[0] if one else f"({', '.join(ids)})",
        f"tangent_{letter}": f"{partial} * {tangent}",
    }


_QUIET = 'with errstate(all="ignore"): '


def _array_ufunc(self: Tensor, ufunc: np.ufunc, method: str, *inputs: Any, **kwargs: Any) -> Any:
    if method == "__call__" and not kwargs:
        try:
            return _UFUNCS[ufunc](*inputs)
        except KeyError:
            if ufunc in _UFUNCS:
                raise
            _UFUNCS[ufunc] = short_path(lookup(ufunc))
            return _UFUNCS[ufunc](*inputs)
    return Operand.__array_ufunc__(self, ufunc, method, *inputs, **kwargs)


_UFUNCS: dict[np.ufunc, Callable[..., Any]] = {}


def _power(self: Tensor, exponent: Any) -> Any:
    kind = type(exponent)
    if kind is int or kind is float:
        if exponent == 2:
            return _square(self)
        if exponent != 1 and exponent != 0:
            return _constant_power(self, exponent)
    return Operand.__pow__(self, exponent)


def _in_place(name: str) -> Any:
    """Make ``x += v``: a write into an array, a new value for a scalar."""

    def operator(self: Any, other: Any) -> Any:
        result = getattr(Tensor, f"__{name}__")(self, other)
        if result is NotImplemented or not isinstance(self.raw, np.ndarray):
            return result
        if result.shape != self.raw.shape or result.dtype is not self.raw.dtype:
            return store_result(self, result)
        self[...] = result
        return self

    return operator


_square = short_path(lookup(np.square))
_constant_power = short_path(power_constant)


def _install() -> None:
    for name in ("add", "sub", "mul", "truediv"):
        row = lookup(OPERATORS[name])
        setattr(Tensor, f"__{name}__", short_path(row))
        setattr(Tensor, f"__r{name}__", short_path(row, reflected=True))
    for name in ("neg", "pos"):
        path = short_path(lookup(UNARY[name]))
        setattr(Tensor, f"__{name}__", lambda self, path=path: path(self))
    for name in OPERATORS:
        setattr(Tensor, f"__i{name}__", _in_place(name))
    for name, method in {"__pow__": _power, "__array_ufunc__": _array_ufunc}.items():
        setattr(Tensor, name, method)


_install()
