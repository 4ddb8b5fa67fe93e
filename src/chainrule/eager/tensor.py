"""The recorded value: a handle on (raw array, key, tangents), and the one path that every operation takes."""

from __future__ import annotations

import operator
from typing import Any, ClassVar, NamedTuple

import numpy as np

from ..calculus import is_composite, is_constant, plain_call
from ..errors import EscapeError, MissingRuleError, message
from ..rules import Operand, Row
from .state import OPEN, WITNESSES, State, current, next_key, refuse_foreign, witnesses

__all__ = [
    "FLOAT64", "Identity", "Tensor", "alias", "emit", "emit_call", "form_of", "is_watched", "number_beside", "raw_of",
    "refuse_unheard", "require_numbers", "value",
]  # fmt: skip

FLOAT64 = np.dtype(np.float64)


class Tensor(Operand):
    """An array or scalar whose operations are recorded.

    It is a handle: writing into it (``x[i] = v``) gives the handle a new value; whoever read the old one keeps it.

    Attributes
    ----------
    raw : ndarray or NumPy scalar
        The value.
    key : int
        Its identity, never reused.
    on : frozenset of int or None
        The tapes that watch it.
    tan : dict or None
        Its tangents, by forward recorder.
    mem : Memory
        What it shares storage with (see `writes`); not set before that is asked for. Of an argument, whom to ask.
    form : tuple or None
        The shape of an array or number of doubles, None of another: operands of equal form need no comparing.
    """

    __slots__ = ("__weakref__", "form", "key", "mem", "on", "raw", "tan")
    __chainrule_priority__: ClassVar[int] = 10
    mem: Any

    def __init__(self, raw: Any, key: int, on: Any, tan: Any) -> None:
        self.raw = raw
        self.key = key
        self.on = on
        self.tan = tan
        self.form = form_of(raw)

    def __chainrule_apply__(self, row: Row, operands: tuple[Any, ...], params: dict[str, Any]) -> Any:
        return apply(row, operands, params)

    def __chainrule_created__(self, array: Any) -> Any:
        return constant(array) if array.dtype.kind in "fc" else array

    shape = property(lambda self: self.raw.shape)
    dtype = property(lambda self: self.raw.dtype)
    ndim = property(lambda self: self.raw.ndim)
    size = property(lambda self: self.raw.size)
    nbytes = property(lambda self: self.raw.nbytes)
    itemsize = property(lambda self: self.raw.itemsize)
    flags = property(lambda self: self.raw.flags)

    def __setitem__(self, index: Any, value: Any) -> None:
        from .writes import write

        write(self, index, value)

    def fill(self, value: Any) -> None:
        """Write one value into every element."""
        self[...] = value

    def sort(self, axis: int = -1) -> None:
        """Sort in place."""
        self[...] = np.sort(self, axis=axis)

    def numpy(self) -> Any:
        """Return the plain value; what is computed from it is not differentiated."""
        return np.array(self.raw) if isinstance(self.raw, np.ndarray) else self.raw

    def tolist(self) -> Any:
        return list(self) if self.ndim == 1 else [x.tolist() for x in self] if self.ndim else self

    def __array__(self, dtype: Any = None, copy: Any = None) -> Any:
        _refuse_escape(self, "an array", "np.stack or chainrule.numpy.array to build arrays of recorded values")
        if copy is False:
            msg = "A recorded value keeps its array to itself: chainrule.value(x) returns a copy."
            raise ValueError(msg)
        return np.array(self.raw, dtype=dtype)

    def __float__(self) -> float:
        _refuse_escape(self, "a float", "the NumPy function (np.sin, not math.sin) and no float(...)")
        return float(self.raw)

    def __int__(self) -> int:
        _refuse_escape(self, "an int", "np.floor, or chainrule.value(x) for a count")
        return int(self.raw)

    def __index__(self) -> int:
        _refuse_escape(self, "an index", "int(chainrule.value(x))")
        return operator.index(self.raw)

    def __complex__(self) -> complex:
        _refuse_escape(self, "a complex number", "arithmetic such as x + 1j*y")
        return complex(self.raw)

    def __hash__(self) -> int:  # type: ignore[override]
        raise EscapeError(
            message(
                "A recorded value was about to be a key or a member of a set, where its derivative would be lost.",
                "Use chainrule.value(x) as the key.",
            )
        )

    def __bool__(self) -> bool:
        return bool(self.raw)

    def __trunc__(self) -> int:
        return int(np.trunc(self.raw))

    def __floor__(self) -> int:
        return int(np.floor(self.raw))

    def __ceil__(self) -> int:
        return int(np.ceil(self.raw))

    def __round__(self, digits: int | None = None) -> Any:
        return int(np.rint(self.raw)) if digits is None else np.round(self, digits)

    def __copy__(self) -> Any:
        return self.copy()

    def __deepcopy__(self, memo: Any) -> Any:
        return self.copy()

    def __reduce__(self) -> Any:
        _refuse_escape(self, "pickled data", "chainrule.value(x) if the value alone is wanted")
        return constant, (self.raw,)

    def __repr__(self) -> str:
        text = np.array2string(np.asarray(self.raw), separator=", ", prefix="Tensor(")
        return f"Tensor({text}, dtype={self.raw.dtype})"

    def __str__(self) -> str:
        return str(self.raw)

    def __format__(self, spec: str) -> str:
        return format(self.raw, spec)


