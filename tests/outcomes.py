"""What each method makes of a row's example calls, found out by trying: the page of supported functions says it."""

from __future__ import annotations

import itertools
import linecache
import warnings
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np

import chainrule as cr
from chainrule.errors import ChainruleError
from chainrule.rules import Row
from chainrule.symbolic import derivatives
from row_calls import Call, calls, flat, like

METHODS = ("forward", "reverse", "second order", "symbolic", "compiled")
MOST = 4  # example calls of a row that are tried
_serial = itertools.count()


class Example:
    """An example call as a function of its sampled arguments, whose result is a list of arrays of floats."""

    def __init__(self, row: Row, call: Call, rng: np.random.Generator) -> None:
        self.row, self.call = row, call
        self.point = tuple(np.asarray(x, float)[()] for x in call.sampled())
        result = self.result()
        self.reads = [*_indices(result)]
        self.kept = [i for i, part in enumerate(flat(result)) if np.asarray(part).dtype.kind in "fc"]
        self.weights = [like(rng, flat(result)[i]) for i in self.kept]
        self.directions = tuple(like(rng, x) for x in self.point)

    def result(self, *values: Any) -> Any:
        args, kwargs = self.call.replaced(values or self.point)
        return self.row(*args, **kwargs)

    def __call__(self, *values: Any) -> list[Any]:
        parts = flat(self.result(*values))
        return [parts[i] for i in self.kept]

    def total(self, *values: Any) -> Any:
        """Return the results, weighted at random and summed: a real number."""
        return np.real(sum(np.sum(w * part) for w, part in zip(self.weights, self(*values), strict=True)))

    @property
    def every(self) -> range:
        return range(len(self.point))

    def gradient(self) -> Any:
        return cr.grad(self.total, self.every)(*self.point)

    def slope(self, gradient: Any) -> float:
        """Return the derivative along the directions that follows from a gradient."""
        return sum(float(np.real(np.sum(np.conj(g) * t))) for g, t in zip(gradient, self.directions, strict=True))


def forward(example: Example) -> Any:
    return cr.jvp(example.total, example.point, example.directions)[1]


def reverse(example: Example) -> Any:
    return example.slope(example.gradient())


def second_order(example: Example) -> Any:
    cr.jvp(cr.grad(example.total, example.every), example.point, example.directions)
    return reverse(example)


def symbolic(example: Example) -> Any:
    _, blocks = derivatives(example, example.point)
    total = 0.0
    for weight, row in zip(example.weights, blocks, strict=True):
        for block, t in zip(row, example.directions, strict=True):
            total += float(np.real(np.sum(weight * np.tensordot(block, t, np.ndim(t)))))
    return total


def compiled(example: Example) -> Any:
    """Compile the gradient of a program that is nothing but the call, and run what is emitted."""
    function = example.total if isinstance(example, Write) else written_out(example)
    gradient = cr.jit(cr.grad(function, tuple(example.every)), compile=False)(*example.point)
    return example.slope(gradient)


def written_out(example: Example) -> Callable[..., Any]:
    """Return an example as a Python function whose text can be read."""
    names = [f"x{i}" for i in example.every]
    space: dict[str, Any] = {"np": np, "function": example.row.fn, "weights": example.weights}
    args, kwargs = example.call.args, example.call.kwargs
    sampled = dict(zip(example.call.paths, names, strict=True))
    texts = [_written(x, (0, i), sampled, space) for i, x in enumerate(args)]
    texts += [f"{name}={_written(x, (1, name), sampled, space)}" for name, x in kwargs.items()]
    sums = " + ".join(f"np.sum(weights[{k}] * result{example.reads[i]})" for k, i in enumerate(example.kept))
    return _defined(
        f"def call({', '.join(names)}):\n    result = function({', '.join(texts)})\n    return {sums}\n", space
    )


def _defined(text: str, space: dict[str, Any]) -> Callable[..., Any]:
    """Define the function of a text so that its text can be read."""
    file = f"<example {next(_serial)}>"
    linecache.cache[file] = (len(text), None, text.splitlines(keepends=True), file)
    exec(compile(text, file, "exec"), space)
    found: Callable[..., Any] = space["call"]
    return found


