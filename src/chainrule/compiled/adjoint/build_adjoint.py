"""The adjoint of a program: a forward sweep that saves what is needed, and a reverse sweep.

References
----------
Griewank and Walther, *Evaluating Derivatives*, 2nd ed. 2008, chapters 3 and 4; for memory that is not restored, Moses
and Churavy 2020 (see `needs`).
"""

from __future__ import annotations

from collections.abc import Sequence

from .. import ir, scan
from ..activity import Activity, is_float
from ..build import Builder
from ..own import own_names, private, whole
from ..recursion import Family
from .layout import Layout
from .memory import Memory
from .needs import Copy, Needs
from .reverse import Reverse
from .rows import keep_rows
from .saves import OrderNeeded, Saved, Saves, each, element
from .shadows import Shadows
from .sweep import Insertions, Mirror

__all__ = ["adjoint", "adjoint_of", "adjoint_with_report", "gradient_of"]


def adjoint(program: ir.Program, wrt: Sequence[int], *, seeds: Sequence[int] | None = None, unit_seed: bool = False,
            keep: bool = True) -> ir.Program:  # fmt: skip
    """Return the program that computes the results of another and the cotangents of its parameters.

    Parameters
    ----------
    program : Program
    wrt : sequence of int
        Positions of the parameters (floating-point scalars or buffers) whose cotangents are asked for.
    seeds : sequence of int, optional
        Positions of the results that get a cotangent; all floating-point results if left out.
    unit_seed : bool
        The only seed is the number 1 and no parameter.
    keep : bool
        Return the results of the program too, before the cotangents.

    Returns
    -------
    Program
        Its parameters are those of `program` and then the seeds, of the types of the results. It returns the results
        (with `keep`) and a cotangent for each of `wrt`: a scalar, or a new buffer of the parameter's shape.
    """
    return adjoint_with_report(program, wrt, seeds=seeds, unit_seed=unit_seed, keep=keep)[0]


def adjoint_with_report(program: ir.Program, wrt: Sequence[int], *, seeds: Sequence[int] | None = None,
                        unit_seed: bool = False, keep: bool = True) -> tuple[ir.Program, list[Saved]]:  # fmt: skip
    """Return `adjoint` and what its forward sweep saves."""
    if seeds is None:
        results = program.entry.results
        seeds = [i for i, r in enumerate(results) if is_float(r.buffer if isinstance(r, ir.View) else r)]
    family = Family(program.others)
    function, report = _settled(program.entry, wrt, seeds, family, unit_seed, keep)
    return ir.Program(function, family.all()), report


def adjoint_of(function: ir.Function, wrt: Sequence[int], seeds: Sequence[int], family: Family) -> ir.Function:
    """Return the adjoint of one function, without its results; those of the functions it calls join the family."""
    return _settled(function, wrt, seeds, family, unit_seed=False, keep=False)[0]


def gradient_of(function: ir.Function, wrt: Sequence[int], seed: int, family: Family) -> ir.Function:
    """Return the function that gives the results of another and then the gradient of one of them, a number."""
    return _settled(function, wrt, [seed], family, unit_seed=True, keep=True)[0]


def _settled(function: ir.Function, wrt: Sequence[int], seeds: Sequence[int], family: Family, unit_seed: bool,
             keep: bool) -> tuple[ir.Function, list[Saved]]:  # fmt: skip
    """Try until no more arrays are found that should keep rows, no loop that must keep its order, and no scalar that
    need not be saved because of what is copied anyway."""
    rows: set[str] = set()
    copies: set[Copy] = set()
    ordered: set[str] = set()
    while True:
        attempt = _Attempt(function, wrt, seeds, rows, ordered, copies, family)
        try:
            made = attempt.build(unit_seed, keep)
        except OrderNeeded as error:
            ordered.add(error.loop.counter.name)
            continue
        wanted = {b.name for b in attempt.needs.wanted} - rows
        rows |= wanted
        if wanted:
            continue
        if not attempt.needs.could_do_without():
            return made, [*attempt.saves.report, *attempt.kept_rows()]
        copies = copies | attempt.needs.copied


