"""Sums along the short rows of a matrix are taken for many rows side by side.

``for k: for d: out[k] += (x[d] - y[k, d])**2`` ends each short row with adding up the numbers of a vector register,
which takes as long as the row. If the matrix stays the same in a loop around that, it is transposed once, in front, and
the numbers of a register belong to different rows: ``for d: for k: out[k] += (x[d] - columns[d, k])**2``. Eight columns
are taken at a time, so that `out` is read and written once for these. Whether there are enough rows, and short ones, is
asked when the program runs.

References
----------
Loop interchange, unroll-and-jam and copying to a contiguous array: Allen and Kennedy, *Optimizing Compilers for Modern
Architectures*, 2001, sections 5.2, 8.4 and 9.3.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from .. import ir
from ..activity import Classes
from ..build import Builder
from ..own import own_names
from ..scan import atoms_of, defined, loaded, made, stored, with_blocks
from .unroll import Copy

__all__ = ["sum_columns"]

AT_A_TIME = 8
# Fewer rows fill no register, and more of them no cache; longer ones, and those that are used less, gain nothing.
FEW, MANY, LONG, OFTEN = 8, 4096, 64, 8


@dataclass
class _Sum:
    """Sums along rows: what is the same for all rows of a column, and what is not, with the element that is added."""

    rows: ir.For
    row: ir.For
    store: ir.Store
    alike: list[ir.Statement]
    apart: list[ir.Statement]
    added: ir.Atom
    matrices: list[ir.Buffer]


@dataclass
class _Ready:
    """What is there before the loop in which a matrix stays the same."""

    test: ir.Atom
    columns: dict[ir.Buffer, ir.Buffer]
    blocks: ir.Atom
    rest: ir.Atom
    first: ir.Atom


def sum_columns(function: ir.Function) -> ir.Function:
    """Return the function with sums along rows taken side by side. This comes last: it makes large programs."""
    search = _Search(function)
    body = search.block(function.body)
    return replace(function, body=body) if search.found else function


class _Search:
    def __init__(self, function: ir.Function) -> None:
        self.names = own_names(ir.Program(function))
        self.classes = Classes(function.body)
        self.found = False
        self.ready: dict[int, _Ready] = {}  # for loops over rows, by identity

    def block(self, body: list[ir.Statement]) -> list[ir.Statement]:
        result: list[ir.Statement] = []
        for s in body:
            if id(s) in self.ready:
                assert isinstance(s, ir.For)
                result.append(self._side_by_side(s, self.ready[id(s)]))
                continue
            if isinstance(s, ir.For):
                result += self._before(s)
            result.append(with_blocks(s, self.block))
        return result

    # ---- What can be done

    def _before(self, around: ir.For) -> list[ir.Statement]:
        """Return what stands before a loop in which there are sums along rows of matrices that stay the same."""
        builder = Builder(self.names, rough=True)
        builder.place = around.place
        inside = list(ir.walk(around.body))
        written = {self.classes.of(b) for s in inside for b in (*stored(s), *made(s))}
        changing = {v for s in (around, *inside) for v in defined(s)}
        for s in inside:
            found = _sum_along_rows(s, self.classes) if isinstance(s, ir.For) and id(s) not in self.ready else None
            if found is None or {found.rows.trip, found.row.trip} & changing or self._is_rare(around):
                continue
            if not any(self.classes.of(b) in written for b in found.matrices):
                self.ready[id(s)] = self._prepared(builder, found, around.trip)
                self.found = True
        return builder.block

    def _is_rare(self, around: ir.For) -> bool:
        return isinstance(around.trip, ir.Const) and around.trip.value < OFTEN

    def _prepared(self, builder: Builder, s: _Sum, often: ir.Atom) -> _Ready:
        rows, length, number = s.rows.trip, s.row.trip, _number
        test: ir.Atom = ir.Const(True, ir.BOOL)
        for op, x, bound in (("greater_equal", rows, FEW), ("less_equal", rows, MANY), ("less", length, LONG),
                             ("greater_equal", often, OFTEN)):  # fmt: skip
            test = builder.let("logical_and", test, builder.let(op, x, number(bound)))
        columns = {b: self._transposed(builder, b, test) for b in s.matrices}
        blocks = builder.let("floor_divide", builder.let("maximum", length, number(0)), number(AT_A_TIME))
        first = builder.let("multiply", blocks, number(AT_A_TIME))
        return _Ready(test, columns, blocks, builder.let("subtract", length, first), first)

    def _transposed(self, builder: Builder, matrix: ir.Buffer, test: ir.Atom) -> ir.Buffer:
        """Append a transposed copy of a matrix; an empty one if it is not to be used."""
        rows, length = builder.dim(matrix, 0), builder.dim(matrix, 1)
        count = builder.let("select", test, length, _number(0), hint="n")
        columns = builder.alloc("columns", matrix.dtype, (count, rows))
        with builder.loop(count, "j", parallel=True) as j, builder.loop(rows, "i", parallel=True) as i:
            builder.store(columns, (j, i), builder.load(matrix, (i, j)))
        return columns

    # ---- What becomes of it

    def _side_by_side(self, loop: ir.For, ready: _Ready) -> ir.Statement:
        s = _sum_along_rows(loop, self.classes)
        assert s is not None
        builder = Builder(self.names, rough=True)
        builder.place = loop.place
        start = s.row.carried[0].init
        with builder.loop(loop.trip, "i", parallel=True) as i:
            builder.store(s.store.buffer, (*s.store.index[:-1], i), start)
        with builder.loop(ready.blocks, "k") as k:
            place = builder.let("multiply", k, _number(AT_A_TIME))
            self._add(builder, s, ready, [builder.let("add", place, _number(j)) for j in range(AT_A_TIME)])
        with builder.loop(ready.rest, "k") as k:
            self._add(builder, s, ready, [builder.let("add", ready.first, k)])
        return ir.If(ready.test, builder.block, [loop], place=loop.place)

    def _add(self, builder: Builder, s: _Sum, ready: _Ready, places: list[ir.Atom]) -> None:
        """Append a loop that adds, for all rows, the elements of some columns."""
        copies = []
        for place in places:
            copy = Copy(self.names, set())
            copy.values[s.row.counter] = place
            builder.block += copy.body(s.alike)
            copies.append(copy)
        with builder.loop(s.rows.trip, "i", parallel=True) as i:
            index = (*s.store.index[:-1], i)
            total: ir.Atom = builder.load(s.store.buffer, index, "total")
            for copy, place in zip(copies, places, strict=True):
                copy.values[s.rows.counter] = i
                turned = [self._turned(t, s, ready, place, i) for t in copy.body(s.apart)]
                builder.block += turned
                total = builder.let("add", total, copy.values.get(s.added, s.added), hint="total")
            builder.store(s.store.buffer, index, total)

    def _turned(self, t: ir.Statement, s: _Sum, ready: _Ready, place: ir.Atom, i: ir.Atom) -> ir.Statement:
        if isinstance(t, ir.Load) and t.buffer in ready.columns and t.index == (i, place):
            return replace(t, buffer=ready.columns[t.buffer], index=(place, i))
        return t


def _number(value: int) -> ir.Const:
    return ir.Const(value, ir.INT)


def _sum_along_rows(rows: ir.For, classes: Classes) -> _Sum | None:
    """Return what a loop does if it puts the sum along each row of a matrix into an array, and nothing else."""
    if not _is_plain(rows) or rows.carried or len(rows.body) != 2:
        return None
    row, store = rows.body
    if not (isinstance(row, ir.For) and isinstance(store, ir.Store) and _is_plain(row) and len(row.carried) == 1):
        return None
    total = row.carried[0]
    *terms, last = row.body or [row]
    *fixed, last_index = store.index or [row.trip]
    if last_index != rows.counter or rows.counter in (*fixed, row.trip) or store.value != total.result or store.add:
        return None
    if not isinstance(last, ir.Let) or last.op != "radd" or last.var != total.next or last.args[0] != total.phi:
        return None
    if not isinstance(total.init, ir.Const) or any(not isinstance(t, (ir.Let, ir.Load)) for t in terms):
        return None
    return _sorted(_Sum(rows, row, store, [], [], last.args[1], []), terms, classes)


def _is_plain(loop: ir.For) -> bool:
    return loop.stop is None and not loop.threads and not loop.backward


def _sorted(s: _Sum, terms: list[ir.Statement], classes: Classes) -> _Sum | None:
    """Sort the statements of a sum into those that are the same for all rows, and the others."""
    k, d, phi = s.rows.counter, s.row.counter, s.row.carried[0].phi
    varying: set[ir.Atom] = {k}
    written = classes.of(s.store.buffer)
    for t in terms:
        assert isinstance(t, (ir.Let, ir.Load))
        if phi in atoms_of(t) or written in map(classes.of, loaded(t)):
            return None
        if not varying & set(atoms_of(t)):
            s.alike.append(t)
            continue
        if isinstance(t, ir.Load):
            if t.index != (k, d):
                return None
            s.matrices.append(t.buffer)
        varying.add(t.var)
        s.apart.append(t)
    s.matrices[:] = dict.fromkeys(s.matrices)
    return s if s.matrices and s.added in varying and s.added != phi else None
