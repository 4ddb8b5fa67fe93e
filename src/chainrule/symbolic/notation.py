"""Expressions as Python text: infix notation with no more parentheses than the order of computation needs."""

from __future__ import annotations

import keyword
from collections.abc import Iterator
from typing import Any

import numpy as np

from .expression import Constant, Expr, Symbol
from .walk import rebuild, subexpressions, tree_size, uses

__all__ = ["Text", "assignments", "program_text", "text_of", "text_or_size", "written"]

Text = tuple[str, int]  # a text, and how strongly its outermost operator binds

_ATOM, _POWER, _PRODUCT, _REMAINDER, _SIGN, _SUM, _COMPARISON = 100, 90, 70, 68, 65, 60, 40

# A template for each row with an operator, how strongly its operands must bind, and how strongly it binds.
_OPERATORS: dict[str, tuple[str, tuple[int, ...], int]] = {
    "add": ("{0} + {1}", (_SUM, _SUM + 1), _SUM),
    "subtract": ("{0} - {1}", (_SUM, _SUM + 1), _SUM),
    "multiply": ("{0}*{1}", (_SIGN, _PRODUCT + 1), _PRODUCT),
    "divide": ("{0}/{1}", (_SIGN, _PRODUCT + 1), _PRODUCT),
    "remainder": ("{0} % {1}", (_REMAINDER, _PRODUCT + 1), _REMAINDER),
    "floor_divide": ("{0} // {1}", (_REMAINDER, _PRODUCT + 1), _REMAINDER),
    "negative": ("-{0}", (_PRODUCT,), _SIGN),
    "square": ("{0}**2", (_POWER + 1,), _POWER),
    "power_constant": ("{0}**{n}", (_POWER + 1,), _POWER),
    "power_general": ("{0}**{1}", (_POWER + 1, _POWER), _POWER),
    "less": ("{0} < {1}", (_COMPARISON + 1,) * 2, _COMPARISON),
    "less_equal": ("{0} <= {1}", (_COMPARISON + 1,) * 2, _COMPARISON),
    "greater": ("{0} > {1}", (_COMPARISON + 1,) * 2, _COMPARISON),
    "greater_equal": ("{0} >= {1}", (_COMPARISON + 1,) * 2, _COMPARISON),
    "equal": ("{0} == {1}", (_COMPARISON + 1,) * 2, _COMPARISON),
    "not_equal": ("{0} != {1}", (_COMPARISON + 1,) * 2, _COMPARISON),
}

# Functions whose name or form in NumPy is another; # is the prefix of NumPy's names.
_FORMS = {
    "select": "#where({0}, {1}, {2})", "absolute": "#abs({0})", "root": "#sqrt({0})", "sign_real": "#sign({0})",
    "clamp": "#clip({0}, {1}, {2})", "fraction": "#modf({0})[0]", "exponent": "#frexp({0})[1]",
    "round": "#round({0}, {decimals})", "nan_to_num": "#nan_to_num({0}, nan={nan}, posinf={posinf}, neginf={neginf})",
}  # fmt: skip
_LONGEST = 20_000
_WIDE = 2_000


def written(node: Expr, operands: list[Text], prefix: str) -> Text:
    """Return the text of a call, given those of its operands."""
    assert node.row is not None
    name = node.row.name
    if name == "add" and operands[1][0].startswith("-") and operands[1][1] >= _SIGN:
        name, operands = "subtract", [operands[0], (operands[1][0][1:], _PRODUCT)]
    elif name == "subtract" and operands[1][0].startswith("-") and operands[1][1] >= _SIGN:
        name, operands = "add", [operands[0], (operands[1][0][1:], _PRODUCT)]
    if name in _OPERATORS:
        template, needed, binds = _OPERATORS[name]
        if name == "multiply" and operands[0][0].isdigit() and not operands[1][0].startswith("-"):
            needed = (_PRODUCT, _PRODUCT)  # 2*x*y: an integer has been taken out of a product, and may go back
        parts = [text if own >= least else f"({text})" for (text, own), least in zip(operands, needed, strict=True)]
        return template.format(*parts, **node.params), binds
    texts = [text for text, _ in operands]
    if name in ("max", "min"):
        return _nested(f"{prefix}{name}imum", texts), _ATOM
    form = _FORMS.get(name)
    if form is None:
        form = f"{'#' if hasattr(np, name) else ''}{name}({', '.join(texts)})"
        return form.replace("#", prefix), _ATOM
    return form.replace("#", prefix).format(*texts, **node.params), _ATOM