def _indices(result: Any, before: str = "") -> Iterator[str]:
    """Yield the text by which each array of a result is read from it."""
    if not isinstance(result, (tuple, list)):
        yield before
        return
    for i, part in enumerate(result):
        yield from _indices(part, f"{before}[{i}]")


def _written(x: Any, path: Any, sampled: dict[Any, str], space: dict[str, Any]) -> str:
    """Return an argument as text; what is no plain number or text is a name of the space."""
    if path in sampled:
        return sampled[path]
    if isinstance(x, (list, tuple)) and type(x) in (list, tuple):
        parts = [_written(part, (*path, i), sampled, space) for i, part in enumerate(x)]
        return f"[{', '.join(parts)}]" if isinstance(x, list) else f"({''.join(part + ', ' for part in parts)})"
    if x is None or type(x) in (bool, int, float, str):
        return repr(x) if not (isinstance(x, float) and not np.isfinite(x)) else f"np.{x}"
    if isinstance(x, slice):
        return f"slice({x.start!r}, {x.stop!r}, {x.step!r})"
    name = f"value{len(space)}"
    space[name] = x
    return name


TRY = dict(zip(METHODS, (forward, reverse, second_order, symbolic, compiled), strict=True))


def outcomes(row: Row) -> dict[str, str]:
    """Return for each method whether it differentiates all of a row's examples ("yes"), some, or none ("no").

    Raises
    ------
    AssertionError
        If a method has another derivative than reverse mode has.
    """
    rng = np.random.default_rng(0)
    done: dict[str, list[bool]] = {method: [] for method in METHODS}
    with warnings.catch_warnings(action="ignore"), np.errstate(all="ignore"):
        tried = [Example(row, call, rng) for call in itertools.islice(_varied(row, rng), MOST)]
        for example in tried:
            expected = None
            for method in ("reverse", "forward", "second order", "symbolic", "compiled"):
                slope = _try(TRY[method], example)
                done[method].append(slope is not None)
                expected = slope if expected is None else expected
                if slope is not None:
                    np.testing.assert_allclose(slope, expected, rtol=1e-6, atol=1e-8, err_msg=f"{row!r}: {method}")
    return {method: "yes" if all(got) else "some" if any(got) else "no" for method, got in done.items()}


# Functions that write into an array, by what is written in their place.
WRITES = {
    np.copyto: "np.copyto(y, x * x)", np.fill_diagonal: "np.fill_diagonal(y, x[0, 1])",
    np.put: "np.put(y, [0, 3], x[0, 1])", np.place: "np.place(y, [[True, False], [False, True]], x[0, 1])",
    np.putmask: "np.putmask(y, [[True, False], [False, True]], x * x)",
    np.put_along_axis: "np.put_along_axis(y, np.array([[1], [0]]), x[:, :1], 1)",
}  # fmt: skip


class Write(Example):
    """A write into an array as a function of what is written."""

    def __init__(self, text: str, rng: np.random.Generator) -> None:
        self.text = f"def call(x):\n    y = x * 2.0\n    {text}\n    return np.sum(y * y * x)\n"
        self.total = _defined(self.text, {"np": np})  # type: ignore[method-assign]
        self.point, self.weights = (rng.normal(size=(2, 2)),), [1.0]
        self.directions = (rng.normal(size=(2, 2)),)

    def __call__(self, *values: Any) -> list[Any]:
        return [self.total(*values)]


def outcomes_of_write(fn: Any) -> dict[str, str]:
    """Return for each method whether it differentiates a function that writes ("yes" or "no")."""
    example, found = Write(WRITES[fn], np.random.default_rng(0)), {}
    expected = reverse(example)
    for method in METHODS:
        slope = _try(TRY[method], example)
        found[method] = "no" if slope is None else "yes"
        if slope is not None:
            np.testing.assert_allclose(slope, expected, rtol=1e-6)
    return found


def _varied(row: Row, rng: np.random.Generator) -> Iterator[Call]:
    return (call for call in calls(row, rng) if call.paths)


def _try(method: Callable[[Example], Any], example: Example) -> Any:
    try:
        return method(example)
    except ChainruleError:
        return None
