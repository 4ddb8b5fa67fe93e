"""From functions to expressions: symbols, a run on symbols, and all derivatives of that run at a point."""

from __future__ import annotations

import inspect
import math
from collections.abc import Callable, Mapping, Sequence
from contextvars import ContextVar
from typing import Any

import numpy as np

from ..errors import DerivativeError, SymbolicError, message
from ..rules import Operand
from . import refusals
from .array import Array, elements_of, wrap
from .base import Symbolic
from .derivative import derivatives_of
from .expression import Expr, symbol
from .program import common_dtype
from .program import run as run_program

__all__ = ["derivatives", "symbols", "trace", "value_at"]


def symbols(names: str | Sequence[str], shape: int | tuple[int, ...] | None = None) -> Any:
    """Return symbols for real numbers, or for the elements of arrays.

    Parameters
    ----------
    names : str or sequence of str
        One or more names, separated by spaces or commas.
    shape : int or tuple of int, optional
        Makes each of them an array of symbols.

    Returns
    -------
    Expr, Array, or a tuple of them
        A tuple if there is more than one name.

    Examples
    --------
    >>> from chainrule import symbolic
    >>> x, y = symbolic.symbols("x y")
    >>> symbolic.symbols("w", shape=2)
    [w[0], w[1]]
    """
    listed = names.replace(",", " ").split() if isinstance(names, str) else list(names)
    shape = (shape,) if isinstance(shape, int) else shape
    made = [_array_of_symbols(name, shape) if shape else symbol(name) for name in listed]
    return made[0] if len(made) == 1 else tuple(made)


def _array_of_symbols(name: str, shape: tuple[int, ...]) -> Array:
    elements = np.empty(shape, object)
    for index in np.ndindex(shape):
        elements[index] = symbol(name, index)
    return Array(elements)


def trace(
    f: Callable[..., Any], *examples: Any, shapes: Mapping[str, Any] | None = None,
    constants: Mapping[str, Any] | None = None,
) -> Any:  # fmt: skip
    """Run a function on symbols, named after its parameters, and return the expression of its result.

    Loops whose bounds are numbers are unrolled, branches on numbers are taken, functions that are called are followed.

    Parameters
    ----------
    f : callable
    *examples
        Values for the first parameters, which tell their shapes: a number is replaced by a symbol, an array by an
        array of symbols, anything else is passed as it is.
    shapes : mapping, optional
        By parameter, the shape of an array.
    constants : mapping, optional
        By parameter, a value that is passed as it is (the number of steps of a loop). Parameters that have a default
        value, and neither an example nor a shape, keep it.

    Returns
    -------
    Expr, Array, or a nested tuple, list or dict of them

    Raises
    ------
    SymbolicError
        If the function branches on a symbol, or uses one where a number is needed.

    Examples
    --------
    >>> import numpy as np
    >>> from chainrule import symbolic
    >>> def f(a, b, steps=2):
    ...     z = 0
    ...     for i in range(steps):
    ...         z = a * np.cos(z + i) + z * np.sin(b - i)
    ...     return z
    >>> symbolic.trace(f)
    a*cos(a + 1) + a*sin(b - 1)
    >>> symbolic.trace(lambda w: w @ w, shapes={"w": 2})
    w[0]*w[0] + w[1]*w[1]
    """
    positional, named = _arguments(f, examples, shapes or {}, constants or {})
    with refusals.revealed():
        return _results(f(*positional, **named))


def _arguments(f: Any, examples: Any, shapes: Any, constants: Any) -> tuple[list[Any], dict[str, Any]]:
    positional: list[Any] = []
    named: dict[str, Any] = {}
    for i, parameter in enumerate(inspect.signature(f).parameters.values()):
        name = parameter.name
        if parameter.kind in (parameter.VAR_POSITIONAL, parameter.VAR_KEYWORD):
            if parameter.kind is parameter.VAR_POSITIONAL:
                positional += [_leaf(f"{name}{k}", x) for k, x in enumerate(examples[i:])]
            continue
        if name in constants:
            value = constants[name]
        elif name in shapes:
            value = symbols([name], shapes[name])
        elif i < len(examples):
            value = _leaf(name, examples[i])
        else:
            value = symbol(name) if parameter.default is parameter.empty else parameter.default
        if parameter.kind is parameter.KEYWORD_ONLY:
            named[name] = value
        else:
            positional.append(value)
    return positional, named


def _leaf(name: str, example: Any) -> Any:
    """Return a symbol, or an array of symbols, in the place of a number or array."""
    if isinstance(example, np.ndarray) and example.ndim and example.dtype.kind in "iuf":
        return _array_of_symbols(name, example.shape)
    number = isinstance(example, (int, float, np.number, np.ndarray)) and not isinstance(example, bool)
    return symbol(name) if number else example


def _results(result: Any) -> Any:
    if isinstance(result, dict):
        return {key: _results(part) for key, part in result.items()}
    if isinstance(result, tuple) and hasattr(result, "_fields"):
        return type(result)(*map(_results, result))
    if isinstance(result, (tuple, list)):
        return type(result)(map(_results, result))
    return _output(result)


def _output(x: Any, error: type[Exception] = SymbolicError) -> Any:
    """Return a result as an expression or array of expressions."""
    if isinstance(x, Symbolic):
        return x
    if isinstance(x, (bool, int, float, np.generic, np.ndarray)) and np.asarray(x).dtype.kind in "biufO":
        return wrap(elements_of(x))
    if isinstance(x, Operand):
        refusals.recorded()
    kind = "None" if x is None else f"a {type(x).__name__}"
    raise error(
        message(f"The function returned {kind}, which has no derivative.", "Return numbers or arrays of numbers.")
    )


