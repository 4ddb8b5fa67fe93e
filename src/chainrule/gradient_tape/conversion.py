"""Values from outside: what a user passes, as the values that tapes know, and what TensorFlow's face says about it."""

from __future__ import annotations

import logging
from collections import Counter
from enum import Enum
from typing import Any

import numpy as np

from .. import numpy as recorded_numpy
from .. import tree
from ..eager import Tensor
from ..eager.tensor import constant as wrapped
from ..errors import ChainruleError, message
from ..rules import Operand
from ._records import differentiable
from .variable import Variable, as_raw

__all__ = [
    "InvalidArgumentError", "UnconnectedGradients", "constant", "convert_to_tensor", "known_values", "unconnected",
    "warn_first",
]  # fmt: skip


class InvalidArgumentError(ChainruleError, ValueError):
    """An argument does not fit: a gradient or tangent of another shape than its value."""


class UnconnectedGradients(Enum):
    """What stands for the gradient of a source that does not influence the target.

    Attributes
    ----------
    NONE
        None, which tells that there is no connection.
    ZERO
        Zeros of the source's shape.
    """

    NONE = "none"
    ZERO = "zero"


def constant(value: Any, dtype: Any = None, shape: Any = None, name: str = "Const") -> Any:
    """Make a value that a tape can watch, from numbers.

    Parameters
    ----------
    value : number, array or nested lists of numbers
        It is copied. A value that is recorded already is returned as it is.
    dtype : NumPy dtype or its name, optional
        By default Python's floats become float64 and its integers int64; arrays keep their dtype.
    shape : tuple of int, optional
        The elements are put into this shape; a single number fills it.
    name : str
        Accepted for the sake of TensorFlow programs, and not used.

    Returns
    -------
    Tensor

    Raises
    ------
    TypeError
        If the numbers do not go into the dtype or into the shape.
    ValueError
        If the value is not made of numbers, or is recorded with another dtype.

    Examples
    --------
    >>> import chainrule as cr
    >>> cr.constant([1.0, 2.0])
    Tensor([1., 2.], dtype=float64)
    >>> cr.constant(0, dtype="float32", shape=(2, 2)).numpy()
    array([[0., 0.],
           [0., 0.]], dtype=float32)
    """
    result = convert_to_tensor(value, dtype)
    return result if shape is None or result.shape == tuple(shape) else _shaped(result, tuple(shape))


def convert_to_tensor(value: Any, dtype: Any = None, dtype_hint: Any = None, name: str | None = None) -> Any:
    """Return a value as one that a tape can watch.

    Parameters
    ----------
    value : number, array, Tensor, Variable or nested lists of them
        A Tensor is returned as it is, a variable is read, lists are stacked and stay recorded.
    dtype : NumPy dtype or its name, optional
    dtype_hint, name
        Accepted for the sake of TensorFlow programs, and not used.

    Returns
    -------
    Tensor

    Raises
    ------
    ValueError
        If the value is recorded with another dtype, or is not made of numbers.

    Examples
    --------
    >>> import chainrule as cr
    >>> x = cr.constant(3.0)
    >>> with cr.GradientTape() as tape:
    ...     tape.watch(x)
    ...     y = cr.convert_to_tensor([x, x * x])
    >>> tape.gradient(y, x).numpy()
    np.float64(7.0)
    """
    if isinstance(value, Variable):
        value = value.read_value()
    if isinstance(value, Tensor):
        if dtype is not None and value.dtype != np.dtype(dtype):
            msg = f"Tensor conversion requested dtype {np.dtype(dtype)} for Tensor with dtype {value.dtype}: {value!r}"
            raise ValueError(msg)
        return value
    if isinstance(value, (list, tuple)) and any(isinstance(x, Operand) for x in tree.flatten(value)[0]):
        return recorded_numpy.array(tree.map(_read, value), dtype=dtype)
    return wrapped(as_raw(value, dtype))


def _read(x: Any) -> Any:
    return x.read_value() if isinstance(x, Variable) else x


def _shaped(x: Any, shape: tuple[int, ...]) -> Any:
    size = int(np.prod(shape))
    if x.size not in (1, size):
        msg = f"A value of {x.size} elements was given with the shape {shape}, which has {size}."
        raise TypeError(msg)
    return np.reshape(x, shape) if x.size == size else np.broadcast_to(np.reshape(x, ()), shape).copy()


def known_values(nest: Any, what: str) -> tuple[list[Any], Any]:
    """Return the values in a nested target or source, variables as values with their keys, and the structure.

    Raises
    ------
    AttributeError
        If one is a plain number or array, which no tape can know; integers and truth values, which are plain results
        of recorded ones, stay.
    """
    leaves, structure = tree.flatten(nest)
    return [_known(x, what) for x in leaves], structure


def _known(x: Any, what: str) -> Any:
    if type(x) is Tensor:
        return x
    if isinstance(x, Variable):
        return x.handle()
    if isinstance(x, (np.ndarray, np.generic)) and not differentiable(x):
        return wrapped(x)
    kind = TypeError if x is None else AttributeError
    raise kind(
        message(
            f"A {what} is {'None' if x is None else f'a {type(x).__name__}'}, not a Tensor or a Variable.",
            "Make it with constant or Variable before the tape, and watch it.",
        )
    )


def unconnected(given: Any) -> UnconnectedGradients:
    """Return the member of `UnconnectedGradients` that is named."""
    try:
        return UnconnectedGradients(given)
    except ValueError:
        msg = f"Unknown value for unconnected_gradients: {given!r}"
        raise ValueError(msg) from None


_LOGGER = logging.getLogger("chainrule")
_WARNED: Counter[str] = Counter()


def warn_first(times: int, text: str, *args: Any) -> None:
    """Log a warning, but no more than a number of times in the life of the program."""
    if _WARNED[text] < times:
        _WARNED[text] += 1
        _LOGGER.warning(text, *args)
