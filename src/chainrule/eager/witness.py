"""Recorders that want to see everything: every call, every tangent, every sweep back."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from ..rules import Row
from .tensor import Tensor

__all__ = ["Witness"]


class Witness:
    """What such a recorder is told besides the calls that all recorders observe. While one is open, no call takes a
    short path.
    """

    witness = True
    __slots__ = ()

    def see(self, row: Row, result: Any, args: tuple[Any, ...], kwargs: dict[str, Any]) -> None:
        """See a call without a derivative, such as a comparison."""

    def see_tangent(
        self, row: Row, out: Tensor, operands: Sequence[Any], tangents: Sequence[Any], tangent: Any
    ) -> None:
        """See the tangent that a forward recorder gave a result, and those of the operands."""

    def check_tangent(self, x: Any, tangent: Any) -> None:
        """See a tangent that somebody asks for."""

    def check_sweep(self, entries: list[Any], targets: Sequence[Tensor], seeds: Sequence[Any], found: Any) -> None:
        """See the record that was walked back, and the cotangents that were found, by key."""
