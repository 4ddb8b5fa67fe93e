"""The reverse sweep: each statement's contribution to the cotangents of what it read, last statement first."""

from __future__ import annotations

from .. import ir
from ..activity import Activity, is_float
from ..build import Builder, Names
from ..opaque import reverse_call
from ..recursion import Family, reverse_invoke
from .layout import Layout, Region
from .needs import Needs
from .partials import PAIRED, flows, is_singular, partial, product
from .shadows import Shadows
from .sweep import Mirror

__all__ = ["Reverse"]

_ONE = ir.Const(1, ir.INT)


class Reverse:
    """Writes the reverse of a function's body.

    Parameters
    ----------
    chooses : bool
        True if the program chooses between values.
    """

    def __init__(self, layout: Layout, activity: Activity, needs: Needs, shadows: Shadows, names: Names,
                 chooses: bool, family: Family) -> None:  # fmt: skip
        self.layout = layout
        self.active = activity
        self.needs = needs
        self.shadows = shadows
        self.names = names
        self.chooses = chooses
        self.family = family
        self.mirrors = needs.mirrors

    # ---- Cotangents

    def gather(self, mirror: Mirror, x: ir.Atom, contribution: ir.Atom) -> None:
        """Add to the cotangent of a scalar."""
        if isinstance(x, ir.Const) or not self.active(x):
            return
        contribution = mirror.main.cast(contribution, x.dtype)
        known = mirror.adjoints.get(x)
        op = "radd" if self._in_any_order(x, mirror.region) else "add"
        if known is not None:
            contribution = mirror.main.let(op, known, contribution, hint=f"{x.hint}_bar")
        mirror.adjoints[x] = contribution

    def _in_any_order(self, x: ir.Var, region: Region) -> bool:
        """Tell whether a sum collects from the iterations of a loop: its order is ours to choose."""
        return len(region.loops) > len(self.layout.home[x].loops)

    # ---- Statements

    def block(self, body: list[ir.Statement], mirror: Mirror) -> None:
        for s in reversed(body):
            mirror.main.place = mirror.prologue.place = s.place
            self.statement(s, mirror)

    def statement(self, s: ir.Statement, mirror: Mirror) -> None:
        match s:
            case ir.Let():
                self._let(s, mirror)
            case ir.Load():
                self._load(s, mirror)
            case ir.Store():
                self._store(s, mirror)
            case ir.Alloc():
                self._alloc(s, mirror)
            case ir.For() | ir.While():
                self._loop(s, mirror)
            case ir.If():
                self._if(s, mirror)
            case ir.Swap():
                self._swap(s, mirror)
            case ir.Push():
                self._push(s, mirror)
            case ir.Pop():
                self._pop(s, mirror)
            case ir.Call():
                self._call(s, mirror)
            case ir.Invoke():
                self._invoke(s, mirror)

    def _let(self, s: ir.Let, mirror: Mirror) -> None:
        g = mirror.adjoints.pop(s.var, None)
        if g is None:
            return
        for i in flows(s):
            x = s.args[i]
            if isinstance(x, ir.Var) and self.active(x):
                self.gather(mirror, x, self._contribution(s, i, g, mirror.main))

    def _contribution(self, s: ir.Let, i: int, g: ir.Atom, builder: Builder) -> ir.Atom:
        x = s.args[i]
        hint = f"{x.hint}_bar" if isinstance(x, ir.Var) else "t"
        if s.op in (ir.FLOAT, ir.SINGLE, "tie"):
            return g
        if s.op == "gmul":
            return builder.let("gmul", g, self.needs.value(s.args[1 - i]), hint=hint)
        if s.op == "select":
            zero = ir.Const(0.0, g.dtype)
            test = self.needs.value(s.args[0])
            return builder.let("select", test, *((g, zero) if i == 1 else (zero, g)), hint=hint)
        if s.op in PAIRED and self.layout.home[s.var].loops:
            p = self.needs.value(self.needs.saves.factor(s, i))
        else:
            p = partial(builder, s, i, self.needs.value)
        return product(builder, g, p, is_singular(s.op, self.chooses), hint)

    def _load(self, s: ir.Load, mirror: Mirror) -> None:
        g = mirror.adjoints.pop(s.var, None)
        if g is not None and self.active(s.buffer):
            mirror.main.store(self.shadows.of(s.buffer), self.shadows.index(s.buffer, s.index), g, add=True)

    def _store(self, s: ir.Store, mirror: Mirror) -> None:
        if not self.active(s.buffer):
            return
        shadow = self.shadows.of(s.buffer)
        index = self.shadows.index(s.buffer, s.index)
        if isinstance(s.value, ir.Var) and self.active(s.value):
            g = mirror.main.load(shadow, index, hint=f"{s.value.hint}_bar")
            self._clear(s, shadow, index, mirror)
            self.gather(mirror, s.value, g)
        else:
            self._clear(s, shadow, index, mirror)

    def _clear(self, s: ir.Store, shadow: ir.Buffer, index: list[ir.Atom], mirror: Mirror) -> None:
        if not s.add and not self.shadows.written_once(s):
            mirror.main.store(shadow, index, ir.Const(0.0, shadow.dtype))

    def _alloc(self, s: ir.Alloc, mirror: Mirror) -> None:
        """The number that fills a new array gets the cotangents of all its elements."""
        if isinstance(s.fill, ir.Var) and self.active(s.fill) and self.active(s.buffer):
            sizes = [self.needs.value(n) for n in s.shape]
            zero = ir.Const(0.0, s.fill.dtype)
            self.gather(mirror, s.fill, _total(mirror.main, self.shadows.of(s.buffer), sizes, [], zero))

    def _push(self, s: ir.Push, mirror: Mirror) -> None:
        if self.active(s.stack):
            self.gather(mirror, s.value, mirror.main.pop(self.shadows.stack(s.stack), hint="t_bar"))

    def _pop(self, s: ir.Pop, mirror: Mirror) -> None:
        if self.active(s.stack):
            g = mirror.adjoints.pop(s.var, ir.Const(0.0, s.var.dtype))
            mirror.main.push(self.shadows.stack(s.stack), g)

    def _swap(self, s: ir.Swap, mirror: Mirror) -> None:
        """Give the shadows their names back.

        The arrays themselves keep the names that they have in the end: a swap counts as a write (see `Memory`), so
        what was read before it is not read again.
        """
        if self.active(s.targets[0]):
            targets, sources = (tuple(map(self.shadows.of, side)) for side in (s.targets, s.sources))
            mirror.main.add(ir.Swap(sources, targets, s.place))

    def _call(self, s: ir.Call, mirror: Mirror) -> None:
        if any(self.active(x) for x in s.outs) or any(self.active(v.buffer) for v in s.writes):
            reverse_call(self, s, mirror)

    def _invoke(self, s: ir.Invoke, mirror: Mirror) -> None:
        reverse_invoke(self, s, mirror)

    # ---- Structures

    def _if(self, s: ir.If, mirror: Mirror) -> None:
        seeds = [(m, mirror.adjoints.pop(m.result, None)) for m in list(s.merges)]
        if all(g is None for _, g in seeds) and not self._touched(s):
            return
        outer = dict(mirror.adjoints)
        mirrors = [self._branch(s, branch, seeds, mirror) for branch in (0, 1)]
        blocks = [m.statements() for m in mirrors]
        merges = self._merged(mirror, mirrors, outer)
        if any(blocks) or merges:
            test = self.needs.value(s.test)
            mirror.main.add(ir.If(test, blocks[0], blocks[1], merges, place=s.place))

    def _branch(self, s: ir.If, branch: int, seeds: list[tuple[ir.Merge, ir.Atom | None]], outer: Mirror) -> Mirror:
        region = self.layout.region(s, branch)
        mirror = self._open(region, None, outer)
        mirror.adjoints.update({x: g for x, g in outer.adjoints.items() if region.within(self.layout.home[x])})
        for m, g in seeds:
            if g is not None:
                self.gather(mirror, m.orelse if branch else m.then, g)
        self.block(s.orelse if branch else s.then, mirror)
        del self.mirrors[region]
        return mirror

    def _merged(self, mirror: Mirror, branches: list[Mirror], outer: dict[ir.Var, ir.Atom]) -> list[ir.Merge]:
        """Let the cotangents that a branch has changed come out of it."""
        merges = []
        here = mirror.region
        for x in dict.fromkeys([*branches[0].adjoints, *branches[1].adjoints]):
            ends = [b.adjoints.get(x, outer.get(x)) for b in branches]
            if not here.within(self.layout.home[x]):
                continue
            if ends[0] == ends[1]:  # known outside of both
                mirror.adjoints[x] = ends[0] or ir.Const(0.0, x.dtype)
                continue
            zero = ir.Const(0.0, x.dtype)
            result = mirror.main.var(f"{x.hint}_bar", x.dtype)
            merges.append(ir.Merge(result, ends[0] or zero, ends[1] or zero))
            mirror.adjoints[x] = result
        return merges

    def _loop(self, s: ir.For | ir.While, mirror: Mirror) -> None:
        seeds = [mirror.adjoints.pop(c.result, None) for c in s.carried]
        if all(g is None for g in seeds) and not self._touched(s):
            return
        region = self.layout.region(s)
        trip = self.needs.value(s.trip if isinstance(s, ir.For) and s.count is None else s.count)  # type: ignore[arg-type]
        forward = self._runs_forward(s, region)
        counter = mirror.main.counter(trip, s.counter.hint)
        inside = self._open(region, counter, mirror)
        carried = [(c, g) for c, g in zip(s.carried, seeds, strict=True) if self.active(c.phi)]
        outer = self._gathered_outside(s, region)
        accumulators = self._accumulators(mirror, inside, outer)
        phis = [self._enter(inside, c) for c, _ in carried]
        for (c, _), phi in zip(carried, phis, strict=True):
            self.gather(inside, c.next, phi)
        self.block(s.body, inside)
        if isinstance(s, ir.While):
            self.block(s.head, inside)
        del self.mirrors[region]
        results, ends = self._leave(mirror, inside, carried, phis)
        ends += self._close(mirror, inside, accumulators)
        backward = (s.backward if isinstance(s, ir.For) else False) == forward
        loop = ir.For(counter, trip, inside.statements(), ends, parallel=forward and not ends, backward=backward,
                      place=s.place)  # fmt: skip
        mirror.main.place = s.place
        if loop.body or ends:
            mirror.main.add(loop)
        for (c, _), result in zip(carried, results, strict=True):
            self.gather(mirror, c.init, result)

    def _runs_forward(self, s: ir.For | ir.While, region: Region) -> bool:
        """Independent iterations may be reversed in their own order, which is the better one for the machine."""
        if not isinstance(s, ir.For) or not s.parallel or s.counter.name in self.shadows.ordered:
            return False
        if not self.needs.saves.regular(region):
            return False
        self.needs.saves.unordered.add(id(s))
        return True

    def _open(self, region: Region, counter: ir.Atom | None, outer: Mirror) -> Mirror:
        prologue, main = Builder(self.names, rough=True), Builder(self.names, rough=True)
        for builder in (prologue, main):
            builder.place = outer.main.place
        mirror = Mirror(region, counter, prologue, main)
        self.mirrors[region] = mirror
        return mirror

    def _enter(self, inside: Mirror, c: ir.Carried) -> ir.Var:
        return inside.main.var(f"{c.phi.hint}_bar", c.phi.dtype)

    def _leave(self, mirror: Mirror, inside: Mirror, carried: list[tuple[ir.Carried, ir.Atom | None]],
               phis: list[ir.Var]) -> tuple[list[ir.Atom], list[ir.Carried]]:  # fmt: skip
        """Return the cotangents of the first values of what a loop carries, and what its reverse carries."""
        results: list[ir.Atom] = []
        ends = []
        for (c, g), phi in zip(carried, phis, strict=True):
            zero = ir.Const(0.0, phi.dtype)
            end = inside.adjoints.pop(c.phi, zero)
            if end == phi:  # it passes through unchanged (a sum)
                inside.replace(phi, g or zero)
                results.append(g or zero)
                continue
            result = mirror.main.var(phi.hint, phi.dtype)
            ends.append(ir.Carried(phi, g or zero, end, result))
            results.append(result)
        for carry in ends:
            carry.next = inside.replaced(carry.next)
        return results, ends

    def _gathered_outside(self, s: ir.For | ir.While, region: Region) -> list[ir.Var]:
        """Return the active scalars from outside a loop to whose cotangents its iterations add."""
        from ..scan import atoms_of

        read = [a for t in ir.walk([*region.body, *(s.head if isinstance(s, ir.While) else [])]) for a in atoms_of(t)]
        read += [c.next for c in s.carried]
        outside = [a for a in read if isinstance(a, ir.Var) and is_float(a) and self.active(a)]
        return [a for a in dict.fromkeys(outside) if not self.layout.home[a].within(region)]

    def _accumulators(self, mirror: Mirror, inside: Mirror, outer: list[ir.Var]) -> list[tuple[ir.Var, ir.Var]]:
        pairs = [(x, inside.main.var(f"{x.hint}_bar", x.dtype)) for x in outer]
        inside.adjoints.update(dict(pairs))
        return pairs

    def _close(self, mirror: Mirror, inside: Mirror, accumulators: list[tuple[ir.Var, ir.Var]]) -> list[ir.Carried]:
        ends = []
        for x, phi in accumulators:
            end = inside.replaced(inside.adjoints.pop(x))
            if end == phi:  # nothing was added
                continue
            result = mirror.main.var(phi.hint, phi.dtype)
            ends.append(ir.Carried(phi, mirror.adjoints.get(x, ir.Const(0.0, x.dtype)), end, result))
            mirror.adjoints[x] = result
        return ends

    def _touched(self, s: ir.Statement) -> bool:
        """Tell whether a statement reads or writes an active buffer or stack, or swaps arrays."""
        from ..scan import loaded, stored

        for t in ir.walk([s]):
            if isinstance(t, (ir.Swap, ir.Invoke)) or (isinstance(t, (ir.Push, ir.Pop)) and self.active(t.stack)):
                return True
            if any(self.active(b) for b in (*loaded(t), *stored(t))):
                return True
        return False


def _total(builder: Builder, array: ir.Buffer, sizes: list[ir.Atom], index: list[ir.Atom], start: ir.Atom) -> ir.Atom:
    """Return a number plus the sum of all elements whose index begins like this."""
    if not sizes:
        return builder.let("radd", start, builder.load(array, index), hint="total")
    counter = builder.counter(sizes[0])
    phi, result = (builder.var("total", array.dtype) for _ in range(2))
    with builder.into([], counter) as body:
        end = _total(builder, array, sizes[1:], [*index, counter], phi)
    builder.add(ir.For(counter, sizes[0], body, [ir.Carried(phi, start, end, result)], place=builder.place))
    return result
