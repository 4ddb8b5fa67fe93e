"""Values that come out of two branches: what is the same stays, numbers are merged, structures part by part."""

from __future__ import annotations

from dataclasses import fields, is_dataclass
from typing import Any

import numpy as np

from .. import facts, ir
from ..scalar import Scalar, joint_dtype
from ..scan import Renaming, atoms_of_view
from .array import Array
from .context import Context
from .expressions import atom_of, is_number
from .state import UNDEFINED, Clash, Possibly, UserDict, UserList

__all__ = ["Merger", "alike", "kind_of", "parts_of", "placeholder", "rebuild", "same"]

ZERO = {ir.BOOL: False, ir.INT: 0, ir.FLOAT: 0.0, ir.SINGLE: 0.0}


def placeholder(dtype: str) -> ir.Const:
    """Return a number for where none is needed."""
    return ir.Const(ZERO[dtype], dtype)


def same(a: Any, b: Any) -> bool:
    """Whether two values are the same at lowering, so that nothing needs to be merged."""
    if a is b:
        return True
    if isinstance(a, Scalar) and isinstance(b, Scalar):
        return a.atom == b.atom and a.weak == b.weak
    if isinstance(a, Array) and isinstance(b, Array):
        return isinstance(a.source, ir.View) and a.source == b.source and a.locked == b.locked
    if type(a) is not type(b) or isinstance(a, (UserList, UserDict)):
        return False
    if isinstance(a, Possibly):
        return a.defined == b.defined and same(a.value, b.value)
    if isinstance(a, (bool, int, float, str, np.generic)):
        return (bool(a == b) and repr(a) == repr(b)) or (a != a and b != b)
    parts, others = parts_of(a), parts_of(b)
    if parts is None or others is None:
        return _equal(a, b)
    return len(parts) == len(others) and all(map(same, parts, others))


def _equal(a: Any, b: Any) -> bool:
    try:
        return bool(a == b)
    except Exception:
        return False


def parts_of(value: Any) -> list[Any] | None:
    """Return the parts of a structure; None for what has none."""
    if isinstance(value, UserList):
        return None if value.rows is not None else list(value)
    if isinstance(value, tuple):
        return list(value)
    if isinstance(value, UserDict):
        return list(value.values())
    if is_dataclass(value) and not isinstance(value, type):
        return [getattr(value, f.name) for f in fields(value)]
    return None


def alike(a: Any, b: Any) -> bool:
    """Whether two structures have the same kind, length and keys."""
    if type(a) is not type(b):
        return False
    parts, others = parts_of(a), parts_of(b)
    if parts is None or others is None or len(parts) != len(others):
        return False
    return not isinstance(a, UserDict) or list(a) == list(b)


def rebuild(ctx: Context, value: Any, parts: list[Any], owned: bool = True) -> Any:
    """Return a structure like another, with other parts; lists and dicts may be changed if they are `owned`."""
    if isinstance(value, (UserList, UserDict)):
        made: Any = UserList(parts) if isinstance(value, UserList) else UserDict(zip(value, parts, strict=True))
        return ctx.heap.add(made) if owned else made
    if isinstance(value, tuple):
        return type(value)(*parts) if hasattr(value, "_fields") else tuple(parts)
    instance = object.__new__(type(value))
    for f, part in zip(fields(value), parts, strict=True):
        object.__setattr__(instance, f.name, part)
    return instance


