"""Products of vectors and matrices, and contractions of any axes."""

from __future__ import annotations

import math
from collections.abc import Sequence
from functools import partial
from typing import Any

import numpy as np
from numpy.lib.array_utils import normalize_axis_index

from ...rules import _subscripts, lookup
from .. import facts, ir
from ..build import Builder
from ..scalar import Scalar, joint_dtype
from .array import Array, as_operand
from .broadcast import broadcast, expect_equal, steps_to
from .dispatch import lowers, replaces
from .lazy import Elements, ready, stepped
from .nest import ONE, Index, carried, every, place_of
from .rearrange import ordered, reshaped

__all__ = ["contract", "matmul", "matrix_at"]

# Up to which loops are faster than a library: numbers to a sum where arrays must be copied, and products in all.
_FEW, _FEW_IN_ALL, _SHORT = 8, 64, 4
_CORE = "matmul: the last axis of the first operand and the last but one of the second differ in length"


def _joint(builder: Builder, *operands: Any) -> str:
    return joint_dtype(operands)[0]


def _in_kind(x: Array, kind: str) -> Array:
    return x if x.kind == kind else x.astype(kind)


@lowers("matmul")
def matmul(builder: Builder, x1: Any, x2: Any) -> Any:
    """Multiply vectors, matrices, or stacks of matrices."""
    a, b = as_operand(builder, x1), as_operand(builder, x2)
    if not (isinstance(a, Array) and isinstance(b, Array) and a.ndim and b.ndim):
        msg = "matmul: Input operand does not have enough dimensions"
        raise ValueError(msg)
    expect_equal(builder, a.sizes[-1], b.sizes[max(b.ndim - 2, 0)], _CORE)
    if a.ndim == b.ndim == 1:
        return contract(builder, ["a", "a"], "", [a, b])
    kind = _joint(builder, a, b)
    if a.ndim <= 2 and b.ndim <= 2:
        return _matrices(builder, a, b, kind)
    return _stacks(builder, a, b, kind)


def _matrices(builder: Builder, a: Array, b: Array, kind: str) -> Array:
    sizes = (a.sizes[:-1], _known(a.sizes[-1], b.sizes[0]), b.sizes[1:])
    if kind in (ir.INT, ir.BOOL) or _is_small(*sizes):
        first, second = "ab"[: a.ndim] if a.ndim == 2 else "b", "bc" if b.ndim == 2 else "b"
        return contract(builder, [first, second], (first + second).replace("b", ""), [a, b])  # type: ignore[no-any-return]
    return _by_library(builder, a, b, kind)


def _by_library(builder: Builder, a: Array, b: Array, kind: str) -> Array:
    a, b = _in_kind(a, kind), _in_kind(b, kind)
    reads = (a.view, b.view)
    sizes = (*a.sizes[:-1], *b.sizes[1:])
    result = Array.new(builder, "product", kind, sizes)
    builder.call("matmul", reads, [result.view])
    return result


def _known(*equal: ir.Atom) -> list[ir.Atom]:
    """Return one of some lengths that are equal, a number if one of them is."""
    return [next((n for n in equal if isinstance(n, ir.Const)), equal[0])]


def _is_small(rows: Sequence[ir.Atom], shared: Sequence[ir.Atom], columns: Sequence[ir.Atom]) -> bool:
    """Tell whether loops do a product as fast as a library: then they can be joined with those around them.

    That is so where it is small in all, and where its sums and one of its sides are short: it reads and writes more
    than it computes.
    """
    if _is_few([*rows, *shared, *columns], _FEW_IN_ALL):
        return True
    return _is_few(shared, _SHORT) and (_is_few(rows, _SHORT) or _is_few(columns, _SHORT))


