"""Which variables of a program can be one variable of the text.

A backward walk over the nodes finds what is live where. Two variables *interfere* if one is assigned while the other
is live and holds another value. Variables that a copy connects and that do not interfere become one, and the copy
vanishes; so do variables to which the user gave the same name.

References
----------
Chaitin, "Register allocation and spilling via graph coloring", SIGPLAN Notices 17 (1982): the interference of copies.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence

from .. import ir
from .effects import atoms_of, defined_by
from .inline import Inlined
from .sequence import Branch, Break, Copy, Count, Do, Loop, Node, Repeat

__all__ = ["Classes", "coalesce"]

Live = frozenset[ir.Var]
ANONYMOUS = ("t", "n")


class Classes:
    """Variables of a program, in classes that each are one variable of the text."""

    def __init__(self, interference: dict[ir.Var, set[ir.Var]]) -> None:
        self._parent: dict[ir.Var, ir.Var] = {}
        self.members: dict[ir.Var, list[ir.Var]] = {}
        self._edges = interference

    def add(self, var: ir.Var) -> None:
        self.members.setdefault(var, [var])

    def find(self, var: ir.Var) -> ir.Var:
        """Return the variable that stands for the class."""
        while var in self._parent:
            var = self._parent[var]
        return var

    def interferes(self, a: ir.Var, b: ir.Var) -> bool:
        """Tell whether two classes interfere: then each has the variable that stands for the other among its edges."""
        return self.find(b) in self._edges[self.find(a)]

    def join(self, a: ir.Var, b: ir.Var) -> bool:
        """Make two classes one if they may be; tell whether they are one now."""
        a, b = self.find(a), self.find(b)
        if a == b:
            return True
        if a.dtype != b.dtype or self.interferes(a, b):
            return False
        self._parent[b] = a
        self.members[a] += self.members.pop(b)
        self._edges[a] = {self.find(x) for x in self._edges[a]} | {self.find(x) for x in self._edges[b]}
        for other in self._edges[a]:
            self._edges[other].add(a)
        return True


class _Liveness:
    def __init__(self, inlined: Inlined) -> None:
        self.inlined = inlined
        self.edges: dict[ir.Var, set[ir.Var]] = defaultdict(set)
        self.order: dict[ir.Var, None] = {}
        self.copies: list[tuple[int, ir.Var, ir.Var]] = []

    def is_named(self, x: ir.Var) -> bool:
        """Tell whether a variable is one of the text."""
        return x not in self.inlined.definitions

    def names(self, atoms: Iterable[ir.Atom]) -> Live:
        return frozenset([leaf for x in atoms for leaf in self.inlined.leaves(x)])

    def assign(self, targets: Sequence[ir.Var], live: Live, sources: Sequence[ir.Atom | None] = ()) -> Live:
        """Note that variables are assigned where others are live; return what is live before."""
        for k, target in enumerate(targets):
            self.order.setdefault(target)
            source = sources[k] if sources else None
            for other in live.union(targets):
                if other not in (target, source):
                    self.edges[target].add(other)
                    self.edges[other].add(target)
        return live.difference(targets)

    def block(self, nodes: list[Node], live: Live, depth: int) -> Live:
        for node in reversed(nodes):
            live = self.node(node, live, depth)
        return live

    def node(self, node: Node, live: Live, depth: int) -> Live:
        match node:
            case Do(statement):
                return self.assign(defined_by(statement), live) | self.names(atoms_of(statement))
            case Copy(targets, sources):
                pairs = zip(targets, sources, strict=True)
                self.copies += [(depth, t, s) for t, s in pairs if isinstance(s, ir.Var) and self.is_named(s)]
                return self.assign(targets, live, sources) | self.names(sources)
            case Count(var):
                self.order.setdefault(var)
                return self.assign((var,), live) | {var}
            case Break(test):
                return live | self.names([test])
            case Branch(test, then, orelse):
                inner = self.block(then, live, depth) | self.block(orelse, live, depth)
                return inner | self.names([test])
            case Loop():
                return self.loop(node, live, depth)
            case Repeat(head, test, body):
                again = live | self.exposed(node)
                tested = self.block(body, again, depth + 1) | live | self.names([test])
                return self.block(head, tested, depth + 1)

    def loop(self, node: Loop, live: Live, depth: int) -> Live:
        again = live | self.exposed(node)
        inside = self.block(node.body, again - {node.counter}, depth + 1)
        before = self.assign((node.counter,), inside | (live - {node.counter}))
        entry = [node.trip] if node.span is None else [node.trip, node.span[0]]
        return before | live | self.names(entry)

    def exposed(self, loop: Loop | Repeat) -> Live:
        """Return what an iteration may read of what was before it: what is not defined in it, and what is carried."""
        read: set[ir.Var] = set()
        assigned: set[ir.Var] = set()
        self._scan([loop], read, assigned)
        return frozenset(read - (assigned - loop.carried))

    def _scan(self, nodes: list[Node], read: set[ir.Var], assigned: set[ir.Var]) -> None:
        for node in nodes:
            match node:
                case Do(statement):
                    read |= self.names(atoms_of(statement))
                    assigned.update(defined_by(statement))
                case Copy(targets, sources):
                    read |= self.names(sources)
                    assigned.update(targets)
                case Count(var):
                    read.add(var)
                case Break(test):
                    read |= self.names([test])
                case Branch(test, then, orelse):
                    read |= self.names([test])
                    self._scan(then + orelse, read, assigned)
                case Loop(counter, trip, body):
                    read |= self.names([trip] if node.span is None else [trip, node.span[0]])
                    assigned.add(counter)
                    self._scan(body, read, assigned)
                case Repeat(head, test, body):
                    read |= self.names([test])
                    self._scan(head + body, read, assigned)


def coalesce(function: ir.Function, nodes: list[Node], inlined: Inlined, results: Sequence[ir.Atom]) -> Classes:
    """Return the classes of a function's variables."""
    liveness = _Liveness(inlined)
    live = liveness.block(nodes, liveness.names(results), 0)
    params = [p for p in function.params if isinstance(p, ir.Var)]
    liveness.assign(params, live)
    classes = Classes(liveness.edges)
    order = [v for s in ir.walk(function.body) for v in first_named(s)]
    for var in dict.fromkeys([*params, *order, *liveness.order]):
        if var in liveness.order:
            classes.add(var)
    for _, target, source in sorted(liveness.copies, key=lambda copy: -copy[0]):
        classes.join(source, target)
    _join_names(classes)
    return classes


def first_named(s: ir.Statement) -> list[ir.Var]:
    """Return the variables that a statement brings in, those of a structure before what is inside."""
    if isinstance(s, (ir.For, ir.While)):
        return [*[c.phi for c in s.carried], s.counter]
    return [m.result for m in s.merges] if isinstance(s, ir.If) else list(defined_by(s))


def _join_names(classes: Classes) -> None:
    """Join classes to which the user gave the same name, the earlier ones first."""
    groups: dict[tuple[str, str], list[ir.Var]] = defaultdict(list)
    for first, members in classes.members.items():
        for hint in {m.hint for m in members if m.hint not in ANONYMOUS}:
            groups[hint, first.dtype].append(first)
    for group in groups.values():
        for k, first in enumerate(group):
            for other in group[k + 1 :]:
                if classes.find(first) != classes.find(other):
                    classes.join(first, other)
