"""What a scalar expression and an array of expressions have in common: protocols, and the questions one can ask."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np

from ..calculus import is_composite, is_constant
from ..errors import SymbolicError
from ..rules import Operand, Row, lookup, rows
from ..rules.writing import WRITERS
from . import refusals

if TYPE_CHECKING:
    from .expression import Expr, Symbol

__all__ = ["Symbolic"]


_BITWISE = {
    np.bitwise_and: np.logical_and, np.bitwise_or: np.logical_or, np.bitwise_xor: np.logical_xor,
    np.invert: np.logical_not,
}  # fmt: skip


class Symbolic(Operand):
    """A scalar expression or an array of them."""

    __slots__ = ()
    __chainrule_priority__: ClassVar[int] = 40

    # ---- What NumPy and the table ask

    def __chainrule_apply__(self, row: Row, operands: tuple[Any, ...], params: dict[str, Any]) -> Any:
        return _apply(row, operands, params)

    def __chainrule_value__(self) -> Any:
        return refusals.recorded()

    def __chainrule_created__(self, array: Any) -> Any:
        return _wrap(array)

    def __array_ufunc__(self, ufunc: np.ufunc, method: str, *inputs: Any, **kwargs: Any) -> Any:
        return super().__array_ufunc__(_BITWISE.get(ufunc, ufunc), method, *inputs, **kwargs)

    def __array_function__(self, func: Callable[..., Any], types: Any, args: Any, kwargs: dict[str, Any]) -> Any:
        if func is np.where and len(args) == 3:
            return _choose(*args)
        _require_symbolic_operand(func, args, kwargs)
        try:
            return super().__array_function__(func, types, args, kwargs)
        except refusals.ValuesNeededError:
            return refusals.values_needed(f"{func.__module__}.{func.__name__}")

    def __and__(self, other: Any) -> Any:
        return np.logical_and(self, other)

    def __or__(self, other: Any) -> Any:
        return np.logical_or(self, other)

    def __xor__(self, other: Any) -> Any:
        return np.logical_xor(self, other)

    __rand__, __ror__, __rxor__ = __and__, __or__, __xor__

    def __invert__(self) -> Any:
        return np.logical_not(self)

    def __floor__(self) -> Any:
        return np.floor(self)

    def __ceil__(self) -> Any:
        return np.ceil(self)

    def __trunc__(self) -> Any:
        return np.trunc(self)

    def __round__(self, digits: int | None = None) -> Any:
        return np.round(self, digits or 0)

    def numpy(self) -> Any:
        raise refusals.escape("a plain value", "Leave chainrule.value(...) out, or differentiate another way.")

    # ---- What a user asks

    def roots(self) -> list[Expr]:
        """Return the scalar expressions of which this consists."""
        raise NotImplementedError

    def shaped(self, values: list[Any]) -> Any:
        """Arrange a list with something for each root in this shape."""
        raise NotImplementedError

    @property
    def symbols(self) -> tuple[Symbol, ...]:
        """The symbols that occur, sorted by name, those of an array by index."""
        from .walk import symbols_in

        return symbols_in(self.roots())

    @property
    def dag_size(self) -> int:
        """The number of distinct subexpressions: what is stored, and computed when it is evaluated."""
        from .walk import dag_size

        return dag_size(self.roots())

    @property
    def tree_size(self) -> int:
        """The number of symbols, constants and functions when it is written out without names for what is shared."""
        from .walk import tree_size

        return tree_size(self.roots())

    def derivative(self, by: Symbol) -> Any:
        """Return the derivative by a symbol, as an expression of the same shape.

        Raises
        ------
        SymbolicError
            If `by` is no symbol.

        Examples
        --------
        >>> import numpy as np
        >>> from chainrule import symbolic
        >>> x, y = symbolic.symbols("x y")
        >>> np.sin(x * y).derivative(x)
        y*cos(x*y)
        """
        from .derivative import derivative

        return self.shaped([derivative(root, by) for root in self.roots()])

    def substitute(self, replacements: dict[Symbol, Any]) -> Any:
        """Return the expression with other expressions, or numbers, in the place of symbols.

        Examples
        --------
        >>> from chainrule import symbolic
        >>> x, y = symbolic.symbols("x y")
        >>> (x * y).substitute({x: y + 1})
        (y + 1)*y
        """
        from .walk import substitute

        return self.shaped(substitute(self.roots(), replacements))

    def evaluate(self, values: dict[str, Any] | None = None, /, **more: Any) -> Any:
        """Return the value for numbers given by the symbols' names; arrays are computed element by element.

        Examples
        --------
        >>> import numpy as np
        >>> from chainrule import symbolic
        >>> x, y = symbolic.symbols("x y")
        >>> (x * y).evaluate(x=2, y=0.5)
        1.0
        >>> (x * y).evaluate({"x": np.array([1.0, 2.0]), "y": 3})
        array([3., 6.])
        """
        from .program import evaluate

        return evaluate(self, {**(values or {}), **more})

    __call__ = evaluate

    def python(self, temporaries: bool = False) -> str:
        """Return Python text: one expression, or with `temporaries` the statements of a function body.

        With `temporaries` each subexpression that is used more than once is computed once, so the text is as long as
        `dag_size` and not as `tree_size`.

        Examples
        --------
        >>> import numpy as np
        >>> from chainrule import symbolic
        >>> x = symbolic.symbols("x")
        >>> y = np.sin(x) * 2
        >>> (y * y + y).python()
        '2*np.sin(x)*(2*np.sin(x)) + 2*np.sin(x)'
        >>> print((y * y + y).python(temporaries=True))
        t0 = 2*np.sin(x)
        result = t0*t0 + t0
        """
        from .notation import program_text, text_of

        return program_text(self) if temporaries else text_of(self, "np.")

    def sympy(self) -> Any:
        """Return the SymPy object: an expression, or an ``Array`` of them.

        Raises
        ------
        SymbolicError
            If SymPy is not installed, or the expression is too large to be written out.

        Examples
        --------
        >>> import numpy as np
        >>> from chainrule import symbolic
        >>> x = symbolic.symbols("x")
        >>> np.where(x > 0, np.log(x), 2 * x).sympy()
        Piecewise((log(x), x > 0), (2*x, True))
        """
        from .to_sympy import to_sympy

        return to_sympy(self)

    def latex(self) -> str:
        r"""Return LaTeX text, by SymPy.

        Examples
        --------
        >>> import numpy as np
        >>> from chainrule import symbolic
        >>> x = symbolic.symbols("x")
        >>> print((1 / np.sqrt(x)).latex())
        \frac{1}{\sqrt{x}}
        """
        from .to_sympy import latex

        return latex(self)

    def simplify(self) -> Any:
        """Return the expression as SymPy simplifies it.

        Examples
        --------
        >>> import numpy as np
        >>> from chainrule import symbolic
        >>> x = symbolic.symbols("x")
        >>> (np.sin(x) ** 2 + np.cos(x) ** 2).simplify()
        1
        """
        from .from_sympy import simplify

        return self.shaped([simplify(root) for root in self.roots()])

    def __str__(self) -> str:
        from .notation import text_or_size

        return text_or_size(self)

    __repr__ = __str__

    def _repr_html_(self) -> str | None:
        """Return MathML for notebooks; nothing, and so the text, for what is too large to be read."""
        from .mathml import mathml

        try:
            return mathml(self)
        except SymbolicError:
            return None

    def __format__(self, spec: str) -> str:
        return str(self)


def _require_symbolic_operand(func: Callable[..., Any], args: Any, kwargs: dict[str, Any]) -> None:
    """Refuse a call in which only a parameter is symbolic: computing it would arrive here again."""
    if func in WRITERS or kwargs.get("out") is not None or kwargs.get("dtype") is not None:
        return
    row = lookup(func)
    if is_constant(row) or is_composite(row):
        return
    try:
        operands, _ = row.bind(*args, **kwargs)
    except TypeError:  # which the row explains when it is called
        return
    if not any(isinstance(x, Symbolic) for x in operands):
        refusals.parameter(row.name)


def _install() -> None:
    """Let ``np.sin`` of a plain array that holds expressions, ``np.array([x, y])``, call ``x.sin()`` on each."""
    for row in rows(scipy=False):
        name = getattr(row.fn, "__name__", "")
        if getattr(np, name, None) is row.fn and isinstance(row.fn, np.ufunc) and not hasattr(Symbolic, name):
            setattr(Symbolic, name, _method(row.fn))


def _method(ufunc: np.ufunc) -> Any:
    return lambda self, *others: ufunc(self, *others)


_install()

from .array import wrap as _wrap  # noqa: E402
from .dispatch import apply as _apply  # noqa: E402
from .dispatch import choose as _choose  # noqa: E402
