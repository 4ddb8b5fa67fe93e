"""The parts of a loop, each in a thread of its own, for machine code.

An emitted program says ``for thread in prange(parts): f(thread, ...)``, and plain Python runs that. For Numba the loop
becomes one call of `run_parts`, which hands the function and its arguments to threads that Numba keeps. So the loop's
own code is compiled like any other, and what starts threads (which takes Numba seconds to compile) is compiled once for
all programs and kept on disk.

Between two loops a thread waits. The GNU library for threads lets it ask again and again for milliseconds, which is
fast as long as nobody else wants the processor, and slower by a hundred times as soon as somebody does: here it asks
for some microseconds and then sleeps. ``GOMP_SPINCOUNT`` and ``OMP_WAIT_POLICY`` say otherwise, if they are set.

A process that was forked has none of its parent's threads, and some of the libraries for them end a process that asks
for them then: there all parts run one after the other.
"""

from __future__ import annotations

import ctypes
import os
import re
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from importlib import import_module
from typing import Any

__all__ = ["RUN", "allowed", "calling", "run_parts"]

RUN = "run_parts"
_LOOP = re.compile(r"^( *)for \w+ in prange\((\w+)\):\n +(\w+)\(\w+, (.*)\)$", re.MULTILINE)
_SYMBOL = "chainrule_threads_allowed"
_PATIENCE = "1000"  # how often a thread asks for work before it sleeps
_allowed = ctypes.c_int64(0)


def calling(text: str) -> str:
    """Return a module in which loops over threads are calls of `run_parts`."""
    return _LOOP.sub(rf"\1{RUN}(\3, \2, (\4,))", text)


def allowed() -> bool:
    """Tell whether this process has threads for machine code."""
    return bool(_allowed.value)


def _forbid() -> None:
    _allowed.value = 0


@contextmanager
def _patience() -> Iterator[None]:
    """Set how long threads wait awake, while the library that reads this is loaded."""
    asked = "GOMP_SPINCOUNT" in os.environ or "OMP_WAIT_POLICY" in os.environ
    if not asked:
        os.environ["GOMP_SPINCOUNT"] = _PATIENCE
    try:
        yield
    finally:
        if not asked:
            del os.environ["GOMP_SPINCOUNT"]


@cache
def _start() -> None:
    """Let Numba start its threads, and tell machine code whether it has any."""
    numba: Any = import_module("numba")
    import_module("llvmlite.binding").add_symbol(_SYMBOL, ctypes.addressof(_allowed))
    with _patience():
        numba.get_num_threads()  # which starts them
    _allowed.value = int(numba.config.NUMBA_NUM_THREADS > 1)
    if hasattr(os, "register_at_fork"):
        os.register_at_fork(after_in_child=_forbid)


@cache
def _launcher() -> Any:
    """Return the function that calls ``function(data, thread)`` for each thread: both are addresses."""
    from . import native_launch

    numba: Any = import_module("numba")
    options = {"error_model": "numpy", "parallel": True}
    try:
        return numba.njit(cache=True, **options)(native_launch.launch)
    except RuntimeError:  # Numba finds no place for its cache
        return numba.njit(**options)(native_launch.launch)


@cache
def run_parts() -> Any:
    """Return the function ``run_parts(f, parts, *args)``, for Numba's use; `f` takes the number of its part first."""
    _start()
    types, cgutils = import_module("numba.types"), import_module("numba.core.cgutils")
    ir, launcher = import_module("llvmlite.ir"), _launcher()
    word = ir.IntType(64)

    def kernel(context: Any, module: Any, overload: Any, frame: Any) -> Any:
        """Write a function of an address and a number: it takes the arguments from there and calls `f`."""
        name = f"{overload.fndesc.mangled_name}.part"
        made = ir.Function(module, ir.FunctionType(ir.VoidType(), [word, word]), module.get_unique_name(name))
        made.linkage = "internal"
        builder = ir.IRBuilder(made.append_basic_block())
        values = cgutils.unpack_tuple(builder, builder.load(builder.inttoptr(made.args[0], frame.as_pointer())))
        callee = context.declare_function(module, overload.fndesc)
        kinds = overload.fndesc.argtypes
        # An error cannot leave a thread: the part has not noted that it is done, and that is seen afterwards.
        context.call_conv.call_function(builder, callee, types.none, kinds, [made.args[1], *values])
        builder.ret_void()
        return made

    def run_parts(typing: Any, f: Any, parts: Any, args: Any) -> Any:
        kinds = (types.int64, *args)
        overload = f.dispatcher.overloads[f.get_call_type(typing, kinds, {}).args]

        def generate(context: Any, builder: Any, signature: Any, values: Any) -> Any:
            context.add_linking_libs([overload.library])
            expected = overload.fndesc.argtypes[1:]
            found = cgutils.unpack_tuple(builder, values[2])
            given = [context.cast(builder, v, a, b) for v, a, b in zip(found, args, expected, strict=True)]
            packed = cgutils.pack_struct(builder, given)
            frame = cgutils.alloca_once_value(builder, packed)
            function = kernel(context, builder.module, overload, packed.type)
            data, count = builder.ptrtoint(frame, word), context.cast(builder, values[1], parts, types.int64)
            several = builder.icmp_signed(">", count, word(1))
            ready = builder.icmp_signed("!=", builder.load(_flag(builder.module)), word(0))
            with builder.if_else(builder.and_(several, ready)) as (then, otherwise):
                with then:
                    sig = launch_type.get_call_type(typing, (types.int64,) * 3, {})
                    call = context.get_function(launch_type, sig)
                    call(builder, [builder.ptrtoint(function, word), data, count])
                with otherwise, cgutils.for_range(builder, count) as loop:
                    builder.call(function, [data, loop.index])
            return context.get_dummy_value()

        return types.none(f, parts, args), generate

    launch_type = types.Dispatcher(launcher)
    return import_module("numba.extending").intrinsic(run_parts)


def _flag(module: Any) -> Any:
    """Return the variable, in a module of LLVM's, that says whether there are threads."""
    ir = import_module("llvmlite.ir")
    known = module.globals.get(_SYMBOL)
    return ir.GlobalVariable(module, ir.IntType(64), _SYMBOL) if known is None else known
