"""Out of single assignment: the statements of the text, with the assignments that loops and branches imply.

The text is a tree of nodes. A `Copy` assigns several variables at once; what a loop carries is copied into its
variables before it, at the end of its body and, for the results, after it; what a branch decides, at the end of each
side. Most copies vanish when variables become one (see `coalesce`).
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace

from .. import ir
from .effects import defined_by
from .inline import Inlined

__all__ = ["Branch", "Break", "Copy", "Count", "Do", "Loop", "Node", "Repeat", "sequence"]


@dataclass(slots=True)
class Do:
    """A statement of the program as it stands."""

    statement: ir.Statement


@dataclass(slots=True)
class Copy:
    """``targets = sources``, all at once."""

    targets: tuple[ir.Var, ...]
    sources: tuple[ir.Atom, ...]


@dataclass(slots=True)
class Count:
    """``var += 1``."""

    var: ir.Var


@dataclass(slots=True)
class Break:
    """``if test: break``; or unless, with `negated`."""

    test: ir.Atom
    negated: bool = False


@dataclass(slots=True)
class Loop:
    """``for counter in range(trip)``; or with `span` (start, step) the user's own index, from start on.

    `carried` are the variables that an iteration finds as the last one left them; `apart` as in `ir.For`.
    """

    counter: ir.Var
    trip: ir.Atom
    body: list[Node]
    place: ir.Place | None
    carried: frozenset[ir.Var] = frozenset()
    backward: bool = False
    span: tuple[ir.Atom, int] | None = None
    threads: bool = False
    apart: bool = False


@dataclass(slots=True)
class Repeat:
    """``while test`` if the head is empty, else ``while True`` with the head and a break."""

    head: list[Node]
    test: ir.Atom
    body: list[Node]
    place: ir.Place | None
    carried: frozenset[ir.Var] = frozenset()


@dataclass(slots=True)
class Branch:
    test: ir.Atom
    then: list[Node]
    orelse: list[Node] = field(default_factory=list)
    place: ir.Place | None = None


Node = Do | Copy | Count | Break | Loop | Repeat | Branch


def sequence(body: list[ir.Statement], inlined: Inlined) -> list[Node]:
    """Return the nodes of a block."""
    return [node for s in body for node in _nodes(s, inlined)]


def _nodes(s: ir.Statement, inlined: Inlined) -> list[Node]:
    if isinstance(s, (ir.Let, ir.Load, ir.Dim)) and s.var in inlined.definitions:
        return []
    if isinstance(s, ir.For):
        return _for(s, inlined)
    if isinstance(s, ir.While):
        return _while(s, inlined)
    if isinstance(s, ir.If):
        return [_branch(s, inlined)]
    return [Do(s)]


def _copy(pairs: list[tuple[ir.Var, ir.Atom]]) -> list[Node]:
    return [Copy(tuple([p[0] for p in pairs]), tuple([p[1] for p in pairs]))] if pairs else []


def _for(s: ir.For, inlined: Inlined) -> list[Node]:
    counts = s.count is not None and inlined.uses[s.count] > 0
    start = [(c.phi, c.init) for c in s.carried]
    step = [(c.phi, c.next) for c in s.carried]
    body = sequence(s.body, inlined)
    body += _copy(step)
    if counts:
        assert s.count is not None
        start.append((s.count, ir.Const(0, ir.INT)))
        body.append(Count(s.count))
    if s.stop is not None:
        body.append(Break(s.stop))
    results: list[tuple[ir.Var, ir.Atom]] = [(c.result, c.phi) for c in s.carried if inlined.uses[c.result]]
    carried = frozenset([var for var, _ in start])
    loop = _reversed(Loop(s.counter, s.trip, body, s.place, carried, s.backward, None, s.threads, s.apart), inlined)
    return [*_copy(start), loop, *_copy(results)]


def _reversed(loop: Loop, inlined: Inlined) -> Loop:
    """Count by the user's own index where that is all the counter is there for: ``for i in range(start, ...)``."""
    if inlined.uses[loop.counter] != 1:
        return loop
    for k, node in enumerate(loop.body):
        let = node.statement if isinstance(node, Do) else None
        if not (isinstance(let, ir.Let) and let.op in ("add", "subtract") and loop.counter in let.args):
            continue
        start = let.args[0] if let.args[1] == loop.counter else let.args[1]
        if (let.op == "subtract" and let.args[1] != loop.counter) or not _is_outside(start, loop, inlined):
            return loop
        step = 1 if let.op == "add" else -1
        rest = loop.body[:k] + loop.body[k + 1 :]
        return replace(loop, counter=let.var, body=rest, span=(start, step))
    return loop


def _is_outside(x: ir.Atom, loop: Loop, inlined: Inlined) -> bool:
    """Tell whether an expression has its value before the loop: it loads nothing, and no node of the body defines
    what it names."""
    definition = inlined.definitions.get(x) if isinstance(x, ir.Var) else None
    if definition is not None:
        return isinstance(definition, ir.Let) and all(_is_outside(part, loop, inlined) for part in definition.args)
    return x != loop.counter and x not in _defined(loop.body)


def _defined(nodes: list[Node]) -> set[ir.Var]:
    found: set[ir.Var] = set()
    for node in nodes:
        match node:
            case Do(statement):
                found.update(defined_by(statement))
            case Copy(targets):
                found.update(targets)
            case Count(var):
                found.add(var)
            case Loop(counter, _, body):
                found.add(counter)
                found |= _defined(body)
            case Repeat(head, _, body):
                found |= _defined(head) | _defined(body)
            case Branch(_, then, orelse):
                found |= _defined(then) | _defined(orelse)
    return found


def _while(s: ir.While, inlined: Inlined) -> list[Node]:
    counts = inlined.uses[s.counter] > 0 or inlined.uses[s.count] > 0
    start = [(c.phi, c.init) for c in s.carried]
    results: list[tuple[ir.Var, ir.Atom]] = [(c.result, c.phi) for c in s.carried if inlined.uses[c.result]]
    body = sequence(s.body, inlined) + _copy([(c.phi, c.next) for c in s.carried])
    if counts:
        start.append((s.counter, ir.Const(0, ir.INT)))
        body.append(Count(s.counter))
        results += [(s.count, s.counter)] if inlined.uses[s.count] else []
    if s.stop is not None:
        body.append(Break(s.stop))
    carried = frozenset([var for var, _ in start])
    return [*_copy(start), Repeat(sequence(s.head, inlined), s.test, body, s.place, carried), *_copy(results)]


def _branch(s: ir.If, inlined: Inlined) -> Branch:
    merges = [m for m in s.merges if inlined.uses[m.result]]
    then = sequence(s.then, inlined) + _copy([(m.result, m.then) for m in merges])
    orelse = sequence(s.orelse, inlined) + _copy([(m.result, m.orelse) for m in merges])
    return Branch(s.test, then, orelse, s.place)
