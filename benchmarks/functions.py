"""Which functions chainrule, HIPS autograd and JAX can differentiate, and what they say at difficult points.

    python benchmarks/functions.py                      # both tables, some minutes
    python benchmarks/functions.py --only numpy.fft     # one module
    python benchmarks/functions.py --json functions.json
    python benchmarks/functions.py --page               # write docs/explanation/difficult-points.md

Coverage is measured by calling: for every public function that chainrule differentiates, the example calls of its row
are differentiated by each library in reverse and in forward mode. A function counts as *all* if every example has the
derivative that central differences confirm, as *some* if some have, and as *wrong* if a derivative differs without an
error. A function that a library does not have or refuses, or that has another value there, counts for nothing.
Symmetric matrices are moved symmetrically, since libraries differ in which triangle they read. Examples in single
precision or beside a jump, where differences confirm nothing, are left out. PyTorch has other names for most functions,
and is in the second table only.
"""

from __future__ import annotations

import argparse
import contextlib
import itertools
import json
import sys
import warnings
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator
from importlib import import_module, metadata
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parents[1] / "tests"))

import numpy as np

import chainrule as cr
from chainrule.rules import Row
from chainrule.rules._table import find
from difficult_points import PAGE, peers_page, peers_table
from outcomes import Example
from row_calls import calls, flat, slope

MODULES = ["numpy", "numpy.linalg", "numpy.fft", "scipy.special", "scipy.linalg"]
LIBRARIES = ["chainrule", "autograd", "JAX"]
MOST = 3  # example calls of a function
OUTCOMES = ["reverse: all", "reverse: some", "reverse: wrong", "forward: all", "forward: some", "forward: wrong"]


def functions(module: str) -> Iterator[tuple[str, Row]]:
    """Yield the public functions of a module that chainrule differentiates."""
    found = import_module(module)
    with warnings.catch_warnings(action="ignore"):
        for name in sorted(getattr(found, "__all__", None) or dir(found)):
            value = getattr(found, name)
            row = find(value) if callable(value) and not isinstance(value, type) else None
            if row is not None and row.kind != "constant":
                yield name, row


def counterpart(library: str, module: str, name: str) -> Callable[..., Any] | None:
    """Return a library's function of the same name."""
    if library == "chainrule":
        return find(getattr(import_module(module), name))
    place = {"autograd": f"autograd.{module}", "JAX": f"jax.{module}"}[library]
    try:
        return getattr(import_module(place), name, None)
    except ImportError:
        return None


# ---- One example by one library ------------------------------------------------------------------------------------


def total(example: Example, fn: Callable[..., Any], mod: Any) -> Callable[..., Any]:
    """Return an example as a real number, with a library's function and sums."""

    def f(*values: Any) -> Any:
        args, kwargs = example.call.replaced(values)
        parts = [flat(fn(*args, **kwargs))[i] for i in example.kept]
        return sum(mod.sum(mod.real(w * part)) for w, part in zip(example.weights, parts, strict=True))

    return f


def by_chainrule(example: Example, fn: Any, reverse: bool) -> Any:
    f = total(example, fn, np)
    return cr.grad(f, example.every)(*example.point) if reverse else cr.jvp(f, example.point, example.directions)[1]


def by_autograd(example: Example, fn: Any, reverse: bool) -> Any:
    autograd, anp = import_module("autograd"), import_module("autograd.numpy")
    f = total(example, fn, anp)
    if reverse:
        return autograd.grad(f, tuple(example.every))(*example.point)
    pushed = import_module("autograd.differential_operators").make_jvp
    slopes = [pushed(f, i)(*example.point)(t)[1] for i, t in zip(example.every, example.directions, strict=True)]
    return sum(map(float, slopes))


def by_jax(example: Example, fn: Any, reverse: bool) -> Any:
    jax = import_module("jax")
    f = total(example, fn, jax.numpy)
    point, directions = (tuple(map(jax.numpy.asarray, xs)) for xs in (example.point, example.directions))
    return jax.grad(f, tuple(example.every))(*point) if reverse else jax.jvp(f, point, directions)[1]


BY = {"chainrule": by_chainrule, "autograd": by_autograd, "JAX": by_jax}


def sampled(example: Example) -> float | None:
    """Return the derivative along the directions by central differences, or None where two steps disagree."""
    f = total(example, example.row, np)

    def along(h: float) -> Any:
        return f(*[x + h * t for x, t in zip(example.point, example.directions, strict=True)])

    wide, narrow = (float(slope(along, step)) for step in (2e-3, 2e-4))
    return wide if np.isclose(wide, narrow, rtol=1e-6, atol=1e-7) else None


