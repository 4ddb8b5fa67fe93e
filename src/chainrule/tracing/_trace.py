"""What ran, as data."""

from __future__ import annotations

import inspect
import json
from collections.abc import Callable, Iterable, Iterator
from typing import Any

import numpy as np

from .. import tree
from ..eager import Tensor, raw_of
from ..errors import DerivativeError, message
from ..functional._arguments import like_input
from ..functional._labels import paths
from ._costs import Cost, costs
from ._diagnose import Trouble, first_adjoint, first_tangent, first_value
from ._folds import Fold
from ._graph import graph_of, to_dot, to_mermaid
from ._json import as_dict
from ._model import Input, Node, Output, Step
from ._names import expression
from ._outline import Unfold
from ._record import Recorder
from ._svg import to_svg
from ._sweeps import Edge, adjoints, contributions, edges, partial, replayed, tangents
from ._text import heading, plain, rich_table

__all__ = ["Trace"]


class Trace:
    """What ran; made by `trace`.

    Attributes
    ----------
    function : str
    arguments : dict
        By name, as given.
    inputs : tuple of Input
    steps : tuple of Step
        In the order in which they ran.
    nodes : tuple of Node
        Inputs and steps, so that ``nodes[i].id`` is ``i``.
    outputs : tuple of Output
    value : object
        What the function returned.
    folds : Fold
        The steps by call, loop, iteration and line.
    file : str or None
        Where the function stands.
    source : tuple of (int, str)
        The number of the function's first line, and its text; (0, "") where there is none.

    Examples
    --------
    >>> import chainrule as cr
    >>> t = cr.trace(lambda x, y: x * y + x, 2.0, 5.0)
    >>> t.value, [float(g) for g in t.adjoints()[:2]], float(t.tangents("x")[-1])
    (12.0, [6.0, 2.0], 6.0)
    >>> step = t.steps[0]
    >>> t.expression(step), [float(t.partial(step, edge)) for edge in t.edges(step)]
    ('x * y', [5.0, 2.0])
    """

    def __init__(
        self, f: Callable[..., Any], arguments: dict[str, Any], inputs: list[Input], folds: Fold, recorder: Recorder,
        leaves: list[Any], structure: Any,
    ) -> None:  # fmt: skip
        self.function = getattr(f, "__name__", "f")
        self.file, self.source = _source_of(f)
        self.arguments = arguments
        self.inputs, self.steps = tuple(inputs), tuple(recorder.steps)
        self.nodes: tuple[Node, ...] = (*self.inputs, *self.steps)
        self.folds = folds
        self.value = tree.unflatten(structure, [_as_returned(raw_of(x)) for x in leaves])
        self._recorder, self._leaves = recorder, leaves
        ids = [recorder.ids.get(x.key) if type(x) is Tensor else None for x in leaves]
        labels = ["result" + path for path, _ in paths(self.value)]
        self.outputs = tuple([Output(label, i, raw_of(x)) for label, i, x in zip(labels, ids, leaves, strict=True)])

    def __len__(self) -> int:
        return len(self.steps)

    def __iter__(self) -> Iterator[Step]:
        return iter(self.steps)

    def table(
        self, input: int | str | None = None, output: int | str | None = None, *, unfold: Unfold = False, rows: int = 40
    ) -> str:
        """Return the trace as a table: each step with its value, its tangent and its adjoint.

        Parameters
        ----------
        input, output : int or str, optional
            What the tangents are by, and the adjoints of (see `tangents` and `adjoints`).
        unfold : bool, int or sequence of int
            A long trace is folded by call, loop, iteration and line, to about as many rows as asked for. True shows
            all steps; line numbers, the steps of these lines.
        rows : int
        """
        return plain(self, input, output, unfold, rows)

    def __repr__(self) -> str:
        return self.table()

    def __rich__(self) -> Any:
        return rich_table(self)

    def tangents(self, input: int | str | None = None, direction: Any = None) -> list[Any]:
        """Return the tangent of every node: how fast it changes when an input does. This is forward mode.

        Parameters
        ----------
        input : int or str, optional
            The input, by its position among `inputs` or its name; ``"x[2]"`` is an element of an array. By default the
            first.
        direction : array, optional
            In which direction an array changes; by default all its elements grow alike.

        Returns
        -------
        list
            Of the shapes of `nodes`; None where a node does not depend on the input.
        """
        chosen, index = self._input(input)
        carry = replayed if self._recorder.splits else tangents
        return carry(self, {chosen.id: _seed(chosen.value, index, direction, "direction")})

    def adjoints(self, output: int | str | None = None, seed: Any = None) -> list[Any]:
        """Return the adjoint of every node: how much the output changes when the node does. This is reverse mode.

        Parameters
        ----------
        output : int or str, optional
            The output, by its position among `outputs` or its label; ``"result[2]"`` may be an element of an array. By
            default the first.
        seed : array, optional
            The weights of an array's elements; by default all are one.

        Returns
        -------
        list
            Of the shapes of `nodes`; None where the output does not depend on a node.
        """
        i, index = _find([x.label for x in self.outputs], output, "output")
        weights = _seed(self.outputs[i].value, index, seed, "seed")
        leaf = self._leaves[i]
        return adjoints(self._recorder, self, [(leaf, weights)] if type(leaf) is Tensor else [])

    def edges(self, step: Step) -> list[Edge]:
        """Return the operands of a step through which a derivative flows."""
        return edges(self.nodes, step)

    def partial(self, step: Step, edge: Edge) -> Any:
        """Return the local partial of an edge; None for a linear map from array to array."""
        return partial(step, edge)

    def contributions(self, step: Step, adjoint: Any) -> list[tuple[Edge, Any]]:
        """Return what each edge of a step adds to its operand's adjoint, given the step's own adjoint."""
        return [] if adjoint is None else list(contributions(self.nodes, step, adjoint))

    def expression(self, step: Step) -> str:
        """Return a step as text, in terms of the names of its operands: ``v1 * y``."""
        return expression(self, step)

    def costs(self) -> list[Cost]:
        """Return the time and the memory of each step, computed once more by itself."""
        return costs(self)

    def to_json(
        self, inputs: Iterable[int | str] | None = None, outputs: Iterable[int | str] | None = None, *,
        limit: int = 64, costs: bool = False, indent: int | None = None,
    ) -> str:  # fmt: skip
        """Return the trace as JSON text; the reference describes it.

        Parameters
        ----------
        inputs, outputs : sequence of int or str, optional
            What to give tangents by, and adjoints of (see `tangents` and `adjoints`). By default every number, if they
            are at most eight, or else every input and output, up to eight.
        limit : int
            Larger arrays are told by their shape, their norm and their largest element.
        costs : bool
            Whether to measure the time of each step.
        indent : int, optional
        """
        found = self.as_dict(inputs, outputs, limit=limit, costs=costs)
        return json.dumps(found, indent=indent, separators=None if indent else (",", ":"), allow_nan=False)

    def as_dict(
        self, inputs: Iterable[int | str] | None = None, outputs: Iterable[int | str] | None = None, *,
        limit: int = 64, costs: bool = False,
    ) -> dict[str, Any]:  # fmt: skip
        """Return what `to_json` writes, as dicts and lists."""
        return as_dict(self, inputs, outputs, limit, costs)

    def to_dot(self, output: int | str | None = None, *, unfold: Unfold = False, rows: int = 30) -> str:
        """Return the graph in Graphviz's language; the parameters are those of `to_svg`."""
        return to_dot(self, graph_of(self, output, unfold, rows))

    def to_mermaid(self, output: int | str | None = None, *, unfold: Unfold = False, rows: int = 30) -> str:
        """Return the graph in Mermaid's language; the parameters are those of `to_svg`."""
        return to_mermaid(graph_of(self, output, unfold, rows))

    def to_svg(self, output: int | str | None = None, *, unfold: Unfold = False, rows: int = 30) -> str:
        """Return a drawing of the graph: each box a step with its value (blue) and its adjoint (red).

        Parameters
        ----------
        output : int or str, optional
            What the adjoints are of (see `adjoints`).
        unfold : bool, int or sequence of int
            As in `table`: a long trace is folded.
        rows : int
            About how many boxes there may be.
        """
        return to_svg(graph_of(self, output, unfold, rows), heading(self))

    def _repr_svg_(self) -> str:
        return self.to_svg()

    def nonfinite(self, input: int | str | None = None, output: int | str | None = None) -> dict[str, Trouble | None]:
        """Return the first step that made a nan or an infinity: its ``"value"``, ``"tangent"`` or ``"adjoint"``.

        Parameters
        ----------
        input, output : int or str, optional
            What the tangents are by, and the adjoints of (see `tangents` and `adjoints`).

        Examples
        --------
        >>> import numpy as np, chainrule as cr
        >>> found = cr.trace(lambda x: np.sqrt(np.sum(x**2)), np.zeros(2)).nonfinite()
        >>> found["value"], found["adjoint"].step.operation
        (None, 'sqrt')
        """
        return {
            "value": first_value(self),
            "tangent": first_tangent(self, self.tangents(input)),
            "adjoint": first_adjoint(self, self.adjoints(output)),
        }

    def _input(self, which: int | str | None) -> tuple[Input, Any]:
        i, index = _find([x.name for x in self.inputs], which, "input")
        return self.inputs[i], index


