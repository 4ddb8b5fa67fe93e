"""Iterations of a loop around a loop that must keep its order run abreast, a block of them at a time.

``for i: for j: power *= t[i]`` waits in each iteration for the product before, while the iterations over `i` have
nothing to do with each other. So the loop over `j` takes a block of them along: its body becomes a short loop over the
block, which the machine runs in vectors. Scalars become small arrays with an element for each iteration of the block.

References
----------
Strip-mining, loop interchange and scalar expansion: Allen and Kennedy, *Optimizing Compilers for Modern Architectures*,
2001, chapters 5 and 9; vectorisation of outer loops: Nuzman and Zaks, *Outer-loop vectorization: revisited for short
SIMD architectures*, 2008.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from .. import ir
from ..activity import Classes
from ..adjoint.affine import form_of
from ..adjoint.layout import Layout
from ..adjoint.memory import Memory
from ..build import Names
from ..ops import cost_of
from ..own import own_names
from ..scan import atoms_of, defined, made, named, stored, with_blocks
from . import lanes
from .order import commute

__all__ = ["abreast"]

_GATHER = 10  # additions: what it costs more to fetch the elements of a vector from different rows


def abreast(function: ir.Function, rough: bool) -> ir.Function:
    """Return the function with blocks of independent iterations abreast around loops that must keep their order.

    Sums over the iterations keep their order; other additions into one element do so unless `rough`.
    """
    search = _Search(function, rough)
    body = search.block(function.body)
    return replace(function, body=body) if search.found else function


class _Search:
    """The search for loops whose iterations can and should run abreast."""

    def __init__(self, function: ir.Function, rough: bool) -> None:
        self.rough = rough
        self.found = False
        self.names: Names = own_names(ir.Program(function))
        self.layout = Layout(function)
        self.classes = Classes(function.body, swaps=False)
        self.memory = Memory(self.layout, self.classes)
        self.shown = {r.buffer for r in function.results if isinstance(r, ir.View)}
        self.all = list(ir.walk(function.body))

    def block(self, body: list[ir.Statement]) -> list[ir.Statement]:
        result: list[ir.Statement] = []
        for s in body:
            match s:
                case ir.For():
                    plan = self.plan(s)
                    self.found = self.found or plan is not None
                    result += lanes.in_lanes(s, plan, self.names) if plan else [replace(s, body=self.block(s.body))]
                case _:
                    result.append(with_blocks(s, self.block))
        return result

    def plan(self, loop: ir.For) -> lanes.Plan | None:
        """Return what running a loop abreast takes, or None if that is not possible or not worth the while."""
        if not (_is_plain(loop) and any(_waits(s) for s in _innermost(loop))):
            return None
        chains = [_chain(loop, c) for c in loop.carried]
        if any(chain is None for chain in chains):
            return None
        private = self._private(loop)
        varying = self._varying(loop)
        if private is None or not self._uniform_trips(loop, varying) or self._gathers(loop, varying, private):
            return None
        if not self._apart(loop, private):
            return None
        return lanes.Plan([chain for chain in chains if chain is not None], private, varying)

    # ---- What differs between the iterations

    def _varying(self, loop: ir.For) -> set[ir.Atom]:
        """Return the scalars that may differ between the iterations of a loop."""
        written = {self.classes.of(b) for s in ir.walk(loop.body) for b in (*stored(s), *made(s))}
        varying: set[ir.Atom] = {loop.counter, *[c.phi for c in loop.carried]}
        before = 0
        while before < len(varying):
            before = len(varying)
            for s in ir.walk(loop.body):
                match s:
                    case ir.Let() if any(a in varying for a in s.args):
                        varying.add(s.var)
                    case ir.Load() if self.classes.of(s.buffer) in written or any(a in varying for a in s.index):
                        varying.add(s.var)
                    case ir.For():
                        for c in s.carried:
                            if c.init in varying or c.next in varying or c.phi in varying:
                                varying |= {c.phi, c.result}
        return varying

    def _uniform_trips(self, loop: ir.For, varying: set[ir.Atom]) -> bool:
        return not any(s.trip in varying for s in ir.walk(loop.body) if isinstance(s, ir.For))

    def _gathers(self, loop: ir.For, varying: set[ir.Atom], private: dict[ir.Buffer, ir.Alloc]) -> bool:
        """Tell whether inner loops do little else than fetch elements that lie far from each other."""
        for inner in ir.walk(loop.body):
            if isinstance(inner, ir.For):
                scattered = [
                    s for s in inner.body
                    if isinstance(s, (ir.Load, ir.Store)) and s.buffer not in private
                    and not self._side_by_side(s.index, loop, varying)
                ]  # fmt: skip
                work = sum(cost_of(s.op) for s in inner.body if isinstance(s, ir.Let))
                if work < _GATHER * len(scattered):
                    return True
        return False

    def _side_by_side(self, index: tuple[ir.Atom, ...], loop: ir.For, varying: set[ir.Atom]) -> bool:
        """Tell whether following iterations access one element, or following elements of a row."""
        if any(a in varying for a in index[:-1]):
            return False
        if not index or index[-1] not in varying:
            return True
        form = form_of(self.layout, index[-1])
        return form.get(loop.counter) == 1 and not any(s in varying for s in form if s not in (loop.counter, None))

    # ---- Whether the iterations are independent

    def _apart(self, loop: ir.For, private: dict[ir.Buffer, ir.Alloc]) -> bool:
        """Tell whether no iteration accesses what another one writes, but for additions that any order will do for."""
        accesses = [s for s in ir.walk(loop.body) if isinstance(s, (ir.Load, ir.Store)) and s.buffer not in private]
        for writer in accesses:
            if isinstance(writer, ir.Store):
                group = self.classes.of(writer.buffer)
                for s in accesses:
                    if self.classes.of(s.buffer) == group and not self._commute(s, writer, loop):
                        return False
        return True

    def _commute(self, s: ir.Load | ir.Store, writer: ir.Store, loop: ir.For) -> bool:
        adds = isinstance(s, ir.Store) and s.add and writer.add
        if adds and not self.rough:
            return s.buffer == writer.buffer and self.memory.apart_across(s.index, writer.index, loop)
        return self.classes.of(s.buffer) not in self.memory.sharing and commute(s, writer, loop, self.memory)

    # ---- Arrays of each iteration's own

    def _private(self, loop: ir.For) -> dict[ir.Buffer, ir.Alloc] | None:
        """Return the arrays in which no iteration finds anything of another, or None if one cannot be made larger."""
        changing = {v for s in ir.walk([loop]) for v in defined(s)}
        inside = {s.buffer: s for s in loop.body if isinstance(s, ir.Alloc)}
        if any(s.fill is not None or changing & set(s.shape) or not s.buffer.ndim for s in inside.values()):
            return None
        accessed = {s.buffer for s in ir.walk(loop.body) if isinstance(s, (ir.Load, ir.Store))}
        if any(not self._alone(b, loop) for b in inside):
            return None
        outside = {b: self.layout.origin.get(b) for b in accessed - set(inside)}
        found = {
            b: s for b, s in outside.items()
            if isinstance(s, ir.Alloc) and not changing & set(s.shape)
            and self._alone(b, loop) and self._filled_first(b, loop)
        }  # fmt: skip
        return {**inside, **found}

    def _alone(self, b: ir.Buffer, loop: ir.For) -> bool:
        """Tell whether an array is accessed inside a loop only, element by element, and by no other name."""
        if b in self.shown or self.classes.of(b) in self.memory.sharing:
            return False
        inside = set(map(id, ir.walk(loop.body)))
        users = [s for s in self.all if b in named(s) and not (isinstance(s, ir.Alloc) and s.buffer == b)]
        return all(isinstance(s, (ir.Load, ir.Store)) and id(s) in inside for s in users)

    def _filled_first(self, b: ir.Buffer, loop: ir.For) -> bool:
        """Tell whether an iteration sets each element of an array before it reads it.

        The first loop that accesses the array stores at its counter; others that run as often read at theirs.
        """
        if b.ndim != 1:
            return False
        users = {id(s): s for s in ir.walk(loop.body) if isinstance(s, (ir.Load, ir.Store)) and s.buffer == b}
        loops = [s for s in loop.body if any(id(t) in users for t in ir.walk([s]))]
        direct = [t for s in loops if isinstance(s, ir.For) for t in s.body if id(t) in users]
        if len(direct) != len(users) or not isinstance(loops[0], ir.For):
            return False
        first = direct[0]
        trip = form_of(self.layout, loops[0].trip)
        alike = all(isinstance(s, ir.For) and form_of(self.layout, s.trip) == trip for s in loops)
        at_counter = all(
            t.index == (s.counter,) for s in loops if isinstance(s, ir.For)
            for t in s.body if isinstance(t, (ir.Load, ir.Store)) and t.buffer == b
        )  # fmt: skip
        return isinstance(first, ir.Store) and not first.add and alike and at_counter


def _is_plain(loop: ir.For) -> bool:
    """Tell whether a loop is made of scalars, elements and loops to the end only, and long enough."""
    if loop.backward or (isinstance(loop.trip, ir.Const) and loop.trip.value < 2 * lanes.LANES):
        return False
    inside = list(ir.walk([loop]))
    if not all(isinstance(s, (ir.Let, ir.Load, ir.Store, ir.For, ir.Alloc)) for s in inside):
        return False
    if any(isinstance(s, ir.Alloc) and not any(s is t for t in loop.body) for s in inside):
        return False
    return all(s.stop is None for s in inside if isinstance(s, ir.For))


def _innermost(loop: ir.For) -> Iterator[ir.For]:
    for s in ir.walk(loop.body):
        if isinstance(s, ir.For) and not any(isinstance(t, ir.For) for t in ir.walk(s.body)):
            yield s


def _waits(loop: ir.For) -> bool:
    """Tell whether an iteration of a loop must wait for what the one before has computed, number by number."""
    sums = {s.var for s in loop.body if isinstance(s, ir.Let) and s.op == "radd"}
    return any(c.next not in sums and c.phi.dtype in (ir.FLOAT, ir.SINGLE) for c in loop.carried)


def _chain(loop: ir.For, c: ir.Carried) -> list[ir.Let] | None:
    """Return the additions of a loop's body to a carried scalar, if nothing else is done with it there."""
    chain: list[ir.Let] = []
    now: ir.Atom = c.phi
    for s in loop.body:
        if isinstance(s, ir.Let) and s.op in ("add", "radd") and s.args[0] == now and s.args[1] != now:
            chain.append(s)
            now = s.var
    links = {c.phi, *[s.var for s in chain]}
    uses = sum(1 for s in ir.walk(loop.body) for a in atoms_of(s) if a in links)
    uses += sum(1 for other in loop.carried if other.next in links)
    return chain if now == c.next and chain and uses == len(chain) + 1 else None
