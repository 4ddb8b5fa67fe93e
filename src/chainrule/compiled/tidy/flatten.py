"""Short branches that only compute become selections, so that the loops around them can be vectorised."""

from __future__ import annotations

from dataclasses import replace

from .. import ir
from ..build import Builder
from ..ops import cost_of
from .hoist import STAY

__all__ = ["flatten"]

_SHORT = 12  # additions: about what a branch that is mispredicted costs


def flatten(function: ir.Function) -> ir.Function:
    """Return the function with short pure branches inside loops computed both ways."""
    from ..own import own_names

    names = own_names(ir.Program(function))
    body = _block(function.body, Builder(names, rough=True), inside=False)
    return ir.Function(function.name, list(function.params), body, list(function.results), list(function.stacks))


def _block(body: list[ir.Statement], builder: Builder, inside: bool) -> list[ir.Statement]:
    result: list[ir.Statement] = []
    for s in body:
        match s:
            case ir.For():
                result.append(replace(s, body=_block(s.body, builder, True)))
            case ir.While():
                result.append(replace(s, head=s.head, body=_block(s.body, builder, True)))
            case ir.If():
                s = replace(s, then=_block(s.then, builder, inside), orelse=_block(s.orelse, builder, inside))
                result += _selected(s, builder) if inside and _is_short(s) else [s]
            case _:
                result.append(s)
    return result


def _is_short(s: ir.If) -> bool:
    both = [*s.then, *s.orelse]
    if not all(isinstance(t, ir.Let) and t.op not in STAY for t in both):
        return False
    return sum(cost_of(t.op) for t in both if isinstance(t, ir.Let)) + len(s.merges) <= _SHORT


def _selected(s: ir.If, builder: Builder) -> list[ir.Statement]:
    result: list[ir.Statement] = [*s.then, *s.orelse]
    made = {t.var: t for t in result if isinstance(t, ir.Let)}
    for m in s.merges:
        result += _choice(m, s.test, made, builder, s.place)
    return result


def _choice(m: ir.Merge, test: ir.Atom, made: dict[ir.Var, ir.Let], builder: Builder,
            place: ir.Place | None) -> list[ir.Statement]:  # fmt: skip
    """Select between two values; where one continues a sum that the other leaves alone, select what is added."""
    zero = ir.Const(0.0, m.result.dtype)
    for base, other, in_then in ((m.orelse, m.then, True), (m.then, m.orelse, False)):
        terms = _terms(base, other, made)
        if terms:
            with builder.into([]) as block:
                builder.place = place
                total = terms[0]
                for term in terms[1:]:
                    total = builder.let("radd", total, term)
                chosen = builder.let("select", test, *((total, zero) if in_then else (zero, total)))
            return [*block, ir.Let(m.result, "radd", (base, chosen), place)]
    return [ir.Let(m.result, "select", (test, m.then, m.orelse), place)]


def _terms(base: ir.Atom, x: ir.Atom, made: dict[ir.Var, ir.Let]) -> list[ir.Atom]:
    """Return what a branch adds to a value, in sums whose order is free; nothing if it does more than that."""
    terms: list[ir.Atom] = []
    while isinstance(x, ir.Var) and x in made and made[x].op == "radd":
        x, term = made[x].args
        terms.insert(0, term)
    return terms if x == base else []
