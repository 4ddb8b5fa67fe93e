"""Expressions as presentation MathML, which browsers and notebooks draw without fonts or scripts of their own."""

from __future__ import annotations

import re
from html import escape
from typing import Any

from ..errors import SymbolicError, message
from .expression import Constant, Expr, Symbol
from .walk import rebuild, tree_size

__all__ = ["mathml", "mathml_of"]

Markup = tuple[str, int]  # some markup, and how strongly its outermost operator binds

_LARGEST = 20_000
_MINUS = "<mrow><mo>−</mo>"
_ATOM, _POWER, _PRODUCT, _SIGN, _SUM, _COMPARISON, _LOGIC = 100, 90, 70, 65, 60, 40, 20

_RELATIONS = {
    "less": "&lt;", "less_equal": "≤", "greater": "&gt;", "greater_equal": "≥", "equal": "=", "not_equal": "≠",
}  # fmt: skip
_CONNECTIVES = {"logical_and": "∧", "logical_or": "\u2228", "logical_xor": "⊻"}
_BRACKETS = {"absolute": "||", "fabs": "||", "floor": "⌊⌋", "ceil": "⌈⌉"}
_NAMES = {
    "arcsin": "arcsin", "arccos": "arccos", "arctan": "arctan", "arcsinh": "arsinh", "arccosh": "arcosh",
    "arctanh": "artanh", "sign_real": "sgn", "maximum": "max", "minimum": "min", "fmax": "max", "fmin": "min",
    "gamma": "Γ", "gammaln": "ln Γ", "psi": "ψ", "expit": "σ", "log10": "log₁₀", "log2": "log₂",
}  # fmt: skip
_LETTERS = (
    "alpha beta gamma delta epsilon zeta eta theta iota kappa lambda mu nu xi omicron pi rho final sigma tau upsilon "
    "phi chi psi omega"
)
_GREEK = {name: chr(0x3B1 + place) for place, name in enumerate(_LETTERS.split(" "))}


def mathml(x: Any, display: bool = True) -> str:
    """Return a MathML element for an expression, or for an array of them.

    Parameters
    ----------
    x : Expr or Array
        Arrays of one or two axes become a matrix.
    display : bool
        Whether the formula stands on a line of its own.

    Raises
    ------
    SymbolicError
        If it is too large to be read when written out.

    Examples
    --------
    >>> from chainrule import symbolic
    >>> from chainrule.symbolic.mathml import mathml
    >>> x = symbolic.symbols("x")
    >>> mathml(x**2, display=False)
    '<math><msup><mi>x</mi><mn>2</mn></msup></math>'
    """
    roots = x.roots()
    if tree_size(roots) > _LARGEST:
        what = f"The formula is too large to be read: more than {_LARGEST} symbols and functions when written out."
        raise SymbolicError(message(what, "Print it with python(temporaries=True), which writes shared parts once."))
    parts = [mathml_of(root) for root in roots]
    inner = parts[0] if not x.shape else _matrix(parts, x.shape)
    return f'<math display="block">{inner}</math>' if display else f"<math>{inner}</math>"


def mathml_of(root: Expr) -> str:
    """Return the markup of one expression, to stand inside a ``math`` element."""
    found: str = rebuild([root], _leaf, _call)[0][0]
    return found


def _matrix(parts: list[str], shape: tuple[int, ...]) -> str:
    columns = shape[1] if len(shape) == 2 else 1
    cells = [f"<mtd>{part}</mtd>" for part in parts]
    rows = [f"<mtr>{''.join(cells[i : i + columns])}</mtr>" for i in range(0, len(cells), max(columns, 1))]
    return f"<mrow><mo>[</mo><mtable>{''.join(rows)}</mtable><mo>]</mo></mrow>"


# ---- Symbols and numbers


def name_markup(name: str) -> str:
    """Return the markup of a name: ``w_1`` and ``w1`` get a subscript, ``alpha`` is a Greek letter."""
    stem, below = name, ""
    if found := re.fullmatch(r"([^\W\d_]+)_?(\d+)|([^\W_]+)_(\w+)", name):
        stem, below = (found[1], found[2]) if found[1] else (found[3], found[4])
    letter = f"<mi>{escape(_GREEK.get(stem, stem))}</mi>"
    return f"<msub>{letter}<mrow><mi>{escape(below)}</mi></mrow></msub>" if below else letter


def _leaf(node: Expr) -> Markup:
    if isinstance(node, Symbol):
        name = name_markup(node.name)
        if node.index is None:
            return name, _ATOM
        return f"<msub>{name}<mrow><mn>{','.join(map(str, node.index))}</mn></mrow></msub>", _ATOM
    assert isinstance(node, Constant)
    return _number(node.value)


def _number(value: Any) -> Markup:
    text = repr(value)
    if text.startswith("-"):
        return f"<mrow><mo>−</mo>{_number(-value)[0]}</mrow>", _SIGN
    if text in ("inf", "nan", "True", "False"):
        return f"<mi>{'∞' if text == 'inf' else text.lower()}</mi>", _ATOM
    digits, _, exponent = text.partition("e")
    if not exponent:
        return f"<mn>{digits}</mn>", _ATOM
    ten = f"<msup><mn>10</mn><mn>{int(exponent)}</mn></msup>"
    return f"<mrow><mn>{digits}</mn><mo>×</mo>{ten}</mrow>", _PRODUCT