def _stacks(builder: Builder, a: Array, b: Array, kind: str) -> Any:
    """Multiply stacks of matrices one by one."""
    if a.ndim == 1:
        return _stacks(builder, a[None, :], b, kind)[..., 0, :]
    if b.ndim == 1:
        return _stacks(builder, a, b[:, None], kind)[..., 0]
    lead = broadcast(builder, [a.sizes[:-2], b.sizes[:-2]])
    a, b = _in_kind(a, kind).materialise(), _in_kind(b, kind).materialise()
    result = Array.new(builder, "product", kind, (*lead, a.sizes[-2], b.sizes[-1]))
    steps = [steps_to(builder, x.sizes[:-2], lead) for x in (a, b)]

    def body(index: tuple[ir.Atom, ...]) -> None:
        parts = [matrix_at(x, stepped(builder, index, s)) for x, s in zip((a, b), steps, strict=True)]
        product = _matrices(builder, parts[0], parts[1], kind)
        matrix_at(result, index)[...] = product

    every(builder, lead, body, parallel=False)
    return result


def matrix_at(x: Array, index: Index) -> Array:
    """Return one matrix of a stack, at an index that is in range."""
    view = x.view
    axes = view.axes[: len(index)]
    fixed = []
    for axis, k in zip(axes, index, strict=True):
        assert k is not None
        if axis.base is not None:
            fixed.append((axis.base, axis.start if axis.step == 0 else place_of(x.builder, axis, k)))
    return x.showing(ir.View(view.buffer, view.axes[len(index) :], (*view.fixed, *fixed)))


@lowers("dot")
def dot(builder: Builder, a: Any, b: Any) -> Any:
    x, y = as_operand(builder, a), as_operand(builder, b)
    if isinstance(x, Scalar) or isinstance(y, Scalar) or not x.ndim or not y.ndim:
        return x * y
    if x.ndim <= 2 and y.ndim <= 2:
        return matmul(builder, x, y)
    return tensordot(builder, x, y, ([x.ndim - 1], [max(y.ndim - 2, 0)]))


@lowers("inner")
def inner(builder: Builder, a: Any, b: Any) -> Any:
    x, y = as_operand(builder, a), as_operand(builder, b)
    if isinstance(x, Scalar) or isinstance(y, Scalar) or not x.ndim or not y.ndim:
        return x * y
    return tensordot(builder, x, y, ([x.ndim - 1], [y.ndim - 1]))


@lowers("tensordot")
def tensordot(builder: Builder, a: Any, b: Any, axes: Any = 2) -> Any:
    x, y = as_operand(builder, a), as_operand(builder, b)
    if isinstance(x, Scalar) or isinstance(y, Scalar):
        return x * y
    one, other = _contracted(axes, x.ndim, y.ndim)
    letters = iter("abcdefghijklmnopqrstuvwxyz")
    first = [next(letters) for _ in range(x.ndim)]
    second = [next(letters) for _ in range(y.ndim)]
    for i, j in zip(one, other, strict=True):
        second[j] = first[i]
    kept = [c for i, c in enumerate(first) if i not in one] + [c for j, c in enumerate(second) if j not in other]
    return contract(builder, ["".join(first), "".join(second)], "".join(kept), [x, y])


def _contracted(axes: Any, first: int, second: int) -> tuple[list[int], list[int]]:
    if not isinstance(axes, (Sequence, np.ndarray)):
        n = int(axes)
        return [*range(first - n, first)], [*range(n)]
    one, other = ([int(part)] if np.ndim(part) == 0 else [int(i) for i in part] for part in axes)
    return [normalize_axis_index(i, first) for i in one], [normalize_axis_index(i, second) for i in other]


@lowers("einsum")
def einsum(builder: Builder, *operands: Any, subscripts: str, optimize: Any = False) -> Any:
    arrays = [as_operand(builder, x) for x in operands]
    terms, output = _subscripts.explicit(subscripts, [x.ndim for x in arrays])
    return contract(builder, terms, output, arrays)


@replaces(np.einsum)
def einsum_called(builder: Builder, *args: Any, **kwargs: Any) -> Any:
    operands, params = _subscripts.bind(*args, **kwargs)
    return einsum(builder, *operands, **params)


