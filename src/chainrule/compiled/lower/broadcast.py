"""Operations on elements: lengths that must agree, types that meet, and the expression that comes out."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from ...errors import UnsupportedError, message
from .. import facts, ir
from ..build import Builder
from ..lengths import ERROR, LENGTHS_DIFFER, assume_equal
from ..ops import result_dtype
from ..scalar import Scalar, joint_dtype, operand_dtype
from .lazy import Apply
from .nest import ONE

if TYPE_CHECKING:
    pass

__all__ = ["apply", "broadcast", "expect_equal", "never_one", "steps_to", "supposed_equal"]

_MISMATCH = "operands could not be broadcast together: their lengths along an axis differ and neither is 1"
_TRUTH = {
    "add": "logical_or",
    "multiply": "logical_and",
    "maximum": "logical_or",
    "minimum": "logical_and",
    "bitwise_and": "logical_and",
    "bitwise_or": "logical_or",
    "bitwise_xor": "logical_xor",
    "invert": "logical_not",
}


def never_one(builder: Builder, size: ir.Atom) -> bool:
    """Tell whether a length is known not to be 1."""
    if isinstance(size, ir.Const):
        return size != ONE
    terms = facts.form(builder, size)
    noted = builder.notes.get("not_one", ())
    if size in noted or (not terms.constant and [k for _, k in terms.terms] == [1] and terms.terms[0][0] in noted):
        return True
    return facts.prove(builder, ONE, size, 1)


def expect_equal(builder: Builder, a: ir.Atom, b: ir.Atom, text: str, error: str = "ValueError") -> None:
    """Check that two lengths are equal, unless that is known; from then on it is."""
    if not facts.equal(builder, a, b):
        builder.check(builder.let("equal", a, b, hint="same"), error, text)
        facts.suppose_equal(builder, b, a)


def _meet(builder: Builder, a: ir.Atom, b: ir.Atom) -> ir.Atom:
    """Return the length that two axes have together."""
    if a in (ONE, b):
        return b
    if b == ONE:
        return a
    if facts.equal(builder, a, b):
        return b if isinstance(b, ir.Const) else a
    if never_one(builder, a) and never_one(builder, b):
        expect_equal(builder, a, b, _MISMATCH)
        return b if isinstance(b, ir.Const) else a
    return _at_run_time(builder, a, b)


def supposed_equal(builder: Builder, a: ir.Atom, b: ir.Atom) -> bool:
    """Take two lengths for equal of which one might be 1, if the program is one that may do so (see `lengths`)."""
    if not assume_equal():
        return False
    expect_equal(builder, a, b, LENGTHS_DIFFER, ERROR)
    return True


def _at_run_time(builder: Builder, a: ir.Atom, b: ir.Atom) -> ir.Atom:
    if supposed_equal(builder, a, b):
        return b if isinstance(b, ir.Const) else a
    if never_one(builder, b):
        a, b = b, a
    fits = builder.let("logical_or", builder.let("equal", a, b), builder.let("equal", b, ONE))
    if never_one(builder, a):
        builder.check(fits, "ValueError", _MISMATCH)
        return a
    single = builder.let("equal", a, ONE)
    builder.check(builder.let("logical_or", fits, single), "ValueError", _MISMATCH)
    size = builder.let("select", single, b, a, hint="n")
    facts.known_size(builder, size)
    return size


def broadcast(builder: Builder, shapes: Sequence[tuple[ir.Atom, ...]]) -> tuple[ir.Atom, ...]:
    """Return the shape of several arrays together."""
    result: tuple[ir.Atom, ...] = ()
    for shape in shapes:
        n = max(len(result), len(shape))
        one, other = ((ONE,) * (n - len(part)) + tuple(part) for part in (result, shape))
        result = tuple([_meet(builder, a, b) for a, b in zip(one, other, strict=True)])
    return result


def steps_to(builder: Builder, shape: tuple[ir.Atom, ...], sizes: tuple[ir.Atom, ...]) -> tuple[Any, ...]:
    """Return for each axis of an array how far one step of the whole moves in it: 1, 0, or known at run time."""
    return tuple([_step(builder, a, n) for a, n in zip(shape, sizes[len(sizes) - len(shape) :], strict=True)])


def _step(builder: Builder, size: ir.Atom, whole: ir.Atom) -> Any:
    if size == ONE:
        return 0
    if size == whole or never_one(builder, size) or facts.equal(builder, size, whole):
        return 1
    step = builder.cast(builder.let("not_equal", size, ONE), ir.INT)
    return step if isinstance(step, ir.Var) else int(step.value)


def apply(builder: Builder, op: str, values: Sequence[Any]) -> Any:
    """Apply an operation element by element to arrays and scalars, with NumPy's types; a scalar if no axis is left."""
    from .array import Array, as_operand

    operands = [as_operand(builder, v) for v in values]
    op, dtype = _typed(op, operands)
    arrays = [x for x in operands if isinstance(x, Array)]
    sizes = broadcast(builder, [x.sizes for x in arrays])
    args = tuple([_argument(builder, x, op, dtype, i, len(sizes)) for i, x in enumerate(operands)])
    made = result_dtype(op, tuple([ir.Const(0, dtype)] * len(args)))
    if not sizes:
        atoms = [_cast(builder, x, op, dtype, i) for i, x in enumerate(args)]
        return Scalar(builder.let(op, *atoms), builder)
    steps = [steps_to(builder, x.sizes, sizes) if isinstance(x, Array) else () for x in args]
    return Array.lazy(builder, Apply(op, args, dtype, steps), sizes, made)


def _typed(op: str, operands: Sequence[Any]) -> tuple[str, str]:
    """Return the operation, and the type in which it computes."""
    dtypes = {x.dtype.name for x in operands}
    if dtypes == {ir.BOOL} and op in ("subtract", "negative", "positive", "square", "power_constant"):
        raise UnsupportedError(message(f"{op} of truth values.", "Make numbers of them first, with astype(int).", ""))
    if op in _TRUTH and dtypes == {ir.BOOL}:
        return _TRUTH[op], ir.BOOL
    if op == "select":
        return op, joint_dtype(operands[1:])[0]
    return op, operand_dtype(op, operands)[0]


def _argument(builder: Builder, x: Any, op: str, dtype: str, position: int, ndim: int) -> Any:
    """Prepare an operand: scalars are cast before any loop, and what is dear and repeated is computed before it."""
    if isinstance(x, Scalar):
        return _cast(builder, x.atom, op, dtype, position)
    if not x.ndim:
        return _cast(builder, x.element(), op, dtype, position)
    if x.cost >= 4 and (x.ndim < ndim or _repeats(x.sizes)):
        return x.materialise()
    return x


def _repeats(sizes: tuple[ir.Atom, ...]) -> bool:
    """Tell whether an axis of length 1 stands before a longer one, so that rows may be repeated."""
    return any(n == ONE for n in sizes[:-1]) and sizes[-1] != ONE


def _cast(builder: Builder, x: Any, op: str, dtype: str, position: int) -> ir.Atom:
    return builder.cast(x, ir.BOOL if op == "select" and position == 0 else dtype)
