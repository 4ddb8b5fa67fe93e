"""Arrays of a program that is being made: a look-alike of NumPy's whose operations append statements."""

from __future__ import annotations

from typing import Any, ClassVar

import numpy as np

from ...errors import UnsupportedError, message
from ...rules import Operand, Row, lookup
from .. import facts, ir
from ..build import Builder, const
from ..ops import without_rule
from ..scalar import Scalar
from ..spec import ArraySpec
from . import views
from .lazy import Elements, Node, ready, wait
from .nest import ONE, ZERO, element_index, every, whole
from .stand_in import inherit

__all__ = ["Array", "as_array", "as_operand"]


class Array(Operand):
    """An array of the program that a builder makes: a part of a buffer, or an expression that is not computed yet.

    Attributes
    ----------
    builder : Builder
    sizes : tuple of ir.Atom
        Its shape.
    source : ir.View or Node
        Where its elements are, or how they are computed.
    locked : str
        Why it must not be written to; empty if it may be.
    stale : str
        Why it must not be read any more; empty if it may be.
    used : bool
        The elements of the expression have been computed once, within a loop nest.
    """

    __slots__ = ("__weakref__", "builder", "kind", "locked", "sizes", "source", "stale", "used")
    __chainrule_priority__: ClassVar[int] = 60

    def __init__(self, builder: Builder, source: ir.View | Node, sizes: tuple[ir.Atom, ...], kind: str) -> None:
        self.builder = builder
        self.source: ir.View | Node = source
        self.sizes = sizes
        self.kind = kind
        self.locked = ""
        self.stale = ""
        self.used = False

    # ---- Made

    @classmethod
    def parameter(cls, builder: Builder, buffer: ir.Buffer, spec: ArraySpec) -> Array:
        """Return the array that a parameter of the function is."""
        sizes = [ir.Const(n, ir.INT) if n else builder.dim(buffer, axis) for axis, n in enumerate(spec.lengths)]
        for size in sizes:
            facts.known_size(builder, size, not_one=True)
        if not spec.contiguous:
            builder.notes.setdefault("strided", set()).add(buffer)
        return cls.from_view(builder, whole(builder, buffer, sizes))

    @classmethod
    def from_view(cls, builder: Builder, view: ir.View) -> Array:
        """Return the array that a view shows."""
        return cls(builder, view, view.shape, view.dtype)

    @classmethod
    def lazy(cls, builder: Builder, node: Node, sizes: tuple[ir.Atom, ...], kind: str) -> Array:
        """Return an array whose elements are computed when they are wanted, and before what they read changes."""
        array = cls(builder, node, sizes, kind)
        wait(array)
        return array

    @classmethod
    def new(cls, builder: Builder, hint: str, kind: str, sizes: tuple[ir.Atom, ...], fill: Any = None) -> Array:
        """Return a new array, filled with a number or not at all."""
        value = (
            None if fill is None else builder.cast(fill if isinstance(fill, (ir.Const, ir.Var)) else const(fill), kind)
        )
        buffer = builder.alloc(hint, kind, sizes, value)
        return cls.from_view(builder, whole(builder, buffer, sizes))

    # ---- What NumPy's arrays tell

    shape = property(lambda self: tuple([views.as_size(self.builder, n) for n in self.sizes]))
    ndim = property(lambda self: len(self.sizes))
    dtype = property(lambda self: np.dtype(self.kind))
    nbytes = property(lambda self: self.size * self.dtype.itemsize)
    itemsize = property(lambda self: self.dtype.itemsize)

    @property
    def size(self) -> Any:
        return views.as_size(self.builder, self.count)

    @property
    def count(self) -> ir.Atom:
        """The number of elements."""
        total: ir.Atom = ONE
        for size in self.sizes:
            total = self.builder.let("multiply", total, size, hint="n")
        return total

    @property
    def cost(self) -> int:
        """Roughly what an element costs to compute."""
        return 0 if isinstance(self.source, ir.View) else self.source.cost

    def length(self) -> Any:
        """Return ``len`` of the array, which may be known at run time only."""
        if not self.ndim:
            msg = "len() of unsized object"
            raise TypeError(msg)
        return self.shape[0]

    def __len__(self) -> int:
        return int(self.length())

    def __bool__(self) -> bool:
        if self.sizes and any(n != ONE for n in self.sizes):
            msg = "The truth value of an array with more than one element is ambiguous. Use a.any() or a.all()"
            raise ValueError(msg)
        return bool(self.item())

    def __array__(self, *args: Any, **kwargs: Any) -> Any:
        text = message(
            "This NumPy function cannot be compiled: it wants the numbers of an array.", "Write it as a loop."
        )
        raise UnsupportedError(text)

    def __repr__(self) -> str:
        what = self.source.buffer.name if isinstance(self.source, ir.View) else "expression"
        return f"Array({what}, {self.kind}, ndim={self.ndim})"

    # ---- Computed

    def materialise(self, hint: str = "t") -> Array:
        """Compute the elements, if that is not done yet, into a new buffer."""
        if not isinstance(self.source, ir.View):
            buffer = self.builder.alloc(hint, self.kind, self.sizes)
            view = whole(self.builder, buffer, self.sizes)
            fill(self.builder, view, self)
            self.source = view
        return self

    @property
    def view(self) -> ir.View:
        """The view that shows the elements, which are computed now if they were not yet."""
        source = self.materialise().source
        assert isinstance(source, ir.View)
        return source

    @property
    def buffer_is_nameless(self) -> bool:
        """True if this is a buffer, seen as it was made, that no name was known for."""
        source = self.source
        return isinstance(source, ir.View) and source.buffer.hint == "t" and source.buffer.ndim == len(source.axes)

    @property
    def is_whole(self) -> bool:
        """True if this is all of a contiguous buffer."""
        view = self.view
        strided = self.builder.notes.get("strided", ())
        straight = [(a.base, a.start, a.step) for a in view.axes] == [(i, ZERO, 1) for i in range(view.buffer.ndim)]
        return (
            straight
            and view.buffer not in strided
            and all(
                n == self.builder.dim(view.buffer, i)
                or n == ONE
                or facts.equal(self.builder, n, self.builder.dim(view.buffer, i))
                for i, n in enumerate(self.sizes)
            )
        )

    def element(self, index: tuple[ir.Atom, ...] = ()) -> ir.Atom:
        """Load or compute one element now; its index is in range."""
        value = Elements(self.builder).value(self, index)
        assert value is not None
        return value

    def showing(self, view: ir.View) -> Array:
        """Return the array that another view of these elements shows."""
        shown = Array.from_view(self.builder, view)
        if self.locked:
            shown.locked = self.locked
            inherit(shown, self)
        return shown

    def fresh_copy(self, hint: str = "t") -> Array:
        """Return a copy in a buffer of its own."""
        if not isinstance(self.source, ir.View):
            return self.materialise(hint)
        made = Array.new(self.builder, hint, self.kind, self.sizes)
        fill(self.builder, made.view, self)
        return made

    # ---- Read and written

    def __getitem__(self, index: Any) -> Any:
        from .indexing import read

        return read(self, index)

    def __setitem__(self, index: Any, value: Any) -> None:
        from .indexing import write

        write(self, index, value)

    def inplace(self, row: Row, value: Any) -> Array:
        """Do ``self += value`` or the like, as the elementwise row says."""
        from .indexing import update

        update(self, row, value)
        return self

    def update_at(self, index: Any, row: Row, value: Any) -> None:
        """Do ``self[index] += value`` or the like, as the elementwise row says."""
        from .gather import update_at

        update_at(self, index, row, value)

    def copy_into(self, target: Array) -> None:
        """Write the elements into another array of the same shape."""
        from .indexing import store

        store(target, self)

    def __chainrule_store__(self, value: Any, casting: str) -> Array:
        """Do what ``out=self`` does with a result."""
        dtype: Any = value.dtype if isinstance(value, Operand) else np.result_type(value)
        if not np.can_cast(dtype, self.dtype, casting):  # type: ignore[arg-type]
            msg = f"Cannot cast the result from {dtype} to {self.dtype} with casting rule {casting!r}."
            raise TypeError(msg)
        if np.ndim(value) > self.ndim:
            msg = f"non-broadcastable output operand of {self.ndim} axes for a result of {np.ndim(value)}"
            raise ValueError(msg)
        self[...] = value
        return self

    def item(self, *args: Any) -> Any:
        if args or not self.ndim:
            return super().item(*args)
        only = self.builder.let("equal", self.count, ONE)
        self.builder.check(only, "ValueError", "can only convert an array of size 1 to a scalar")
        return Scalar(self.element((ZERO,) * self.ndim), self.builder, weak=True)

    def fill(self, value: Any) -> None:
        self[...] = value

    def copy(self, order: str = "C") -> Any:
        return self.fresh_copy()

    # ---- Operations

    def __chainrule_apply__(self, row: Row, operands: tuple[Any, ...], params: dict[str, Any]) -> Any:
        from .dispatch import apply_row

        return apply_row(self.builder, row, operands, params)

    def __array_function__(self, func: Any, types: Any, args: Any, kwargs: dict[str, Any]) -> Any:
        from .dispatch import own_function

        own = own_function(func)
        if own is not None:
            return own(self.builder, *args, **kwargs)
        from .composite import apply_composite

        row = lookup(func)
        if row.kind == "composite" and not {"out", "dtype", "where"} & set(kwargs):
            return apply_composite(row, args, kwargs)
        return super().__array_function__(func, types, args, kwargs)

    def __array_ufunc__(self, ufunc: np.ufunc, method: str, *inputs: Any, **kwargs: Any) -> Any:
        from .dispatch import own_ufunc

        own = own_ufunc(ufunc, method) if not kwargs or method != "__call__" else None
        if own is not None:
            return own(self.builder, *inputs, **kwargs)
        row = without_rule(ufunc) if method == "__call__" and not kwargs else None
        return row(*inputs) if row is not None else super().__array_ufunc__(ufunc, method, *inputs, **kwargs)

    def astype(self, dtype: Any, copy: bool = True, **kwargs: Any) -> Any:
        from .dispatch import cast_array

        return self if not copy and np.dtype(dtype) == self.dtype else cast_array(self.builder, self, dtype)

    def __and__(self, other: Any) -> Any:
        return np.bitwise_and(self, other)

    def __or__(self, other: Any) -> Any:
        return np.bitwise_or(self, other)

    def __xor__(self, other: Any) -> Any:
        return np.bitwise_xor(self, other)

    def __rand__(self, other: Any) -> Any:
        return np.bitwise_and(other, self)

    def __ror__(self, other: Any) -> Any:
        return np.bitwise_or(other, self)

    def __rxor__(self, other: Any) -> Any:
        return np.bitwise_xor(other, self)

    def __invert__(self) -> Any:
        return np.invert(self)

    def __lshift__(self, other: Any) -> Any:
        return np.left_shift(self, other)

    def __rshift__(self, other: Any) -> Any:
        return np.right_shift(self, other)

    def __iand__(self, other: Any) -> Array:
        return self.inplace(lookup(np.bitwise_and), other)

    def __ior__(self, other: Any) -> Array:
        return self.inplace(lookup(np.bitwise_or), other)

    def __ixor__(self, other: Any) -> Array:
        return self.inplace(lookup(np.bitwise_xor), other)

    def __iadd__(self, other: Any) -> Array:
        return self.inplace(lookup(np.add), other)

    def __isub__(self, other: Any) -> Array:
        return self.inplace(lookup(np.subtract), other)

    def __imul__(self, other: Any) -> Array:
        return self.inplace(lookup(np.multiply), other)

    def __itruediv__(self, other: Any) -> Array:
        return self.inplace(lookup(np.true_divide), other)

    def __ipow__(self, other: Any) -> Array:
        return self.inplace(lookup(np.power), other)

    def __imatmul__(self, other: Any) -> Array:
        return self.inplace(lookup(np.matmul), other)


