"""Example calls of the table's rows, drawn from their domains, and difference quotients to hold them against."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any, NamedTuple

import numpy as np

from chainrule.rules import Domain, Row, rows, spec_of
from chainrule.rules._domain import Array

PARAMETERS = {"power_constant": {"n": 2.5}}


class Call(NamedTuple):
    """A call of a row: all its arguments, and where the sampled ones among them are (paths into args and kwargs)."""

    args: tuple[Any, ...]
    kwargs: dict[str, Any]
    paths: tuple[tuple[Any, ...], ...]

    def sampled(self) -> list[Any]:
        return [_get((self.args, self.kwargs), path) for path in self.paths]

    def replaced(self, values: Any) -> tuple[Any, Any]:
        """Return args and kwargs with other values in the sampled places."""
        tree: Any = (self.args, self.kwargs)
        for path, value in zip(self.paths, values, strict=True):
            tree = _set(tree, path, value)
        return tree


def differentiable() -> list[Row]:
    """Every row with a derivative that is not zero everywhere."""
    return [row for row in rows() if row.kind != "constant"]


def of_kind(*kinds: str) -> list[Row]:
    return [row for row in rows() if row.kind in kinds]


def calls(row: Row, rng: np.random.Generator, dtype: Any = np.float64) -> Iterator[Call]:
    """Yield the example calls of a row, with its placeholders replaced by random arrays."""
    if isinstance(row.domain, Domain) or isinstance(row.domain[0], Domain):
        yield from _elementwise_calls(row, rng, dtype)
        return
    for case in row.domain:
        paths: list[Any] = []
        args, kwargs = _fill((case.args, case.kwargs), rng, dtype, (), paths)
        yield Call(args, kwargs, tuple(paths))


def shaped(row: Row, rng: np.random.Generator, shapes: Any, dtype: Any = np.float64) -> Call:
    """Return a call of an elementwise row with operands of these shapes."""
    domains = row.domain if isinstance(row.domain, tuple) else (row.domain,)
    values = tuple(domain.sample(rng, shape, dtype) for domain, shape in zip(domains, shapes, strict=True))
    return Call(values, PARAMETERS.get(row.name, {}), tuple((0, i) for i in range(len(values))))


def has_domains(row: Row) -> bool:
    """Tell whether a row is sampled operand by operand."""
    return isinstance(row.domain, Domain) or isinstance(row.domain[0], Domain)


def _elementwise_calls(row: Row, rng: np.random.Generator, dtype: Any) -> Iterator[Call]:
    for shape in ((4,), ()):
        yield shaped(row, rng, [shape] * len(row.operands), dtype)


def _fill(tree: Any, rng: np.random.Generator, dtype: Any, path: tuple[Any, ...], paths: list[Any]) -> Any:
    if isinstance(tree, Array):
        paths.append(path)
        return tree.sample(rng, dtype)
    if type(tree) is dict:
        return {k: _fill(v, rng, dtype, (*path, k), paths) for k, v in tree.items()}
    if type(tree) in (tuple, list):
        return type(tree)([_fill(v, rng, dtype, (*path, i), paths) for i, v in enumerate(tree)])
    return tree


def _get(tree: Any, path: Any) -> Any:
    for step in path:
        tree = tree[step]
    return tree


def _set(tree: Any, path: Any, value: Any) -> Any:
    if not path:
        return value
    changed = _set(tree[path[0]], path[1:], value)
    if type(tree) is dict:
        return {**tree, path[0]: changed}
    return type(tree)([*tree[: path[0]], changed, *tree[path[0] + 1 :]])


def flat(result: Any) -> tuple[Any, ...]:
    """Return the arrays of a result, which may be a tuple or list of them, and these of others."""
    if not isinstance(result, tuple | list):
        return (result,)
    return tuple(part for each in result for part in flat(each))


def like(rng: np.random.Generator, x: Any) -> Any:
    """A random array of the shape and dtype of another."""
    spec = spec_of(x)
    value = rng.normal(size=spec.shape)
    if spec.dtype.kind == "c":
        value = value + 1j * rng.normal(size=spec.shape)
    return np.asarray(value).astype(spec.dtype)


def dot(a: Any, b: Any) -> float:
    """The real product under which derivatives are transposed: Re(sum(a * b)), over tuples too."""
    if isinstance(a, tuple | list):
        return sum(dot(x, y) for x, y in zip(a, b, strict=True))
    return float(np.real(np.sum(np.multiply(a, b))))


_STENCIL = ((1, 3 / 4), (2, -3 / 20), (3, 1 / 60))


def slope(f: Callable[[float], Any], step: float = 2e-3) -> Any:
    """Differentiate at 0 by the central difference of order six; results may be tuples."""
    total: Any = None
    for k, weight in _STENCIL:
        after, before = f(k * step), f(-k * step)
        many = isinstance(after, tuple | list)
        pairs = list(zip(after, before, strict=True)) if many else [(after, before)]
        terms = [weight / step * (np.asarray(p) - q) for p, q in pairs]
        total = terms if total is None else [s + t for s, t in zip(total, terms, strict=True)]
    return tuple(total) if many else total[0]
