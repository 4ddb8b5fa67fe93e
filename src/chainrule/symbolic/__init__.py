"""Expressions: programs run on symbols, their derivatives, their size, and their text.

A Python function that is run on symbols leaves an expression, in which equal parts are one and the same object. The
rows of the table, run on expressions, differentiate it. Loops are unrolled on the way, so an expression may be large:
`dag_size` counts its distinct parts, `tree_size` what it would take to write it out.

Examples
--------
>>> from chainrule import symbolic
>>> def f(x, y):
...     return x**2 * y + y + 2
>>> z = symbolic.trace(f)
>>> z
x**2*y + y + 2
>>> symbolic.gradient(z)
[2*x*y, x**2 + 1]
>>> symbolic.gradient(z)(x=3, y=4)
array([24., 10.])
"""

from . import base as base  # first: the other modules need it
from .array import Array
from .derivative import derivative, gradient, hessian, jacobian
from .expression import Expr, Symbol
from .program import function
from .tracing import derivatives, symbols, trace, value_at

__all__ = [
    "Array", "Expr", "Symbol", "derivative", "derivatives", "function", "gradient", "hessian", "jacobian", "symbols",
    "trace", "value_at",
]  # fmt: skip
