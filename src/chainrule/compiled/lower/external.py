"""Calls of rows for which there are no loops: the function is called as it is, on whole arrays.

What kind of result comes, and how long its axes are, is found by trying the function on small arrays. Lengths that
follow no simple rule are asked for at run time, by trying it on arrays of the lengths there.
"""

from __future__ import annotations

import itertools
import warnings
from collections.abc import Sequence
from contextlib import suppress
from typing import Any, NamedTuple, NoReturn

import numpy as np

from ...errors import MissingRuleError, UnsupportedError, message
from ...rules import Operand, Row
from .. import facts, ir
from ..build import Builder
from ..calls import CALLS, CallRule
from ..external import Called, Slot, Unread, enter, filled, public_name, row_key
from ..external_rules import differentiated
from ..representative import partitions, representative
from ..scalar import Scalar, joint_dtype
from .array import Array, as_operand, known_dtype
from .broadcast import broadcast, never_one
from .nest import ONE

__all__ = ["apply_external"]

# Two choices of lengths for classes of axes: in one they grow, in the other they fall, so that a length that is the
# smaller of two is not taken for the first.
_LENGTHS = ((3, 4, 5, 6, 7, 8), (9, 7, 6, 5, 4, 3))
_MOST = 6


_OF_FULL_RANK = {"lstsq"}  # whose results have other shapes where the rank is not full: that is an error at run time


class Kind(NamedTuple):
    """What a result is: its dtype, and for each axis its length, or None if that is not known."""

    dtype: str
    sizes: tuple[ir.Atom | None, ...]


Value = Array | Scalar


def apply_external(builder: Builder, row: Row, operands: tuple[Any, ...], params: dict[str, Any]) -> Any:
    """Append the call of a row as it is."""
    values: list[Value] = []
    template = (_slotted(builder, operands, values), _slotted(builder, params, values))
    found = _elementwise(builder, row, template, values) or _kinds(builder, row, template, values)
    kinds = found if isinstance(found, list) else [found]
    key = _key(row, template, values, kinds)
    made = [_new(builder, row, template, values, kind, k if isinstance(found, list) else -1)
            for k, kind in enumerate(kinds)]  # fmt: skip
    writes = [x.view for x in made if isinstance(x, Array)]
    outs = [x.atom for x in made if isinstance(x, Scalar)]
    reads = [x.view if isinstance(x, Array) else x.atom for x in values]
    builder.call(key, reads, writes, outs)  # type: ignore[arg-type]
    return _like(row, made) if isinstance(found, list) else made[0]


_RESULTS: dict[Row, Any] = {}  # the named tuples that rows return


def _like(row: Row, made: list[Value]) -> Any:
    kind = _RESULTS.get(row, tuple)
    return kind(*made) if hasattr(kind, "_fields") else tuple(made)


def _slotted(builder: Builder, tree: Any, values: list[Value]) -> Any:
    """Return arguments with slots for the values of the program among them, which are appended to a list."""
    if type(tree) is dict:
        return {key: _slotted(builder, part, values) for key, part in tree.items()}
    if isinstance(tree, (tuple, list)):
        return (list if isinstance(tree, list) else tuple)([_slotted(builder, part, values) for part in tree])
    if isinstance(tree, Operand) or (isinstance(tree, np.ndarray) and tree.ndim):
        operand = as_operand(builder, tree)
        if isinstance(operand, Array):
            operand = operand.materialise() if operand.ndim else Scalar(operand.element(), builder)
        values.append(operand)
        return Slot(len(values) - 1)
    return tree.item() if isinstance(tree, np.ndarray) else tree


def _key(row: Row, template: Any, values: list[Value], kinds: list[Kind]) -> str:
    """Return the key of the call in the table of calls."""
    operands, params = template
    public = public_name(row.fn) if row.compute is row.fn or row.kind == "composite" else None
    call = Called(public, operands, params) if public else Called("computed", (row_key(row), *operands), params)
    reads = [(x.kind, x.ndim) if isinstance(x, Array) else (x.atom.dtype, -1) for x in values]
    outs = [(kind.dtype, -1) for kind in kinds if not kind.sizes]
    writes = [(kind.dtype, len(kind.sizes)) for kind in kinds if kind.sizes]
    order = tuple(sorted(range(len(kinds)), key=lambda k: bool(kinds[k].sizes)))
    key, external = enter(row.name, call, reads, outs, writes, order, row)
    differentiated(key, external, row, template)
    return key


def _new(builder: Builder, row: Row, template: Any, values: list[Value], kind: Kind, output: int) -> Value:
    """Return what takes a result: a number, or a new array."""
    if not kind.sizes:
        return Scalar(builder.var("result", kind.dtype), builder)
    sizes = kind.sizes if None not in kind.sizes else _asked(builder, row, template, values, len(kind.sizes), output)
    return Array.new(builder, "result", kind.dtype, sizes)  # type: ignore[arg-type]


