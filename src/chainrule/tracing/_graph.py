"""The graph of a trace, as data, in Graphviz's language and in Mermaid's."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from ..calculus import is_constant
from ._names import short
from ._outline import Unfold, outline
from ._text import entry_label

if TYPE_CHECKING:
    from ._outline import Entry
    from ._trace import Trace

__all__ = ["Arrow", "Graph", "Vertex", "graph_of", "to_dot", "to_mermaid"]


class Vertex(NamedTuple):
    """A box: an input, a step, or several steps, as `kind` says with ``"input"``, ``"step"`` or ``"folded"``."""

    kind: str
    text: str
    value: str
    adjoint: str
    line: str


class Arrow(NamedTuple):
    """A way from one box to another, with the local partial where that is a number."""

    start: int
    end: int
    partial: str


class Graph(NamedTuple):
    """Boxes, in the order of execution, and arrows."""

    vertices: list[Vertex]
    arrows: list[Arrow]


def graph_of(trace: Trace, output: Any, unfold: Unfold, rows: int) -> Graph:
    """Return the graph of a trace, folded to about so many boxes."""
    adjoints = trace.adjoints(output)
    read = {x.node for step in trace.steps for x in step.operands} | {x.node for x in trace.outputs}
    vertices = [Vertex("input", x.name, short(x.value), _number(adjoints[x.id]), "") for x in trace.inputs]
    holder = {x.id: i for i, x in enumerate(trace.inputs)}
    entries = [e for e in outline(trace.folds, rows, unfold) if e.kind != "open" and _matters(trace, e, read)]
    for entry in entries:
        holder |= {step.id: len(vertices) for step in trace.steps[entry.first : entry.last + 1]}
        vertices.append(_vertex(trace, entry, adjoints))
    return Graph(vertices, _arrows(trace, entries, holder))


def _matters(trace: Trace, entry: Entry, read: set[int | None]) -> bool:
    """Tell whether anything among some steps has a derivative, or is read by what has."""
    steps = trace.steps[entry.first : entry.last + 1]
    return any(not is_constant(step.row) or step.id in read for step in steps)


def _vertex(trace: Trace, entry: Entry, adjoints: list[Any]) -> Vertex:
    last = trace.steps[entry.last]
    smooth = [s for s in trace.steps[entry.first : entry.last + 1] if not is_constant(s.row)]
    shown = smooth[-1] if smooth else last
    text = f"{last.name} = {trace.expression(last)}" if entry.kind == "step" else entry_label(entry, trace)
    line = str(shown.place.line) if shown.place is not None else ""
    return Vertex(entry.kind, text, short(shown.value), _number(adjoints[shown.id]), line)


def _number(x: Any) -> str:
    return "0" if x is None else short(x)


def _arrows(trace: Trace, entries: list[Entry], holder: dict[int, int]) -> list[Arrow]:
    found: dict[tuple[int, int, int], Arrow] = {}
    for entry in entries:
        single = entry.kind == "step"
        for step in trace.steps[entry.first : entry.last + 1]:
            partials = {e.position: _partial(trace, step, e) for e in trace.edges(step)} if single else {}
            for i, x in enumerate(step.operands):
                start, end = holder.get(-1 if x.node is None else x.node), holder[step.id]
                if start is None or start == end:
                    continue
                found.setdefault((start, end, i if single else 0), Arrow(start, end, partials.get(i, "")))
    return list(found.values())


def _partial(trace: Trace, step: Any, edge: Any) -> str:
    if edge.kind != "elementwise" or np.ndim(step.value):
        return ""
    return short(trace.partial(step, edge), 4)


def to_dot(trace: Trace, graph: Graph) -> str:
    """Return a graph in Graphviz's language."""
    lines = [f"digraph {_quoted(trace.function)} {{", '  node [shape=box, style=rounded, fontname="Helvetica"];']
    for i, vertex in enumerate(graph.vertices):
        style = ", style=filled, fillcolor=lightblue" if vertex.kind == "input" else ""
        style = ", style=dashed" if vertex.kind == "folded" else style
        label = f"{vertex.text}\n{vertex.value}\nadjoint {vertex.adjoint}"
        lines.append(f"  n{i} [label={_quoted(label)}{style}];")
    for start, end, partial in graph.arrows:
        lines.append(f"  n{start} -> n{end}{f' [label={_quoted(partial)}]' if partial else ''};")
    return "\n".join([*lines, "}"]) + "\n"


def _quoted(text: str) -> str:
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n") + '"'


def to_mermaid(graph: Graph) -> str:
    """Return a graph in Mermaid's language."""
    lines = ["flowchart TD"]
    shapes = {"input": ("([", "])"), "step": ("[", "]"), "folded": ("[[", "]]")}
    for i, vertex in enumerate(graph.vertices):
        left, right = shapes[vertex.kind]
        label = "<br/>".join(map(_entities, (vertex.text, vertex.value, f"adjoint {vertex.adjoint}")))
        lines.append(f'    n{i}{left}"{label}"{right}')
    for start, end, partial in graph.arrows:
        lines.append(f"    n{start} -->{f'|{_entities(partial)}|' if partial else ''} n{end}")
    return "\n".join(lines) + "\n"


def _entities(text: str) -> str:
    """Write the characters that mean something to Mermaid as entities."""
    for character, name in (("#", "#35;"), ('"', "#quot;"), ("<", "#lt;"), (">", "#gt;"), ("*", "#42;"), ("_", "#95;")):
        text = text.replace(character, name)
    return text