# ---- Calls


def _call(node: Expr, operands: list[Markup]) -> Markup:
    """Return the markup of a call, given those of its operands."""
    assert node.row is not None
    name, parts = node.row.name, [markup for markup, _ in operands]
    if name in _ARITHMETIC:
        made: Markup = _ARITHMETIC[name](operands)
        return made
    if name == "power_constant":
        return _power(operands[0], _number(node.params["n"]))
    if name in _RELATIONS or name in _CONNECTIVES:
        sign, binds = (_RELATIONS[name], _COMPARISON) if name in _RELATIONS else (_CONNECTIVES[name], _LOGIC)
        return _joined(operands, sign, (binds + 1, binds + 1), binds)
    if name in _BRACKETS:
        signs = _BRACKETS[name]
        return f"<mrow><mo>{signs[0]}</mo>{parts[0]}<mo>{signs[1]}</mo></mrow>", _ATOM
    if name == "select":
        return _piecewise(parts), _COMPARISON
    return _function(_NAMES.get(name, name), [*parts, *[_number_or_text(v) for v in node.params.values()]]), _ATOM


def _number_or_text(value: Any) -> str:
    plain = isinstance(value, (int, float)) and not isinstance(value, bool)
    return _number(value)[0] if plain else f"<mtext>{escape(str(value))}</mtext>"


def _function(name: str, parts: list[str]) -> str:
    return f"<mrow><mi>{escape(name)}</mi><mo>&#x2061;</mo><mo>(</mo>{'<mo>,</mo>'.join(parts)}<mo>)</mo></mrow>"


def _piecewise(parts: list[str]) -> str:
    test, then, otherwise = parts
    first = f"<mtr><mtd>{then}</mtd><mtd><mtext>if&#xA0;</mtext>{test}</mtd></mtr>"
    second = f"<mtr><mtd>{otherwise}</mtd><mtd><mtext>otherwise</mtext></mtd></mtr>"
    return f'<mrow><mo>{{</mo><mtable columnalign="left">{first}{second}</mtable></mrow>'


def _held(part: Markup, least: int) -> str:
    """Return some markup, in parentheses if it binds less than is needed."""
    markup, binds = part
    return markup if binds >= least else f"<mrow><mo>(</mo>{markup}<mo>)</mo></mrow>"


def _joined(operands: list[Markup], sign: str, needed: tuple[int, int], binds: int) -> Markup:
    left, right = [_held(part, least) for part, least in zip(operands, needed, strict=True)]
    return f"<mrow>{left}<mo>{sign}</mo>{right}</mrow>", binds


def _sum(operands: list[Markup]) -> Markup:
    """Write a sum; what has a minus sign of its own is subtracted."""
    left, right = operands
    if right[0].startswith(_MINUS) and right[1] == _SIGN:
        return _joined([left, (f"<mrow>{right[0].removeprefix(_MINUS)}", _PRODUCT)], "−", (_SUM, _SUM + 1), _SUM)
    return _joined(operands, "+", (_SUM, _SUM + 1), _SUM)


def _product(operands: list[Markup]) -> Markup:
    """Write a product without a sign where both factors are letters, and with a dot where that could be misread."""
    right = operands[1][0]
    letters = re.fullmatch(r"(<\w+>)*<mi>\w</mi>.*", right, re.DOTALL) is not None and "&#x2061;" not in right
    plain = operands[0][1] >= _PRODUCT and "&#x2061;" not in operands[0][0][-40:]
    number = operands[0][0].startswith("<mn>")  # taken out of a product, it may go back: 2xy
    return _joined(operands, "&#x2062;" if letters and plain else "⋅", (_SIGN, _PRODUCT + (not number)), _PRODUCT)


def _power(base: Markup, exponent: Markup) -> Markup:
    return f"<msup>{_held(base, _POWER + 1)}{exponent[0]}</msup>", _POWER


_TWO = ("<mn>2</mn>", _ATOM)
_ARITHMETIC: dict[str, Any] = {
    "add": _sum,
    "subtract": lambda x: _joined(x, "−", (_SUM, _SUM + 1), _SUM),
    "multiply": _product,
    "divide": lambda x: (f"<mfrac>{x[0][0]}{x[1][0]}</mfrac>", _POWER),
    "negative": lambda x: (f"<mrow><mo>−</mo>{_held(x[0], _PRODUCT)}</mrow>", _SIGN),
    "reciprocal": lambda x: (f"<mfrac><mn>1</mn>{x[0][0]}</mfrac>", _POWER),
    "square": lambda x: _power(x[0], _TWO),
    "power_general": lambda x: _power(*x),
    "sqrt": lambda x: (f"<msqrt>{x[0][0]}</msqrt>", _ATOM),
    "root": lambda x: (f"<msqrt>{x[0][0]}</msqrt>", _ATOM),
    "cbrt": lambda x: (f"<mroot>{x[0][0]}<mn>3</mn></mroot>", _ATOM),
    "exp": lambda x: _power(("<mi>e</mi>", _ATOM), x[0]),
    "logical_not": lambda x: (f"<mrow><mo>¬</mo>{_held(x[0], _ATOM)}</mrow>", _SIGN),
}
