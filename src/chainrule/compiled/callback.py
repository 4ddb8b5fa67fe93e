"""Calls of Python from machine code: a function of an emitted module that is computed by NumPy or SciPy.

What machine code calls is known to it by a name, and not by an address, so that it can be kept on disk. It passes one
array of integers: for each array its address, lengths and strides. Numbers go through an array of floats, in both
directions. If Python raises, the call returns 1, and machine code raises `Interrupted`; the error itself is kept, to be
raised where the program was called.
"""

from __future__ import annotations

import ctypes
import re
import threading
from collections.abc import Callable
from importlib import import_module
from typing import Any

import numpy as np

__all__ = ["Interrupted", "calling_back", "pending_error"]


class Interrupted(Exception):
    """Python raised an error, below machine code."""


_local = threading.local()
_alive: list[Any] = []  # machine code may call these as long as the process lives
_Callback = ctypes.CFUNCTYPE(ctypes.c_int64, ctypes.c_int64, ctypes.c_int64)


def pending_error() -> BaseException | None:
    """Return the error that was raised last, and forget it."""
    error: BaseException | None = getattr(_local, "error", None)
    _local.error = None
    return error


def calling_back(function: Callable[..., Any], symbol: str, kinds: list[tuple[str, int]], outs: list[str]) -> Any:
    """Return a function for Numba's use that calls a Python function.

    Parameters
    ----------
    function : callable
        Takes numbers and arrays, and returns a number or a tuple of numbers if `outs` is not empty.
    symbol : str
        A name that stands for this function in every process.
    kinds : list of (str, int)
        The dtype of each argument and how many axes it has; -1 for a number.
    outs : list of str
        The dtypes of the numbers that it returns.
    """
    binding = import_module("llvmlite.binding")
    callback = _Callback(_receiver(function, kinds, outs))
    _alive.append(callback)
    binding.add_symbol(symbol, ctypes.cast(callback, ctypes.c_void_p).value)
    # Machine code that is kept on disk knows what it calls by name: no other function may ever have that name.
    name = re.sub(r"\W", "_", symbol)
    namespace = {"np": np, "Interrupted": Interrupted, "call": _caller(symbol), "__name__": __name__}
    exec(_text(name, kinds, outs), namespace)
    return import_module("numba").njit(namespace[name], error_model="numpy")


def _receiver(function: Callable[..., Any], kinds: list[tuple[str, int]], outs: list[str]) -> Callable[..., int]:
    length = sum([1 + 2 * ndim for _, ndim in kinds if ndim >= 0])
    count = max(sum([ndim < 0 for _, ndim in kinds]), len(outs))

    def receive(places: int, numbers: int) -> int:
        try:
            pack = (ctypes.c_int64 * length).from_address(places)
            values = (ctypes.c_double * count).from_address(numbers)
            result = function(*_arguments(kinds, pack, values))
            for k, value in enumerate(result if len(outs) > 1 else [result] * len(outs)):
                values[k] = value
        except BaseException as error:
            _local.error = error
            return 1
        return 0

    return receive


def _arguments(kinds: list[tuple[str, int]], pack: Any, values: Any) -> list[Any]:
    at, number = 0, 0
    made: list[Any] = []
    for dtype, ndim in kinds:
        if ndim < 0:
            made.append(np.dtype(dtype).type(values[number]))
            number += 1
            continue
        shape, strides = tuple(pack[at + 1 : at + 1 + ndim]), tuple(pack[at + 1 + ndim : at + 1 + 2 * ndim])
        made.append(_array(pack[at], np.dtype(dtype), shape, strides))
        at += 1 + 2 * ndim
    return made


def _array(address: int, dtype: Any, shape: tuple[int, ...], strides: tuple[int, ...]) -> Any:
    """Return the array that lies at an address; its memory belongs to machine code."""
    if 0 in shape:
        return np.empty(shape, dtype)
    lowest = sum([min(stride * (n - 1), 0) for n, stride in zip(shape, strides, strict=True)])
    extent = sum([abs(stride) * (n - 1) for n, stride in zip(shape, strides, strict=True)]) + dtype.itemsize
    memory = (ctypes.c_char * extent).from_address(address + lowest)
    return np.ndarray(shape, dtype, memory, -lowest, strides)


def _text(called: str, kinds: list[tuple[str, int]], outs: list[str]) -> str:
    """Return the text of the function that Numba compiles: it fills the two arrays and calls."""
    names = [f"x{k}" for k in range(len(kinds))]
    length = sum([1 + 2 * ndim for _, ndim in kinds if ndim >= 0])
    count = max(sum([ndim < 0 for _, ndim in kinds]), len(outs))
    lines = [f"pack = np.empty({max(length, 1)}, np.int64)", f"numbers = np.empty({max(count, 1)}, np.float64)"]
    at, number = 0, 0
    for name, (_, ndim) in zip(names, kinds, strict=True):
        if ndim < 0:
            lines.append(f"numbers[{number}] = {name}")
            number += 1
            continue
        lines.append(f"pack[{at}] = {name}.ctypes.data")
        lines += [f"pack[{at + 1 + k}] = {name}.shape[{k}]" for k in range(ndim)]
        lines += [f"pack[{at + 1 + ndim + k}] = {name}.strides[{k}]" for k in range(ndim)]
        at += 1 + 2 * ndim
    lines += ["if call(pack.ctypes.data, numbers.ctypes.data) != 0:", "    raise Interrupted"]
    results = [_returned(k, dtype) for k, dtype in enumerate(outs)]
    lines += [f"return {', '.join(results)}"] if results else []
    return f"def {called}({', '.join(names)}):\n    " + "\n    ".join(lines) + "\n"


def _returned(k: int, dtype: str) -> str:
    value = f"numbers[{k}]"
    return {"float64": value, "float32": f"np.float32({value})", "int64": f"int({value})"}.get(dtype, f"{value} != 0.0")


def _caller(symbol: str) -> Any:
    """Return what calls the function of a name with two addresses."""
    ir, cgutils = import_module("llvmlite.ir"), import_module("numba.core.cgutils")
    types, intrinsic = import_module("numba.types"), import_module("numba.extending").intrinsic

    def call(context: Any, places: Any, numbers: Any) -> Any:
        def generate(context: Any, builder: Any, signature: Any, values: Any) -> Any:
            word = ir.IntType(64)
            function = cgutils.get_or_insert_function(
                builder.module, ir.FunctionType(word, [word, word]), symbol
            )  # fmt: skip
            return builder.call(function, [context.cast(builder, v, t, types.int64)
                                           for v, t in zip(values, signature.args, strict=True)])  # fmt: skip

        return types.int64(places, numbers), generate

    return intrinsic(call)
