"""Derivatives of lowered functions: each transform takes what lowering a function gave and returns the same of its
derivative, so that they compose."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any, NamedTuple

from .. import tree
from ..errors import DerivativeError, UnsupportedError, message
from . import ir, scan
from .activity import is_float
from .adjoint import Saved, adjoint, adjoint_with_report
from .batch import batch
from .blocks import jacobian_program, one_number, same_shapes, summed, with_numbers
from .described import description, original
from .spec import ArraySpec, Lowered, Result, ScalarSpec, Static
from .tangent import tangent
from .tidy import prepare, tidy

__all__ = ["Arguments", "derive"]

SPECS = (ScalarSpec, ArraySpec, Static)
Lower = Callable[[Any, "Arguments"], Lowered]


class Arguments(NamedTuple):
    """The arguments of a call, with a spec for each leaf; and notes of what was done, for those who ask.

    `inside`: the call stands in a program, which takes the derivative for its own use.
    """

    args: tuple[Any, ...]
    kwargs: dict[str, Any]
    notes: list[tuple[str, Any]]
    inside: bool = False

    def without_last(self, count: int = 1) -> Arguments:
        return self._replace(args=self.args[: len(self.args) - count])

    def parameters(self, position: int) -> list[int]:
        """Return the numbers of the program's parameters that the leaves of one argument are."""
        before = sum([len(_real(arg)) for arg in self.args[:position]])
        return list(range(before, before + len(_real(self.args[position]))))


def _real(arg: Any) -> list[Any]:
    return [leaf for leaf in tree.flatten(arg, SPECS)[0] if not isinstance(leaf, Static)]


class Wanted:
    """The arguments to differentiate by."""

    def __init__(self, arguments: Arguments, argnums: Any, f: Any) -> None:
        self.single = isinstance(argnums, int)
        count = len(arguments.args)
        self.positions = _positions((argnums,) if self.single else tuple(argnums), count, f)
        self.parts = [tree.flatten(arguments.args[k], SPECS) for k in self.positions]
        self.leaves = [leaf for leaves, _ in self.parts for leaf in leaves]
        self.wrt = [p for k in self.positions for p in arguments.parameters(k)]
        for leaf in self.leaves:
            if isinstance(leaf, Static) or not _is_floating(leaf):
                _refuse(leaf, f)

    def restore(self, results: Sequence[Any]) -> Any:
        """Put one result for each leaf into the structure of the arguments."""
        rest = iter(results)
        parts = [tree.unflatten(structure, [next(rest) for _ in leaves]) for leaves, structure in self.parts]
        return parts[0] if self.single else tuple(parts)

    def weak(self, k: int) -> bool:
        leaf = self.leaves[k]
        return isinstance(leaf, ScalarSpec) and leaf.weak


def _positions(wanted: tuple[int, ...], count: int, f: Any) -> list[int]:
    for i in wanted:
        if not -count <= i < count:
            what = f"argnums names argument {i}, and {_name(f)} was called with {count}."
            raise DerivativeError(message(what, "Count positions from 0."))
    found = [i % count for i in wanted]
    if len(set(found)) != len(found):
        text = f"argnums names an argument twice: {wanted}."
        raise DerivativeError(message(text, "Name each argument once."))
    return found


def _name(f: Any) -> str:
    return str(getattr(f, "__name__", "the function"))


def _is_floating(spec: Any) -> bool:
    return spec.dtype in (ir.FLOAT, ir.SINGLE)


def _refuse(spec: Any, f: Any) -> None:
    kind = type(spec.value).__name__ if isinstance(spec, Static) else spec.dtype
    kind = f"an array of {kind}" if isinstance(spec, ArraySpec) else f"a {kind}"
    raise DerivativeError(
        message(
            f"An argument by which {_name(f)} is to be differentiated is or contains {kind}.",
            "Name the arguments to differentiate by with argnums; they hold real numbers.",
        )
    )


def derive(f: Any, arguments: Arguments, lower: Lower) -> Lowered:
    """Return a function lowered, be it a plain one or a derivative."""
    described = description(f)
    if described is None:
        return derive(f.__wrapped__, arguments, lower) if hasattr(f, "__chainrule_compiled__") else lower(f, arguments)
    name, inner, options = described
    if name not in TRANSFORMS:
        what = f"{name} cannot be compiled."
        raise UnsupportedError(message(what, "Call it without cr.jit."))
    if options.get("method") in ("numeric", "symbolic"):
        what = f"cr.{name} with method={options['method']!r} cannot be compiled."
        raise UnsupportedError(message(what, "Leave method out."))
    return TRANSFORMS[name](inner, arguments, lower, **options)


# ---- The transforms


