"""Gradients of functions that return one number."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from functools import wraps
from typing import Any

import numpy as np

from .. import tree
from ..eager import Tensor, raw_of
from ..errors import DerivativeError
from ._arguments import Argnums, Call, like_input, one_hot, owned, plain, scalar_output
from ._compiled import described
from ._modes import conj, pushed, record, split_aux
from ._sampled import numeric_gradient, symbolic_gradient

__all__ = ["elementwise_grad", "grad", "value_and_grad"]

METHODS = ("reverse", "forward", "numeric", "symbolic")


def grad(f: Callable[..., Any], argnums: Argnums = 0, *, has_aux: bool = False, method: str = "reverse") -> Any:
    """Return the function that computes the gradient of `f`.

    Parameters
    ----------
    f : callable
        Returns one real number (or with `has_aux` a pair of it and anything). It is run as it stands, with its
        branches, loops, recursion and in-place writes; numbers and arrays may be nested in dicts, lists, tuples and
        dataclasses.
    argnums : int or sequence of int
        Positions of the arguments to differentiate by. A sequence gives a tuple of gradients.
    has_aux : bool
        If True, `f` returns ``(value, extra)`` and the gradient function returns ``(gradient, extra)``.
    method : {"reverse", "forward", "numeric", "symbolic"}
        *reverse* records one run and walks it back: the cost of a few runs, whatever the number of inputs.
        *forward* carries a tangent through one run for each input. *numeric* takes central differences, two runs for
        each input, to about ten digits. *symbolic* traces one run on symbols (no branch may depend on them),
        differentiates the expression and evaluates it.

    Returns
    -------
    callable
        Takes the arguments of `f`; returns the gradient, structured as the argument: Python numbers for Python
        numbers, arrays of the same shape and dtype for arrays. Integers are differentiated as float64. The gradient
        by a complex argument is the conjugate of the derivative, so that a step along its negative descends.

    Raises
    ------
    DerivativeError
        If `f` does not return one real number, or an argument cannot be differentiated by.
    EscapeError
        If a recorded value leaves NumPy (``math.sin(x)``, a plain array), where its derivative would be lost.
    MissingRuleError
        If `f` calls a NumPy function without a derivative rule.

    See Also
    --------
    value_and_grad, jacobian, vjp, elementwise_grad

    Examples
    --------
    >>> import chainrule as cr
    >>> def f(x, y):
    ...     return x**2 * y + y + 2
    >>> cr.grad(f, argnums=(0, 1))(3.0, 4.0)
    (24.0, 10.0)
    >>> cr.grad(f, method="forward")(3.0, 4.0)
    24.0

    References
    ----------
    Griewank and Walther, *Evaluating Derivatives*, 2nd ed. 2008, chapter 3.
    """
    both = value_and_grad(f, argnums, has_aux=has_aux, method=method)

    @wraps(f, updated=())
    def gradient(*args: Any, **kwargs: Any) -> Any:
        value, result = both(*args, **kwargs)
        return (result, value[1]) if has_aux else result

    return described(gradient, "grad", f, argnums=argnums, has_aux=has_aux, method=method)


def value_and_grad(
    f: Callable[..., Any], argnums: Argnums = 0, *, has_aux: bool = False, method: str = "reverse"
) -> Any:
    """Return the function that computes the value of `f` and its gradient, for the price of the gradient.

    Parameters and errors are those of `grad`.

    Returns
    -------
    callable
        Returns ``(value, gradient)``, or ``((value, extra), gradient)`` with `has_aux`.

    Examples
    --------
    >>> import chainrule as cr
    >>> cr.value_and_grad(lambda x: x**3)(2.0)
    (8.0, 12.0)
    """
    if method not in METHODS:
        msg = f"method is {method!r}; it is one of {', '.join(map(repr, METHODS))}."
        raise DerivativeError(msg)
    compute = {"reverse": _reverse, "forward": _forward, "numeric": numeric_gradient, "symbolic": symbolic_gradient}

    @wraps(f, updated=())
    def value_and_gradient(*args: Any, **kwargs: Any) -> Any:
        call = Call(f, argnums, args, kwargs)
        value, results, aux = compute[method](call, has_aux)
        value = like_input(plain(value), 0.0)
        return ((value, plain_tree(aux, call.leaves)) if has_aux else value), call.gradients(results)

    return described(value_and_gradient, "value_and_grad", f, argnums=argnums, has_aux=has_aux, method=method)


def _reverse(call: Call, has_aux: bool) -> tuple[Any, list[Any], Any]:
    run = record(call, has_aux)
    value = scalar_output(tree.unflatten(run.structure, run.leaves), call.f)
    raw = raw_of(value)
    return value, [conj(g) for g in run.pull([np.ones_like(raw)[()]], keep=False)], run.aux


def _forward(call: Call, has_aux: bool) -> tuple[Any, list[Any], Any]:
    """Fill the gradient element by element: a run for each real input, two for each complex one."""
    results: list[list[Any]] = [[] for _ in call.leaves]
    value, aux = None, None
    for i, _, seed in one_hot(call.leaves):
        value, part, aux = _directional(call, i, seed, has_aux)
        if raw_of(call.leaves[i]).dtype.kind == "c":
            # The conjugate of the derivative: for a real result it is df/da + i df/db, with x = a + ib.
            part = part + 1j * _directional(call, i, 1j * seed, has_aux)[1]
        results[i].append(part)
    if value is None:
        result = call.run(call.leaves)
        result, aux = split_aux(result, call.f) if has_aux else (result, None)
        value = scalar_output(result, call.f)
    return value, [_assembled(parts, leaf) for parts, leaf in zip(results, call.leaves, strict=True)], aux


def _directional(call: Call, i: int, seed: Any, has_aux: bool) -> tuple[Any, Any, Any]:
    tangents = [seed if j == i else None for j in range(len(call.leaves))]
    leaves, parts, structure, aux = pushed(call, tangents, has_aux)
    value = scalar_output(tree.unflatten(structure, leaves), call.f)
    part = parts[0] if parts[0] is not None else np.zeros_like(raw_of(value))
    return value, np.reshape(part, ()), aux


def _assembled(parts: list[Any], leaf: Any) -> Any:
    raw = raw_of(leaf)
    if not raw.ndim:
        return parts[0]
    if not parts:
        return np.zeros_like(raw)
    return np.reshape(np.stack(parts), raw.shape).astype(raw.dtype)


def elementwise_grad(f: Callable[..., Any], argnums: Argnums = 0) -> Any:
    """Return the function that computes the gradient of the sum of the results of `f`.

    If `f` acts on each element by itself, this is its derivative at each element.

    Parameters
    ----------
    f : callable
        Returns a number or an array of any shape.
    argnums : int or sequence of int
        Positions of the arguments to differentiate by.

    Examples
    --------
    >>> import numpy as np, chainrule as cr
    >>> cr.elementwise_grad(np.sin)(np.array([0.0, np.pi]))
    array([ 1., -1.])
    """

    @wraps(f, updated=())
    def derivative(*args: Any, **kwargs: Any) -> Any:
        call = Call(f, argnums, args, kwargs)
        run = record(call)
        seeds = [np.ones_like(raw_of(out)) for out in run.leaves]
        return call.gradients([conj(g) for g in run.pull(seeds, keep=False)])

    return described(derivative, "elementwise_grad", f, argnums=argnums)


def plain_tree(x: Any, taken: Iterable[Any]) -> Any:
    """Take the record off every value in a nested result, which then shares no memory with the values taken."""
    leaves, structure = tree.flatten(x)
    recorded = iter(owned([leaf for leaf in leaves if type(leaf) is Tensor], taken))
    return tree.unflatten(structure, [next(recorded) if type(leaf) is Tensor else leaf for leaf in leaves])