class Merger:
    """Merges the values of two branches into those after them; collects the merges and what each branch must add."""

    def __init__(self, ctx: Context, test: ir.Var, before: Any = ()) -> None:
        self.ctx = ctx
        self.before = {id(container) for container in before}
        self.test = test
        self.merges: list[ir.Merge] = []
        self.made: dict[tuple[int, int], Any] = {}

    def scalar(self, then: ir.Atom, orelse: ir.Atom, hint: str) -> ir.Atom:
        if then == orelse:
            return then
        if then.dtype == ir.BOOL and (then, orelse) == (ir.Const(True, ir.BOOL), ir.Const(False, ir.BOOL)):
            return self.test
        for merge in self.merges:
            if (merge.then, merge.orelse) == (then, orelse):
                return merge.result
        result = self.ctx.builder.var(hint, then.dtype)
        self.merges.append(ir.Merge(result, then, orelse))
        return result

    def value(self, then: Any, orelse: Any, hint: str, casts: Any) -> Any:
        """Merge two values; `casts` casts an atom at the end of one branch."""
        if same(then, orelse):
            return then
        key = (id(then), id(orelse))
        if key not in self.made:
            self.made[key] = self._merged(then, orelse, hint, casts), then, orelse
        return self.made[key][0]

    def _merged(self, then: Any, orelse: Any, hint: str, casts: Any) -> Any:
        for value in (then, orelse):
            if isinstance(value, Clash):
                return value
        if any(x is UNDEFINED or isinstance(x, Possibly) for x in (then, orelse)):
            return self._possibly(then, orelse, hint, casts)
        if is_number(then) and is_number(orelse):
            dtype, weak = joint_dtype([then, orelse])
            one, other = casts(0, atom_of(then), dtype), casts(1, atom_of(orelse), dtype)
            return self.ctx.scalar(self.scalar(one, other, hint), weak)
        if id(then) in self.before or id(orelse) in self.before:
            return Clash(f"it is {kind_of(then)} or another one, and which one is decided at run time.",
                         "Make a new one on both paths.")  # fmt: skip
        if alike(then, orelse):
            pairs = zip(parts_of(then) or [], parts_of(orelse) or [], strict=True)
            return rebuild(self.ctx, then, [self.value(a, b, hint, casts) for a, b in pairs])
        if isinstance(then, Array) and isinstance(orelse, Array):
            return Clash("it is one array or another, and which one is decided at run time.",
                         "Write the values into one array (t[...] = ...), made before the branch.")  # fmt: skip
        return Clash(f"it is {kind_of(then)} or {kind_of(orelse)}, and which one is decided at run time.")

    def _possibly(self, then: Any, orelse: Any, hint: str, casts: Any) -> Any:
        one, value = _flag(then)
        other, otherwise = _flag(orelse)
        if value is UNDEFINED or otherwise is UNDEFINED:
            merged = self.one_sided(otherwise if value is UNDEFINED else value, value is UNDEFINED, hint)
        else:
            merged = self.value(value, otherwise, hint, casts)
        if isinstance(merged, Clash):
            return merged
        return Possibly(merged, self._flagged(one, other, hint))

    def _flagged(self, one: ir.Atom, other: ir.Atom, hint: str) -> ir.Atom:
        if (one, other) == (ir.Const(False, ir.BOOL), ir.Const(True, ir.BOOL)):
            return self.ctx.builder.let("logical_not", self.test, hint=f"{hint}_set")
        return self.scalar(one, other, f"{hint}_set")

    def one_sided(self, value: Any, in_orelse: bool, hint: str) -> Any:
        """Bring a value out of one branch; in the other one it is not needed."""
        if isinstance(value, Possibly):
            flag = self.one_sided(Scalar(value.defined, self.ctx.builder, True), in_orelse, f"{hint}_set")
            return Possibly(self.one_sided(value.value, in_orelse, hint), flag.atom)
        if isinstance(value, Scalar) and isinstance(value.atom, ir.Var):
            zero = placeholder(value.atom.dtype)
            merged = self.scalar(zero, value.atom, hint) if in_orelse else self.scalar(value.atom, zero, hint)
            return Scalar(merged, self.ctx.builder, value.weak)
        parts = None if id(value) in self.before else parts_of(value)
        if parts is not None:
            return rebuild(self.ctx, value, [self.one_sided(p, in_orelse, hint) for p in parts])
        return self._shown(value, in_orelse) if isinstance(value, Array) else value

    def _shown(self, array: Array, in_orelse: bool) -> Array:
        """Bring a view out of one branch: with it, the numbers that were computed there for its places and sizes."""
        from .aliases import available, make, recipe_of

        builder, view = self.ctx.builder, array.view
        there, outside = available(builder), dict[ir.Atom, ir.Atom]()
        for n in dict.fromkeys(atoms_of_view(view)):
            if isinstance(n, ir.Var) and n not in there:
                recipe = recipe_of(builder, n, there)
                then, orelse = (placeholder(ir.INT), n) if in_orelse else (n, placeholder(ir.INT))
                outside[n] = self.scalar(then, orelse, n.hint) if recipe is None else make(builder, recipe)
                if n in view.shape:
                    facts.known_size(builder, outside[n])
        if not outside:
            return array
        return array.showing(Renaming(lambda n: outside.get(n, n), lambda b: b, lambda v: v).view(view))


def _flag(value: Any) -> tuple[ir.Atom, Any]:
    """Return whether a value is there, and the value."""
    if value is UNDEFINED:
        return ir.Const(False, ir.BOOL), UNDEFINED
    if isinstance(value, Possibly):
        return value.defined, value.value
    return ir.Const(True, ir.BOOL), value


def kind_of(value: Any) -> str:
    """Say what a value is, for an error."""
    if isinstance(value, Array):
        return f"an array with {value.ndim} axes"
    return "a number" if is_number(value) else f"{value!r}" if value is None else f"a {type(value).__name__}"
