"""Elementary functions of several numbers at once, for loops that the compiler makes into vector instructions.

On Linux, the C library comes with ``libmvec``: versions of ``exp``, ``sin`` and others for the 2, 4 or 8 numbers in a
register of the processor, right to 4 units in the last place. A call of such a function is marked as having them (the
"vector function ABI"), and where a loop can run in vectors the compiler takes them. Elsewhere, and on other systems,
the C library's functions of one number are called.

References
----------
*Vector Function ABI Specification for the x86-64 architecture*; LLVM Language Reference, "vector-function-abi-variant".
"""

from __future__ import annotations

import ctypes
import platform
import re
import sys
from collections.abc import Callable
from functools import cache
from importlib import import_module
from typing import Any

from .exponential import exponential

__all__ = ["NAMES", "in_text", "machine_form"]

_SYMBOLS = {
    "arccos": "acos", "arccosh": "acosh", "arcsin": "asin", "arcsinh": "asinh", "arctan": "atan", "arctan2": "atan2",
    "arctanh": "atanh", "cbrt": "cbrt", "cos": "cos", "cosh": "cosh", "exp": "exp", "exp2": "exp2", "expm1": "expm1",
    "hypot": "hypot", "log": "log", "log10": "log10", "log1p": "log1p", "log2": "log2", "power": "pow", "sin": "sin",
    "sinh": "sinh", "tan": "tan", "tanh": "tanh",
}  # fmt: skip
_OF_TWO = {"arctan2", "hypot", "power"}
# A register's letter in the names of vector functions, the processor's feature, and the size in bytes.
_REGISTERS = (("e", "avx512f", 64), ("d", "avx2", 32), ("b", "sse2", 16))
_EXTREMES = {"maximum": "llvm.maximum", "minimum": "llvm.minimum"}
NAMES = {f"libm_{name}" for name in (*_SYMBOLS, *_EXTREMES)}
_CALL = re.compile(rf"\bnp\.({'|'.join(_SYMBOLS)})\(")
_EXTREME = re.compile(r"\b(\w+) = np\.(maximum|minimum)\(\1,")  # of many numbers, one after the other


def in_text(text: str) -> tuple[str, list[str]]:
    """Return a module in which NumPy's functions go by names of their own, and which these are."""
    found = {name for name in _CALL.findall(text) if _variants(name, "double")}
    if found:
        text = re.sub(rf"\bnp\.({'|'.join(sorted(found))})\(", r"libm_\1(", text)
    found |= {name for _, name in _EXTREME.findall(text)}
    text = _EXTREME.sub(r"\1 = libm_\2(\1,", text)
    return "\n".join([*[f"from numpy import {name} as libm_{name}" for name in sorted(found)], text]), sorted(found)


@cache
def _library() -> ctypes.CDLL | None:
    if not sys.platform.startswith("linux") or platform.machine() != "x86_64":
        return None
    try:
        binding = import_module("llvmlite.binding")
        binding.load_library_permanently("libmvec.so.1")
        return ctypes.CDLL("libmvec.so.1")
    except (OSError, RuntimeError):
        return None


@cache
def _scalar_library() -> ctypes.CDLL:
    return ctypes.CDLL("libm.so.6")


@cache
def _variants(name: str, kind: str) -> list[tuple[str, int]]:
    """Return the vector functions for a function of NumPy's, with how many numbers each takes."""
    library = _library()
    if library is None:
        return []
    features = import_module("llvmlite.binding").get_host_cpu_features()
    arguments = "vv" if name in _OF_TWO else "v"
    found = []
    for letter, feature, size in _REGISTERS:
        lanes = size // (8 if kind == "double" else 4)
        symbol = f"_ZGV{letter}N{lanes}{arguments}_{_symbol(name, kind)}"
        if features.get(feature) and hasattr(library, symbol):
            found.append((symbol, lanes))
    return found


def _symbol(name: str, kind: str) -> str:
    return _SYMBOLS[name] + ("" if kind == "double" else "f")