def _gradient(f: Any, arguments: Arguments, lower: Lower, argnums: Any = 0, has_aux: bool = False,
              value: bool = False, method: str | None = None, **_: Any) -> Lowered:  # fmt: skip
    wanted = Wanted(arguments, argnums, f)
    base = derive(f, arguments, lower)
    if has_aux and not (isinstance(base.result, tuple) and len(base.result) == 2):
        raise DerivativeError(message(f"has_aux=True, but {_name(f)} returned no pair.", "Return (value, extra)."))
    result, aux = base.result if has_aux else (base.result, None)
    index, program = one_number(base, result, f)
    keep = value or has_aux
    if not is_float(_end(program, index)):
        raise DerivativeError(message(f"{_name(f)} returned an integer.", "Return a float."))
    saved: list[Saved] = []
    made = _slope(program, wanted, index, keep) if arguments.inside or method == "forward" else None
    if made is None:
        made, saved = adjoint_with_report(prepare(program), wanted.wrt, seeds=[index], unit_seed=True, keep=keep)
    made = tidy(made)
    arguments.notes.append((f"gradient of {_name(f)}", made))
    arguments.notes.append(("saved for the reverse sweep", _that_remain(saved, made)))
    first = len(program.entry.results) if keep else 0
    gradient = wanted.restore([Result(first + k, wanted.weak(k)) for k in range(len(wanted.wrt))])
    number = Result(index, weak=program.entry.results[index].dtype == ir.FLOAT)
    whole: Any = ((number, aux) if has_aux else number, gradient) if value else (gradient, aux) if has_aux else gradient
    return _made(base, made, whole, f"{_name_of(f)}_{'value_and_grad' if value else 'grad'}")


def _slope(program: ir.Program, wanted: Wanted, index: int, keep: bool) -> ir.Program | None:
    """Return the derivative of a number by one number, which forward mode finds without saving anything."""
    result = program.entry.results[index]
    if len(wanted.wrt) != 1 or not isinstance(wanted.leaves[0], ScalarSpec) or isinstance(result, ir.View):
        return None
    try:
        made = tangent(prepare(program), wanted.wrt)
    except UnsupportedError:  # a user's own rule, for reverse mode alone
        return None
    entry = made.entry
    *params, dot = entry.params
    assert isinstance(dot, ir.Var)
    one: dict[ir.Atom, ir.Atom] = {dot: ir.Const(1.0, dot.dtype)}
    kept = entry.results[: len(program.entry.results)] if keep else []
    results = [r if isinstance(r, ir.View) else one.get(r, r)
               for r in (*kept, entry.results[_numbers_of_tangents(program)[index]])]  # fmt: skip
    return ir.Program(
        replace(entry, params=params, body=scan.substitute(entry.body, one), results=results), made.others
    )


def _value_and_gradient(f: Any, arguments: Arguments, lower: Lower, **options: Any) -> Lowered:
    return _gradient(f, arguments, lower, value=True, **options)


def _that_remain(saved: list[Saved], made: ir.Program) -> list[Saved]:
    """Return what is saved in arrays and on stacks that the finished program still has."""
    functions = [made.entry, *made.others.values()]
    names = {b.name for f in functions for s in ir.walk(f.body) for b in scan.made(s)}
    names |= {stack.name for f in functions for stack in f.stacks}
    return [s for s in saved if s.name in names]


def _elementwise(f: Any, arguments: Arguments, lower: Lower, argnums: Any = 0, **_: Any) -> Lowered:
    wanted = Wanted(arguments, argnums, f)
    base = derive(f, arguments, lower)
    program = summed(base)
    made = tidy(adjoint(prepare(program), wanted.wrt, unit_seed=True, keep=False))
    gradient = wanted.restore([Result(k, wanted.weak(k)) for k in range(len(wanted.wrt))])
    return _made(base, made, gradient, f"{_name_of(f)}_elementwise_grad")


def _jvp(f: Any, arguments: Arguments, lower: Lower, **_: Any) -> Lowered:
    """The tangent, for a call with the primals and then as many tangents."""
    count = len(arguments.args) // 2
    primals = arguments.without_last(count)
    wanted = Wanted(primals, tuple(range(count)), f)
    _require_match(wanted.leaves, arguments.args[count:], "The tangents are not structured like the primals.")
    base = derive(f, primals, lower)
    made = tidy(tangent(prepare(base.program), wanted.wrt))
    leaves, structure = tree.flatten(base.result, Result)
    if not all(isinstance(r, (Result, int, float)) for r in leaves):
        raise DerivativeError(message(f"{_name(f)} returned something else than numbers.", "Return numbers or arrays."))
    dots = _numbers_of_tangents(base.program)
    made = same_shapes(made, [(k, len(base.specs) + n) for n, k in enumerate(wanted.wrt)], "a tangent")
    moved = [Result(dots[r.index], r.weak) if _has_tangent(r, dots) else 0.0 for r in leaves]
    whole = (base.result, tree.unflatten(structure, moved))
    return _made(base, _rearranged(made, base, wanted.wrt), whole, f"{_name_of(f)}_jvp")