def _asked(builder: Builder, row: Row, template: Any, values: list[Value], ndim: int,
           output: int) -> tuple[ir.Atom, ...]:  # fmt: skip
    """Append the question how long the axes of the result are."""
    reads: list[ir.Atom] = []
    places: list[Any] = []
    for x in values:
        lengths = x.sizes if isinstance(x, Array) else (x.atom,)
        parts = tuple([Slot(len(reads) + k) for k in range(len(lengths))])
        places.append(Unread(x.kind, parts) if isinstance(x, Array) else parts[0])
        reads += lengths
    operands, params = filled(template, places)
    call = Called(
        "shape_of" if ndim > 1 else "length_of",
        (row_key(row), operands, params, *([output] if output >= 0 else [])),
        {},
    )
    numbers = [(x.dtype, -1) for x in reads]
    key, external = enter(f"{row.name}_shape", call, numbers, [(ir.INT, -1)] * ndim, [], row=row)
    CALLS.setdefault(key, CallRule(external.compute))
    outs = [builder.var("n", ir.INT) for _ in range(ndim)]
    builder.call(key, reads, outs=outs)
    for n in outs:
        facts.known_size(builder, n)
    return tuple(outs)


# ---- What kind of result it gives


def _kinds(builder: Builder, row: Row, template: Any, values: list[Value]) -> Any:
    """Return the kind of the result, or a list of kinds if there are several results.

    The lengths of different axes are tried as different numbers, as far as the function accepts that.
    """
    atoms = _distinct(builder, values)
    if len(atoms) > _MOST:
        return _accepted(builder, row, template, values, atoms)
    found: Any = None
    most = 0
    for classes in partitions(len(atoms)):
        if found is not None and len(set(classes)) < most:
            break
        tried = [_tried(row, template, values, atoms, classes, lengths) for lengths in _LENGTHS]
        if all(t is not None for t in tried):
            _same_for_equal(row, tried[0], _tried(row, template, values, atoms, classes, _LENGTHS[0], equal=True))
            kinds = _common(builder, row, tried, atoms, classes)
            for n in (2, 1):  # a length may be the larger one of two
                small = _tried(row, template, values, atoms, classes, (n,) * _MOST)
                kinds = kinds if small is None else _confirmed(builder, kinds, small, n, atoms)
            found, most = kinds if found is None else _agreed(found, kinds), len(set(classes))
    if found is None:
        return _accepted(builder, row, template, values, atoms)
    lengths_of = [n for x in values if isinstance(x, Array) for n in x.sizes]
    return found if all(never_one(builder, n) or n == ONE for n in lengths_of) else _agreed(found, None)


def _elementwise(builder: Builder, row: Row, template: Any, values: list[Value]) -> Kind | None:
    """Return what kind of result a function of elements gives; it is tried on numbers."""
    if row.kind != "elementwise":
        return None
    operands, params = filled(template, [np.dtype(x.dtype).type(1) for x in values])
    result = np.zeros((), joint_dtype(values)[0])
    with suppress(TypeError, ValueError), warnings.catch_warnings(), np.errstate(all="ignore"):
        warnings.simplefilter("ignore")
        result = np.asarray(row.compute(*operands, **params))
    _real(row, result)
    kind = result.dtype.name
    return Kind(
        kind if kind in (ir.FLOAT, ir.SINGLE) else ir.FLOAT,
        broadcast(builder, [x.sizes for x in values if isinstance(x, Array)]),
    )


def _accepted(builder: Builder, row: Row, template: Any, values: list[Value], atoms: list[ir.Atom]) -> Any:
    """Return the kind of result, whose lengths are asked for at run time, for the first lengths that are accepted."""
    small = itertools.product(range(1, 6), repeat=len(atoms)) if len(atoms) <= 4 else [(3,) * len(atoms)]
    for lengths in small:
        result = _tried(row, template, values, atoms, range(len(atoms)), lengths)
        if result is not None:
            return _agreed(_common(builder, row, [result, result], [], ()), None)
    _refuse(row)


def _confirmed(builder: Builder, kinds: Any, small: Any, n: int, atoms: list[ir.Atom]) -> Any:
    """Return kinds with the lengths that are right where all lengths are n."""
    if isinstance(kinds, list):
        return [_confirmed(builder, k, x, n, atoms) for k, x in zip(kinds, small, strict=True)]
    sizes = zip(kinds.sizes, np.shape(small), strict=True)
    known = dict.fromkeys(atoms, n)
    right = [size is not None and _length(builder, size, known) == found for size, found in sizes]
    return Kind(kinds.dtype, tuple([size if ok else None for size, ok in zip(kinds.sizes, right, strict=True)]))


def _distinct(builder: Builder, values: Sequence[Any]) -> list[ir.Atom]:
    """Return what the lengths of arrays, and other integers, are computed from: what is not known to be equal."""
    whole = [x.atom for x in values if isinstance(x, Scalar) and x.atom.dtype == ir.INT]
    sizes = [n for x in values if isinstance(x, Array) for n in x.sizes] + whole
    return list(dict.fromkeys([term for n in sizes for term, _ in facts.form(builder, n).terms]))


