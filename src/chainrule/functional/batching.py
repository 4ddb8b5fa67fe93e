"""Functions of one point, applied to a batch."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import wraps
from typing import Any

import numpy as np

from .. import tree
from ..errors import DerivativeError, message
from ._compiled import described

__all__ = ["vmap"]

Axes = int | None | Sequence[int | None]


def vmap(f: Callable[..., Any], in_axes: Axes = 0) -> Any:
    """Return the function that applies `f` to each row of its arguments, and stacks the results.

    It is a loop, not a rewriting of `f`: anything that `f` does is fine, branches that differ from row to row included.
    Under `jit` the loop is compiled together with `f`, or with the derivative that `f` is.

    Parameters
    ----------
    f : callable
        Takes positional arguments: numbers, arrays and nested structures of them.
    in_axes : int, None or sequence of these
        The axis of each argument that runs over the batch; None for an argument that is the same for all. One for all
        arguments, or one for each. For a structure it holds for all arrays in it.

    Returns
    -------
    callable
        Each array or number that `f` returns becomes an array with a first axis more.

    Raises
    ------
    DerivativeError
        If no argument has a batch axis, or their lengths differ.

    Examples
    --------
    >>> import numpy as np, chainrule as cr
    >>> def f(x, w):
    ...     return np.sum(np.sin(x) * w)
    >>> x, w = np.zeros((4, 3)), np.array([1.0, 2.0, 3.0])
    >>> cr.vmap(cr.grad(f), in_axes=(0, None))(x, w).shape
    (4, 3)
    """

    @wraps(f, updated=())
    def batched(*args: Any) -> Any:
        axes = _axes(in_axes, len(args))
        parts = [tree.flatten(arg) for arg in args]
        n = _length(parts, axes)
        rows = [f(*[_row(part, axis, k) for part, axis in zip(parts, axes, strict=True)]) for k in range(n)]
        leaves = [tree.flatten(row) for row in rows]
        stacked = [np.stack([row[0][i] for row in leaves]) for i in range(len(leaves[0][0]))]
        return tree.unflatten(leaves[0][1], stacked)

    return described(batched, "vmap", f, in_axes=in_axes)


def _axes(in_axes: Axes, count: int) -> list[int | None]:
    axes = [in_axes] * count if in_axes is None or isinstance(in_axes, int) else list(in_axes)
    if len(axes) != count:
        what = f"in_axes names {len(axes)} arguments, and the function was called with {count}."
        raise DerivativeError(message(what, "Give one axis for each argument, or one for all."))
    return axes


def _length(parts: list[tuple[list[Any], Any]], axes: list[int | None]) -> int:
    """Return the length that the batch axes of all arguments have."""
    lengths: set[int | None] = {
        np.shape(leaf)[axis] if -np.ndim(leaf) <= axis < np.ndim(leaf) else None
        for (leaves, _), axis in zip(parts, axes, strict=True)
        for leaf in leaves
        if axis is not None
    }
    if None in lengths:
        raise DerivativeError(message("A batched argument has no such axis.", "Name the argument None in in_axes."))
    if len(lengths) != 1 or 0 in lengths:
        what = "The batched arguments have different lengths." if lengths - {0} else "There is no row to compute."
        raise DerivativeError(message(what, "Give arrays with one row for each point."))
    (n,) = lengths
    return int(n or 0)


def _row(part: tuple[list[Any], Any], axis: int | None, k: int) -> Any:
    leaves, structure = part
    if axis is None:
        return tree.unflatten(structure, leaves)
    return tree.unflatten(structure, [leaf[(slice(None),) * (axis % leaf.ndim) + (k,)] for leaf in leaves])
