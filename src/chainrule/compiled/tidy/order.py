"""Reverse loops whose order is free run forwards: the machine fetches and vectorises that better.

The order is free if iterations only add into what they share. Scalars that are carried may only be accumulated; each
buffer is only added into and not read, or is accessed at one single index that is different in each iteration.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import replace

from .. import ir
from ..activity import Classes
from ..adjoint.layout import Layout
from ..adjoint.memory import Memory
from ..scan import atoms_of, defined, loaded, made, results, stored, with_blocks

__all__ = ["accumulates", "commute", "distinct", "free_order", "straighten"]


_ADDITIONS = frozenset({"add", "radd"})


def straighten(function: ir.Function) -> ir.Function:
    """Return the function with backward loops turned forward where their order is free."""
    memory = Memory(Layout(function), Classes(function.body, swaps=False))
    body = _block(function.body, memory)
    return ir.Function(function.name, list(function.params), body, list(function.results), list(function.stacks))


def _block(body: list[ir.Statement], memory: Memory) -> list[ir.Statement]:
    result = []
    for s in body:
        match s:
            case ir.For():
                free = s.backward and free_order(s, memory.classes, memory)
                s = replace(s, body=_block(s.body, memory))
                if free:
                    s = replace(s, backward=False, parallel=not s.carried)
                elif s.backward:
                    s = replace(s, body=_in_order(s.body))
            case _:
                s = with_blocks(s, lambda block: _block(block, memory))
        result.append(s)
    return result


def _in_order(body: list[ir.Statement]) -> list[ir.Statement]:
    """Turn sums whose order is free into plain ones: where the loop keeps its order, nothing is gained by them."""
    result: list[ir.Statement] = []
    for s in body:
        if isinstance(s, ir.Let) and s.op == "radd":
            s = replace(s, op="add")
        elif isinstance(s, ir.If):
            s = replace(s, then=_in_order(s.then), orelse=_in_order(s.orelse))
        result.append(s)
    return result


def free_order(loop: ir.For, classes: Classes, memory: Memory | None = None) -> bool:
    """Tell whether the iterations of a loop may run in any order (sums may be rounded differently).

    With the `memory` of the function that the loop stands in, accesses at different indices are compared too.
    """
    inside = list(ir.walk(loop.body))
    if loop.stop is not None or any(isinstance(s, (ir.Push, ir.Pop, ir.Swap, ir.Invoke, ir.Grow)) for s in inside):
        return False
    return all(accumulates(c, inside, loop) for c in loop.carried) and _apart(loop, inside, classes, memory)


def accumulates(c: ir.Carried, inside: list[ir.Statement], loop: ir.For, ops: frozenset[str] = _ADDITIONS) -> bool:
    """Tell whether a carried scalar is only added to (through inner loops and branches too) and read for no more.

    `ops` are the operations that add to it: their first argument is what there was before; "select" may be among them.
    """
    chain: set[ir.Atom] = {c.phi}
    links = 0
    changed = True
    while changed:
        changed = False
        for s in inside:
            for result, sources in _sums(s, ops):
                if result not in chain and any(a in chain for a in sources):
                    chain.add(result)
                    changed = True
    if c.next not in chain:
        return False
    for s in inside:
        sums = {result: sources for result, sources in _sums(s, ops) if result in chain}
        if any(a not in chain for sources in sums.values() for a in sources):
            return False  # in one branch the sum goes on, in the other something else begins
        links += sum(len(sources) for result, sources in sums.items() if result not in set(results(s)) or _is_if(s))
    uses = sum(1 for s in inside for a in atoms_of(s) if a in chain)
    return uses == links and sum(1 for o in loop.carried if o.next in chain) == 1


def _is_if(s: ir.Statement) -> bool:
    """The result of a loop reads nothing: its `phi` is the loop's own."""
    return not isinstance(s, ir.For)


def _sums(s: ir.Statement, ops: frozenset[str]) -> list[tuple[ir.Var, tuple[ir.Atom, ...]]]:
    """Return what a statement may add up: each result with the atoms of which it may be the continuation."""
    match s:
        case ir.Let(var, "select", args) if "select" in ops:
            return [(var, args[1:])]
        case ir.Let(var, op, args) if op in ops:
            return [(var, args[:1])]
        case ir.If():
            return [(m.result, (m.then, m.orelse)) for m in s.merges]
        case ir.For() if s.stop is None:
            inner = [(c.phi, (c.init, c.next)) for c in s.carried]
            return [*inner, *[(c.result, (c.phi,)) for c in s.carried]]
    return []


def _apart(loop: ir.For, inside: list[ir.Statement], classes: Classes, memory: Memory | None) -> bool:
    """Tell whether iterations do not meet in memory, other than by adding."""
    local = {classes.of(b) for s in inside for b in made(s)}
    accesses: dict[ir.Buffer, list[ir.Statement]] = defaultdict(list)
    for s in inside:
        for b in dict.fromkeys(classes.of(b) for b in (*loaded(s), *stored(s))):
            accesses[b].append(s)
    for b, group in accesses.items():
        writers = [s for s in group if any(classes.of(x) == b for x in stored(s))]
        if b not in local and any(not commute(s, w, loop, memory) for w in writers for s in group):
            return False
    return True


def commute(s: ir.Statement, writer: ir.Statement, loop: ir.For, memory: Memory | None) -> bool:
    """Tell whether an access and a write to the same array may change places, if they are in different iterations."""
    if not isinstance(s, (ir.Load, ir.Store)) or not isinstance(writer, ir.Store):
        return False
    if isinstance(s, ir.Store) and s.add and writer.add:
        return True
    if s.buffer == writer.buffer and s.index == writer.index and distinct(s.index, loop):
        return True
    return memory is not None and s.buffer == writer.buffer and memory.apart_across(s.index, writer.index, loop)


def distinct(index: tuple[ir.Atom, ...] | None, loop: ir.For) -> bool:
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
    return {v for s in ir.walk([loop]) for v in defined(s)}
