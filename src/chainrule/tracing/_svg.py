"""The graph of a trace as a drawing."""

from __future__ import annotations

from html import escape
from itertools import pairwise

from ._graph import Graph, Vertex
from ._layout import Layout

__all__ = ["to_svg"]

CHARACTER, HEIGHT, MARGIN = 7.3, 44.0, 14.0
_FILLS = {"input": "#dbeafe", "step": "#ffffff", "folded": "#f1f5f9"}
_STYLE = """
.chainrule-trace text{font:12px ui-monospace,Menlo,Consolas,monospace;fill:#0f172a}
.chainrule-trace .value{fill:#1d4ed8}
.chainrule-trace .adjoint{fill:#b91c1c}
.chainrule-trace .partial{font-size:10.5px;fill:#475569;stroke:#f8fafc;stroke-width:3px;paint-order:stroke}
.chainrule-trace rect{stroke:#64748b}
.chainrule-trace path{fill:none;stroke:#64748b}
"""
_HEAD = """\
<svg xmlns="http://www.w3.org/2000/svg" class="chainrule-trace" role="img" width="{0:.0f}" height="{1:.0f}" \
viewBox="0 0 {0:.0f} {1:.0f}"><title>{2}</title><style>{3}</style>\
<defs><marker id="chainrule-tip" viewBox="0 0 8 8" refX="7" refY="4" markerWidth="7" markerHeight="7" orient="auto">\
<path d="M0 0L8 4L0 8z" style="fill:#64748b;stroke:none"/></marker></defs>\
<rect width="{0:.0f}" height="{1:.0f}" style="fill:#f8fafc;stroke:none"/>"""


def to_svg(graph: Graph, title: str) -> str:
    """Return a drawing as SVG: boxes with a step, its value (blue) and its adjoint (red), arrows with partials."""
    widths = [_width(vertex) for vertex in graph.vertices]
    layout = Layout(widths, [(arrow.start, arrow.end) for arrow in graph.arrows])
    width, height = layout.width + 2 * MARGIN, layout.height + HEIGHT + 2 * MARGIN
    parts = [_HEAD.format(width, height, escape(title), _STYLE)]
    parts += [_arrow(layout, k, arrow.partial) for k, arrow in enumerate(graph.arrows)]
    parts += [_box(layout, i, vertex, widths[i]) for i, vertex in enumerate(graph.vertices)]
    return "".join([*parts, "</svg>"])


def _width(vertex: Vertex) -> float:
    below = f"{vertex.value}  {vertex.adjoint}"
    return CHARACTER * max(len(vertex.text), len(below)) + 18


def _box(layout: Layout, i: int, vertex: Vertex, width: float) -> str:
    left, top = layout.x[i] + MARGIN - width / 2, layout.y[i] + MARGIN
    dashed = ' stroke-dasharray="4 3"' if vertex.kind == "folded" else ""
    said = f"line {vertex.line}" if vertex.line else "an input" if vertex.kind == "input" else ""
    return (
        f"<g><title>{escape(vertex.text)}{f' ({said})' if said else ''}</title>"
        f'<rect x="{left:.1f}" y="{top:.1f}" width="{width:.1f}" height="{HEIGHT}" rx="6" '
        f'style="fill:{_FILLS[vertex.kind]}"{dashed}/>'
        f'<text x="{left + width / 2:.1f}" y="{top + 18:.1f}" text-anchor="middle">{escape(vertex.text)}</text>'
        f'<text class="value" x="{left + 9:.1f}" y="{top + 36:.1f}">{escape(vertex.value)}</text>'
        f'<text class="adjoint" x="{left + width - 9:.1f}" y="{top + 36:.1f}" text-anchor="end">'
        f"{escape(vertex.adjoint)}</text></g>"
    )


def _arrow(layout: Layout, k: int, partial: str) -> str:
    way = [(x + MARGIN, y + MARGIN + HEIGHT / 2) for x, y in layout.ways[k]]
    way[0] = way[0][0], way[0][1] + HEIGHT / 2
    way[-1] = way[-1][0], way[-1][1] - HEIGHT / 2
    text = f"M{way[0][0]:.1f} {way[0][1]:.1f}"
    for (x0, y0), (x1, y1) in pairwise(way):
        half = (y1 - y0) / 2
        text += f"C{x0:.1f} {y0 + half:.1f} {x1:.1f} {y1 - half:.1f} {x1:.1f} {y1:.1f}"
    drawn = f'<path d="{text}" marker-end="url(#chainrule-tip)"/>'
    if not partial:
        return drawn
    (x0, y0), (x1, y1) = way[-2], way[-1]
    x, y = 0.3 * x0 + 0.7 * x1 + 5, 0.3 * y0 + 0.7 * y1
    return f'{drawn}<text class="partial" x="{x:.1f}" y="{y:.1f}">{escape(partial)}</text>'
