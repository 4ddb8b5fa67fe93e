"""Small changes to a function before it is written out, which make no difference to what it computes."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace

from .. import ir
from .effects import atoms_of, view_atoms
from .rows import with_rows

__all__ = ["WHOLE", "Shapes", "prepare"]

WHOLE = ir.Const(-1, ir.INT)  # the size of an axis that shows all of its buffer's

PURE = (ir.Let, ir.Load, ir.Dim)


class Shapes:
    """The atoms that are known to be the lengths of buffers."""

    def __init__(self, function: ir.Function) -> None:
        self.known: dict[tuple[ir.Buffer, int], set[ir.Atom]] = {}
        if isinstance(function, ir.Part):
            self.known.update({key: set(known) for key, known in function.lengths.items()})
        for s in ir.walk(function.body):
            if isinstance(s, ir.Dim):
                self._note(s.buffer, s.axis, s.var)
            elif isinstance(s, (ir.Alloc, ir.Alias)):
                for axis, size in enumerate(s.shape):
                    self._note(s.buffer, axis, size)
            elif isinstance(s, ir.Grow):
                self.known[s.buffer, 0] = set()

    def _note(self, buffer: ir.Buffer, axis: int, size: ir.Atom) -> None:
        self.known.setdefault((buffer, axis), set()).add(size)

    def lengths(self, buffer: ir.Buffer, axis: int) -> set[ir.Atom]:
        if buffer.lengths and buffer.lengths[axis]:
            return {ir.Const(buffer.lengths[axis], ir.INT)}
        return self.known.get((buffer, axis), set())

    def is_length(self, x: ir.Atom, buffer: ir.Buffer, axis: int) -> bool:
        return x in self.lengths(buffer, axis)

    def bare(self, x: ir.Atom | ir.View) -> ir.Atom | ir.View:
        """Return a view without the lengths that need not be written."""
        if not isinstance(x, ir.View):
            return x
        return replace(x, axes=tuple([self._bare(axis, x.buffer) for axis in x.axes]))

    def _bare(self, axis: ir.Axis, buffer: ir.Buffer) -> ir.Axis:
        if axis.base is None or axis.step != 1 or not isinstance(axis.start, ir.Const) or axis.start.value:
            return axis
        return replace(axis, size=WHOLE) if self.is_length(axis.size, buffer, axis.base) else axis


def prepare(function: ir.Function, shapes: Shapes, boundscheck: bool = True) -> ir.Function:
    """Return the function with indices that Python wraps itself, without what is never used."""
    wraps = {s.var: s.args for s in ir.walk(function.body) if isinstance(s, ir.Let) and s.op == "wrap"}
    elided = _elided(function, shapes, wraps)
    body = _block(function.body, {var: wraps[var][0] for var in elided}, shapes, boundscheck)
    results = [shapes.bare(x) for x in function.results]
    made = replace(function, body=body, results=results)
    while _prune(made):
        pass
    made.body = with_rows(made, shapes.lengths)
    while _prune(made):
        pass
    return made


def _elided(function: ir.Function, shapes: Shapes, wraps: dict[ir.Var, tuple[ir.Atom, ...]]) -> set[ir.Var]:
    """Return the variables that are nothing but indices on axes of the length by which they are wrapped."""
    if not wraps:
        return set()
    elsewhere: set[ir.Atom] = set()
    for s in ir.walk(function.body):
        index = s.index if isinstance(s, (ir.Load, ir.Store)) else ()
        for axis, x in enumerate(index):
            if x in wraps and not shapes.is_length(wraps[x][1], s.buffer, axis):  # type: ignore[union-attr]
                elsewhere.add(x)
        read = [*atoms_of(s), *_inner_atoms(s)]
        for x in index:
            read.remove(x)
        elsewhere.update(read)
    for result in function.results:
        elsewhere.update(view_atoms(result) if isinstance(result, ir.View) else [result])
    return wraps.keys() - elsewhere


def _inner_atoms(s: ir.Statement) -> list[ir.Atom]:
    found: list[ir.Atom] = []
    if isinstance(s, (ir.For, ir.While)):
        found += [c.next for c in s.carried]
        found += [] if s.stop is None else [s.stop]
    if isinstance(s, ir.While):
        found.append(s.test)
    if isinstance(s, ir.If):
        found += [x for m in s.merges for x in (m.then, m.orelse)]
    return found


def _block(body: list[ir.Statement], elided: dict[ir.Var, ir.Atom], shapes: Shapes,
           boundscheck: bool) -> list[ir.Statement]:  # fmt: skip
    made: list[ir.Statement] = []
    for s in body:
        if isinstance(s, ir.Check) and s.error == "IndexError" and not boundscheck:
            continue
        inner = [_block(block, elided, shapes, boundscheck) for block in ir.blocks(s)]
        if isinstance(s, ir.Let) and s.var in elided:
            s = ir.Let(s.var, "index", (elided[s.var],), s.place)
        elif isinstance(s, ir.For):
            s = replace(s, body=inner[0])
        elif isinstance(s, ir.While):
            s = replace(s, head=inner[0], body=inner[1])
        elif isinstance(s, ir.If):
            s = replace(s, then=inner[0], orelse=inner[1])
        elif isinstance(s, ir.Call):
            reads, writes = tuple(map(shapes.bare, s.reads)), tuple(map(shapes.bare, s.writes))
            s = replace(s, reads=reads, writes=writes)  # type: ignore[arg-type]
        elif isinstance(s, ir.Invoke):
            s = replace(s, args=tuple(map(shapes.bare, s.args)))
        made.append(s)
    return made


def _prune(function: ir.Function) -> bool:
    """Take out definitions that nobody reads; tell whether there were any."""
    used: Counter[ir.Atom] = Counter()
    for s in ir.walk(function.body):
        used.update([*atoms_of(s), *_inner_atoms(s)])
    for result in function.results:
        used.update(view_atoms(result) if isinstance(result, ir.View) else [result])
    return _prune_block(function.body, used)


def _prune_block(body: list[ir.Statement], used: Counter[ir.Atom]) -> bool:
    kept = [s for s in body if not (isinstance(s, PURE) and not used[s.var])]
    changed = len(kept) < len(body)
    body[:] = kept
    for s in body:
        for block in ir.blocks(s):
            changed = _prune_block(block, used) or changed
        if isinstance(s, (ir.For, ir.While)):
            carried = [c for c in s.carried if used[c.phi] or used[c.result]]
            changed = changed or len(carried) < len(s.carried)
            s.carried = carried
        if isinstance(s, ir.If):
            merges = [m for m in s.merges if used[m.result]]
            changed = changed or len(merges) < len(s.merges)
            s.merges = merges
    return changed
