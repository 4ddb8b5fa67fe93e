"""Every method of differentiation side by side: values, errors, counted work, time and memory.

Read `_compare` first, then `_program` (a function and its arguments, flattened and counted), `_methods`, `_measure`,
`_reference` with `_precise` (the program in 60-digit arithmetic), and `_result` with its printers.
"""

from ._compare import compare
from ._plots import plot, plot_costs, plot_errors
from ._result import Comparison, Difference, Row, Verdict, Work

__all__ = ["Comparison", "Difference", "Row", "Verdict", "Work", "compare", "plot", "plot_costs", "plot_errors"]