def contract(builder: Builder, terms: Sequence[str], output: str, operands: Sequence[Any]) -> Any:
    """Sum products of elements: axes that have the same letter go together, letters not in the output are summed."""
    kind = _joint(builder, *operands)
    kind = ir.INT if kind == ir.BOOL else kind
    lengths = _lengths(builder, terms, operands)
    special = _by_matmul(builder, terms, output, operands, kind, lengths)
    if special is not None:
        return special
    dear = [
        isinstance(x, Array) and x.cost >= 4 and set(t) != set(lengths) for t, x in zip(terms, operands, strict=True)
    ]
    operands = [x.materialise() if d else x for d, x in zip(dear, operands, strict=True)]
    ready(*operands)
    summed = "".join([c for c in lengths if c not in output])
    if not output:
        return Scalar(_summed(builder, terms, operands, kind, summed, lengths, "", ()), builder)
    return _contracted_array(builder, terms, output, operands, kind, summed, lengths)


def _by_matmul(
    builder: Builder, terms: Sequence[str], output: str, operands: Any, kind: str, lengths: dict[str, ir.Atom]
) -> Any:
    """Contract two arrays by one product of matrices, if that is all: axes that go the same way become one."""
    roles = None if kind in (ir.INT, ir.BOOL) else _roles(terms, output)
    if roles is None or not all(map(partial(_is_full, builder, lengths), terms, operands)):
        return None
    rows, shared, columns = roles
    copied = [len(t) for t in terms] != [2, 2]
    sums = [lengths[c] for c in shared]
    if (copied and _is_few(sums, _FEW)) or _is_small([lengths[c] for c in rows], sums, [lengths[c] for c in columns]):
        return None
    a = _as_matrix(builder, operands[0], terms[0], rows, shared, lengths)
    b = _as_matrix(builder, operands[1], terms[1], shared, columns, lengths)
    product = _by_library(builder, a, b, kind)
    if product.ndim < len(output):
        product = reshaped(builder, product, tuple([lengths[c] for c in rows + columns]))
    return ordered(product, [(rows + columns).index(c) for c in output])


def _roles(terms: Sequence[str], output: str) -> tuple[str, str, str] | None:
    """Return the letters of a product's rows, those that are summed, and those of its columns."""
    if len(terms) != 2 or any(len(set(t)) < len(t) for t in terms):
        return None
    first, second = terms
    shared = "".join([c for c in first if c in second])
    rows, columns = ("".join([c for c in t if c not in shared]) for t in terms)
    if not (rows and shared and columns) or sorted(output) != sorted(rows + columns):
        return None
    return rows, shared, columns


def _is_full(builder: Builder, lengths: dict[str, ir.Atom], term: str, x: Any) -> bool:
    """Tell whether no axis of an array is broadcast."""
    return isinstance(x, Array) and all(facts.equal(builder, n, lengths[c]) for c, n in zip(term, x.sizes, strict=True))


def _is_few(sizes: Sequence[ir.Atom], most: int) -> bool:
    """Tell whether the product of some lengths is known to be no more than a number."""
    known = [int(n.value) for n in sizes if isinstance(n, ir.Const)]
    return len(known) == len(sizes) and math.prod(known) <= most


def _as_matrix(builder: Builder, x: Array, term: str, first: str, second: str, lengths: dict[str, ir.Atom]) -> Array:
    """Return an array as a matrix, whose rows go by some of its axes and whose columns by the others."""
    turned = ordered(x, [term.index(c) for c in first + second])
    if len(term) == 2:
        return turned
    sizes = []
    for letters in (first, second):
        count: ir.Atom = ONE
        for c in letters:
            count = builder.let("multiply", count, lengths[c], hint="n")
        facts.known_size(builder, count)
        sizes.append(count)
    return reshaped(builder, turned, tuple(sizes))


def _lengths(builder: Builder, terms: Sequence[str], operands: Sequence[Any]) -> dict[str, ir.Atom]:
    lengths: dict[str, ir.Atom] = {}
    for term, x in zip(terms, operands, strict=True):
        for letter, size in zip(term, x.sizes if isinstance(x, Array) else (), strict=True):
            known = lengths.get(letter)
            lengths[letter] = size if known is None else broadcast(builder, [(known,), (size,)])[0]
    return lengths