def _known_as(name: str, kind: str) -> str:
    """Return a name that the compiler knows nothing of: of ``tanh`` it thinks that one number at a time costs less."""
    return f"chainrule_{_symbol(name, kind)}"


@cache
def machine_form(name: str) -> Any:
    """Return a function of NumPy's for Numba's use: of float64, or of float32."""
    if name in _EXTREMES:
        return _intrinsic(name, 2, _extreme)
    for kind_of_number in ("double", "float"):
        address = ctypes.cast(getattr(_scalar_library(), _symbol(name, kind_of_number)), ctypes.c_void_p).value
        import_module("llvmlite.binding").add_symbol(_known_as(name, kind_of_number), address)

    return _intrinsic(name, 2 if name in _OF_TWO else 1, _declared)


def _intrinsic(name: str, count: int, declared: Callable[[Any, str, str], Any]) -> Any:
    """Return Numba's form of a function of one or two numbers, which calls what is declared in LLVM's module."""
    types, extending = import_module("numba.types"), import_module("numba.extending")

    def typed(context: Any, *args: Any) -> Any:
        single = all(a == types.float32 for a in args)
        kind = types.float32 if single else types.float64

        def generate(context: Any, builder: Any, signature: Any, values: Any) -> Any:
            operands = [context.cast(builder, v, t, kind) for v, t in zip(values, args, strict=True)]
            if name == "exp" and not single:
                return exponential(builder, operands[0])
            return builder.call(declared(builder.module, name, "float" if single else "double"), operands)

        return kind(*args), generate

    parameters = ", ".join(["x", "y"][:count])
    namespace = {"typed": typed}
    exec(f"def {name}(context, {parameters}):\n    return typed(context, {parameters})\n", namespace)
    return extending.intrinsic(namespace[name])


def _extreme(module: Any, name: str, kind: str) -> Any:
    """Return the larger or the smaller of two numbers, nan if one is: in a form that vectorises where many meet."""
    ir = import_module("llvmlite.ir")
    number = _number(kind)
    return module.declare_intrinsic(_EXTREMES[name], [number], ir.FunctionType(number, [number, number]))


def _number(kind: str) -> Any:
    ir = import_module("llvmlite.ir")
    return ir.DoubleType() if kind == "double" else ir.FloatType()


def _declared(module: Any, name: str, kind: str) -> Any:
    """Return the function of one number in a module of LLVM's, marked as having vector functions."""
    ir = import_module("llvmlite.ir")
    symbol = _known_as(name, kind)
    if symbol in module.globals:
        return module.globals[symbol]
    number = _number(kind)
    count = 2 if name in _OF_TWO else 1
    function = ir.Function(module, ir.FunctionType(number, [number] * count), symbol)
    variants = _variants(name, kind)
    for text in ("nounwind", "willreturn", "speculatable", "memory(none)"):
        set.add(function.attributes, text)
    if variants:
        plain = _symbol(name, kind)
        listed = ",".join([f"{v.removesuffix(plain)}{symbol}({v})" for v, _ in variants])
        set.add(function.attributes, f'"vector-function-abi-variant"="{listed}"')
    made = []
    for variant, lanes in variants:
        lane = ir.VectorType(number, lanes)
        made.append(ir.Function(module, ir.FunctionType(lane, [lane] * count), variant))
    _keep(module, made)
    return function


def _keep(module: Any, functions: list[Any]) -> None:
    """Note functions as used, or the compiler forgets that they exist."""
    ir = import_module("llvmlite.ir")
    pointer, name = ir.IntType(8).as_pointer(), "llvm.compiler.used"
    known = module.globals.get(name)
    elements = [*(known.initializer.constant if known else []), *[f.bitcast(pointer) for f in functions]]
    array = ir.ArrayType(pointer, len(elements))
    if known is None:
        known = ir.GlobalVariable(module, array, name)
        known.linkage, known.section = "appending", "llvm.metadata"
    known.value_type = array
    known.initializer = ir.Constant(array, elements)
