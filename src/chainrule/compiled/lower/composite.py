"""Rows that are definitions in terms of others: their texts are run on values of the program, where that can be."""

from __future__ import annotations

from typing import Any

import numpy as np

from ...errors import MissingRuleError
from ...rules import Row
from .. import facts, ir
from ..build import Builder
from ..scalar import Scalar
from ..shadow import shadow
from .array import Array
from .nest import whole

__all__ = ["apply_composite"]

# What a text raises that wants to know more of its arguments than their types: whether one is longer than the other.
_WANTING = (AttributeError, TypeError)
_runs: dict[Any, bool] = {}


def apply_composite(row: Row, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
    """Return what a definition makes of values of the program; it is called as it is if its text does not run."""
    builder = _builder((args, kwargs))
    if builder is None or _text_runs(builder, row, args, kwargs):
        return shadow(row)(*args, **kwargs)
    from .external import apply_external

    return apply_external(builder, row, args, kwargs)


def _builder(tree: Any) -> Builder | None:
    """Return the builder of the program that a value belongs to."""
    parts = tree.values() if type(tree) is dict else tree if isinstance(tree, (tuple, list)) else ()
    found = [tree.builder] if isinstance(tree, (Scalar, Array)) else [_builder(part) for part in parts]
    return next((b for b in found if b is not None), None)


def _text_runs(builder: Builder, row: Row, args: tuple[Any, ...], kwargs: dict[str, Any]) -> bool:
    """Try a text on values of another program, which are like those given."""
    copier = _Copier(builder)
    copied = copier.copy(args), copier.copy(kwargs)
    key = (row, *copier.notes)
    if key not in _runs:
        _runs[key] = True
        try:
            shadow(row)(*copied[0], **copied[1])
        except MissingRuleError:
            pass
        except _WANTING:
            _runs[key] = False
        except Exception:
            return True  # an error of the user's
    return _runs[key]


class _Copier:
    """Makes values of a new program that are like given ones: lengths that are equal stay so.

    Attributes
    ----------
    notes : list
        What was copied: programs for arguments of equal notes are alike.
    """

    def __init__(self, builder: Builder) -> None:
        self.builder = builder
        self.copies = Builder()
        self.lengths: list[tuple[ir.Atom, ir.Var]] = []
        self.notes: list[Any] = []

    def copy(self, tree: Any) -> Any:
        if type(tree) is dict:
            self.notes.append(tuple(tree))
            return {key: self.copy(part) for key, part in tree.items()}
        if isinstance(tree, (tuple, list)):
            self.notes.append((type(tree), len(tree)))
            return type(tree)(*map(self.copy, tree)) if hasattr(tree, "_fields") else type(tree)(map(self.copy, tree))
        if isinstance(tree, Scalar):
            self.notes.append((tree.atom if isinstance(tree.atom, ir.Const) else tree.atom.dtype, tree.weak))
            return Scalar(self.atom(tree.atom), self.copies, tree.weak)
        if isinstance(tree, Array):
            return self.array(tree)
        self.notes.append((type(tree), repr(tree)) if not isinstance(tree, np.ndarray) else ("array", tree.tobytes()))
        return tree

    def array(self, x: Array) -> Array:
        sizes = [self.length(n) for n in x.sizes]
        self.notes.append((x.kind, tuple([n if isinstance(n, ir.Const) else n.name for n in sizes])))
        buffer = ir.Buffer(self.copies.names.fresh("x"), x.kind, x.ndim)
        return Array.from_view(self.copies, whole(self.copies, buffer, sizes))

    def length(self, n: ir.Atom) -> ir.Atom:
        if isinstance(n, ir.Const):
            return n
        for known, copied in self.lengths:
            if facts.equal(self.builder, known, n):
                return copied
        self.lengths.append((n, self.copies.var("n", ir.INT)))
        facts.known_size(self.copies, self.lengths[-1][1], not_one=True)
        return self.lengths[-1][1]

    def atom(self, x: ir.Atom) -> ir.Atom:
        if isinstance(x, ir.Const):
            return x
        return self.length(x) if x.dtype == ir.INT else self.copies.var("x", x.dtype)
