"""TensorFlow's forward accumulator, on the forward mode of `eager`."""

from __future__ import annotations

from typing import Any

import numpy as np

from .. import tree
from ..eager import Tensor, is_watched
from ..eager.state import close_recorder, open_recorder, reveal
from ..eager.tensor import constant as wrapped
from ..eager.work import count
from ._records import Forward, differentiable
from .conversion import InvalidArgumentError, UnconnectedGradients, convert_to_tensor, known_values, warn_first
from .variable import Variable

__all__ = ["ForwardAccumulator"]


class ForwardAccumulator:
    """Compute Jacobian-vector products along with the values in a ``with`` block: forward mode.

    Its own arithmetic is seen by the tapes and accumulators that were entered before it, and by no others. So the
    derivative of second order is asked of the outer one.

    Parameters
    ----------
    primals : Tensor, Variable or nested structure of them
        What to differentiate by.
    tangents : nested structure of the same form
        The direction: an array for each primal, of its shape.

    Raises
    ------
    ValueError
        If a primal is named twice, or if a tangent does not fit its primal in dtype, shape or structure.

    See Also
    --------
    GradientTape, chainrule.jvp

    Examples
    --------
    >>> import chainrule as cr
    >>> x = cr.constant([1.0, 2.0])
    >>> with cr.ForwardAccumulator(x, cr.constant([1.0, 0.0])) as acc:
    ...     y = x**3
    >>> acc.jvp(y)
    Tensor([3., 0.], dtype=float64)

    A Hessian times a vector, forward over reverse:

    >>> v = cr.Variable([1.0, 2.0])
    >>> with cr.ForwardAccumulator(v, cr.constant([1.0, 0.0])) as acc:
    ...     with cr.GradientTape() as tape:
    ...         y = (v**3).sum()
    ...     gradient = tape.gradient(y, v)
    >>> acc.jvp(gradient)
    Tensor([6., 0.], dtype=float64)
    """

    def __init__(self, primals: Any, tangents: Any) -> None:
        self._forward = Forward()
        self._recording = False
        values, structure = tree.flatten(primals)
        directions, same = tree.flatten(tangents)
        if structure != same:
            msg = f"The primals and the tangents don't have the same nested structure: {structure} and {same}."
            raise ValueError(msg)
        handles, _ = known_values(primals, "primal")
        _refuse_repeated(handles, values)
        for value, x, tangent in zip(values, handles, directions, strict=True):
            if x.dtype.kind != "f":
                text = "The dtype of the watched primal must be floating (e.g. tf.float32), got %r"
                warn_first(5, text, x.dtype)
            self._watch(value, x, _direction(tangent, x))

    def _watch(self, value: Any, x: Tensor, tangent: Any) -> None:
        if isinstance(value, Variable):
            self._forward.variables[x.key] = tangent
        elif differentiable(x):
            self._forward.watch(x, tangent)

    def __enter__(self) -> ForwardAccumulator:
        if self._recording:
            msg = "Accumulator is already recording."
            raise ValueError(msg)
        count("forward_sweeps")
        open_recorder(self._forward)
        self._recording = True
        return self

    def __exit__(self, kind: Any, error: BaseException | None, traceback: Any) -> None:
        close_recorder(self._forward)
        self._recording = False
        reveal(error)

    def jvp(self, primals: Any, unconnected_gradients: Any = UnconnectedGradients.NONE) -> Any:
        """Return the Jacobian-vector product of values that were computed in the block. It costs nothing.

        Parameters
        ----------
        primals : Tensor, Variable or nested structure of them
        unconnected_gradients : {"none", "zero"} or UnconnectedGradients
            What stands for the product of a value that no primal influences.

        Returns
        -------
        structured as the argument
        """
        missing = UnconnectedGradients(unconnected_gradients)
        values, structure = known_values(primals, "value")
        return tree.unflatten(structure, [self._tangent(x, missing) for x in values])

    def _tangent(self, x: Tensor, missing: UnconnectedGradients) -> Any:
        tangent = self._forward.tangent(x)
        if tangent is None:
            tangent = self._forward.variables.get(x.key)
        if tangent is None:
            return wrapped(np.zeros(x.shape, x.dtype)[()]) if missing is UnconnectedGradients.ZERO else None
        return tangent if type(tangent) is Tensor else wrapped(tangent)


def _refuse_repeated(handles: list[Any], values: list[Any]) -> None:
    seen: set[int] = set()
    for x, value in zip(handles, values, strict=True):
        if x.key in seen:
            msg = (
                f"Tensor {value!r} was specified as a primal multiple times. This may indicate an error. If it was "
                "intended, please sum the corresponding tangents."
            )
            raise ValueError(msg)
        seen.add(x.key)


def _direction(tangent: Any, x: Tensor) -> Any:
    """Return a tangent of exactly its primal's shape and dtype."""
    given = convert_to_tensor(tangent, dtype=x.dtype)
    if given.shape != x.shape:
        msg = f"A tangent has shape {given.shape}, and its primal {x.shape}."
        raise InvalidArgumentError(msg)
    return given if is_watched(given) else given.raw