def _contracted_array(
    builder: Builder, terms: Any, output: str, operands: Any, kind: str, summed: str, lengths: dict[str, ir.Atom]
) -> Array:
    sizes = tuple([lengths[c] for c in output])
    result = Array.new(builder, "product", kind, sizes)

    def body(index: tuple[ir.Atom, ...]) -> None:
        value = _summed(builder, terms, operands, kind, summed, lengths, output, index)
        builder.store(result.view.buffer, index, value)

    every(builder, sizes, body)
    return result


def _summed(
    builder: Builder, terms: Any, operands: Any, kind: str, summed: str, lengths: dict[str, ir.Atom], output: str,
    outer: tuple[ir.Atom, ...],
) -> ir.Atom:  # fmt: skip
    """Sum over some letters, with counters for those of the output."""
    elements = Elements(builder)
    steps = [_steps(builder, t, x, lengths) for t, x in zip(terms, operands, strict=True)]

    def factors(inner: Index) -> list[ir.Atom | None]:
        known = dict(zip((*output, *summed), (*outer, *inner), strict=True))
        return [_factor(elements, t, x, s, known, kind) for t, x, s in zip(terms, operands, steps, strict=True)]

    def step(inner: tuple[ir.Atom, ...], values: list[ir.Atom]) -> list[ir.Atom]:
        product, *rest = [f for f in factors(inner) if f is not None]
        for f in rest:
            product = builder.let("multiply", product, f)
        return [builder.let("radd", values[0], product, hint="total")]

    def enter(inner: Index) -> None:
        factors(inner)

    start = ir.Const(0.0 if kind != ir.INT else 0, kind)
    if not summed:
        product, *rest = [f for f in factors(()) if f is not None]
        for f in rest:
            product = builder.let("multiply", product, f)
        return product
    return carried(builder, [lengths[c] for c in summed], [start], step, ["total"], enter)[0]


def _steps(builder: Builder, term: str, x: Any, lengths: dict[str, ir.Atom]) -> tuple[Any, ...]:
    return steps_to(builder, x.sizes, tuple([lengths[c] for c in term])) if isinstance(x, Array) else ()


def _factor(elements: Elements, term: str, x: Any, steps: Any, known: dict[str, ir.Atom | None], kind: str) -> Any:
    builder = elements.builder
    if isinstance(x, Scalar):
        return builder.cast(x.atom, kind)
    index = stepped(builder, tuple([known[c] for c in term]), steps)
    value = elements.value(x, index)
    return None if value is None else builder.cast(value, kind)


@lowers("multi_dot")
def multi_dot(builder: Builder, *arrays: Any) -> Any:
    result = as_operand(builder, arrays[0])
    for x in arrays[1:]:
        result = matmul(builder, result, x)
    return result


@lowers("cross3")
def cross3(builder: Builder, a: Any, b: Any) -> Any:
    """Multiply vectors in space, along the last axis."""
    x, y = as_operand(builder, a), as_operand(builder, b)
    (x0, x1, x2), (y0, y1, y2) = ([v[..., i] for i in range(3)] for v in (x, y))
    return np.stack([x1 * y2 - x2 * y1, x2 * y0 - x0 * y2, x0 * y1 - x1 * y0], axis=-1)


@replaces(np.cross, np.linalg.cross)
def cross(
    builder: Builder, a: Any, b: Any, axisa: int = -1, axisb: int = -1, axisc: int = -1, axis: int | None = None
) -> Any:
    """Multiply vectors of three components."""
    axisa, axisb, axisc = (axisa, axisb, axisc) if axis is None else (axis, axis, axis)
    x, y = (lookup(np.moveaxis)(as_operand(builder, v), i, -1) for v, i in ((a, axisa), (b, axisb)))
    three = ir.Const(3, ir.INT)
    for v in (x, y):
        expect_equal(builder, v.sizes[-1], three, "np.cross is compiled for vectors of three components")
    return np.moveaxis(cross3(builder, x, y), -1, axisc)
