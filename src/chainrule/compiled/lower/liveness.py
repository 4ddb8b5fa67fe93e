"""Which names may still be read, at each statement of a function: no other one needs to leave a branch or a loop."""

from __future__ import annotations

import ast
from collections.abc import Iterator, Sequence

from ..read import Definition, parameters

__all__ = ["Flow", "assigned", "breaks", "exits_of", "returns", "uses", "uses_besides"]

Names = frozenset[str]
NONE: Names = frozenset()
SCOPES = (ast.FunctionDef, ast.Lambda, ast.ListComp, ast.GeneratorExp, ast.SetComp, ast.DictComp)


class Flow:
    """The names of one function, and where they are alive.

    Attributes
    ----------
    local : frozenset of str
        The parameters, and every name that the function assigns.
    captured : frozenset of str
        Names that inner functions read: they count as alive everywhere.
    after : dict
        For each statement, the names that may be read after it.
    head : dict
        For each loop, the names that may be read from the moment on when it decides about its next iteration.
    """

    def __init__(self, node: Definition) -> None:
        body = node.body if isinstance(node.body, list) else []
        self.local: Names = frozenset(parameters(node)) | frozenset(assigned(body))
        self.captured: Names = frozenset().union(*[uses(f) for s in body for f in _inner_functions(s)])
        self.after: dict[ast.stmt, Names] = {}
        self.head: dict[ast.stmt, Names] = {}
        self._block(body, NONE, NONE, NONE)

    def _block(self, body: Sequence[ast.stmt], out: Names, stop: Names, again: Names) -> Names:
        for statement in reversed(body):
            self.after[statement] = out
            out = self._before(statement, out, stop, again)
        return out

    def _before(self, s: ast.stmt, out: Names, stop: Names, again: Names) -> Names:
        match s:
            case ast.If():
                return uses(s.test) | self._block(s.body, out, stop, again) | self._block(s.orelse, out, stop, again)
            case ast.While():
                return self._loop(s, uses(s.test), NONE, out, stop, again)
            case ast.For():
                return uses(s.iter) | self._loop(
                    s, uses(s.target) - set(targets(s.target)), set(targets(s.target)), out, stop, again
                )
            case ast.Break():
                return stop
            case ast.Continue():
                return again
            case ast.Return() | ast.Raise():
                return uses(s)
            case ast.Assign() | ast.AnnAssign():
                goals = s.targets if isinstance(s, ast.Assign) else [s.target]
                plain = {n for goal in goals for n in targets(goal)} if s.value is not None else set()
                return (out - plain) | uses(s)
            case ast.AugAssign():
                return out | uses(s) | set(targets(s.target))
            case ast.FunctionDef():
                return (out - {s.name}) | uses(s.args) | frozenset().union(*map(uses, s.decorator_list))
        return out | uses(s)

    def _loop(
        self, s: ast.For | ast.While, read: Names, set_: set[str] | Names, out: Names, stop: Names, again: Names
    ) -> Names:
        done = self._block(s.orelse, out, stop, again)
        head = read | done
        while True:
            self.head[s] = head
            more = head | (self._block(s.body, head, out, head) - set_)
            if more == head:
                return head
            head = more


def uses(node: ast.AST, without: ast.AST | None = None) -> Names:
    """Return the names that a piece of syntax, `without` a part of it, may read; those of inner functions included."""
    if node is without:
        return NONE
    if isinstance(node, ast.Name):
        return NONE if isinstance(node.ctx, ast.Store) else frozenset([node.id])
    return NONE.union(*[uses(child, without) for child in ast.iter_child_nodes(node)])


def uses_besides(statement: ast.stmt, call: ast.Call | None) -> Names:
    """Return the names that a statement may read while a call in it runs, or after that."""
    once = isinstance(statement, (ast.Assign, ast.AnnAssign, ast.Return, ast.Expr))
    return uses(statement, call if once else None)


def targets(node: ast.expr) -> Iterator[str]:
    """Yield the names that an assignment to a target sets."""
    if isinstance(node, ast.Name):
        yield node.id
    elif isinstance(node, (ast.Tuple, ast.List)):
        for part in node.elts:
            yield from targets(part)
    elif isinstance(node, ast.Starred):
        yield from targets(node.value)


def assigned(body: Sequence[ast.AST]) -> list[str]:
    """Return the names that statements assign, in order, without those of inner scopes."""
    found: dict[str, None] = {}
    for node in body:
        _collect(node, found)
    return list(found)


def _collect(node: ast.AST, found: dict[str, None]) -> None:
    if isinstance(node, ast.Name) and isinstance(node.ctx, (ast.Store, ast.Del)):
        found[node.id] = None
    elif isinstance(node, ast.FunctionDef):
        found[node.name] = None
    elif isinstance(node, (ast.Import, ast.ImportFrom)):
        found.update(dict.fromkeys([a.asname or a.name.partition(".")[0] for a in node.names]))
    elif isinstance(node, SCOPES[1:]):
        for inner in ast.walk(node):
            if isinstance(inner, ast.NamedExpr):
                found[inner.target.id] = None
        return
    if not isinstance(node, ast.FunctionDef):
        for child in ast.iter_child_nodes(node):
            _collect(child, found)


def _inner_functions(node: ast.AST) -> Iterator[ast.AST]:
    for child in ast.walk(node):
        if isinstance(child, (ast.FunctionDef, ast.Lambda, ast.GeneratorExp)):
            yield child


def returns(body: Sequence[ast.stmt]) -> bool:
    """Whether statements contain a return of their own function."""
    return any(isinstance(n, ast.Return) for s in body for n in own_nodes(s))


def exits_of(body: Sequence[ast.stmt]) -> tuple[str, ...]:
    """Return how the body of a loop may leave it: the names of the flags for break and return."""
    return tuple([flag for flag, found in (("$break", breaks(body)), ("$return", returns(body))) if found])


def breaks(body: Sequence[ast.stmt]) -> bool:
    """Whether the body of a loop contains a break of that loop."""
    return any(_breaks(s) for s in body)


def _breaks(s: ast.stmt) -> bool:
    if isinstance(s, ast.Break):
        return True
    if isinstance(s, (ast.For, ast.While)):
        return any(map(_breaks, s.orelse))
    return any(_breaks(c) for c in ast.iter_child_nodes(s) if isinstance(c, ast.stmt))


def own_nodes(node: ast.AST) -> Iterator[ast.AST]:
    """Yield the nodes of a statement, without the bodies of inner functions."""
    yield node
    if not isinstance(node, (ast.FunctionDef, ast.Lambda)):
        for child in ast.iter_child_nodes(node):
            yield from own_nodes(child)
