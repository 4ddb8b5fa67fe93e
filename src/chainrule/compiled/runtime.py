"""Functions that emitted programs call, as NumPy runs them.

Numba compiles the same text, unless `native` has a function of the same name for it. Functions that fill arrays are
given them last.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from functools import cache
from typing import Any

import numpy as np

__all__ = [
    "argsort", "cholesky", "cofactors", "cofactors_slope", "det", "exponent", "fraction", "gmul", "grow", "heaviside",
    "highest", "inv", "lowest", "machine_form", "matmul", "prange", "put", "radd", "searchsorted_left",
    "searchsorted_right", "slogdet", "solve", "wrap",
]  # fmt: skip


def radd(a: Any, b: Any) -> Any:
    """Return a + b in a sum whose order is free."""
    return a + b


def gmul(g: Any, p: Any) -> Any:
    """Return g*p, but 0 where g is 0, whatever p is."""
    return g * p if g != 0 else g


def prange(parts: Any) -> Any:
    """Return the numbers of the parts of a loop, which machine code runs at the same time: see `launch`."""
    return range(parts)


def wrap(i: Any, n: Any) -> Any:
    """Return an index, counted from the end if it is negative."""
    return i + n if i < 0 else i


def grow(array: Any, size: Any) -> Any:
    """Return an array whose first axis is at least so long; what was there is kept."""
    if array.shape[0] >= size:
        return array
    made = np.empty((max(size, 2 * array.shape[0]), *array.shape[1:]), array.dtype)
    made[: array.shape[0]] = array
    return made


def heaviside(x: Any, y: Any) -> Any:
    """Return 0 for a negative number, 1 for a positive one, and y for zero."""
    return y if x == 0.0 else x if np.isnan(x) else 1.0 if x > 0.0 else 0.0


def fraction(x: Any) -> Any:
    """Return what is left of a number without its integer part; it has the sign of the number."""
    return np.copysign(x - np.trunc(x) if np.isfinite(x) else x if np.isnan(x) else 0.0, x)


def exponent(x: Any) -> Any:
    """Return the power of two in x: x is that power and a number in 0.5..1."""
    return math.frexp(x)[1]


def lowest(a: Any, start: Any) -> Any:
    """Return the smallest of a number and the elements of a vector; nan if one of them is."""
    return np.min(a, initial=start)


def highest(a: Any, start: Any) -> Any:
    """Return the largest of a number and the elements of a vector; nan if one of them is."""
    return np.max(a, initial=start)


def matmul(a: Any, b: Any, out: Any) -> None:
    """Put the product of two vectors or matrices, of which one is a matrix, into an array."""
    out[...] = np.dot(np.ascontiguousarray(a), np.ascontiguousarray(b))


def argsort(a: Any, out: Any) -> None:
    """Put the order of a vector into an array; equal elements keep theirs."""
    out[...] = np.argsort(a, kind="mergesort")


def searchsorted_left(a: Any, v: Any) -> Any:
    """Return the first place where a number can be inserted into a sorted vector."""
    return np.searchsorted(a, v, side="left")


def searchsorted_right(a: Any, v: Any) -> Any:
    """Return the last place where a number can be inserted into a sorted vector."""
    return np.searchsorted(a, v, side="right")


def solve(a: Any, b: Any, out: Any) -> None:
    """Put the solution of ``a @ x == b`` into an array."""
    out[...] = np.linalg.solve(np.ascontiguousarray(a), np.ascontiguousarray(b))


def inv(a: Any, out: Any) -> None:
    """Put the inverse of a matrix into an array."""
    out[...] = np.linalg.inv(np.ascontiguousarray(a))


def det(a: Any) -> Any:
    """Return the determinant of a matrix."""
    return np.linalg.det(np.ascontiguousarray(a))


def slogdet(a: Any) -> Any:
    """Return the sign of the determinant of a matrix and the logarithm of its absolute value."""
    sign, logarithm = np.linalg.slogdet(np.ascontiguousarray(a))
    return sign, logarithm


def cofactors(a: Any, out: Any) -> None:
    """Put the matrix of signed minors, the gradient of the determinant, into an array."""
    a = np.ascontiguousarray(a)
    d = np.linalg.det(a)
    if d != 0.0:
        inverse = np.linalg.inv(a)
        if np.abs(a).sum() * np.abs(inverse).sum() <= 1e5:
            out[...] = d * inverse.T
            return
    u, s, vh = np.linalg.svd(a)
    others = np.ones_like(s)
    for i in range(s.size):
        for j in range(s.size):
            if i != j:
                others[i] *= s[j]
    out[...] = np.linalg.det(u) * np.linalg.det(vh) * np.dot(u * others, vh)


def cofactors_slope(a: Any, t: Any, out: Any) -> None:
    """Put the tangent of `cofactors` into an array.

    With ``a = u s v'`` and ``e = u' t v``, the adjugate of ``diag(s) + e`` is, to first order in ``e``: off the
    diagonal ``-e[i, j]`` times the product of the s other than i and j, and on it the sum over k of ``e[k, k]`` times
    the product of the s other than i and k.
    """
    u, s, vh = np.linalg.svd(np.ascontiguousarray(a))
    e = np.dot(np.dot(np.ascontiguousarray(u.T), np.ascontiguousarray(t)), np.ascontiguousarray(vh.T))
    slope = np.zeros_like(e)
    for i in range(s.size):
        for j in range(s.size):
            rest = 1.0
            for k in range(s.size):
                if k not in (i, j):
                    rest *= s[k]
            if i != j:
                slope[i, j] -= rest * e[i, j]
                slope[i, i] += rest * e[j, j]
    sign = np.linalg.det(u) * np.linalg.det(vh)
    product = np.dot(np.dot(np.ascontiguousarray(vh.T), slope), np.ascontiguousarray(u.T))
    out[...] = sign * product.T


def cholesky(a: Any, out: Any) -> None:
    """Put the lower triangular factor of a positive definite matrix into an array."""
    out[...] = np.linalg.cholesky(np.ascontiguousarray(a))


# ---- What only Python runs: functions on whole arrays that machine code calls back


def put(value: Any, out: Any) -> None:
    """Write a result into an array of its shape."""
    if np.iscomplexobj(value):
        msg = "complex numbers came, which a compiled program does not have"
        raise ValueError(msg)
    if np.shape(value) != out.shape:
        msg = f"a result of type {np.result_type(value)} and shape {np.shape(value)} came instead of {out.shape}"
        raise ValueError(msg)
    out[...] = value


def computed(name: str, *operands: Any, **params: Any) -> Any:
    """Return what a row of chainrule's table computes."""
    row = _row(name)
    return row.compute(*operands, **params) if row.kind in ("composite", "constant") else row.evaluate(operands, params)