def form_of(raw: Any) -> tuple[int, ...] | None:
    """Return the shape of an array or number of doubles, None of another."""
    if type(raw) is np.float64:
        return ()
    return raw.shape if type(raw) is np.ndarray and raw.dtype is FLOAT64 else None


class Identity(NamedTuple):
    """What a tape keeps besides a saved value when the value is more than its own: see `Tensor`."""

    key: int
    on: Any
    tan: Any


def constant(raw: Any) -> Tensor:
    """Wrap a plain value that nothing watches."""
    return Tensor(raw, next_key(), None, None)


def raw_of(x: Any) -> Any:
    """Return the plain value behind a recorded one; anything else as it is."""
    return x.raw if type(x) is Tensor else x.__chainrule_value__().raw if hasattr(x, "__chainrule_value__") else x


def value(x: Any) -> Any:
    """Return the plain value of a recorded value. What is computed from it is not differentiated.

    Parameters
    ----------
    x : Tensor or anything
        Anything else is returned as it is.

    Examples
    --------
    >>> import chainrule as cr
    >>> def f(x):
    ...     print("now at", cr.value(x))
    ...     return x * x
    >>> cr.grad(f)(3.0)
    now at 3.0
    6.0
    """
    return x.numpy() if isinstance(x, Operand) and hasattr(x, "numpy") else x


def is_watched(x: Any) -> bool:
    """Tell whether an open recorder watches a value."""
    if type(x) is not Tensor:
        return False
    return any(i in OPEN for i in x.on or ()) or any(i in OPEN for i in x.tan or ())


def alias(x: Any) -> Tensor:
    """Return a new value equal to the argument, recorded by the active recorders as computed from it.

    Every transform watches an alias of its argument and never the argument itself: otherwise the derivative of
    ``x * y`` by y at ``y = x`` would be confused with that by x (Siskind and Pearlmutter, "Nesting forward-mode AD
    in a functional framework", 2008).
    """
    if type(x) is not Tensor:
        return constant(x)
    state = current()
    out = constant(x.raw) if state is None else emit(_IDENTITY, x.raw, (x,), {}, state)
    refuse_unheard(out, (x,))
    return out


def apply(row: Row, operands: tuple[Any, ...], params: dict[str, Any]) -> Any:
    """Compute a call of a row on recorded values, and offer it to the active recorders."""
    if is_constant(row):
        return _constant(row, plain_call(row, operands, params, raw_of), operands, params)
    if is_composite(row):
        return row.compute(*operands, **params)
    operands = tuple([x if type(x) is Tensor else _operand(x) for x in operands])
    if params and not all(type(x) in _SIMPLE for x in params.values()):
        params = {name: _parameter(row, name, x) for name, x in params.items()}
    if row.follows:
        from .ties import followed

        params = {**params, "moved": followed(operands)}
    raw = row.compute(*[x.raw if type(x) is Tensor else x for x in operands], **params)
    if row.kind == "elementwise" and len(operands) > 1:
        operands = tuple([number_beside(x, raw) if type(x) is float or type(x) is int else x for x in operands])
    if row.splits is not None:
        from .ties import factorise

        raw, recorded = factorise(row, raw, operands, params)
        if recorded is not None:
            return recorded
    out = _recorded(row, raw, operands, params)
    if row.view and type(raw) is np.ndarray:
        from .writes import share

        share(out, row, operands[0], params)
    return out


def number_beside(number: Any, array: Any) -> Any:
    """Return a Python number as NumPy's of an array's precision: a rule may divide by it, and Python's zero raises."""
    dtype = getattr(array, "dtype", None)
    if dtype is None or dtype.kind not in "fc":
        return number
    kind = dtype.type
    # A real number stays one: there are functions with a real order and a complex argument.
    return kind(number) if dtype.kind == "f" or isinstance(number, complex) else kind().real.dtype.type(number)


def _recorded(row: Row, raw: Any, operands: tuple[Any, ...], params: dict[str, Any]) -> Tensor:
    """Wrap the result of a call; the common case of one tape, and no operand that others watch, is short."""
    state = current()
    if state is not None and state.tape is not None:
        tape, watched, alone = state.tape, [], True
        for i, x in enumerate(operands):
            if type(x) is Tensor:
                if x.on is tape.on:
                    watched.append(i)
                alone = alone and not x.tan and (x.on is None or x.on is tape.on)
        if alone:
            out = Tensor(raw, next_key(), tape.on if watched else None, None)
            if watched:
                tape.note(row, out, operands, params, watched)
            return out
    out = constant(raw) if state is None else emit(row, raw, operands, params, state)
    refuse_unheard(out, operands)
    return out


