"""What a recursion does with its smallest arrays is written out, and called where it comes to these.

Most calls of a recursion are its last ones: of the 69,000 calls that expand a determinant of eight rows by minors, all
but 2,000 have three rows or fewer. Where an array has three rows, loops and decisions are known beforehand; what is
left is a formula for its nine elements, without calls and without arrays.

References
----------
Partial evaluation: Jones, Gomard and Sestoft, *Partial Evaluation and Automatic Program Generation*, 1993.
"""

from __future__ import annotations

from dataclasses import replace
from typing import NamedTuple

from .. import ir
from ..build import Builder, Names, simplified
from ..opaque import copy_into
from ..own import own_names, whole
from ..scan import Renaming, stored, with_blocks

__all__ = ["with_instances"]

LARGEST = 4  # rows
MOST = 4000
_STEPS = 4  # for each statement there is, so many that come to nothing

_ZERO = ir.Const(0, ir.INT)
_ABLE = (ir.Let, ir.Load, ir.Store, ir.Dim, ir.Alloc, ir.For, ir.If, ir.Check, ir.Invoke)


def with_instances(program: ir.Program, rough: bool) -> ir.Program:
    """Return the program with the instances of its recursions, for arrays of a few rows, that they come to.

    `rough` as in `Builder`.
    """
    names = own_names(program)
    largest: dict[str, _Instance] = {}
    made: dict[str, ir.Function] = {}
    for name, function in program.others.items():
        instances = _instances(function, names, rough) if _is_able(function) else []
        if instances:
            largest[name] = instances[-1]
            made.update({i.function.name: i.function for i in instances})
    if not largest:
        return program
    others = {name: _dispatching(f, largest, program.others, names) for name, f in program.others.items()}
    return ir.Program(_dispatching(program.entry, largest, program.others, names), {**others, **made})


class _Instance(NamedTuple):
    """A function for an array of known lengths.

    Attributes
    ----------
    function : Function
    lengths : tuple of int
    sizes : list
        The lengths of each result that is an array.
    statements : int
    """

    function: ir.Function
    lengths: tuple[int, ...]
    sizes: list[tuple[ir.Atom, ...] | None]
    statements: int


def _array(function: ir.Function) -> ir.Buffer:
    (array,) = [p for p in function.params if isinstance(p, ir.Buffer)]
    return array


def _is_able(function: ir.Function) -> bool:
    """Tell whether a function calls itself, is given one array, does not write to it, and gives new arrays."""
    inside = list(ir.walk(function.body))
    arrays = [p for p in function.params if isinstance(p, ir.Buffer)]
    calls = [s for s in inside if isinstance(s, ir.Invoke)]
    if not calls or any(s.function != function.name for s in calls) or not all(isinstance(s, _ABLE) for s in inside):
        return False
    if function.rule is not None or function.stacks or len(arrays) != 1 or not 0 < arrays[0].ndim <= 2:
        return False
    if any(arrays[0] in stored(s) for s in inside) or any(isinstance(s, ir.For) and s.stop is not None for s in inside):
        return False
    return _result_shapes(function) is not None


def _result_shapes(function: ir.Function) -> list[tuple[ir.Atom | int, ...] | None] | None:
    """Return the lengths of the arrays that a function gives: constants, or axes of its argument; None if unknown."""
    array = _array(function)
    axes = {s.var: s.axis for s in ir.walk(function.body) if isinstance(s, ir.Dim) and s.buffer == array}
    allocs = {s.buffer: s for s in function.body if isinstance(s, ir.Alloc)}
    shapes: list[tuple[ir.Atom | int, ...] | None] = []
    for r in function.results:
        if not isinstance(r, ir.View):
            shapes.append(None)
            continue
        made = allocs.get(r.buffer)
        if made is None or r.shape != made.shape or not _is_whole(r):
            return None
        if not all(isinstance(n, ir.Const) or n in axes for n in made.shape):
            return None
        shapes.append(tuple([n if isinstance(n, ir.Const) else axes[n] for n in made.shape]))
    return shapes