def fill(builder: Builder, target: ir.View, source: Array, add: bool = False) -> None:
    """Store every element of an array into a view of the same shape, in one loop nest."""
    ready(*([] if isinstance(source.source, ir.View) else source.source.parts))
    elements = Elements(builder)

    def enter(index: tuple[ir.Atom | None, ...]) -> None:
        elements.value(source, index)
        element_index(builder, target, index)

    def body(index: tuple[ir.Atom, ...]) -> None:
        value = elements.value(source, index)
        assert value is not None
        at = [k for k in element_index(builder, target, index) if k is not None]
        builder.store(target.buffer, at, builder.cast(value, target.dtype), add)

    every(builder, target.shape, body, enter)


def as_operand(builder: Builder, x: Any) -> Array | Scalar:
    """Return a value of user code as an array or a scalar of the program."""
    if isinstance(x, (Array, Scalar)):
        return x
    if isinstance(x, (bool, int, float)) and not isinstance(x, np.generic):
        return Scalar(const(x), builder, True)
    if isinstance(x, np.generic) or (isinstance(x, np.ndarray) and not x.ndim):
        return Scalar(ir.Const(x.item(), known_dtype(x.dtype)), builder)
    if isinstance(x, (np.ndarray, list, tuple)):
        from .creation import array_of

        return array_of(builder, x)
    text = message(f"A value of type {type(x).__name__} cannot be computed with.", "Use real numbers and arrays.", "")
    raise UnsupportedError(text)


def as_array(builder: Builder, x: Any) -> Array:
    """Return a value of user code as an array, with no axes if it is a number."""
    operand = as_operand(builder, x)
    if isinstance(operand, Array):
        return operand
    return Array.new(builder, "t", operand.atom.dtype, (), operand.atom)


def known_dtype(dtype: Any) -> str:
    """Return the name of a type of numbers that programs may have."""
    name = str(np.dtype(dtype).name)
    if name not in (ir.BOOL, ir.INT, ir.FLOAT, ir.SINGLE):
        text = message(f"Arrays of {name} cannot be compiled.", "Use float64, float32, int64 or bool.", "")
        raise UnsupportedError(text)
    return name
