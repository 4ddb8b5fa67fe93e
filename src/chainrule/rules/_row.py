"""A row of the table: one derivative fact, stated once, and the six declarators that state it."""

from __future__ import annotations

import functools
import inspect
from collections.abc import Callable, Iterable, Sequence
from functools import partial
from types import CodeType, FunctionType
from typing import Any, NamedTuple

import numpy as np

from ..errors import MissingRuleError, message
from ._domain import Case, Domain, Edge

__all__ = ["Function", "Row", "Spec", "bare_row", "composite", "constant", "elementwise", "general", "linear", "multilinear"]

Fn = Callable[..., Any]


class Spec(NamedTuple):
    """The shape and dtype of an array: all that the transpose of a linear function may know of its argument."""

    shape: tuple[int, ...]
    dtype: Any

    @property
    def ndim(self) -> int:
        return len(self.shape)

    @property
    def size(self) -> int:
        size = 1
        for length in self.shape:
            size *= length
        return size


class Function(NamedTuple):
    """A partial, transpose, jvp or vjp for one operand: a function (or plain number) and the names it reads."""

    fn: Any
    reads: tuple[str, ...]


class Row:
    """One function that chainrule can differentiate.

    Calling a row computes the function. If an argument defines ``__chainrule_apply__`` (a recorded value, a dual
    number, a symbol, ...) the call is handed to it, so that one text of a rule serves every method.

    Attributes
    ----------
    name : str
        The function's name in NumPy, or the rule's own.
    kind : str
        ``"elementwise"``, ``"linear"``, ``"multilinear"``, ``"general"``, ``"composite"`` or ``"constant"``.
    operands : tuple of str
        The arguments that are differentiated. The other arguments are parameters.
    variadic : bool
        True if the only operand is a sequence of arrays, flattened at dispatch (``concatenate``).
    partials : tuple
        Elementwise rows: a `Function` per operand.
    transposes : tuple
        Linear and multilinear rows: a `Function` per operand.
    jvps, vjps : tuple
        General rows: a `Function` or None per operand.
    view : bool
        True if NumPy's result may share memory with the operand.
    domain
        Where the tests sample it. A row without one fails the test suite.
    edges : tuple of Edge
        Exact derivatives at kinks, poles and ties.
    """

    __slots__ = (
        "bind", "complex", "compute", "discrete", "domain", "edges", "fn", "jvps", "kind", "name", "operands", "params",
        "partials", "plans", "transposes", "variadic", "view", "vjps",
    )  # fmt: skip

    def __init__(self, name: str, kind: str, fn: Fn, bind: Fn, operands: tuple[str, ...], compute: Fn) -> None:
        self.name = name
        self.kind = kind
        self.fn = fn
        self.bind = bind
        self.operands = operands
        self.params: tuple[str, ...] = ()
        self.compute = compute
        self.variadic = False
        self.view = False
        self.complex = False
        self.discrete: frozenset[str] = frozenset()
        self.partials: tuple[Function, ...] = ()
        self.transposes: tuple[Function, ...] = ()
        self.jvps: tuple[Function | None, ...] = ()
        self.vjps: tuple[Function | None, ...] = ()
        self.plans: Any = None  # what `calculus` derives from the row, once
        self.domain: Any = None
        self.edges: tuple[Edge, ...] = ()

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        if self.kind == "composite":
            return self.compute(*args, **kwargs)
        try:
            operands, params = self.bind(*args, **kwargs)
        except MissingRuleError:
            raise
        except TypeError as error:
            raise MissingRuleError(_unsupported(self, error)) from None
        return self.evaluate(operands, params)

    def evaluate(self, operands: tuple[Any, ...], params: dict[str, Any]) -> Any:
        """Compute the row on arguments that are sorted already."""
        chosen = _most_eager(operands)
        if chosen is None and self.discrete:
            chosen = _most_eager([params[name] for name in self.discrete])
        if chosen is not None:
            return chosen.__chainrule_apply__(self, operands, params)
        return self.compute(*operands, **params)

    def __repr__(self) -> str:
        return f"<{self.kind} rule {self.name}({', '.join(self.operands + self.params)})>"


def _unsupported(row: Row, error: TypeError) -> str:
    reason = str(error).replace("<lambda>()", row.name)
    accepted = ", ".join(row.operands + row.params)
    return message(f"The derivative rule of this call does not cover its arguments: {reason}.", f"It takes {accepted}.")


