"""Derivatives of functions that call themselves.

A callee that returns one number gives its gradient along with it, and the reverse sweep of the caller multiplies that
by the number's cotangent (preaccumulation): nothing runs twice. For any other callee the reverse of a call runs its
forward sweep again and then its reverse (joint mode), which costs up to a factor of the depth. A callee must not write
into arrays that it was given.

References
----------
Griewank and Walther, *Evaluating Derivatives*, 2nd ed. 2008, sections 10.2 (preaccumulation) and 12.2 (joint and split
reversals).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from . import ir
from .activity import Classes, is_float
from .adjoint.saves import each, element
from .build import Builder
from .errors_at import unsupported
from .opaque import add_into
from .own import whole
from .scan import stored

if TYPE_CHECKING:
    from .adjoint.reverse import Reverse
    from .adjoint.sweep import Mirror
    from .tangent import Tangent

__all__ = ["Family", "reverse_invoke", "tangent_invoke"]


_READS: frozenset[int] = frozenset()  # the arguments that a derivative writes into: it works on copies of its own


class Derivative(NamedTuple):
    """A derivative of a function that is called.

    Attributes
    ----------
    name : str
    repeated : list of int
        Arguments that are given once more after the arguments: the point at which something linear is transposed,
        which may be any.
    wrt : list of int
        The parameters for which it takes tangents or returns cotangents.
    """

    name: str
    repeated: list[int]
    wrt: list[int]


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

    def adjoint(self, name: str, wrt: list[int], seeds: list[int]) -> Derivative:
        """Return the adjoint of a function for these parameters and results."""
        rule = self.functions[name].rule
        floats = [i for i, p in enumerate(self.functions[name].params) if is_float(p)]
        if rule is None:
            return Derivative(self._derived_adjoint(name, wrt, seeds), [], wrt)
        if rule.adjoint is not None:
            return Derivative(rule.adjoint, [], floats)
        assert rule.tangent is not None
        n, results = len(self.functions[name].params), self.functions[name].results
        dots = [n + floats.index(i) for i in wrt]
        ends = [len(results) + k for k in range(len(seeds))]
        return Derivative(self._derived_adjoint(rule.tangent, dots, ends), floats, wrt)

    def with_gradient(self, name: str, wrt: list[int], seed: int) -> str | None:
        """Return the function that gives the results of another and the gradient of one of them, a number.

        A function with a rule of its own has none.
        """
        from .adjoint.build_adjoint import gradient_of

        if self.functions[name].rule is not None:
            return None
        key = "_".join([name, "with_gradient", *map(str, wrt), "of", str(seed)])
        if key not in self.made:
            self.made[key] = None
            self.made[key] = _named(gradient_of(self.functions[name], wrt, seed, self), key)
        return key

    def tangent(self, name: str, wrt: list[int]) -> Derivative:
        """Return the tangent of a function for these parameters."""
        rule = self.functions[name].rule
        if rule is None:
            return Derivative(self._derived_tangent(name, wrt), [], wrt)
        floats = [i for i, p in enumerate(self.functions[name].params) if is_float(p)]
        if rule.tangent is not None:
            return Derivative(rule.tangent, [], floats)
        return Derivative(self._transposed(name, rule), [], floats)

    def _derived_adjoint(self, name: str, wrt: list[int], seeds: list[int]) -> str:
        from .adjoint.build_adjoint import adjoint_of

        key = "_".join([name, "adjoint", *map(str, wrt), "of", *map(str, seeds)])
        if key not in self.made:
            self.made[key] = None
            self.made[key] = _named(adjoint_of(self.functions[name], wrt, seeds, self), key)
        return key

    def _derived_tangent(self, name: str, wrt: list[int]) -> str:
        from .tangent import tangent_of

        key = "_".join([name, "tangent", *map(str, wrt)])
        if key not in self.made:
            self.made[key] = None
            self.made[key] = _named(tangent_of(self.functions[name], wrt, self), key)
        return key

    def _transposed(self, name: str, rule: ir.Rule) -> str:
        """Return the tangent that a user's adjoint implies: its transpose, as it is linear in the cotangents."""
        key = f"{name}_transposed"
        if key not in self.made:
            assert rule.adjoint is not None
            given = self.functions[name]
            floats = [r for r in given.results if is_float(r.buffer if isinstance(r, ir.View) else r)]
            n = len(given.params)
            wanted = [n + k for k in range(len(floats))]
            pulled = list(range(len(self.functions[rule.adjoint].results)))
            linear = self._derived_adjoint(rule.adjoint, wanted, pulled)
            self.made[key] = _forward_of(given, floats, linear, key)
        return key

    def all(self) -> dict[str, ir.Function]:
        """Return all functions, derivatives included."""
        return {**self.functions, **{name: f for name, f in self.made.items() if f is not None}}

    def writes(self, name: str) -> frozenset[int] | None:
        """Return the arguments that the derivative of a function may write into; of a user's rule nothing is known."""
        return _READS if self.functions[name].rule is None else None

    def require_pure(self, s: ir.Invoke) -> None:
        """Refuse a callee that writes into an array that it was given."""
        function = self.functions[s.function]
        if function.rule is not None:
            return
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
    """Add to the cotangents of the arguments: by the gradient that the callee has given, or a call of its adjoint."""
    outs = [x for x in s.outs if is_float(x)]
    if not any(map(reverse.active, outs)):
        return
    wrt = [i for i, x in enumerate(s.args) if reverse.active(x.buffer if isinstance(x, ir.View) else x)]
    if not wrt:
        return
    reverse.family.require_pure(s)
    seeds = [i for i, x in enumerate(s.outs) if is_float(x)]
    if len(outs) == 1 and isinstance(outs[0], ir.Var):
        name = reverse.family.with_gradient(s.function, wrt, seeds[0])
        if name is not None:
            _by_gradient(reverse, s, mirror, name, wrt, outs[0])
            return
    builder = mirror.main
    adjoint = reverse.family.adjoint(s.function, wrt, seeds)
    args: list[Any] = [reverse.needs.view(x, s) if isinstance(x, ir.View) else reverse.needs.value(x) for x in s.args]
    args += [args[i] for i in adjoint.repeated]
    args += [_seed(reverse, x, mirror) for x in outs]
    results = [_result(builder, s.args[i]) for i in adjoint.wrt]
    builder.add(ir.Invoke(adjoint.name, tuple(args), tuple(results), s.place, reverse.family.writes(s.function)))
    for i, result in zip(adjoint.wrt, results, strict=True):
        x = s.args[i]
        if i not in wrt:
            continue
        if isinstance(result, ir.Buffer):
            assert isinstance(x, ir.View)
            add_into(builder, reverse.shadows.view(x), whole(builder, result))
        elif isinstance(x, ir.Var):
            reverse.gather(mirror, x, result)


