"""A loop and the one that reads what it saved become one loop, and what was saved is a smaller array, or a scalar.

An iteration of a reverse sweep often depends on nothing but the same iteration of the forward sweep: pairs of
particles, paths of a simulation, rows of data. Then both run in one loop, and an array with an element (or a row) for
each iteration shrinks to that element (or row), which stays in a register (or in the cache).

References
----------
Loop fusion and array contraction: Allen and Kennedy, *Optimizing Compilers for Modern Architectures*, 2001, chapter 6
and section 8.6.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import replace

from .. import ir
from ..activity import Classes
from ..adjoint.affine import form_of
from ..adjoint.layout import Layout
from ..adjoint.memory import Memory
from ..scan import Renaming, atoms_of, defined, loaded, made, named, results, stored
from .contract import contracted
from .hoist import STAY

__all__ = ["fuse"]

Fresh = dict[ir.Buffer, tuple[ir.Var, ...]]
"""Arrays that have shrunk, with the counters of the loops in each iteration of which they begin anew."""

_MOST = 100  # fusions in one function: a bound on the time that this may take
_FIXED = (ir.Push, ir.Pop, ir.Swap, ir.Grow, ir.Alias, ir.Invoke, ir.Check)  # statements that nothing moves across
_MAY_FAIL = (ir.Check, ir.Call, ir.Invoke)


def fuse(function: ir.Function) -> ir.Function:
    """Return the function with loops joined where that makes an array smaller."""
    fresh: Fresh = {}
    for _ in range(_MOST):
        search = _Search(function, fresh)
        body = search.block(function.body)
        if body is None:
            break
        function, smaller = contracted(replace(function, body=body), search.shrinking)
        fresh |= {new: (*fresh.get(b, ()), search.counter) for b, new in smaller.items()}
    return function


class _Search:
    """The search for a pair of loops to join.

    Attributes
    ----------
    fresh : Fresh
    temporary : list of Alloc
        The arrays that might shrink: of which elements are read and written, and nothing else.
    accesses : dict
        The statements that do so.
    shrinking : dict
        The arrays that lose an axis by what was found, and which axis.
    counter : Var
        The counter of the loop that two have become.
    """

    counter: ir.Var

    def __init__(self, function: ir.Function, fresh: Fresh) -> None:
        self.fresh = fresh
        self.params = {p for p in function.params if isinstance(p, ir.Buffer)}
        self.classes = Classes(function.body)
        self.layout = Layout(function)
        self.users: dict[ir.Buffer, list[ir.Statement]] = defaultdict(list)
        for s in ir.walk(function.body):
            for b in named(s):
                self.users[b].append(s)
        shown = {r.buffer for r in function.results if isinstance(r, ir.View)}
        self.temporary = [
            s for s in ir.walk(function.body)
            if isinstance(s, ir.Alloc) and s.fill is None and s.buffer.ndim and s.buffer not in shown
        ]  # fmt: skip
        self.accesses = {s.buffer: [u for u in self.users[s.buffer] if u is not s] for s in self.temporary}
        self.temporary = [s for s in self.temporary if all(map(_is_access, self.accesses[s.buffer]))]
        self.inside: dict[int, set[int]] = {}
        self.shrinking: dict[ir.Buffer, int] = {}

    def block(self, body: list[ir.Statement]) -> list[ir.Statement] | None:
        """Return a block with one pair of loops joined, or None if there is none."""
        able = [i for i, s in enumerate(body) if isinstance(s, ir.If) or (isinstance(s, ir.For) and s.stop is None)]
        for at, i in enumerate(able):
            for j in able[at + 1 :]:
                changed = self._joined(body, i, j)
                if changed is not None:
                    return changed
        for at, s in enumerate(body):
            changed_inside = self._inside(s)
            if changed_inside is not None:
                return [*body[:at], changed_inside, *body[at + 1 :]]
        return None

    def _inside(self, s: ir.Statement) -> ir.Statement | None:
        names = {ir.For: ("body",), ir.While: ("head", "body"), ir.If: ("then", "orelse")}.get(type(s), ())
        for name in names:
            changed = self.block(getattr(s, name))
            if changed is not None:
                return replace(s, **{name: changed})  # type: ignore[arg-type]
        return None

    def _joined(self, body: list[ir.Statement], i: int, j: int) -> list[ir.Statement] | None:
        """Return a block with statements i and j as one, if that makes an array smaller (now or in a next step)."""
        first, second = body[i], body[j]
        shrinking: dict[ir.Buffer, int] = {}
        if isinstance(first, ir.For) and isinstance(second, ir.For):
            shrinking = self._shrinking(first, second)
            between = self._between(first, second, body[i + 1 : j]) if shrinking else None
            whole: ir.Statement | None = None if between is None else self._fused(first, second)
        elif isinstance(first, ir.If) and isinstance(second, ir.If) and self._shrinks_inside(first, second):
            between = self._between(first, second, body[i + 1 : j])
            whole = one_branch(first, second)
        else:
            return None
        if between is None or whole is None:
            return None
        self.shrinking = shrinking
        if isinstance(first, ir.For):
            self.counter = first.counter
        before, after = between
        return [*body[:i], *before, whole, *after, *body[j + 1 :]]

    # ---- What would shrink

    def _shrinking(self, first: ir.For, second: ir.For) -> dict[ir.Buffer, int]:
        """Return the arrays of which an iteration of both loops uses one slice only, and the axis of the iterations."""
        if first.backward != second.backward or form_of(self.layout, first.trip) != form_of(self.layout, second.trip):
            return {}
        one, other = self._inside_of(first), self._inside_of(second)
        found: dict[ir.Buffer, int] = {}
        for alloc in self.temporary:
            b = alloc.buffer
            users = self.accesses[b]
            if id(alloc) in one or id(alloc) in other or not all(id(s) in one or id(s) in other for s in users):
                continue
            axis = _common_axis(users, {id(s): (first if id(s) in one else second).counter for s in users})
            if axis is None or not self._begins_anew(b, first):
                continue
            if b.ndim > 1 or _one_value(users, first, second):
                found[b] = axis
        return found

    def _inside_of(self, loop: ir.For) -> set[int]:
        """Return the statements in a loop, by identity."""
        if id(loop) not in self.inside:
            self.inside[id(loop)] = {id(s) for s in ir.walk(loop.body)}
        return self.inside[id(loop)]

    def _begins_anew(self, b: ir.Buffer, loop: ir.For) -> bool:
        """Tell whether nothing in an array is from before a loop, from another iteration of the loops around it."""
        around = [s.counter for s in self.layout.place[id(loop)].loops[len(self.layout.home[b].loops) :]]
        return around == list(self.fresh.get(b, ()))

    def _shrinks_inside(self, first: ir.If, second: ir.If) -> bool:
        """Tell whether loops in the same branch of two decisions are worth being joined."""
        return first.test == second.test and any(
            isinstance(a, ir.For) and isinstance(b, ir.For) and a.stop is None and b.stop is None
            and self._shrinking(a, b)
            for one, other in ((first.then, second.then), (first.orelse, second.orelse)) for a in one for b in other
        )  # fmt: skip

    # ---- What stands between

    def _between(self, first: ir.For | ir.If, second: ir.For | ir.If, between: list[ir.Statement]
                 ) -> tuple[list[ir.Statement], list[ir.Statement]] | None:  # fmt: skip
        """Sort the statements between two into those that the second needs, which go before, and those that wait."""
        needed = _needs(second)
        before: list[ir.Statement] = []
        after: list[ir.Statement] = []
        for s in reversed(between):
            if not needed & {*defined(s), *made(s)}:
                if isinstance(s, _FIXED) or self._conflict(s, second):
                    return None
                after.append(s)
            elif isinstance(s, (ir.Let, ir.Dim, ir.Alloc, ir.Load)) and not (isinstance(s, ir.Let) and s.op in STAY):
                before.append(s)
                needed |= _needs(s)
            else:
                return None
        if isinstance(first, ir.For):
            late = needed & set(results(first))
        else:
            late = {v for s in before for v in _needs(s)} & set(results(first))
        loads = [s for s in before if isinstance(s, ir.Load)]
        if late or any(self._conflict(s, t) for s in loads for t in (first, *after)):
            return None
        if loads and any(isinstance(s, ir.Check) for s in ir.walk([first])):
            return None  # an element may exist only if the checks were passed
        return before[::-1], after[::-1]

    def _conflict(self, a: ir.Statement, b: ir.Statement) -> bool:
        """Tell whether one of two statements writes to an array that the other accesses."""
        read, written = self._accessed(a)
        other_read, other_written = self._accessed(b)
        return bool(written & (other_read | other_written) or other_written & read)

    def _accessed(self, s: ir.Statement) -> tuple[set[ir.Buffer], set[ir.Buffer]]:
        inside = list(ir.walk([s]))
        return ({self.classes.of(b) for t in inside for b in loaded(t)},
                {self.classes.of(b) for t in inside for b in stored(t)})  # fmt: skip

    # ---- Whether the second loop may run beside the first

    def _fused(self, first: ir.For, second: ir.For) -> ir.For | None:
        if not self._fails_alike(first, second):
            return None
        rename = Renaming(lambda a: first.counter if a == second.counter else a, lambda b: b)
        moved = rename.body(second.body)
        carried = [replace(c, next=rename.atom(c.next)) for c in second.carried]
        fused = replace(first, body=[*first.body, *moved], carried=[*first.carried, *carried], parallel=False)
        memory = Memory(self.layout.beside(first, fused), self.classes)
        local = {self.classes.of(b) for s in ir.walk(fused.body) for b in made(s)}
        pairs = list(self._meetings(first.body, moved, local))
        if not all(self._in_order(a, b, fused, memory, later=True) for a, b in pairs):
            return None
        free = all(self._in_order(a, b, fused, memory, later=False) for a, b in pairs)
        return replace(fused, parallel=first.parallel and second.parallel and free)

    def _fails_alike(self, first: ir.For, second: ir.For) -> bool:
        """Tell whether an error that one of the loops raises leaves what a caller sees as it was."""
        fails = [any(isinstance(s, _MAY_FAIL) for s in ir.walk(loop.body)) for loop in (first, second)]
        shows = [bool(self._accessed(loop)[1] & set(map(self.classes.of, self.params))) for loop in (first, second)]
        return not (fails[0] and fails[1]) and not (fails[0] and shows[1]) and not (fails[1] and shows[0])

    def _meetings(self, first: list[ir.Statement], second: list[ir.Statement], local: set[ir.Buffer]
                  ) -> Iterator[tuple[ir.Statement, ir.Statement]]:  # fmt: skip
        """Yield the pairs of statements that access one array, of which one writes to it and not both add."""
        groups: dict[ir.Buffer, list[ir.Statement]] = defaultdict(list)
        for s in ir.walk(second):
            for b in {self.classes.of(b) for b in (*loaded(s), *stored(s))} - local:
                groups[b].append(s)
        for a in ir.walk(first):
            for group in {self.classes.of(b) for b in (*loaded(a), *stored(a))} - local:
                for other in groups[group]:
                    writes = any(self.classes.of(x) == group for x in (*stored(a), *stored(other)))
                    if writes and not (_adds(a) and _adds(other)):
                        yield a, other

    def _in_order(self, a: ir.Statement, b: ir.Statement, fused: ir.For, memory: Memory, later: bool) -> bool:
        """Tell whether a statement of the first loop, in a later (or else earlier) iteration than one of the second,
        accesses something else."""
        if not isinstance(a, (ir.Load, ir.Store)) or not isinstance(b, (ir.Load, ir.Store)) or a.buffer != b.buffer:
            return False
        return memory.apart_later(b.index, a.index, fused) if later else memory.apart_later(a.index, b.index, fused)


def one_branch(first: ir.If, second: ir.If) -> ir.If:
    """Return two decisions by one test as one."""
    sides = []
    for branch in ("then", "orelse"):
        chosen: dict[ir.Atom, ir.Atom] = {m.result: getattr(m, branch) for m in first.merges}
        sides.append(Renaming(lambda a, chosen=chosen: chosen.get(a, a), lambda b: b))  # type: ignore[misc]
    then, orelse = sides
    merges = [ir.Merge(m.result, then.atom(m.then), orelse.atom(m.orelse)) for m in second.merges]
    return replace(
        first, then=[*first.then, *then.body(second.then)], orelse=[*first.orelse, *orelse.body(second.orelse)],
        merges=[*first.merges, *merges],
    )  # fmt: skip


def _is_access(s: ir.Statement) -> bool:
    return isinstance(s, (ir.Load, ir.Store))


def _adds(s: ir.Statement) -> bool:
    return isinstance(s, ir.Store) and s.add


def _needs(s: ir.Statement) -> set[ir.Var | ir.Buffer]:
    """Return the scalars and arrays that a statement takes from around it."""
    inside = list(ir.walk([s]))
    own = {x for t in inside for x in (*defined(t), *made(t))}
    atoms = {a for t in inside for a in atoms_of(t) if isinstance(a, ir.Var)}
    return (atoms | {b for t in inside for b in named(t)}) - own


def _common_axis(users: list[ir.Statement], counters: dict[int, ir.Var]) -> int | None:
    """Return an axis at which each access of an array has the counter of its loop."""
    if not users:
        return None
    axes = [
        {axis for axis, x in enumerate(s.index) if x == counters[id(s)]}
        for s in users
        if isinstance(s, (ir.Load, ir.Store))
    ]
    return min(set.intersection(*axes), default=None)


def _one_value(users: list[ir.Statement], first: ir.For, second: ir.For) -> bool:
    """Tell whether an array holds one value for each iteration, set in the first loop before anything reads it."""
    stores = [s for s in users if isinstance(s, ir.Store)]
    earliest = next((s for s in first.body if any(t is u for t in ir.walk([s]) for u in users)), None)
    return (
        len(stores) == 1
        and not stores[0].add
        and stores[0] is earliest
        and all(any(s is t for t in ir.walk([second])) or any(s is t for t in first.body) for s in users)
    )
