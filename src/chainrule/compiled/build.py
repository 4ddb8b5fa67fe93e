"""Make programs: a builder appends statements to a block, folds constants and shares what is equal."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from . import ir
from .ops import CASTS, fold, result_dtype

__all__ = ["Builder", "Names", "const", "simplified"]


def const(value: bool | int | float) -> ir.Const:
    """Return a constant of Python's own type."""
    return ir.Const(value, ir.BOOL if isinstance(value, bool) else ir.INT if isinstance(value, int) else ir.FLOAT)


class Names:
    """Makes names that are unique in a program: ``hint.number``."""

    def __init__(self) -> None:
        self.used: dict[str, int] = defaultdict(int)

    def fresh(self, hint: str) -> str:
        hint = hint.partition(".")[0]
        self.used[hint] += 1
        return f"{hint}.{self.used[hint]}"

    def reserve(self, name: str) -> None:
        """Take note of a name that another program uses already."""
        hint, _, number = name.partition(".")
        self.used[hint] = max(self.used[hint], int(number or 0))


class Builder:
    """Appends statements to the current block.

    Pure statements are shared: a `Let` or `Dim` that is equal to one which this block or an enclosing one has made
    already gives the same variable. Loads are never shared here, for stores may come between.

    Attributes
    ----------
    block : list of ir.Statement
        Where statements go now.
    place : ir.Place or None
        The user's line that the next statements come from.
    rough : bool
        True if ``x + 0.0`` and the like may be folded for floats too (derivatives; not a user's own arithmetic, where
        the sign of a zero counts).
    definitions : dict
        The operation and arguments of each variable that a `ir.Let` made (for proofs about integers).
    trips : dict
        The number of iterations of the loop that each counter counts.
    enclosing : list of (list of ir.Statement, ir.Var or None)
        The blocks around the current one, outermost first, each with the counter of the loop whose body it holds;
        None if that body may not run whole in each iteration (a branch, a loop that may be left), so that nothing may
        be moved from it to the block around it.
    parameters : set of ir.Var
        The scalar parameters of the function, which are there before its first statement.
    notes : dict
        What other modules note about the program, each under a name of its own.
    """

    def __init__(self, names: Names | None = None, rough: bool = False) -> None:
        self.names = names or Names()
        self.block: list[ir.Statement] = []
        self.place: ir.Place | None = None
        self.rough = rough
        self.definitions: dict[ir.Var, tuple[str, tuple[ir.Atom, ...]]] = {}
        self.trips: dict[ir.Var, ir.Atom] = {}
        self.enclosing: list[tuple[list[ir.Statement], ir.Var | None]] = []
        self.parameters: set[ir.Var] = set()
        self.notes: dict[str, Any] = {}
        self._known: list[dict[object, ir.Atom]] = [{}]
        self._facts: list[list[tuple[str, Any]]] = [[]]

    # ---- Scalars

    def var(self, hint: str, dtype: str) -> ir.Var:
        return ir.Var(self.names.fresh(hint), dtype)

    def let(self, op: str, *args: ir.Atom, hint: str = "t") -> ir.Atom:
        """Apply an operation to arguments of the right types."""
        dtype = result_dtype(op, args)
        simple = simplified(op, args, self.rough)
        if simple is not None:
            return simple
        size = self._size(args[0]) if op == "maximum" and _is(args[-1], 0) else None
        if size is not None:
            return self.let(op, size, args[-1], hint=hint)
        key = (op, args)
        known = self._find(key)
        if known is not None:
            return known
        var = self.var(hint, dtype)
        self._known[-1][key] = var
        self.definitions[var] = (op, args)
        self.add(ir.Let(var, op, args, self.place))
        return var

    def _size(self, x: ir.Atom) -> ir.Atom | None:
        """Return ``n - b`` for a length ``max(n, 0) - b`` that is to be clamped at zero: that gives the same."""
        op, args = self.definitions.get(x, ("", ())) if isinstance(x, ir.Var) else ("", ())
        if op != "subtract" or not isinstance(args[1], ir.Const) or args[1].value < 0:
            return None
        inner, parts = self.definitions.get(args[0], ("", ())) if isinstance(args[0], ir.Var) else ("", ())
        if inner != "maximum" or not _is(parts[1], 0):
            return None
        n, less = parts[0], args[1]
        op, args = self.definitions.get(n, ("", ())) if isinstance(n, ir.Var) else ("", ())
        if op == "subtract" and isinstance(args[1], ir.Const):
            n, less = args[0], ir.Const(int(args[1].value + less.value), ir.INT)
        return self.let("subtract", n, less)

    def cast(self, x: ir.Atom, dtype: str) -> ir.Atom:
        return x if x.dtype == dtype else self.let(dtype, x, hint=x.hint if isinstance(x, ir.Var) else "t")

    def dim(self, buffer: ir.Buffer, axis: int) -> ir.Atom:
        """Return the length of an axis; of a buffer made here, the length it was made with (`alloc` knows)."""
        if buffer.lengths and buffer.lengths[axis]:
            return ir.Const(buffer.lengths[axis], ir.INT)
        key = (buffer, axis)
        known = self._find(key)
        if known is None:
            known = self.var("n", ir.INT)
            self._known[-1][key] = known
            self.add(ir.Dim(known, buffer, axis, self.place))
        return known

    def is_known(self, var: ir.Var) -> bool:
        """Tell whether the operation that defines a scalar was done in the current block, or in one around it."""
        return self._find(self.definitions.get(var)) == var

    def _find(self, key: object) -> ir.Atom | None:
        for scope in reversed(self._known):
            if key in scope:
                return scope[key]
        return None

    # ---- Facts

    def suppose(self, fact: Any, kind: str = "nonnegative") -> None:
        """Take note of a fact, until the current block ends."""
        self._facts[-1].append((kind, fact))

    def supposed(self, kind: str = "nonnegative") -> list[Any]:
        """Return the facts that hold here, the oldest first."""
        return [fact for scope in self._facts for known, fact in scope if known == kind]

    # ---- Memory

    def load(self, buffer: ir.Buffer, index: Sequence[ir.Atom], hint: str = "t") -> ir.Var:
        var = self.var(hint, buffer.dtype)
        self.add(ir.Load(var, buffer, tuple(index), self.place))
        return var

    def store(self, buffer: ir.Buffer, index: Sequence[ir.Atom], value: ir.Atom, add: bool = False) -> None:
        assert value.dtype == buffer.dtype, (value, buffer)
        self.add(ir.Store(buffer, tuple(index), value, add, self.place))

    def alloc(self, hint: str, dtype: str, shape: Sequence[ir.Atom], fill: ir.Atom | None = None,
              record: bool = False) -> ir.Buffer:  # fmt: skip
        buffer = ir.Buffer(self.names.fresh(hint), dtype, len(shape))
        self.add(ir.Alloc(buffer, tuple(shape), fill, self.place, record))
        self.note_shape(buffer, shape)
        return buffer

    def note_shape(self, buffer: ir.Buffer, shape: Sequence[ir.Atom]) -> None:
        """Take note of a buffer's lengths, which then need no `ir.Dim`."""
        for axis, size in enumerate(shape):
            self._known[-1][buffer, axis] = size

    def push(self, stack: ir.Stack, value: ir.Atom) -> None:
        self.add(ir.Push(stack, value, self.place))

    def pop(self, stack: ir.Stack, hint: str = "t") -> ir.Var:
        var = self.var(hint, stack.dtype)
        self.add(ir.Pop(var, stack, self.place))
        return var

    def call(self, function: str, reads: Sequence[ir.Atom | ir.View], writes: Sequence[ir.View] = (),
             outs: Sequence[ir.Var] = ()) -> None:  # fmt: skip
        self.add(ir.Call(function, tuple(outs), tuple(reads), tuple(writes), self.place))

    def check(self, test: ir.Atom, error: str, message: str) -> None:
        """Raise `error` at run time unless `test` holds; a test that is known to hold costs nothing."""
        if not (isinstance(test, ir.Const) and test.value):
            self.add(ir.Check(test, error, message, self.place))

    def add(self, statement: ir.Statement) -> None:
        self.block.append(statement)

    # ---- Structure

    def counter(self, trip: ir.Atom, hint: str = "i") -> ir.Var:
        """Return the counter for a loop of so many iterations."""
        counter = self.var(hint, ir.INT)
        self.trips[counter] = trip
        return counter

    @contextmanager
    def into(self, block: list[ir.Statement], counter: ir.Var | None = None) -> Iterator[list[ir.Statement]]:
        """Append to another block; what is shared there is forgotten afterwards.

        `counter` tells that the block is the body of a `For` which runs it whole in each iteration (no `stop`).
        """
        before, self.block = self.block, block
        self.enclosing.append((before, counter))
        self._known.append({})
        self._facts.append([])
        try:
            yield block
        finally:
            self.block = before
            self.enclosing.pop()
            self._known.pop()
            self._facts.pop()

    @contextmanager
    def outside(self) -> Iterator[None]:
        """Append to the block around the current one, before the structure that is being built there."""
        inner = self.block, self.enclosing.pop(), self._known.pop(), self._facts.pop()
        self.block = inner[1][0]
        try:
            yield
        finally:
            self.block = inner[0]
            self.enclosing.append(inner[1])
            self._known.append(inner[2])
            self._facts.append(inner[3])

    @contextmanager
    def loop(self, trip: ir.Atom, hint: str = "i", parallel: bool = False) -> Iterator[ir.Var]:
        """A loop that carries nothing: ``with builder.loop(n) as i:``."""
        counter = self.counter(trip, hint)
        body: list[ir.Statement] = []
        with self.into(body, counter):
            yield counter
        self.add(ir.For(counter, trip, body, parallel=parallel, place=self.place))

    @contextmanager
    def when(self, test: ir.Atom) -> Iterator[None]:
        """A branch without alternative and without results."""
        body: list[ir.Statement] = []
        with self.into(body):
            yield
        self.add(ir.If(test, body, [], place=self.place))