def _is_whole(view: ir.View) -> bool:
    plain = all(a.base == k and a.start == _ZERO and a.step == 1 for k, a in enumerate(view.axes))
    return plain and not view.fixed and len(view.axes) == view.buffer.ndim


# ---- Instances


class _UnknownError(Exception):
    """Something is not known beforehand, or there is too much of it."""


def _instances(function: ir.Function, names: Names, rough: bool) -> list[_Instance]:
    """Return instances for arrays of 1, 2, ... rows (and columns), as long as everything about them is known."""
    found: list[_Instance] = []
    for k in range(1, LARGEST + 1):
        lengths = (k,) * _array(function).ndim
        try:
            found.append(_Evaluation(function, lengths, {i.lengths: i for i in found}, names, rough).instance())
        except _UnknownError:
            break
    return found


class _Evaluation:
    """A walk through what a function does for one size of its array."""

    def __init__(self, function: ir.Function, lengths: tuple[int, ...], smaller: dict[tuple[int, ...], _Instance],
                 names: Names, rough: bool) -> None:  # fmt: skip
        self.function = function
        self.lengths = lengths
        self.smaller = smaller
        self.names = names
        self.rough = rough
        self.values: dict[ir.Atom, ir.Atom] = {}
        self.buffers: dict[ir.Buffer, ir.Buffer] = {}
        self.shapes: dict[ir.Buffer, tuple[ir.Atom, ...]] = {}  # of buffers as the function names them
        self.renaming = Renaming(lambda a: self.values.get(a, a), lambda b: self.buffers.get(b, b), self.define)
        self.out: list[ir.Statement] = []
        self.count = 0
        self.steps = 0

    def define(self, v: ir.Var) -> ir.Var:
        self.values[v] = fresh = ir.Var(self.names.fresh(v.name), v.dtype)
        return fresh

    def known(self, a: ir.Atom) -> ir.Const:
        value = self.values.get(a, a)
        if not isinstance(value, ir.Const):
            raise _UnknownError
        return value

    def make(self, b: ir.Buffer, shape: tuple[ir.Atom, ...]) -> None:
        self.buffers[b] = replace(b, name=self.names.fresh(b.name))
        self.shapes[b] = shape

    def instance(self) -> _Instance:
        f = self.function
        params: list[ir.Var | ir.Buffer] = []
        for p in f.params:
            if isinstance(p, ir.Buffer):
                self.make(p, tuple([ir.Const(n, ir.INT) for n in self.lengths]))
                self.buffers[p] = replace(self.buffers[p], lengths=self.lengths)
                params.append(self.buffers[p])
            else:
                params.append(self.define(p))
        self.block(f.body)
        results = [self.renaming.operand(r) for r in f.results]
        name = "_".join([f.name, "of", *map(str, self.lengths)])
        sizes = [r.shape if isinstance(r, ir.View) else None for r in results]
        return _Instance(ir.Function(name, params, self.out, results), self.lengths, sizes, self.count)

    def block(self, body: list[ir.Statement]) -> None:
        for s in body:
            self.steps += 1
            if self.steps > _STEPS * MOST:
                raise _UnknownError
            self.statement(s)

    def statement(self, s: ir.Statement) -> None:
        match s:
            case ir.Dim():
                if s.buffer not in self.shapes:
                    raise _UnknownError
                self.values[s.var] = self.shapes[s.buffer][s.axis]
            case ir.Let():
                self.let(s)
            case ir.Alloc():
                self.make(s.buffer, tuple([self.known(n) for n in s.shape]))
                self.add(s)
            case ir.For():
                self.loop(s)
            case ir.If():
                taken = bool(self.known(s.test).value)
                self.block(s.then if taken else s.orelse)
                self.values.update({m.result: self.renaming.atom(m.then if taken else m.orelse) for m in s.merges})
            case ir.Check():
                if not self.known(s.test).value:
                    raise _UnknownError
            case ir.Invoke():
                self.call(s)
            case _:
                self.add(s)

    def add(self, s: ir.Statement, count: int = 1) -> None:
        self.count += count
        if self.count > MOST:
            raise _UnknownError
        self.out.append(self.renaming.statement(s))

    def let(self, s: ir.Let) -> None:
        simple = simplified(s.op, self.renaming.atoms(s.args), self.rough)
        if simple is None:
            self.add(s)
        else:
            self.values[s.var] = simple

    def loop(self, s: ir.For) -> None:
        numbers = range(int(self.known(s.trip).value))
        now = [self.renaming.atom(c.init) for c in s.carried]
        for k in reversed(numbers) if s.backward else numbers:
            self.values[s.counter] = ir.Const(k, ir.INT)
            self.values.update({c.phi: x for c, x in zip(s.carried, now, strict=True)})
            self.block(s.body)
            now = [self.renaming.atom(c.next) for c in s.carried]
        self.values.update({c.result: x for c, x in zip(s.carried, now, strict=True)})

    def call(self, s: ir.Invoke) -> None:
        """Call an instance for an array that is smaller."""
        (view,) = [x for x in s.args if isinstance(x, ir.View)]
        shape = tuple([int(self.known(n).value) for n in view.shape])
        instance = self.smaller.get(shape)
        if instance is None or not _is_whole(view):
            raise _UnknownError
        for out, sizes in zip(s.outs, instance.sizes, strict=True):
            if isinstance(out, ir.Buffer):
                assert sizes is not None
                self.make(out, sizes)
        self.add(replace(s, function=instance.function.name), instance.statements)


