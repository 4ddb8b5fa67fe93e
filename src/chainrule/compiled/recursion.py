"""Derivatives of functions that call themselves.

The reverse of a call runs the callee's forward sweep again and then its reverse (joint mode): simple, and right for any
recursion; it costs up to a factor of the depth. A callee must not write into arrays that it was given.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from . import ir
from .activity import Classes, is_float
from .errors_at import unsupported
from .opaque import add_into
from .own import whole
from .scan import stored

if TYPE_CHECKING:
    from .adjoint.reverse import Reverse
    from .adjoint.sweep import Mirror
    from .tangent import Tangent

__all__ = ["Family", "reverse_invoke", "tangent_invoke"]


class Family:
    """The functions of a program and the derivatives of them that it turned out to need.

    Attributes
    ----------
    functions : dict
        The functions that the program calls.
    made : dict
        Their derivatives; None while one is being made.
    """

    def __init__(self, functions: dict[str, ir.Function], made: dict[str, ir.Function | None] | None = None) -> None:
        self.functions = functions
        self.made: dict[str, ir.Function | None] = {} if made is None else made

    def adjoint(self, name: str, wrt: list[int], seeds: list[int]) -> str:
        """Return the name of the adjoint of a function for these parameters and results."""
        from .adjoint.build_adjoint import adjoint_of

        key = "_".join([name, "adjoint", *map(str, wrt), "of", *map(str, seeds)])
        if key not in self.made:
            self.made[key] = None
            self.made[key] = _named(adjoint_of(self.functions[name], wrt, seeds, self), key)
        return key

    def tangent(self, name: str, wrt: list[int]) -> str:
        """Return the name of the tangent of a function for these parameters."""
        from .tangent import tangent_of

        key = "_".join([name, "tangent", *map(str, wrt)])
        if key not in self.made:
            self.made[key] = None
            self.made[key] = _named(tangent_of(self.functions[name], wrt, self), key)
        return key

    def all(self) -> dict[str, ir.Function]:
        """Return all functions, derivatives included."""
        return {**self.functions, **{name: f for name, f in self.made.items() if f is not None}}

    def require_pure(self, s: ir.Invoke) -> None:
        """Refuse a callee that writes into an array that it was given."""
        function = self.functions[s.function]
        classes = Classes(function.body)
        params = {classes.of(p) for p in function.params if isinstance(p, ir.Buffer)}
        if any(classes.of(b) in params for t in ir.walk(function.body) for b in stored(t)):
            unsupported(
                f"The recursive function {s.function} writes into an array that it is given, "
                "which cannot be differentiated yet.",
                "Let it work on a copy and return the result.", s.place,
            )  # fmt: skip


def _named(function: ir.Function, name: str) -> ir.Function:
    function.name = name
    return function


def reverse_invoke(reverse: Reverse, s: ir.Invoke, mirror: Mirror) -> None:
    """Emit the call of the callee's adjoint, and add what it returns to the cotangents of the arguments."""
    outs = [x for x in s.outs if is_float(x)]
    if not any(map(reverse.active, outs)):
        return
    wrt = [i for i, x in enumerate(s.args) if reverse.active(x.buffer if isinstance(x, ir.View) else x)]
    if not wrt:
        return
    reverse.family.require_pure(s)
    builder = mirror.main
    seeds = [i for i, x in enumerate(s.outs) if is_float(x)]
    name = reverse.family.adjoint(s.function, wrt, seeds)
    args: list[Any] = [reverse.needs.view(x, s) if isinstance(x, ir.View) else reverse.needs.value(x) for x in s.args]
    args += [_seed(reverse, x, mirror) for x in outs]
    results = [_result(builder, s.args[i]) for i in wrt]
    builder.add(ir.Invoke(name, tuple(args), tuple(results), s.place))
    for i, result in zip(wrt, results, strict=True):
        x = s.args[i]
        if isinstance(result, ir.Buffer):
            assert isinstance(x, ir.View)
            add_into(builder, reverse.shadows.view(x), whole(builder, result))
        elif isinstance(x, ir.Var):
            reverse.gather(mirror, x, result)


def _seed(reverse: Reverse, x: ir.Var | ir.Buffer, mirror: Mirror) -> ir.Atom | ir.View:
    if isinstance(x, ir.Var):
        return mirror.adjoints.pop(x, ir.Const(0.0, x.dtype))
    return whole(mirror.main, reverse.shadows.of(x))


def _result(builder: Any, x: ir.Atom | ir.View) -> ir.Var | ir.Buffer:
    if isinstance(x, ir.View):
        return ir.Buffer(builder.names.fresh(f"{x.buffer.hint}_bar"), x.dtype, x.ndim)
    found: ir.Var = builder.var(f"{x.hint}_bar" if isinstance(x, ir.Var) else "t_bar", x.dtype)
    return found


def tangent_invoke(forward: Tangent, s: ir.Invoke) -> None:
    """Emit the call of the callee's tangent instead of the callee."""
    wrt = [i for i, x in enumerate(s.args) if _has_dot(forward, x)]
    outs = [x for x in s.outs if is_float(x)]
    if not wrt or not any(map(forward.active, outs)):
        forward.builder.add(s)
        return
    forward.family.require_pure(s)
    name = forward.family.tangent(s.function, wrt)
    dots = [forward.new(x) if isinstance(x, ir.Var) else forward.dot_of(x) for x in outs]
    args = [*s.args, *[_dot(forward, s.args[i]) for i in wrt]]
    forward.builder.add(ir.Invoke(name, tuple(args), (*s.outs, *dots), s.place))


def _has_dot(forward: Tangent, x: ir.Atom | ir.View) -> bool:
    return forward.active(x.buffer) if isinstance(x, ir.View) else x in forward.dots


def _dot(forward: Tangent, x: ir.Atom | ir.View) -> ir.Atom | ir.View:
    return ir.View(forward.dot_of(x.buffer), x.axes, x.fixed) if isinstance(x, ir.View) else forward.dot(x)
