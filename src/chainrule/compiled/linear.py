"""The derivative of a program as a linear program: the function runs once, and then every direction by itself.

A matrix of derivatives in forward mode has a sweep for each column. In each of them the tangents differ, and all else
is the same. So the function runs once and keeps what the tangents are multiplied by, as it does for a reverse sweep;
and a sweep ahead does no more than move a direction along.

What is kept must not grow with the number of steps of a simulation: forward mode is what one takes to save nothing.
Programs for which it would are left to `tangent`, which computes everything again. A value for each element of an array
is kept, for the array itself takes as much.

References
----------
Griewank and Walther, *Evaluating Derivatives*, 2nd ed. 2008, section 3.1 (vector mode: the cost of the function is
shared by the directions).
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from typing import NamedTuple, NoReturn

from ..errors import UnsupportedError
from . import ir, scan
from .activity import Activity, is_float
from .adjoint.layout import Layout, Loop, Region
from .adjoint.memory import Memory
from .adjoint.needs import Copy, Needs
from .adjoint.partials import PAIRED
from .adjoint.rows import keep_rows
from .adjoint.saves import Saves
from .adjoint.sweep import Insertions, Mirror
from .build import Builder
from .own import own_names, private, whole
from .recursion import Family
from .tangent import Tangent

__all__ = ["Linear", "linearized"]

_FEW = 512  # iterations, all loops together, for each of which something may be kept


class Linear(NamedTuple):
    """A function that keeps what its tangents need, and the function of the tangents.

    Attributes
    ----------
    forward : Function
        Returns what the original returns, and then what is kept.
    ahead : Function
        Takes the parameters of the original, what is kept, and a tangent for the parameter that is differentiated by;
        returns the tangent of each floating-point result.
    """

    forward: ir.Function
    ahead: ir.Function


class _Apart(Exception):
    """The function and its tangents cannot run one after the other."""


def linearized(program: ir.Program, wrt: int) -> Linear | None:
    """Return a program and its tangents by one parameter as two functions, or None if they have to be one."""
    if program.others:
        return None
    rows: set[str] = set()
    copies: set[Copy] = set()
    try:
        while True:
            attempt = _Attempt(program.entry, wrt, rows, copies)
            made = attempt.build()
            wanted = {b.name for b in attempt.needs.wanted} - rows
            rows |= wanted
            if wanted:
                continue
            if not attempt.needs.could_do_without():
                return made
            copies = copies | attempt.needs.copied
    except _Apart:
        return None


class _Attempt:
    """One try: the outcome may ask for arrays that keep a row for each iteration."""

    def __init__(self, original: ir.Function, wrt: int, rows: set[str], copies: set[Copy]) -> None:
        self.names = own_names(ir.Program(original))
        self.function, self.prelude, self.params = private(original, self.names)
        function = self.function
        _require_few(Layout(function), rows)
        keep_rows(function, rows, self.names)
        self.x, self.given = function.params[wrt], self.params[wrt]
        self.results = [r for r in function.results if is_float(r.buffer if isinstance(r, ir.View) else r)]
        ends = [r.buffer if isinstance(r, ir.View) else r for r in self.results if not isinstance(r, ir.Const)]
        active = Activity(function, [self.x], ends)
        layout = Layout(function)
        memory = Memory(layout, active.classes)
        self.insertions = Insertions(self.names)
        saves = _FewSaves(layout, memory, self.insertions)
        self.mirror = Mirror(layout.root, None, Builder(self.names, rough=True), Builder(self.names, rough=True))
        self.needs = Needs(layout, memory, saves, {layout.root: self.mirror}, copies)
        self.ahead = _Ahead(self.mirror, active, self.needs)

    def build(self) -> Linear:
        function, ahead = self.function, self.ahead
        tangent = ahead.parameter(self.x, self.given)
        ahead.without_tangent([p for p in function.params if isinstance(p, ir.Buffer)])
        ahead.block(function.body)
        dots = [ahead.result(r) for r in self.results]
        before = [*self.prelude, *self.insertions.apply(function.body)]
        after = self.mirror.statements()
        kept = _free(after, dots, [*self.params, tangent])
        first = ir.Function(
            f"{function.name}_forward", self.params, before, [*function.results, *_shown(before, kept)], _stacks(before)
        )
        then = ir.Function(f"{function.name}_ahead", [*self.params, *kept, tangent], after, dots)
        return Linear(first, then)


def _free(body: list[ir.Statement], dots: list[ir.Atom | ir.View], params: Sequence[ir.Var | ir.Buffer]
          ) -> list[ir.Var | ir.Buffer]:  # fmt: skip
    """Return the scalars and arrays that a sweep takes from the one before it."""
    own: set[ir.Var | ir.Buffer] = set()
    for s in ir.walk(body):
        own |= {*scan.defined(s), *scan.made(s)}
    used: list[ir.Var | ir.Buffer] = []
    for s in ir.walk(body):
        used += [a for a in scan.atoms_of(s) if isinstance(a, ir.Var)]
        used += sorted(scan.named(s), key=lambda b: b.name)
    for r in dots:
        atoms = [*scan.atoms_of_view(r)] if isinstance(r, ir.View) else [r]
        used += [a for a in atoms if isinstance(a, ir.Var)]
        used += [r.buffer] if isinstance(r, ir.View) else []
    return [x for x in dict.fromkeys(used) if x not in own and x not in params]


def _shown(body: list[ir.Statement], kept: list[ir.Var | ir.Buffer]) -> Iterator[ir.Atom | ir.View]:
    """Return what is kept as results: an array that the sweep has made as a whole, which then need not be copied."""
    shapes = {s.buffer: s.shape for s in body if isinstance(s, ir.Alloc)}
    for x in kept:
        if isinstance(x, ir.Var):
            yield x
        elif x in shapes:
            axes = [ir.Axis(k, ir.Const(0, ir.INT), 1, n) for k, n in enumerate(shapes[x])]
            yield ir.View(x, tuple(axes))
        else:
            builder = Builder()
            view = whole(builder, x)
            body += builder.block
            yield view


def _stacks(body: list[ir.Statement]) -> list[ir.Stack]:
    return list(dict.fromkeys([s.stack for s in ir.walk(body) if isinstance(s, (ir.Push, ir.Pop))]))


# ---- What may be kept


def _require_few(layout: Layout, rows: set[str]) -> None:
    for b, region in layout.home.items():
        if isinstance(b, ir.Buffer) and b.name in rows:
            _require_known(layout, region)


def _require_known(layout: Layout, region: Region) -> None:
    """Require that the loops around a region have few iterations in all, or as many as an array has elements."""
    loops = [loop for loop in region.loops if not (isinstance(loop, ir.For) and loop.parallel)]
    trips = [loop.trip.value for loop in loops if isinstance(loop, ir.For) and isinstance(loop.trip, ir.Const)]
    long = [loop for loop in loops if not (isinstance(loop, ir.For) and isinstance(loop.trip, ir.Const))]
    if math.prod(trips) > _FEW or len(long) > 1 or not all(_is_along_array(layout, loop) for loop in long):
        raise _Apart


def _is_along_array(layout: Layout, loop: Loop) -> bool:
    """Tell whether a loop has no more iterations than an array has rows."""
    return isinstance(loop, ir.For) and _is_length(layout, loop.trip)


def _is_length(layout: Layout, x: ir.Atom) -> bool:
    if isinstance(x, ir.Const):
        return True
    s = layout.origin.get(x)
    if isinstance(s, ir.Let) and s.op in ("add", "subtract", "minimum", "maximum"):
        return all(_is_length(layout, a) for a in s.args)
    return isinstance(s, ir.Dim)


class _FewSaves(Saves):
    """Saves whose number does not depend on the arguments."""

    def _rows(self, name: str, dtype: str, region: Region, shape: Sequence[ir.Atom]) -> ir.Buffer:
        _require_known(self.layout, region)
        return super()._rows(name, dtype, region, shape)

    def _stack(self, x: ir.Var, region: Region) -> NoReturn:
        raise _Apart

    def _copy_stack(self, view: ir.View, at: ir.Statement, region: Region, copying: Builder) -> NoReturn:
        raise _Apart

    def _refuse_in_head(self, s: ir.Statement) -> None:
        try:
            super()._refuse_in_head(s)
        except UnsupportedError:
            raise _Apart from None


# ---- The sweep


class _Ahead(Tangent):
    """Writes the tangents alone, statement by statement; primal values come from the sweep before."""

    def __init__(self, mirror: Mirror, active: Activity, needs: Needs) -> None:
        super().__init__(mirror.main, active, Family({}))
        self.mirror = mirror
        self.needs = needs

    def value(self, x: ir.Atom) -> ir.Atom:
        return self.needs.value(x)

    def held(self, s: ir.Call, x: ir.Atom | ir.View, after: bool = False) -> ir.Atom | ir.View:
        return self.needs.view(x, s, after) if isinstance(x, ir.View) else self.needs.value(x)

    def slope(self, s: ir.Let, i: int) -> ir.Atom:
        if s.op in PAIRED and self.needs.layout.home[s.var].loops:
            return self.needs.value(self.needs.saves.factor(s, i))
        return super().slope(s, i)

    def statement(self, s: ir.Statement) -> None:
        self.mirror.prologue.place = s.place
        super().statement(s)

    def primal(self, s: ir.Statement) -> None:
        """Leave out what the sweep before has done; what it took from a stack cannot be taken again."""
        if isinstance(s, (ir.Push, ir.Pop)) and self.active(s.stack):
            raise _Apart

    def _inside(self, region: Region, counter: ir.Var | None, body: Sequence[ir.Statement]) -> list[ir.Statement]:
        """Write the sweep of a region."""
        outer, names = self.mirror, self.builder.names
        prologue, main = Builder(names, rough=True), Builder(names, rough=True)
        for builder in (prologue, main):
            builder.place = self.builder.place
        self.mirror, self.builder = Mirror(region, counter, prologue, main), main
        self.needs.mirrors[region] = self.mirror
        self.block(list(body))
        inside = self.mirror.statements()
        del self.needs.mirrors[region]
        self.mirror, self.builder = outer, outer.main
        return inside

    def _if(self, s: ir.If) -> None:
        regions = [self.needs.layout.region(s, branch) for branch in (0, 1)]
        then, orelse = (self._inside(r, None, body) for r, body in zip(regions, (s.then, s.orelse), strict=True))
        active = [m for m in s.merges if self.active(m.result)]
        merges = [ir.Merge(self.new(m.result), self.dot(m.then), self.dot(m.orelse)) for m in active]
        if then or orelse or merges:
            self.builder.add(ir.If(self.value(s.test), then, orelse, merges, s.place))

    def _loop(self, s: ir.For | ir.While) -> None:
        active = [c for c in s.carried if self.active(c.phi)]
        inits = [self.dot(c.init) for c in active]
        phis = [self.new(c.phi) for c in active]
        steps = s.trip if isinstance(s, ir.For) and s.count is None else s.count
        assert steps is not None
        trip = self.value(steps)
        counter = self.builder.counter(trip, s.counter.hint)
        body = [*s.head, *s.body] if isinstance(s, ir.While) else s.body
        inside = self._inside(self.needs.layout.region(s), counter, body)
        carried = [
            ir.Carried(phi, init, self.dot(c.next), self.new(c.result))
            for c, phi, init in zip(active, phis, inits, strict=True)
        ]
        if inside or carried:
            loop = ir.For(counter, trip, inside, carried, place=s.place)
            if isinstance(s, ir.For):
                loop.parallel, loop.backward = s.parallel and not carried, s.backward
            self.builder.add(loop)
