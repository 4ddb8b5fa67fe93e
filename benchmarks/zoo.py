"""Compiled programs of the zoo and their gradients, beside plain Python and JAX.

    python benchmarks/zoo.py                      # everything, some minutes
    python benchmarks/zoo.py --only heat loop100 --rounds 50
    python benchmarks/zoo.py --json zoo.json

Each round runs every contestant of a program once, in turn, so that a slow moment of the machine hits all of them
alike; figures are medians. One thread each. ``first`` is the time from the definition to the first gradient, in a new
process, imports left out: with an empty cache, and with the cache of the run before. A blank is a program that a
contestant does not have, or refuses. JAX is given loops as ``lax.scan`` and double precision.
"""

from __future__ import annotations

import argparse
import json
import math
import os
import statistics
import subprocess
import sys
import tempfile
import time
import types
from collections.abc import Callable
from importlib import import_module
from pathlib import Path
from typing import Any

os.environ["OPENBLAS_NUM_THREADS"] = os.environ["OMP_NUM_THREADS"] = os.environ["MKL_NUM_THREADS"] = "1"
os.environ["XLA_FLAGS"] = "--xla_cpu_multi_thread_eigen=false intra_op_parallelism_threads=1"
sys.path.insert(0, str(Path(__file__).parents[1] / "tests"))

import numpy as np

import chainrule as cr
from compiled.zoo import BY_NAME, ENTRIES, Entry
from compiled.zoo.reference import flat, fresh

COLUMNS = [
    "plain", "primal", "gradient", "ratio", "first cold", "first warm", "JAX primal", "JAX gradient", "JAX ratio",
    "JAX first",
]  # fmt: skip
LEAST = 2e-3  # seconds that a measurement of a short call goes on


# Programs that JAX takes as they are, with its own NumPy; then those whose loops are rewritten for it.

JAX_AS_IS = {
    "rosenbrock_slices", "logsumexp", "softmax_loss", "mlp", "mlp_flat", "mixture_arrays", "correlation", "dict",
    "named_tuple", "least_squares", "power_iteration", "trimmed_mean", "several_results", "gather",
}  # fmt: skip


def jax_loop100(a: Any, b: Any) -> Any:
    return jax_loop_steps(a, b, 100)


def jax_loop_steps(a: Any, b: Any, n: int) -> Any:
    jax, jnp = import_module("jax"), import_module("jax.numpy")

    def step(z: Any, i: Any) -> Any:
        return a * jnp.cos(z + i) + z * jnp.sin(b - i), None

    return jax.lax.scan(step, 0.0 * a, jnp.arange(n))[0]


def jax_heat(u: Any, kappa: Any, steps: int) -> Any:
    jax, jnp = import_module("jax"), import_module("jax.numpy")

    def step(u: Any, _: Any) -> Any:
        laplacian = u[2:, 1:-1] + u[:-2, 1:-1] + u[1:-1, 2:] + u[1:-1, :-2] - 4 * u[1:-1, 1:-1]
        return u.at[1:-1, 1:-1].add(kappa * laplacian), None

    return jnp.sum(jax.lax.scan(step, u, None, length=steps)[0] ** 2)


def jax_wave(u0: Any, speed: Any, steps: int) -> Any:
    jax, jnp = import_module("jax"), import_module("jax.numpy")

    def step(state: Any, _: Any) -> Any:
        before, u, after = state
        laplacian = u[2:, 1:-1] + u[:-2, 1:-1] + u[1:-1, 2:] + u[1:-1, :-2] - 4 * u[1:-1, 1:-1]
        inside = 2 * u[1:-1, 1:-1] - before[1:-1, 1:-1] + speed * speed * laplacian
        return (u, after.at[1:-1, 1:-1].set(inside), before), None

    return jnp.sum(jax.lax.scan(step, (u0, u0, jnp.zeros_like(u0)), None, length=steps)[0][1] ** 2)