def cotangent(name: str, position: int, g: Any, ans: Any, operands: Any, params: Any) -> Any:
    """Return the cotangent of an operand by a row's rule, from that of the result."""
    from ..calculus import Transpose, project, pulls
    from ..rules import spec_of

    row = _row(name)
    pull = pulls(row)[0 if row.variadic else position]
    saved = pull.gather(position, ans, operands, params)
    if isinstance(pull.fn, Transpose):
        result = pull.fn.fn(g, *saved)
    else:
        result = g * (pull.fn(*saved) if callable(pull.fn) else saved[0] if pull.fn is None else pull.fn)
    return project(result if hasattr(result, "shape") else np.asarray(result), spec_of(operands[position]))


def tangent(name: str, ans: Any, operands: Any, tangents: Any, params: Any) -> Any:
    """Return the tangent of a row's result, from those of its operands."""
    from ..calculus import pushforward

    return pushforward(_row(name), ans, operands, tangents, params)


def pulled(which: int, fn: Callable[..., Any], args: Any, cotangents: Any) -> Any:
    """Return the cotangent of one argument of a function, by differentiating it as it runs."""
    from ..calculus import engine

    wanted = [k for k, g in enumerate(cotangents) if g is not None]

    def chosen(x: Any) -> Any:
        result = fn(*args[:which], x, *args[which + 1 :])
        return tuple([result[k] for k in wanted]) if len(cotangents) > 1 else (result,)

    _, pull = engine("vjp")(chosen, args[which])
    found = pull(tuple([cotangents[k] for k in wanted]))
    return found[0] if isinstance(found, tuple) else found


