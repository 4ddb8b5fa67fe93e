"""Steps and values as short text."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import islice
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from ._model import Step
    from ._trace import Trace

__all__ = ["constant", "expression", "index_text", "short", "written"]

_OPERATORS = {
    "add": "{0} + {1}", "subtract": "{0} - {1}", "multiply": "{0} * {1}", "divide": "{0} / {1}",
    "remainder": "{0} % {1}", "floor_divide": "{0} // {1}", "matmul": "{0} @ {1}", "negative": "-{0}",
    "positive": "+{0}", "square": "{0}**2", "power_constant": "{0}**{n}", "power_general": "{0}**{1}",
    "less": "{0} < {1}", "less_equal": "{0} <= {1}", "greater": "{0} > {1}", "greater_equal": "{0} >= {1}",
    "equal": "{0} == {1}", "not_equal": "{0} != {1}", "getitem": "{0}[{index}]",
    "put": "{0} with [{index}] = {1}", "add_at": "{0} with [{index}] += {1}", "absolute": "abs({0})",
    "root": "sqrt({0})", "sign_real": "sign({0})", "clamp": "clip({0}, {1}, {2})", "fraction": "modf({0})[0]",
    "select": "where({condition}, {0}, {1})", "cast": "astype({0}, {dtype})", "transpose": "transpose({0})",
}  # fmt: skip
SHOWN, LONGEST = 4, 120  # parts of what is nested, and letters
_SILENT = (None, "C", "K", True, False)  # parameters that are not worth telling


def expression(trace: Trace, step: Step) -> str:
    """Return a step as text, in terms of the names of its operands."""
    operands = [trace.nodes[x.node].name if x.node is not None else constant(x.value) for x in step.operands]
    return written(step.operation, operands, step.params)


def written(name: str, operands: Sequence[str], params: dict[str, Any]) -> str:
    """Return the text of a call of a row, given those of its operands."""
    if name in _OPERATORS:
        texts = {key: index_text(x) if key == "index" else short(x) for key, x in params.items()}
        template = _OPERATORS[name]
        return template.format(*(map(_bare, operands) if template.endswith(")") else operands), **texts)
    operands = [_bare(x) for x in operands]
    told = [f"{key}={short(x)}" for key, x in params.items() if not any(x is silent for silent in _SILENT)]
    return f"{name}({', '.join([*operands, *told])})"


def _bare(operand: str) -> str:
    return operand[1:-1] if operand.startswith("(-") else operand


def constant(value: Any) -> str:
    """Return a constant as it stands in an expression."""
    text = short(value)
    return f"({text})" if text.startswith("-") else text


def index_text(index: Any) -> str:
    """Return an index as one writes it."""
    if isinstance(index, tuple):
        return ", ".join(map(index_text, index)) + ("," if len(index) == 1 else "")
    if isinstance(index, slice):
        parts = ["" if x is None else str(x) for x in (index.start, index.stop, index.step)]
        return ":".join(parts if parts[2] else parts[:2])
    return "..." if index is Ellipsis else short(index)


def short(value: Any, digits: int = 6) -> str:
    """Return a value in little room."""
    if isinstance(value, np.ndarray) and value.ndim:
        return _array(value, digits)
    if isinstance(value, np.ndarray):
        value = value[()]
    if isinstance(value, (bool, np.bool_)):
        return str(bool(value))
    if isinstance(value, (float, complex, np.inexact)):
        return f"{value:.{digits}g}"
    if isinstance(value, (list, tuple, dict)):
        return _nested(value, digits)
    return _cut(str(value), 40)


def _nested(value: Any, digits: int) -> str:
    """Return a list, tuple or dict in little room: its first parts."""
    if isinstance(value, dict):
        parts = [f"{key!r}: {short(x, digits)}" for key, x in islice(value.items(), SHOWN)]
    else:
        parts = [short(x, digits) for x in value[:SHOWN]]
    inside = ", ".join([*parts, "..."] if len(value) > SHOWN else parts)
    if isinstance(value, tuple):
        return _cut(f"({inside}{',' if len(value) == 1 else ''})", LONGEST)
    return _cut(f"[{inside}]" if isinstance(value, list) else f"{{{inside}}}", LONGEST)


def _cut(text: str, length: int) -> str:
    return text if len(text) <= length else f"{text[: length - 3]}..."


def _array(value: Any, digits: int) -> str:
    shown = 4 if value.ndim == 1 else 2
    if value.size > 16 or value.ndim > 2 or len(value) > shown:
        if value.ndim != 1:
            return f"array{value.shape}"
        head = ", ".join([short(x, min(digits, 4)) for x in value[: shown - 1]])
        return f"[{head}, ..., {short(value[-1], min(digits, 4))}]"
    return f"[{', '.join([short(x, min(digits, 4)) for x in value])}]"