def jax_jacobi(f: Any, sweeps: int) -> Any:
    jax, jnp = import_module("jax"), import_module("jax.numpy")
    h2 = 1.0 / (f.shape[0] * f.shape[0])

    def step(a: Any, _: Any) -> Any:
        new = 0.25 * (a[2:, 1:-1] + a[:-2, 1:-1] + a[1:-1, 2:] + a[1:-1, :-2] + h2 * f[1:-1, 1:-1])
        return a.at[1:-1, 1:-1].set(new), None

    return jnp.sum(jax.lax.scan(step, jnp.zeros(f.shape), None, length=2 * sweeps)[0] ** 2)


def jax_rnn(W: Any, U: Any, h: Any, xs: Any, target: Any) -> Any:
    jax, jnp = import_module("jax"), import_module("jax.numpy")

    def step(h: Any, now: Any) -> Any:
        h = jnp.tanh(W @ h + U @ now[0])
        return h, jnp.sum((h - now[1]) ** 2)

    return jnp.sum(jax.lax.scan(step, h, (xs, target))[1]) / xs.shape[0]


def jax_lotka_volterra(prey: Any, predators: Any, rates: Any, steps: int) -> Any:
    jax = import_module("jax")
    dt = 0.001

    def step(state: Any, _: Any) -> Any:
        x, y = state
        new_x = x + dt * (rates[0] * x - rates[1] * x * y)
        return (new_x, y + dt * (rates[2] * x * y - rates[3] * y)), None

    x, y = jax.lax.scan(step, (prey, predators), None, length=steps)[0]
    return x * y


def jax_monte_carlo(spot: Any, strike: Any, rate: Any, sigma: Any, noise: Any) -> Any:
    jnp = import_module("jax.numpy")
    dt = 1.0 / noise.shape[1]
    steps = (rate - 0.5 * sigma * sigma) * dt + sigma * jnp.sqrt(dt) * noise
    average = jnp.mean(spot * jnp.exp(jnp.cumsum(steps, axis=1)), axis=1)
    return jnp.exp(-rate) * jnp.mean(jnp.maximum(average - strike, 0.0))


def jax_rk4_scalar(y0: Any, rate: Any, steps: int) -> Any:
    jax, jnp = import_module("jax"), import_module("jax.numpy")
    h = 1.0 / steps

    def slope(t: Any, y: Any) -> Any:
        return -rate * y * (1 + 0.1 * jnp.sin(t))

    def step(state: Any, _: Any) -> Any:
        t, y = state
        k1 = slope(t, y)
        k2 = slope(t + h / 2, y + h / 2 * k1)
        k3 = slope(t + h / 2, y + h / 2 * k2)
        k4 = slope(t + h, y + h * k3)
        return (t + h, y + h / 6 * (k1 + 2 * k2 + 2 * k3 + k4)), None

    return jax.lax.scan(step, (0.0, y0), None, length=steps)[0][1]


JAX_REWRITTEN = {
    "loop100": jax_loop100, "loop100_math": jax_loop100, "loop_steps": jax_loop_steps, "heat": jax_heat,
    "heat_swap": jax_heat, "wave": jax_wave, "jacobi": jax_jacobi, "rnn": jax_rnn, "monte_carlo": jax_monte_carlo,
    "lotka_volterra": jax_lotka_volterra, "rk4_scalar": jax_rk4_scalar,
    "mixture_loops": BY_NAME["mixture_arrays"].function,
}  # fmt: skip


def jax_function(entry: Entry) -> Callable[..., Any] | None:
    """The program as JAX can run it."""
    f = JAX_REWRITTEN.get(entry.name, entry.function if entry.name in JAX_AS_IS else None)
    if f is None or f.__name__.startswith("jax_"):
        return f
    namespace = {**f.__globals__, "np": import_module("jax.numpy")}
    for name, value in f.__globals__.items():
        if isinstance(value, types.FunctionType) and value.__globals__ is f.__globals__:
            namespace[name] = types.FunctionType(value.__code__, namespace, name, value.__defaults__)
    return types.FunctionType(f.__code__, namespace, f.__name__, f.__defaults__)


