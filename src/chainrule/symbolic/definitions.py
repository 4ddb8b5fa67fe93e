"""Rows that neither act element by element nor run on object arrays as they are, written out for expressions."""

from __future__ import annotations

from collections.abc import Callable
from functools import reduce
from typing import Any

import numpy as np

from ..rules import Row, lookup
from ..rules.complex import _to_integers, cast
from ..rules.indexing import add_at, getitem, put, scatter
from ..rules.reduction import count, gathered, kept, product
from ..rules.rounding import exponent, ldexp
from ..rules.running import recurrence, running_product
from ..rules.shares import largest, log_of_sum
from .array import Array, elements_of, plain_index, wrap
from .build import call, condition, number
from .dispatch import by_numpy, choose, each
from .expression import as_expr
from .rows import AND, LARGEST, MAXIMUM, MINIMUM, OR, SELECT, SMALLEST

__all__ = ["DEFINITIONS"]

Definition = Callable[..., Any]


# ---- Linear rows that read more than elements ----------------------------------------------------------------------


def _same(x: Any, *args: Any, **params: Any) -> Any:
    return x


def _copy(a: Any, **params: Any) -> Any:
    return wrap(np.array(elements_of(a)))


def _zero(x: Any) -> Any:
    return wrap(np.zeros(np.shape(elements_of(x))))


def _mean(a: Any, axis: Any, keepdims: bool) -> Any:
    return np.sum(a, axis=axis, keepdims=keepdims) / max(count(a.shape, axis), 1)


def _sum(a: Any, axis: Any, keepdims: bool) -> Any:
    elements = elements_of(a)
    if a.dtype == bool:
        elements = np.frompyfunc(number, 1, 1)(elements)
    total: Any = np.add  # its types know no objects
    return wrap(total.reduce(elements, axis=axis, keepdims=keepdims))


def _indexed(row: Row) -> Definition:
    def definition(*operands: Any, index: Any, **params: Any) -> Any:
        return by_numpy(row, operands, {"index": plain_index(index), **params})

    return definition


def _select(x: Any, y: Any, condition: Any) -> Any:
    return choose(condition, x, y)


# ---- Reductions that NumPy would do by comparing -------------------------------------------------------------------


def _reduced(fold: Callable[[list[Any]], Any], a: Any, axis: Any, keepdims: bool) -> Any:
    """Apply a function of a list of expressions along axes."""
    elements = elements_of(a)
    rows = gathered(elements, axis)
    result = np.empty(rows.shape[:-1], object)
    for place in np.ndindex(result.shape):
        result[place] = fold([as_expr(x) for x in rows[place]])
    return wrap(kept(result, elements, axis, keepdims))


def _extreme(row: Row, pair: Row) -> Definition:
    def fold(values: list[Any]) -> Any:
        if len(values) > 2:
            return call(row, tuple(values))
        return reduce(lambda x, y: call(pair, (x, y)), values)

    def definition(a: Any, axis: Any, keepdims: bool) -> Any:
        if not a.size:
            row.compute(np.zeros(a.shape), axis=axis, keepdims=keepdims)  # NumPy's own error, or nothing
        return _reduced(fold, a, axis, keepdims)

    return definition


def _peak(a: Any, axis: Any) -> Any:
    """Return what is taken off before exponentials; where it is used, its derivative cancels."""
    return np.max(a, axis=axis, keepdims=True)


def _log_of_sum(a: Any, axis: Any, keepdims: bool) -> Any:
    highest = _peak(a, axis)
    result = np.log(np.sum(np.exp(a - highest), axis=axis, keepdims=True)) + highest
    return result if keepdims else np.reshape(result, np.shape(np.sum(np.zeros(a.shape), axis=axis)))


def _logical(row: Row, start: bool) -> Definition:
    def fold(values: list[Any]) -> Any:
        return reduce(lambda x, y: call(row, (x, y)), map(condition, values), as_expr(start))

    def definition(a: Any, axis: Any = None, out: None = None, keepdims: bool = False) -> Any:
        return _reduced(fold, a, axis, keepdims)

    return definition


def _count_nonzero(a: Any, axis: Any = None, *, keepdims: bool = False) -> Any:
    return np.sum(np.not_equal(a, 0), axis=axis, keepdims=keepdims)


# ---- Products ------------------------------------------------------------------------------------------------------


