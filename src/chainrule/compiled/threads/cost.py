"""How much a loop does, as a formula in lengths: whether threads are worth their start is decided when it runs."""

from __future__ import annotations

from collections import Counter
from math import prod

from .. import ir
from ..adjoint.layout import Layout
from ..ops import cost_of

__all__ = ["Cost", "Work"]

# A sum of products: how much work, for each tuple of lengths. The unit is an addition in a loop that runs in vectors.
Work = Counter[tuple[ir.Atom, ...]]

SCALAR = 8  # how much longer anything takes outside of such loops
ALLOCATION = 60
FLOATS = (ir.FLOAT, ir.SINGLE)


class Cost:
    """The work of statements of one function, in additions; what is not known is guessed."""

    GUESS = 16.0  # a length

    def __init__(self, layout: Layout) -> None:
        self.layout = layout

    def guess(self, work: Work) -> float:
        return sum(factor * self.GUESS ** len(lengths) for lengths, factor in work.items())

    def loop(self, s: ir.For) -> Work:
        """Return the work of a loop, in lengths that are known where it stands."""
        return _known(self.statement(s), Names(self.layout, s))

    def block(self, body: list[ir.Statement], unit: int = SCALAR) -> Work:
        total: Work = Counter()
        for s in body:
            total.update(self.statement(s, unit))
        return total

    def statement(self, s: ir.Statement, unit: int = SCALAR) -> Work:
        match s:
            case ir.Let(var, op):
                return _constant(unit * cost_of(op) if var.dtype in FLOATS or cost_of(op) > 1 else 0)
            case ir.Load() | ir.Store():
                return _constant(unit)
            case ir.Alloc():
                return _constant(unit * ALLOCATION)
            case ir.For():
                return _times(self.trip(s), self.block(s.body, 1 if _is_simple(s) else SCALAR))
            case ir.While():
                return _times(_constant(int(self.GUESS)), self.block([*s.head, *s.body]))
            case ir.If():
                return max(self.block(s.then), self.block(s.orelse), key=self.guess)
            case ir.Call():
                return self._call(s)
        return Counter()

    def trip(self, s: ir.For) -> Work:
        """Return how many iterations a loop has: a length, or a guess by the length that it is computed from."""
        return _constant(int(s.trip.value)) if isinstance(s.trip, ir.Const) else Counter({(s.trip,): 1})

    def _call(self, s: ir.Call) -> Work:
        views = [x for x in (*s.reads, *s.writes) if isinstance(x, ir.View)]
        sizes = [n for x in views for n in x.shape]
        if s.function == "matmul":
            sizes = [*views[0].shape, *views[1].shape[1:]]
        lengths = tuple(sorted([n for n in sizes if isinstance(n, ir.Var)], key=str))
        constant = prod([max(int(n.value), 1) for n in sizes if isinstance(n, ir.Const)])
        return Counter({lengths: constant, (): SCALAR * ALLOCATION})


class Names:
    """What is known before a loop, and what stands there for a length that is not."""

    def __init__(self, layout: Layout, loop: ir.For) -> None:
        self.layout, self.place = layout, layout.place[id(loop)]

    def of(self, x: ir.Atom) -> ir.Atom | None:
        """Return a length from which one that is computed in the loop comes, None if there is none."""
        if isinstance(x, ir.Const):
            return None
        if self.place.within(self.layout.home[x]):
            return x
        s = self.layout.origin.get(x)
        if isinstance(s, ir.Let) and s.op in ("add", "subtract", "maximum", "minimum"):
            return next((n for n in map(self.of, s.args) if n is not None), None)
        return None


def _is_simple(s: ir.For) -> bool:
    """Tell whether a loop may run in vectors."""
    free = {t.var for t in s.body if isinstance(t, ir.Let) and t.op == "radd"}
    plain = all(isinstance(t, (ir.Let, ir.Load, ir.Store)) for t in s.body)
    return plain and s.stop is None and all(c.next in free for c in s.carried)


def _constant(value: int) -> Work:
    return Counter({(): value} if value else {})


def _times(a: Work, b: Work) -> Work:
    result: Work = Counter()
    for lengths, factor in a.items():
        for more, other in b.items():
            result[tuple(sorted([*lengths, *more], key=str))] += factor * other
    return result


def _known(work: Work, names: Names) -> Work:
    """Put what is known before the loop for the lengths: half of that, on the average."""
    result: Work = Counter()
    for lengths, factor in work.items():
        found: list[ir.Atom] = []
        for n in lengths:
            known = names.of(n)
            if known is None:
                factor *= 8
            else:
                factor = factor if known == n else max(factor // 2, 1)
                found.append(known)
        result[tuple(found)] += factor
    return result
