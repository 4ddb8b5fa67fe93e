"""The intermediate representation: small structured programs over scalars and buffers.

Scalars are in static single assignment form: a `Var` is defined by exactly one statement. Arrays are `Buffer`s, storage
that statements read and write element by element; a user's slice is not a thing of its own here but an index map (a
`View`), so a write through a slice *is* a write to its buffer. Control flow is structured: a `For`, `While` or `If`
holds its body and says which scalars it carries. Every loop counts from zero.

Each pass takes such programs and gives such programs, so that derivatives compose.

References
----------
Structured control flow with carried values instead of phi nodes follows MLIR's ``scf`` dialect (Lattner et al., 2021).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import NamedTuple

__all__ = [
    "Alias", "Alloc", "Atom", "Axis", "Buffer", "Call", "Carried", "Check", "Const", "Dim", "For", "Function", "Grow",
    "If", "Invoke", "Let", "Load", "Merge", "Own", "Part", "Place", "Pop", "Program", "Push", "Rule", "Stack",
    "Statement", "Store", "Swap", "Var", "View", "While", "blocks", "walk",
]  # fmt: skip

BOOL, INT, FLOAT, SINGLE = "bool", "int64", "float64", "float32"


class Place(NamedTuple):
    """A line of the user's source."""

    file: str
    line: int
    text: str
    function: str


# ---- Values


@dataclass(frozen=True, slots=True)
class Const:
    """A number known when the program is made."""

    value: bool | int | float
    dtype: str

    def __hash__(self) -> int:
        return hash(self.value)


@dataclass(frozen=True, slots=True)
class Var:
    """A scalar, defined once. Its name is ``hint.number``: the user's own name for it, made unique."""

    name: str
    dtype: str

    def __hash__(self) -> int:  # passes look scalars up all the time
        return hash(self.name)

    @property
    def hint(self) -> str:
        return self.name.partition(".")[0]


Atom = Const | Var


@dataclass(frozen=True, slots=True)
class Buffer:
    """The storage of an array: a whole, C-contiguous block if it was made here, any layout if it is a parameter.

    `lengths` of a parameter are those that the program is made for, 0 for the others; () if there are none.
    """

    name: str
    dtype: str
    ndim: int
    lengths: tuple[int, ...] = ()

    def __hash__(self) -> int:
        return hash(self.name)

    @property
    def hint(self) -> str:
        return self.name.partition(".")[0]


@dataclass(frozen=True, slots=True)
class Stack:
    """A last-in, first-out store of scalars: what a sweep saves where the number of iterations is not known before."""

    name: str
    dtype: str


@dataclass(frozen=True, slots=True)
class Axis:
    """One axis of a view: element k lies at ``start + step*k`` on axis `base` of the buffer.

    `base` None is an axis of which all elements are the same (``None`` in an index, broadcasting). `step` is an `int`
    or, where a length turns out to be 1 only at run time, an integer `Var`.
    """

    base: int | None
    start: Atom
    step: int | Var
    size: Atom


@dataclass(frozen=True, slots=True)
class View:
    """An index map onto a buffer: its axes in the user's order, and the buffer's axes that are held at one index.

    Starts and sizes are frozen: they are atoms, computed when the view was made.
    """

    buffer: Buffer
    axes: tuple[Axis, ...]
    fixed: tuple[tuple[int, Atom], ...] = ()

    @property
    def ndim(self) -> int:
        return len(self.axes)

    @property
    def dtype(self) -> str:
        return self.buffer.dtype

    @property
    def shape(self) -> tuple[Atom, ...]:
        return tuple([axis.size for axis in self.axes])


# ---- Statements


@dataclass(slots=True)
class Let:
    """``var = op(*args)``: a pure function of scalars; `op` is a name in `ops.OPS`."""

    var: Var
    op: str
    args: tuple[Atom, ...]
    place: Place | None = None


