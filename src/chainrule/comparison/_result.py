"""What a comparison found: data, and ways to print it."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

import numpy as np

from .. import tree
from ._program import Matrix, many
from ._reference import Reference

__all__ = ["Comparison", "Difference", "Row", "Verdict", "Work"]


@dataclass(frozen=True)
class Work:
    """What one derivative took, counted while it was computed.

    Attributes
    ----------
    evaluations : int
        Runs of the function on plain numbers.
    traces : int
        Runs of the function on symbols.
    forward_sweeps : int
        Runs that carried a tangent, or recorded for a sweep back.
    reverse_sweeps : int
        Walks back over a record.
    tree_size, dag_size : int or None
        The size of the derivative as an expression: written out, and with what is shared counted once.
    """

    evaluations: int = 0
    traces: int = 0
    forward_sweeps: int = 0
    reverse_sweeps: int = 0
    tree_size: int | None = None
    dag_size: int | None = None

    def __str__(self) -> str:
        sweeps = [(self.forward_sweeps, "forward"), (self.reverse_sweeps, "reverse")]
        done = [f"{count} {name}" for count, name in sweeps if count]
        parts = [many(self.evaluations, "evaluation")] if self.evaluations else []
        if done:
            parts.append(f"{' + '.join(done)} sweep{'s' if max(self.forward_sweeps, self.reverse_sweeps) > 1 else ''}")
        if self.dag_size is not None:
            parts.append(f"expression: {_large(self.tree_size or 0)} nodes, {self.dag_size} distinct")
        elif self.traces:
            parts.append(many(self.traces, "trace"))
        return ", ".join(parts) or "1 call"

    def brief(self) -> str:
        """Return the same in fewer letters."""
        if self.dag_size is not None:
            return many(self.dag_size, "node")
        if self.reverse_sweeps:
            return f"{self.forward_sweeps} forward, {self.reverse_sweeps} back"
        return many(self.forward_sweeps, "sweep") if self.forward_sweeps else str(self)


@dataclass(frozen=True)
class Row:
    """One method's derivative and its price.

    Attributes
    ----------
    method : str
    derivative : dict or None
        By the names of the arguments, each part of shape ``result.shape + argument.shape`` and nested as the argument
        is; None if the method failed. A nested result counts as one vector.
    matrix : ndarray or None
        The same with a row for each output and a column for each input.
    error : float or None
        The largest difference from the reference, over the reference's largest entry.
    work : Work
    seconds : float or None
        The median of a few runs.
    peak_bytes : int or None
        The most memory held at once, in a run of its own.
    follows : bool
        Whether the method could follow the program.
    reason : str
        Why it could not, or what is wrong with the result.
    """

    method: str
    derivative: dict[str, Any] | None
    matrix: Matrix | None
    error: float | None
    work: Work
    seconds: float | None
    peak_bytes: int | None
    follows: bool
    reason: str = ""


@dataclass(frozen=True)
class Difference:
    """A component in which a derivative worked out by hand is wrong: its name, what it is, and what was given."""

    component: str
    expected: float
    given: float


@dataclass(frozen=True)
class Verdict:
    """Whether a derivative worked out by hand is right, and where not; `right` is None if nobody can tell."""

    right: bool | None
    differences: tuple[Difference, ...] = ()
    reason: str = ""


@dataclass(frozen=True, repr=False)
class Comparison:
    """All methods side by side; see `compare`. Print it, or take it apart.

    Attributes
    ----------
    function : str
    arguments : dict
        By name, as given.
    value : object
        What the function returned.
    inputs, outputs : list of str
        The names of the numbers that go in, and the indices of those that come out (``[""]`` for one number).
    reference : Reference
        What `Row.error` is measured against: ``source``, ``error``, ``note``.
    rows : list of Row
    manual : Verdict or None
    """

    function: str
    arguments: dict[str, Any]
    value: Any
    inputs: list[str]
    outputs: list[str]
    reference: Reference
    rows: list[Row]
    manual: Verdict | None = None

    def __getitem__(self, method: str) -> Row:
        """Return the row of a method."""
        for row in self.rows:
            if row.method == method:
                return row
        raise KeyError(method)

    def components(self) -> list[str]:
        """Return the name of each entry of the derivative: ``d/dx``, or ``d[1]/dx[2]`` for the second of several."""
        return [f"d{out}/d{name}" for out in self.outputs for name in self.inputs]

    def table(self) -> str:
        """Return the comparison as plain text."""
        from ._text import plain

        return plain(self)

    __str__ = __repr__ = table

    def __rich__(self) -> Any:
        from ._rich import render

        return render(self)

    def _repr_html_(self) -> str:
        from ._text import html

        return html(self)

    def as_dict(self) -> dict[str, Any]:
        """Return plain dicts, lists, strings and numbers. What is not finite is a string: ``"nan"``, ``"-inf"``."""
        manual = None
        if self.manual is not None:
            wrong = [
                {"component": d.component, "expected": _plain(d.expected), "given": _plain(d.given)}
                for d in self.manual.differences
            ]
            manual = {"right": self.manual.right, "differences": wrong, "reason": self.manual.reason}
        return {
            "function": self.function,
            "arguments": _plain(self.arguments),
            "value": _plain(self.value),
            "inputs": list(self.inputs),
            "outputs": len(self.outputs),
            "reference": {
                "source": self.reference.source, "derivative": _plain(self.reference.rounded),
                "error": _plain(self.reference.error), "note": self.reference.note,
            },
            "methods": [_row_dict(row) for row in self.rows],
            "manual": manual,
        }  # fmt: skip

    def to_json(self, indent: int | None = 2) -> str:
        """Return `as_dict` as JSON text."""
        return json.dumps(self.as_dict(), indent=indent, allow_nan=False)


def _row_dict(row: Row) -> dict[str, Any]:
    work = {name: getattr(row.work, name) for name in Work.__dataclass_fields__}
    return {
        "method": row.method, "derivative": _plain(row.derivative), "error": _plain(row.error), "work": work,
        "seconds": _plain(row.seconds), "peak_bytes": row.peak_bytes, "follows": row.follows, "reason": row.reason,
    }  # fmt: skip


def _plain(x: Any) -> Any:
    if x is None or isinstance(x, (bool, str)):
        return x
    if isinstance(x, dict):
        return {str(key): _plain(part) for key, part in x.items()}
    if isinstance(x, (list, tuple)):
        return [_plain(part) for part in x]
    if isinstance(x, np.ndarray):
        return _plain(x.tolist())
    if not tree.is_leaf(x):
        return [_plain(part) for part in tree.flatten(x)[0]]
    if isinstance(x, (int, np.integer, np.bool_)):
        return x.item() if isinstance(x, np.generic) else x
    if isinstance(x, (float, np.floating)):
        return float(x) if np.isfinite(x) else str(float(x))
    return str(x)


def _large(count: int) -> str:
    if count.bit_length() < 1000:
        return str(count) if count < 1_000_000 else f"{count:.1e}"
    return f"1e+{int(count.bit_length() * 0.30103)}"  # more than a float holds