def derivatives(run: Callable[..., Any], leaves: Sequence[Any], order: int = 1) -> tuple[list[Any], Any]:
    """Trace a run on symbols, differentiate its outputs by all of them, and evaluate everything at a point.

    Parameters
    ----------
    run : callable
        Takes a symbolic number or array for each leaf and returns a list of outputs.
    leaves : sequence of numbers and arrays
        The point: real NumPy scalars and arrays.
    order : {1, 2}
        Second derivatives are of the only output, a scalar.

    Returns
    -------
    values : list
        The outputs at the point.
    blocks : list of lists
        For first derivatives, ``blocks[i][j]`` has the shape ``output_i.shape + leaf_j.shape``. For second
        derivatives, ``blocks[0][j][k]`` has the shape ``leaf_j.shape + leaf_k.shape``.

    Examples
    --------
    >>> import numpy as np
    >>> from chainrule.symbolic import derivatives
    >>> derivatives(lambda x, y: [x * y], [np.float64(3.0), np.float64(4.0)])
    ([np.float64(12.0)], [[array(4.), array(3.)]])
    """
    point = _Point(leaves)
    outputs = _run_deeper(run, point.arguments())
    roots = [root for out in outputs for root in out.roots()]
    slopes = [x for root in roots for x in point.slopes(root)]
    if order == 2:
        slopes = [x for slope in slopes for x in point.slopes(slope)]
    found = point.evaluate([*roots, *slopes])
    values, rows = point.shaped(found[: len(roots)], outputs), found[len(roots) :]
    if order == 2:
        return values, [point.matrix(rows)]
    return values, point.blocks(rows, [out.shape for out in outputs])


# How many runs on symbols are under way: inside, the same names are other symbols. Otherwise a derivative inside a
# function that is itself being traced would take the outer variable for the inner one.
_LEVEL: ContextVar[int] = ContextVar("chainrule_symbolic_level", default=0)


def _run_deeper(run: Callable[..., Any], arguments: list[Any]) -> list[Any]:
    token = _LEVEL.set(_LEVEL.get() + 1)
    try:
        with refusals.revealed():
            return [_output(x, DerivativeError) for x in run(*arguments)]
    finally:
        _LEVEL.reset(token)


def value_at(x: Any, leaves: Sequence[Any]) -> Any:
    """Return the value of what a run for `derivatives` left beside its outputs; anything plain as it is."""
    if not isinstance(x, Symbolic):
        return x
    point = _Point(leaves)
    return point.shaped(point.evaluate(x.roots()), [x])[0]


class _Point:
    """The leaves of a call: a symbol for each element, and its value."""

    def __init__(self, leaves: Sequence[Any]) -> None:
        self.shapes = [np.shape(leaf) for leaf in leaves]
        level = _LEVEL.get() + 1
        self.symbols = [_leaf_symbols(f"x{i}", shape, level) for i, shape in enumerate(self.shapes)]
        self.flat = [s for part in self.symbols for s in part]
        numbers = [x for leaf in leaves for x in np.asarray(leaf).reshape(-1)]
        self.numbers = {s.serial: x for s, x in zip(self.flat, numbers, strict=True)}
        self.dtype = np.result_type(np.float32, *[np.asarray(leaf).dtype for leaf in leaves]) if leaves else np.float64

    def arguments(self) -> list[Any]:
        """Return what the function is run on; it may write into arrays."""
        return [wrap(_filled(part, shape)) for part, shape in zip(self.symbols, self.shapes, strict=True)]

    def slopes(self, root: Expr) -> list[Expr]:
        """Return the derivatives of an expression by every symbol."""
        found = derivatives_of(root, self.flat)
        return [found[s] for s in self.flat]

    def evaluate(self, roots: list[Expr]) -> Any:
        with np.errstate(all="ignore"):
            values = run_program(roots, self.numbers)
        for value in values:
            if np.iscomplexobj(value):
                refusals.of_type(complex(value))
        return values

    def shaped(self, values: list[Any], outputs: list[Any]) -> list[Any]:
        """Arrange the values of the outputs' elements as NumPy scalars and arrays."""
        rest = iter(values)
        found = []
        for out in outputs:
            part = [next(rest) for _ in range(out.size)]
            dtype = np.bool_ if out.dtype == bool else common_dtype(part, self.dtype)
            found.append(np.array(part, dtype).reshape(out.shape)[()])
        return found

    def blocks(self, rows: list[Any], shapes: list[tuple[int, ...]]) -> list[list[Any]]:
        """Cut the derivatives, output by output and symbol by symbol, into one array for each output and leaf."""
        ends = np.cumsum([0, *map(math.prod, shapes)])
        table = np.array(rows, self.dtype).reshape(ends[-1], len(self.flat))
        columns = np.cumsum([0, *map(math.prod, self.shapes)])
        return [
            [
                table[ends[i] : ends[i + 1], columns[j] : columns[j + 1]].reshape(out + leaf)
                for j, leaf in enumerate(self.shapes)
            ]
            for i, out in enumerate(shapes)
        ]

    def matrix(self, rows: list[Any]) -> list[list[Any]]:
        """Cut the second derivatives into one array for each pair of leaves."""
        return self.blocks(rows, self.shapes)


def _leaf_symbols(name: str, shape: tuple[int, ...], level: int) -> list[Any]:
    return [symbol(name, index if shape else None, level) for index in np.ndindex(shape)]


def _filled(values: list[Any], shape: tuple[int, ...]) -> Any:
    elements = np.empty(len(values), object)
    elements[:] = values
    return elements.reshape(shape)