def pushed(output: int, fn: Callable[..., Any], args: Any, tangents: Any) -> Any:
    """Return the tangent of one result of a function (-1: of its only result), by differentiating it as it runs."""
    from ..calculus import engine

    moving = [k for k, t in enumerate(tangents) if t is not None]

    def chosen(*values: Any) -> Any:
        given = list(args)
        for k, value in zip(moving, values, strict=True):
            given[k] = value
        result = fn(*given)
        return result if output < 0 else result[output]

    primals, directions = tuple([args[k] for k in moving]), tuple([tangents[k] for k in moving])
    return engine("jvp")(chosen, primals, directions)[1]


def unread(shape: Any, dtype: str) -> Any:
    """Return an array of which a rule reads the shape and the type only."""
    return np.broadcast_to(np.zeros((), dtype), shape)


def shape_of(name: str, operands: Any, params: Any, output: int = -1) -> Any:
    """Return the shape that a row's result has (one of several) for arrays of the shapes and types of those given."""
    key = repr((name, _outline(operands), _outline(params), output))
    if key not in _SHAPES:
        from .representative import representative

        with np.errstate(all="ignore"):
            values, named = (_mapped(tree, lambda x: representative(x.shape, x.dtype)) for tree in (operands, params))
            result = _row(name).compute(*values, **named)
        _SHAPES[key] = np.shape(result if output < 0 else result[output])
    return _SHAPES[key]


def length_of(name: str, operands: Any, params: Any, output: int = -1) -> Any:
    """Return the length of a result that is a vector: see `shape_of`."""
    return shape_of(name, operands, params, output)[0]


_SHAPES: dict[str, Any] = {}


def _outline(tree: Any) -> Any:
    return _mapped(tree, lambda x: ("array", x.shape, x.dtype.str))


def _mapped(tree: Any, change: Callable[[Any], Any]) -> Any:
    """Return nested arguments with something else for each array."""
    if type(tree) is dict:
        return {key: _mapped(part, change) for key, part in tree.items()}
    if type(tree) in (tuple, list):
        return type(tree)([_mapped(part, change) for part in tree])
    return change(tree) if isinstance(tree, np.ndarray) else tree


_ROWS: dict[str, Any] = {}


def _row(key: str) -> Any:
    """Return a row of the table by its name (and its number, if there are several), as it is now."""
    from ..rules import rows
    from ..rules._table import find

    row = _ROWS.get(key)
    if row is None or find(row.fn) is not row:
        name, _, number = key.partition("#")
        row = _ROWS[key] = [row for row in rows(scipy=False) if row.name == name][int(number or 0)]
    return row


PYTHON_ONLY = frozenset(
    {"computed", "cotangent", "length_of", "pulled", "pushed", "put", "shape_of", "tangent", "unread"}
)
OPTIONS: dict[str, dict[str, Any]] = {
    "matmul": {"fastmath": {"reassoc", "nsz", "contract"}}, "radd": {"fastmath": {"reassoc", "nsz"}},
}  # fmt: skip


@cache
def machine_form(name: str) -> Any:
    """Return a function of this module for Numba's use; its machine code is kept on disk where that can be."""
    import numba

    from . import native

    function = getattr(native, name, None) or globals()[name]
    options = {"error_model": "numpy", **OPTIONS.get(name, {})}
    try:
        return numba.njit(cache=True, **options)(function)
    except RuntimeError:  # Numba finds no place for its cache
        return numba.njit(**options)(function)
