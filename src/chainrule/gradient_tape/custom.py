"""Functions that bring their own gradient, in TensorFlow's way: variables that they read get theirs too."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Sequence
from functools import update_wrapper, wraps
from typing import Any

import numpy as np

from .. import tree
from ..eager import Tensor, is_watched, raw_of
from ..eager.state import unrecorded
from ..eager.tensor import alias, emit_call
from ..eager.tensor import constant as wrapped
from ..errors import RecorderError, message
from ..functional import stop_gradient
from ..functional._modes import conj
from ..rules import Operand, Spec, bare_row, spec_of
from ._records import differentiable, reads
from .conversion import InvalidArgumentError
from .tape import GradientTape
from .variable import Variable

__all__ = ["custom_gradient", "grad_pass_through", "recompute_grad", "stop_gradient"]


def custom_gradient(f: Callable[..., Any]) -> Callable[..., Any]:
    """Decorate a function that returns its value together with the function that computes its gradient.

    Parameters
    ----------
    f : callable
        ``f(*args, **kwargs)`` returns ``(value, gradient)``. ``gradient(*cotangents)`` takes a cotangent for each value
        returned, and returns one for each positional argument (None for none). If `f` reads variables that are not
        among its arguments, ``gradient(*cotangents, variables=...)`` is given the list of them, and returns
        ``(cotangents of the arguments, list of cotangents of the variables)``.

    Returns
    -------
    callable
        Returns the value alone. Both functions may compute with recorded values, so that derivatives of any order
        follow; those of forward mode follow by transposition.

    Raises
    ------
    ValueError
        If the gradient function returns another number of gradients than there are arguments.
    TypeError
        If `f` reads a variable, and the gradient function does not take ``variables``.

    See Also
    --------
    custom_jvp, custom_vjp

    Examples
    --------
    >>> import numpy as np, chainrule as cr
    >>> @cr.custom_gradient
    ... def log1pexp(x):
    ...     e = np.exp(x)
    ...     return np.log(1 + e), lambda g: g * (1 - 1 / (1 + e))
    >>> cr.grad(log1pexp)(100.0)
    1.0
    """

    @wraps(f)
    def decorated(*args: Any, **kwargs: Any) -> Any:
        with reads() as found:
            result, gradient = f(*tree.map(_lent, args), **kwargs)
        among = {x.handle().key for x in tree.flatten((args, kwargs))[0] if isinstance(x, Variable)}
        variables = [variable for key, variable in found.items() if key not in among]
        if variables and not _takes_variables(gradient):
            msg = (
                "@custom_gradient grad_fn must accept keyword argument 'variables', since function uses variables: "
                f"{variables}"
            )
            raise TypeError(msg)
        return _recorded(f, args, variables, result, gradient)

    return decorated


def _takes_variables(gradient: Callable[..., Any]) -> bool:
    try:
        parameters = inspect.signature(gradient).parameters
    except ValueError:
        return False
    return "variables" in parameters or any(p.kind is p.VAR_KEYWORD for p in parameters.values())


def _recorded(f: Any, args: tuple[Any, ...], variables: list[Any], result: Any, gradient: Any) -> Any:
    """Record one call for all that was computed, with the gradient that the user gives."""
    inputs = [_value(x) for x in (*tree.flatten(args)[0], *variables)]
    if not any(is_watched(x) for x in inputs):
        return result
    leaves, structure = tree.flatten(result)
    packing = _Packing(leaves, structure)
    if not packing.size:
        return result
    counts = [len(tree.flatten(arg)[0]) for arg in args]
    pull = _Pull(gradient, variables, counts, packing, [spec_of(raw_of(x)) for x in inputs])
    packed = packing.pack()
    row = bare_row(getattr(f, "__name__", "function"), lambda *_: packed, len(inputs), vjp=pull)
    return packing.unpack(emit_call(row, tuple(inputs)))


def _lent(x: Any) -> Any:
    """Return a handle of its own: a write into an argument must not reach what others read, before or after."""
    return Tensor(x.raw, x.key, x.on, x.tan) if type(x) is Tensor else x


def _value(x: Any) -> Any:
    return x.__chainrule_value__() if isinstance(x, Variable) else x


class _Packing:
    """The numbers in a nested result as one vector and back: a recorded call has one result."""

    def __init__(self, leaves: list[Any], structure: Any) -> None:
        self.leaves = [x.handle() if isinstance(x, Variable) else x for x in leaves]
        self.structure = structure
        self.specs = [spec_of(raw_of(x)) if _is_number(x) else None for x in self.leaves]
        self.size = sum(spec is not None for spec in self.specs)

    def pack(self) -> Any:
        """Return the vector, or the only number as it is; keep of the result what is not packed."""
        parts = [np.asarray(raw_of(x)) for x, spec in zip(self.leaves, self.specs, strict=True) if spec is not None]
        self.leaves = [None if spec is not None else x for x, spec in zip(self.leaves, self.specs, strict=True)]
        return parts[0][()] if len(parts) == 1 else np.concatenate([x.ravel() for x in parts])

    def unpack(self, packed: Any) -> Any:
        """Return the nested result with the numbers from a vector."""
        found, start = list(self.leaves), 0
        for i, spec in enumerate(self.specs):
            if spec is not None:
                stop = start + spec.size
                part = packed if self.size == 1 else np.reshape(packed[start:stop], spec.shape)
                found[i] = part if part.dtype == spec.dtype else _cast(part, spec)
                start = stop
        return tree.unflatten(self.structure, found)


def _cast(part: Any, spec: Spec) -> Any:
    return (np.real(part) if part.dtype.kind == "c" != spec.dtype.kind else part).astype(spec.dtype)


def _is_number(x: Any) -> bool:
    x = raw_of(x)
    return isinstance(x, (float, complex)) or (isinstance(x, (np.ndarray, np.generic)) and differentiable(x))


class _Pull:
    """The gradient function of one call: asked for each operand, it is called once for each cotangent."""

    def __init__(
        self, gradient: Any, variables: list[Any], counts: list[int], packing: _Packing, specs: list[Spec]
    ) -> None:
        self.gradient, self.variables, self.counts = gradient, variables, counts
        self.packing, self.specs = packing, specs
        self.last: tuple[Any, list[Any]] | None = None

    def __call__(self, i: int, g: Any, *values: Any) -> Any:
        if self.last is None or self.last[0] is not g:
            upstream = _lent(g) if isinstance(g, Operand) else wrapped(g)
            self.last = g, self._cotangents(conj(upstream))
        part = self.last[1][i]
        if i == 0:  # operands are asked from the last to the first
            self.last = None
        return part

    def _cotangents(self, g: Any) -> list[Any]:
        given = self.packing.unpack(g)
        upstream = given if isinstance(given, (list, tuple)) else [given]
        if not self.variables:
            parts = self._of_arguments(self.gradient(*upstream))
        else:
            of_arguments, of_variables = self.gradient(*upstream, variables=self.variables)
            of_variables = tree.flatten(of_variables)[0]
            if len(of_variables) != len(self.variables):
                msg = "Must return gradient for each variable from @custom_gradient grad_fn."
                raise ValueError(msg)
            parts = self._of_arguments(of_arguments) + of_variables
        return [_fitting(part, spec) for part, spec in zip(parts, self.specs, strict=True)]

    def _of_arguments(self, given: Any) -> list[Any]:
        """Return a cotangent for each leaf of the arguments; None for a nested argument stands for all of it."""
        parts: list[Any] = tree.flatten(given)[0]
        expected = sum(self.counts)
        if len(parts) == expected:
            return parts
        if isinstance(given, (list, tuple)) and len(given) == len(self.counts):
            pairs = zip(given, self.counts, strict=True)
            parts = [x for part, n in pairs for x in ([None] * n if part is None else tree.flatten(part)[0])]
        if len(parts) != expected:
            msg = (
                f"custom_gradient function expected to return {expected} gradients, but returned {len(parts)} instead."
            )
            raise ValueError(msg)
        return parts


def _fitting(part: Any, spec: Spec) -> Any:
    """Return a cotangent as the engine wants it: plain unless a recorder follows it, and not conjugated."""
    if part is None:
        return None
    part = _value(part)
    if not isinstance(part, Operand) or (type(part) is Tensor and not is_watched(part)):
        part = np.asarray(raw_of(part))[()]
    if part.shape != spec.shape:
        msg = f"A custom gradient has shape {part.shape}, and its argument {spec.shape}."
        raise InvalidArgumentError(msg)
    return conj(part)


def recompute_grad(f: Callable[..., Any]) -> Callable[..., Any]:
    """Decorate a function of which nothing is kept for the backward sweep: it is run again there.

    This trades time for memory, as checkpoints do.

    Parameters
    ----------
    f : callable
        Returns numbers and arrays, nested as you like. The variables that it reads are differentiated too.

    Raises
    ------
    RecorderError
        If a variable that `f` reads is assigned to before the backward sweep.
    NotImplementedError
        In forward mode.

    Examples
    --------
    >>> import numpy as np, chainrule as cr
    >>> v = cr.Variable(2.0)
    >>> @cr.gradient_tape.recompute_grad
    ... def f(x):
    ...     print("running")
    ...     return v * np.sin(x)
    >>> with cr.GradientTape() as tape:
    ...     y = f(cr.constant(0.0))
    running
    >>> tape.gradient(y, v).numpy()
    running
    np.float64(0.0)
    """
    name = getattr(f, "__name__", "the function")

    @custom_gradient
    def inner(*args: Any, **kwargs: Any) -> Any:
        with unrecorded(), reads() as used:
            result = f(*args, **kwargs)
        before = [(variable, variable.handle().raw) for variable in used.values()]

        def gradient(*cotangents: Any, variables: Sequence[Any] = ()) -> Any:
            _refuse_changes(name, before, cotangents)
            flat, structure = tree.flatten(args)
            again = [alias(_value(x)) if isinstance(x, (Tensor, Variable)) else x for x in flat]
            sources = [x for x in again if isinstance(x, Tensor)]
            with GradientTape() as tape:
                tape.watch([x for x in sources if differentiable(x)])
                tape.watch(list(variables))
                recomputed = f(*tree.unflatten(structure, again), **kwargs)
            given = cotangents if isinstance(recomputed, (list, tuple)) else cotangents[0]
            parts, of_variables = tape.gradient(recomputed, (sources, list(variables)), output_gradients=given)
            rest = iter(parts)
            parts = [next(rest) if isinstance(x, Tensor) else None for x in again]
            return (parts, of_variables) if variables else parts

        return result, gradient

    return update_wrapper(inner, f)


def _refuse_changes(name: str, before: list[tuple[Any, Any]], cotangents: Any) -> None:
    for variable, raw in before:
        if variable.handle().raw is not raw:
            raise RecorderError(
                message(
                    f"{variable.name} was assigned to after {name} read it, and {name} was to be run again.",
                    "Compute the gradient before assigning.",
                )
            )
    if any(isinstance(g, Operand) and type(g) is not Tensor for g in tree.flatten(cotangents)[0]):
        msg = (
            f"recompute_grad tried to transpose grad of {name}. Consider not using recompute_grad in forward mode "
            "autodiff"
        )
        raise NotImplementedError(msg)


def grad_pass_through(f: Callable[..., Any]) -> Callable[..., Any]:
    """Decorate a function whose gradient is to be that of the identity.

    Examples
    --------
    >>> import numpy as np, chainrule as cr
    >>> x = cr.Variable([1.2, 2.7])
    >>> with cr.GradientTape() as tape:
    ...     y = 2 * cr.gradient_tape.grad_pass_through(np.round)(x)
    >>> tape.gradient(y, x).numpy()
    array([2., 2.])
    """

    @custom_gradient
    def passed(*args: Any, **kwargs: Any) -> Any:
        def gradient(*cotangents: Any, variables: Sequence[Any] | None = None) -> Any:
            return cotangents if variables is None else (cotangents, [None] * len(variables))

        return f(*args, **kwargs), gradient

    return update_wrapper(passed, f)