class _Attempt:
    """One try: the outcome may ask for arrays that keep a row for each iteration, or for loops in order."""

    def __init__(self, original: ir.Function, wrt: Sequence[int], seeds: Sequence[int], rows: set[str],
                 ordered: set[str], copies: set[Copy], family: Family) -> None:  # fmt: skip
        self.names = own_names(ir.Program(original))
        function, self.prelude, self.params = private(original, self.names)
        kept = keep_rows(function, rows, self.names)
        self.wrt = [function.params[i] for i in wrt]
        self.seeds = list(seeds)
        self.function = function
        self.layout = Layout(function)
        results = [function.results[i] for i in seeds]
        ends = [r.buffer if isinstance(r, ir.View) else r for r in results if not isinstance(r, ir.Const)]
        self.active = Activity(function, self.wrt, ends)
        memory = Memory(self.layout, self.active.classes)
        self.insertions = Insertions(self.names)
        self.saves = Saves(self.layout, memory, self.insertions)
        prologue, main = Builder(self.names, rough=True), Builder(self.names, rough=True)
        self.mirror = Mirror(self.layout.root, None, prologue, main)
        mirrors = {self.layout.root: self.mirror}
        self.needs = Needs(self.layout, memory, self.saves, mirrors, copies)
        self.shadows = Shadows(self.layout, memory, self.needs, self.names, kept)
        self.shadows.ordered = ordered
        self.reverse = Reverse(
            self.layout, self.active, self.needs, self.shadows, self.names, _chooses(function), family
        )

    def kept_rows(self) -> list[Saved]:
        """Return, for the report, the arrays of which every iteration keeps its own."""
        why = "each iteration makes it anew, and its elements are read again"
        return [
            Saved(b.name, b.hint.removeprefix("all_"), "rows", why, self.layout.origin[b].place)
            for b in self.shadows.rows
        ]

    def build(self, unit_seed: bool, keep: bool) -> ir.Function:
        function = self.function
        seeds = self._seed(unit_seed)
        self.reverse.block(function.body, self.mirror)
        cotangents = [self._cotangent(x) for x in self.wrt]
        body = [*self.prelude, *self.insertions.apply(function.body), *self.mirror.statements()]
        results = [*(function.results if keep else []), *cotangents]
        return ir.Function(f"{function.name}_adjoint", [*self.params, *seeds], body, results, self._stacks(body))

    def _seed(self, unit_seed: bool) -> list[ir.Var | ir.Buffer]:
        """Give the results their cotangents, and return the parameters that hold them."""
        params: list[ir.Var | ir.Buffer] = []
        for i in self.seeds:
            result = self.function.results[i]
            if isinstance(result, ir.View):
                params.append(self._seed_array(result))
            elif unit_seed:
                self.reverse.gather(self.mirror, result, ir.Const(1.0, result.dtype))
            else:
                hint = result.hint if isinstance(result, ir.Var) else "value"
                seed = ir.Var(self.names.fresh(f"{hint}_bar"), result.dtype)
                params.append(seed)
                self.reverse.gather(self.mirror, result, seed)
        return params

    def _seed_array(self, view: ir.View) -> ir.Buffer:
        seed = ir.Buffer(self.names.fresh(f"{view.buffer.hint}_seed"), view.dtype, view.ndim)
        if self.active(view.buffer):
            shadow = self.shadows.of(view.buffer)
            view = self.needs.moved(view)

            def add(builder: Builder, k: list[ir.Atom], x: ir.Var) -> None:
                builder.store(shadow, element(builder, view, k), x, add=True)

            axes = tuple([ir.Axis(i, ir.Const(0, ir.INT), 1, size) for i, size in enumerate(view.shape)])
            each(self.mirror.main, ir.View(seed, axes), add)
        return seed

    def _cotangent(self, x: ir.Var | ir.Buffer) -> ir.Atom | ir.View:
        if isinstance(x, ir.Var):
            return self.mirror.adjoints.get(x, ir.Const(0.0, x.dtype))
        return whole(self.mirror.main, self.shadows.of(x))

    def _stacks(self, body: list[ir.Statement]) -> list[ir.Stack]:
        used = [s.stack for s in ir.walk(body) if isinstance(s, (ir.Push, ir.Pop))]
        return list(dict.fromkeys(used))


def _chooses(function: ir.Function) -> bool:
    """Tell whether a function chooses between numbers that it has computed: then some have a cotangent of zero."""
    return any(map(_is_choice, ir.walk(function.body)))


def _is_choice(s: ir.Statement) -> bool:
    if isinstance(s, ir.If):
        return any(is_float(a) for t in ir.walk([s]) for a in scan.atoms_of(t))
    return isinstance(s, ir.Let) and s.op in ("select", "gmul") and is_float(s.var)