def simplified(op: str, args: tuple[ir.Atom, ...], rough: bool) -> ir.Atom | None:
    """Return what an operation is equal to, if that takes no operation."""
    return fold(op, args, result_dtype(op, args)) or _identity(op, args, rough)


def _identity(op: str, args: tuple[ir.Atom, ...], rough: bool) -> ir.Atom | None:
    """Simplify what needs no arithmetic: ``x*1``, ``x+0``, ``--x``."""
    if op in CASTS:
        return args[0] if args[0].dtype == op else None
    if op == "positive":
        return args[0]
    exact = args[0].dtype == ir.INT
    first, last = args[0], args[-1]
    if op == "radd" or (op in ("add", "subtract") and (exact or rough)):
        if _is(last, 0):
            return first
        if _is(first, 0) and op != "subtract":
            return last
    if op in ("multiply", "gmul"):
        if _is(last, 1):
            return first
        if _is(first, 1):
            return last
        if exact and (_is(first, 0) or _is(last, 0)):
            return ir.Const(0, ir.INT)
        if op == "gmul" and _is(first, 0):
            return first
    if op in ("true_divide", "divide") and _is(last, 1):
        return first
    return _logical(op, args)


def _logical(op: str, args: tuple[ir.Atom, ...]) -> ir.Atom | None:
    if op == "subtract" and args[0] == args[1] and args[0].dtype == ir.INT:
        return ir.Const(0, ir.INT)
    if op == "select" and (isinstance(args[0], ir.Const) or args[1] == args[2]):
        return args[2] if isinstance(args[0], ir.Const) and not args[0].value else args[1]
    if op == "equal" and args[0] == args[1] and args[0].dtype == ir.INT:
        return ir.Const(True, ir.BOOL)
    if op in ("logical_and", "logical_or") and any(isinstance(a, ir.Const) for a in args):
        constant, other = (args[0], args[1]) if isinstance(args[0], ir.Const) else (args[1], args[0])
        assert isinstance(constant, ir.Const)
        return other if bool(constant.value) == (op == "logical_and") else constant
    return None


def _is(x: ir.Atom, value: int) -> bool:
    return isinstance(x, ir.Const) and x.value == value and x.value is not False and x.value is not True