def _require_match(leaves: list[Any], others: Any, what: str) -> None:
    """Require numbers where there are numbers, and arrays of as many axes where there are arrays."""
    found = tree.flatten(others, SPECS)[0]
    if len(found) != len(leaves) or not all(map(_match, found, leaves)):
        raise DerivativeError(message(what, "Give one of the same shape and type for each leaf."))


def _match(a: Any, b: Any) -> bool:
    """Tell whether two arguments are of one type, and of one shape as far as that is known."""
    if isinstance(a, ArraySpec) and isinstance(b, ArraySpec):
        known = [(n, m) for n, m in zip(a.lengths, b.lengths, strict=False) if n and m]
        return a.dtype == b.dtype and a.ndim == b.ndim and all(n == m for n, m in known)
    return type(a) is type(b) and (not isinstance(a, ScalarSpec) or a.dtype == b.dtype)


def _has_tangent(r: Any, dots: dict[int, int]) -> bool:
    return isinstance(r, Result) and r.index in dots


def _numbers_of_tangents(program: ir.Program) -> dict[int, int]:
    """Return the number of the result that is the tangent of each result of floats."""
    results = program.entry.results
    floats = [k for k in range(len(results)) if is_float(_end(program, k))]
    return {k: len(results) + n for n, k in enumerate(floats)}


def _vjp(f: Any, arguments: Arguments, lower: Lower, **_: Any) -> Lowered:
    """The pullback, for a call with the primals and then a cotangent of the result."""
    primals = arguments.without_last()
    wanted = Wanted(primals, tuple(range(len(primals.args))), f)
    base = derive(f, primals, lower)
    leaves, structure = tree.flatten(base.result, Result)
    if tree.flatten(arguments.args[-1], SPECS)[1] != structure:
        text = message("The cotangent is not structured like the result.", "Give one for each leaf of the result.")
        raise DerivativeError(text)
    seeds = [r.index for r in leaves if isinstance(r, Result)]
    made = tidy(adjoint(prepare(base.program), wanted.wrt, seeds=seeds, keep=False))
    gradient = wanted.restore([Result(k, wanted.weak(k)) for k in range(len(wanted.wrt))])
    return _made(base, _rearranged(made, base, seeds), gradient, f"{_name_of(f)}_vjp")


def _hvp(f: Any, arguments: Arguments, lower: Lower, argnums: Any = 0, **_: Any) -> Lowered:
    primals = arguments.without_last()
    wanted = Wanted(primals, argnums, f)
    _require_match(wanted.leaves, arguments.args[-1], "The vector is not structured like the argument.")
    base = _gradient(f, primals, lower, argnums)
    made = tidy(tangent(prepare(base.program), wanted.wrt))
    count = len(base.program.entry.results)
    results = made.entry.results[count:]
    made = tidy(ir.Program(replace(made.entry, results=results), made.others))
    made = same_shapes(made, [(k, len(base.specs) + n) for n, k in enumerate(wanted.wrt)], "the vector")
    product = wanted.restore([Result(k, wanted.weak(k)) for k in range(len(wanted.wrt))])
    return _made(base, _rearranged(made, base, wanted.wrt), product, f"{_name_of(f)}_hvp")


def _jacobian(f: Any, arguments: Arguments, lower: Lower, argnums: Any = 0, has_aux: bool = False,
              method: str | None = None, **_: Any) -> Lowered:  # fmt: skip
    wanted = Wanted(arguments, argnums, f)
    base = derive(f, arguments, lower)
    result, aux = base.result if has_aux else (base.result, None)
    leaves, structure = tree.flatten(result, Result)
    if any(not isinstance(r, Result) for r in leaves):
        raise DerivativeError(message(f"{_name(f)} returned something else than numbers.", "Return numbers or arrays."))
    made = jacobian_program(base, wanted.wrt, [r.index for r in leaves], method, keep=has_aux)
    first, width = len(base.program.entry.results) if has_aux else 0, len(wanted.wrt)
    rows = [
        wanted.restore([Result(first + i * width + j, wanted.weak(j)) for j in range(width)])
        for i in range(len(leaves))
    ]
    blocks = tree.unflatten(structure, rows)
    return _made(base, made, (blocks, aux) if has_aux else blocks, f"{_name_of(f)}_jacobian")


