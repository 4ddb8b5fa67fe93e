"""Gradients for functions that have none yet, declared in TensorFlow's way: by the function, not by its name."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from typing import Any

import numpy as np

from .. import rules
from ..functional._modes import conj
from ..rules import bare_row

__all__ = ["NotDifferentiable", "RegisterGradient", "no_gradient"]


class RegisterGradient:
    """Decorate the gradient function of a NumPy ufunc or function that has no rule yet (one of SciPy's, say).

    Parameters
    ----------
    op_type : ufunc or NumPy function
        It takes arrays only and returns one. TensorFlow names operations by strings; here they are functions.

    Raises
    ------
    KeyError
        If the function has a rule.
    TypeError
        If it is no function, or returns more than one array.

    See Also
    --------
    chainrule.rules : declarations by partial derivatives, which serve every method and can be tested.

    Examples
    --------
    >>> import scipy.special
    >>> import chainrule as cr
    >>> from scipy.special._ufuncs import _lgam1p as lgam1p  # log Γ(1 + x)
    >>> @cr.gradient_tape.RegisterGradient(lgam1p)
    ... def lgam1p_gradient(op, g):
    ...     return g * scipy.special.psi(1 + op.inputs[0])
    >>> cr.grad(lgam1p)(0.0)
    -0.5772157
    """

    def __init__(self, op_type: Callable[..., Any]) -> None:
        _check(op_type)
        self._op_type = op_type

    def __call__(self, f: Callable[..., Any]) -> Callable[..., Any]:
        """Enter ``f(op, *cotangents)``, which returns a cotangent for each of ``op.inputs``, in the table."""
        fn = self._op_type
        count = _inputs(fn)

        def vjp(i: int, g: Any, *values: Any) -> Any:
            parts = f(Operation(fn, values), conj(g))
            parts = list(parts) if isinstance(parts, (list, tuple)) else [parts]
            if len(parts) != count:
                msg = f"The gradient of {fn.__name__} returned {len(parts)} gradients for {count} inputs."
                raise ValueError(msg)
            return conj(parts[i])

        row = bare_row(fn.__name__, fn, count, vjp=vjp)
        row.bind = _positional
        rules.register(row, (fn,))
        return f


class Operation:
    """One call of a function, as a gradient function registered for it sees it.

    Attributes
    ----------
    type : str
        The function's name.
    inputs : tuple
    """

    def __init__(self, fn: Callable[..., Any], inputs: tuple[Any, ...]) -> None:
        self._fn = fn
        self.type = self.name = fn.__name__
        self.inputs = inputs

    @property
    def outputs(self) -> tuple[Any, ...]:
        """The result, in a tuple of one. It is computed again."""
        return (self._fn(*self.inputs),)


def no_gradient(op_type: Callable[..., Any]) -> None:
    """Declare that the derivative of a NumPy ufunc or function is zero wherever it exists.

    Parameters
    ----------
    op_type : ufunc or NumPy function

    Raises
    ------
    KeyError
        If the function has a rule.
    """
    _check(op_type)
    rules.constant(op_type)


NotDifferentiable = no_gradient


def _check(fn: Any) -> None:
    if not callable(fn):
        msg = f"op_type must be a NumPy function or ufunc, and is {fn!r}."
        raise TypeError(msg)
    if isinstance(fn, np.ufunc) and fn.nout != 1:
        msg = f"{fn.__name__} returns {fn.nout} arrays; a rule is for one."
        raise TypeError(msg)
    known = [row for row in rules.rows(scipy=False) if row.fn is fn]
    if known:
        msg = f"Registering two gradient with name {fn.__name__!r}! (Previous registration: {known[0]!r})"
        raise KeyError(msg)


def _inputs(fn: Any) -> int:
    if isinstance(fn, np.ufunc):
        return fn.nin
    places = inspect.signature(fn).parameters.values()
    return sum(p.kind in (p.POSITIONAL_ONLY, p.POSITIONAL_OR_KEYWORD) and p.default is p.empty for p in places)


def _positional(*args: Any) -> tuple[tuple[Any, ...], dict[str, Any]]:
    return args, {}
