"""A user's arguments: which are differentiated, as which arrays, and how results take their place."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import Any

import numpy as np

from .. import tree
from ..eager import Tensor, is_watched, raw_of
from ..eager.tensor import require_numbers
from ..errors import DerivativeError, message
from ._sharing import protect, refuse_shared, run_protected

__all__ = ["Call", "as_array", "like_input", "outputs", "owned", "plain"]

Argnums = int | Sequence[int]


class Call:
    """One call of a function that is to be differentiated.

    Attributes
    ----------
    leaves : list
        The numbers and arrays to differentiate by, as float64 (or the float or complex type they have).
    more : bool
        Whether there are arguments besides those that are differentiated.
    protected : bool
        Whether some of these, or of the arrays that stand for the leaves, may not be written (see `_sharing`).
    watched : tuple
        Those of which that is seen afterwards only: label, array and state.
    locked : tuple or None
        The leaves that share memory, once that was asked.
    """

    more = protected = False
    watched: tuple[tuple[str, Any, Any], ...] = ()
    locked: tuple[int, ...] | None = None

    def __init__(self, f: Callable[..., Any], argnums: Argnums, args: tuple[Any, ...], kwargs: dict[str, Any]) -> None:
        self.f, self.args, self.kwargs = f, args, kwargs
        argnums = int(argnums) if isinstance(argnums, np.integer) else argnums
        self.single = isinstance(argnums, int)
        self.argnums = _positions(argnums, len(args), f)
        parts = [tree.flatten(args[i]) for i in self.argnums]
        self.structures = [structure for _, structure in parts]
        self.counts = [len(leaves) for leaves, _ in parts]
        self.given = [leaf for leaves, _ in parts for leaf in leaves]
        self.leaves = [as_array(leaf, f) for leaf in self.given]
        if kwargs or len(args) > len(self.argnums):
            self.more = True
            protect(self)

    def run(self, leaves: Sequence[Any]) -> Any:
        """Call the function with the differentiated leaves replaced."""
        if self.protected:
            return run_protected(self, leaves)
        return self.f(*self.arguments(leaves), **self.kwargs)

    def arguments(self, leaves: Sequence[Any]) -> list[Any]:
        """Return the positional arguments with the differentiated leaves replaced."""
        args = list(self.args)
        for i, part in zip(self.argnums, self._parts(leaves), strict=True):
            args[i] = part
        return args

    def writing(self, which: Any) -> None:
        """Refuse the write into an argument that is about to happen, if it shares memory with another."""
        refuse_shared(self, which)

    def replace(self, place: int | str, x: Any) -> None:
        """Replace an argument that is not differentiated, given by its position or name."""
        if isinstance(place, str):
            self.kwargs = {**self.kwargs, place: x}
        else:
            self.args = (*self.args[:place], x, *self.args[place + 1 :])

    def restore(self, results: Sequence[Any]) -> Any:
        """Put one result for each leaf into the structure of the differentiated arguments."""
        parts = self._parts(results)
        return parts[0] if self.single else tuple(parts)

    def _parts(self, leaves: Sequence[Any]) -> list[Any]:
        rest = iter(leaves)
        return [
            tree.unflatten(structure, [next(rest) for _ in range(count)])
            for structure, count in zip(self.structures, self.counts, strict=True)
        ]

    def gradients(self, results: Sequence[Any]) -> Any:
        """As `restore`, for results of each leaf's shape and dtype: missing ones are zero, numbers stay numbers."""
        filled = [np.zeros_like(x) if g is None else g for g, x in zip(results, self.leaves, strict=True)]
        return self.restore([like_input(g, given) for g, given in zip(owned(filled), self.given, strict=True)])


def _positions(argnums: Argnums, count: int, f: Callable[..., Any]) -> tuple[int, ...]:
    wanted = (argnums,) if isinstance(argnums, int) else tuple(argnums)
    for i in wanted:
        if not -count <= i < count:
            name = getattr(f, "__name__", "the function")
            raise DerivativeError(
                message(f"argnums names argument {i}, and {name} was called with {count}.", "Count positions from 0.")
            )
    positions = tuple(i % count for i in wanted)
    if len(set(positions)) != len(positions):
        raise DerivativeError(message(f"argnums names an argument twice: {wanted}.", "Name each argument once."))
    return positions


def as_array(leaf: Any, f: Callable[..., Any]) -> Any:
    """Return a leaf as something to differentiate by; integers become float64."""
    if type(leaf) is Tensor:
        return leaf if leaf.dtype.kind in "fc" else leaf.astype(np.float64)
    if hasattr(leaf, "__chainrule_value__"):
        return leaf.__chainrule_value__()
    if isinstance(leaf, (bool, str)) or not isinstance(leaf, (int, float, complex, np.ndarray, np.generic)):
        return _refuse(leaf, f)
    if isinstance(leaf, np.ndarray):
        leaf = require_numbers(leaf) if type(leaf) is not np.ndarray else leaf
        if leaf.dtype.kind in "fc":
            return leaf
        return leaf.astype(np.float64) if leaf.dtype.kind in "iu" else _refuse(leaf, f)
    if isinstance(leaf, np.generic) and leaf.dtype.kind in "fc":
        return leaf
    return np.complex128(leaf) if isinstance(leaf, complex) else np.float64(leaf)