def _most_eager(operands: Iterable[Any]) -> Any:
    """Return the operand whose ``__chainrule_apply__`` takes the call, or None if all are plain."""
    chosen, best = None, -1
    for operand in operands:
        priority = getattr(operand, "__chainrule_priority__", None)
        if priority is not None and priority > best:
            chosen, best = operand, priority
    return chosen


def elementwise(
    fn: Fn,
    *,
    domain: Domain | tuple[Domain, ...] | Sequence[Case] | None = None,
    edges: Sequence[Edge] = (),
    complex: bool = False,
    name: str | None = None,
    signature: str | None = None,
    compute: Fn | None = None,
    also: Sequence[Fn] = (),
    **partials: Any,
) -> Row:
    """Declare a function that acts on each element by itself, by one partial derivative per argument.

    Parameters
    ----------
    fn : callable
        The NumPy function.
    **partials : callable or number
        In the order of the function's arguments: the partial derivative by that argument. Its parameters name what
        it reads: arguments of the function, or ``ans`` for the result. Nothing else is kept.
    domain : Domain, tuple of Domain or sequence of Case
        Where the tests sample each argument; example calls where there are parameters without a default.
    edges : sequence of Edge
        Exact derivatives at difficult points.
    complex : bool
        True if the partial is also right for complex arguments.
    signature : str, optional
        Names of the arguments, defaults included, where there are parameters besides the operands.

    Examples
    --------
    >>> from chainrule.rules import elementwise, REAL
    >>> def softplus(x): return np.log1p(np.exp(x))
    >>> row = elementwise(softplus, x=lambda x: 1 / (1 + np.exp(-x)), domain=REAL)
    >>> row
    <elementwise rule softplus(x)>
    """
    operands = tuple(partials)
    row = _new(fn, "elementwise", name, signature or ", ".join(operands), operands, compute or fn)
    row.partials = tuple(_function(f, f"d{row.name}_d{arg}") for arg, f in partials.items())
    row.complex = complex
    return _finish(row, domain, edges, also)


def linear(
    fn: Fn,
    *,
    signature: str,
    domain: Sequence[Case] | None = None,
    edges: Sequence[Edge] = (),
    name: str | None = None,
    compute: Fn | None = None,
    variadic: bool = False,
    view: bool = False,
    discrete: Sequence[str] = (),
    bind: Fn | None = None,
    also: Sequence[Fn] = (),
    **transposes: Fn,
) -> Row:
    """Declare a function that is jointly linear in some arguments, by the transpose for each.

    A transpose's parameters name what it reads: ``g``, the cotangent of the result; an operand's name for its
    `Spec` (shape and dtype, not values); any other argument's name for its value. ``variadic`` rows take a sequence
    of arrays as their only operand; their transpose reads ``position``, the index of the array asked for, and the
    operand's name is the tuple of all specs.

    Parameters named in `discrete` (indices, conditions) may be recorded values: only their values count, and their
    derivative is zero. A recorded value in any other parameter is refused.

    Examples
    --------
    >>> from chainrule.rules import linear, case, array
    >>> row = linear(np.flip, signature="m, axis=None", m=lambda g, axis: np.flip(g, axis),
    ...              domain=[case(array(3)), case(array(2, 3), axis=1)])
    """
    row = _new(fn, "linear", name, signature, tuple(transposes), compute, bind, variadic)
    row.transposes = tuple(_function(f, f"{row.name}_transposed_{arg}") for arg, f in transposes.items())
    row.view, row.discrete = view, frozenset(discrete)
    row.complex = True
    return _finish(row, domain, edges, also)


def multilinear(
    fn: Fn,
    *,
    signature: str,
    domain: Sequence[Case] | None = None,
    edges: Sequence[Edge] = (),
    name: str | None = None,
    compute: Fn | None = None,
    variadic: bool = False,
    bind: Fn | None = None,
    also: Sequence[Fn] = (),
    **transposes: Fn,
) -> Row:
    """Declare a function that is linear in each argument separately (a product), by the transpose for each.

    In a transpose, the name of the operand itself gives its `Spec`; the names of the other operands give their
    values; ``g`` is the cotangent of the result. In a ``variadic`` row the operand's name gives the tuple of all
    values, and ``position`` the index of the operand asked for.

    Examples
    --------
    >>> from chainrule.rules import multilinear, case, array
    >>> row = multilinear(np.inner, signature="a, b", a=lambda g, b: np.multiply(g, b),
    ...                   b=lambda g, a: np.multiply(g, a), domain=[case(array(3), array(3))])
    """
    row = _new(fn, "multilinear", name, signature, tuple(transposes), compute, bind, variadic)
    row.transposes = tuple(_function(f, f"{row.name}_transposed_{arg}") for arg, f in transposes.items())
    row.complex = True
    return _finish(row, domain, edges, also)


