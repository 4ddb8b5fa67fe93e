"""NumPy for recorded values: every public name of NumPy, of which those that make arrays know recorded values.

NumPy has no protocol that ``np.array([x, y])`` could follow for recorded x and y, so it is refused there. Here it
stacks them, and ``zeros`` makes an array that recorded values can be written into. Everything else is NumPy's own,
``chainrule.numpy.sin is numpy.sin``, and so are ``chainrule.numpy.linalg``, ``chainrule.numpy.fft`` and the other
modules.

Examples
--------
>>> import chainrule as cr
>>> import chainrule.numpy as np
>>> def f(x):
...     y = np.zeros(3)
...     y[1] = x * x
...     return np.sum(y) + np.array([x, 2.0])[0]
>>> cr.grad(f)(3.0)
7.0
"""

from __future__ import annotations

import functools
from collections.abc import Callable
from types import FunctionType
from typing import Any

import numpy as np

from ..eager.tensor import constant
from ..rules import Operand
from ..rules._table import find

__all__ = [
    "arange", "array", "asanyarray", "asarray", "ascontiguousarray", "asfortranarray", "empty", "empty_like", "eye",
    "full", "full_like", "geomspace", "identity", "linspace", "logspace", "ones", "ones_like", "tri", "zeros",
    "zeros_like",
]  # fmt: skip


def _stands_for(fn: Callable[..., Any]) -> Callable[[Any], Any]:
    """Mark, as a decorator, what stands for a NumPy function; in compiled programs it is that function."""

    def mark(own: Any) -> Any:
        functools.update_wrapper(own, fn, assigned=("__name__", "__qualname__"), updated=())
        del own.__wrapped__
        own.__chainrule_stands_for__ = fn
        return own

    return mark


@_stands_for(np.array)
def array(object: Any, dtype: Any = None, *, copy: Any = True, ndmin: int = 0) -> Any:
    """Make an array from recorded and plain numbers and arrays, nested in lists and tuples.

    Parameters
    ----------
    object : nested lists or tuples, number or array
    dtype : optional
    copy : bool, optional
        None or False returns a recorded array itself, if its dtype is the one asked for.
    ndmin : int
        At least as many axes; the first ones are new.

    Returns
    -------
    Tensor
        Recorded values in it stay recorded.
    """
    result = _stack(object)
    if not isinstance(result, Operand):
        return constant(np.array(result, dtype=dtype, ndmin=ndmin))
    if dtype is not None and np.dtype(dtype) != result.dtype:
        result = result.astype(dtype)
    elif copy or result is not object:
        result = result.copy()
    missing = ndmin - result.ndim
    return np.reshape(result, (1,) * missing + result.shape) if missing > 0 else result


def _stack(x: Any) -> Any:
    if not isinstance(x, (list, tuple)):
        return x
    parts = [_stack(part) for part in x]
    return np.stack(parts) if any(isinstance(p, Operand) for p in parts) else np.array(parts)


@_stands_for(np.asarray)
def asarray(a: Any, dtype: Any = None, **options: Any) -> Any:
    """Return a recorded array as it is, and make an array of anything else, as `array` does."""
    return array(a, dtype, copy=False)


asanyarray = _stands_for(np.asanyarray)(lambda a, dtype=None, **options: asarray(a, dtype))
ascontiguousarray = _stands_for(np.ascontiguousarray)(lambda a, dtype=None, **options: asarray(a, dtype))
asfortranarray = _stands_for(np.asfortranarray)(lambda a, dtype=None, **options: asarray(a, dtype))


def _creation(fn: Callable[..., Any]) -> Callable[..., Any]:
    def create(*args: Any, **kwargs: Any) -> Any:
        if any(isinstance(x, Operand) for x in (*args, *kwargs.values())):
            made = _follow_row(fn, args, kwargs)
        else:
            made = fn(*args, **kwargs)
        return constant(made) if isinstance(made, np.ndarray) and made.dtype.kind in "fc" else made

    create.__doc__ = f"As ``numpy.{fn.__name__}``; recorded values can be written into a result of floats."
    marked: Callable[..., Any] = _stands_for(fn)(create)
    return marked


def _follow_row(fn: Callable[..., Any], args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
    row = find(fn)
    assert row is not None
    dtype = kwargs.pop("dtype", None) if row.kind != "constant" else None
    result = row(*args, **kwargs)
    return result if dtype is None else result.astype(dtype)


zeros = _creation(np.zeros)
ones = _creation(np.ones)
empty = _creation(np.empty)
full = _creation(np.full)
zeros_like = _creation(np.zeros_like)
ones_like = _creation(np.ones_like)
empty_like = _creation(np.empty_like)
full_like = _creation(np.full_like)
eye = _creation(np.eye)
identity = _creation(np.identity)
tri = _creation(np.tri)
arange = _creation(np.arange)
linspace = _creation(np.linspace)
logspace = _creation(np.logspace)
geomspace = _creation(np.geomspace)


def __getattr__(name: str) -> Any:
    """Return what NumPy has; the row of a Python function that would not ask its arguments (``kaiser``)."""
    found = getattr(np, name)
    if isinstance(found, FunctionType):
        row = find(found)
        return found if row is None or row.kind == "constant" else row
    return found


def __dir__() -> list[str]:
    return sorted({*dir(np), *__all__})