def _refuse(leaf: Any, f: Callable[..., Any]) -> Any:
    kind = f"an array of {leaf.dtype}" if isinstance(leaf, np.ndarray) else f"a {type(leaf).__name__}"
    name = getattr(f, "__name__", "the function")
    raise DerivativeError(
        message(
            f"An argument by which {name} is to be differentiated is or contains {kind}.",
            "Name the arguments to differentiate by with argnums; they hold real or complex numbers.",
        )
    )


def like_input(result: Any, given: Any) -> Any:
    """Return a result as a Python number where the argument was one; float32 and the like stay what they are."""
    if isinstance(given, (np.ndarray, np.generic)) or not isinstance(result, (np.ndarray, np.generic)) or result.ndim:
        return result
    number = result[()] if isinstance(result, np.ndarray) else result
    if isinstance(number, np.inexact) and not isinstance(number, (float, complex)):
        return number
    return complex(number) if isinstance(number, complex) else float(number)


def plain(x: Any) -> Any:
    """Return a value without its record, unless a recorder outside still follows it."""
    return raw_of(x) if type(x) is Tensor and not is_watched(x) else x


def owned(results: Iterable[Any], taken: Iterable[Any] = ()) -> list[Any]:
    """Return results without their record (see `plain`), each in memory of its own, so that a user may write into it.

    Parameters
    ----------
    results : iterable
    taken : iterable
        Values whose arrays belong to somebody else.
    """
    seen = {id(raw_of(x)) for x in taken}
    return [_own(plain(x), seen) for x in results]


def _own(x: Any, seen: set[int]) -> Any:
    if type(x) is Tensor:
        return Tensor(x.raw, x.key, x.on, x.tan)
    if not isinstance(x, np.ndarray):
        return x
    if x.base is not None or not x.flags.writeable or not x.flags.owndata or id(x) in seen:
        x = x.copy()
    seen.add(id(x))
    return x


def outputs(result: Any, f: Callable[..., Any]) -> tuple[list[Any], Any]:
    """Return the leaves of a function's result, each a number or array, and their structure."""
    leaves, structure = tree.flatten(result)
    return [_output(leaf, f) for leaf in leaves], structure


def _output(leaf: Any, f: Callable[..., Any]) -> Any:
    if type(leaf) is Tensor and getattr(leaf.raw, "dtype", np.dtype(object)).kind in "fciub":
        return leaf
    if hasattr(leaf, "__chainrule_value__"):
        return leaf.__chainrule_value__()
    if isinstance(leaf, (bool, int, float, complex, np.generic)):
        return leaf if isinstance(leaf, np.generic) else np.asarray(leaf)[()]
    if isinstance(leaf, np.ndarray) and leaf.dtype.kind in "biufc":
        return leaf
    name = getattr(f, "__name__", "The function")
    raise DerivativeError(
        message(f"{name} returned {_describe(leaf)}, which has no derivative.", "Return numbers or arrays of numbers.")
    )


def _describe(x: Any) -> str:
    if type(x) is Tensor:
        return f"a recorded {type(x.raw).__name__} of Python objects"
    return "None" if x is None else f"an array of {x.dtype}" if isinstance(x, np.ndarray) else f"a {type(x).__name__}"


def scalar_output(result: Any, f: Callable[..., Any], name: str = "grad") -> Any:
    """Return a function's only result, a real number; anything else has no gradient."""
    out = _output(result, f) if tree.is_leaf(result) else None
    who = getattr(f, "__name__", "The function")
    if out is None or out.size != 1:
        shape = f"an array of shape {out.shape}" if out is not None else f"a {type(result).__name__}"
        raise DerivativeError(
            message(
                f"{who} returned {shape}; {name} needs one number.",
                "Sum the result, take jacobian (or elementwise_grad) instead, or pass has_aux=True for (value, extra).",
            )
        )
    if out.dtype.kind == "c":
        raise DerivativeError(
            message(
                f"{who} returned a complex number; {name} needs a real one.",
                "Take the real part or the modulus, or use vjp or jacobian.",
            )
        )
    return out


def one_hot(leaves: Iterable[Any]) -> Iterable[tuple[int, int, Any]]:
    """Yield (leaf, element, seed) with a seed that is one at that element, over all elements of all leaves."""
    for i, leaf in enumerate(leaves):
        raw = raw_of(leaf)
        for k in range(raw.size):
            seed = np.zeros(raw.shape, raw.dtype if raw.dtype.kind in "fc" else np.float64)
            seed.reshape(-1)[k] = 1
            yield i, k, seed if seed.ndim else seed[()]
