"""Derivatives at difficult points, by chainrule, JAX, PyTorch and HIPS autograd side by side."""

from __future__ import annotations

from collections.abc import Callable
from importlib import import_module
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

import chainrule as cr

PAGE = Path(__file__).parents[1] / "docs" / "explanation" / "difficult-points.md"
LIBRARIES = ["chainrule", "JAX", "PyTorch", "autograd"]


class Point(NamedTuple):
    """A function of a library's NumPy and an argument, and the argument; `torch` where PyTorch has another name."""

    text: str
    f: Callable[..., Any]
    x: Any
    torch: Callable[..., Any] | None = None


EYE, ZERO = np.eye(2), np.zeros(2)
SINGULAR = np.array([[1.0, 2.0], [2.0, 4.0]])


def _function_of_matrix(m: Any, a: Any) -> Any:
    w, v = m.linalg.eigh(a)
    return m.sum((v * m.exp(w)) @ v.T * np.array([[1.0, 2.0], [2.0, 3.0]])) if m.__name__ != "torch" else (
        m.sum((v * m.exp(w)) @ v.T * m.tensor([[1.0, 2.0], [2.0, 3.0]], dtype=m.float64))
    )  # fmt: skip


POINTS = [
    Point("abs(x) at 0", lambda m, x: m.abs(x), 0.0),
    Point("sqrt(x) at 0", lambda m, x: m.sqrt(x), 0.0),
    Point("maximum(x, 0) at 0", lambda m, x: m.maximum(x, 0.0 * x), 0.0),
    Point("max([x, y]) at a tie", lambda m, x: m.max(x), np.ones(2)),
    Point("min([x, y]) at a tie", lambda m, x: m.min(x), np.ones(2)),
    Point("sort([x, y])[0] at a tie", lambda m, x: m.sort(x)[0], np.ones(2), lambda m, x: m.sort(x)[0][0]),
    Point("median of four equal", lambda m, x: m.median(x), np.ones(4), lambda m, x: m.quantile(x, 0.5)),
    Point("clip(x, 0, 1) at 0", lambda m, x: m.clip(x, 0.0, 1.0), 0.0),
    Point("norm(x) at 0", lambda m, x: m.linalg.norm(x), ZERO),
    Point("norm(x)**2 at 0", lambda m, x: m.linalg.norm(x) ** 2, ZERO),
    Point("norm(x, 3) at 0", lambda m, x: m.linalg.norm(x, 3), ZERO),
    Point("std of a constant", lambda m, x: m.std(x), np.ones(2), lambda m, x: m.std(x, correction=0)),
    Point("hypot(x, x) at 0", lambda m, x: m.hypot(x, x), 0.0),
    Point("arctan2(x, x) at 0", lambda m, x: m.arctan2(x, x), 0.0),
    Point("x**x at 0", lambda m, x: x**x, 0.0),
    Point("x**0.0 at 0", lambda m, x: x**0.0, 0.0),
    Point("0**x at 2", lambda m, x: m.power(0.0 * x, x), 2.0, lambda m, x: m.pow(0.0 * x, x)),
    Point("prod(x) with a zero", lambda m, x: m.prod(x), np.array([2.0, 0.0, 3.0])),
    Point("cumprod(x)[-1] with zeros", lambda m, x: m.cumprod(x)[-1], np.array([0.0, 2.0, 3.0]),
          lambda m, x: m.cumprod(x, 0)[-1]),
    Point("sinc(x) at 0", lambda m, x: m.sinc(x), 0.0),
    Point("logaddexp(x, x) at -inf", lambda m, x: m.logaddexp(x, x), -np.inf),
    Point("where(x > 0, sqrt(x), 0) at 0", lambda m, x: m.sum(m.where(x > 0, m.sqrt(x), 0.0 * x)), ZERO),
    Point("where(x > 0, x log(x), 0) at 0", lambda m, x: m.sum(m.where(x > 0, x * m.log(x), 0.0 * x)), ZERO),
    Point("arccos(x) at 1", lambda m, x: m.arccos(x), 1.0),
    Point("nansum with a nan", lambda m, x: m.nansum(x), np.array([1.0, np.nan])),
    Point("det of a singular matrix", lambda m, a: m.linalg.det(a), SINGULAR),
    Point("det of the zero matrix", lambda m, a: m.linalg.det(a), np.zeros((2, 2))),
    Point("trace of the cube, by eigvalsh, at the identity", lambda m, a: m.sum(m.linalg.eigvalsh(a) ** 3), EYE),
    Point("a function of a matrix by eigh, at the identity", _function_of_matrix, EYE),
    Point("nuclear norm at the identity", lambda m, a: m.linalg.norm(a, "nuc"), EYE),
    Point("nuclear norm by svd at the identity", lambda m, a: m.sum(m.linalg.svd(a)[1]), EYE),
    Point("spectral norm at the identity", lambda m, a: m.linalg.norm(a, 2), EYE,
          lambda m, a: m.linalg.matrix_norm(a, 2)),
    Point("Frobenius norm of the zero matrix", lambda m, a: m.linalg.norm(a), np.zeros((2, 2))),
]  # fmt: skip