def mirrored(example: Example) -> Example:
    """Let the directions in which symmetric matrices are moved be symmetric as well."""
    example.directions = tuple(
        t + np.swapaxes(t, -1, -2) if _is_symmetric(x) else t
        for x, t in zip(example.point, example.directions, strict=True)
    )
    return example


def _is_symmetric(x: Any) -> bool:
    return np.ndim(x) >= 2 and x.shape[-1] == x.shape[-2] and np.allclose(x, np.swapaxes(x, -1, -2))


def outcome(library: str, example: Example, fn: Any, reverse: bool, expected: float) -> str:
    """Return whether a library's derivative of an example is right, wrong, or not there."""
    try:
        mod = {"chainrule": np, "autograd": "autograd.numpy", "JAX": "jax.numpy"}[library]
        value = float(total(example, fn, import_module(mod) if isinstance(mod, str) else mod)(*example.point))
        if not np.isclose(value, total(example, example.row, np)(*example.point), rtol=1e-6, atol=1e-8):
            return "none"
        found = BY[library](example, fn, reverse)
        found = example.slope([np.asarray(g) for g in found]) if reverse else float(found)
    except Exception:  # whatever a library raises for what it cannot do
        return "none"
    return "right" if np.isclose(found, expected, rtol=1e-5, atol=1e-6) else "wrong"


# ---- All of them ---------------------------------------------------------------------------------------------------


def verdict(found: list[str]) -> str:
    if "wrong" in found:
        return "wrong"
    return "all" if set(found) == {"right"} else "some" if "right" in found else ""


def measure(module: str) -> tuple[dict[str, Counter[str]], dict[str, list[str]], int]:
    """Return by library how many functions have which outcome, and which are wrong; and how many there are."""
    counts: dict[str, Counter[str]] = defaultdict(Counter)
    wrong: dict[str, list[str]] = defaultdict(list)
    number = 0
    for name, row in functions(module):
        tried = [mirrored(example) for example in itertools.islice(_examples(row), MOST)]
        pairs = [(example, sampled(example)) for example in tried]
        examples = [(example, slope) for example, slope in pairs if slope is not None]
        number += bool(examples)
        for library in LIBRARIES if examples else ():
            fn = counterpart(library, module, name)
            for mode in ("reverse", "forward") if fn is not None else ():
                found = verdict([outcome(library, e, fn, mode == "reverse", slope) for e, slope in examples])
                counts[library][f"{mode}: {found}"] += 1
                if found == "wrong":
                    wrong[library].append(f"{module}.{name} ({mode})")
    return counts, wrong, number


def _examples(row: Row) -> Iterator[Example]:
    rng = np.random.default_rng(0)
    return (Example(row, call, rng) for call in calls(row, rng) if call.paths)


def versions() -> dict[str, str]:
    names = {"chainrule": "chainrule", "autograd": "autograd", "JAX": "jax", "PyTorch": "torch", "NumPy": "numpy"}
    return {name: metadata.version(package) for name, package in names.items()}


def show(results: dict[str, Any]) -> None:
    """Print the counts of all modules, and what is wrong."""
    from rich.console import Console
    from rich.table import Table

    table = Table("module", "functions", "library", *OUTCOMES, title="Functions that can be differentiated")
    for module, (counts, _, number) in results.items():
        for library in LIBRARIES:
            cells = [str(counts[library][o] or "") for o in OUTCOMES]
            table.add_row(*([module, str(number)] if library == LIBRARIES[0] else ["", ""]), library, *cells)
    console = Console(width=140)
    console.print(table)
    for library in LIBRARIES:
        names = [name for _, wrong, _ in results.values() for name in wrong[library]]
        console.print(f"Wrong without an error, {library}: {', '.join(names) or 'none'}")
    console.print(peers_table())


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--only", nargs="*", default=MODULES, help="modules to look at")
    parser.add_argument("--json", type=Path, help="a file to write the counts into")
    parser.add_argument("--page", action="store_true", help="write the page of difficult points, and no more")
    options = parser.parse_args()
    with contextlib.suppress(ImportError):
        import_module("jax").config.update("jax_enable_x64", True)
    with warnings.catch_warnings(action="ignore"), np.errstate(all="ignore"):
        if options.page:
            PAGE.write_text(peers_page(versions()), encoding="utf-8")
            return
        results = {module: measure(module) for module in options.only}
        show(results)
    if options.json:
        kept = {m: {"functions": n, "counts": c, "wrong": w} for m, (c, w, n) in results.items()}
        options.json.write_text(json.dumps({"versions": versions(), "modules": kept}, indent=1), encoding="utf-8")


if __name__ == "__main__":
    main()
