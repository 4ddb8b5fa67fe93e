"""Values that a program changes: read, they are watched; written, what was recorded before keeps the old value."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, ClassVar

import numpy as np

from ..eager import Tensor, alias, raw_of
from ..eager.state import next_key
from ..rules import Operand
from ..rules._operand import COMPARISONS, OPERATORS, UNARY
from ._records import access

__all__ = ["Reference", "Variable", "as_raw"]


class Variable(Operand):
    """A number or array that can be assigned to, and that a `GradientTape` watches when it is read.

    Parameters
    ----------
    initial_value : number, array or nested lists of numbers, or a function without arguments that returns it
        It is copied. Python's floats become float64 and its integers int64.
    trainable : bool
        Whether tapes watch it by themselves.
    name : str, optional
    dtype : NumPy dtype or its name, optional
    shape : tuple of int, optional
        If given, `initial_value` must have it.
    constraint : callable, optional
        Kept for optimisers, as TensorFlow does.

    Attributes
    ----------
    shape, ndim, size, dtype
        As of an array.
    name : str
        ``"Variable:0"`` by default.
    trainable : bool
    constraint : callable or None

    See Also
    --------
    GradientTape, constant

    Examples
    --------
    >>> import chainrule as cr
    >>> v = cr.Variable(2.0)
    >>> with cr.GradientTape() as tape:
    ...     y = v * v
    ...     v.assign_add(1.0)
    ...     y = y + v * v
    <Variable 'Variable:0' shape=() dtype=float64, numpy=3.0>
    >>> tape.gradient(y, v).numpy()
    np.float64(10.0)
    """

    __slots__ = ("__weakref__", "_initial", "_key", "_raw", "constraint", "name", "trainable")
    __chainrule_priority__: ClassVar[int] = 10

    def __init__(
        self,
        initial_value: Any = None,
        trainable: bool = True,
        *,
        name: str | None = None,
        dtype: Any = None,
        shape: Any = None,
        constraint: Callable[..., Any] | None = None,
    ) -> None:
        if initial_value is None:
            msg = "The `initial_value` arg to `Variable` must be specified."
            raise ValueError(msg)
        given = initial_value() if callable(initial_value) else initial_value
        raw = as_raw(raw_of(given), dtype)
        if shape is not None and tuple(shape) != raw.shape:
            msg = f"The initial value's shape {raw.shape} is not compatible with the given shape {tuple(shape)}."
            raise ValueError(msg)
        self._raw = self._initial = raw
        self._key = next_key()
        self.name = f"{name or 'Variable'}:0"
        self.trainable = bool(trainable) if trainable is not None else True
        self.constraint = constraint

    shape = property(lambda self: self._raw.shape)
    dtype = property(lambda self: self._raw.dtype)
    ndim = property(lambda self: self._raw.ndim)
    size = property(lambda self: self._raw.size)

    @property
    def initial_value(self) -> Any:
        """What the variable was made with."""
        return self._initial.copy()

    def read_value(self) -> Any:
        """Return the present value. Tapes know it as computed from the variable."""
        return alias(self.__chainrule_value__())

    value = read_value

    def numpy(self) -> Any:
        """Return the present value as a plain array or NumPy scalar of its own."""
        self.__chainrule_value__()
        return self._raw.copy()

    def assign(self, value: Any, use_locking: bool = False, name: str | None = None, read_value: bool = True) -> Any:
        """Give the variable another value, of the same shape; nothing is differentiated through this.

        Parameters
        ----------
        value : number, array, Tensor or Variable
            It is copied, and cast to the variable's dtype if it is of the same kind.
        use_locking, name
            Accepted for the sake of TensorFlow programs, and not used.
        read_value : bool
            Whether to return the variable.

        Returns
        -------
        Variable or None

        Raises
        ------
        ValueError
            If the shape differs, or a recorded value has another dtype.

        Examples
        --------
        >>> import chainrule as cr
        >>> v = cr.Variable([1.0, 2.0])
        >>> v.assign([5, 6]).numpy()
        array([5., 6.])
        """
        return self._store(self._fitting(value), read_value)

    def assign_add(
        self, delta: Any, use_locking: bool = False, name: str | None = None, read_value: bool = True
    ) -> Any:
        """Add to the variable's value; see `assign`."""
        return self._store(self._raw + self._fitting(delta), read_value)

    def assign_sub(
        self, delta: Any, use_locking: bool = False, name: str | None = None, read_value: bool = True
    ) -> Any:
        """Subtract from the variable's value; see `assign`."""
        return self._store(self._raw - self._fitting(delta), read_value)

    def _store(self, raw: Any, read_value: bool) -> Any:
        self._raw = raw  # a new array: whoever kept the old one keeps what it read
        self.__chainrule_value__()
        return self if read_value else None

    def _fitting(self, value: Any) -> Any:
        raw = raw_of(value)
        if isinstance(value, Operand) and raw.dtype != self.dtype:
            msg = f"Tensor conversion requested dtype {self.dtype} for Tensor with dtype {raw.dtype}: {value!r}"
            raise ValueError(msg)
        raw = as_raw(raw, self.dtype)
        if raw.shape != self.shape:
            msg = (
                f"Cannot assign value to variable '{self.name}': Shape mismatch. The variable shape {self.shape}, "
                f"and the assigned value shape {raw.shape} are incompatible."
            )
            raise ValueError(msg)
        return raw

    def ref(self) -> Reference:
        """Return a key for dictionaries and sets, which compares variables by identity."""
        return Reference(self)

    def handle(self) -> Tensor:
        """Return the value with the variable's identity, without noting that it was read."""
        return Tensor(self._raw, self._key, None, None)

    def __chainrule_value__(self) -> Tensor:
        return Tensor(self._raw, self._key, *access(self, self._key))

    def __chainrule_apply__(self, row: Any, operands: tuple[Any, ...], params: dict[str, Any]) -> Any:
        return self.handle().__chainrule_apply__(row, operands, params)

    def __setitem__(self, index: Any, value: Any) -> None:
        msg = "'Variable' object does not support item assignment. Use `variable.assign(value)` with the whole value."
        raise TypeError(msg)

    def __array_ufunc__(self, ufunc: np.ufunc, method: str, *inputs: Any, **kwargs: Any) -> Any:
        if method == "at" and inputs[0] is self:
            self[...] = None
        inputs = tuple([x.__chainrule_value__() if type(x) is Variable else x for x in inputs])
        return self.handle().__array_ufunc__(ufunc, method, *inputs, **kwargs)

    def __array__(self, dtype: Any = None, copy: Any = None) -> Any:
        return self.__chainrule_value__().__array__(dtype, copy)

    def __float__(self) -> float:
        return float(self.__chainrule_value__())

    def __int__(self) -> int:
        return int(self.__chainrule_value__())

    def __index__(self) -> int:
        return self.__chainrule_value__().__index__()

    def __complex__(self) -> complex:
        return complex(self.__chainrule_value__())

    def __bool__(self) -> bool:
        return bool(self._raw)

    def __round__(self, digits: int | None = None) -> Any:
        return round(self.__chainrule_value__(), digits) if digits is not None else round(self.__chainrule_value__())

    def __copy__(self) -> Variable:
        return self.__deepcopy__({})

    def __deepcopy__(self, memo: Any) -> Variable:
        return _rebuilt(self._raw, self.trainable, self.name, self.constraint)

    def __reduce__(self) -> Any:
        return _rebuilt, (self._raw, self.trainable, self.name, self.constraint)

    def __hash__(self) -> int:  # type: ignore[override]
        msg = f"Variable is unhashable. Instead, use variable.ref() as the key. (Variable: {self!r})"
        raise TypeError(msg)

    def __repr__(self) -> str:
        text = repr(self._raw) if self.ndim else repr(self._raw.item())
        return f"<Variable {self.name!r} shape={self.shape} dtype={self.dtype}, numpy={text}>"

    def __format__(self, spec: str) -> str:
        return format(self._raw, spec) if spec else str(self)