def general(
    fn: Fn,
    *,
    signature: str,
    jvp: dict[str, Fn] | None = None,
    vjp: dict[str, Fn] | None = None,
    domain: Sequence[Case] | None = None,
    edges: Sequence[Edge] = (),
    complex: bool = False,
    name: str | None = None,
    compute: Fn | None = None,
    discrete: Sequence[str] = (),
    bind: Fn | None = None,
    also: Sequence[Fn] = (),
) -> Row:
    """Declare any other function, by its jvp or its vjp for each operand; the other follows by transposition.

    A jvp reads ``t``, the tangent of its operand; a vjp reads ``g``, the cotangent of the result. Both may read
    ``ans``, the operands' values and the parameters. A vjp is the transpose without conjugation.

    Examples
    --------
    >>> from chainrule.rules import general, case, array
    >>> row = general(np.linalg.inv, signature="a", jvp={"a": lambda t, ans: -(ans @ t @ ans)},
    ...               domain=[case(array(3, 3))])
    """
    jvp, vjp = jvp or {}, vjp or {}
    operands = tuple(dict.fromkeys((*jvp, *vjp)))
    row = _new(fn, "general", name, signature, operands, compute, bind)
    row.jvps = tuple(_optional(jvp.get(arg), f"{row.name}_jvp_{arg}") for arg in operands)
    row.vjps = tuple(_optional(vjp.get(arg), f"{row.name}_vjp_{arg}") for arg in operands)
    row.discrete, row.complex = frozenset(discrete), complex
    return _finish(row, domain, edges, also)


def composite(
    fn: Fn,
    *,
    domain: Sequence[Case] | None = None,
    edges: Sequence[Edge] = (),
    complex: bool = False,
    name: str | None = None,
    also: Sequence[Fn] = (),
) -> Callable[[Fn], Row]:
    """Declare, as a decorator, a function by its definition in terms of functions that have rows.

    Examples
    --------
    >>> from chainrule.rules import composite, case, array
    >>> @composite(np.ptp, domain=[case(array(4))])
    ... def ptp(a, axis=None):
    ...     return np.max(a, axis=axis) - np.min(a, axis=axis)
    """

    def declare(definition: Fn) -> Row:
        row = Row(name or fn.__name__, "composite", fn, _bind_nothing, (), _holding_places(definition))
        row.complex = complex
        return _finish(row, domain, edges, also)

    return declare


def bare_row(
    name: str, compute: Fn, count: int, jvp: Callable[..., Any] | None = None, vjp: Callable[..., Any] | None = None
) -> Row:
    """Return a row that is in no table: one call of a user's function with its own derivative.

    Parameters
    ----------
    compute : callable
        Takes the `count` operands.
    jvp, vjp : callable
        Called as ``jvp(i, tangent, *operands)`` and ``vjp(i, cotangent, *operands)`` for operand number i.
    """
    operands = tuple([f"operand{i}" for i in range(count)])
    row = Row(name, "general", compute, _bind_nothing, operands, compute)
    row.jvps = tuple([None if jvp is None else Function(partial(jvp, i), ("t", *operands)) for i in range(count)])
    row.vjps = tuple([None if vjp is None else Function(partial(vjp, i), ("g", *operands)) for i in range(count)])
    return row


def constant(*fns: Fn) -> None:
    """Declare functions whose derivative is zero wherever it exists (comparisons, rounding, searching)."""
    for fn in fns:
        _finish(Row(fn.__name__, "constant", fn, _bind_nothing, (), fn), "constant", (), ())


def _new(
    fn: Fn,
    kind: str,
    name: str | None,
    signature: str,
    operands: tuple[str, ...],
    compute: Fn | None,
    bind: Fn | None = None,
    variadic: bool = False,
) -> Row:
    row = Row(name or fn.__name__, kind, fn, _bind_nothing, operands, compute or _default_compute(fn, variadic))
    row.params = tuple([n for n in _names(signature) if n not in operands + _held(signature)])
    row.variadic = variadic
    row.bind = bind or _compiled_when_called(row, signature)
    return row


