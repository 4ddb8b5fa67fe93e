"""SciPy's special functions in programs: what their operations and texts are called, and their machine code.

An operation on numbers is called ``special.gammaln``, or ``special.airy.2`` for one of several results. Emitted text
imports the function from SciPy and calls it. Machine code calls what SciPy is made of: the function that
``scipy.special.cython_special`` exports, or else the inner loop of the ufunc, for one number. Both are known to machine
code by a name, and not by an address, so that it can be kept on disk: `machine_form` tells what the name stands for, in
each process anew.
"""

from __future__ import annotations

import ctypes
import re
import sys
from functools import cache
from importlib import import_module
from typing import Any

import numpy as np

__all__ = ["machine_form", "module_of", "op_name", "part_name", "parts_of_op"]

_PREFIX = "special."
_MODULES = ("scipy.special", "scipy.special._ufuncs")


def op_name(function: Any, output: int | None = None) -> str | None:
    """Return the name of the operation that a ufunc of ``scipy.special`` is; None if it is none of real numbers."""
    if not isinstance(function, np.ufunc) or module_of(function.__name__, function) is None:
        return None
    if f"{'d' * function.nin}->{'d' * function.nout}" not in function.types:
        return None  # it gives complex numbers
    return f"{_PREFIX}{function.__name__}{'' if output is None else f'.{output}'}"


def part_name(function: Any) -> str | None:
    """Return the name of the operation that one result of a ufunc with several is (`part_of` says which)."""
    ufunc, output = getattr(function, "part_of", (None, None))
    return op_name(ufunc, output)


def module_of(name: str, function: Any = None) -> str | None:
    """Return the module that has a function of this name (and, if it is given, this very function)."""
    for module in _MODULES:
        found = getattr(sys.modules.get(module), name, None)
        if found is not None and (function is None or found is function):
            return module
    return None


def parts_of_op(op: str) -> tuple[str, int | None] | None:
    """Return the function and the number of the result that an operation is, or None if it is no special function."""
    if not op.startswith(_PREFIX):
        return None
    name, _, output = op.removeprefix(_PREFIX).partition(".")
    return name, int(output) if output else None


# ---- Machine code


@cache
def machine_form(name: str) -> Any:
    """Return a special function for Numba's use: of float64 or, with NumPy's rounding of the result, float32."""
    module = module_of(name)
    ufunc = getattr(sys.modules[str(module)], name)
    address = _exported(name, ufunc.nin) if ufunc.nout == 1 else None
    return _by_loop(name, ufunc) if address is None else _by_address(name, ufunc.nin, address)


def _exported(name: str, count: int) -> int | None:
    """Return the address of the function of doubles that SciPy exports for Cython, if there is one."""
    from scipy.special import cython_special

    capsules = cython_special.__pyx_capi__
    wanted = f"double ({'double, ' * count}int __pyx_skip_dispatch)"
    for key in (name, *[k for k in sorted(capsules) if re.fullmatch(rf"__pyx_fuse(_?\d)+{name}", k)]):
        if key in capsules and _capsule_name(capsules[key]).decode() == wanted:
            return int(_capsule_pointer(capsules[key], _capsule_name(capsules[key])))
    return None


_capsule_name = ctypes.PYFUNCTYPE(ctypes.c_char_p, ctypes.py_object)(("PyCapsule_GetName", ctypes.pythonapi))
_capsule_pointer = ctypes.PYFUNCTYPE(ctypes.c_void_p, ctypes.py_object, ctypes.c_char_p)(
    ("PyCapsule_GetPointer", ctypes.pythonapi)
)


class _UFunc(ctypes.Structure):
    """The beginning of ``PyUFuncObject``, which is part of NumPy's binary interface."""

    _fields_ = (
        ("head", ctypes.c_byte * object.__basicsize__), ("nin", ctypes.c_int), ("nout", ctypes.c_int),
        ("nargs", ctypes.c_int), ("identity", ctypes.c_int), ("functions", ctypes.POINTER(ctypes.c_void_p)),
        ("data", ctypes.POINTER(ctypes.c_void_p)), ("ntypes", ctypes.c_int),
    )  # fmt: skip


