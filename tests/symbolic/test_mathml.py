"""MathML: well formed, and read back it means the same expression."""

from __future__ import annotations

import math
import xml.etree.ElementTree as ET
from typing import Any

import numpy as np
import pytest

from chainrule import symbolic
from chainrule.errors import SymbolicError
from chainrule.symbolic.mathml import mathml

x, y = symbolic.symbols("x y")
w = symbolic.symbols("w", shape=2)
SIGNS = {"+": "+", "−": "-", "⋅": "*", "\u2062": "*", "×": "*", "(": "(", ")": ")", ",": ",", "=": "==", "≠": "!="}
SIGNS |= {"≤": "<=", "≥": ">=", "<": "<", ">": ">", "\u2061": ""}
NAMES = {"w": "w", "x": "x", "y": "y", "e": "math.e", "∞": "math.inf"}
FUNCTIONS = {
    "log": "math.log",
    "sin": "math.sin",
    "cos": "math.cos",
    "tanh": "math.tanh",
    "max": "max",
    "arctan2": "math.atan2",
}


def read(node: ET.Element) -> str:
    """Return the Python that presentation MathML stands for, as a person would read it."""
    parts = [read(child) for child in node]
    text = (node.text or "").strip()
    match node.tag:
        case "math":
            return "".join(parts)
        case "mrow" if parts[0] == "|":
            return f"abs({''.join(parts[1:-1])})"
        case "mrow" if parts[0] == "{":
            return parts[1]
        case "mrow":
            return "".join(parts)
        case "mi":
            return {**NAMES, **FUNCTIONS}[text]
        case "mn":
            return text
        case "mo":
            return SIGNS.get(text, text)
        case "msup":
            return f"({parts[0]}**({parts[1]}))"
        case "msub":
            return f"{parts[0]}[{parts[1]}]"
        case "mfrac":
            return f"(({parts[0]})/({parts[1]}))"
        case "msqrt":
            return f"math.sqrt({parts[0]})"
        case "mtable":
            (then, test), (otherwise, _) = [[read(cell) for cell in row] for row in node]
            return f"(({then}) if {test} else ({otherwise}))"
        case "mtd":
            return "".join(parts)
        case "mtr" | "mtext":  # a row is read by its table
            return ""
    raise AssertionError(node.tag)


EXPRESSIONS = [
    x**2 * y + y + 2,
    5 + x * y,
    np.log(x**2) / x,
    symbolic.derivative(np.log(x**2) / x, x),
    (x / y) ** 3,
    -((x - y) ** 2),
    x - (y - x),
    x - (-3 * y),
    x + np.sin(x) * -2.5,
    (-x) * (y - 1),
    2 * x * y * x,
    3 * (x + 1),
    x * (y + 1) / (x * y) / y,
    1e-7 * x + 2.5e30 * y,
    np.exp(-x) * np.sqrt(x * y),
    np.exp(x) ** 2,
    np.abs(x - y) * x,
    np.where(x < y, x**3, np.tanh(x) - y),
    np.where(x >= y, x, y) + 1,
    np.maximum(x, y) ** (x + 1),
    np.cos(x / 9) ** (y * x),
    np.arctan2(x, y) * np.sin(x) * y,
    -x / y,
    x / -y,
    (x**y) ** x,
    x ** (y**x),
]


@pytest.mark.parametrize("expression", EXPRESSIONS, ids=str)
def test_what_is_read_back_has_the_same_value(expression: Any) -> None:
    text = read(ET.fromstring(mathml(expression)))
    for at in ({"x": 0.7, "y": 1.3}, {"x": 2.1, "y": 0.4}):
        assert eval(text, {"math": math, **at}) == pytest.approx(expression(**at), rel=1e-13)


def test_elements_have_their_index_below() -> None:
    text = read(ET.fromstring(mathml(w[0] * w[1] - w[1])))
    assert eval(text, {"w": [3.0, 5.0]}) == 10.0


def test_names_with_numbers_and_greek_letters() -> None:
    assert mathml(symbolic.symbols("sigma_1"), display=False) == (
        "<math><msub><mi>σ</mi><mrow><mi>1</mi></mrow></msub></math>"
    )
    assert "<mi>ω</mi>" in mathml(symbolic.symbols("omega"))
    assert "<mi>speed</mi>" in mathml(symbolic.symbols("speed"))


def test_arrays_are_matrices() -> None:
    assert mathml(symbolic.hessian(x**2 * y)).count("<mtr>") == 2
    assert mathml(symbolic.gradient(x**2 * y)).count("<mtr>") == 2


def test_what_nobody_could_read_is_refused() -> None:
    z = x
    for _ in range(40):
        z = np.sin(z) * z
    with pytest.raises(SymbolicError, match="too large to be read"):
        mathml(z)
