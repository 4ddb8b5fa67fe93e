"""The tools that are compared: their names, what they need, and how they are told how many threads to use."""

from __future__ import annotations

import importlib.util
import os
from dataclasses import dataclass


@dataclass(frozen=True)
class Tool:
    """A way of getting a derivative: the name on the command line, in the table, and of its file in a problem."""

    name: str
    title: str
    file: str
    needs: tuple[str, ...]
    threads: bool = False  # whether it can use more than one
    cache: str = ""  # the environment variable that says where it keeps machine code
    keeps: bool = False  # whether it has its work arrays made beforehand, once

    def installed(self) -> bool:
        """Whether the libraries are there; they are not imported for that."""
        return all(importlib.util.find_spec(need) for need in self.needs)


TOOLS = {
    tool.name: tool
    for tool in (
        Tool("chainrule", "chainrule", "with_chainrule", ("chainrule", "numba"), True, "CHAINRULE_CACHE_DIR"),
        Tool("by_hand", "by hand", "by_hand", ("numba",), cache="NUMBA_CACHE_DIR", keeps=True),
        Tool("jax", "JAX", "with_jax", ("jax",), True, "JAX_COMPILATION_CACHE_DIR"),
        Tool("torch", "PyTorch", "with_torch", ("torch",), True),
        Tool("autograd", "autograd", "with_autograd", ("autograd",)),
        Tool("casadi", "CasADi", "with_casadi", ("casadi",)),
    )
}
PEERS = ("jax", "torch", "autograd", "casadi")


def environment(threads: int, settings: dict[str, str] | None = None) -> dict[str, str]:
    """The environment of a tool's process: so many threads, and other settings, made before anything is imported."""
    count = str(threads)
    eigen = "true" if threads > 1 else "false"
    return {
        **os.environ,
        **dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "NUMBA_NUM_THREADS"), count),
        "NPROC": count,
        "CHAINRULE_THREADS": count,
        "XLA_FLAGS": f"--xla_cpu_multi_thread_eigen={eigen}",
        "JAX_PLATFORMS": "cpu",
        "JAX_ENABLE_X64": "1",
        "JAX_PERSISTENT_CACHE_MIN_COMPILE_TIME_SECS": "0",
        "JAX_PERSISTENT_CACHE_MIN_ENTRY_SIZE_BYTES": "-1",
        **(settings or {}),
    }


def set_up(name: str, threads: int) -> None:
    """Prepare this process for a tool: import its library and start what it starts once."""
    os.sched_setaffinity(0, sorted(os.sched_getaffinity(0))[-threads:])
    if name == "chainrule":
        importlib.import_module("chainrule").jit(_same)(0.0)
    elif name == "by_hand":
        importlib.import_module("numba").njit(_same)(0.0)
    elif name == "jax":
        importlib.import_module("jax").numpy.zeros(3).block_until_ready()
    elif name == "torch":
        torch = importlib.import_module("torch")
        torch.set_default_dtype(torch.float64)
        torch.set_num_threads(threads)
    else:
        importlib.import_module(name)


def _same(x: float) -> float:
    return x