def _find(names: list[str], which: int | str | None, what: str) -> tuple[int, Any]:
    """Return the position of a name, and the index of an element if one is meant."""
    if which is None:
        which = 0
    if isinstance(which, str):
        if which in names:
            return names.index(which), None
        head, _, rest = which.rpartition("[")
        if head in names and rest.endswith("]") and rest[:-1].replace(",", "").replace(" ", "").isdigit():
            return names.index(head), tuple(int(part) for part in rest[:-1].split(","))
    elif -len(names) <= which < len(names):
        return which % len(names), None
    raise DerivativeError(message(f"There is no {what} {which!r}.", f"The {what}s are {', '.join(names)}."))


def _as_returned(raw: Any) -> Any:
    """Return a result as the function returns it without a record: numbers are Python's."""
    return raw.item() if np.ndim(raw) == 0 and raw.dtype.kind in "biu" else like_input(raw, 0.0)


def _seed(value: Any, index: Any, given: Any, what: str) -> Any:
    dtype = value.dtype if np.asarray(value).dtype.kind in "fc" else np.dtype(np.float64)
    if index is not None:
        seed = np.zeros(np.shape(value), dtype)
        seed[index] = 1
        return seed
    if given is None:
        return np.ones(np.shape(value), dtype)[()]
    if np.shape(given) != np.shape(value):
        text = f"The {what} has shape {np.shape(given)}, and the value {np.shape(value)}."
        raise DerivativeError(message(text, "Give one of that shape."))
    return np.array(given, dtype=dtype)[()]


def _source_of(f: Any) -> tuple[str | None, tuple[int, str]]:
    try:
        lines, first = inspect.getsourcelines(inspect.unwrap(f))
        return inspect.getsourcefile(inspect.unwrap(f)), (max(first, 1), "".join(lines))
    except (OSError, TypeError):
        return None, (0, "")
