"""Derivatives by difference quotients, for arguments of special functions by which no derivative is known."""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction
from typing import Any

import numpy as np

from ..rules import Row, lookup
from ..rules._row import Function
from ..rules._table import find
from ..rules.special._parts import by_differences_only, held, horner

__all__ = ["numerically"]


_NODES = range(-4, 5)


def _basis() -> list[list[float]]:
    """Return the coefficients of the polynomials that are 1 at one of the nodes -4 ... 4, and 0 at the others."""
    bases = []
    for node in _NODES:
        coefficients = [Fraction(1)]
        for other in _NODES:
            if other != node:  # multiply by (u - other) / (node - other)
                shifted = zip([Fraction(0), *coefficients], [*coefficients, Fraction(0)], strict=True)
                coefficients = [(up - other * down) / (node - other) for up, down in shifted]
        bases.append([float(c) for c in coefficients])
    return bases


_BASIS = _basis()


def numerically(fn: Callable[..., Any], argnum: int = 0, step: float = 0.02) -> Callable[..., Any]:
    """Return a function that is differentiated by one argument by difference quotients, and by the others exactly.

    Parameters
    ----------
    fn : callable
        A function that acts on each element by itself and has one result: a ufunc of SciPy, or a row of the table.
    argnum : int
        The position of the argument, which takes real numbers.
    step : float
        The distance of the samples, four to either side.

    Returns
    -------
    callable
        The function, as a row that is in no table.

    Raises
    ------
    TypeError
        If `fn` is no such function, or takes only whole numbers there.

    Notes
    -----
    The function is replaced by the polynomial of degree eight through its nine samples. Where it is analytic in a disc
    of radius R, the error of a first derivative is of the order of (step / R)**8 times the size of the function, and
    rounding adds about 1e-16 / step of it: with the default step and R = 1 some 1e-14. Each further derivative by the
    argument loses two digits. All samples must lie where the function is defined.

    Examples
    --------
    >>> import chainrule as cr
    >>> from scipy import special
    >>> jv = cr.scipy.numerically(special.jv, 0)
    >>> cr.grad(jv, argnums=(0, 1))(2.5, 1.0)
    (-0.0878783, 0.1165558)
    """
    base = _row(fn)
    argnum = range(len(base.operands))[argnum]
    if getattr(base.partials[argnum].fn, "of_whole_number", False):
        msg = f"{base.operands[argnum]} of {base.name} is a whole number: there are no differences to take."
        raise TypeError(msg)
    made = _copy(base)
    samples = _Samples(base, argnum, step)
    made.partials = tuple([
        samples.by_argument() if i == argnum else samples.by_other(partial) for i, partial in enumerate(base.partials)
    ])  # fmt: skip
    return made


def _row(fn: Any) -> Row:
    """Return the row of a function of single elements; that of a ufunc without one refuses all derivatives."""
    row = find(fn)
    if row is not None and row.kind == "elementwise":
        return row
    if row is not None or not isinstance(fn, np.ufunc) or fn.nout != 1:
        msg = f"{getattr(fn, '__name__', fn)} is no function of single elements with one result."
        raise TypeError(msg)
    made = Row(fn.__name__, "elementwise", fn, lambda *args: (args, {}), tuple([f"x{i}" for i in range(fn.nin)]), fn)
    refusing = [by_differences_only(fn.__name__, f"argument {i}", i) for i in range(fn.nin)]
    made.partials = tuple([Function(refuse, ("ans",)) for refuse in refusing])
    return made


def _copy(row: Row) -> Row:
    made = Row(row.name, row.kind, row.fn, row.bind, row.operands, row.compute)
    made.params, made.complex = row.params, row.complex
    return made


class _Samples:
    """The partial derivatives of a function that is known at samples of one argument."""

    def __init__(self, base: Row, argnum: int, step: float) -> None:
        self.base, self.argnum, self.step = base, argnum, step
        self.names = (*base.operands, *base.params)

    def by_argument(self) -> Function:
        """Differentiate the interpolating polynomial."""
        return Function(lambda *values: self._near(values, self._value, True), self.names)

    def by_other(self, partial: Function) -> Function:
        """Take the exact derivative; where it is to be differentiated by the argument, interpolate it."""

        def read(*values: Any) -> Any:
            named = dict(zip(self.names, values, strict=True))
            reads = [self._value(*values) if name == "ans" else named[name] for name in partial.reads]
            return partial.fn(*reads) if callable(partial.fn) else partial.fn

        def slope(*values: Any) -> Any:
            recorded = hasattr(values[self.argnum], "__chainrule_apply__")
            return self._near(values, read, False) if recorded else read(*values)

        return Function(slope, self.names)

    def _value(self, *values: Any) -> Any:
        count = len(self.base.operands)
        return self.base.evaluate(values[:count], dict(zip(self.base.params, values[count:], strict=True)))

    def _near(self, values: tuple[Any, ...], call: Callable[..., Any], differentiated: bool) -> Any:
        """Return the polynomial in the argument that agrees with a call at the samples, or its derivative."""
        at = lookup(held)(values[self.argnum])
        u = (values[self.argnum] - at) / self.step
        total: Any = 0.0
        for k, basis in zip(_NODES, _BASIS, strict=True):
            weights = [m * c / self.step for m, c in enumerate(basis)][1:] if differentiated else basis
            sample = call(*values[: self.argnum], at + k * self.step, *values[self.argnum + 1 :])
            total = total + horner(weights, u) * sample
        return total