def jax_runs(entry: Entry) -> tuple[Callable[..., Any], Callable[..., Any], tuple[Any, ...]] | None:
    """Compiled value and gradient in JAX, and arguments for them."""
    try:
        jax = import_module("jax")
    except ImportError:
        return None
    jax.config.update("jax_enable_x64", True)
    f = jax_function(entry)
    if f is None:
        return None
    args = entry.arguments(entry.large)
    fixed = tuple(i for i, a in enumerate(args) if isinstance(a, int))
    arrays = [a if i in fixed else jax.tree_util.tree_map(jax.numpy.asarray, a) for i, a in enumerate(args)]
    primal = jax.jit(f, static_argnums=fixed)
    gradient = jax.jit(jax.value_and_grad(f, argnums=entry.argnums), static_argnums=fixed)
    return (
        lambda *a: jax.block_until_ready(primal(*a)),
        lambda *a: jax.block_until_ready(gradient(*a)),
        tuple(arrays),
    )


def compiled_runs(entry: Entry) -> tuple[Callable[..., Any], Callable[..., Any]] | None:
    """Compiled value and gradient, where the engine is there and takes the program."""
    if not hasattr(cr, "jit"):
        return None
    primal, gradient = cr.jit(entry.function), cr.jit(cr.value_and_grad(entry.function, argnums=entry.argnums))
    try:
        primal(*entry.arguments(entry.large))
        gradient(*entry.arguments(entry.large))
    except cr.UnsupportedError as refusal:
        print(f"{entry.name}: refused: {str(refusal).splitlines()[0]}", file=sys.stderr)
        return None
    return primal, gradient


def writes(entry: Entry) -> bool:
    """Say whether the program changes its arguments, which then have to be made afresh for each call."""
    args, before = entry.arguments(), entry.arguments()
    entry.function(*args)
    return any(np.any(a != b) for a, b in zip(flat(args), flat(before), strict=True))


def timed(f: Callable[..., Any], args: tuple[Any, ...], repeats: int, anew: bool) -> float:
    """Seconds for one call."""
    if anew:
        args = fresh(args)
        repeats = 1
    start = time.perf_counter()
    for _ in range(repeats):
        f(*args)
    return (time.perf_counter() - start) / repeats


def medians(runs: dict[str, tuple[Callable[..., Any], tuple[Any, ...]]], rounds: int, anew: bool) -> dict[str, float]:
    """Run all in turn, many times; return the median seconds of each."""
    repeats = {}
    for name, (f, args) in runs.items():
        timed(f, args, 1, anew)
        repeats[name] = max(1, math.ceil(LEAST / timed(f, args, 1, anew)))
    seconds: dict[str, list[float]] = {name: [] for name in runs}
    for _ in range(rounds):
        for name, (f, args) in runs.items():
            seconds[name].append(timed(f, args, repeats[name], anew))
    return {name: statistics.median(values) for name, values in seconds.items()}


def agree(entry: Entry, found: Any, other: Any) -> None:
    """Make sure that two contestants have computed the same."""
    for mine, theirs in zip(flat([np.float64(found[0]), _plain(found[1])]), flat(_plain(other)), strict=True):
        np.testing.assert_allclose(mine, theirs, rtol=1e-6, atol=1e-8, err_msg=entry.name)


def _plain(x: Any) -> Any:
    """Turn JAX's arrays into NumPy's."""
    if isinstance(x, dict):
        return {key: _plain(value) for key, value in x.items()}
    if isinstance(x, (list, tuple)):
        return [_plain(part) for part in x]
    return np.asarray(x) if hasattr(x, "block_until_ready") or np.isscalar(x) else x


def measure(entry: Entry, options: argparse.Namespace) -> dict[str, float]:
    """All figures of one program, in seconds; what is missing is left out."""
    args = entry.arguments(entry.large)
    runs: dict[str, tuple[Callable[..., Any], tuple[Any, ...]]] = {"plain": (entry.function, args)}
    compiled = compiled_runs(entry)
    if compiled:
        runs |= {"primal": (compiled[0], args), "gradient": (compiled[1], args)}
    jax = None if options.no_jax else jax_runs(entry)
    if jax:
        runs |= {"JAX primal": (jax[0], jax[2]), "JAX gradient": (jax[1], jax[2])}
    if jax:
        value = entry.function(*entry.arguments(entry.large))
        np.testing.assert_allclose(jax[0](*jax[2]), value, rtol=1e-8, err_msg=entry.name)
    if jax and compiled:
        agree(entry, compiled[1](*entry.arguments(entry.large)), jax[1](*jax[2]))
    result = medians(runs, options.rounds, writes(entry))
    for prefix in ("", "JAX "):
        if f"{prefix}gradient" in result:
            result[f"{prefix}ratio"] = result[f"{prefix}gradient"] / result[f"{prefix}primal"]
    if not options.no_first:
        result |= first_times(entry, bool(compiled), bool(jax))
    return result