@dataclass(slots=True)
class Load:
    """``var = buffer[index]``; the index is in range and not negative."""

    var: Var
    buffer: Buffer
    index: tuple[Atom, ...]
    place: Place | None = None


@dataclass(slots=True)
class Dim:
    """``var = buffer.shape[axis]``, which never changes while the buffer lives (a shape is not a value)."""

    var: Var
    buffer: Buffer
    axis: int
    place: Place | None = None


@dataclass(slots=True)
class Store:
    """``buffer[index] = value``, or ``+=`` with `add`; the index is in range and not negative."""

    buffer: Buffer
    index: tuple[Atom, ...]
    value: Atom
    add: bool = False
    place: Place | None = None


@dataclass(slots=True)
class Alloc:
    """A new buffer: its elements are `fill`, or undefined if that is None.

    `record`: whether it holds what the iterations of a loop save for the reverse sweep.
    """

    buffer: Buffer
    shape: tuple[Atom, ...]
    fill: Atom | None = None
    place: Place | None = None
    record: bool = False


@dataclass(slots=True)
class Alias:
    """``buffer = base.reshape(shape)``: a second name of the storage of a contiguous buffer."""

    buffer: Buffer
    base: Buffer
    shape: tuple[Atom, ...]
    place: Place | None = None


@dataclass(slots=True)
class Grow:
    """Make axis 0 of a buffer at least `size` long; what it holds is kept. The buffer stays the same buffer."""

    buffer: Buffer
    size: Atom
    place: Place | None = None


@dataclass(slots=True)
class Swap:
    """Rename buffers at once: afterwards ``targets[i]`` names what ``sources[i]`` named; a permutation."""

    targets: tuple[Buffer, ...]
    sources: tuple[Buffer, ...]
    place: Place | None = None


@dataclass(slots=True)
class Carried:
    """A scalar that a loop carries: `phi` at the head of an iteration, `next` at its end, `result` after the loop.

    `phi` is `init` in the first iteration; `result` is the last `next`, or `init` after no iteration at all. A
    `While` that ends by its test gives the `phi` at which the test failed, which is the same.
    """

    phi: Var
    init: Atom
    next: Atom
    result: Var


@dataclass(slots=True)
class For:
    """``for counter in range(trip)``; after an iteration whose `stop` is true the loop ends (a user's ``break``).

    Attributes
    ----------
    stop : Atom or None
        Defined in the body.
    count : Var or None
        After the loop: how many iterations ran. Given exactly if `stop` is.
    parallel : bool
        The iterations are independent and could run in any order: no iteration reads or writes an element that
        another writes (adding into the same element is allowed).
    backward : bool
        The counter runs from ``trip - 1`` down to 0 (the reverse of a loop). Such a loop has no `stop`.
    threads : bool
        Each iteration runs in a thread of its own: the body is one `Invoke` of a `Part`, without results.
    apart : bool
        No iteration accesses an element that another writes, and the machine may be told so; set last of all.
    """

    counter: Var
    trip: Atom
    body: list[Statement]
    carried: list[Carried] = field(default_factory=list)
    stop: Atom | None = None
    count: Var | None = None
    parallel: bool = False
    backward: bool = False
    place: Place | None = None
    threads: bool = False
    apart: bool = False


@dataclass(slots=True)
class While:
    """``while test``: the head computes the test from the carried scalars; what it defines is seen by the body.

    `counter` is the number of the iteration, `count` how many bodies ran; `stop` as in `For`.
    """

    counter: Var
    head: list[Statement]
    test: Atom
    body: list[Statement]
    count: Var
    carried: list[Carried] = field(default_factory=list)
    stop: Atom | None = None
    place: Place | None = None


@dataclass(slots=True)
class Merge:
    """A scalar that a branch decides."""

    result: Var
    then: Atom
    orelse: Atom


@dataclass(slots=True)
class If:
    """One of two bodies, and the scalars that come out of it."""

    test: Atom
    then: list[Statement]
    orelse: list[Statement]
    merges: list[Merge] = field(default_factory=list)
    place: Place | None = None