class Reference:
    """A hashable reference to a variable."""

    __slots__ = ("_target",)

    def __init__(self, target: Variable) -> None:
        self._target = target

    def deref(self) -> Variable:
        """Return the variable."""
        return self._target

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Reference) and other._target is self._target

    def __hash__(self) -> int:
        return id(self._target)

    def __repr__(self) -> str:
        return f"<Reference wrapping {self._target!r}>"


def as_raw(value: Any, dtype: Any = None) -> Any:
    """Return plain numbers as an array of our own, or as a NumPy scalar."""
    raw = np.array(value)
    if raw.dtype.kind not in "biufcSU":
        msg = f"Attempt to convert a value ({value!r}) with an unsupported type ({type(value)}) to a Tensor."
        raise ValueError(msg)
    if dtype is not None and raw.dtype != np.dtype(dtype):
        if not isinstance(value, (np.ndarray, np.generic)) and not np.can_cast(raw.dtype, dtype, "same_kind"):
            msg = f"Cannot convert {value!r} to a Tensor of dtype {np.dtype(dtype)}"
            raise TypeError(msg)
        raw = raw.astype(dtype)
    return raw[()]


def _rebuilt(raw: Any, trainable: bool, name: str, constraint: Any) -> Variable:
    return Variable(raw, trainable, name=name.removesuffix(":0"), constraint=constraint)


def _through_value(name: str) -> Any:
    """Make an operator that reads the variable and does what the recorded value does."""
    of_value = getattr(Tensor, name)

    def operator(self: Variable, *other: Any) -> Any:
        return of_value(self.__chainrule_value__(), *other)

    operator.__name__ = name
    return operator


def _refused(sign: str, repair: str) -> Any:
    """Make an operator like ``+=``, which would replace the variable by a value, raise."""

    def operator(self: Variable, other: Any) -> Any:
        msg = (
            f"`variable {sign}= value` with `Variable`s is not supported. Use `variable.{repair}` to modify the "
            f"variable, or `out = variable {sign} value` if you need to get a new output Tensor."
        )
        raise RuntimeError(msg)

    return operator


def _install() -> None:
    for name in OPERATORS:
        setattr(Variable, f"__{name}__", _through_value(f"__{name}__"))
        setattr(Variable, f"__r{name}__", _through_value(f"__r{name}__"))
        sign = _SIGNS[name]
        repair = {"+": "assign_add(value)", "-": "assign_sub(value)"}.get(sign, f"assign(variable {sign} value)")
        setattr(Variable, f"__i{name}__", _refused(sign, repair))
    for name in (*UNARY, *COMPARISONS):
        setattr(Variable, f"__{name}__", _through_value(f"__{name}__"))


_SIGNS = {
    "add": "+", "sub": "-", "mul": "*", "truediv": "/", "pow": "**", "mod": "%", "floordiv": "//", "matmul": "@",
}  # fmt: skip

_install()
