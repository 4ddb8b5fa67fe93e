"""New arrays of zeros into which a loop adds once, everywhere: the zeros and the addition are left out.

Where the loop leaves out the last elements (``x[:-1]``), only these are set to zero.
"""

from __future__ import annotations

from dataclasses import replace
from typing import NamedTuple, TypeGuard

from .. import ir
from ..activity import Classes
from ..build import Names
from ..own import own_names
from ..scan import loaded, stored, views_of, with_blocks

__all__ = ["assign_first", "touches"]

Shapes = dict[ir.Buffer, tuple[ir.Atom, ...]]
ZERO = ir.Const(0, ir.INT)


def assign_first(function: ir.Function) -> ir.Function:
    """Return the function with the first addition into a new array turned into an assignment.

    That is done if it reaches every element: a nest of loops over the whole shape with one store, at the counters.
    The outermost may be shorter.
    """
    body = _Assigning(function).block(function.body)
    return ir.Function(function.name, list(function.params), body, list(function.results), list(function.stacks))


class _Filling(NamedTuple):
    nest: ir.For
    whole: bool  # and no row is left out


class _Assigning:
    def __init__(self, function: ir.Function) -> None:
        self.classes = Classes(function.body, swaps=False)
        self.names: Names = own_names(ir.Program(function))
        self.sizes: set[ir.Atom] = {s.var for s in ir.walk(function.body) if _is_size(s)}
        self.lets: dict[ir.Atom, ir.Let] = {s.var: s for s in ir.walk(function.body) if isinstance(s, ir.Let)}

    def block(self, body: list[ir.Statement]) -> list[ir.Statement]:
        result = [with_blocks(s, self.block) for s in body]
        rests: dict[int, list[ir.Statement]] = {}
        for i, s in enumerate(result):
            if isinstance(s, ir.Alloc) and isinstance(s.fill, ir.Const) and s.fill.value == 0 and s.buffer.ndim:
                j, shapes = self.first_use(result, i, s)
                found = None if j is None else self.filling(result[j], s, shapes)
                if j is not None and found is not None:
                    result[i], result[j] = replace(s, fill=None), found.nest
                    # Several arrays may be filled by one nest.
                    rests.setdefault(j, []).extend([] if found.whole else self.rest(found.nest, s))
        return [t for j, s in enumerate(result) for t in (s, *rests.get(j, []))]

    def first_use(self, body: list[ir.Statement], start: int, made: ir.Alloc) -> tuple[int | None, Shapes]:
        """Return where a new array is touched first, and its shape by each of its names (in other shapes) till then."""
        shapes = {made.buffer: made.shape}
        for j, s in enumerate(body[start + 1 :], start + 1):
            if isinstance(s, ir.Alias) and s.base in shapes:
                shapes[s.buffer] = s.shape
            elif touches(s, made.buffer, self.classes):
                return j, shapes
        return None, shapes

    def filling(self, s: ir.Statement, made: ir.Alloc, shapes: Shapes) -> _Filling | None:
        """Return a nest with its addition into the new array turned into an assignment, or None if it is no filling."""
        store = _addition(s, shapes, self.classes)
        if store is None:
            return None
        nest = _nest(s, store)
        wanted = dict(zip(store.index, shapes[store.buffer], strict=True))
        counters = {loop.counter for loop in nest}
        if not len(counters) == len(nest) == len(store.index) or counters != set(wanted):  # a diagonal is not all
            return None
        shorter = [loop for loop in nest if loop.trip != wanted[loop.counter]]
        if shorter and (shorter[0] is not nest[0] or len(shorter) > 1 or not self.covers_most(nest[0], store, made)):
            return None
        return _Filling(_assigning(nest, store), not shorter)

    def covers_most(self, loop: ir.For, store: ir.Store, made: ir.Alloc) -> bool:
        """Tell whether a loop runs over the rows of the new array, and over nearly all."""
        length = self.lets.get(loop.trip)
        nearly = length is not None and length.op == "subtract" and length.args[0] == made.shape[0]
        return store.buffer == made.buffer and store.index[0] == loop.counter and (nearly or loop.trip in self.sizes)

    def rest(self, filled: ir.For, made: ir.Alloc) -> list[ir.Statement]:
        """Return the statements that set what a shorter outermost loop leaves out to zero."""
        left, row = self.integer("n"), self.integer("k")
        start: ir.Atom = filled.trip
        result: list[ir.Statement] = []
        if start not in self.sizes:
            start = self.integer("n")
            result.append(ir.Let(start, "maximum", (filled.trip, ZERO), made.place))
        counters = [self.integer("i") for _ in made.shape]
        assert made.fill is not None
        body: list[ir.Statement] = [ir.Store(made.buffer, (row, *counters[1:]), made.fill, place=made.place)]
        for counter, size in zip(counters[:0:-1], made.shape[:0:-1], strict=True):
            body = [ir.For(counter, size, body, parallel=True, place=made.place)]
        body = [ir.Let(row, "add", (start, counters[0]), made.place), *body]
        result.append(ir.Let(left, "subtract", (made.shape[0], start), made.place))
        return [*result, ir.For(counters[0], left, body, parallel=True, place=made.place)]

    def integer(self, hint: str) -> ir.Var:
        return ir.Var(self.names.fresh(hint), ir.INT)


def _is_size(s: ir.Statement) -> TypeGuard[ir.Let | ir.Dim]:
    """Tell whether a statement gives an integer that is certainly not negative."""
    if isinstance(s, ir.Let) and s.op == "maximum" and s.var.dtype == ir.INT:
        return any(isinstance(a, ir.Const) and a.value >= 0 for a in s.args)
    return isinstance(s, ir.Dim)


def touches(s: ir.Statement, buffer: ir.Buffer, classes: Classes) -> bool:
    """Tell whether a statement, or one inside it, names an array or another that may be the same storage."""
    group = classes.of(buffer)
    for t in ir.walk([s]):
        if isinstance(t, (ir.Let, ir.For, ir.If)):  # what is most common names none
            continue
        named = [*loaded(t), *stored(t), *[v.buffer for v in views_of(t)]]
        if isinstance(t, (ir.Alias, ir.Grow)):
            named.append(t.buffer)
        if any(classes.of(b) == group for b in named):
            return True
    return False


def _addition(s: ir.Statement, shapes: Shapes, classes: Classes) -> ir.Store | None:
    """Return the addition into a new array that is all that a nest of loops does with it."""
    while isinstance(s, ir.For) and s.stop is None:
        touching = [t for t in s.body if any(touches(t, b, classes) for b in shapes)]
        if len(touching) != 1:
            return None
        (s,) = touching
    # An array that changes places with others is touched where they are: the store must be into this very one.
    return s if isinstance(s, ir.Store) and s.add and s.buffer in shapes else None


def _nest(s: ir.Statement, store: ir.Store) -> list[ir.For]:
    """Return the loops around a store, the outermost first."""
    nest = []
    while isinstance(s, ir.For):
        nest.append(s)
        s = next(t for t in s.body if any(inner is store for inner in ir.walk([t])))
    return nest


def _assigning(nest: list[ir.For], store: ir.Store) -> ir.For:
    old: ir.Statement = store
    new: ir.Statement = replace(store, add=False)
    for loop in reversed(nest):
        changed = replace(loop, body=[new if t is old else t for t in loop.body])
        old, new = loop, changed
    return changed
