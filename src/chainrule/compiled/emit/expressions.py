"""The text of expressions: operators with the parentheses they need, and calls of NumPy's functions."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import NamedTuple

import numpy as np

from ...errors import UnsupportedError, message
from .. import ir, special

__all__ = ["ATOM", "HELPERS", "Text", "called", "constant", "operation"]

# How tightly Python's operators bind. A whole quotient binds like a product, but has a level of its own: a sign before
# it, or a factor after it, would belong to its first number alone.
CHOICE, OR, AND, NOT, COMPARE, BIT_OR, BIT_XOR, BIT_AND, SHIFT, SUM, WHOLE, TERM, SIGN, POWER, ATOM = range(15)


class Text(NamedTuple):
    """A text, how tightly its outermost operator binds, and whether a minus sign stands before it.

    The sign is kept apart so that ``a + b*-c`` can be written ``a - b*c``, which is the same number.
    """

    bare: str
    level: int = ATOM
    minus: bool = False

    @property
    def text(self) -> str:
        return f"-{self.bare if self.level >= TERM else f'({self.bare})'}" if self.minus else self.bare

    def at(self, level: int) -> str:
        """Return the text for a place that needs an operator at least so tight."""
        own = self.level if not self.minus else SUM if self.level == TERM else SIGN
        return self.text if own >= level else f"({self.text})"

    def unsigned(self) -> Text:
        return Text(self.bare, self.level)


INFIX = {
    "add": (" + ", SUM), "subtract": (" - ", SUM), "multiply": ("*", TERM), "true_divide": ("/", TERM),
    "divide": ("/", TERM), "floor_divide": ("//", WHOLE), "remainder": ("%", WHOLE), "bitwise_or": (" | ", BIT_OR),
    "bitwise_and": (" & ", BIT_AND), "bitwise_xor": (" ^ ", BIT_XOR), "left_shift": (" << ", SHIFT),
    "right_shift": (" >> ", SHIFT), "less": (" < ", COMPARE), "less_equal": (" <= ", COMPARE),
    "greater": (" > ", COMPARE), "greater_equal": (" >= ", COMPARE), "equal": (" == ", COMPARE),
    "not_equal": (" != ", COMPARE), "logical_xor": (" != ", COMPARE), "logical_and": (" and ", AND),
    "logical_or": (" or ", OR),
}  # fmt: skip
HELPERS = {"exponent", "fraction", "heaviside", "radd", "wrap"}  # functions of `runtime`
NAMES = {"fix": "trunc", "root": "sqrt", "sign_real": "sign"}  # what NumPy calls them
ASSOCIATIVE = {"logical_and", "logical_or"}
NEGATED = {
    "less": "greater_equal", "less_equal": "greater", "greater": "less_equal", "greater_equal": "less",
    "equal": "not_equal", "not_equal": "equal",
}  # fmt: skip


def constant(x: ir.Const) -> Text:
    """Return the text of a number."""
    if x.dtype == ir.SINGLE:
        return Text(f"np.float32({_number(float(x.value))})")
    text = _number(x.value) if x.dtype == ir.FLOAT else repr(x.value)
    return Text(text.removeprefix("-"), ATOM, text.startswith("-"))


def _number(value: float) -> str:
    if math.isnan(value):
        return "np.nan"
    if math.isinf(value):
        return "np.inf" if value > 0 else "-np.inf"
    return repr(float(value))


def operation(op: str, args: list[Text], dtypes: list[str], values: tuple[ir.Atom, ...]) -> Text:
    """Return the text of an operation on texts.

    Parameters
    ----------
    dtypes, values
        The types of the arguments, and the arguments as they stand in the program.
    """
    op = NAMES.get(op, op)
    if op in INFIX:
        return _infix(op, args)
    if op in HELPERS:
        return _call(op, args)
    if op in _FORMS:
        return _FORMS[op](args, dtypes, values)
    if op in ir_casts:
        return _cast(op, args[0], dtypes[0])
    function = special.parts_of_op(op)
    if function is not None:
        call = _call(function[0], args)
        return call if function[1] is None else Text(f"{call.bare}[{function[1]}]")
    if not hasattr(np, op):
        raise UnsupportedError(message(f"The operation {op} has no compiled form.", "Call the function without jit."))
    return _call(f"np.{op}", args)


def called(function: str, args: list[Text], dtype: str = ir.FLOAT) -> Text:
    """Return the text of a call; the function is one of doubles if its result has to be cast to a type."""
    text = _call(function, args)
    return _call("np.float32", [text]) if dtype == ir.SINGLE else text


def _infix(op: str, args: list[Text]) -> Text:
    left, right = args
    if op in ("add", "subtract") and right.minus:
        op, right = "subtract" if op == "add" else "add", right.unsigned()
    sign, level = INFIX[op]
    if op in ("multiply", "true_divide", "divide") and (left.minus or right.minus):
        product = _infix(op, [left.unsigned(), right.unsigned()])
        return Text(product.bare, product.level, left.minus != right.minus)
    first = level + 1 if level == COMPARE else level
    second = level if op in ASSOCIATIVE else max(level, TERM) + 1 if level >= WHOLE else level + 1
    return Text(f"{left.at(first)}{sign}{right.at(second)}", level)


def _call(name: str, args: list[Text]) -> Text:
    return Text(f"{name}({', '.join([a.text for a in args])})")


def _choice(test: str, then: Text, orelse: Text) -> Text:
    return Text(f"{then.at(OR)} if {test} else {orelse.at(CHOICE)}", CHOICE)


def _select(args: list[Text], dtypes: list[str], values: tuple[ir.Atom, ...]) -> Text:
    return _choice(args[0].at(OR), args[1], args[2])


def _gmul(args: list[Text], dtypes: list[str], values: tuple[ir.Atom, ...]) -> Text:
    zero = constant(ir.Const(0.0, dtypes[0]))
    return _choice(f"{args[0].at(BIT_OR)} != {zero.text}", _infix("multiply", args), zero)


def _square(args: list[Text], dtypes: list[str], values: tuple[ir.Atom, ...]) -> Text:
    x = args[0]
    return Text(f"{x.bare}*{x.bare}", TERM) if x.bare.isidentifier() else Text(f"{x.at(ATOM)}**2", POWER)


def _power(args: list[Text], dtypes: list[str], values: tuple[ir.Atom, ...]) -> Text:
    exponent = values[1]
    if isinstance(exponent, ir.Const) and float(exponent.value).is_integer() and abs(exponent.value) <= 64:
        number = int(exponent.value)
        return Text(f"{args[0].at(ATOM)}**{number}", POWER)
    if set(dtypes) <= {ir.FLOAT, ir.SINGLE}:
        return _call("np.power", args)
    return Text(f"{args[0].at(ATOM)}**{args[1].at(SIGN)}", POWER)


def _negative(args: list[Text], dtypes: list[str], values: tuple[ir.Atom, ...]) -> Text:
    return Text(args[0].bare, args[0].level, not args[0].minus)


def _not(args: list[Text], dtypes: list[str], values: tuple[ir.Atom, ...]) -> Text:
    return Text(f"not {args[0].at(NOT)}", NOT)


def _extreme(name: str) -> Form:
    def form(args: list[Text], dtypes: list[str], values: tuple[ir.Atom, ...]) -> Text:
        return _call(name if dtypes[0] in (ir.INT, ir.BOOL) else f"np.{name}imum", args)

    return form


def _clamp(args: list[Text], dtypes: list[str], values: tuple[ir.Atom, ...]) -> Text:
    lower, upper = ("max", "min") if dtypes[0] == ir.INT else ("np.maximum", "np.minimum")
    return _call(upper, [_call(lower, args[:2]), args[2]])


def _clip_index(args: list[Text], dtypes: list[str], values: tuple[ir.Atom, ...]) -> Text:
    return _call("min", [_call("max", [args[0], Text("0")]), args[1]])


def _rounding(op: str) -> Form:
    def form(args: list[Text], dtypes: list[str], values: tuple[ir.Atom, ...]) -> Text:
        return args[0] if dtypes[0] in (ir.INT, ir.BOOL) else _call(f"np.{op}", args)

    return form


def _same(args: list[Text], dtypes: list[str], values: tuple[ir.Atom, ...]) -> Text:
    return args[0]


def _built_in(name: str) -> Form:
    def form(args: list[Text], dtypes: list[str], values: tuple[ir.Atom, ...]) -> Text:
        return _call(name, args)

    return form


def _cast(op: str, x: Text, dtype: str) -> Text:
    if op == ir.BOOL:
        return Text(f"{x.at(BIT_OR)} != 0", COMPARE)
    if dtype == ir.BOOL:
        one, zero = [constant(ir.Const(v if op == ir.INT else float(v), op)) for v in (1, 0)]
        return _choice(x.at(OR), one, zero)
    if op == ir.FLOAT and dtype == ir.SINGLE:
        return _call("np.float64", [x])  # Numba's float() leaves a float32 what it is
    return _call({ir.INT: "int", ir.FLOAT: "float", ir.SINGLE: "np.float32"}[op], [x])


Form = Callable[[list[Text], list[str], tuple[ir.Atom, ...]], Text]
ir_casts = (ir.BOOL, ir.INT, ir.SINGLE, ir.FLOAT)
_FORMS: dict[str, Form] = {
    "select": _select, "gmul": _gmul, "square": _square, "power_constant": _power, "power_general": _power,
    "power": _power, "float_power": _power, "negative": _negative, "logical_not": _not, "minimum": _extreme("min"),
    "maximum": _extreme("max"), "clamp": _clamp, "clip_index": _clip_index, "index": _same, "positive": _same,
    "stop": _same, "tie": _same, "absolute": _built_in("abs"),
    "fabs": _built_in("abs"), "floor": _rounding("floor"), "ceil": _rounding("ceil"), "trunc": _rounding("trunc"),
    "rint": _rounding("rint"),
}  # fmt: skip