def _by_gradient(reverse: Reverse, s: ir.Invoke, mirror: Mirror, name: str, wrt: list[int], out: ir.Var) -> None:
    """Let the forward sweep call the callee for its gradient too, and multiply that by the cotangent of its result."""
    seed = mirror.adjoints.pop(out, None)
    if seed is None:
        return
    gradients = [_result(mirror.main, s.args[i]) for i in wrt]
    s.function, s.outs, s.writes = name, (*s.outs, *gradients), _READS
    for i, gradient in zip(wrt, gradients, strict=True):
        x = s.args[i]
        if isinstance(gradient, ir.Buffer):
            assert isinstance(x, ir.View)
            _add_multiple(mirror.main, reverse.shadows.view(x), seed, reverse.needs.returned(gradient, x.shape, s))
        elif isinstance(x, ir.Var):
            factor = reverse.needs.returned_number(gradient, s)
            reverse.gather(mirror, x, mirror.main.let("gmul", seed, factor, hint=f"{x.hint}_bar"))


def _add_multiple(builder: Builder, target: ir.View, seed: ir.Atom, gradient: ir.View) -> None:
    def add(b: Builder, k: list[ir.Atom], x: ir.Var) -> None:
        b.store(target.buffer, element(b, target, k), b.let("gmul", seed, x), add=True)

    each(builder, gradient, add)


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
    tangent = forward.family.tangent(s.function, wrt)
    dots = [forward.new(x) if isinstance(x, ir.Var) else forward.dot_of(x) for x in outs]
    args = [*s.args, *[_dot(forward, s.args[i]) for i in tangent.wrt]]
    forward.builder.add(
        ir.Invoke(tangent.name, tuple(args), (*s.outs, *dots), s.place, forward.family.writes(s.function))
    )


def _has_dot(forward: Tangent, x: ir.Atom | ir.View) -> bool:
    return forward.active(x.buffer) if isinstance(x, ir.View) else x in forward.dots


def _dot(forward: Tangent, x: ir.Atom | ir.View) -> ir.Atom | ir.View:
    """Return the tangent of an argument; zeros if it has none (a user's rule takes all)."""
    if not isinstance(x, ir.View):
        return forward.dot(x)
    if forward.active(x.buffer):
        return ir.View(forward.dot_of(x.buffer), x.axes, x.fixed)
    builder = forward.builder
    return whole(builder, builder.alloc(f"{x.buffer.hint}_dot", x.dtype, x.shape, ir.Const(0.0, x.dtype)))


def _forward_of(given: ir.Function, floats: list[ir.Atom | ir.View], linear: str, name: str) -> ir.Function:
    """Return the tangent of a function as two calls: the function itself, and the transpose of its adjoint.

    The adjoint's cotangents, in which it is linear, are given as the results themselves: any would do.
    """
    builder = Builder()
    params = [_like(builder, p, "x") for p in given.params]
    dots = [_like(builder, p, "x_dot") for p in given.params if is_float(p)]
    outs = [_like(builder, _kind(r), "y") for r in given.results]
    ends = [_like(builder, _kind(r), "y_dot") for r in floats]
    args = [_passed(builder, p) for p in params]
    builder.add(ir.Invoke(given.name, tuple(args), tuple(outs)))
    seeds = [_passed(builder, out) for out in outs if is_float(out)]
    builder.add(ir.Invoke(linear, (*args, *seeds, *[_passed(builder, d) for d in dots]), tuple(ends), None, _READS))
    results: list[ir.Atom | ir.View] = [_passed(builder, x) for x in (*outs, *ends)]
    return ir.Function(name, [*params, *dots], builder.block, results)


def _kind(r: ir.Atom | ir.View) -> ir.Var | ir.Buffer:
    return ir.Buffer("y", r.dtype, r.ndim) if isinstance(r, ir.View) else ir.Var("y", r.dtype)


def _like(builder: Builder, x: ir.Var | ir.Buffer, hint: str) -> ir.Var | ir.Buffer:
    name = builder.names.fresh(hint)
    return ir.Buffer(name, x.dtype, x.ndim) if isinstance(x, ir.Buffer) else ir.Var(name, x.dtype)


def _passed(builder: Builder, x: ir.Var | ir.Buffer) -> ir.Var | ir.View:
    return whole(builder, x) if isinstance(x, ir.Buffer) else x