def _default_compute(fn: Fn, variadic: bool) -> Fn:
    if not variadic:
        return fn
    return lambda *operands, **params: fn(operands, **params)


def _names(signature: str) -> tuple[str, ...]:
    """Return the parameter names in the text of a signature."""
    names = [part.split("=")[0].strip(" */") for part in signature.split(",")]
    return tuple([name for name in names if name.isidentifier()])


def _held(signature: str) -> tuple[str, ...]:
    """Return which of dtype and out a signature names only to hold the places that NumPy gives them.

    A call that fills them by position is refused; by name, `Operand` has dealt with them already.
    """
    return tuple([name for name in ("dtype", "out") if f"{name}=None" in signature])


def _compiled_when_called(row: Row, signature: str) -> Fn:
    """Return a function that sorts the arguments of a call into operands and parameters.

    It is compiled at the first call: few programs call every row, and every program imports them.
    """

    def bind(*args: Any, **kwargs: Any) -> Any:
        row.bind = _binder(row, signature)
        return row.bind(*args, **kwargs)

    return bind


def _binder(row: Row, signature: str) -> Fn:
    held = _held(signature)
    taken = f"tuple({row.operands[0]})" if row.variadic else f"({''.join(n + ', ' for n in row.operands)})"
    text = f"({taken}, {{{', '.join(f'{n!r}: {n}' for n in row.params)}}})"
    if held:
        text += f" if {' is '.join(held)} is None else refuse({', '.join(held)})"
    bind: Fn = eval(f"lambda {signature}: {text}", {"np": np, "refuse": _refuse})
    return bind


def _refuse(*values: Any) -> None:
    msg = "dtype and out can be given by name only"
    raise TypeError(msg)


def _holding_places(definition: Fn) -> Fn:
    """Let a definition with ``dtype=None`` or ``out=None`` refuse calls that fill these places by position."""
    parameters = inspect.signature(definition).parameters
    places = [i for i, (n, p) in enumerate(parameters.items()) if n in ("dtype", "out") and p.default is None]
    if not places:
        return definition

    @functools.wraps(definition)
    def checked(*args: Any, **kwargs: Any) -> Any:
        if any(args[i] is not None for i in places if i < len(args)):
            raise MissingRuleError(message(f"{definition.__name__} was given dtype or out by position.", "Name them."))
        return definition(*args, **kwargs)

    return checked


def _bind_nothing(*args: Any, **kwargs: Any) -> tuple[tuple[Any, ...], dict[str, Any]]:
    return args, kwargs


def _optional(fn: Fn | None, name: str) -> Function | None:
    return None if fn is None else _function(fn, name)


def _function(fn: Any, name: str) -> Function:
    """Read the parameter names of a rule's function, and name it, so that tracebacks show which rule failed."""
    if not isinstance(fn, FunctionType):
        return Function(fn, ())
    code: CodeType = fn.__code__
    reads = code.co_varnames[: code.co_argcount + code.co_kwonlyargcount]
    if fn.__name__ == "<lambda>":
        fn.__code__ = code.replace(co_name=name, co_qualname=name)
        fn.__name__ = fn.__qualname__ = name
    return Function(fn, reads)


def _finish(row: Row, domain: Any, edges: Sequence[Edge], also: Sequence[Fn]) -> Row:
    from ._table import register

    _check_names(row)
    row.domain = domain
    row.edges = tuple(edges)
    register(row, (row.fn, *also))
    return row


def _check_names(row: Row) -> None:
    """Refuse a rule that reads a name which its function does not have."""
    known = {*row.operands, *row.params, "ans", "g", "t", "position"}
    for function in (*row.partials, *row.transposes, *row.jvps, *row.vjps):
        unknown = set(function.reads if function else ()) - known
        if unknown:
            msg = f"A rule of {row.name} reads {', '.join(sorted(unknown))}; it may read {', '.join(sorted(known))}."
            raise TypeError(msg)
    for first, functions in (("g", (*row.transposes, *row.vjps)), ("t", row.jvps)):
        if any(f is not None and f.reads[:1] != (first,) for f in functions):
            msg = f"The first parameter of each transpose or vjp is g, of each jvp t (rule of {row.name})."
            raise TypeError(msg)


def spec_of(value: Any) -> Spec:
    """Return the shape and dtype of an array or a number."""
    try:
        return Spec(value.shape, value.dtype)
    except AttributeError:
        array = np.asarray(value)
        return Spec(array.shape, array.dtype)
