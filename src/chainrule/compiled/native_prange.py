"""What starts Numba's own threads, in the form that Numba compiles: for systems other than Linux."""

from __future__ import annotations

from importlib import import_module
from typing import Any

from llvmlite import ir
from numba import prange
from numba.extending import intrinsic

__all__ = ["launch"]

types: Any = import_module("numba.types")

# The library's own functions, which machine code that is kept on disk can name; Numba's are addresses of this process.
_threads_now = types.ExternalFunction("get_num_threads", types.intp())
_use_threads = types.ExternalFunction("set_num_threads", types.void(types.intc))


def _call_at(typing: Any, function: Any, data: Any, thread: Any) -> Any:
    """Call the function at an address."""

    def generate(context: Any, builder: Any, signature: Any, values: Any) -> Any:
        word = ir.IntType(64)
        kind = ir.FunctionType(ir.VoidType(), [word, word]).as_pointer()
        thread = context.cast(builder, values[2], signature.args[2], types.int64)
        builder.call(builder.inttoptr(values[0], kind), [values[1], thread])
        return context.get_dummy_value()

    return types.none(function, data, thread), generate


call_at: Any = intrinsic(_call_at)


def launch(function: Any, data: Any, parts: Any, pool: Any) -> None:
    before = _threads_now()
    if parts < before:
        _use_threads(parts)
    for thread in prange(parts):
        call_at(function, data, thread)
    if parts < before:
        _use_threads(before)
