"""The table: every derivative fact of chainrule, stated once, and the declarators to add more.

A row says what kind of function it describes and gives the little that this kind needs. All methods (forward,
reverse, symbolic, compiled) and all generated tests read the same rows.
"""

from . import arithmetic as arithmetic
from . import indexing as indexing
from ._classes import class_of, refused
from ._declare import composite, constant, elementwise, general, linear, multilinear
from ._domain import NONZERO, POSITIVE, REAL, UNIT, Domain, array, case, edge, invertible, positive_definite
from ._operand import Operand
from ._row import Row, Spec, bare_row, spec_of
from ._table import begin, lookup, register, rows

__all__ = [
    "NONZERO", "POSITIVE", "REAL", "UNIT", "Domain", "Operand", "Row", "Spec", "array", "bare_row", "case", "class_of",
    "composite", "constant", "edge", "elementwise", "general", "invertible", "linear", "lookup", "multilinear",
    "positive_definite", "refused", "register", "rows", "spec_of",
]  # fmt: skip

begin()