def _loop(ufunc: np.ufunc) -> tuple[int, int]:
    """Return the addresses of the inner loop of a ufunc for doubles, and of the data that it wants."""
    found = _UFunc.from_address(id(ufunc))
    assert (found.nin, found.nout, found.ntypes) == (ufunc.nin, ufunc.nout, ufunc.ntypes)
    k = ufunc.types.index(f"{'d' * ufunc.nin}->{'d' * ufunc.nout}")
    return int(found.functions[k] or 0), int(found.data[k] or 0)


def _llvm() -> tuple[Any, Any, Any]:
    return import_module("llvmlite.binding"), import_module("llvmlite.ir"), import_module("numba.core.cgutils")


def _by_address(name: str, count: int, address: int) -> Any:
    binding, ir, cgutils = _llvm()

    symbol = f"chainrule.special.{name}"
    binding.add_symbol(symbol, address)
    flag = ir.IntType(32)  # whether a Python class may override the function: there is none

    def call(builder: Any, values: list[Any]) -> list[Any]:
        kind = ir.FunctionType(ir.DoubleType(), [ir.DoubleType()] * count + [flag])
        function = cgutils.get_or_insert_function(builder.module, kind, symbol)
        return [builder.call(function, [*values, flag(0)])]

    return _intrinsic(name, count, 1, call)


def _by_loop(name: str, ufunc: np.ufunc) -> Any:
    binding, ir, cgutils = _llvm()

    symbol, count, outputs = f"chainrule.special.{name}", ufunc.nin, ufunc.nout
    address, data = _loop(ufunc)
    binding.add_symbol(f"{symbol}.loop", address)
    binding.add_symbol(f"{symbol}.data", data)
    byte, size, number = ir.IntType(8).as_pointer(), ir.IntType(64), ir.DoubleType()

    def call(builder: Any, values: list[Any]) -> list[Any]:
        kind = ir.FunctionType(ir.VoidType(), [byte.as_pointer(), size.as_pointer(), size.as_pointer(), byte])
        function = cgutils.get_or_insert_function(builder.module, kind, f"{symbol}.loop")
        known = builder.module.globals.get(f"{symbol}.data")
        extra = known or cgutils.add_global_variable(builder.module, ir.IntType(8), f"{symbol}.data")
        cells = cgutils.alloca_once(builder, number, count + outputs)
        pointers = cgutils.alloca_once(builder, byte, count + outputs)
        steps = cgutils.alloca_once(builder, size, count + outputs)
        once = cgutils.alloca_once_value(builder, size(1))
        for k in range(count + outputs):
            cell = builder.gep(cells, [size(k)])
            if k < count:
                builder.store(values[k], cell)
            builder.store(builder.bitcast(cell, byte), builder.gep(pointers, [size(k)]))
            builder.store(size(8), builder.gep(steps, [size(k)]))
        builder.call(function, [pointers, once, steps, builder.bitcast(extra, byte)])
        return [builder.load(builder.gep(cells, [size(count + k)])) for k in range(outputs)]

    return _intrinsic(name, count, outputs, call)


def _intrinsic(name: str, count: int, outputs: int, call: Any) -> Any:
    """Return what Numba compiles a call to: arguments of doubles, and the result of the type of the first."""
    types, intrinsic = import_module("numba.types"), import_module("numba.extending").intrinsic

    def typed(context: Any, *args: Any) -> Any:
        kind = types.float32 if all(a == types.float32 for a in args) else types.float64
        result = kind if outputs == 1 else types.UniTuple(kind, outputs)

        def generate(context: Any, builder: Any, signature: Any, values: Any) -> Any:
            doubles = [context.cast(builder, v, t, types.float64) for v, t in zip(values, args, strict=True)]
            made = [context.cast(builder, v, types.float64, kind) for v in call(builder, doubles)]
            return made[0] if outputs == 1 else context.make_tuple(builder, result, made)

        return result(*args), generate

    parameters = ", ".join([f"x{k}" for k in range(count)])
    namespace = {"typed": typed}
    exec(f"def {name}(context, {parameters}):\n    return typed(context, {parameters})\n", namespace)
    return intrinsic(namespace[name])
