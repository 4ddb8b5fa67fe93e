"""A trace as a table: the Wengert list of the textbooks."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any, NamedTuple

from ..calculus import is_constant
from ._names import short
from ._outline import Entry, Unfold, outline

if TYPE_CHECKING:
    from ._folds import Fold
    from ._model import Node
    from ._trace import Trace

__all__ = ["Line", "entry_label", "heading", "plain", "rich_table", "table"]


class Line(NamedTuple):
    """A row of the table: its cells, and whether it stands for an input, a step, or several of them."""

    kind: str
    cells: tuple[str, ...]


def heading(trace: Trace) -> str:
    """Return the call and its value, on one line."""
    given = ", ".join(f"{name}={short(value)}" for name, value in trace.arguments.items())
    name = trace.function if trace.function.isidentifier() else "f"
    return f"{name}({given}) = {short(trace.value, 10)}"


def table(trace: Trace, by: Any, of: Any, unfold: Unfold, rows: int) -> tuple[list[str], list[Line]]:
    """Return the headers and the lines of the table."""
    columns = _Columns(trace, by, of)
    lines = [Line("input", columns.cells(x.name, x)) for x in trace.inputs]
    last = None
    for entry in outline(trace.folds, rows, unfold):
        line = None if entry.kind == "open" else _line_of(entry, trace)
        told = "" if line == last or line is None or not line[0] else ": ".join([str(line[0]), *filter(None, line[1:])])
        lines.append(_row(entry, trace, columns, told))
        last = line if entry.kind == "step" else None
    return columns.headers, lines


class _Columns:
    """The columns of numbers: values, tangents by one input, adjoints of one output."""

    def __init__(self, trace: Trace, by: Any, of: Any) -> None:
        self.tangents, self.adjoints = trace.tangents(by), trace.adjoints(of)
        first_in, first_out = trace.inputs[0].name, trace.outputs[0].label
        by = by if by is not None else first_in
        several = len(trace.outputs) > 1 or of is not None
        of = of if of is not None else first_out
        name_in = by if isinstance(by, str) else trace.inputs[by].name
        name_out = of if isinstance(of, str) else trace.outputs[of].label
        self.headers = ["step", "value", f"tangent by {name_in}", f"adjoint of {name_out}" if several else "adjoint"]
        self.headers.append("line")

    def cells(self, text: str, node: Node | None, line: str = "") -> tuple[str, ...]:
        if node is None:
            return text, "", "", "", line
        numbers = [self.tangents[node.id], self.adjoints[node.id]]
        constant = hasattr(node, "row") and is_constant(node.row)
        told = ["-" if constant else "0" if x is None else short(x) for x in numbers]
        return text, short(node.value), *told, line


def _row(entry: Entry, trace: Trace, columns: _Columns, line: str) -> Line:
    indent = "  " * entry.depth
    if entry.kind == "open":
        return Line("open", columns.cells(f"{indent}{_title(entry.fold)}", None))
    if entry.kind == "step":
        step = trace.steps[entry.first]
        return Line("step", columns.cells(f"{indent}{step.name} = {trace.expression(step)}", step, line))
    return Line("folded", columns.cells(f"{indent}{entry_label(entry, trace)}", _result(entry, trace), line))


def _result(entry: Entry, trace: Trace) -> Node | None:
    """Return the last value that some folded steps made."""
    for step in reversed(trace.steps[entry.first : entry.last + 1]):
        if not is_constant(step.row):
            return step
    return None


def entry_label(entry: Entry, trace: Trace) -> str:
    """Return what stands for folded steps."""
    steps = entry.last - entry.first + 1
    if entry.repeated > 1:
        first = entry.fold.iteration or 0
        return f"iterations {first} to {first + entry.repeated - 1}: {steps} steps"
    result = _result(entry, trace)
    name = f"{result.name} = " if result is not None else ""
    return f"{name}{_title(entry.fold)}: {_many(steps, 'step')}"


def _title(fold: Fold) -> str:
    if fold.kind == "loop":
        some = " with steps" if fold.children[-1].iteration != len(fold.children) else ""
        return f"{fold.label}, line {fold.line}, {_many(len(fold.children), 'iteration')}{some}"
    if fold.kind == "iteration":
        return f"iteration {fold.label}"
    if fold.kind == "line":
        return f"line {fold.line}" if fold.line else "outside"
    return f"{fold.label}(...)" if " " not in fold.label else fold.label


def _many(count: int, what: str) -> str:
    return f"{count} {what}{'' if count == 1 else 's'}"


def _line_of(entry: Entry, trace: Trace) -> tuple[int, str] | None:
    """Return the user's line that some steps come from, if it is one."""
    if entry.repeated > 1 or (entry.kind == "folded" and not _on_one_line(entry.fold)):
        return None
    place = trace.steps[entry.first].place
    return (place.line, place.text) if place is not None else None


def _on_one_line(fold: Fold) -> bool:
    while fold.kind == "iteration" and len(fold.children) == 1:
        fold = fold.children[0]
    return fold.kind in ("line", "within")


def plain(trace: Trace, by: Any, of: Any, unfold: Unfold, rows: int) -> str:
    """Return the table as text in columns."""
    headers, lines = table(trace, by, of, unfold, rows)
    cells = [headers, *[list(line.cells) for line in lines]]
    widths = [max(map(len, column)) for column in zip(*cells, strict=True)]
    return "\n".join([heading(trace), "", *_aligned(cells, widths)])


def _aligned(cells: list[list[str]], widths: list[int]) -> Iterator[str]:
    for i, row in enumerate(cells):
        parts = [row[0].ljust(widths[0]), *[x.rjust(w) for x, w in zip(row[1:4], widths[1:4], strict=True)], row[4]]
        yield "  ".join(parts).rstrip()
        if i == 0:
            yield "  ".join(["-" * w for w in widths[:4]] + ["-" * len(row[4])])


def rich_table(trace: Trace, by: Any = None, of: Any = None, unfold: Unfold = False, rows: int = 40) -> Any:
    """Return what `rich` prints."""
    from rich import box
    from rich.console import Group
    from rich.table import Table
    from rich.text import Text

    headers, lines = table(trace, by, of, unfold, rows)
    drawn = Table(box=box.SIMPLE_HEAD, show_edge=False, padding=(0, 1, 0, 0), pad_edge=False, header_style="bold")
    for i, header in enumerate(headers):
        drawn.add_column(header, justify="right" if 0 < i < 4 else "left", no_wrap=True, min_width=8)
    for line in lines:
        drawn.add_row(*map(Text, line.cells), style=_STYLES[line.kind])
    return Group(Text(heading(trace), style="bold"), Text(""), drawn)


_STYLES = {"input": "cyan", "step": "", "folded": "dim", "open": "dim italic"}