def _product(a: Any) -> Any:
    return wrap(np.multiply.reduce(elements_of(a), axis=-1))


def _running_product(a: Any) -> Any:
    return wrap(np.multiply.accumulate(elements_of(a), axis=-1))


def _recurrence(c: Any, b: Any) -> Any:
    c, y = (np.array(x) for x in np.broadcast_arrays(elements_of(c), elements_of(b)))
    for i in range(1, y.shape[-1]):
        y[..., i] = y[..., i] + c[..., i] * y[..., i - 1]
    return wrap(y)


# ---- Rows whose derivative is zero ---------------------------------------------------------------------------------


def _each(row: Row) -> Definition:
    return lambda *operands: each(row, operands, {})


def _round(a: Any, decimals: int = 0, out: None = None) -> Any:
    return each(lookup(np.round), (a,), {"decimals": decimals}) if decimals else np.rint(a)


def _ldexp(x: Any, n: Any) -> Any:
    return x * np.exp2(n)


def _of_shape(fn: Callable[..., Any]) -> Definition:
    """Run a function on zeros of the same shapes: it reads no values."""
    return lambda *args, **kwargs: fn(*map(_placeholder, args), **kwargs)


def _placeholder(x: Any) -> Any:
    return np.zeros(elements_of(x).shape, x.dtype) if hasattr(x, "__chainrule_apply__") else x


def _created(fn: Callable[..., Any]) -> Definition:
    """Make an array into which expressions can be written (one of integers or truth values stays plain)."""

    def definition(*args: Any, **kwargs: Any) -> Any:
        array = fn(*map(_placeholder, args), **kwargs)
        if array.dtype.kind != "f":
            return array
        return wrap(array) if array.ndim else Array(elements_of(as_expr(array)))

    return definition


def _on_elements(fn: Callable[..., Any]) -> Definition:
    return lambda *args, **kwargs: fn(*map(elements_of, args), **kwargs)


_EACH = (
    np.equal, np.not_equal, np.less, np.less_equal, np.greater, np.greater_equal, np.isfinite, np.isinf, np.isnan,
    np.isneginf, np.isposinf, np.signbit, np.logical_and, np.logical_or, np.logical_not, np.logical_xor, np.floor,
    np.ceil, np.trunc, np.rint, np.floor_divide, np.spacing, exponent,
)  # fmt: skip
_OF_SHAPE = (
    np.shape, np.ndim, np.size, np.iscomplexobj, np.isrealobj, np.iscomplex, np.isreal, np.result_type, np.can_cast,
    np.common_type, np.min_scalar_type, np.diag_indices_from, np.tril_indices_from, np.triu_indices_from,
)  # fmt: skip
_CREATED = (
    np.zeros, np.ones, np.empty, np.eye, np.identity, np.tri, np.zeros_like, np.ones_like, np.empty_like,
)  # fmt: skip
_ON_ELEMENTS = (np.may_share_memory, np.shares_memory, np.array2string, np.array_repr, np.array_str)

DEFINITIONS: dict[Row, Definition] = {
    lookup(np.real): _same, lookup(np.conjugate): _same, lookup(np.imag): _zero, cast: _same,
    lookup(np.copy): _copy, lookup(np.mean): _mean, lookup(np.sum): _sum, SELECT: _select,
    getitem: _indexed(getitem), put: _indexed(put), add_at: _indexed(add_at), scatter: _indexed(scatter),
    LARGEST: _extreme(LARGEST, MAXIMUM), SMALLEST: _extreme(SMALLEST, MINIMUM),
    lookup(np.any): _logical(OR, False), lookup(np.all): _logical(AND, True),
    lookup(np.count_nonzero): _count_nonzero, product: _product, running_product: _running_product,
    lookup(largest): _peak, log_of_sum: _log_of_sum,
    recurrence: _recurrence, lookup(np.round): _round, lookup(np.around): _round, ldexp: _ldexp,
    lookup(np.fix): lambda x, out=None: np.trunc(x), lookup(_to_integers): lambda x, dtype: np.trunc(x),
    **{lookup(fn): _each(lookup(fn)) for fn in _EACH},
    **{lookup(fn): _of_shape(fn) for fn in _OF_SHAPE},
    **{lookup(fn): _created(fn) for fn in _CREATED},
    **{lookup(fn): _on_elements(fn) for fn in _ON_ELEMENTS},
}  # fmt: skip