def _hessian(f: Any, arguments: Arguments, lower: Lower, argnums: Any = 0, has_aux: bool = False,
             **_: Any) -> Lowered:  # fmt: skip
    def gradient(*args: Any) -> Any: ...

    gradient.__name__ = _name(f)
    gradient.__dict__["__chainrule__"] = ("grad", f, {"argnums": argnums, "has_aux": has_aux})
    made = _jacobian(gradient, arguments, lower, argnums, has_aux, "forward")
    made.program.entry.name = f"{_name_of(f)}_hessian"
    return made


def _vmap(f: Any, arguments: Arguments, lower: Lower, in_axes: Any = 0, **_: Any) -> Lowered:
    """A loop over the rows of the batched arguments."""
    axes = [in_axes] * len(arguments.args) if in_axes is None or isinstance(in_axes, int) else list(in_axes)
    if len(axes) != len(arguments.args) or not any(axis == 0 for axis in axes):
        text = message("in_axes does not fit the arguments.", "Give 0 or None for each argument, and one 0 at least.")
        raise DerivativeError(text)
    rows, batched = [], []
    for arg, axis in zip(arguments.args, axes, strict=True):
        leaves, structure = tree.flatten(arg, SPECS)
        rows.append(tree.unflatten(structure, [_row(leaf, axis) for leaf in leaves]))
        batched += [axis is not None for leaf in leaves if not isinstance(leaf, Static)]
    base = derive(f, arguments._replace(args=tuple(rows)), lower)
    made = tidy(batch(prepare(base.program), [*batched, *[False] * len(base.captures)]))
    leaves, structure = tree.flatten(base.result, Result)
    whole = tree.unflatten(structure, [Result(r.index) if isinstance(r, Result) else r for r in leaves])
    given = [leaf for arg in arguments.args for leaf in _real(arg)]
    result = _made(base, made, whole, f"{_name_of(f)}_vmap")
    return replace(result, specs=[*given, *base.specs[len(given) :]])


def _row(spec: Any, axis: Any) -> Any:
    """Return the spec of one row of a batched argument."""
    if axis is None or isinstance(spec, Static):
        return spec
    if axis != 0 or not isinstance(spec, ArraySpec) or not spec.ndim:
        what = "A compiled vmap runs over the first axis of arrays."
        raise UnsupportedError(message(what, "Move the axis to the front with np.moveaxis, or name None in in_axes."))
    lengths = spec.lengths[1:]
    return ArraySpec(spec.dtype, lengths, spec.contiguous) if lengths else ScalarSpec(spec.dtype, weak=False)


TRANSFORMS: dict[str, Callable[..., Lowered]] = {
    "grad": _gradient, "value_and_grad": _value_and_gradient, "elementwise_grad": _elementwise, "jvp": _jvp,
    "vmap": _vmap, "vjp": _vjp, "hvp": _hvp, "jacobian": _jacobian, "hessian": _hessian,
}  # fmt: skip


# ---- Parts


def _end(program: ir.Program, index: int) -> ir.Var | ir.Buffer | ir.Const:
    result = program.entry.results[index]
    return result.buffer if isinstance(result, ir.View) else result


def _name_of(f: Any) -> str:
    name = _name(original(f))
    return name if name.isidentifier() else "f"


def _made(base: Lowered, program: ir.Program, result: Any, name: str) -> Lowered:
    program = with_numbers(program)
    entry = replace(program.entry, name=name)
    specs = [*base.specs[: len(base.specs) - len(base.captures)]]
    count = len(entry.params) - len(base.specs)
    extra = [_spec(p) for p in entry.params[len(specs) : len(specs) + count]]
    captured = base.specs[len(specs) :]
    made = ir.Program(entry, program.others)
    exclusive = base.exclusive or bool(base.written)
    specs = [*specs, *extra, *captured]
    return Lowered(made, specs, base.captures, result, frozenset(), base.files, exclusive, base.constants)


def _spec(param: ir.Var | ir.Buffer) -> ScalarSpec | ArraySpec:
    if isinstance(param, ir.Var):
        return ScalarSpec(param.dtype)
    return ArraySpec(param.dtype, (0,) * param.ndim)


def _rearranged(program: ir.Program, base: Lowered, added: Sequence[int]) -> ir.Program:
    """Put the captured arrays last again, behind the tangents or seeds that a transform appended."""
    count, captures = len(added), len(base.captures)
    params = program.entry.params
    if captures and count:
        head, kept, new = params[: -count - captures], params[-count - captures : -count], params[-count:]
        params = [*head, *new, *kept]
    return ir.Program(replace(program.entry, params=params), program.others)