@dataclass(slots=True)
class Call:
    """A call of a helper on whole arrays (``matmul``, ``solve``): reads and writes views, which do not overlap.

    `function` names an entry of `calls.CALLS`, which holds its derivative. It writes every element of `writes`.
    """

    function: str
    outs: tuple[Var, ...]
    reads: tuple[Atom | View, ...]
    writes: tuple[View, ...] = ()
    place: Place | None = None


@dataclass(slots=True)
class Invoke:
    """A call of another function of the program (recursion): results are scalars and new buffers.

    `writes` are the positions of the arguments that it may write into; None stands for all.
    """

    function: str
    args: tuple[Atom | View, ...]
    outs: tuple[Var | Buffer, ...]
    place: Place | None = None
    writes: frozenset[int] | None = None


@dataclass(slots=True)
class Push:
    """Put a scalar on a stack."""

    stack: Stack
    value: Atom
    place: Place | None = None


@dataclass(slots=True)
class Pop:
    """Take the last scalar off a stack."""

    var: Var
    stack: Stack
    place: Place | None = None


@dataclass(slots=True)
class Check:
    """Raise `error` with `message` unless `test` is true; or, with `note`, leave a `Part` after taking note.

    `note` is a buffer, an index of it and the number that is stored there: an error cannot leave a thread.
    """

    test: Atom
    error: str
    message: str
    place: Place | None = None
    note: tuple[Buffer, Atom, int] | None = None


Statement = (
    Let | Load | Dim | Store | Alloc | Alias | Grow | Swap | For | While | If | Call | Invoke | Push | Pop | Check
)


# ---- Programs


class Rule(NamedTuple):
    """A user's own derivative of a function, as functions of the program; one of the two may be missing.

    Attributes
    ----------
    adjoint : str or None
        Takes the parameters and a cotangent for each floating-point result; returns a cotangent for each
        floating-point parameter.
    tangent : str or None
        Takes the parameters and a tangent for each floating-point parameter; returns the results and the tangent of
        each floating-point one.
    """

    adjoint: str | None
    tangent: str | None


@dataclass(slots=True)
class Function:
    """A function: parameters are scalars and buffers, results are scalars and views (whole buffers, if new)."""

    name: str
    params: list[Var | Buffer]
    body: list[Statement]
    results: list[Atom | View]
    stacks: list[Stack] = field(default_factory=list)
    rule: Rule | None = None


@dataclass(slots=True)
class Part(Function):
    """A share of the iterations of a loop, as a function that runs in a thread: it has no results.

    `lengths` are scalars of which it is known that they are the length of an axis of a parameter.
    """

    lengths: dict[tuple[Buffer, int], set[Atom]] = field(default_factory=dict)


@dataclass(slots=True)
class Own(Alias):
    """``buffer = base[thread - 1] if thread else first``: what a thread adds into; the first one has the array itself.

    `base` has an axis more than the others, with an element for each thread but the first.
    """

    first: Buffer = field(kw_only=True)
    thread: Atom = field(kw_only=True)


@dataclass(slots=True)
class Program:
    """A function and those it calls by name (only recursion needs any)."""

    entry: Function
    others: dict[str, Function] = field(default_factory=dict)


_STRUCTURES = (For, While, If)


def blocks(statement: Statement) -> tuple[list[Statement], ...]:
    """Return the statement lists inside a statement."""
    if isinstance(statement, For):
        return (statement.body,)
    if isinstance(statement, While):
        return (statement.head, statement.body)
    if isinstance(statement, If):
        return (statement.then, statement.orelse)
    return ()


def walk(body: list[Statement]) -> Iterator[Statement]:
    """Yield every statement, outer ones before those inside."""
    for statement in body:
        yield statement
        if isinstance(statement, _STRUCTURES):
            for block in blocks(statement):
                yield from walk(block)
