"""Random programs: a few helper functions, and `f` of arrays, numbers and integers."""

from __future__ import annotations

from typing import Any

import numpy as np

from . import expressions as ex
from .program import HEADER, LAYOUTS, Program
from .scope import Helper, Name, Scope, Shape, Whole
from .statements import block, indented


def generate(seed: int, attempt: int = 0, simple: bool = False) -> Program:
    """Write the program of a seed; another attempt gives another one, where the first is of no use."""
    rng = np.random.default_rng([seed, attempt])
    n, m = int(rng.choice([1, 2, 3, 3, 4, 5])), int(rng.choice([1, 2, 3]))
    sizes = (n, n, m)
    helpers: tuple[Helper, ...] = ()
    texts = []
    for i in range(0 if simple else int(rng.choice([0, 0, 1, 2]))):
        helper, text = _helper(Scope(rng, sizes, helpers=helpers, returning=False), f"h{i}")
        helpers, texts = (*helpers, helper), [*texts, text]
    scope = Scope(rng, sizes, helpers=helpers, simple=simple, returning=not simple)
    parameters, args = _parameters(scope)
    lines = block(scope, (1 if simple else 3) + int(rng.integers(3 if simple else 6)), 1 if simple else 2, False)
    lines.append(f"return {_summary(scope)}")
    texts.append(_function("f", parameters, lines))
    layout = "in rows" if scope.chance(0.8) else scope.pick(list(LAYOUTS))
    return Program(HEADER + "".join(f"\n\n{text}" for text in texts), args, layout)


def _function(name: str, parameters: list[str], lines: list[str]) -> str:
    return "\n".join([f"def {name}({', '.join(parameters)}):", *indented(lines), ""])


def _parameters(scope: Scope) -> tuple[list[str], tuple[Any, ...]]:
    rng = scope.rng
    shapes: list[Shape] = [(scope.sizes[0],), scope.shape(), (), (scope.sizes[0], scope.sizes[2])]
    chosen = shapes[: 1 + int(rng.integers(len(shapes)))]
    names = [Name("xyab"[i] if s else "s", s) for i, s in enumerate(chosen)]
    scope.names += names
    args: list[Any] = [_number_or_array(rng, s) for s in chosen]
    parameters = [name.text for name in names]
    if scope.chance(0.3):
        n = int(rng.integers(1, 4))
        scope.wholes.append(Whole("n", n, n))
        parameters.append("n")
        args.append(n)
    if not scope.simple and scope.chance(0.35):
        size, high = int(rng.integers(1, 5)), scope.sizes[0]
        chosen_indices = rng.integers(0, high, size)
        scope.indices.append(("index", size, int(chosen_indices.max())))
        parameters.append("index")
        args.append(chosen_indices)
    return parameters, tuple(args)


def _number_or_array(rng: np.random.Generator, shape: Shape) -> Any:
    values = np.round(rng.uniform(-1.2, 1.2, shape), 3)
    return values if shape else float(values)


def _helper(scope: Scope, name: str) -> tuple[Helper, str]:
    """Write a function that may write into its arguments, and return them, parts of them, or something new."""
    takes = tuple(() if scope.chance(0.4) else scope.shape() for _ in range(1 + int(scope.rng.integers(2))))
    parameters = [scope.fresh("p") for _ in takes]
    scope.names += [Name(p, s) for p, s in zip(parameters, takes, strict=True)]
    lines = block(scope, int(scope.rng.integers(1, 4)), 1, False)
    returns = tuple(() if scope.chance(0.6) else scope.shape() for _ in range(1 + scope.chance(0.3)))
    values = [_result(scope, shape) for shape in returns]
    helper = Helper(name, takes, returns)
    lines.append(f"return {', '.join(values)}")
    return helper, _function(name, parameters, lines)


def _result(scope: Scope, shape: Shape) -> str:
    if not shape:
        return ex.number(scope, 2)
    return (ex.readable(scope, shape) if scope.chance(0.6) else None) or ex.array(scope, shape, 1)


def _summary(scope: Scope) -> str:
    """Put what is there at the end together, so that nothing done before is without effect."""
    count = min(len(scope.names), 5)
    chosen = [scope.names[i] for i in scope.rng.permutation(len(scope.names))[:count]]
    terms = []
    for k, name in enumerate(chosen):
        if not name.shape:
            terms.append(f"{k + 1} * {name.text}")
        elif scope.chance(0.5):
            terms.append(f"np.sum({name.text} * {name.text})")
        else:
            terms.append(f"np.sum(np.sin({k + 1} * {name.text}))")
    return " + ".join(terms)
