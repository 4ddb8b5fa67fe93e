"""Assignments: to names, to parts of arrays, lists and dicts, and to several targets at once."""

from __future__ import annotations

import ast
from collections.abc import Callable
from typing import Any, TypeGuard

import numpy as np

from ...rules import Operand, lookup
from .. import ir
from ..scalar import Scalar
from .array import Array
from .context import Context, known
from .expressions import binary, evaluate, is_number, item
from .indexing import is_basic
from .rebinding import stored_in_place
from .state import UserDict, UserList

__all__ = ["assign", "assign_name", "augment", "settled", "write"]

NAMELESS = ("t", "k", "n", "i", "j", "inside", "same")


def settled(ctx: Context, value: Any, hint: str = "t") -> Any:
    """Return a value in which no array waits to be computed."""
    if isinstance(value, Array):
        return value.materialise(hint)
    if isinstance(value, (UserList, UserDict)) or type(value) is tuple or hasattr(value, "_fields"):
        for part in value.values() if isinstance(value, dict) else value:
            settled(ctx, part, hint)
    return value


def assign(ctx: Context, target: ast.expr, value: Any) -> None:
    """Do ``target = value``."""
    ctx.node = target
    match target:
        case ast.Name():
            if isinstance(value, Array):
                value = stored_in_place(ctx, target.id, value)
            assign_name(ctx, target.id, settled(ctx, value, target.id))
        case ast.Tuple() | ast.List():
            _unpack(ctx, target.elts, value)
        case ast.Subscript():
            write(ctx, evaluate(ctx, target.value), evaluate(ctx, target.slice), value)
        case ast.Attribute():
            _refuse_attribute(ctx, target)
        case _:
            ctx.refuse("This target of an assignment cannot be compiled.", "Assign to a name.", target)


def _refuse_attribute(ctx: Context, target: ast.Attribute) -> None:
    ctx.refuse(
        f"The attribute {target.attr} of an object is assigned.",
        "Keep the value in a local name, and return it or a new object (dataclasses.replace).",
        target,
    )


def assign_name(ctx: Context, name: str, value: Any) -> None:
    """Bind a name."""
    if isinstance(value, Scalar) and _is_nameless(value.atom, ctx) and value.atom.hint != name:
        ctx.hints.setdefault(value.atom, name)
    if isinstance(value, Array) and value.buffer_is_nameless:
        ctx.hints.setdefault(value.view.buffer, name)
    ctx.frame.names[name] = value


def _is_nameless(x: ir.Atom, ctx: Context) -> TypeGuard[ir.Var]:
    return isinstance(x, ir.Var) and x.hint in NAMELESS and x not in ctx.builder.parameters


def _unpack(ctx: Context, targets: list[ast.expr], value: Any) -> None:
    from .iteration import unpacked

    starred = [i for i, t in enumerate(targets) if isinstance(t, ast.Starred)]
    values = unpacked(ctx, value, len(targets), starred[0] if starred else None)
    for target, part in zip(targets, values, strict=True):
        assign(ctx, target.value if isinstance(target, ast.Starred) else target, part)


def write(ctx: Context, container: Any, index: Any, value: Any) -> None:
    """Do ``container[index] = value``."""
    if isinstance(container, Array):
        from .calling import as_index, as_value

        container[as_index(ctx, index)] = as_value(ctx, value)
        return
    if isinstance(container, UserList) and container.rows is not None:
        container.rows.set(ctx, index, value)
        return
    own_container(ctx, container)
    if isinstance(index, (Operand, slice)):
        ctx.refuse("An element of a list is written at an index that is known at run time only.", "Use an array.")
    with ctx.user_errors():
        container[index] = settled(ctx, value, "item")


