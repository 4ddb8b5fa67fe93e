"""Trace straight-line functions on arrays into programs, and run them on NumPy arrays."""

from __future__ import annotations

from typing import Any

import numpy as np

from chainrule.compiled import ir
from chainrule.compiled.build import Builder
from chainrule.compiled.lower.array import Array, as_operand
from chainrule.compiled.lower.dispatch import call
from chainrule.compiled.lower.lazy import flush
from chainrule.compiled.scalar import Scalar
from chainrule.compiled.spec import ArraySpec
from compiled.interpreter import run

__all__ = ["agree", "compile_for", "library", "trace"]


def trace(function: Any, *args: Any) -> tuple[ir.Function, Any]:
    """Return the program of a function of arrays and numbers like these, and how to make its result of the outputs."""
    builder = Builder()
    params: list[Any] = []
    values = []
    for position, arg in enumerate(args):
        if isinstance(arg, np.ndarray):
            buffer = ir.Buffer(builder.names.fresh(f"x{position}"), arg.dtype.name, arg.ndim)
            spec = ArraySpec(arg.dtype.name, tuple([int(n == 1) for n in arg.shape]), arg.flags.c_contiguous)
            params.append(buffer)
            values.append(Array.parameter(builder, buffer, spec))
        elif isinstance(arg, (int, float)):
            var = builder.var(f"x{position}", type(arg).__name__ + "64")
            params.append(var)
            builder.parameters.add(var)
            values.append(Scalar(var, builder, True))
        else:
            values.append(arg)
    outputs: list[Any] = []
    _CURRENT.append(builder)
    try:
        result = _outputs(builder, function(*values), outputs)
    finally:
        _CURRENT.pop()
    flush(builder)
    return ir.Function("f", params, builder.block, outputs), result


def _outputs(builder: Builder, value: Any, outputs: list[Any]) -> Any:
    if isinstance(value, (tuple, list)):
        parts = [_outputs(builder, v, outputs) for v in value]
        return lambda got: _like(value, [part(got) for part in parts])
    operand = as_operand(builder, value)
    at = len(outputs)
    outputs.append(operand.atom if isinstance(operand, Scalar) else operand.view)
    return lambda got: got[at]


def compile_for(function: Any, *args: Any) -> Any:
    """Return a function that runs the program, made for arguments like these."""
    program, result = trace(function, *args)
    return lambda *args: result(run(program, *[a for a in args if isinstance(a, (np.ndarray, int, float))]))


def agree(function: Any, *args: Any, exact: bool = False) -> Any:
    """Check that the program of a function gives what NumPy gives, and writes what NumPy writes; return its result."""
    mine = [a.copy("K") if isinstance(a, np.ndarray) else a for a in args]
    theirs = [a.copy("K") if isinstance(a, np.ndarray) else a for a in args]
    got = compile_for(function, *mine)(*mine)
    with np.errstate(all="ignore"):
        expected = function(*theirs)
    same((got, mine), (expected, theirs), exact)
    return got


def same(got: Any, expected: Any, exact: bool = False) -> None:
    if isinstance(expected, (tuple, list)):
        assert len(got) == len(expected)
        for a, b in zip(got, expected, strict=True):
            same(a, b, exact)
        return
    assert np.shape(got) == np.shape(expected), (np.shape(got), np.shape(expected))
    if hasattr(expected, "dtype"):
        assert np.asarray(got).dtype == expected.dtype, (np.asarray(got).dtype, expected.dtype)
    if exact or not isinstance(expected, (float, np.ndarray, np.generic)):
        np.testing.assert_array_equal(got, expected)
    else:
        np.testing.assert_allclose(got, expected, rtol=1e-12, atol=1e-14)


class _Library:
    """NumPy, whose functions are called as the interpreter of user code calls them while a program is traced."""

    def __init__(self, module: Any) -> None:
        self.module = module

    def __getattr__(self, name: str) -> Any:
        found = getattr(self.module, name)
        if name == "linalg":
            return _Library(found)
        if not _CURRENT or not callable(found) or isinstance(found, type):
            return found
        return lambda *args, **kwargs: call(_CURRENT[-1], found, args, kwargs)


_CURRENT: list[Builder] = []
library: Any = _Library(np)


def _like(value: Any, parts: list[Any]) -> Any:
    return type(value)(*parts) if hasattr(value, "_fields") else type(value)(parts)
