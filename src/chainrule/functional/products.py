"""Products with derivatives that are never formed: jvp, vjp and hvp."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any

import numpy as np

from .. import tree
from ..calculus import provide
from ..eager import Tensor, raw_of
from ..errors import DerivativeError, message
from ._arguments import Argnums, Call, as_array, like_input, owned
from ._compiled import described, is_compiled, pulled, pushed_forward
from ._modes import conj, pushed, record
from .gradients import grad, plain_tree

__all__ = ["hvp", "jvp", "vjp"]


def jvp(f: Callable[..., Any], primals: Any, tangents: Any, *, has_aux: bool = False) -> Any:
    """Push a tangent forward: the value of `f` and its derivative in one direction, in one run.

    Parameters
    ----------
    f : callable
        Returns numbers or arrays, nested as you like.
    primals : tuple or anything
        A tuple holds the arguments of `f`; anything else is its only argument.
    tangents : same structure as `primals`
        The direction, of the shapes of the arguments.
    has_aux : bool
        If True, `f` returns ``(result, extra)``, and so does jvp: ``(value, tangent, extra)``.

    Returns
    -------
    (value, tangent)
        Both structured like the result of `f`.

    Raises
    ------
    DerivativeError
        If the tangents do not match the primals.

    Examples
    --------
    >>> import numpy as np, chainrule as cr
    >>> cr.jvp(lambda x, y: x * y, (3.0, 4.0), (1.0, 0.0))
    (12.0, 4.0)
    """
    args = primals if type(primals) is tuple else (primals,)
    directions = tangents if type(primals) is tuple else (tangents,)
    if not has_aux and is_compiled(f, args, directions):
        return pushed_forward(f, args, directions)
    call = Call(f, range(len(args)), args, {})
    leaves, structure = tree.flatten(directions)
    if structure != tree.flatten(args)[1]:
        raise DerivativeError(message("The tangents are not structured like the primals.", "Give one for each leaf."))
    seeds = [_matching(t, x, f, "tangent") for t, x in zip(leaves, call.leaves, strict=True)]
    out, moved, out_structure, aux = pushed(call, seeds, has_aux)
    moved = [np.zeros_like(raw_of(x)) if t is None else t for t, x in zip(moved, out, strict=True)]
    taken = [*call.leaves, *(x for x in out if type(x) is not Tensor)]
    results = [like_input(x, 0.0) for x in owned([*out, *moved], taken)]
    value, tangent = (tree.unflatten(out_structure, part) for part in (results[: len(out)], results[len(out) :]))
    return (value, tangent, plain_tree(aux, call.leaves)) if has_aux else (value, tangent)


def vjp(f: Callable[..., Any], *primals: Any, has_aux: bool = False) -> Any:
    """Run `f` and return its value with the pullback, which maps a cotangent of the result to those of the arguments.

    Parameters
    ----------
    f : callable
        Returns numbers or arrays, nested as you like.
    *primals
        Its arguments.
    has_aux : bool
        If True, `f` returns ``(result, extra)``, and vjp ``(value, pullback, extra)``.

    Returns
    -------
    value : as `f` returns it
    pullback : callable
        Takes a cotangent of the value's structure and shapes, returns a tuple with one for each argument. It can be
        called more than once.

    Examples
    --------
    >>> import numpy as np, chainrule as cr
    >>> value, pullback = cr.vjp(lambda x: x * x, np.array([1.0, 2.0]))
    >>> pullback(np.array([1.0, 10.0]))
    (array([ 2., 40.]),)
    """
    if not has_aux and is_compiled(f, primals):
        return pulled(f, primals)
    call = Call(f, range(len(primals)), primals, {})
    call.leaves = [x.copy() if isinstance(x, np.ndarray) else x for x in call.leaves]  # `pullback` reads them later
    run = record(call, has_aux)

    def pullback(cotangent: Any) -> Any:
        leaves, structure = tree.flatten(cotangent)
        if structure != run.structure:
            text = message("The cotangent is not structured like the result.", "Give one for each leaf of the result.")
            raise DerivativeError(text)
        seeds = [conj(_matching(g, out, f, "cotangent")) for g, out in zip(leaves, run.leaves, strict=True)]
        return call.gradients([conj(g) for g in run.pull(seeds)])

    value = tree.unflatten(run.structure, [like_input(x, 0.0) for x in owned(run.leaves, run.leaves)])
    return (value, pullback, plain_tree(run.aux, call.leaves)) if has_aux else (value, pullback)


def _matching(given: Any, value: Any, f: Callable[..., Any], what: str) -> Any:
    """Return a tangent or cotangent of exactly the shape and dtype of its value."""
    seed, raw = as_array(given, f), np.asarray(raw_of(value))
    if np.shape(raw_of(seed)) != raw.shape:
        raise DerivativeError(
            message(
                f"A {what} has shape {np.shape(raw_of(seed))} and its value {raw.shape}.",
                f"Give a {what} of that shape.",
            )
        )
    if isinstance(seed, Tensor):
        return seed if seed.dtype == raw.dtype else seed.astype(raw.dtype)
    if raw.dtype.kind not in "fc":
        return seed
    if np.iscomplexobj(seed) and raw.dtype.kind == "f":
        raise DerivativeError(message(f"A {what} is complex and its value real.", "Take its real part."))
    return np.array(seed, dtype=raw.dtype)[()]  # a copy: the caller's array may change before it is used


def hvp(f: Callable[..., Any], argnums: Argnums = 0) -> Any:
    """Return the function that computes the product of the Hessian of `f` with a vector, without forming it.

    Forward over reverse: one tangent is carried through the gradient, for the price of a few gradients.

    Parameters
    ----------
    f : callable
        Returns one real number.
    argnums : int or sequence of int
        The arguments to differentiate by.

    Returns
    -------
    callable
        Takes the arguments of `f`, then the vector, structured like the differentiated argument (a tuple if `argnums`
        is a sequence). `scipy.optimize.minimize` calls its ``hessp`` in this order where it is given no ``args``.

    Examples
    --------
    >>> import numpy as np, chainrule as cr
    >>> cr.hvp(lambda x: np.sum(x**3))(np.array([1.0, 2.0]), np.array([1.0, 0.0]))
    array([6., 0.])

    References
    ----------
    Pearlmutter, "Fast exact multiplication by the Hessian", Neural Computation 6 (1994).
    """
    gradient = grad(f, argnums)

    @wraps(f, updated=())
    def product(*args: Any, **kwargs: Any) -> Any:
        *arguments, vector = args
        call = Call(f, argnums, tuple(arguments), kwargs)
        leaves, _ = tree.flatten(vector if call.single else tuple(vector))
        if len(leaves) != len(call.leaves):
            raise DerivativeError(message("The vector is not structured like the argument.", "Give one for each leaf."))
        seeds = [_matching(v, x, f, "vector") for v, x in zip(leaves, call.leaves, strict=True)]

        def inner(*chosen: Any) -> Any:
            return tree.flatten(gradient(*call.arguments(chosen), **kwargs))[0]

        outer = Call(inner, range(len(call.leaves)), tuple(call.given), {})
        outer.more = call.more
        _, moved, _, _ = pushed(outer, seeds)
        return call.gradients(moved)

    return described(product, "hvp", f, argnums=argnums)


provide(vjp, jvp)