def by_chainrule(point: Point) -> Any:
    return cr.grad(lambda x: point.f(np, x))(point.x)


def by_jax(point: Point) -> Any:
    jax = import_module("jax")
    jax.config.update("jax_enable_x64", True)
    return jax.grad(lambda x: point.f(jax.numpy, x))(jax.numpy.asarray(point.x))


def by_torch(point: Point) -> Any:
    torch = import_module("torch")
    x = torch.tensor(point.x, dtype=torch.float64, requires_grad=True)
    (point.torch or point.f)(torch, x).backward()
    return x.grad.numpy()


def by_autograd(point: Point) -> Any:
    anp = import_module("autograd.numpy")
    return import_module("autograd").grad(lambda x: point.f(anp, x))(point.x)


BY = dict(zip(LIBRARIES, (by_chainrule, by_jax, by_torch, by_autograd), strict=True))


def cell(library: str, point: Point) -> str:
    """Return a derivative as text; the name of the error where there is none, a dash where there is no function."""
    try:
        return text(np.asarray(BY[library](point)))
    except (AttributeError, NotImplementedError, ModuleNotFoundError):
        return "–"
    except Exception as error:
        return type(error).__name__


def text(x: Any) -> str:
    if x.ndim:
        return f"[{', '.join(map(text, x))}]"
    return f"{round(float(x), 4) + 0.0:.4g}"


def cells() -> list[list[str]]:
    with np.errstate(all="ignore"):
        return [[point.text, *[cell(library, point) for library in LIBRARIES]] for point in POINTS]


def peers_table() -> Any:
    """Return the table for a terminal."""
    from rich.markup import escape
    from rich.table import Table

    table = Table("gradient of", *LIBRARIES, title="At difficult points")
    for row in cells():
        table.add_row(*map(escape, row))
    return table


HEAD = """\
# Difficult points

<!-- Written by python benchmarks/functions.py --page: change benchmarks/difficult_points.py, not this page. -->

What four libraries say where a derivative does not exist, is infinite, or is hard to compute: the gradients that each
of them gave when this page was written, with {versions}.

- A dash: the library has no such function, or no derivative of it.
- `eigh` and `eigvalsh` read one triangle of a matrix. chainrule's derivative by the other one is 0; other libraries
  share it between both.

[Conventions](../reference/conventions.md) lists all of chainrule's values, and [the table of
rules](table-of-rules.md#difficult-points) says why they were chosen.

| gradient of | {libraries} |
|---|{lines}
"""


def peers_page(versions: dict[str, str]) -> str:
    """Return the page, with the versions that were measured."""
    shown = ", ".join(f"{name} {version}" for name, version in versions.items())
    head = HEAD.format(versions=shown, libraries=" | ".join(LIBRARIES), lines="---|" * len(LIBRARIES))
    lines = [f"| `{row[0]}` | " + " | ".join(f"`{c}`" if c != "–" else c for c in row[1:]) + " |" for row in cells()]
    return head + "\n".join(lines) + "\n"
