"""Tangents, adjoints and local partials of the steps of a trace."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from ..calculus import Pull, Transpose, is_constant, is_elementwise, project, pulls, pushforward
from ..eager import Accumulator, Tensor, alias
from ..eager.walk import term_of
from ..rules import spec_of
from ._model import Node, Step

if TYPE_CHECKING:
    from ._record import Recorder
    from ._trace import Trace

__all__ = ["Edge", "adjoints", "contributions", "edges", "partial", "replayed", "tangents"]


class Edge(NamedTuple):
    """The way from an operand to a result.

    Attributes
    ----------
    node : int
        The input or step that is read.
    position : int
        Which operand it is.
    kind : str
        ``"elementwise"``: the partial has the result's shape and is multiplied element by element. ``"gradient"``: the
        result is one number, and the partial has the operand's shape. ``"map"``: the derivative is a linear map from
        array to array, which no array of the operand's or the result's shape can stand for.
    """

    node: int
    position: int
    kind: str


def edges(nodes: Sequence[Node], step: Step) -> list[Edge]:
    """Return the operands of a step through which a derivative flows."""
    if is_constant(step.row):
        return []
    kind = "elementwise" if is_elementwise(step.row) else "gradient" if np.ndim(step.value) == 0 else "map"
    return [
        Edge(x.node, i, kind) for i, x in enumerate(step.operands) if x.node is not None and _is_smooth(nodes[x.node])
    ]


def _is_smooth(node: Node) -> bool:
    """Tell whether a node may have a derivative: it is real or complex, and not what ``floor`` and the like made."""
    return np.asarray(node.value).dtype.kind in "fc" and not (isinstance(node, Step) and is_constant(node.row))


def partial(step: Step, edge: Edge) -> Any:
    """Return the local partial of an edge, or None if it is a map."""
    if edge.kind == "map":
        return None
    with np.errstate(all="ignore"):
        if edge.kind == "gradient":
            return _pulled(step, edge, np.ones((), step.value.dtype)[()], careful=False)
        pull, saved = _saved(step, edge)
        found = saved[0] if pull.fn is None else pull.fn(*saved) if callable(pull.fn) else pull.fn
    is_truth = np.asarray(found).dtype.kind == "b"  # of a number that is multiplied by a comparison
    return np.asarray(found, step.value.dtype)[()] if is_truth else found


def _saved(step: Step, edge: Edge) -> tuple[Pull, tuple[Any, ...]]:
    pull = pulls(step.row)[0 if step.row.variadic else edge.position]
    return pull, pull.gather(edge.position, step.value, [x.value for x in step.operands], step.params)


def _pulled(step: Step, edge: Edge, g: Any, careful: bool = True) -> Any:
    """Return what an edge carries back of its result's adjoint."""
    pull, saved = _saved(step, edge)
    scalar = len(saved) == 1 and not isinstance(pull.fn, Transpose)
    term = term_of(g, pull.fn, saved[0] if scalar else saved, careful)
    return None if term is None else project(term, spec_of(step.operands[edge.position].value))


def tangents(trace: Trace, seeds: dict[int, Any]) -> list[Any]:
    """Carry tangents of the inputs through all steps. None stands for zero.

    Parameters
    ----------
    seeds : dict
        The tangent of each input that has one, by its id.
    """
    found: list[Any] = [seeds.get(x.id) for x in trace.inputs]
    with np.errstate(all="ignore"):
        for step in trace.steps:
            moved = [None if x.node is None else found[x.node] for x in step.operands]
            found.append(None if is_constant(step.row) else _pushed(step, moved))
    return found


def replayed(trace: Trace, seeds: dict[int, Any]) -> list[Any]:
    """Carry tangents through all steps by running them again, recorded in forward mode.

    Where eigenvalues are equal, their vectors depend on the direction in which they part: then values that were
    recorded without a direction do not do.
    """
    with Accumulator() as forward:
        values: list[Any] = [alias(x.value) for x in trace.inputs]
        for node, tangent in seeds.items():
            forward.watch(values[node], tangent)
        for step in trace.steps:
            params = {name: x for name, x in step.params.items() if not (step.row.follows and name == "moved")}
            operands = tuple([x.value if x.node is None else values[x.node] for x in step.operands])
            values.append(step.value if is_constant(step.row) else step.row.evaluate(operands, params))
    return [forward.tangent(x) for x in values]


def _pushed(step: Step, moved: Sequence[Any]) -> Any:
    return pushforward(step.row, step.value, [x.value for x in step.operands], moved, step.params)


def adjoints(recorder: Recorder, trace: Trace, seeds: Sequence[tuple[Tensor, Any]]) -> list[Any]:
    """Carry cotangents of the outputs back to all steps and inputs, by one walk over the tape. None stands for zero."""
    values = [Tensor(x.value, key, None, None) for x, key in zip(trace.nodes, recorder.keys, strict=True)]
    asked = [x for x in values if x.key]
    found = dict(zip([x.key for x in asked], _walked(recorder, asked, seeds), strict=True))
    return [found.get(x.key) for x in values]


def _walked(recorder: Recorder, asked: Sequence[Tensor], seeds: Sequence[tuple[Tensor, Any]]) -> list[Any]:
    results = recorder.gradient([x for x, _ in seeds], asked, [_conj(g) for _, g in seeds])
    return [_conj(g) for g in results]


def contributions(nodes: Sequence[Node], step: Step, g: Any) -> Iterator[tuple[Edge, Any]]:
    """Yield what each edge of a step adds to its operand's adjoint, given that of the result."""
    with np.errstate(all="ignore"):
        for edge in edges(nodes, step):
            yield edge, _conj(_pulled(step, edge, _conj(g)))


def _conj(x: Any) -> Any:
    return np.conj(x) if x is not None and np.asarray(x).dtype.kind == "c" else x
