"""The parameters of a program: the user's arguments, and the arrays that the function has from its surroundings."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

from ... import tree
from .. import ir
from ..records import vague
from ..scalar import Scalar
from ..signature import kind_of, spec_of
from ..spec import ArraySpec, Capture, ScalarSpec, Static
from .array import Array
from .context import Context
from .state import Captured, UserDict, UserList

__all__ = ["Parameters", "captured"]


class Parameters:
    """The parameters so far, in order."""

    def __init__(self, ctx: Context) -> None:
        self.ctx = ctx
        self.params: list[ir.Var | ir.Buffer] = []
        self.specs: list[ScalarSpec | ArraySpec] = []

    def value(self, spec: Any, hint: str) -> Any:
        """Return the value that stands for an argument."""
        builder = self.ctx.builder
        if isinstance(spec, Static):
            self.ctx.notice(spec.value)
            return spec.value
        self.specs.append(spec)
        if isinstance(spec, ScalarSpec):
            var = builder.var(hint, spec.dtype)
            builder.parameters.add(var)
            self.params.append(var)
            return Scalar(var, builder, spec.weak)
        lengths = spec.lengths if any(spec.lengths) else ()
        buffer = ir.Buffer(builder.names.fresh(hint), spec.dtype, spec.ndim, lengths)
        self.params.append(buffer)
        return Array.parameter(builder, buffer, spec)

    def arguments(self, names: list[str], args: Any) -> Any:
        """Return the arguments with values of the program for their leaves."""
        leaves, structure = tree.flatten(args)
        hints = _hints(names, args, len(leaves))
        return tree.unflatten(structure, [self.value(spec, hint) for spec, hint in zip(leaves, hints, strict=True)])


def _hints(names: list[str], args: Any, count: int) -> list[str]:
    """Return a name for each leaf: the parameter's, and the way from there."""
    import optree

    paths = optree.tree_paths(args, tree._sighted, none_is_leaf=True, namespace=tree._NAMESPACE)
    hints = []
    for path in paths:
        top, *rest = path
        parts = [names[top] if isinstance(top, int) and top < len(names) else str(top), *map(str, rest)]
        text = "_".join(parts)
        hints.append(text if text.isidentifier() else "".join([c if c.isalnum() else "_" for c in text]))
    assert len(hints) == count
    return hints


def captured(ctx: Context, value: Any, name: str, read: Callable[[], Any]) -> Any:
    """Return an array from the function's surroundings, the same one each time that it is read."""
    known = ctx.captured.get(id(value))
    if known is None:
        kind, given = kind_of(value)
        assert ctx.parameters is not None
        with ctx.at_top():
            array = ctx.parameters.value(vague(spec_of(kind)), name)
        capture = Capture(name, kind, [])
        ctx.captures.append(capture)
        known = ctx.captured[id(value)] = Captured(capture, array, given, value)
    reads = known.capture.reads
    if _way(read) not in [_way(other) for other in reads]:
        reads.append(read)
    return known.array


def _way(read: Any) -> Any:
    """Return what tells whether two functions read the same name, attribute or element."""
    if isinstance(read, partial):
        return (read.func, *map(_way, read.args))
    return read if isinstance(read, (str, int)) else id(read)


def plain_containers(value: Any) -> Any:
    """Return a result in which the lists and dicts are ordinary ones."""
    if isinstance(value, UserList):
        return [plain_containers(v) for v in value]
    if isinstance(value, UserDict):
        return {k: plain_containers(v) for k, v in value.items()}
    if isinstance(value, tuple):
        parts = [plain_containers(v) for v in value]
        return type(value)(*parts) if hasattr(value, "_fields") else tuple(parts)
    return value
