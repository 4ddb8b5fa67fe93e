"""Forward and reverse derivatives of one call, on flat lists of leaves."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from ..eager import Accumulator, Tape, Tensor, alias, raw_of
from ..eager.work import count
from ._arguments import Call, outputs

__all__ = ["Record", "conj", "handle", "pushed", "record"]


class Record:
    """A call that was run on a tape: its outputs, and their pullback."""

    def __init__(self, tape: Tape, sources: list[Tensor], leaves: list[Any], structure: Any, aux: Any) -> None:
        self.tape, self.sources = tape, sources
        self.leaves, self.structure, self.aux = leaves, structure, aux

    def pull(self, seeds: Sequence[Any], keep: bool = True) -> list[Any]:
        """Return the cotangent of each source (None where nothing depends on it), for a seed of each output."""
        pairs = [(out, seed) for out, seed in zip(self.leaves, seeds, strict=True) if type(out) is Tensor]
        return self.tape.gradient([out for out, _ in pairs], self.sources, [seed for _, seed in pairs], keep=keep)


def record(call: Call, has_aux: bool = False) -> Record:
    """Run a call on a tape that watches its leaves."""
    count("forward_sweeps")
    with Tape() as tape:
        sources = [tape.watch(alias(leaf)) for leaf in call.leaves]
        result = call.run(_lent(call, [handle(x) for x in sources]))  # the function may write into what it is given
        result, aux = split_aux(result, call.f) if has_aux else (result, None)
        leaves, structure = outputs(result, call.f)
    return Record(tape, sources, leaves, structure, aux)


def handle(x: Tensor) -> Tensor:
    """Return another handle on the same value: writing into it leaves this one as it is."""
    return Tensor(x.raw, x.key, x.on, x.tan)


def _lent(call: Call, handles: list[Tensor]) -> list[Tensor]:
    """Let each handle tell the call before it is written for the first time."""
    if call.more or len(handles) > 1:
        for i, x in enumerate(handles):
            x.mem = (call, i)
    return handles


def pushed(call: Call, tangents: Sequence[Any], has_aux: bool = False) -> tuple[list[Any], list[Any], Any, Any]:
    """Run a call with a tangent for each leaf; return outputs, their tangents (None: zero), structure and extra."""
    with Accumulator() as forward:
        tracked = [
            forward.watch(alias(leaf), t) if t is not None else alias(leaf)
            for leaf, t in zip(call.leaves, tangents, strict=True)
        ]
        result = call.run(_lent(call, tracked))
        result, aux = split_aux(result, call.f) if has_aux else (result, None)
        leaves, structure = outputs(result, call.f)
    return leaves, [forward.tangent(out) for out in leaves], structure, aux


def split_aux(result: Any, f: Callable[..., Any]) -> tuple[Any, Any]:
    """Split the pair (value, extra) that a function returns when ``has_aux=True``."""
    if not (isinstance(result, tuple) and len(result) == 2):
        from ..errors import DerivativeError, message

        name = getattr(f, "__name__", "The function")
        raise DerivativeError(message(f"has_aux=True, but {name} returned no pair.", "Return (value, extra)."))
    return result


def conj(x: Any) -> Any:
    """Conjugate a complex seed or result: done once, here at the edge; pullbacks are plain transposes."""
    return np.conj(x) if x is not None and raw_of(x).dtype.kind == "c" else x
