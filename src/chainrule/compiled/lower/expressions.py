"""Expressions: each gives an ordinary Python object, in which scalars and arrays of the program stand for numbers."""

from __future__ import annotations

import ast
import operator
from collections.abc import Callable
from functools import partial
from types import FunctionType, ModuleType
from typing import Any

import numpy as np

from ...rules import Operand
from .. import ir
from ..build import const
from ..scalar import Scalar
from .array import Array
from .context import Context, known
from .state import UserDict, UserList

__all__ = ["adopt", "attribute", "binary", "evaluate", "is_number", "item", "truth"]


def evaluate(ctx: Context, node: ast.expr) -> Any:
    """Return the value of an expression."""
    before, ctx.node = ctx.node, node
    handler = _EXPRESSIONS.get(type(node))
    if handler is None:
        ctx.refuse(f"The syntax {type(node).__name__} cannot be compiled.", "Write it in another way.")
    value = handler(ctx, node)
    ctx.node = before
    return value


def adopt(ctx: Context, value: Any) -> Any:
    """Return a list or dict that has just been made as one that the user's code owns."""
    if type(value) is list:
        return ctx.heap.add(UserList(value))
    if type(value) is dict:
        return ctx.heap.add(UserDict(value))
    return value


def is_number(value: Any) -> bool:
    """Whether a value is a number, known or not."""
    return isinstance(value, (bool, int, float, np.bool_, np.integer, np.floating, Scalar))


# ---- Names, constants, containers


def _constant(ctx: Context, node: ast.Constant) -> Any:
    if isinstance(node.value, complex):
        ctx.refuse("Complex numbers cannot be compiled yet.", "Write real and imaginary parts.")
    return node.value


def _sequence(ctx: Context, parts: list[ast.expr]) -> list[Any]:
    values: list[Any] = []
    for part in parts:
        if isinstance(part, ast.Starred):
            from .iteration import items_of

            values += items_of(ctx, evaluate(ctx, part.value))
        else:
            values.append(evaluate(ctx, part))
    return values


def _dict(ctx: Context, node: ast.Dict) -> Any:
    made: dict[Any, Any] = {}
    for key, value in zip(node.keys, node.values, strict=True):
        if key is None:
            made.update(evaluate(ctx, value))
        else:
            made[_key(ctx, evaluate(ctx, key))] = evaluate(ctx, value)
    return adopt(ctx, made)


def _key(ctx: Context, key: Any) -> Any:
    if isinstance(key, Operand):
        ctx.refuse("A dict's key is known at run time only.", "Use an array, or keys that are constants.")
    return key


def _set(ctx: Context, node: ast.Set) -> Any:
    return frozenset([_key(ctx, v) for v in _sequence(ctx, node.elts)])


def _text(ctx: Context, node: ast.JoinedStr) -> str:
    parts = []
    for part in node.values:
        if isinstance(part, ast.Constant):
            parts.append(str(part.value))
        elif isinstance(part, ast.FormattedValue):
            value = evaluate(ctx, part.value)
            parts.append("..." if isinstance(value, Operand) else str(value))
    return "".join(parts)


# ---- Operators

OPERATORS: dict[type[ast.operator], Callable[[Any, Any], Any]] = {
    ast.Add: operator.add, ast.Sub: operator.sub, ast.Mult: operator.mul, ast.Div: operator.truediv,
    ast.FloorDiv: operator.floordiv, ast.Mod: operator.mod, ast.Pow: operator.pow, ast.MatMult: operator.matmul,
    ast.BitAnd: operator.and_, ast.BitOr: operator.or_, ast.BitXor: operator.xor, ast.LShift: operator.lshift,
    ast.RShift: operator.rshift,
}  # fmt: skip
_BITS: dict[type[ast.operator], str] = {ast.BitAnd: "and", ast.BitOr: "or", ast.BitXor: "xor"}


