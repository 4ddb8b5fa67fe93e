"""What the forward sweep saves, and how the reverse sweep gets it back.

Where every loop around a scalar has a trip count that is known beforehand, its values go into an array indexed by the
loop counters. In a ``while``, and in loops whose length changes from one iteration to the next, they go on a stack.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import NamedTuple

from .. import ir
from ..build import Builder
from ..errors_at import unsupported
from ..ops import cost_of
from .affine import bound, bounded
from .layout import Layout, Region
from .memory import Memory
from .partials import partial
from .sweep import Insertions, Mirror

__all__ = ["OrderNeeded", "Saved", "Saves", "each", "element"]

Value = Callable[[ir.Atom], ir.Atom]
_ZERO, _ONE = ir.Const(0, ir.INT), ir.Const(1, ir.INT)


class Saved(NamedTuple):
    """One kind of thing that is saved: for the report of what memory a gradient takes, and why.

    Attributes
    ----------
    name : str
        The array or stack in the emitted program.
    what : str
        The user's name of it.
    how : str
        ``"array"``, ``"stack"`` or ``"rows"``.
    why : str
    place : Place or None
    """

    name: str
    what: str
    how: str
    why: str
    place: ir.Place | None


class OrderNeeded(Exception):
    """A loop was reversed in its own order, and something in it turned out to need the reverse order."""

    def __init__(self, loop: ir.For | ir.While) -> None:
        super().__init__()
        self.loop = loop


class Saves:
    """The saves of one adjoint.

    Attributes
    ----------
    known : dict
        The buffer or stack in which a scalar is saved.
    unordered : set of int
        The identities of the loops whose reverse runs in the order of the loop itself.
    report : list of Saved
    """

    def __init__(self, layout: Layout, memory: Memory, insertions: Insertions) -> None:
        self.layout = layout
        self.memory = memory
        self.insertions = insertions
        self.known: dict[ir.Var, ir.Buffer | ir.Stack] = {}
        self.lifted: dict[ir.Var, ir.Var] = {}
        self.snapshots: dict[object, ir.Buffer | ir.Stack] = {}
        self.copied: list[tuple[ir.View, ir.Statement, ir.Buffer]] = []
        self.factors: dict[ir.Var, ir.Var] = {}
        self.sizes: dict[ir.Buffer, list[ir.Var]] = {}
        self.unordered: set[int] = set()
        self.report: list[Saved] = []

    # ---- Scalars

    def fetch(self, x: ir.Var, mirror: Mirror, value: Value) -> ir.Atom:
        """Save a scalar in the forward sweep, and return what holds it in the reverse sweep."""
        region = self.layout.home[x]
        if not region.loops:
            return self._lift(x, region)
        if self.regular(region):
            saved = self._array(x, region)
            return mirror.prologue.load(saved, [value(loop.counter) for loop in region.loops], hint=x.hint)
        return mirror.prologue.pop(self._stack(x, region), hint=x.hint)

    def regular(self, region: Region) -> bool:
        """Tell whether all loops around a region have lengths that can be bounded beforehand."""
        return all(isinstance(loop, ir.For) and bounded(self.layout, loop.trip) for loop in region.loops)

    def _array(self, x: ir.Var, region: Region) -> ir.Buffer:
        saved = self._rows(f"saved_{x.hint}", x.dtype, region, ())
        self.known[x] = saved
        self._point(x).store(saved, [loop.counter for loop in region.loops], x)
        self._note(x, saved.name, "array", x.hint)
        return saved

    def _stack(self, x: ir.Var, region: Region) -> ir.Stack:
        self._require_order(region)
        stack = ir.Stack(self.insertions.names.fresh(f"saved_{x.hint}"), x.dtype)
        self.known[x] = stack
        self._point(x).push(stack, x)
        self._note(x, stack.name, "stack", x.hint)
        return stack

    def _rows(self, name: str, dtype: str, region: Region, shape: Sequence[ir.Atom]) -> ir.Buffer:
        """Allocate, at the top level, an array with a row for each iteration of the loops."""
        builder = self.insertions.before(self.layout.outermost(region))
        trips = [bound(self.layout, builder, loop.trip) for loop in region.loops if isinstance(loop, ir.For)]
        sizes = [builder.let("maximum", t, _ZERO, hint="n") for t in trips if t is not None]
        return builder.alloc(name, dtype, [*sizes, *shape], record=True)

    def _point(self, x: ir.Var) -> Builder:
        """Return a builder that stands where a scalar has just been computed."""
        s = self.layout.origin[x]
        loop = self.layout.home[x].owner
        if isinstance(s, (ir.For, ir.While)) and s is loop:
            return self.insertions.at_head(s)
        if isinstance(loop, ir.While) and any(s is t for t in loop.head):
            return self.insertions.at_head(loop)
        self._refuse_in_head(s)
        return self.insertions.after(s)

    def _refuse_in_head(self, s: ir.Statement) -> None:
        """The head of a ``while`` runs once more than its body: what is saved deep inside it would not match."""
        region: Region | None = self.layout.place[id(s)]
        inner: ir.Statement = s
        while region is not None:
            owner = region.owner
            if isinstance(owner, ir.While) and any(inner is t for t in owner.head):
                unsupported(
                    "The condition of this while computes, in a loop or branch, a value that the derivative needs.",
                    "Compute the value in the body of the loop and test it there (if ...: break).", s.place,
                )  # fmt: skip
            if owner is None:
                return
            inner, region = owner, region.parent

    def _lift(self, x: ir.Var, region: Region) -> ir.Var:
        """Carry a scalar out of branches that stand in no loop."""
        if x in self.lifted:
            return self.lifted[x]
        current = x
        while region.parent is not None:
            owner = region.owner
            assert isinstance(owner, ir.If)
            lifted = ir.Var(self.insertions.names.fresh(x.hint), x.dtype)
            zero = ir.Const(False if x.dtype == ir.BOOL else 0 if x.dtype == ir.INT else 0.0, x.dtype)
            in_then = region is self.layout.region(owner, 0)
            owner.merges.append(ir.Merge(lifted, *((current, zero) if in_then else (zero, current))))
            current, region = lifted, region.parent
        self.lifted[x] = current
        return current

    def factor(self, s: ir.Let, i: int) -> ir.Var:
        """Let the forward sweep compute the partial of an operation, right after it; return it as a primal scalar."""
        if s.var not in self.factors:
            builder = self.insertions.after(s)
            p = partial(builder, s, i, lambda x: x)
            assert isinstance(p, ir.Var)
            self.layout.home[p], self.layout.origin[p] = self.layout.home[s.var], s
            self.factors[s.var] = p
        return self.factors[s.var]

    def dim_at_start(self, buffer: ir.Buffer, axis: int) -> ir.Var:
        """Return the length of an axis of a parameter, as a scalar that is known everywhere."""
        n = ir.Var(self.insertions.names.fresh("n"), ir.INT)
        self.insertions.at_start().add(ir.Dim(n, buffer, axis))
        self.layout.home[n] = self.layout.root
        return n

    def sizes_after(self, made: ir.Invoke, buffer: ir.Buffer) -> list[ir.Var]:
        """Return the lengths of an array that a call has returned, as scalars of the place of the call."""
        if buffer not in self.sizes:
            builder = self.insertions.after(made)
            self.sizes[buffer] = []
            for axis in range(buffer.ndim):
                n = ir.Var(self.insertions.names.fresh("n"), ir.INT)
                builder.add(ir.Dim(n, buffer, axis))
                self.layout.home[n], self.layout.origin[n] = self.layout.home[buffer], made
                self.sizes[buffer].append(n)
        return self.sizes[buffer]

    # ---- Arrays

    def snapshot(self, view: ir.View, at: ir.Statement, mirrors: dict[Region, Mirror], value: Value,
                 after: bool = False) -> ir.View:  # fmt: skip
        """Copy a part of an array before (or after) a statement of the forward sweep; return it in the reverse."""
        region = self.layout.place[id(at)]
        key = (view, id(at), after)
        regular = self.regular(region) and all(bounded(self.layout, size) for size in view.shape)
        if key not in self.snapshots:
            found: ir.Buffer | ir.Stack | None = None if after else self._copied_nearby(view, at)
            if found is None:
                builder = self.insertions.after(at) if after else self.insertions.before(at)
                found = (self._copy_rows if regular else self._copy_stack)(view, at, region, builder)
            if isinstance(found, ir.Buffer) and not after:
                self.copied.append((view, at, found))
            self.snapshots[key] = found
        saved = self.snapshots[key]
        if isinstance(saved, ir.Stack):
            saved = self._popped(saved, view, mirrors[region], key, value)
            region = self.layout.root
        fixed = tuple([(i, value(loop.counter)) for i, loop in enumerate(region.loops)])
        sizes = [value(size) for size in view.shape]
        axes = [ir.Axis(len(fixed) + i, _ZERO, 1, size) for i, size in enumerate(sizes)]
        return ir.View(saved, tuple(axes), fixed)

    def _copied_nearby(self, view: ir.View, at: ir.Statement) -> ir.Buffer | None:
        """Return what the same part was copied into before another statement of the block, if it was the same then."""
        block = self.layout.place[id(at)].body
        for known, other, saved in self.copied:
            ends = [k for k, s in enumerate(block) if s is at or s is other]
            if known == view and len(ends) == 2:
                between = block[ends[0] : ends[1]]
                if all(self.memory.constant_in(s, view.buffer) for s in between):
                    return saved
        return None

    def _copy_rows(self, view: ir.View, at: ir.Statement, region: Region, copying: Builder) -> ir.Buffer:
        top = region is self.layout.root
        builder = self.insertions.before(at if top else self.layout.outermost(region))
        sizes = [bound(self.layout, builder, size) for size in view.shape]
        shape = [size for size in sizes if size is not None]
        name = f"saved_{view.buffer.hint}"
        saved = builder.alloc(name, view.dtype, shape) if top else self._rows(name, view.dtype, region, shape)
        lead = [loop.counter for loop in region.loops]
        each(copying, view, lambda b, k, x: b.store(saved, [*lead, *k], x))
        self._note_at(at, saved.name, "array", _COPIED, view.buffer.hint)
        return saved

    def _copy_stack(self, view: ir.View, at: ir.Statement, region: Region, copying: Builder) -> ir.Stack:
        self._require_order(region)
        stack = ir.Stack(self.insertions.names.fresh(f"saved_{view.buffer.hint}"), view.dtype)
        each(copying, view, lambda b, k, x: b.push(stack, x))
        self._note_at(at, stack.name, "stack", _COPIED, view.buffer.hint)
        return stack

    def _popped(self, stack: ir.Stack, view: ir.View, mirror: Mirror, key: object, value: Value) -> ir.Buffer:
        """Take a copied array off its stack, once for each iteration that is reversed."""
        popped = mirror.arrays.get(key)
        if popped is None:
            sizes = [value(size) for size in view.shape]
            popped = mirror.arrays[key] = mirror.prologue.alloc(view.buffer.hint, view.dtype, sizes)
            fill_backward(mirror.prologue, popped, sizes, lambda b: b.pop(stack))
        return popped

    def _require_order(self, region: Region) -> None:
        """A stack gives things back in reverse: no loop around may be reversed in any other order."""
        for loop in region.loops:
            if id(loop) in self.unordered:
                raise OrderNeeded(loop)

    # ---- Report

    def _note(self, x: ir.Var, name: str, how: str, what: str) -> None:
        s = self.layout.origin[x]
        self._note_at(s, name, how, _reason(x, s), what)

    def _note_at(self, s: ir.Statement, name: str, how: str, why: str, what: str) -> None:
        self.report.append(Saved(name, what, how, why, s.place))


_COPIED = "it is read as a whole, and overwritten later"


def _reason(x: ir.Var, s: ir.Statement) -> str:
    """Return why a scalar is saved and not had again in another way."""
    match s:
        case ir.Load():
            return "it is overwritten later"
        case ir.Let() if s.var != x:
            return "the partial is computed together with the function"
        case ir.Let() if cost_of(s.op) >= 20:
            return "it is expensive to compute again"
        case ir.Let():
            return "what it is computed from would have to be saved"
        case ir.For() | ir.While():
            carried = any(c.phi == x for c in s.carried)
            return "the loop carries it from one iteration to the next" if carried else "it is the result of a loop"
        case ir.If():
            return "a branch decides it"
    return "it comes from a call"


def each(builder: Builder, view: ir.View, do: Callable[[Builder, list[ir.Atom], ir.Var], None]) -> None:
    """Emit a loop nest over the elements of a view: ``do(builder, position, element)``."""
    _nest(builder, list(view.shape), [], lambda k: do(builder, k, builder.load(view.buffer, element(builder, view, k))))


def _nest(builder: Builder, sizes: list[ir.Atom], k: list[ir.Atom], do: Callable[[list[ir.Atom]], None]) -> None:
    if not sizes:
        do(k)
        return
    with builder.loop(sizes[0], "j") as counter:
        _nest(builder, sizes[1:], [*k, counter], do)


def element(builder: Builder, view: ir.View, k: Sequence[ir.Atom]) -> list[ir.Atom]:
    """Return the index into a view's buffer of its element at position k."""
    index: list[ir.Atom] = [_ZERO] * view.buffer.ndim
    for base, at in view.fixed:
        index[base] = at
    for axis, position in zip(view.axes, k, strict=True):
        if axis.base is not None:
            step = axis.step if isinstance(axis.step, ir.Var) else ir.Const(axis.step, ir.INT)
            index[axis.base] = builder.let("add", builder.let("multiply", position, step), axis.start)
    return index


def fill_backward(builder: Builder, buffer: ir.Buffer, sizes: Sequence[ir.Atom],
                  make: Callable[[Builder], ir.Atom]) -> None:  # fmt: skip
    """Fill an array from its last element to its first."""

    def nest(i: int, k: list[ir.Atom]) -> None:
        if i == len(sizes):
            builder.store(buffer, k, make(builder))
            return
        counter = builder.counter(sizes[i], "j")
        body: list[ir.Statement] = []
        with builder.into(body):
            nest(i + 1, [*k, counter])
        builder.add(ir.For(counter, sizes[i], body, backward=True, place=builder.place))

    nest(0, [])