def _nested(function: str, texts: list[str]) -> str:
    result = texts[0]
    for text in texts[1:]:
        result = f"{function}({result}, {text})"
    return result


def leaf_text(node: Expr, prefix: str) -> Text:
    """Return the text of a symbol or constant."""
    if isinstance(node, Symbol):
        name = node.name
        return (name if node.index is None else f"{name}[{', '.join(map(str, node.index))}]"), _ATOM
    assert isinstance(node, Constant)
    text = repr(node.value)
    if text.strip("-") in ("inf", "nan"):
        text = text.replace("inf", prefix + "inf").replace("nan", prefix + "nan")
    return text, _SIGN if text.startswith("-") else _ATOM


def _one_line(root: Expr, prefix: str) -> str:
    def inner(node: Expr, operands: list[Text]) -> Text:
        return written(node, operands, prefix)

    found: str = rebuild([root], lambda node: leaf_text(node, prefix), inner)[0][0]
    return found


def text_of(x: Any, prefix: str = "") -> str:
    """Return an expression, or an array of them as nested lists, in one text."""
    texts = [_one_line(root, prefix) for root in x.roots()]
    return texts[0] if not x.shape else _bracketed(texts, x.shape)


def text_or_size(x: Any) -> str:
    """Return the text of an expression, or its sizes where nobody could read the text."""
    size = tree_size(x.roots())
    if size <= _LONGEST:
        return text_of(x)
    return f"<expression of {x.dag_size} distinct parts, {_large(size)} when written out>"


def _large(n: int) -> str:
    digits = len(str(n)) if n.bit_length() < _WIDE else int(n.bit_length() * 0.30103) + 1
    return str(n) if digits < 10 else f"about 10**{digits - 1}"


def _bracketed(texts: list[str], shape: tuple[int, ...], indent: int = 1) -> str:
    if len(shape) == 1:
        return f"[{', '.join(texts)}]"
    step = len(texts) // shape[0] if shape[0] else 0
    rows = [_bracketed(texts[i * step : (i + 1) * step], shape[1:], indent + 1) for i in range(shape[0])]
    return f"[{(',' + chr(10) + ' ' * indent).join(rows)}]"


# ---- Programs ------------------------------------------------------------------------------------------------------


def assignments(roots: list[Expr], names: dict[int, str], prefix: str = "np.") -> tuple[list[str], list[str]]:
    """Return statements that compute shared subexpressions once, and the text of each root.

    `names` holds by serial number the text of each symbol; it is extended by the names of temporaries.
    """
    nodes = subexpressions(roots)
    counts = uses(nodes)
    for root in roots:
        counts[root.serial] = counts.get(root.serial, 0) + 1
    texts: dict[int, Text] = {}
    lines: list[str] = []
    fresh = _fresh_names({name.split("[")[0] for name in names.values()})
    for node in nodes:
        if not node.operands:
            known = names.get(node.serial)
            texts[node.serial] = leaf_text(node, prefix) if known is None else (known, _ATOM)
            continue
        text = written(node, [texts[x.serial] for x in node.operands], prefix)
        if counts[node.serial] > 1 or len(text[0]) > _LINE:
            name = next(fresh)
            lines.append(f"{name} = {text[0]}")
            text = (name, _ATOM)
        texts[node.serial] = text
    return lines, [texts[root.serial][0] for root in roots]


_LINE = 60


def _fresh_names(taken: set[str]) -> Iterator[str]:
    i = 0
    while True:
        if f"t{i}" not in taken:
            yield f"t{i}"
        i += 1


def program_text(x: Any) -> str:
    """Return the statements that compute an expression or array, the last of which names it ``result``."""
    names = {s.serial: leaf_text(s, "")[0] for s in x.symbols}
    lines, results = assignments(x.roots(), names)
    result = _bracketed(results, x.shape) if x.shape else results[0]
    return "\n".join([*lines, f"result = np.array({result})" if x.shape else f"result = {result}"])


def is_name(name: str) -> bool:
    """Tell whether a symbol's name can be a name in Python text."""
    return name.isidentifier() and not keyword.iskeyword(name) and name != "np"
