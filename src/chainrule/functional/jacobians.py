"""Jacobians and Hessians, a sweep for each row or for each column."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any

import numpy as np

from .. import tree
from ..eager import raw_of
from ..errors import DerivativeError
from ._arguments import Argnums, Call, one_hot, plain
from ._compiled import described
from ._modes import Record, conj, pushed, record
from ._sampled import numeric_jacobian, symbolic_hessian, symbolic_jacobian
from .gradients import grad, plain_tree

__all__ = ["hessian", "jacfwd", "jacobian", "jacrev"]

Block = list[list[Any]]  # [output leaf][input leaf]: an array of shape output.shape + input.shape


def jacobian(f: Callable[..., Any], argnums: Argnums = 0, *, has_aux: bool = False, method: str | None = None) -> Any:
    """Return the function that computes the Jacobian of `f`.

    Parameters
    ----------
    f : callable
        Returns a number or an array of any shape, or a nested structure of them.
    argnums : int or sequence of int
        The arguments to differentiate by.
    has_aux : bool
        If True, `f` returns ``(result, extra)`` and the Jacobian function ``(jacobian, extra)``.
    method : {None, "reverse", "forward", "numeric", "symbolic"}
        With None the cheaper of two: *reverse*, a sweep for each output, if there are no more outputs than inputs,
        else *forward*, a sweep for each input.

    Returns
    -------
    callable
        For one array in and one out, returns an array of shape ``output.shape + input.shape``; for nested ones the
        structure of the output, with the structure of the argument at each leaf. For complex arguments each row is
        the gradient as `grad` defines it.

    See Also
    --------
    jacrev, jacfwd, hessian, jvp, vjp

    Examples
    --------
    >>> import numpy as np, chainrule as cr
    >>> cr.jacobian(lambda x: x[:2] * x[2])(np.array([1.0, 2.0, 3.0]))
    array([[3., 0., 1.],
           [0., 3., 2.]])
    """
    if method not in (None, "reverse", "forward", "numeric", "symbolic"):
        msg = f"method is {method!r}; it is None, 'reverse', 'forward', 'numeric' or 'symbolic'."
        raise DerivativeError(msg)

    @wraps(f, updated=())
    def compute(*args: Any, **kwargs: Any) -> Any:
        call = Call(f, argnums, args, kwargs)
        blocks, structure, aux = _blocks(call, has_aux, method)
        rows = [call.restore([_python(plain(b), call, j) for j, b in enumerate(row)]) for row in blocks]
        result = tree.unflatten(structure, rows)
        return (result, plain_tree(aux, call.leaves)) if has_aux else result

    return described(compute, "jacobian", f, argnums=argnums, has_aux=has_aux, method=method)


def jacrev(f: Callable[..., Any], argnums: Argnums = 0, *, has_aux: bool = False) -> Any:
    """Return the Jacobian of `f` by reverse mode: one run, and a sweep back for each output. See `jacobian`."""
    return jacobian(f, argnums, has_aux=has_aux, method="reverse")


def jacfwd(f: Callable[..., Any], argnums: Argnums = 0, *, has_aux: bool = False) -> Any:
    """Return the Jacobian of `f` by forward mode: a run for each input. See `jacobian`."""
    return jacobian(f, argnums, has_aux=has_aux, method="forward")


def hessian(f: Callable[..., Any], argnums: Argnums = 0, *, has_aux: bool = False, method: str = "reverse") -> Any:
    """Return the function that computes the matrix of second derivatives of `f`.

    Parameters
    ----------
    f : callable
        Returns one real number.
    argnums : int or sequence of int
        The arguments to differentiate by; a sequence gives a tuple of tuples of blocks.
    method : {"reverse", "forward", "numeric", "symbolic"}
        How the gradient is differentiated again: a sweep back over the recorded gradient for each input (*reverse*),
        or a tangent carried through the gradient for each input (*forward*). *numeric* and *symbolic* do both
        derivatives in their way.

    Returns
    -------
    callable
        For one array, returns an array of shape ``input.shape + input.shape``.

    See Also
    --------
    hvp : the product with a vector, without the matrix.

    Examples
    --------
    >>> import numpy as np, chainrule as cr
    >>> cr.hessian(lambda x: x[0] ** 2 * x[1])(np.array([1.0, 2.0]))
    array([[4., 2.],
           [2., 0.]])
    """
    if method == "symbolic":
        return _symbolic_hessian(f, argnums, has_aux)
    inner = "numeric" if method == "numeric" else "reverse"
    compute = jacobian(grad(f, argnums, has_aux=has_aux, method=inner), argnums, has_aux=has_aux, method=method)
    return described(compute, "hessian", f, argnums=argnums, has_aux=has_aux, method=method)


def _blocks(call: Call, has_aux: bool, method: str | None) -> tuple[Block, Any, Any]:
    if method in ("numeric", "symbolic"):
        return (numeric_jacobian if method == "numeric" else symbolic_jacobian)(call, has_aux)
    if method == "forward":
        return _columns(call, has_aux)
    run = record(call, has_aux)
    inputs = sum(raw_of(x).size for x in call.leaves)
    if method is None and sum(raw_of(out).size for out in run.leaves) > inputs:
        return _columns(call, has_aux)
    return _rows(call, run), run.structure, run.aux


def _rows(call: Call, run: Record) -> Block:
    rows: list[list[list[Any]]] = [[[] for _ in call.leaves] for _ in run.leaves]
    for i, _, seed in one_hot(run.leaves):
        parts = _row(call, run, i, seed)
        for j, part in enumerate(parts):
            rows[i][j].append(part)
    run.tape.clear()
    return [
        [_stacked(parts, raw_of(out).shape + raw_of(x).shape, x, 0) for parts, x in zip(row, call.leaves, strict=True)]
        for row, out in zip(rows, run.leaves, strict=True)
    ]


def _row(call: Call, run: Record, i: int, seed: Any) -> list[Any]:
    def pull(s: Any) -> list[Any]:
        seeds = [s if k == i else np.zeros(raw_of(out).shape) for k, out in enumerate(run.leaves)]
        found = run.pull(seeds)
        return [np.zeros_like(raw_of(x)) if g is None else g for g, x in zip(found, call.leaves, strict=True)]

    parts = [conj(g) for g in pull(seed)]
    if raw_of(run.leaves[i]).dtype.kind == "c" and any(raw_of(x).dtype.kind != "c" for x in call.leaves):
        imaginary = pull(-1j * seed)  # the pairing is Re(g t), so this seed reads the imaginary part
        parts = [p if raw_of(x).dtype.kind == "c" else p + 1j * q
                 for p, q, x in zip(parts, imaginary, call.leaves, strict=True)]  # fmt: skip
    return parts


def _columns(call: Call, has_aux: bool) -> tuple[Block, Any, Any]:
    columns: list[list[list[Any]]] = [[] for _ in call.leaves]
    out, structure, aux = None, None, None
    for j, _, seed in one_hot(call.leaves):
        out, column, structure, aux = _column(call, j, seed, has_aux)
        columns[j].append(column)
    if out is None:
        run = record(call, has_aux)
        out, structure, aux = run.leaves, run.structure, run.aux
    blocks = [
        [
            _stacked([c[i] for c in columns[j]], raw_of(o).shape + raw_of(x).shape, x, -1)
            for j, x in enumerate(call.leaves)
        ]
        for i, o in enumerate(out)
    ]
    return blocks, structure, aux


def _column(call: Call, j: int, seed: Any, has_aux: bool) -> Any:
    def push(s: Any) -> Any:
        out, moved, structure, aux = pushed(call, [s if k == j else None for k in range(len(call.leaves))], has_aux)
        return (
            out,
            [np.zeros_like(raw_of(o)) if t is None else t for t, o in zip(moved, out, strict=True)],
            structure,
            aux,
        )

    out, moved, structure, aux = push(seed)
    if raw_of(call.leaves[j]).dtype.kind == "c":
        imaginary = push(1j * seed)[1]
        moved = [conj(t) if raw_of(o).dtype.kind == "c" else t + 1j * u
                 for t, u, o in zip(moved, imaginary, out, strict=True)]  # fmt: skip
    return out, moved, structure, aux


def _stacked(parts: list[Any], shape: tuple[int, ...], x: Any, axis: int) -> Any:
    if not parts:
        return np.zeros(shape, raw_of(x).dtype)
    if not shape:
        return np.reshape(parts[0], ())
    return np.reshape(np.stack(parts, axis=axis), shape)


def _python(block: Any, call: Call, j: int) -> Any:
    """Return a 0-d block as a Python number where the argument was one."""
    if isinstance(block, np.ndarray) and not block.ndim:
        block = block[()]
    if isinstance(block, np.float64) and not isinstance(call.given[j], (np.generic, np.ndarray)):
        return float(block)
    return block


def _symbolic_hessian(f: Callable[..., Any], argnums: Argnums, has_aux: bool) -> Any:
    @wraps(f, updated=())
    def compute(*args: Any, **kwargs: Any) -> Any:
        call = Call(f, argnums, args, kwargs)
        blocks, aux = symbolic_hessian(call, has_aux)
        rows = [call.restore([_python(b, call, j) for j, b in enumerate(row)]) for row in blocks]
        result = call.restore(rows)
        return (result, aux) if has_aux else result

    return compute