# ---- Calls


def _dispatching(function: ir.Function, instances: dict[str, _Instance], functions: dict[str, ir.Function],
                 names: Names) -> ir.Function:  # fmt: skip
    """Return a function that calls an instance where an array is of its size."""
    return replace(function, body=_block(function.body, instances, functions, names))


def _block(body: list[ir.Statement], instances: dict[str, _Instance], functions: dict[str, ir.Function],
           names: Names) -> list[ir.Statement]:  # fmt: skip
    result: list[ir.Statement] = []
    for s in body:
        if isinstance(s, ir.Invoke) and s.function in instances:
            result += _choice(s, instances[s.function], functions[s.function], names)
        else:
            result.append(with_blocks(s, lambda block: _block(block, instances, functions, names)))
    return result


def _choice(s: ir.Invoke, instance: _Instance, function: ir.Function, names: Names) -> list[ir.Statement]:
    builder = Builder(names, rough=True)
    builder.place = s.place
    (view,) = [x for x in s.args if isinstance(x, ir.View)]
    test: ir.Atom = ir.Const(True, ir.BOOL)
    for size, length in zip(view.shape, instance.lengths, strict=True):
        test = builder.let("logical_and", test, builder.let("equal", size, ir.Const(length, ir.INT)))
    shapes = _result_shapes(function)
    assert shapes is not None
    for out, shape in zip(s.outs, shapes, strict=True):
        if isinstance(out, ir.Buffer):
            assert shape is not None
            sizes = tuple([view.shape[n] if isinstance(n, int) else n for n in shape])
            builder.add(ir.Alloc(out, sizes, None, s.place))
            builder.note_shape(out, sizes)
    then, first = _branch(s, instance.function.name, builder)
    orelse, second = _branch(s, s.function, builder)
    scalars = [x for x in s.outs if isinstance(x, ir.Var)]
    merges = [ir.Merge(x, first[x], second[x]) for x in scalars]
    builder.add(ir.If(test, then, orelse, merges, s.place))
    return builder.block


def _branch(s: ir.Invoke, name: str, builder: Builder) -> tuple[list[ir.Statement], dict[ir.Var, ir.Var]]:
    """Return a call of one of the functions, the arrays it gives copied to where they are expected."""
    body: list[ir.Statement] = []
    scalars = {x: ir.Var(builder.names.fresh(x.name), x.dtype) for x in s.outs if isinstance(x, ir.Var)}
    arrays = {x: replace(x, name=builder.names.fresh(x.name)) for x in s.outs if isinstance(x, ir.Buffer)}
    with builder.into(body):
        outs = tuple([scalars[x] if isinstance(x, ir.Var) else arrays[x] for x in s.outs])
        builder.add(replace(s, function=name, outs=outs))
        for out, array in arrays.items():
            target = whole(builder, out)
            copy_into(builder, target, replace(target, buffer=array))
    return body, scalars