def binary(ctx: Context, op: ast.operator, left: Any, right: Any) -> Any:
    """Apply a binary operator."""
    kind = type(op)
    if isinstance(left, UserList) or isinstance(right, UserList):
        return _lists(ctx, kind, left, right)
    if isinstance(left, Scalar) or isinstance(right, Scalar):
        if kind in _BITS and is_number(left) and is_number(right):
            return _bits(ctx, kind, left, right)
        if kind in _SHIFTS and is_number(left) and is_number(right):
            return _shifted(ctx, kind, left, right)
        if is_number(left) and is_number(right):
            left, right = _prepared(ctx, kind, left, right)
    with ctx.user_errors():
        return known(OPERATORS[kind](left, right))


def _lists(ctx: Context, kind: type[ast.operator], left: Any, right: Any) -> Any:
    for part in (left, right):
        if isinstance(part, UserList) and part.rows is not None:
            ctx.refuse("A list whose length is known at run time only is not joined to another.", "Append in a loop.")
        if isinstance(part, Scalar):
            ctx.refuse(
                "A list is repeated a number of times that is known at run time only.", "Use np.full or np.zeros."
            )
    if isinstance(left, Array) or isinstance(right, Array):
        from .calling import as_arrays

        return OPERATORS[kind](*as_arrays(ctx, (left, right)))
    return adopt(ctx, OPERATORS[kind](list(left) if isinstance(left, UserList) else left,
                                      list(right) if isinstance(right, UserList) else right))  # fmt: skip


def _bits(ctx: Context, kind: type[ast.operator], left: Any, right: Any) -> Any:
    one, other = atom_of(left), atom_of(right)
    if one.dtype == other.dtype == ir.BOOL:
        return ctx.scalar(ctx.builder.let(f"logical_{_BITS[kind]}", one, other))
    if ir.FLOAT in (one.dtype, other.dtype):
        msg = f"unsupported operand types for bits: {one.dtype} and {other.dtype}"
        raise TypeError(msg)
    return ctx.scalar(
        ctx.builder.let(f"bitwise_{_BITS[kind]}", ctx.builder.cast(one, ir.INT), ctx.builder.cast(other, ir.INT))
    )


_SHIFTS: dict[type[ast.operator], str] = {ast.LShift: "left_shift", ast.RShift: "right_shift"}


def _shifted(ctx: Context, kind: type[ast.operator], left: Any, right: Any) -> Any:
    one, other = atom_of(left), atom_of(right)
    if ir.FLOAT in (one.dtype, other.dtype):
        msg = f"unsupported operand types for a shift: {one.dtype} and {other.dtype}"
        raise TypeError(msg)
    ctx.builder.check(ctx.builder.let("greater_equal", other, const(0)), "ValueError", "negative shift count")
    cast = ctx.builder.cast
    return ctx.scalar(ctx.builder.let(_SHIFTS[kind], cast(one, ir.INT), cast(other, ir.INT)))


def _prepared(ctx: Context, kind: type[ast.operator], left: Any, right: Any) -> tuple[Any, Any]:
    """Give whole numbers Python's meaning: negative powers are fractions, a division by zero is an error."""
    whole = atom_of(left).dtype in (ir.INT, ir.BOOL) and atom_of(right).dtype in (ir.INT, ir.BOOL)
    if whole and kind is ast.Pow:
        if isinstance(right, Scalar):
            positive = ctx.builder.let("greater_equal", right.atom, const(0))
            ctx.builder.check(
                positive, "ValueError", "a whole number to a negative power that is known at run time only"
            )
        elif right < 0:
            left = ctx.scalar(ctx.builder.cast(atom_of(left), ir.FLOAT))
    if whole and kind in (ast.FloorDiv, ast.Mod) and isinstance(right, Scalar) and right.weak:
        nonzero = ctx.builder.let("not_equal", right.atom, const(0))
        ctx.builder.check(nonzero, "ZeroDivisionError", "integer division or modulo by zero")
    return left, right


def atom_of(value: Any) -> ir.Atom:
    """Return the atom of a number."""
    if isinstance(value, Scalar):
        return value.atom
    if isinstance(value, np.generic):
        return ir.Const(value.item(), value.dtype.name)
    return const(value)


