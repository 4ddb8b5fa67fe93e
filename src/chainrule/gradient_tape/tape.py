"""TensorFlow's gradient tape, on the reverse mode of `eager`."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import numpy as np

from .. import tree
from ..eager import Tensor, raw_of
from ..eager.state import close_recorder, current, open_recorder, reveal
from ..eager.work import count
from ..functional._arguments import one_hot
from ..rules import Spec, spec_of
from ._gradients import batch_shape, finished, pulled, seeds_of, stacked
from ._records import Reverse, differentiable
from .conversion import UnconnectedGradients, known_values, unconnected, warn_first
from .variable import Variable

__all__ = ["GradientTape"]

_USED = "A non-persistent GradientTape can only be used to compute one set of gradients (or jacobians)"
_INSIDE = (
    "Calling GradientTape.gradient on a persistent tape inside its context is significantly less efficient than "
    "calling it outside the context (it causes the gradient ops to be recorded on the tape, leading to increased CPU "
    "and memory usage). Only call GradientTape.gradient inside the context if you actually want to trace the gradient "
    "in order to compute higher order derivatives."
)


class GradientTape:
    """Record what is computed inside a ``with`` block, and differentiate it afterwards, by walking it backwards.

    An operation is recorded if it reads something that the tape watches: a trainable `Variable` is watched when it is
    read, any other value from the time it is given to `watch`. Tapes nest, in each other and in
    `ForwardAccumulator`, for derivatives of higher order.

    Parameters
    ----------
    persistent : bool
        Whether `gradient` and `jacobian` can be called more than once. Otherwise the record is freed by the first call.
    watch_accessed_variables : bool
        Whether variables are watched when they are read.

    See Also
    --------
    Variable, constant, ForwardAccumulator, chainrule.grad

    Examples
    --------
    >>> import chainrule as cr
    >>> x, y = cr.Variable(3.0), cr.Variable(4.0)
    >>> with cr.GradientTape() as tape:
    ...     z = x**2 * y + y + 2
    >>> tape.gradient(z, [x, y])
    [Tensor(24., dtype=float64), Tensor(10., dtype=float64)]

    The second derivative, with a tape inside a tape:

    >>> x = cr.constant(5.0)
    >>> with cr.GradientTape() as outer:
    ...     outer.watch(x)
    ...     with cr.GradientTape() as inner:
    ...         inner.watch(x)
    ...         y = x**3
    ...     dy_dx = inner.gradient(y, x)
    >>> outer.gradient(dy_dx, x).numpy()
    np.float64(30.0)
    """

    def __init__(self, persistent: bool = False, watch_accessed_variables: bool = True) -> None:
        self._persistent = persistent
        self._watch_accessed = watch_accessed_variables
        self._record: Reverse | None = None
        self._recording = False
        self._variables: tuple[Variable, ...] = ()

    def __enter__(self) -> GradientTape:
        self._push()
        return self

    def __exit__(self, kind: Any, error: BaseException | None, traceback: Any) -> None:
        if self._recording:
            self._pop()
        reveal(error)

    def watch(self, tensor: Any) -> None:
        """Record from now on what is computed from a value.

        Parameters
        ----------
        tensor : Tensor, Variable or nested structure of them

        Raises
        ------
        ValueError
            If there is anything else in it.
        AttributeError
            If the tape was not entered yet.
        """
        if self._record is None:
            msg = "A GradientTape can watch values when it was entered: call watch inside `with tape:`."
            raise AttributeError(msg)
        for x in tree.flatten(tensor)[0]:
            if type(x) is not Tensor and not isinstance(x, Variable):
                name = type(x).__name__
                msg = f"Passed in object {x} of type {name!r}, not tf.Tensor or tf.Variable or ExtensionType."
                raise ValueError(msg)
            if not differentiable(x):
                text = "The dtype of the watched tensor must be floating (e.g. tf.float32), got %r"
                warn_first(5, text, x.dtype)
            self._watch(self._record, x)

    def _watch(self, record: Reverse, x: Any) -> None:
        if isinstance(x, Variable):
            record.variables[x.handle().key] = x
        elif differentiable(x):
            record.watch(x)

    def watched_variables(self) -> tuple[Variable, ...]:
        """Return the variables that the tape watches, in the order in which they were made."""
        if self._record is not None:
            self._variables = tuple([variable for _, variable in sorted(self._record.variables.items())])
        return self._variables

    @contextmanager
    def stop_recording(self) -> Iterator[None]:
        """Leave what is computed in a block out of the record.

        Raises
        ------
        RuntimeError
            If the tape was not entered yet.

        Examples
        --------
        >>> import chainrule as cr
        >>> x = cr.Variable(4.0)
        >>> with cr.GradientTape() as tape:
        ...     y = x**2
        ...     with tape.stop_recording():
        ...         print("so far", float(y))
        so far 16.0
        """
        if self._record is None:
            msg = "Trying to stop recording a tape which is not recording."
            raise RuntimeError(msg)
        active = current()
        recorders = active.recorders if active is not None else ()
        inner = recorders[recorders.index(self._record) + 1 :] if self._record in recorders else ()
        self._pop()
        try:
            yield
        finally:
            self._push(before=inner)

    def reset(self) -> None:
        """Forget everything, and record on: as leaving the block and entering another with a new tape.

        Raises
        ------
        ValueError
            If the tape is not recording.
        """
        self._pop()
        self._record = None
        self._variables = ()
        self._push()

    def gradient(
        self,
        target: Any,
        sources: Any,
        output_gradients: Any = None,
        unconnected_gradients: Any = UnconnectedGradients.NONE,
    ) -> Any:
        """Return the gradient of the sum of all elements of the target by the sources.

        Parameters
        ----------
        target : Tensor, Variable or nested structure of them
        sources : Tensor, Variable or nested structure of them
        output_gradients : nested structure, optional
            A weight for each element of each target, instead of ones: the result is the sum of the targets' Jacobians,
            transposed, times these. Targets at the end may be left out.
        unconnected_gradients : {"none", "zero"} or UnconnectedGradients
            What stands for the gradient of a source that does not influence the target.

        Returns
        -------
        structured as `sources`
            Recorded values themselves. By a complex source, the conjugate of the derivative.

        Raises
        ------
        RuntimeError
            If the tape was never entered, or is not persistent and was used already.
        TypeError, AttributeError
            If a target or source is None or a plain number.
        ValueError
            If `unconnected_gradients` is another word, or a weight is None.
        InvalidArgumentError
            If a weight does not have its target's shape.

        Examples
        --------
        >>> import chainrule as cr
        >>> x = cr.Variable([1.0, 2.0])
        >>> with cr.GradientTape(persistent=True) as tape:
        ...     y = x * x
        >>> tape.gradient(y, {"x": x})
        {'x': Tensor([2., 4.], dtype=float64)}
        >>> tape.gradient(y, x, output_gradients=cr.constant([1.0, 10.0]))
        Tensor([ 2., 40.], dtype=float64)
        """
        record = self._usable()
        if target is None:
            msg = (
                "Argument `target` should be a list or nested structure of Tensors, Variables or CompositeTensors to "
                "be differentiated, but received None."
            )
            raise TypeError(msg)
        targets, _ = known_values(target, "target")
        values, structure = known_values(sources, "source")
        seeds = seeds_of(targets, output_gradients)
        missing = unconnected(unconnected_gradients)
        found = pulled(record, targets, values, seeds)
        self._use_up()
        specs = [spec_of(x) for x in values]
        return tree.unflatten(structure, finished(found, values, specs, missing, [raw_of(seed) for seed in seeds]))

    def jacobian(
        self,
        target: Any,
        sources: Any,
        unconnected_gradients: Any = UnconnectedGradients.NONE,
        parallel_iterations: int | None = None,
        experimental_use_pfor: bool = True,
    ) -> Any:
        """Return the derivatives of each element of the target by each element of the sources.

        Parameters
        ----------
        target : Tensor or Variable
        sources : Tensor, Variable or nested structure of them
        unconnected_gradients : {"none", "zero"} or UnconnectedGradients
        parallel_iterations, experimental_use_pfor
            Accepted for the sake of TensorFlow programs. The record is walked back once for each element of the target.

        Returns
        -------
        structured as `sources`
            Each of the shape ``target.shape + source.shape``.

        Raises
        ------
        RuntimeError
            If the tape was never entered, or is not persistent and was used already.

        Examples
        --------
        >>> import chainrule as cr
        >>> x = cr.Variable([1.0, 2.0])
        >>> with cr.GradientTape() as tape:
        ...     y = x * x
        >>> tape.jacobian(y, x).numpy()
        array([[2., 0.],
               [0., 4.]])
        """
        if self._record is None:
            raise RuntimeError(_USED)
        shape = tuple(target.shape)
        self._need_persistence(experimental_use_pfor, "jacobian")
        (y,), _ = known_values(target, "target")
        values, structure = known_values(sources, "source")
        missing = unconnected(unconnected_gradients)
        seeds = [seed for _, _, seed in one_hot([y])]
        rows = self._rows(y, values, seeds)
        specs = [Spec(shape + x.shape, x.dtype) for x in values]
        found = [stacked([row[j] for row in rows], specs[j].shape, x) for j, x in enumerate(values)]
        return tree.unflatten(structure, finished(found, values, specs, missing))

    def batch_jacobian(
        self,
        target: Any,
        source: Any,
        unconnected_gradients: Any = UnconnectedGradients.NONE,
        parallel_iterations: int | None = None,
        experimental_use_pfor: bool = True,
    ) -> Any:
        """Return the Jacobian of each example of a batch, where an example's target depends on its own source only.

        Parameters
        ----------
        target : Tensor or Variable, shape (b, y1, ...)
        source : Tensor or Variable, shape (b, x1, ...)
        unconnected_gradients
            Accepted and not used: without a connection the result is zero, as in TensorFlow.
        parallel_iterations, experimental_use_pfor
            Accepted for the sake of TensorFlow programs.

        Returns
        -------
        Tensor, shape (b, y1, ..., x1, ...)

        Raises
        ------
        RuntimeError
            If the tape was never entered, or is not persistent and was used already.
        ValueError
            If one has fewer than two axes, or the first axes differ.

        Examples
        --------
        >>> import chainrule as cr
        >>> x = cr.Variable([[1.0, 2.0], [3.0, 4.0]])
        >>> with cr.GradientTape() as tape:
        ...     y = x * x
        >>> tape.batch_jacobian(y, x).numpy()
        array([[[2., 0.],
                [0., 4.]],
               [[6., 0.],
                [0., 8.]]])
        """
        if self._record is None:
            raise RuntimeError(_USED)
        shape = batch_shape(target, source)
        self._need_persistence(experimental_use_pfor, "batch_jacobian")
        (y,), _ = known_values(target, "target")
        (x,), _ = known_values(source, "source")
        unconnected(unconnected_gradients)
        seeds = [np.broadcast_to(seed, y.shape) for _, _, seed in one_hot([y.raw[:1]])]
        column = [row[0] for row in self._rows(y, [x], seeds)]
        connected = any(g is not None for g in column)
        filled = [np.zeros(x.shape, x.dtype) if g is None else g for g in column]
        found = np.reshape(np.stack(filled, axis=1), shape) if connected else None
        return finished([found], [x], [Spec(shape, x.dtype)], UnconnectedGradients.ZERO)[0]

    def _push(self, before: Sequence[Any] = ()) -> None:
        if self._recording:
            msg = "Tape is still recording, This can happen if you try to re-enter an already-active tape."
            raise ValueError(msg)
        if self._record is None:
            count("forward_sweeps")
            self._record = Reverse(self._watch_accessed)
        open_recorder(self._record, before)
        self._recording = True

    def _pop(self) -> None:
        if not self._recording:
            msg = "Tape is not recording."
            raise ValueError(msg)
        close_recorder(self._record)
        self._recording = False

    def _usable(self) -> Reverse:
        """Return the record, which no longer grows unless the tape is persistent."""
        if self._record is None:
            raise RuntimeError(_USED)
        if self._recording and not self._persistent:
            self._pop()
        elif self._recording:
            warn_first(1, _INSIDE)
        return self._record

    def _use_up(self) -> None:
        if not self._persistent:
            self.watched_variables()
            self._record = None

    def _need_persistence(self, vectorised: bool, what: str) -> None:
        if not vectorised and not self._persistent:
            msg = (
                f"GradientTape must be created with persistent=True to compute the {what} with eager execution enabled "
                "and with experimental_use_pfor set to False."
            )
            raise RuntimeError(msg)

    def _rows(self, target: Tensor, sources: list[Any], seeds: list[Any]) -> list[list[Any]]:
        """Walk the record back once for each seed."""
        record = self._usable()
        rows = [pulled(record, [target], sources, [seed]) for seed in seeds]
        self._use_up()
        return rows
