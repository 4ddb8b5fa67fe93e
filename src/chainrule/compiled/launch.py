"""The parts of a loop, each in a thread of its own, for machine code.

An emitted program says ``for thread in prange(parts): f(thread, ...)``, and plain Python runs that. For Numba the loop
becomes one call of `run_parts`, which hands the function and its arguments to threads that wait for work. So the loop's
own code is compiled like any other, and what hands out parts is compiled once for all programs and kept on disk. On
Linux the threads are chainrule's own, see `native_launch`; elsewhere they are Numba's.

A process that was forked has none of its parent's threads: there all parts run one after the other.
"""

from __future__ import annotations

import _thread
import ctypes
import os
import re
import sys
from functools import cache
from importlib import import_module
from typing import Any

__all__ = ["RUN", "allowed", "calling", "find_products", "run_parts"]

RUN = "run_parts"
_LOOP = re.compile(r"^( *)for \w+ in prange\((\w+)\):\n +(\w+)\(\w+, (.*)\)$", re.MULTILINE)
_SYMBOL = "chainrule_threads_allowed"
_allowed = ctypes.c_int64(0)


def calling(text: str) -> str:
    """Return a module in which loops over threads are calls of `run_parts`."""
    return _LOOP.sub(rf"\1{RUN}(\3, \2, (\4,))", text)


def allowed() -> bool:
    """Tell whether this process has threads for machine code."""
    return bool(_allowed.value)


def _forbid() -> None:
    _allowed.value = 0


def _has_own_threads() -> bool:
    return sys.platform.startswith("linux")


@cache
def _start() -> None:
    """Start threads, and tell machine code where they can be asked to help."""
    numba: Any = import_module("numba")
    import_module("llvmlite.binding").add_symbol(_SYMBOL, ctypes.addressof(_allowed))
    count = int(numba.config.NUMBA_NUM_THREADS)
    if _has_own_threads():
        _allowed.value = _with_helpers(count - 1) if count > 1 else 0
    else:
        numba.get_num_threads()  # which starts them
        _allowed.value = int(count > 1)
    if hasattr(os, "register_at_fork"):
        os.register_at_fork(after_in_child=_forbid)


def _with_helpers(count: int) -> int:
    """Start so many threads that wait for work; return the address of what they share, which stays for ever."""
    native: Any = import_module(f"{__package__}.native_launch")
    numba: Any = import_module("numba")
    library = ctypes.CDLL(None)
    library.calloc.restype = ctypes.c_void_p
    page = 128  # what processors hand from one to the other, at most
    memory: int = library.calloc(1, ctypes.c_size_t(native.size_for(count) + page))
    pool = -(-memory // page) * page
    semaphores = [pool + native.DONE, *[pool + native.HELPER + native.SIZE * k + native.WAKE for k in range(count)]]
    if any(library.sem_init(ctypes.c_void_p(place), 0, 0) for place in semaphores):
        return 0
    ctypes.c_int64.from_address(pool + native.HELPERS).value = count
    serve = _kept(native.serve, nogil=True)
    serve.compile((numba.int64, numba.int64))
    for k in range(count):
        _thread.start_new_thread(serve, (pool, k))
    return pool


@cache
def find_products() -> None:
    """Let Numba look up the products of BLAS now: in a thread, it would wait for Python, which waits for the thread."""
    helpers: dict[str, int] = import_module("numba._helperlib").c_helpers
    one = (ctypes.c_double * 1)(0.0)
    char, size, place = ctypes.c_char, ctypes.c_ssize_t, ctypes.c_void_p
    n, x = size(1), ctypes.cast(one, place)
    given = {
        "xxdot": [char(b"\0"), n, x, x, x],
        "xxgemv": [char(b"n"), n, n, x, x, n, x, x, x],
        "xxgemm": [char(b"n"), char(b"n"), n, n, n, x, x, n, x, n, x, x, n],
    }
    for name, arguments in given.items():
        kinds = [char, *map(type, arguments)]
        function = ctypes.PYFUNCTYPE(ctypes.c_int, *kinds)(helpers[name])
        for kind in (b"d", b"s"):
            function(char(kind), *arguments)


@cache
def _launcher() -> Any:
    """Return the function that calls ``function(data, thread)`` for each thread: both are addresses."""
    if not _has_own_threads():
        return _kept(import_module(f"{__package__}.native_prange").launch, parallel=True)
    return _kept(import_module(f"{__package__}.native_launch").launch)


def _kept(function: Any, **options: Any) -> Any:
    """Return a function that Numba compiles, kept on disk where there is a place for that."""
    numba: Any = import_module("numba")
    try:
        return numba.njit(cache=True, error_model="numpy", **options)(function)
    except RuntimeError:  # Numba finds no place for its cache
        return numba.njit(error_model="numpy", **options)(function)


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
        made.attributes.add("noinline")  # its loops, made when it was compiled, are better than they would be here
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
            pool = builder.load(_flag(builder.module))
            ready = builder.icmp_signed("!=", pool, word(0))
            with builder.if_else(builder.and_(several, ready)) as (then, otherwise):
                with then:
                    sig = launch_type.get_call_type(typing, (types.int64,) * 4, {})
                    call = context.get_function(launch_type, sig)
                    call(builder, [builder.ptrtoint(function, word), data, count, pool])
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