def emit(row: Row, raw: Any, operands: tuple[Any, ...], params: dict[str, Any], state: State) -> Tensor:
    """Wrap the result of a call and offer the call to the recorders, in the order in which they were opened.

    A tape notes the call before an accumulator opened later computes with its result, since that arithmetic reads
    the result; it keeps the dictionary of tangents, which is filled afterwards.
    """
    read = [x for x in operands if type(x) is Tensor]
    out = Tensor(raw, next_key(), _watching(read, state), {} if any(x.tan for x in read) else None)
    for position, recorder in enumerate(state.recorders):
        recorder.observe(row, out, operands, params, state, position)
    return out


def _operand(x: Any) -> Any:
    if type(x) is Tensor or (type(x) in _PLAIN and (type(x) is not np.ndarray or x.dtype.kind in "fciub")):
        return x
    if hasattr(x, "__chainrule_value__"):
        return x.__chainrule_value__()
    array = x if isinstance(x, (np.ndarray, np.generic)) else np.asarray(x)
    return require_numbers(array) if isinstance(array, np.ndarray) else array


def require_numbers(array: Any) -> Any:
    """Return an array of numbers as an ordinary one; refuse other elements, and arrays with arithmetic of their own."""
    if type(array) is not np.ndarray:
        if not isinstance(array, np.memmap):
            raise MissingRuleError(
                message(
                    f"A {type(array).__name__} was combined with a recorded value, and chainrule has no rules for it.",
                    "Pass an ordinary array, np.asarray(...).",
                )
            )
        array = array.view(np.ndarray)
    if array.dtype.kind not in "fciub":
        raise MissingRuleError(
            message(
                f"An array of {array.dtype} was combined with a recorded value; there are no derivatives of it.",
                "Make it an array of numbers, array.astype(float), or np.stack what it holds.",
            )
        )
    return array


def emit_call(row: Row, operands: tuple[Any, ...]) -> Tensor:
    """Compute and record a call of a row that no operand dispatched (a user's function with its own derivative)."""
    raw = row.compute(*[raw_of(x) for x in operands])
    state = current()
    out = constant(raw) if state is None else emit(row, raw, operands, {}, state)
    refuse_unheard(out, operands)
    return out


def _watching(operands: list[Tensor], state: State) -> Any:
    """Return the ids of the active tapes that watch any of the operands, or None."""
    on = None
    for recorder in state.recorders:
        if recorder.reverse and any(x.on is not None and recorder.id in x.on for x in operands):
            on = recorder.on if on is None else on | recorder.on
    return on


_PLAIN = (float, int, np.ndarray, np.float64)
_SIMPLE = frozenset((int, float, bool, str, type(None), slice))


def _parameter(row: Row, name: str, x: Any) -> Any:
    """Return the plain value of a parameter; a watched value is refused where its derivative is not zero."""
    if type(x) in (tuple, list) and any(isinstance(part, Operand) for part in x):
        return type(x)([_parameter(row, name, part) for part in x])
    if not isinstance(x, Operand):
        return x
    if name not in row.discrete and is_watched(x):
        raise EscapeError(
            message(
                f"The argument {name} of {row.name} is a recorded value, and the rule has no derivative by it.",
                "Pass chainrule.value(...) or chainrule.stop_gradient(...) if none is wanted.",
            )
        )
    return raw_of(x)


def _constant(row: Row, result: Any, args: Any, kwargs: dict[str, Any]) -> Any:
    """Boolean and integer results are plain; an array or number of floats can be written to, so it is a handle."""
    refuse_unheard(None, (*args, *kwargs.values()))
    if isinstance(result, (np.ndarray, np.generic)) and result.dtype.kind in "fc":
        result = constant(result)
    if WITNESSES:
        for witness in witnesses():
            witness.see(row, result, args, kwargs)
    return result


def refuse_unheard(out: Tensor | None, operands: Any) -> None:
    """Raise if an operand is watched by a recorder of another context, which did not see this call."""
    for x in operands:
        if type(x) is not Tensor:
            continue
        if x.on is not None and (out is None or x.on is not out.on):
            refuse_foreign(x.on)
        if x.tan and (out is None or not out.tan or not x.tan.keys() <= out.tan.keys()):
            refuse_foreign(x.tan)


def _refuse_escape(x: Tensor, target: str, repair: str) -> None:
    if is_watched(x):
        from .foreign import scipy_instead

        mirrored = scipy_instead()
        repair = f"{mirrored}, which records" if mirrored is not None else repair
        raise EscapeError(
            message(
                f"A recorded value was about to become {target}, and its derivative would be lost.",
                f"Use {repair}. If no derivative is wanted, take chainrule.value(x).",
            )
        )


from ..rules.arithmetic import positive as _IDENTITY  # noqa: E402