def own_container(ctx: Context, container: Any) -> None:
    """Refuse to change what the user's code has not made itself."""
    if isinstance(container, (Scalar, np.generic, tuple, str, int, float)):
        kind = "float" if isinstance(container, Scalar) else type(container).__name__
        msg = f"'{kind}' object does not support item assignment"
        raise TypeError(msg)
    if not ctx.heap.owns(container):
        ctx.refuse(
            f"A {type(container).__name__} from outside of the function is changed.",
            "Make a copy first, with list(...) or dict(...), and return it if the caller needs it.",
        )


# ---- Augmented

_ROWS: dict[type[ast.operator], Callable[..., Any]] = {
    ast.Add: np.add, ast.Sub: np.subtract, ast.Mult: np.multiply, ast.Div: np.true_divide, ast.Pow: np.power,
    ast.MatMult: np.matmul, ast.FloorDiv: np.floor_divide, ast.Mod: np.remainder, ast.BitAnd: np.bitwise_and,
    ast.BitOr: np.bitwise_or, ast.BitXor: np.bitwise_xor,
}  # fmt: skip


def augment(ctx: Context, node: ast.AugAssign) -> None:
    """Do ``target += value`` or the like."""
    target = node.target
    if isinstance(target, ast.Name):
        before = ctx.read(target.id)
        value = evaluate(ctx, node.value)
        assign_name(ctx, target.id, settled(ctx, augmented(ctx, node.op, before, value), target.id))
    elif isinstance(target, ast.Subscript):
        container, index = evaluate(ctx, target.value), evaluate(ctx, target.slice)
        _augment_item(ctx, node, container, index)
    else:
        _refuse_attribute(ctx, target)


def _augment_item(ctx: Context, node: ast.AugAssign, container: Any, index: Any) -> None:
    quiet = not any(isinstance(part, ast.Call) for part in ast.walk(node.value))
    if isinstance(container, Array) and quiet and type(node.op) in _ROWS:
        from .calling import as_index, as_value

        at = as_index(ctx, index)
        if not all(map(is_basic, at if isinstance(at, tuple) else (at,))):
            container.update_at(at, lookup(_ROWS[type(node.op)]), as_value(ctx, evaluate(ctx, node.value)))
            return
    before = item(ctx, container, index)
    count = len(ctx.builder.block)
    value = evaluate(ctx, node.value)
    if isinstance(before, Scalar) and isinstance(container, Array) and _adds(ctx, node.op, before, value, count):
        from .calling import as_index

        parts = as_index(ctx, index)
        element = container[(*(parts if isinstance(parts, tuple) else (parts,)), ...)]
        element.inplace(lookup(_ROWS[type(node.op)]), value)
        return
    if isinstance(before, Array) and isinstance(before.source, ir.View) and isinstance(container, Array):  # noqa: SIM102
        if before.source.buffer == container.view.buffer and not before.locked:
            augmented(ctx, node.op, before, value)
            return
    write(ctx, container, index, augmented(ctx, node.op, before, value))


def _adds(ctx: Context, op: ast.operator, before: Scalar, value: Any, count: int) -> bool:
    """Whether a number is added to an element, which nothing has written meanwhile."""
    simple = (ir.Let, ir.Load, ir.Dim, ir.Check)
    quiet = all(isinstance(s, simple) for s in ctx.builder.block[count:])
    return isinstance(op, (ast.Add, ast.Sub)) and quiet and before.dtype.kind == "f" and is_number(value)


def augmented(ctx: Context, op: ast.operator, before: Any, value: Any) -> Any:
    """Return what ``before op= value`` binds: arrays and lists are changed in place."""
    if isinstance(before, Array):
        from .calling import as_value

        return before.inplace(lookup(_ROWS[type(op)]), as_value(ctx, value))
    if isinstance(before, UserList) and isinstance(op, ast.Add):
        from .lists import extend

        extend(ctx, before, value)
        return before
    if isinstance(before, UserDict) and isinstance(op, ast.BitOr):
        own_container(ctx, before)
        before.update(value)
        return before
    return known(binary(ctx, op, before, value))
