"""What a trace consists of: inputs, steps and outputs."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, NamedTuple

from ..rules import Row

if TYPE_CHECKING:
    from ._folds import Fold

__all__ = ["Input", "Node", "Operand", "Output", "Place", "Step"]


class Place(NamedTuple):
    """A line of the user's program.

    Attributes
    ----------
    file, line, function, text
        Where it is, and the line without its indentation.
    start, end : int or None
        The part of the text that made the step.
    """

    file: str
    line: int
    function: str
    text: str
    start: int | None = None
    end: int | None = None


class Operand(NamedTuple):
    """What a step reads.

    Attributes
    ----------
    node : int or None
        The input or step that it comes from; None for a constant.
    value : number or array
    """

    node: int | None
    value: Any


@dataclass(frozen=True, slots=True)
class Node:
    """A value of the trace.

    Attributes
    ----------
    id : int
        Its place in `Trace.nodes`: inputs come first, then the steps in the order in which they ran.
    name : str
        Of an input, what one would write in Python (``p['w']``); of a step ``v1``, ``v2``, ...
    value : number or array
    """

    id: int
    name: str
    value: Any


@dataclass(frozen=True, slots=True)
class Input(Node):
    """A number or array that went in.

    Attributes
    ----------
    argument : str
        The name of the argument that it is, or is a part of.
    """

    argument: str


@dataclass(frozen=True, slots=True)
class Step(Node):
    """One operation that ran.

    Attributes
    ----------
    row : Row
        The rule of the table that it follows.
    operands : tuple of Operand
    params : dict
        The arguments that are not differentiated: an axis, an index, an exponent.
    place : Place or None
        The user's line, if there is one.
    fold : Fold
        The innermost fold that it belongs to.
    """

    row: Row
    operands: tuple[Operand, ...]
    params: dict[str, Any]
    place: Place | None
    fold: Fold

    @property
    def operation(self) -> str:
        """The name of the operation."""
        return self.row.name

    @property
    def kind(self) -> str:
        """The kind of its rule: ``"elementwise"``, ``"linear"``, ``"multilinear"``, ``"general"`` or ``"constant"``."""
        return self.row.kind


class Output(NamedTuple):
    """A number or array that came out.

    Attributes
    ----------
    label : str
        Its place in the result: ``"result"``, or ``"result[0]"`` for a part.
    node : int or None
        The input or step that it is; None for a constant.
    value : number or array
    """

    label: str
    node: int | None
    value: Any
