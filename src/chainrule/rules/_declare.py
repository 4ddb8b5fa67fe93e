"""The six declarators: each kind of row asks for the little that this kind needs."""

from __future__ import annotations

import functools
import sys
from collections.abc import Callable, Sequence
from types import FunctionType
from typing import Any

import numpy as np

from ..errors import MissingRuleError, message
from ._domain import Case, Domain, Edge
from ._row import Fn, Function, Row, bind_nothing
from ._table import register

__all__ = ["composite", "constant", "elementwise", "general", "linear", "multilinear"]


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
    >>> def mirrored(m, axis=None): return np.flip(m, axis)
    >>> row = linear(mirrored, signature="m, axis=None", m=lambda g, axis: np.flip(g, axis),
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
    >>> def pairing(a, b): return np.sum(a * b)
    >>> row = multilinear(pairing, signature="a, b", a=lambda g, b: g * b, b=lambda g, a: g * a,
    ...                   domain=[case(array(3), array(3))])
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
    >>> def inverse(a): return np.linalg.inv(a)
    >>> row = general(inverse, signature="a", jvp={"a": lambda t, ans: -(ans @ t @ ans)}, domain=[case(array(3, 3))])
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
    >>> def spread(a): return np.ptp(a)
    >>> @composite(spread, domain=[case(array(4))])
    ... def definition(a):
    ...     return np.max(a) - np.min(a)
    """

    def declare(definition: Fn) -> Row:
        row = Row(name or fn.__name__, "composite", fn, bind_nothing, (), _holding_places(definition))
        row.complex = complex
        return _finish(row, domain, edges, also)

    return declare


def constant(*fns: Fn) -> None:
    """Declare functions whose derivative is zero wherever it exists (comparisons, rounding, searching)."""
    for fn in fns:
        _finish(Row(fn.__name__, "constant", fn, bind_nothing, (), fn), "constant", (), ())


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
    row = Row(name or fn.__name__, kind, fn, bind_nothing, operands, compute or _default_compute(fn, variadic))
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
    if not isinstance(definition, FunctionType):
        return definition
    code = definition.__code__
    places = [i for i, name in enumerate(code.co_varnames[: code.co_argcount]) if name in ("dtype", "out")]
    if not places or not definition.__defaults__:
        return definition

    @functools.wraps(definition)
    def checked(*args: Any, **kwargs: Any) -> Any:
        if any(args[i] is not None for i in places if i < len(args)):
            raise MissingRuleError(message(f"{definition.__name__} was given dtype or out by position.", "Name them."))
        return definition(*args, **kwargs)

    return checked


def _optional(fn: Fn | None, name: str) -> Function | None:
    return None if fn is None else _function(fn, name)


def _function(fn: Any, name: str) -> Function:
    """Read the parameter names of a rule's function, and name it, so that tracebacks show which rule failed."""
    if not isinstance(fn, FunctionType):
        return Function(fn, ())
    code = fn.__code__
    reads = code.co_varnames[: code.co_argcount + code.co_kwonlyargcount]
    if fn.__name__ == "<lambda>":
        fn.__code__ = code.replace(co_name=name, co_qualname=name)
        fn.__name__ = fn.__qualname__ = name
    return Function(fn, reads)


def _finish(row: Row, domain: Any, edges: Sequence[Edge], also: Sequence[Fn]) -> Row:
    _check_names(row)
    row.domain = domain
    row.edges = tuple(edges)
    declared_in = sys._getframe(2).f_globals.get("__name__", "")
    register(row, (row.fn, *also), own=declared_in.startswith(f"{__package__}."))
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