def first_times(entry: Entry, compiled: bool, jax: bool) -> dict[str, float]:
    """Times to the first gradient in processes of their own."""
    result = {}
    with tempfile.TemporaryDirectory() as folder:
        environment = {**os.environ, "CHAINRULE_CACHE_DIR": folder}
        jobs = [("first cold", "chainrule"), ("first warm", "chainrule")] * compiled + [("JAX first", "jax")] * jax
        for column, engine in jobs:
            command = [sys.executable, __file__, "--first", entry.name, "--engine", engine]
            done = subprocess.run(command, env=environment, capture_output=True, text=True, check=True)
            result[column] = float(done.stdout.split()[-1])
    return result


def first(entry: Entry, engine: str) -> float:
    """Seconds from here to the first gradient; the libraries are imported before."""
    args = entry.arguments(entry.large)
    if engine == "jax":
        import_module("jax.numpy").zeros(3).block_until_ready()
        start = time.perf_counter()
        _, gradient, args = jax_runs(entry)
        gradient(*args)
    else:
        import_module("numba")
        start = time.perf_counter()
        cr.jit(cr.value_and_grad(entry.function, argnums=entry.argnums))(*args)
    return time.perf_counter() - start


def square(x: Any) -> Any:
    return x * x


def six(a: Any, b: Any, c: Any, d: Any, e: Any, f: Any) -> Any:
    return a[0] * b[0] + c[0] * d[0] + e[0] * f[0]


def overhead(options: argparse.Namespace) -> dict[str, dict[str, float]]:
    """What a call costs that has next to nothing to compute: with a number, and with six arrays."""
    arrays = tuple(np.linspace(i, i + 1, 10) for i in range(6))
    made = [
        Entry("a number", square, lambda rng, n: (3.0,), 0, 0, ""),
        Entry("six arrays", six, lambda rng, n: arrays, 0, 0, "", tuple(range(6))),
    ]
    only = argparse.Namespace(**{**vars(options), "no_first": True, "no_jax": True})
    return {entry.name: measure(entry, only) for entry in made}


def cell(column: str, value: float | None) -> str:
    if value is None:
        return ""
    if column.endswith("ratio"):
        return f"{value:.1f}"
    for unit, size in (("s", 1.0), ("ms", 1e-3), ("µs", 1e-6)):
        if value >= size:
            return f"{value / size:.3g} {unit}"
    return f"{value * 1e9:.3g} ns"


def line(name: str, row: dict[str, float], columns: list[str]) -> str:
    return f"{name:20s}" + "".join(f"{cell(c, row.get(c)):>13s}" for c in columns)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--only", nargs="*", metavar="NAME", choices=[*BY_NAME], default=[])
    parser.add_argument("--rounds", type=int, default=11)
    parser.add_argument("--no-jax", action="store_true")
    parser.add_argument("--no-first", action="store_true", help="leave out the times in new processes")
    parser.add_argument("--json", metavar="FILE")
    parser.add_argument("--first", metavar="NAME", help=argparse.SUPPRESS)
    parser.add_argument("--engine", default="chainrule", help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.first:
        print(first(BY_NAME[options.first], options.engine))
        return
    print(f"{'':20s}" + "".join(f"{c:>13s}" for c in COLUMNS))
    table = {}
    for entry in ENTRIES:
        if not options.only or entry.name in options.only:
            table[entry.name] = measure(entry, options)
            print(line(entry.name, table[entry.name], COLUMNS), flush=True)
    calls = overhead(options)
    print("\none call with next to nothing to do")
    for name, row in calls.items():
        print(line(name, row, COLUMNS[:4]))
    if options.json:
        Path(options.json).write_text(json.dumps({"programs": table, "calls": calls}, indent=1))


if __name__ == "__main__":
    main()