def _tried(row: Row, template: Any, values: list[Value], atoms: list[ir.Atom], classes: Any, lengths: Any,
           equal: bool = False) -> Any:  # fmt: skip
    """Return the result for small arrays (of equal elements), or None if the function does not accept them."""
    known = {atom: lengths[c] for atom, c in zip(atoms, classes, strict=True)}
    try:
        samples = [_sample(x, known) for x in values]
    except ValueError:  # a negative length
        return None
    samples = [np.zeros_like(s) if equal and np.ndim(s) else s for s in samples]
    operands, params = filled(template, samples)
    try:
        with warnings.catch_warnings(), np.errstate(all="ignore"):
            warnings.simplefilter("ignore")
            return row.compute(*operands, **params)
    except MissingRuleError:
        raise
    except Exception:
        return None


def _same_for_equal(row: Row, result: Any, other: Any) -> None:
    """Refuse a function whose result has a shape that depends on the elements of its arguments."""
    if row.name in _OF_FULL_RANK:
        return
    if isinstance(result, tuple) and isinstance(other, tuple):
        if len(result) != len(other):
            _refuse(row)
        for a, b in zip(result, other, strict=True):
            _same_for_equal(row, a, b)
    elif isinstance(result, (list, tuple)):
        _refuse(row)
    elif other is not None and np.shape(result) != np.shape(other):
        what = f"The shape of what {row.name} returns depends on the elements of its arguments."
        raise UnsupportedError(message(what, "Write it as loops, or call it without jit.", ""))


def _sample(x: Value, known: dict[ir.Atom, int]) -> Any:
    if isinstance(x, Array):
        return np.array(representative(tuple([_length(x.builder, n, known) for n in x.sizes]), x.kind))
    kind = np.dtype(x.atom.dtype)
    if isinstance(x.atom, ir.Const):
        return kind.type(x.atom.value)
    return _length(x.builder, x.atom, known) if x.atom.dtype == ir.INT else kind.type(1)


def _length(builder: Builder, n: ir.Atom, known: dict[ir.Atom, int]) -> int:
    form = facts.form(builder, n)
    return form.constant + sum([k * known[term] for term, k in form.terms])


def _common(builder: Builder, row: Row, tried: list[Any], atoms: list[ir.Atom], classes: Any) -> Any:
    """Return the kind of result that two trials had in common."""
    if isinstance(tried[0], tuple):
        if len(tried[0]) != len(tried[1]) or any(isinstance(part, (tuple, list)) for part in (*tried[0], *tried[1])):
            _refuse(row)
        _RESULTS[row] = type(tried[0])
        return [_common(builder, row, list(parts), atoms, classes) for parts in zip(*tried, strict=True)]
    if isinstance(tried[0], list):
        _refuse(row)
    one, other = map(np.asarray, tried)
    _real(row, one)
    if one.ndim != other.ndim or one.dtype.kind not in "biuf":
        _refuse(row)
    dtype = ir.INT if one.dtype.kind in "iu" else known_dtype(one.dtype)
    pairs = zip(one.shape, other.shape, strict=True)
    return Kind(dtype, tuple([_size(builder, pair, atoms, classes) for pair in pairs]))


def _real(row: Row, result: Any) -> None:
    if result.dtype.kind == "c":
        what = f"{row.name} gives complex numbers, which a compiled program does not have."
        raise UnsupportedError(message(what, "Call the function without jit.", ""))


def _size(builder: Builder, pair: tuple[int, int], atoms: list[ir.Atom], classes: Any) -> ir.Atom | None:
    """Return the length that was the one number once, and then the other: one of those given, or one more or less."""
    for atom, c in zip(atoms, classes, strict=True):
        more = pair[0] - _LENGTHS[0][c]
        if abs(more) <= 1 and pair[1] - _LENGTHS[1][c] == more:
            return builder.let("add", atom, ir.Const(more, ir.INT), hint="n")
    return ir.Const(pair[0], ir.INT) if pair[0] == pair[1] else None


def _agreed(found: Any, other: Any) -> Any:
    """Return the kinds with the lengths about which two trials agree; with those of none, if there is no other.

    (Where a length may turn out to be 1, arrays may be repeated along its axis, and no trial tells how.)
    """
    if isinstance(found, list):
        return [_agreed(a, None if other is None else b) for a, b in zip(found, other or found, strict=True)]
    sizes = (None,) * len(found.sizes) if other is None else other.sizes
    return Kind(found.dtype, tuple([a if a == b else None for a, b in zip(found.sizes, sizes, strict=True)]))


def _refuse(row: Row) -> NoReturn:
    what = f"{row.name} cannot be compiled for these arguments: what it would return cannot be told."
    raise UnsupportedError(message(what, "Write it as loops or with other functions, or call it without jit.", ""))
