"""NumPy's creation functions for recorded values; every other name is NumPy's own.

NumPy has no protocol that ``np.array([x, y])`` could follow for recorded x and y, so it is refused there. Here it
stacks them, and ``zeros`` makes an array that recorded values can be written into.

Examples
--------
>>> import chainrule as cr
>>> def f(x):
...     y = cr.numpy.zeros(3)
...     y[1] = x * x
...     return cr.numpy.sum(y) + cr.numpy.array([x, 2.0])[0]
>>> cr.grad(f)(3.0)
7.0
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from .eager.tensor import constant
from .rules import Operand

__all__ = ["arange", "array", "asarray", "empty", "eye", "full", "identity", "linspace", "ones", "zeros"]


def array(object: Any, dtype: Any = None) -> Any:
    """Make an array from recorded and plain numbers and arrays, nested in lists and tuples.

    Parameters
    ----------
    object : nested lists or tuples, number or array
    dtype : optional

    Returns
    -------
    Tensor
        Recorded values in it stay recorded.
    """
    result = _stack(object)
    if not isinstance(result, Operand):
        return constant(np.array(result, dtype=dtype))
    return result.copy() if dtype is None else result.astype(dtype)


asarray = array


def _stack(x: Any) -> Any:
    if not isinstance(x, (list, tuple)):
        return x
    parts = [_stack(part) for part in x]
    return np.stack(parts) if any(isinstance(p, Operand) for p in parts) else np.array(parts)


def full(shape: Any, fill_value: Any, dtype: Any = None) -> Any:
    """Make an array filled with a value, which may be recorded."""
    if isinstance(fill_value, Operand):
        filled = np.broadcast_to(fill_value, shape).copy()
        return filled if dtype is None else filled.astype(dtype)
    return constant(np.full(shape, fill_value, dtype))


def _creation(fn: Callable[..., Any]) -> Callable[..., Any]:
    def create(*args: Any, **kwargs: Any) -> Any:
        array = fn(*args, **kwargs)
        return constant(array) if isinstance(array, np.ndarray) and array.dtype.kind in "fc" else array

    create.__name__ = fn.__name__
    create.__doc__ = f"As ``numpy.{fn.__name__}``; recorded values can be written into a result of floats."
    return create


zeros = _creation(np.zeros)
ones = _creation(np.ones)
empty = _creation(np.empty)
eye = _creation(np.eye)
identity = _creation(np.identity)
arange = _creation(np.arange)
linspace = _creation(np.linspace)


def __getattr__(name: str) -> Any:
    return getattr(np, name)
