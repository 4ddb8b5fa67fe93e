"""Reverse loops whose order is free run forwards: the machine fetches and vectorises that better.

The order is free if iterations only add into what they share. Scalars that are carried may only be accumulated; each
buffer is only added into and not read, or is accessed at one single index that is different in each iteration.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import replace

from .. import ir
from ..activity import Classes
from ..scan import atoms_of, loaded, made, stored

__all__ = ["straighten"]


def straighten(function: ir.Function) -> ir.Function:
    """Return the function with backward loops turned forward where their order is free."""
    classes = Classes(function.body)
    body = _block(function.body, classes)
    return ir.Function(function.name, list(function.params), body, list(function.results), list(function.stacks))


def _block(body: list[ir.Statement], classes: Classes) -> list[ir.Statement]:
    result = []
    for s in body:
        match s:
            case ir.For():
                s = replace(s, body=_block(s.body, classes))
                if s.backward and free_order(s, classes):
                    s = replace(s, backward=False, parallel=not s.carried)
            case ir.While():
                s = replace(s, head=_block(s.head, classes), body=_block(s.body, classes))
            case ir.If():
                s = replace(s, then=_block(s.then, classes), orelse=_block(s.orelse, classes))
        result.append(s)
    return result


def free_order(loop: ir.For, classes: Classes) -> bool:
    """Tell whether the iterations of a loop may run in any order (sums may be rounded differently)."""
    inside = list(ir.walk(loop.body))
    if loop.stop is not None or any(isinstance(s, (ir.Push, ir.Pop, ir.Swap, ir.Invoke, ir.Grow)) for s in inside):
        return False
    return all(_accumulates(c, inside, loop) for c in loop.carried) and _apart(loop, inside, classes)


def _accumulates(c: ir.Carried, inside: list[ir.Statement], loop: ir.For) -> bool:
    """Tell whether a carried scalar is only added to: phi -> phi + a -> ... -> next, also through inner loops."""
    current: ir.Atom = c.phi
    chain = {c.phi}
    changed = True
    while changed:
        changed = False
        for s in inside:
            step = _step(s, current)
            if step is not None and step not in chain:
                current, changed = step, True
                chain.add(step)
    if current != c.next:
        return False
    uses = sum(1 for s in inside for a in atoms_of(s) if a in chain)
    ends = sum(1 for o in loop.carried for a in (o.next,) if a in chain)
    links = sum(_links(s, chain) for s in inside)
    return uses == links and ends == 1


def _step(s: ir.Statement, current: ir.Atom) -> ir.Var | None:
    if isinstance(s, ir.Let) and s.op in ("add", "radd") and s.args[0] == current:
        return s.var
    if isinstance(s, (ir.For, ir.While)):
        return next((c.result for c in s.carried if c.init == current and _inner(c, s)), None)
    return None


def _inner(c: ir.Carried, s: ir.For | ir.While) -> bool:
    return isinstance(s, ir.For) and _accumulates(c, list(ir.walk(s.body)), s)


def _links(s: ir.Statement, chain: set[ir.Var]) -> int:
    if isinstance(s, ir.Let) and s.var in chain:
        return 1
    if isinstance(s, (ir.For, ir.While)):
        return sum(1 for c in s.carried if c.result in chain)
    return 0


def _apart(loop: ir.For, inside: list[ir.Statement], classes: Classes) -> bool:
    """Tell whether iterations do not meet in memory, other than by adding."""
    local = {b for s in inside for b in made(s)}
    read: dict[ir.Buffer, list[tuple[ir.Atom, ...] | None]] = defaultdict(list)
    written: dict[ir.Buffer, list[tuple[ir.Atom, ...] | None]] = defaultdict(list)
    added: set[ir.Buffer] = set()
    for s in inside:
        for b in loaded(s):
            read[classes.of(b)].append(s.index if isinstance(s, ir.Load) else None)
        for b in stored(s):
            if isinstance(s, ir.Store) and s.add:
                added.add(classes.of(b))
                written[classes.of(b)].append(s.index)
            else:
                written[classes.of(b)].append(s.index if isinstance(s, ir.Store) else None)
                added.discard(classes.of(b))
    plain = {classes.of(b) for s in inside for b in stored(s) if not (isinstance(s, ir.Store) and s.add)}
    for b in written:
        if b in local:
            continue
        if b in plain or b in read:
            places = [*read[b], *written[b]]
            if any(p is None or p != places[0] for p in places) or not _distinct(places[0], loop):
                return False
    return True


def _distinct(index: tuple[ir.Atom, ...] | None, loop: ir.For) -> bool:
    """Tell whether an index is certainly different in each iteration."""
    if index is None:
        return False
    following = {loop.counter: True}
    for s in loop.body:
        if isinstance(s, ir.Let) and s.op in ("add", "subtract"):
            moving = [a for a in s.args if a in following]
            inner = {v for v in s.args if isinstance(v, ir.Var)} - set(following)
            if len(moving) == 1 and not inner & _defined_in(loop):
                following[s.var] = True
    return any(i in following for i in index)


def _defined_in(loop: ir.For) -> set[ir.Var]:
    from ..scan import defined

    return {v for s in ir.walk([loop]) for v in defined(s)}
