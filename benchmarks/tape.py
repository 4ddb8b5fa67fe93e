"""Cost per operation of a gradient on the tape, beside torch, autograd and mygrad where they are installed.

    python benchmarks/tape.py              # everything, about a minute
    python benchmarks/tape.py --sizes 10 --rounds 50

Each round runs every library once, in turn, so that a slow moment of the machine hits all of them alike; figures are
medians over the rounds, in microseconds for each operation of a chain of 200 (arrays of a million: 20), forward and
backward together. One thread. ``primal`` is the same chain on plain NumPy.
"""

from __future__ import annotations

import argparse
import gc
import statistics
import time
import tracemalloc
from collections.abc import Callable
from importlib import import_module
from typing import Any

import numpy as np

import chainrule as cr

Run = Callable[[], Any]


def arithmetic(x: Any, c: Any, np: Any, n: int) -> Any:
    """Products, sums and differences."""
    z = x
    for _ in range(n // 4):
        z = z * x
        z = z + c
        z = z * 0.5
        z = z - x
    return z


def transcendental(x: Any, c: Any, np: Any, n: int) -> Any:
    """Half of the operations are a sine or a hyperbolic tangent."""
    z = x
    for _ in range(n // 4):
        z = np.sin(z)
        z = z * c
        z = np.tanh(z)
        z = z + x
    return z


def chainrule_run(f: Any, x: Any, c: Any, n: int) -> Run:
    gradient = cr.elementwise_grad(lambda z: f(z, c, np, n))
    return lambda: gradient(x)


def chainrule_jvp(f: Any, x: Any, c: Any, n: int) -> Run:
    ones = np.ones_like(x)[()]
    return lambda: cr.jvp(lambda z: f(z, c, np, n), (x,), (ones,))


def torch_run(f: Any, x: Any, c: Any, n: int) -> Run:
    torch = import_module("torch")
    torch.set_num_threads(1)
    constant = torch.as_tensor(c)

    def run() -> Any:
        leaf = torch.tensor(x, requires_grad=True)
        f(leaf, constant, torch, n).sum().backward()
        return leaf.grad

    return run


def autograd_run(f: Any, x: Any, c: Any, n: int) -> Run:
    autograd, numpy = import_module("autograd"), import_module("autograd.numpy")
    gradient = autograd.elementwise_grad(lambda z: f(z, c, numpy, n))
    return lambda: gradient(x)


def mygrad_run(f: Any, x: Any, c: Any, n: int) -> Run:
    mygrad = import_module("mygrad")

    def run() -> Any:
        leaf = mygrad.tensor(x)
        f(leaf, c, mygrad, n).sum().backward()
        return leaf.grad

    return run


CONTESTANTS = {
    "primal": lambda f, x, c, n: lambda: f(x, c, np, n),
    "chainrule": chainrule_run,
    "chainrule jvp": chainrule_jvp,
    "torch": torch_run,
    "autograd": autograd_run,
    "mygrad": mygrad_run,
}


def available() -> dict[str, Any]:
    """Return the contestants that are installed."""
    found = dict(CONTESTANTS)
    for name in ("torch", "autograd", "mygrad"):
        try:
            import_module(name)
        except ImportError:
            print(f"({name} is not installed)")
            del found[name]
    return found


def timed(run: Run) -> float:
    start = time.perf_counter()
    run()
    return time.perf_counter() - start


def measure(f: Any, size: int, rounds: int, contestants: dict[str, Any]) -> dict[str, float]:
    """Return the median microseconds per operation of each contestant."""
    n = 200 if size <= 10_000 else 20
    x = np.linspace(0.1, 0.9, size) if size else np.float64(0.3)
    c = x + 1.0
    runs = {name: make(f, x, c, n) for name, make in contestants.items()}
    for run in runs.values():
        run()
    seconds: dict[str, list[float]] = {name: [] for name in runs}
    for _ in range(rounds):
        for name, run in runs.items():
            seconds[name].append(timed(run))
    return {name: statistics.median(values) / n * 1e6 for name, values in seconds.items()}


def memory() -> tuple[float, float]:
    """Return bytes per operation of a tape on arrays of ten, and megabytes at the peak of a jvp on a million."""
    x = np.linspace(0.1, 0.9, 10)
    with cr.Tape() as tape:
        leaf = tape.watch(cr.numpy.array(x))
        tracemalloc.start()
        result = transcendental(leaf, x + 1, np, 1000)
        used = tracemalloc.get_traced_memory()[0] / 1000
    tracemalloc.stop()
    del result, tape
    gc.collect()
    big = np.linspace(0.1, 0.9, 1_000_000)
    tracemalloc.start()
    cr.jvp(lambda z: transcendental(z, big, np, 1000), (big,), (big,))
    peak = tracemalloc.get_traced_memory()[1] / 1e6
    tracemalloc.stop()
    return used, peak


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--sizes", type=int, nargs="*", default=[0, 10, 1_000_000], help="0 is a scalar")
    parser.add_argument("--rounds", type=int, default=31)
    options = parser.parse_args()
    contestants = available()
    for size in options.sizes:
        for f in (arithmetic, transcendental):
            rounds = options.rounds if size <= 10_000 else max(3, options.rounds // 4)
            found = measure(f, size, rounds, contestants)
            print(f"\n{f.__name__}, {'scalars' if not size else f'arrays of {size}'}: microseconds per operation")
            for name, value in found.items():
                ratio = f"   x torch {value / found['torch']:6.2f}" if "torch" in found else ""
                print(f"  {name:14s} {value:10.3f}   x primal {value / found['primal']:7.2f}{ratio}")
    used, peak = memory()
    print(f"\nmemory: {used:.0f} bytes per operation on the tape (80 of them the array's data)")
    print(f"        {peak:.0f} MB at the peak of a jvp of 1000 operations on a million doubles (24 MB its arguments)")


if __name__ == "__main__":
    main()