def _unary(ctx: Context, node: ast.UnaryOp) -> Any:
    value = evaluate(ctx, node.operand)
    if isinstance(node.op, ast.Not):
        test = truth(ctx, value)
        return not test if isinstance(test, bool) else ctx.scalar(ctx.builder.let("logical_not", test))
    if isinstance(node.op, ast.Invert) and isinstance(value, Scalar):
        op = "logical_not" if value.atom.dtype == ir.BOOL and not value.weak else "invert"
        return ctx.scalar(ctx.builder.let(op, value.atom if op != "invert" else ctx.builder.cast(value.atom, ir.INT)))
    if isinstance(value, Scalar) and value.atom.dtype == ir.BOOL:
        value = ctx.scalar(ctx.builder.cast(value.atom, ir.INT))
    function: Any = {ast.USub: operator.neg, ast.UAdd: operator.pos, ast.Invert: operator.invert}[type(node.op)]
    return known(function(value))


def truth(ctx: Context, value: Any) -> bool | ir.Var:
    """Return what a value is as a condition: known, or a scalar of the program."""
    if isinstance(value, Array):
        value = known(value.item()) if all(n == const(1) for n in value.sizes) else bool(value)
    if isinstance(value, UserList) and value.rows is not None:
        value = ctx.scalar(ctx.builder.let("greater", value.rows.length, const(0)))
    value = known(value)
    if isinstance(value, Scalar):
        atom = value.atom
        if atom.dtype != ir.BOOL:
            atom = ctx.builder.let("not_equal", atom, ir.Const(0 if atom.dtype == ir.INT else 0.0, atom.dtype))
        if isinstance(atom, ir.Var):
            return atom
        return bool(atom.value)
    return bool(value)


# ---- Comparisons

_COMPARE: dict[type[ast.cmpop], Callable[[Any, Any], Any]] = {
    ast.Lt: operator.lt, ast.LtE: operator.le, ast.Gt: operator.gt, ast.GtE: operator.ge, ast.Eq: operator.eq,
    ast.NotEq: operator.ne, ast.Is: operator.is_, ast.IsNot: operator.is_not,
}  # fmt: skip


def _compare(ctx: Context, node: ast.Compare) -> Any:
    from .branches import shortcut

    def step(position: int, left: Any) -> Any:
        right = evaluate(ctx, node.comparators[position])
        value = compare(ctx, node.ops[position], left, right)
        if position + 1 == len(node.ops):
            return value
        return shortcut(ctx, value, True, lambda: step(position + 1, right))

    return step(0, evaluate(ctx, node.left))


def compare(ctx: Context, op: ast.cmpop, left: Any, right: Any) -> Any:
    """Compare two values."""
    if isinstance(op, (ast.In, ast.NotIn)):
        found = _contains(ctx, left, right)
        if isinstance(op, ast.In):
            return found
        return not found if isinstance(found, bool) else ctx.scalar(ctx.builder.let("logical_not", atom_of(found)))
    if isinstance(op, (ast.Eq, ast.NotEq)) and isinstance(left, Operand) != isinstance(right, Operand):
        other = right if isinstance(left, Operand) else left
        if other is None or isinstance(other, str):
            return isinstance(op, ast.NotEq)
    return known(_COMPARE[type(op)](left, right))


def _contains(ctx: Context, value: Any, container: Any) -> Any:
    if isinstance(container, (dict, str, frozenset, set)) and not isinstance(value, Operand):
        return value in container
    from .branches import shortcut
    from .iteration import items_of

    found: Any = False
    for part in items_of(ctx, container):
        same = compare(ctx, ast.Eq(), part, value)
        found = shortcut(ctx, found, False, partial(_same, same))
    return found


def _same(value: Any) -> Any:
    return value


# ---- Attributes and items


def _attribute(ctx: Context, node: ast.Attribute) -> Any:
    return attribute(ctx, evaluate(ctx, node.value), node.attr)


def attribute(ctx: Context, value: Any, name: str) -> Any:
    """Return an attribute; a property that the user wrote is lowered like a call."""
    for cls in type(value).__mro__:
        found = cls.__dict__.get(name)
        if isinstance(found, property) and isinstance(found.fget, FunctionType) and not isinstance(value, Operand):
            from .calling import call

            return call(ctx, found.fget, (value,), {})
        if found is not None:
            break
    if isinstance(value, Scalar) and name in ("T", "real"):
        return value
    if isinstance(value, Operand):
        _has(ctx, value, name)
    result = getattr(value, name)
    if isinstance(value, ModuleType) and value.__name__.startswith("numpy.random"):
        ctx.refuse("Random numbers cannot be drawn inside a compiled function.", "Draw them before, and pass them in.")
    return known(result) if isinstance(value, Operand) else ctx.outside_attribute(value, name, result)


