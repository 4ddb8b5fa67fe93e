"""Print a program of the intermediate representation, one statement a line, for people and for tests."""

from __future__ import annotations

from collections.abc import Iterable

from . import ir

__all__ = ["show"]


def show(thing: ir.Program | ir.Function | list[ir.Statement]) -> str:
    """Return the text of a program, a function or a list of statements."""
    if isinstance(thing, ir.Program):
        return "\n\n".join([show(thing.entry), *map(show, thing.others.values())])
    if isinstance(thing, list):
        return "\n".join(_lines(thing))
    params = ", ".join([f"{p.name}: {_type(p)}" for p in thing.params])
    results = ", ".join(map(_operand, thing.results))
    return "\n".join([f"function {thing.name}({params})", *_indented(_lines(thing.body)), f"  return {results}"])


def _type(x: ir.Var | ir.Buffer) -> str:
    return x.dtype if isinstance(x, ir.Var) else f"{x.dtype}[{', '.join(':' * x.ndim)}]"


def _atom(x: ir.Atom) -> str:
    return repr(x.value) if isinstance(x, ir.Const) else x.name


def _operand(x: ir.Atom | ir.View | ir.Buffer) -> str:
    if isinstance(x, ir.Buffer):
        return x.name
    if not isinstance(x, ir.View):
        return _atom(x)
    fixed = "".join([f", {base}@{_atom(at)}" for base, at in x.fixed])
    return f"{x.buffer.name}<{', '.join(map(_axis, x.axes))}{fixed}>"


def _axis(axis: ir.Axis) -> str:
    step = axis.step if isinstance(axis.step, int) else axis.step.name
    base = "new" if axis.base is None else str(axis.base)
    return f"{base}:{_atom(axis.start)}+{step}*[{_atom(axis.size)}]"


def _list(atoms: Iterable[ir.Atom | ir.View | ir.Buffer]) -> str:
    return ", ".join(map(_operand, atoms))


def _indented(lines: Iterable[str]) -> list[str]:
    return ["  " + line for line in lines]


def _lines(body: list[ir.Statement]) -> list[str]:
    return [line for statement in body for line in _statement(statement)]


def _statement(s: ir.Statement) -> list[str]:
    match s:
        case ir.Let(var, op, args):
            return [f"{var.name} = {op}({_list(args)})"]
        case ir.Load(var, buffer, index):
            return [f"{var.name} = {buffer.name}[{_list(index)}]"]
        case ir.Dim(var, buffer, axis):
            return [f"{var.name} = {buffer.name}.shape[{axis}]"]
        case ir.Store(buffer, index, value, add):
            return [f"{buffer.name}[{_list(index)}] {'+=' if add else '='} {_atom(value)}"]
        case ir.Alloc(buffer, shape, fill):
            return [f"{buffer.name} = new {buffer.dtype}[{_list(shape)}]{'' if fill is None else f' of {_atom(fill)}'}"]
        case ir.Alias(buffer, base, shape):
            return [f"{buffer.name} = {base.name} as [{_list(shape)}]"]
        case ir.Grow(buffer, size):
            return [f"grow {buffer.name} to {_atom(size)}"]
        case ir.Swap(targets, sources):
            return [f"{_list(targets)} <- {_list(sources)}"]
        case ir.Call(function, outs, reads, writes):
            return [f"{_list((*outs, *writes))} = {function}({_list(reads)})"]
        case ir.Invoke(function, args, outs):
            return [f"{_list(outs)} = invoke {function}({_list(args)})"]
        case ir.Push(stack, value):
            return [f"push {_atom(value)} on {stack.name}"]
        case ir.Pop(var, stack):
            return [f"{var.name} = pop {stack.name}"]
        case ir.Check(test, error, text):
            return [f"check {_atom(test)} else {error}: {text}"]
        case ir.For() | ir.While() | ir.If():
            return _structure(s)
    msg = f"{type(s).__name__} is not a statement"
    raise TypeError(msg)


def _structure(s: ir.For | ir.While | ir.If) -> list[str]:
    if isinstance(s, ir.If):
        merges = [f"{m.result.name} = {_atom(m.then)} | {_atom(m.orelse)}" for m in s.merges]
        return [f"if {_atom(s.test)}", *_indented(_lines(s.then)), "else", *_indented(_lines(s.orelse)), *merges]
    stop = [] if s.stop is None else [f"stop if {_atom(s.stop)}"]
    count = "" if s.count is None else f" count {s.count.name}"
    ends = [f"{c.result.name} = {c.phi.name}: {_atom(c.init)}, then {_atom(c.next)}" for c in s.carried]
    if isinstance(s, ir.For):
        kind = ("parallel" if s.parallel else "for") + (" backward" if s.backward else "")
        head = [f"{kind} {s.counter.name} < {_atom(s.trip)}{_phis(s.carried)}{count}"]
    else:
        head = [f"while {s.counter.name}{_phis(s.carried)}{count}", *_indented(_lines(s.head))]
        head.append(f"  test {_atom(s.test)}")
    return [*head, *_indented([*_lines(s.body), *stop]), *ends]


def _phis(carried: list[ir.Carried]) -> str:
    return f" carry {', '.join([c.phi.name for c in carried])}" if carried else ""
