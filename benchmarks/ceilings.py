"""What one core of this machine can do at most: bytes, operations, and elementary functions in a second.

    python benchmarks/ceilings.py

The limits that `docs/explanation/performance.md` compares derivatives with. Each figure is the best of several tries.
"""

from __future__ import annotations

import os

os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

import time
from collections.abc import Callable

import numba
import numpy as np
from rich.console import Console
from rich.table import Table

import chainrule as cr

LEVELS = {"L1, 16 kB": 1_000, "L2, 256 kB": 16_000, "memory, 160 MB": 10_000_000}
FUNCTIONS = (np.exp, np.log, np.tanh, np.sin, np.sqrt)
LANES = 64


def best(call: Callable[[], object], seconds: float = 0.4) -> float:
    """The least time of a call."""
    call()
    found, start = float("inf"), time.perf_counter()
    while time.perf_counter() - start < seconds:
        before = time.perf_counter()
        call()
        found = min(found, time.perf_counter() - before)
    return found


@numba.njit(error_model="numpy", fastmath={"contract", "reassoc"})
def scale_add(x: np.ndarray, y: np.ndarray, times: int) -> None:
    for k in range(times):
        factor = 1.0 / (k + 2)
        for i in range(len(x)):
            y[i] = factor * y[i] + x[i]


@numba.njit(error_model="numpy", fastmath={"contract"})
def multiply_add(x: np.ndarray, times: int) -> None:
    """Many independent chains of multiplications and additions, which stay in registers."""
    for _ in range(times):
        for i in range(len(x)):
            x[i] = (((x[i] * 0.5 + 0.1) * 0.5 + 0.2) * 0.5 + 0.3) * 0.5 + 0.4


def bandwidth(n: int) -> float:
    """Bytes in a second: two arrays read and one written."""
    x, y = np.ones(n), np.ones(n)
    times = max(1, 2_000_000 // n)
    return 24 * n * times / best(lambda: scale_add(x, y, times))


def operations() -> float:
    x = np.ones(LANES)
    return 8 * LANES * 20_000 / best(lambda: multiply_add(x, 20_000))


def product(n: int = 768) -> float:
    """Operations in a second in a product of matrices."""
    a, b = np.ones((n, n)), np.ones((n, n))
    out = np.empty((n, n))
    return 2 * n**3 / best(lambda: np.matmul(a, b, out=out))


def per_number(function: np.ufunc, n: int = 4_000) -> float:
    """Seconds for one number of an elementary function, in a compiled loop over an array in the cache."""
    x = np.linspace(0.1, 0.9, n)

    def total(x: np.ndarray) -> float:
        result = 0.0
        for _ in range(20):
            result += np.sum(function(x))
        return result

    compiled = cr.jit(total)
    return best(lambda: compiled(x)) / (20 * n)


def main() -> None:
    table = Table(title="one core at most", title_justify="left")
    table.add_column("what")
    table.add_column("figure", justify="right")
    for name, n in LEVELS.items():
        table.add_row(f"y = a*y + x, {name}", f"{bandwidth(n) / 1e9:.1f} GB/s")
    table.add_row("multiplications and additions", f"{operations() / 1e9:.1f} Gflop/s")
    table.add_row("product of matrices (BLAS)", f"{product() / 1e9:.1f} Gflop/s")
    for function in FUNCTIONS:
        table.add_row(f"np.{function.__name__}, a number", f"{per_number(function) * 1e9:.2f} ns")
    Console().print(table)


if __name__ == "__main__":
    main()