def _has(ctx: Context, value: Operand, name: str) -> None:
    """Refuse an attribute that NumPy's arrays have, and those of programs do not."""
    kind: Any = np.ndarray if isinstance(value, Array) else float
    if hasattr(value, name):
        return
    if hasattr(kind, name) or hasattr(np.float64, name):
        what = "an array" if kind is np.ndarray else "a number"
        ctx.refuse(f"The attribute {name} of {what} cannot be compiled.", "Use a function of NumPy, or loops.")
    msg = f"{kind.__name__!r} object has no attribute {name!r}"
    raise AttributeError(msg)


def _subscript(ctx: Context, node: ast.Subscript) -> Any:
    value = evaluate(ctx, node.value)
    return item(ctx, value, evaluate(ctx, node.slice))


def item(ctx: Context, value: Any, index: Any) -> Any:
    """Return ``value[index]``."""
    if isinstance(value, Array):
        from .calling import as_index

        return known(value[as_index(ctx, index)])
    if isinstance(value, UserList) and value.rows is not None:
        return value.rows.get(ctx, index)
    if _run_time(index):
        from .iteration import choose

        return choose(ctx, value, index)
    if isinstance(value, Scalar):
        return _item_of_scalar(ctx, value, index)
    with ctx.user_errors():
        result = value[index]
    return adopt(ctx, list(result)) if isinstance(value, UserList) and isinstance(index, slice) else result


def _item_of_scalar(ctx: Context, value: Scalar, index: Any) -> Any:
    if not value.weak and index in ((), Ellipsis):
        return value
    msg = "a number cannot be indexed"
    raise TypeError(msg)


def _run_time(index: Any) -> bool:
    if isinstance(index, slice):
        return any(isinstance(part, Operand) for part in (index.start, index.stop, index.step))
    return isinstance(index, Operand)


def _slice(ctx: Context, node: ast.Slice) -> slice:
    return slice(*[None if part is None else evaluate(ctx, part) for part in (node.lower, node.upper, node.step)])


def _named(ctx: Context, node: ast.NamedExpr) -> Any:
    from .assign import assign_name, settled

    value = settled(ctx, evaluate(ctx, node.value), node.target.id)
    assign_name(ctx, node.target.id, value)
    return value


def _later(module: str, name: str) -> Callable[[Context, Any], Any]:
    def handler(ctx: Context, node: Any) -> Any:
        from importlib import import_module

        return getattr(import_module(f".{module}", __package__), name)(ctx, node)

    return handler


_EXPRESSIONS: dict[type[ast.AST], Callable[[Context, Any], Any]] = {
    ast.Constant: _constant,
    ast.Name: lambda ctx, node: ctx.read(node.id),
    ast.Tuple: lambda ctx, node: tuple(_sequence(ctx, node.elts)),
    ast.List: lambda ctx, node: adopt(ctx, _sequence(ctx, node.elts)),
    ast.Dict: _dict,
    ast.Set: _set,
    ast.JoinedStr: _text,
    ast.BinOp: lambda ctx, node: binary(ctx, node.op, evaluate(ctx, node.left), evaluate(ctx, node.right)),
    ast.UnaryOp: _unary,
    ast.Compare: _compare,
    ast.Attribute: _attribute,
    ast.Subscript: _subscript,
    ast.Slice: _slice,
    ast.NamedExpr: _named,
    ast.BoolOp: _later("branches", "logical"),
    ast.IfExp: _later("branches", "conditional"),
    ast.Call: _later("calling", "call_node"),
    ast.Lambda: _later("calling", "make_closure"),
    ast.ListComp: _later("comprehensions", "list_of"),
    ast.GeneratorExp: _later("comprehensions", "generator_of"),
    ast.DictComp: _later("comprehensions", "dict_of"),
    ast.SetComp: _later("comprehensions", "set_of"),
}
