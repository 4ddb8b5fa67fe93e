"""The table: every derivative fact of chainrule, stated once, and the declarators to add more.

A row says what kind of function it describes and gives the little that this kind needs. All methods (forward,
reverse, symbolic, compiled) and all generated tests read the same rows.
"""

from . import arithmetic as arithmetic
from . import complex as complex
from . import creation as creation
from . import discrete as discrete
from . import exponential as exponential
from . import hyperbolic as hyperbolic
from . import indexing as indexing
from . import interpolation as interpolation
from . import joining as joining
from . import linalg as linalg
from . import norms as norms
from . import products as products
from . import reduction as reduction
from . import rounding as rounding
from . import running as running
from . import selection as selection
from . import shape as shape
from . import statistics as statistics
from . import trigonometric as trigonometric
from ._domain import NONZERO, POSITIVE, REAL, UNIT, Domain, array, case, edge, invertible, positive_definite
from ._operand import Operand
from ._row import Row, Spec, bare_row, composite, constant, elementwise, general, linear, multilinear, spec_of
from ._table import lookup, register, rows

__all__ = [
    "NONZERO", "POSITIVE", "REAL", "UNIT", "Domain", "Operand", "Row", "Spec", "array", "bare_row", "case", "composite", "constant",
    "edge", "elementwise", "general", "invertible", "linear", "lookup", "multilinear", "positive_definite", "register",
    "rows", "spec_of",
]  # fmt: skip
