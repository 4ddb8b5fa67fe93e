"""What goes into a walk along a tape and what comes out of it: weights of the targets, gradients of the sources."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from .. import tree
from ..eager import Tensor
from ..eager.tensor import constant as wrapped
from ..functional._arguments import owned
from ..functional._modes import conj, handle
from ..rules import Spec
from ._records import Reverse, differentiable
from .conversion import InvalidArgumentError, UnconnectedGradients, convert_to_tensor

__all__ = ["batch_shape", "finished", "pulled", "seeds_of", "stacked"]


def pulled(record: Reverse, targets: list[Any], sources: list[Any], seeds: list[Any]) -> list[Any]:
    """Return the gradient by each source; integers and texts have none, and influence nothing."""
    pairs = [(y, conj(seed)) for y, seed in zip(targets, seeds, strict=True) if differentiable(y)]
    wanted = [x for x in sources if differentiable(x)]
    found = iter(record.gradient([y for y, _ in pairs], wanted, [seed for _, seed in pairs]))
    return [conj(next(found)) if differentiable(x) else None for x in sources]


def seeds_of(targets: list[Any], given: Any) -> list[Any]:
    """Return a weight for each target: those given, then ones."""
    leaves = tree.flatten(given)[0] if given is not None else []
    if len(leaves) > len(targets):
        msg = (
            f"output_gradients holds {len(leaves)} weights for {len(targets)} targets. Give one array for each target "
            "(a list counts as several)."
        )
        raise InvalidArgumentError(msg)
    seeds = [_seed(weight, y) for weight, y in zip(leaves, targets, strict=False)]
    return seeds + [np.ones(y.shape, y.dtype)[()] if differentiable(y) else None for y in targets[len(seeds) :]]


def _seed(weight: Any, y: Any) -> Any:
    seed = convert_to_tensor(weight)
    if not differentiable(y):
        return None
    if seed.shape != y.shape:
        try:
            seed = np.broadcast_to(seed, y.shape)
        except ValueError:
            msg = f"An output gradient has shape {seed.shape}, and its target {y.shape}."
            raise InvalidArgumentError(msg) from None
    if seed.dtype != y.dtype:
        if seed.dtype.kind == "c":
            msg = f"An output gradient is complex, and its target has dtype {y.dtype}."
            raise InvalidArgumentError(msg)
        seed = seed.astype(y.dtype)
    return seed if seed.on is not None or seed.tan else seed.raw


def finished(
    found: list[Any], sources: list[Any], specs: list[Spec], missing: UnconnectedGradients, taken: Sequence[Any] = ()
) -> list[Any]:
    """Return gradients as values that tapes can watch; missing ones as it was asked for.

    A source that is named twice has one gradient, in two handles.
    """
    results = [
        np.zeros(*spec) if g is None and missing is UnconnectedGradients.ZERO else g
        for g, spec in zip(found, specs, strict=True)
    ]
    known: dict[int, Any] = {}
    for x, g in zip(sources, owned(results, taken), strict=True):
        known.setdefault(x.key, g if g is None or type(g) is Tensor else wrapped(g[()]))
    return [None if known[x.key] is None else handle(known[x.key]) for x in sources]


def stacked(rows: list[Any], shape: tuple[int, ...], x: Any) -> Any:
    if rows and all(g is None for g in rows):
        return None
    filled = [np.zeros(x.shape, x.dtype) if g is None else g for g in rows]
    return np.reshape(np.stack(filled), shape) if filled else np.zeros(shape, x.dtype)


def batch_shape(target: Any, source: Any) -> tuple[int, ...]:
    shapes = tuple(target.shape), tuple(source.shape)
    for shape in shapes:
        if len(shape) < 2:
            msg = f"Shape {shape} must have rank at least 2"
            raise ValueError(msg)
    if shapes[0][0] != shapes[1][0]:
        msg = f"Need first dimension of target shape ({shapes[0]}) and source shape ({shapes[1]}) to match."
        raise ValueError(msg)
    return (*shapes[0], *shapes[1][1:])
