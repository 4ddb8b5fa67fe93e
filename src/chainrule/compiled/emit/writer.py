"""The text of a function: its statements line by line."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from .. import ir, special
from .affine import Affine, affine
from .coalesce import coalesce
from .effects import Effects, atoms_of, view_atoms
from .expressions import CHOICE, HELPERS, INFIX, NEGATED, SIGN, SUM, TERM, Text, called, constant, operation
from .inline import inline
from .line import Line, outdented
from .names import Naming
from .prepare import Shapes, prepare
from .rows import Row
from .sequence import Branch, Break, Copy, Count, Do, Loop, Node, Repeat, sequence
from .views import view_text

__all__ = ["Writer"]

MIXED = {"add", "subtract", "multiply", "true_divide", "divide"}  # of which an integer may be one operand
# Products with a guard in a function that are written as choices: each is three blocks of Numba's, and it goes through
# blocks by recursion, which has a limit. More of them are calls.
MOST_CHOICES = 100
AUGMENTED = {"add": "+", "subtract": "-", "multiply": "*", "true_divide": "/", "divide": "/"}
DTYPES = {ir.INT: "np.int64", ir.BOOL: "np.bool_", ir.SINGLE: "np.float32"}


class Writer:
    """Writes one function.

    Parameters
    ----------
    function : Function
    params : sequence of str
        What its parameters are to be called.
    taken : iterable of str
        Names of the module: other functions, helpers.
    named : dict
        What the external functions and kernels that the text calls are called in it, by their keys.
    by_line : bool
        Whether operations from different lines of the user's stay apart.

    Attributes
    ----------
    helpers : set of str
        The functions of `runtime` that the text calls.
    special : set of str
        The functions of SciPy that it calls.
    """

    def __init__(self, function: ir.Function, params: Sequence[str], taken: Iterable[str] = (),
                 boundscheck: bool = True, named: dict[str, str] | None = None,
                 by_line: bool = False) -> None:  # fmt: skip
        self.named = named or {}
        self.shapes = Shapes(function)
        self.function = prepare(function, self.shapes, boundscheck)
        self.inlined = inline(self.function, Effects(self.function), by_line)
        self.nodes = sequence(self.function.body, self.inlined)
        results = [x for r in self.function.results for x in (view_atoms(r) if isinstance(r, ir.View) else [r])]
        classes = coalesce(self.function, self.nodes, self.inlined, results)
        called = {self.named.get(s.function, s.function) for s in ir.walk(function.body)
                  if isinstance(s, (ir.Call, ir.Invoke))}  # fmt: skip
        called |= {self.named[op] for op in _operations(function) if op in self.named}
        self.special = {part[0] for part in map(special.parts_of_op, _operations(function)) if part is not None}
        self.name = Naming(self.function, classes, params, {*taken, *called, *self.special})
        self.helpers: set[str] = set()
        self.lines: list[str] = []
        self._place: ir.Place | None = None
        loops = [s for s in ir.walk(function.body) if isinstance(s, ir.For) and s.threads]
        self._parts = {s.function for loop in loops for s in loop.body if isinstance(s, ir.Invoke)}
        self._guards = sum(isinstance(s, ir.Let) and s.op == "gmul" for s in ir.walk(function.body))
        self._used = {leaf for s in ir.walk(self.function.body) for x in atoms_of(s) for leaf in self.inlined.leaves(x)}

    def write(self, doc: str = "") -> list[str]:
        """Return the lines of the function."""
        params = ", ".join([self.name(p) for p in self.function.params])
        self.lines = [f"def {self.function.name}({params}):"]
        if doc:
            self.lines.append(f'    """{doc}"""')
        self.lines += [f"    {self.name(stack)} = []" for stack in self.function.stacks]
        for node in self.nodes:
            self._node(node, 1)
        if isinstance(self.function, ir.Part):
            return self.lines
        results = [self._operand(r) for r in self.function.results]
        places = [s.place for s in map(self._inlined, self.function.results) if s is not None and s.place is not None]
        self.lines.append(Line(f"    return {', '.join(results)}", places[-1] if places else self._place))
        return self.lines

    # ---- Expressions

    def text(self, x: ir.Atom) -> Text:
        """Return the text of a scalar: its name, or the expression that defines it."""
        if isinstance(x, ir.Const):
            return constant(x)
        definition = self.inlined.definitions.get(x)
        return Text(self.name(x)) if definition is None else self._definition(definition)

    def _inlined(self, x: ir.Atom | ir.View | ir.Buffer) -> ir.Let | ir.Load | ir.Dim | None:
        return self.inlined.definitions.get(x) if isinstance(x, ir.Var) else None

    def _definition(self, s: ir.Let | ir.Load | ir.Dim) -> Text:
        if isinstance(s, ir.Load):
            return Text(self._element(s.buffer, s.index))
        if isinstance(s, ir.Dim):
            return Text(f"{self.name(s.buffer)}.shape[{s.axis}]")
        if s.var.dtype == ir.INT and s.op in ("add", "subtract"):
            return self._sum(affine(s.args[0], self.inlined) + affine(s.args[1], self.inlined).times(
                1 if s.op == "add" else -1))  # fmt: skip
        args = self._implicit(s) if s.op in MIXED and s.var.dtype == ir.FLOAT else s.args
        if s.op in HELPERS or (s.op == "gmul" and self._guards > MOST_CHOICES):
            self.helpers.add(s.op)
            return called(s.op, [self.text(x) for x in args])
        if s.op in self.named:
            return called(self.named[s.op], [self.text(x) for x in args], s.var.dtype)
        return operation(s.op, [self.text(x) for x in args], [x.dtype for x in s.args], args)

    def _implicit(self, s: ir.Let) -> tuple[ir.Atom, ...]:
        """Return the operands without the casts of integers that Python's arithmetic does itself."""
        bare = [self._uncast(x) for x in s.args]
        kept = [k for k, x in enumerate(bare) if x.dtype == ir.FLOAT]
        if kept or s.op in ("true_divide", "divide"):
            return tuple(bare)
        return (bare[0], s.args[1])

    def _uncast(self, x: ir.Atom) -> ir.Atom:
        let = self.inlined.definitions.get(x) if isinstance(x, ir.Var) else None
        if isinstance(let, ir.Let) and let.op == ir.FLOAT and let.args[0].dtype == ir.INT:
            return let.args[0]
        return x

    def _affine(self, x: ir.Atom) -> Affine:
        return affine(x, self.inlined)

    def _sum(self, x: Affine) -> Text:
        """Return the text of a sum of integers, what is added before what is subtracted."""
        terms = sorted(x.terms.items(), key=lambda term: term[1] < 0)
        text = Text("")
        for var, factor in terms:
            one = self.text(var)
            part = Text(f"{abs(factor)}*{one.at(SIGN)}", TERM) if abs(factor) != 1 else one
            if not text.bare:
                text = Text(part.bare, part.level, part.minus != (factor < 0))
            else:
                text = Text(f"{text.at(SUM)} {'+' if factor > 0 else '-'} {part.at(TERM)}", SUM)
        if not text.bare:
            return constant(ir.Const(x.constant, ir.INT))
        if x.constant > 0 and terms[0][1] < 0:
            return self._constant_first(x, terms)
        if x.constant:
            text = Text(f"{text.at(SUM)} {'+' if x.constant > 0 else '-'} {abs(x.constant)}", SUM)
        return text

    def _constant_first(self, x: Affine, terms: list[tuple[ir.Var, int]]) -> Text:
        text = str(x.constant)
        for var, factor in terms:
            one = self.text(var)
            text += f" - {one.at(TERM)}" if factor == -1 else f" - {-factor}*{one.at(SIGN)}"
        return Text(text, SUM)

    def _element(self, buffer: ir.Buffer, index: tuple[ir.Atom, ...]) -> str:
        return f"{self.name(buffer)}[{', '.join([self.text(i).text for i in index]) or '()'}]"

    def _operand(self, x: ir.Atom | ir.View | ir.Buffer) -> str:
        if isinstance(x, ir.View):
            return view_text(x, self.name(x.buffer), self.shapes, self._affine, self._sum)
        return self.name(x) if isinstance(x, ir.Buffer) else self.text(x).text

    def _argument(self, x: ir.Atom | ir.View) -> str:
        """Return an argument of a function that may call itself: Numba would compile ``f(2)`` for 2 alone."""
        text = self._operand(x)
        return f"{DTYPES[x.dtype]}({text})" if isinstance(x, ir.Const) and x.dtype in (ir.INT, ir.BOOL) else text

    # ---- Statements

    def _line(self, depth: int, text: str, place: ir.Place | None = None, apart: bool = False) -> None:
        if place is not None and place != self._place:
            self._place = place
            if place.text.strip() == text:  # the user's line as it is
                self.lines.append(Line("    " * depth + text, place, apart))
                return
            self.lines.append(f"{'    ' * depth}# line {place.line}: {place.text.strip()}")
        self.lines.append(Line("    " * depth + text, self._place, apart))

    def _block(self, nodes: list[Node], depth: int) -> None:
        before = len(self.lines)
        for node in nodes:
            self._node(node, depth)
        if len(self.lines) == before:
            self._line(depth, "pass")

    def _node(self, node: Node, depth: int) -> None:
        match node:
            case Do(ir.Check() as check):
                self._check(check, depth)
            case Do(statement):
                self._line(depth, self._statement(statement), statement.place)
            case Copy(targets, sources):
                self._copy(targets, sources, depth)
            case Count(var):
                self._line(depth, f"{self.name(var)} += 1")
            case Break(test):
                self._line(depth, f"if {self.text(test).text}:")
                self._line(depth + 1, "break")
            case Branch():
                self._branch(node, depth)
            case Loop():
                self._line(depth, self._for(node), node.place, node.apart)
                self._block(node.body, depth + 1)
            case Repeat():
                self._repeat(node, depth)

    def _check(self, s: ir.Check, depth: int) -> None:
        self._line(depth, f"if {self._negated(s.test)}:", s.place)
        if s.note is None:
            kind = f"np.linalg.{s.error}" if s.error == "LinAlgError" else s.error
            self._line(depth + 1, f"raise {kind}({_quoted(s.message)})")
        else:
            buffer, index, number = s.note
            self._line(depth + 1, f"{self._element(buffer, (index,))} = {number}")
            self._line(depth + 1, "return")

    def _statement(self, s: ir.Statement) -> str:
        match s:
            case ir.Let(var):
                return self._assign(s)
            case ir.Load(var) | ir.Dim(var):
                return f"{self.name(var)} = {self._definition(s).text}"
            case ir.Store(buffer, index, value, add):
                return self._store(self._element(buffer, index), self.text(value), add)
            case ir.Alloc():
                return f"{self.name(s.buffer)} = {self._new(s)}"
            case Row(buffer, base, (*held, start)):
                parts = [*[self.text(x).text for x in held], f"{self.text(start).text}:"]
                return f"{self.name(buffer)} = {self.name(base)}[{', '.join(parts)}]"
            case ir.Own(buffer, base):
                thread, first = self.text(s.thread).text, self.name(s.first)
                return f"{self.name(buffer)} = {self.name(base)}[{thread} - 1] if {thread} else {first}"
            case ir.Alias(buffer, base, shape):
                return f"{self.name(buffer)} = {self.name(base)}.reshape({self._shape(shape)})"
            case ir.Grow(buffer, size):
                self.helpers.add("grow")
                return f"{self.name(buffer)} = grow({self.name(buffer)}, {self.text(size).text})"
            case ir.Swap(targets, sources):
                return f"{', '.join(map(self.name, targets))} = {', '.join(map(self.name, sources))}"
            case ir.Call():
                return self._call(s)
            case ir.Invoke(function, args, outs):
                text = self._operand if function in self._parts else self._argument
                call = f"{function}({', '.join(map(text, args))})"
                return f"{', '.join(map(self.name, outs))} = {call}" if outs else call
            case ir.Push(stack, value):
                return f"{self.name(stack)}.append({self.text(value).text})"
            case ir.Pop(var, stack):
                return f"{self.name(var)} = {self.name(stack)}.pop()"
        raise TypeError(s)

    def _store(self, target: str, value: Text, add: bool) -> str:
        if add and value.minus:
            return f"{target} -= {value.unsigned().text}"
        return f"{target} {'+=' if add else '='} {value.text}"

    def _assign(self, s: ir.Let) -> str:
        target, first = self.name(s.var), s.args[0]
        if s.op in AUGMENTED and isinstance(first, ir.Var) and self.text(first).text == target:
            other = self._implicit(s)[1] if s.var.dtype == ir.FLOAT else s.args[1]
            return f"{target} {AUGMENTED[s.op]}= {self.text(other).text}"
        return f"{target} = {self._definition(s).text}"

    def _new(self, s: ir.Alloc) -> str:
        shape, dtype = self._shape(s.shape), DTYPES.get(s.buffer.dtype)
        kind = "" if dtype is None else f", {dtype}"
        if s.fill is None:
            return f"np.empty({shape}{kind})"
        if isinstance(s.fill, ir.Const) and s.fill.value == 0 and str(s.fill.value) != "-0.0":
            return f"np.zeros({shape}{kind})"
        return f"np.full({shape}, {self.text(s.fill).text}{kind})"

    def _shape(self, shape: tuple[ir.Atom, ...]) -> str:
        sizes = [self.text(n).text for n in shape]
        return sizes[0] if len(sizes) == 1 else f"({', '.join(sizes)})"

    def _call(self, s: ir.Call) -> str:
        name = self.named.get(s.function, s.function)
        if s.function not in self.named:
            self.helpers.add(name)
        call = f"{name}({', '.join(map(self._operand, (*s.reads, *s.writes)))})"
        return f"{', '.join(map(self.name, s.outs))} = {call}" if s.outs else call

    def _copy(self, targets: Sequence[ir.Var], sources: Sequence[ir.Atom], depth: int) -> None:
        """Assign in an order in which nothing is overwritten before it is read; in a circle, all at once."""
        pairs = {self.name(t): s for t, s in zip(targets, sources, strict=True)
                 if isinstance(s, ir.Const) or self.name(t) != self.text(s).text}  # fmt: skip
        while pairs:
            read = {target: [self.name(x) for other, s in pairs.items() if other != target
                             for x in self.inlined.leaves(s)] for target in pairs}  # fmt: skip
            free = [target for target in pairs if target not in read[target]]
            if not free:
                texts = [self.text(s).text for s in pairs.values()]
                self._line(depth, f"{', '.join(pairs)} = {', '.join(texts)}")
                return
            self._line(depth, f"{free[0]} = {self.text(pairs.pop(free[0])).text}")

    # ---- Structures

    def _for(self, node: Loop) -> str:
        trip = self._affine(node.trip)
        start, step = (Affine(), 1) if node.span is None else (self._affine(node.span[0]), node.span[1])
        end = start + trip.times(step)
        if node.backward:
            start, end, step = end + Affine(-step), start + Affine(-step), -step
        bounds = [self._sum(end).text]
        if step != 1 or not start.is_zero:
            bounds = [self._sum(start).text, *bounds, *([str(step)] if step != 1 else [])]
        name = self.name(node.counter) if self._is_named(node.counter) else "_"
        if node.threads:
            self.helpers.add("prange")
        return f"for {name} in {'prange' if node.threads else 'range'}({', '.join(bounds)}):"

    def _is_named(self, counter: ir.Var) -> bool:
        return counter in self._used or self.inlined.uses[counter] > 0

    def _repeat(self, node: Repeat, depth: int) -> None:
        if not node.head:
            self._line(depth, f"while {self.text(node.test).text}:", node.place)
            self._block(node.body, depth + 1)
            return
        self._line(depth, "while True:", node.place)
        self._block(node.head, depth + 1)
        self._line(depth + 1, f"if {self._negated(node.test)}:")
        self._line(depth + 2, "break")
        for inner in node.body:
            self._node(inner, depth + 1)

    def _branch(self, node: Branch, depth: int) -> None:
        before, self._place = self._place, node.place or self._place
        then, orelse = self._inner(node.then, depth + 1), self._inner(node.orelse, depth + 1)
        self._place = before
        if not then and not orelse:
            return
        test = self.text(node.test).text if then else self._negated(node.test)
        self._line(depth, f"if {test}:", node.place)
        self.lines += then or orelse
        if then and orelse and _is_branch(orelse, depth + 1):
            self.lines += [outdented(line) for line in orelse]
            self.lines[-len(orelse)] = "    " * depth + "el" + orelse[0].strip()
        elif then and orelse:
            self._line(depth, "else:")
            self.lines += orelse

    def _inner(self, nodes: list[Node], depth: int) -> list[str]:
        """Return the lines of a block, none if it does nothing."""
        before, self.lines = self.lines, []
        place = self._place
        for node in nodes:
            self._node(node, depth)
        made, self.lines = self.lines, before
        self._place = place
        return made

    def _negated(self, test: ir.Atom) -> str:
        let = self.inlined.definitions.get(test) if isinstance(test, ir.Var) else None
        if isinstance(let, ir.Let):
            if let.op == "logical_not":
                return self.text(let.args[0]).text
            if let.op in NEGATED and let.args[0].dtype == ir.INT:
                return operation(NEGATED[let.op], [self.text(x) for x in let.args], [], let.args).text
        text = self.text(test)
        return f"not {text.at(INFIX['less'][1] if text.level != CHOICE else 13)}"


def _operations(function: ir.Function) -> set[str]:
    return {s.op for s in ir.walk(function.body) if isinstance(s, ir.Let)}


def _is_branch(lines: list[str], depth: int) -> bool:
    """Tell whether the lines of a block are one ``if`` with its alternatives, and no more."""
    start = "    " * depth
    top = [line for line in lines if not line.startswith(start + " ")]
    return top[0].startswith(start + "if ") and top[0].endswith(":") and all(
        line.startswith((start + "elif ", start + "else:")) for line in top[1:])  # fmt: skip


def _quoted(text: str) -> str:
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n") + '"'
