"""Plain arrays that a tape keeps for the backward sweep must not change before it.

A recorded value owns its array; a plain array belongs to the user, who may write into it later. Small ones are
copied, large ones are fingerprinted, and a tape whose arrays were changed refuses to be walked.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from ..calculus import Pull
from ..errors import RecorderError, message
from .tensor import Tensor

__all__ = ["Guards"]

SMALL = 2048  # elements; copying as many costs less than a microsecond (short paths do it themselves)
WIDTH = 1021  # a prime, so that exchanging rows or blocks of a matrix changes the column sums


_SAFE = frozenset((int, float, bool, str, type(None), slice))


class Guards:
    """The plain arrays that a tape keeps by reference, each with its fingerprint."""

    __slots__ = ("large",)

    def __init__(self) -> None:
        self.large: list[tuple[Any, bytes]] = []

    def keep_operands(self, operands: Sequence[Any], plans: Sequence[Pull]) -> list[Any]:
        """Return the plain values of a call's operands; user arrays that a pull reads are made safe to keep."""
        kept = [x.raw if type(x) is Tensor else x for x in operands]
        for i, x in enumerate(kept):
            if x is operands[i] and any(pull.needed is None or i in pull.needed for pull in plans):
                kept[i] = self.keep(x)
        return kept

    def keep_params(self, params: dict[str, Any]) -> dict[str, Any]:
        """Make index and condition arrays safe to keep."""
        if all(type(x) in _SAFE for x in params.values()):
            return params
        return {name: self._keep_nested(x) for name, x in params.items()}

    def _keep_nested(self, x: Any) -> Any:
        if type(x) is tuple or type(x) is list:
            return type(x)([self._keep_nested(part) for part in x])
        return self.keep(x)

    def keep(self, x: Any) -> Any:
        """Return a copy of a small writable array, or the array itself, guarded."""
        if not isinstance(x, np.ndarray) or not _can_change(x):
            return x
        if x.size <= SMALL:
            return x.copy()
        self.large.append((x, _fingerprint(x)))
        return x

    def check(self) -> None:
        """Raise if a guarded array has changed."""
        for array, before in self.large:
            if _fingerprint(array) != before:
                raise RecorderError(
                    message(
                        f"A plain array of shape {array.shape} was changed in place after a recorded operation read "
                        "it, so the derivative cannot be computed.",
                        "Give the recorded operation a copy of the array, or write into a new one.",
                    )
                )


def _can_change(x: Any) -> bool:
    """Tell whether anybody can write into an array's memory, directly or through the array it is a view of."""
    while isinstance(x, np.ndarray):
        if x.flags.writeable:
            return True
        x = x.base
    return False


def _fingerprint(x: Any) -> bytes:
    """Add up the bytes of an array in columns of a prime width, at the speed of reading memory."""
    flat = np.ravel(x, order="K")
    if flat.dtype.itemsize % 8:
        flat = flat.view(np.uint8)
        words = flat[: flat.size // 8 * 8].view(np.uint64)
        rest = flat[words.size * 8 :]
    else:
        words, rest = flat.view(np.uint64), flat[:0]
    rows = words.size // WIDTH
    sums = np.add.reduce(words[: rows * WIDTH].reshape(rows, WIDTH), axis=0)
    return bytes(sums.tobytes() + words[rows * WIDTH :].tobytes() + rest.tobytes())
